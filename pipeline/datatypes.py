"""All records that flow through the pipeline: frozen, slotted, no I/O.

Lengths are in PDF points with the origin at the top left of the page. Page numbers are physical and 1-based.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

SHEET = re.compile(r"(\d+)/(\d+)")  # the label of a sheet with two printed pages


class Box(NamedTuple):
    """A rectangle on a page, in points from the top left corner."""

    x0: float
    top: float
    x1: float
    bottom: float


class PageBox(NamedTuple):
    """A rectangle and the physical page it lies on."""

    page: int
    box: Box


class Link(NamedTuple):
    """Words that carry a hyperlink, and its target."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Imprint:
    """What a paper says of itself on its first pages: who published it, under which title, symbol and date.

    ``date`` is ISO 8601, of a day, month or year. What it does not say is empty.
    """

    title: str = ""
    symbol: str = ""
    date: str = ""
    author: str = ""
    publishers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edition:
    """One published version of one document; what it says of itself is known once it is read.

    ``copies`` are the paths of other files of the same bytes.
    """

    document: str
    label: str
    file: str
    sha256: str
    imprint: Imprint = field(default=Imprint(), compare=False)
    copies: tuple[str, ...] = field(default=(), compare=False)

    @property
    def id(self) -> str:
        """``document/label``, the first half of every passage id."""
        return f"{self.document}/{self.label}"


class Glyph(NamedTuple):
    """One character as it stands on a page; a tuple, for a paper has a hundred thousand of them."""

    text: str
    box: Box
    font: str
    size: float
    color: str
    upright: bool = True
    url: str | None = None


class Bookmark(NamedTuple):
    """An entry of a PDF's outline that leads to the page it is kept with: ``level`` 1 is the top.

    ``number`` counts all entries of the outline from 0, in its order.
    """

    number: int
    level: int
    title: str


class TaggedHeading(NamedTuple):
    """A heading of a PDF's structure tree: its level, None for a plain ``H``, and the place of its text."""

    level: int | None
    box: Box


@dataclass(frozen=True, slots=True)
class RawPage:
    """A page as the PDF reader gives it: unordered glyphs and the label of the PDF's own label tree, if any.

    ``bookmarks`` and ``tags`` are what the PDF itself says about headings on this page. ``rules`` are its ruled lines:
    boxes that are long and thin. ``ocr`` is true where the text was recognized from a picture.
    """

    number: int
    label: str | None
    width: float
    height: float
    glyphs: tuple[Glyph, ...]
    bookmarks: tuple[Bookmark, ...] = ()
    tags: tuple[TaggedHeading, ...] = ()
    rules: tuple[Box, ...] = ()
    ocr: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters of one line in one typography.

    ``raised`` is true for superscripts; ``note`` holds the page of the footnote that the span cites, if it is a mark.
    """

    text: str
    font: str
    size: float
    bold: bool
    italic: bool
    color: str
    raised: bool = False
    url: str | None = None
    note: int | None = None


class Cell(NamedTuple):
    """A place in a table: which of its page's tables, which row, and the columns from ``first`` to ``last``; from 0."""

    table: int
    row: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page; ``gap`` is the widest white space within it, in points.

    ``cell`` tells where in a table it stands; a cell may have several lines.
    """

    page: int
    box: Box
    spans: tuple[Span, ...]
    size: float
    bold: bool
    gap: float = 0.0
    cell: Cell | None = None

    @property
    def text(self) -> str:
        """All characters of the line, footnote marks included."""
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class Footnote:
    """A note at the foot of a page, cited by its mark."""

    mark: str
    page: int
    text: str
    boxes: tuple[PageBox, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Text that is kept out of passages on purpose; ``kind`` says why."""

    kind: str
    page: int
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page: ``label`` is its number as printed, empty where the page carries none.

    A sheet with two printed pages side by side has their two labels in ``halves`` and both in ``label``: "12/13".
    """

    number: int
    label: str
    width: float
    height: float
    lines: tuple[Line, ...]
    footnotes: tuple[Footnote, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    halves: tuple[str, ...] = ()
    ocr: bool = False

    @property
    def text(self) -> str:
        """The running text line by line; the rows of tables are lines, with a bar for each column's end."""
        parts: list[str] = []
        before: Cell | None = None
        for line in self.lines:
            cell = line.cell
            if cell is None or before is None or cell[:2] != before[:2]:
                parts.append(f"\n{'| ' * cell.first if cell else ''}")
            elif cell != before:
                parts.append(f" {'| ' * (cell.first - before.last)}")
            else:
                parts.append(" ")
            parts.append(line.text)
            before = cell
        return "".join(parts).removeprefix("\n")

    def label_at(self, boxes: Iterable[PageBox]) -> str:
        """Give the label of the printed page that holds these boxes, both where they stand on both."""
        sides = {box.x0 + box.x1 >= self.width for page, box in boxes if page == self.number}
        return self.halves[sides.pop()] if self.halves and len(sides) == 1 else self.label


@dataclass(frozen=True, slots=True)
class Organization:
    """Who owns a section: canonical acronym or short name, full name, and every alias the paper uses.

    ``pages`` are the first and last page of its section, None for a member without one.
    """

    acronym: str
    name: str
    aliases: tuple[str, ...] = ()
    pages: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a section. ``level`` 1 is the top; a run-in heading is also the start of its section's text."""

    text: str
    level: int
    lines: tuple[Line, ...]
    run_in: bool = False

    @property
    def page(self) -> int:
        """The page the heading stands on."""
        return self.lines[0].page


@dataclass(frozen=True, slots=True)
class Section:
    """Consecutive lines under one heading; ``path`` holds the headings from the top down to its own.

    ``number`` counts the sections of an edition in reading order from 0; ``organization`` is the owner's acronym.
    """

    number: int
    level: int
    path: tuple[str, ...]
    heading: Heading | None
    lines: tuple[Line, ...]
    organization: str | None = None

    @property
    def pages(self) -> tuple[int, ...]:
        """Every page that a line or the heading of the section stands on."""
        lines = (self.heading.lines if self.heading else ()) + self.lines
        return tuple(sorted({line.page for line in lines}))


@dataclass(frozen=True, slots=True)
class Document:
    """One edition, read: what every later stage starts from."""

    edition: Edition
    pages: tuple[Page, ...]
    sections: tuple[Section, ...]
    organizations: tuple[Organization, ...]
    warnings: tuple[str, ...] = ()

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Everything of the paper that no passage holds, in page order."""
        return tuple(item for page in self.pages for item in page.left_out)

    def owner_of(self, section: Section) -> Organization | None:
        """Give the organization that owns a section."""
        return next((item for item in self.organizations if item.acronym == section.organization), None)


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
    has not.
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
    same owner that say the same in nearly the same words.
    """

    rank: int
    score: float
    passage: Passage
    highlight: tuple[int, int]
    signals: dict[str, float] = field(default_factory=dict)
    mentions: tuple[str, ...] = ()
    also: tuple[Passage, ...] = ()


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


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """Which model made the vectors: its name, hub revision (or where it came from) and the sha256 of its weights."""

    name: str
    revision: str
    sha256: str
    dimensions: int


class ForeignScores(NamedTuple):
    """How near questions foreign to the corpus come to its nearest passage: mean and standard deviation, cosines."""

    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation of the index holds, which release made it, and what its bytes must be."""

    schema: int
    release: str
    encoder: EncoderInfo
    foreign: ForeignScores
    editions: tuple[Edition, ...]
    counts: dict[str, int]
    checksums: dict[str, str]
    built_at: str


@dataclass(frozen=True, slots=True)
class EditionReport:
    """What the index holds of one file: counts of what is in it and of what was left out, by kind.

    ``status`` is "new", "changed" (the same edition, other bytes), "read anew" (the same bytes, another release),
    "renamed" (the same bytes, another name), "unchanged" or "kept" (the file cannot be read now). ``label_from`` tells
    where the edition's label comes from.
    ``changes`` counts what is different from the edition ``compared_with``, if this one was read now and there is one.
    """

    edition: Edition
    status: str
    label_from: str
    pages: int
    sections: int
    organizations: int
    passages: int
    left_out: dict[str, int]
    warnings: tuple[str, ...]
    compared_with: str | None = None
    changes: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did.

    ``removed`` holds the editions that are no longer in the index, ``skipped`` the reason for every file that is not;
    ``reused`` and ``computed`` count vectors of passages and sentences; ``seconds`` go by stage. ``published`` is false
    if the index was already as it should be.
    """

    editions: tuple[EditionReport, ...]
    removed: tuple[str, ...]
    skipped: tuple[str, ...]
    passages: int
    sentences: int
    reused: int
    computed: int
    encoder: EncoderInfo
    seconds: dict[str, float]
    published: bool = True


def _page_range(labels: tuple[str, ...]) -> str:
    """Give the first and the last label; of a sheet with two printed pages ("12/13") either is one.

    >>> _page_range(("11",)), _page_range(("12/13",)), _page_range(("11", "12/13")), _page_range(("A/1", "A/2"))
    ('11', '12–13', '11–13', 'A/1–A/2')
    """
    first, last = (SHEET.fullmatch(label) for label in (labels[0], labels[-1]))
    ends = (first[1] if first else labels[0], last[2] if last else labels[-1])
    return ends[0] if ends[0] == ends[1] else f"{ends[0]}–{ends[1]}"
