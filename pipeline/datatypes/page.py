"""What is drawn on the pages of a paper, and what reading makes of it; a question needs none of it.

Lengths are in PDF points with the origin at the top left of the page. Page numbers are physical and 1-based.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.datatypes.paper import Box, Edition, Footnote, Organization, PageBox


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
