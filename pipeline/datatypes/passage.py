"""Passages, where each is written, and answers made of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.datatypes.paper import Edition, Footnote, Link, Organization, PageBox

SHEET = re.compile(r"(\d+)/(\d+)")  # the label of a sheet with two printed pages


@dataclass(frozen=True, slots=True)
class Citation:
    """Where something is written; ``str()`` of it is the only formatter of citations."""

    organization: str | None
    file: str
    edition: str
    pages: tuple[int, ...]
    page_labels: tuple[str, ...]
    note: str | None = None
    paragraphs: tuple[int, ...] = ()

    def __str__(self) -> str:
        """``UNICEF, icat-2018.pdf (2018), p. 34``, with ``[PDF n]`` where printed and physical number differ."""
        parts = [self.organization] if self.organization else []
        parts += [f"{self.file} ({self.edition})", self.place]
        parts += [f"note {self.note}"] if self.note else []
        return ", ".join(parts)

    @property
    def place(self) -> str:
        """The pages alone: ``p. 34``, ``pp. 32–33 [PDF 34–35]``; of a paper without pages the paragraphs: ``¶ 12``."""
        if self.paragraphs:
            return f"¶ {_page_range(tuple(dict.fromkeys(map(str, self.paragraphs))))}"
        physical = _page_range(tuple(str(page) for page in self.pages))
        prefix = "p." if len(self.pages) == 1 else "pp."
        if not all(self.page_labels):
            return f"PDF {prefix} {physical}"
        printed = _page_range(self.page_labels)
        prefix = "pp." if any(map(SHEET.fullmatch, self.page_labels)) else prefix
        return f"{prefix} {printed}" if printed == physical else f"{prefix} {printed} [PDF {physical}]"

    @property
    def label(self) -> str:
        """The pages in few characters, for a cell of a table: ``32–33`` as printed, ``PDF 34`` where none is."""
        if self.paragraphs:
            return self.place
        if all(self.page_labels):
            return _page_range(self.page_labels)
        return f"PDF {_page_range(tuple(str(page) for page in self.pages))}"


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is embedded, ranked and cited.

    ``text`` is a slice of its section. ``sentences`` are (start, end) character offsets into it. ``note`` is the mark
    of the footnote that the passage is, None for a passage of running text. A paper without pages is one page without a
    label; there ``paragraphs`` are the first and last paragraph of the passage, counted through the paper from 1.
    ``ocr`` is true if the text of any of its pages was recognized from a picture, and may have errors that the paper
    has not. ``table_head`` is the first row of the table that the passage goes on with, if an earlier passage holds it.
    """

    id: str
    edition: Edition
    organization: Organization | None
    section: tuple[str, ...]
    text: str
    pages: tuple[int, ...]
    page_labels: tuple[str, ...]
    boxes: tuple[PageBox, ...] = ()
    links: tuple[Link, ...] = ()
    footnotes: tuple[Footnote, ...] = ()
    sentences: tuple[tuple[int, int], ...] = ()
    note: str | None = None
    paragraphs: tuple[int, ...] = ()
    ocr: bool = False
    table_head: str = ""

    @property
    def citation(self) -> Citation:
        """Where the passage is written."""
        acronym = self.organization.acronym if self.organization else None
        edition = self.edition
        return Citation(acronym, edition.file, edition.label, self.pages, self.page_labels, self.note, self.paragraphs)


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage of an answer: rank from 1, score (higher is better) and the best-matching (start, end) of its text.

    ``signals`` tells what each signal gave, in standard deviations above a passage taken at random. ``mentions`` are
    the acronyms of the organizations that the text names, the owner aside. ``also`` holds lower-ranked passages of the
    same owner that say the same in nearly the same words. ``cosine`` is that of the question's tokens and the
    passage's, by late interaction; None if that was no signal.
    """

    rank: int
    score: float
    passage: Passage
    highlight: tuple[int, int]
    signals: dict[str, float] = field(default_factory=dict)
    mentions: tuple[str, ...] = ()
    also: tuple[Passage, ...] = ()
    cosine: float | None = field(default=None, compare=False)  # to the last digit it is the processor's


class Absence(NamedTuple):
    """An organization that a question names but no section is about, and the passage that tells most of it, if any."""

    organization: Organization
    passage: Passage | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the papers say to a question: passages, and how likely the first of them answers it (0 to 1)."""

    query: str
    hits: tuple[Hit, ...]
    confidence: float
    answered: bool
    absences: tuple[Absence, ...] = ()


def _page_range(labels: tuple[str, ...]) -> str:
    """Give the first and the last label; of a sheet with two printed pages ("12/13") either is one.

    >>> _page_range(("11",)), _page_range(("12/13",)), _page_range(("11", "12/13")), _page_range(("A/1", "A/2"))
    ('11', '12–13', '11–13', 'A/1–A/2')
    """
    first, last = (SHEET.fullmatch(label) for label in (labels[0], labels[-1]))
    ends = (first[1] if first else labels[0], last[2] if last else labels[-1])
    return ends[0] if ends[0] == ends[1] else f"{ends[0]}–{ends[1]}"
