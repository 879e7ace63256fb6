"""Tables whose cells are drawn: rules from side to side and from top to bottom."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import groupby, pairwise

from pipeline.datatypes import Box
from pipeline.datatypes.page import Glyph
from pipeline.reading.cells import Entry, Row, Table, is_table, make_table, merge_lines
from pipeline.reading.plumber import ruled_cells
from pipeline.reading.rows import around, group_rows

SIDES = 2  # rules of each direction, at least, between which there is a cell
MOST_CUTS = 1  # words that rules may cut; those of a chart run through its title
WITHIN = 0.1  # times the font size; letters of a word are no farther apart
BODY = 2  # rows; where rules draw no more, they part the head of a table from its body, and not the body's rows


def find_grids(glyphs: Sequence[Glyph], rules: Sequence[Box]) -> list[Table]:
    """Find the tables of a page that rules draw, from top to bottom."""
    upright = sum(rule.bottom - rule.top > rule.x1 - rule.x0 for rule in rules)
    if min(upright, len(rules) - upright) < SIDES:
        return []
    grids = ((around(cells), _rows(glyphs, cells)) for cells in ruled_cells(rules))
    return [make_table(box, rows) for box, rows in grids if is_table(rows)]


def _rows(glyphs: Sequence[Glyph], cells: Sequence[Box]) -> list[Row]:
    """Put glyphs into cells; one over several rows belongs to the first of them. None where rules cut through words."""
    lefts = sorted({cell.x0 for cell in cells})
    owners = _owners(glyphs, cells, lefts)
    cuts = sum(
        one != other and _touch(glyph, after)
        for (glyph, after), (one, other) in zip(pairwise(glyphs), pairwise(owners), strict=True)
    )
    if cuts > MOST_CUTS:
        return []
    held: dict[Box, list[Glyph]] = {}
    for glyph, owner in zip(glyphs, owners, strict=True):
        if owner:
            held.setdefault(owner, []).append(glyph)
    filled = [cell for cell in held if any(not glyph.text.isspace() for glyph in held[cell])]
    in_rows = groupby(sorted(filled, key=lambda cell: (cell.top, cell.x0)), key=lambda cell: cell.top)
    rows = [[Entry(*_span(cell, lefts), held[cell]) for cell in row] for _, row in in_rows]
    return rows if len(rows) > BODY else [part for row in rows for part in merge_lines(_lines(row))]


def _owners(glyphs: Sequence[Glyph], cells: Sequence[Box], lefts: Sequence[float]) -> list[Box | None]:
    """Give the cell that holds the middle of each glyph."""
    tops = sorted({cell.top for cell in cells})
    at: dict[tuple[int, int], Box] = {}
    for cell in cells:
        first, last = _span(cell, lefts)
        for row in range(bisect_right(tops, cell.top) - 1, bisect_right(tops, cell.bottom - 1)):
            at.update({(row, column): cell for column in range(first, last + 1)})
    found: list[Box | None] = []
    for glyph in glyphs:
        x, y = (glyph.box.x0 + glyph.box.x1) / 2, (glyph.box.top + glyph.box.bottom) / 2
        owner = at.get((bisect_right(tops, y) - 1, bisect_right(lefts, x) - 1))
        found.append(owner if owner and x < owner.x1 and y < owner.bottom else None)
    return found


def _span(cell: Box, lefts: Sequence[float]) -> tuple[int, int]:
    """Give the first and the last column that a cell takes up."""
    return bisect_right(lefts, cell.x0) - 1, bisect_right(lefts, cell.x1 - 1) - 1


def _touch(glyph: Glyph, after: Glyph) -> bool:
    """Tell two letters of one word, as they are drawn one after the other."""
    level = glyph.upright and after.upright and abs(glyph.box.top - after.box.top) < glyph.size / 2
    near = abs(after.box.x0 - glyph.box.x1) < WITHIN * glyph.size
    return level and near and not (glyph.text.isspace() or after.text.isspace())


def _lines(row: Row) -> list[Row]:
    """Part the cells of a row into their lines."""
    owners = {id(glyph): entry for entry in row for glyph in entry.glyphs}
    lines = []
    for line in group_rows([glyph for entry in row for glyph in entry.glyphs]):
        parts: dict[int, Entry] = {}
        for glyph in line:
            entry = owners[id(glyph)]
            parts.setdefault(entry.first, Entry(entry.first, entry.last, [])).glyphs.append(glyph)
        lines.append([parts[first] for first in sorted(parts)])
    return lines
