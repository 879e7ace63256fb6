"""The one normaliser: lines → running text, with broken words joined and every character's line remembered."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from pipeline.datatypes import Link, PageBox
from pipeline.datatypes.page import Cell, Line, Span
from pipeline.reading.blocks import block_starts, is_item, row_of
from pipeline.reading.candidates import Body
from pipeline.reading.footnotes import marks_of
from pipeline.reading.layout import SOFT_HYPHEN
from pipeline.reading.scripts import UNSPACED
from pipeline.reading.titles import CAPTION
from pipeline.reading.vocabulary import FIRST_WORD, LAST_WORD, Vocabulary

CELL_END = " | "
HYPHENS = "-‐"
URL_AT_END = re.compile(r"(://|www\.)\S*$")
SUPERSCRIPTS = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")


class Block(NamedTuple):
    """A paragraph, list item or row of a table: its character range in the text.

    ``leads`` is true for what says nothing without the next block: a caption, the head of a table.
    """

    start: int
    end: int
    is_item: bool
    leads: bool = False


class LineRange(NamedTuple):
    """The characters of the text that stand on one line of a page."""

    start: int
    end: int
    line: Line


class NoteMark(NamedTuple):
    """A footnote cited after the character at ``offset - 1``."""

    offset: int
    mark: str
    page: int


class LinkRange(NamedTuple):
    """The characters of the text that carry a hyperlink."""

    start: int
    end: int
    url: str


class TableRange(NamedTuple):
    """The characters of a table, or of the part of one that stands on a page; and those of its first row."""

    start: int
    end: int
    head: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Prose:
    """Running text: blocks are joined by line breaks, the lines of a block by spaces, the cells of a row by bars.

    ``first_paragraph`` is the number of the first block in a paper without pages, where each block is a paragraph.
    """

    text: str
    blocks: tuple[Block, ...] = ()
    lines: tuple[LineRange, ...] = ()
    notes: tuple[NoteMark, ...] = ()
    links: tuple[LinkRange, ...] = ()
    first_paragraph: int = 0

    def paragraphs(self, start: int, end: int) -> tuple[int, ...]:
        """Give the first and last paragraph of the range, counted through the paper; none where pages are counted."""
        if not self.first_paragraph:
            return ()
        held = [number for number, block in enumerate(self.blocks) if block.start < end and start < block.end]
        return (self.first_paragraph + held[0], self.first_paragraph + held[-1])

    def pages(self, start: int, end: int) -> tuple[int, ...]:
        """Every page that a character of the range stands on."""
        return tuple(sorted({item.line.page for item in self._lines_in(start, end)}))

    def boxes(self, start: int, end: int) -> tuple[PageBox, ...]:
        """Give the boxes of the lines that hold the range."""
        return tuple(PageBox(item.line.page, item.line.box) for item in self._lines_in(start, end))

    def tables(self) -> list[TableRange]:
        """Give the tables with their heads, in order; one that goes on over the page has the head of its beginning."""
        found: list[TableRange] = []
        before: Line | None = None  # the last line of the table that the line above belongs to
        columns = 0
        for table, group in groupby(self.lines, key=lambda item: (row_of(item.line) or ())[:2]):
            lines = list(group)
            if table:
                wide = max(item.line.cell.last for item in lines if item.line.cell)
                goes_on = before is not None and before.page == table[0] - 1 and wide == columns
                first = [item for item in lines if item.line.cell and item.line.cell.row == 0]
                head = found[-1].head if goes_on else (first[0].start, first[-1].end) if first else (0, 0)
                found.append(TableRange(lines[0].start, lines[-1].end, head))
                columns = wide
            before = lines[-1].line if table else None
        return found

    def links_in(self, start: int, end: int) -> tuple[Link, ...]:
        """Give the links whose words lie, at least in part, in the range."""
        return tuple(
            Link(self.text[item.start : item.end].strip(), item.url)
            for item in self.links
            if item.start < end and start < item.end
        )

    def _lines_in(self, start: int, end: int) -> list[LineRange]:
        """Find the lines of a range by halving: they follow each other, and a section may have a whole paper's."""
        first = bisect_right(self.lines, start, key=lambda item: item.end)
        last = bisect_left(self.lines, end, lo=first, key=lambda item: item.start)
        return [item for item in self.lines[first:last] if item.start < end and start < item.end]


def unwrap(lines: Sequence[Line], vocabulary: Vocabulary, body: Body) -> Prose:
    """Join lines to paragraphs and list items."""
    writer = _Writer(vocabulary)
    for index, (line, starts) in enumerate(zip(lines, block_starts(lines, body), strict=True)):
        if starts:
            writer.begin_block(is_item=is_item(line), leads=_leads(lines, index))
        writer.add(line)
    return writer.prose()


def _leads(lines: Sequence[Line], index: int) -> bool:
    """Tell a caption, and the first row of a table that has others."""
    cell = lines[index].cell
    if cell is None:
        return bool(CAPTION.match(lines[index].text))
    row = row_of(lines[index])
    following = index + 1
    while following < len(lines) and row_of(lines[following]) == row:
        following += 1
    below = lines[following].cell if following < len(lines) else None
    return cell.row == 0 and below is not None and below.table == cell.table


class _Writer:
    """Builds a ``Prose`` span by span; ``text`` is that of the block being written, all the others end at ``offset``.

    A section may be a whole paper: what is done for each span must not take longer the more there is before it.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.written: list[str] = []  # the blocks before, each with its line break
        self.offset = 0
        self.text = ""
        self.soft_break = False  # the last line ends in a hyphen that only its typesetter put there
        self.blocks: list[Block] = []
        self.lines: list[LineRange] = []
        self.notes: list[NoteMark] = []
        self.links: list[LinkRange] = []
        self.cell: Cell | None = None  # that the last line stands in

    def begin_block(self, *, is_item: bool, leads: bool) -> None:
        self._end_block()
        self.cell = None
        self.blocks.append(Block(self.offset, self.offset, is_item, leads))

    def add(self, line: Line) -> None:
        written = [span for span in line.spans if span.note is None]
        first = "".join(span.text for span in written).lstrip()
        if line.cell != self.cell:
            self._part_cells(line.cell)
        elif self.text:
            self._glue(first)
        start = self._end
        for span in line.spans:
            self._add_span(span)
        self.soft_break = "".join(span.text for span in written).rstrip().endswith(SOFT_HYPHEN)
        self.lines.append(LineRange(start, self._end, line))

    def prose(self) -> Prose:
        self._end_block()
        text = "".join(self.written).removesuffix("\n")
        return Prose(text, tuple(self.blocks), tuple(self.lines), tuple(self.notes), tuple(self.links))

    @property
    def _end(self) -> int:
        return self.offset + len(self.text)

    def _end_block(self) -> None:
        if not self.blocks:
            return
        self._cut(len(self.text.rstrip()))
        if not self.text:
            self.blocks.pop()
            return
        self.blocks[-1] = self.blocks[-1]._replace(end=self._end)
        self.written.append(self.text + "\n")
        self.offset += len(self.text) + 1
        self.text = ""

    def _cut(self, length: int) -> None:
        """Drop trailing characters of the block, and whatever pointed at them."""
        if length == len(self.text):
            return
        self.text = self.text[:length]
        if self.lines:
            self.lines[-1] = self.lines[-1]._replace(end=min(self.lines[-1].end, self._end))
        if self.links:
            self.links[-1] = self.links[-1]._replace(end=min(self.links[-1].end, self._end))

    def _part_cells(self, cell: Cell | None) -> None:
        """Write a bar for every column's end from the last cell to this one; empty cells keep their place so."""
        left, self.cell = (self.cell.last if self.cell else 0), cell
        columns = max(cell.first - left, 0) if cell else 0
        self._cut(len(self.text.rstrip(" ")))
        ends = (CELL_END * columns).replace("  ", " ")
        self.text += ends if self.text else ends.lstrip()

    def _glue(self, following: str) -> None:
        """Put between two lines of a block what the typesetter took out there."""
        self._cut(len(self.text.rstrip(" ")))
        last, before, first = self.text[-1:], self.text[-2:-1], following[:1]
        if self.soft_break:
            return
        if last and last in HYPHENS and before.isalpha() and first.isalpha():
            left, right = LAST_WORD.search(self.text), FIRST_WORD.match(following)
            in_url = URL_AT_END.search(self.text)
            if left and right and not in_url:
                self._join(left, right[0])
            return
        no_space = last in HYPHENS + "–—/" and not before.isspace()
        if not no_space and not (UNSPACED.match(last) and UNSPACED.match(first)):
            self.text += " "

    def _join(self, left: re.Match[str], right: str) -> None:
        """Join the halves of a word at a line's end, or leave its hyphen where it is."""
        chained = self.text[: left.start()].endswith(tuple(HYPHENS))
        if self.vocabulary.hangs(left[1], right):
            self.text += " "
        elif not self.vocabulary.is_compound(left[1], right, chained=chained):
            self._cut(len(self.text) - 1)

    def _add_span(self, span: Span) -> None:
        if span.note is not None:
            # At a block's start the mark follows the end of the one before.
            offset = self.offset + len(self.text.rstrip()) if self.text.strip() else max(self.offset - 1, 0)
            self.notes += [NoteMark(offset, mark, span.note) for mark in marks_of(span.text)]
            return
        text = span.text.translate(SUPERSCRIPTS) if span.raised else span.text
        text = text.replace(SOFT_HYPHEN, "")
        if self.text.endswith(" ") or not self.text:
            text = text.lstrip(" ")
        start = self._end
        self.text += text
        if span.url:
            self._add_link(start, self._end, span.url)

    def _add_link(self, start: int, end: int, url: str) -> None:
        last = self.links[-1] if self.links else None
        # From the end of the block before only its line break lies between.
        between = self.text[max(last.end - self.offset, 0) : start - self.offset] if last else ""
        near = last is not None and last.end >= self.offset - 1
        if last is not None and last.url == url and near and not between.strip():
            self.links[-1] = self.links[-1]._replace(end=end)
        else:
            self.links.append(LinkRange(start, end, url))
