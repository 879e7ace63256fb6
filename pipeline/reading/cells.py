"""The rows and cells of a table, and what tells it from a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from pipeline.datatypes import Box
from pipeline.datatypes.page import Glyph
from pipeline.reading.titles import CAPTION

FEWEST = 2  # rows and columns of a table
LONGEST = 700  # letters of a cell, a hundred words; what holds more is a frame around text, with paragraphs of its own
ROW_GAP = 1.25  # times the usual step within a cell: what is farther below is another row
NUMBER = re.compile(r"\W*(?:\d\W*)+|[-–—.…]+|n\W?a\W?", re.IGNORECASE)
PAGE = re.compile(r"\d{1,4}|[ivxlc]{1,7}")
NUMBERS = 0.6  # share of a column's cells; a heading or a remark stands among them
LEADER = "...."  # what leads from a title to its page
LISTED = 0.5  # share of the rows that must look like entries of a contents list
PAGES = 3  # numbers of a contents list


class Entry(NamedTuple):
    """The glyphs of one cell, and the columns from ``first`` to ``last`` that it takes up."""

    first: int
    last: int
    glyphs: list[Glyph]

    @property
    def text(self) -> str:
        """All that is written in the cell, without white space."""
        return "".join(glyph.text for glyph in self.glyphs if not glyph.text.isspace())


Row = list[Entry]


class Table(NamedTuple):
    """The rows of a table, each with the cells that are not empty, from left to right."""

    rows: list[Row]
    stand_in: Glyph  # as large as the table, it takes its place when the page is put in order

    @property
    def box(self) -> Box:
        """The table's place on its page."""
        return self.stand_in.box


def make_table(box: Box, rows: list[Row]) -> Table:
    """Make a table of its place and rows."""
    return Table(rows, Glyph("\ufffc", box, "", rows[0][0].glyphs[0].size, "") if rows else Glyph("", box, "", 0, ""))


def is_table(rows: Sequence[Row], *, listing: bool = False) -> bool:
    """Tell a table from a frame around text, and from a list.

    :param listing: whether it may be a contents list, for no rules are drawn.
    """
    filled = [row for row in rows if len(row) >= FEWEST]
    longest = max((len(entry.text) for row in rows for entry in row), default=0)
    named = sum(any(sum(map(str.isalpha, entry.text)) >= FEWEST for entry in row) for row in rows)
    # Numbers alone are the scales of a chart.
    if min(len(filled), named) < FEWEST or longest > LONGEST or _is_list(filled):
        return False
    return not (listing and _lists_pages(rows))


def number_columns(rows: Sequence[Row]) -> set[int]:
    """Give the columns that hold numbers."""
    return {
        column
        for column, texts in _columns(rows).items()
        if len(texts) >= FEWEST and sum(bool(NUMBER.fullmatch(text)) for text in texts) >= NUMBERS * len(texts)
    }


def merge_lines(lines: Sequence[Row], breaks: Sequence[float] = ()) -> list[Row]:
    """Merge the lines of a table that make one row together.

    A row begins below a gap or a rule, or where a column of numbers has another number: numbers are not wrapped. Where
    no gap parts the rows, one begins wherever more than half of the columns have text.

    :param breaks: the heights of rules that part rows.
    """
    numbers = number_columns(lines)
    columns = 1 + max(entry.last for line in lines for entry in line)
    tops = [min(glyph.box.top for entry in line for glyph in entry.glyphs) for line in lines]
    steps = [below - above for above, below in pairwise(tops)]
    gap = ROW_GAP * max(min(steps, default=0.0), lines[0][0].glyphs[0].size)
    gapped = any(step > gap for step in steps)
    merged = [list(lines[0])]
    counted = numbers & {entry.first for entry in lines[0]}
    for line, above, top, step in zip(lines[1:], tops, tops[1:], steps, strict=False):
        filled = {entry.first for entry in line}
        ruled = any(above < height <= top for height in breaks)
        whole = not gapped and len(filled) > columns / 2
        if ruled or step > gap or whole or counted & filled:
            merged.append(list(line))
            counted = numbers & filled
        else:
            merged[-1] = _join(merged[-1], line)
            counted |= numbers & filled
    return merged


def _join(row: Row, line: Row) -> Row:
    """Add the cells of a line to those of the row that it goes on with."""
    made = list(row)
    for entry in line:
        near = (n for n, above in enumerate(made) if above.first <= entry.last and entry.first <= above.last)
        if (n := next(near, None)) is None:
            made.append(entry)
        else:
            above = made[n]
            glyphs = [*above.glyphs, *entry.glyphs]
            made[n] = Entry(min(above.first, entry.first), max(above.last, entry.last), glyphs)
    return sorted(made, key=lambda entry: entry.first)


def _is_list(rows: Sequence[Row]) -> bool:
    """Tell a list whose bullets stand far from its items, one with leaders to page numbers, and one of captions."""
    bullets = all(len(row) == FEWEST and len(row[0].text) == 1 and not row[0].text.isalnum() for row in rows)
    named = sum(CAPTION.match(row[0].text) is not None or any(LEADER in entry.text for entry in row) for row in rows)
    return bullets or named >= LISTED * len(rows)


def _lists_pages(rows: Sequence[Row]) -> bool:
    """Tell a contents list: its last column holds page numbers, which rise."""
    columns = _columns(rows)
    texts = columns[max(columns)] if columns else []
    values = [int(text) for text in texts if text.isdigit()]
    pages = sum(bool(PAGE.fullmatch(text)) for text in texts)
    rising = all(one <= other for one, other in pairwise(values))
    return pages >= PAGES and pages >= len(texts) - 1 and rising  # one may be what stands above them: "Page"


def _columns(rows: Sequence[Row]) -> dict[int, list[str]]:
    """Give the texts of each column's own cells."""
    texts: dict[int, list[str]] = {}
    for row in rows:
        for entry in row:
            if entry.first == entry.last:
                texts.setdefault(entry.first, []).append(entry.text)
    return texts
