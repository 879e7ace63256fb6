"""Tables of a page: which glyphs stand in which cell, row by row.

Two kinds of evidence are enough: rules that cross to cells (``grids``), or text that stands in columns with white space
between them and looks like a table otherwise too (``aligned``). Where neither is plain, text stays text.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.datatypes import Box
from pipeline.datatypes.page import Glyph, Line
from pipeline.reading.aligned import find_aligned
from pipeline.reading.cells import Table
from pipeline.reading.columns import GUTTER
from pipeline.reading.grids import find_grids

FEWEST = 2  # lines with a gap, or rules; less is no table


def may_have_tables(lines: Sequence[Line], rules: Sequence[Box]) -> bool:
    """Tell from its lines, quickly, whether a page is worth a closer look."""
    return len(rules) > 2 * FEWEST or sum(line.gap >= GUTTER for line in lines) >= FEWEST


def find_tables(glyphs: Sequence[Glyph], rows: Sequence[Sequence[Glyph]], rules: Sequence[Box]) -> list[Table]:
    """Find the tables of a page.

    :param glyphs: all that is seen on the page, sideways text too.
    :param rows: the upright ones by rows, each from left to right.
    """
    grids = find_grids(glyphs, rules)
    held = {id(glyph) for table in grids for row in table.rows for entry in row for glyph in entry.glyphs}
    rest = [[glyph for glyph in row if id(glyph) not in held] for row in rows] if held else rows
    return grids + find_aligned(rest, rules)
