"""Columns: the parts of a page in the order they are read.

A gutter is a strip that lines end before and begin after. Lines across it, and short ones with nothing beside them, cut
the page into bands; in each band the left column is read before the right one, and either may have a gutter again.
A table has such strips too, but its cells leave most of their column empty, where the lines of text fill it.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from pipeline.datatypes import Box
from pipeline.datatypes.page import Glyph, Line, RawPage
from pipeline.reading.rows import box_of, cut_row

GUTTER = 9.0  # points; the narrowest of two-column journals are 12, the widest space of justified text stays under 8
LINES = 6  # to either side of a gutter; a letterhead or an imprint has fewer
FEW = 2  # suffice in a column as wide as the one before it: the last lines of a text
ALIKE = 0.1  # share of a column's width; a ragged edge of few lines falls short of it by this
SAME_EDGE = 3.0  # points; lines of a column begin at one edge, but for an indented one
NARROWEST = 0.2  # share of the text's width; a column of four on a page, and no column of numbers
FILLED = 0.6  # share of a column's width that a line of text fills, unless it ends a paragraph
MOSTLY = 0.5  # share of a column's lines that are filled; of a table's cells it is a third at most
LABEL = 4  # characters of a bullet or number that stands apart from its text
NEAR = 4.0  # times its size, at most; farther off stands a footnote mark at a column's end, beside the next column
LARGER = 1.06  # times the usual size: a heading, as in ``HeadingThresholds``
ROOM = 0.5  # times its height: what parts a heading across from the columns above and below; lines have less
WIDE = 1.2  # times a sheet's height; two pages of letter paper make 1.29, of A4 1.41
ACROSS = 0.35  # share of the lines at a gutter that may run across it: headings, tables, a summary above


class _Piece(NamedTuple):
    """Glyphs of a row with no gap between them as wide as a gutter."""

    box: Box
    glyphs: list[Glyph]


def is_wide(page: RawPage) -> bool:
    """Tell a sheet that has room for two printed pages."""
    return page.width >= WIDE * page.height


def may_have_columns(lines: Sequence[Line]) -> bool:
    """Tell from its lines, quickly, whether a page is worth a closer look."""
    if len(lines) < LINES:
        return False
    left, right = min(line.box.x0 for line in lines), max(line.box.x1 for line in lines)
    edge = left + NARROWEST * (right - left)
    ends_text = any(line.gap >= GUTTER for line in lines[:FEW])
    return ends_text or sum(line.gap >= GUTTER or line.box.x0 > edge for line in lines) >= FEW


def part_columns(rows: Sequence[list[Glyph]], width: float | None = None) -> list[list[Glyph]]:
    """Part a page's glyphs into pieces without columns, in reading order.

    :param rows: the glyphs of each row of the page, from left to right.
    :param width: of the page, in points, if the rows are all of it.
    """
    pieces = [piece for row in rows for piece in _pieces(row)]
    return [[glyph for piece in part for glyph in piece.glyphs] for part in _part(pieces, width)]


def part_halves(rows: Sequence[list[Glyph]], width: float) -> list[list[list[Glyph]]]:
    """Part a wide sheet into the rows of its two halves, if it may hold two printed pages: nothing crosses the fold.

    :param width: of the sheet, in points.
    """
    middle = width / 2
    boxes = [glyph.box for row in rows for glyph in row if not glyph.text.isspace()]
    if any(box.x0 < middle + GUTTER and middle - GUTTER < box.x1 for box in boxes):
        return []
    sides = [[half for row in rows if (half := _side(row, middle, right=right))] for right in (False, True)]
    looks_set = all(_may_be_page(side, NARROWEST * middle) for side in sides)
    return sides if looks_set else []


def _side(row: Sequence[Glyph], middle: float, *, right: bool) -> list[Glyph]:
    """Give what is seen of a row to one side of the fold."""
    found = [glyph for glyph in row if (glyph.box.x0 >= middle) == right]
    return found if any(not glyph.text.isspace() for glyph in found) else []


def _may_be_page(rows: Sequence[Sequence[Glyph]], narrowest: float) -> bool:
    """Tell a printed page from half a table; one with few lines may be anything."""
    return bool(rows) and (len(rows) < LINES or is_text([box_of(row) for row in rows], narrowest))


def _pieces(row: Sequence[Glyph]) -> list[_Piece]:
    """Cut a row at its wide gaps; a bullet or number stays with its text."""
    pieces: list[list[Glyph]] = []
    for glyphs in cut_row(row, GUTTER):
        if pieces and _is_label(pieces[-1]) and glyphs[0].box.x0 - pieces[-1][-1].box.x1 <= NEAR * glyphs[0].size:
            pieces[-1] += glyphs
        else:
            pieces.append(glyphs)
    return [_Piece(box_of(glyphs), glyphs) for glyphs in pieces]


def _is_label(glyphs: Sequence[Glyph]) -> bool:
    text = "".join(glyph.text for glyph in glyphs).strip()
    return len(text) <= LABEL and not any(map(str.isalpha, text[1:]))


def _part(pieces: Sequence[_Piece], page_width: float | None = None) -> list[list[_Piece]]:
    gutter = _gutter(pieces, page_width)
    if gutter is None:
        return [list(pieces)] if pieces else []
    parts: list[list[_Piece]] = []
    for is_across, band in groupby(_by_height(pieces), key=lambda piece: _cuts(piece, pieces, gutter)):
        found = list(band)
        if is_across:
            parts.append(found)
        else:
            left = [piece for piece in found if piece.box.x0 < gutter]
            parts += _part(left) if len(left) < len(pieces) else [left]
            right = [piece for piece in found if piece.box.x0 >= gutter]
            parts += _part(right) if len(right) < len(pieces) else [right]
    return parts


def _by_height(pieces: Sequence[_Piece]) -> list[_Piece]:
    return sorted(pieces, key=lambda piece: (piece.box.top, piece.box.x0))


def _gutter(pieces: Sequence[_Piece], page_width: float | None) -> float | None:
    """Find where the second column begins, if there is one: the foremost edge that lines of text share."""
    if len(pieces) < LINES + FEW:
        return None
    first, last = min(piece.box.x0 for piece in pieces), max(piece.box.x1 for piece in pieces)
    edges = Counter(round(piece.box.x0 / SAME_EDGE) for piece in pieces)
    for edge in sorted(edges):
        x = (edge - 0.5) * SAME_EDGE
        narrowest = NARROWEST * (last - first)
        found = _is_gutter if edges[edge] + edges[edge + 1] >= FEW else _ends_in_a_line
        if x - first >= narrowest and found(pieces, x, narrowest, page_width):
            inner = max(piece.box.x1 for piece in pieces if piece.box.x1 <= x - GUTTER / 2)
            return min((piece.box.x0 for piece in pieces if inner < piece.box.x0 < x), default=x)
    return None


def _is_gutter(pieces: Sequence[_Piece], x: float, narrowest: float, page_width: float | None) -> bool:
    left = [piece.box for piece in pieces if piece.box.x1 <= x - GUTTER / 2]
    right = [piece.box for piece in pieces if piece.box.x0 >= x]
    if min(len(left), len(right)) < FEW:
        return False
    top = max(min(box.top for box in side) for side in (left, right))
    bottom = min(max(box.bottom for box in side) for side in (left, right))
    band = [piece.box for piece in pieces if top <= (piece.box.top + piece.box.bottom) / 2 <= bottom]
    sides = [[box for box in band if box in side] for side in (set(left), set(right))]
    across = len(band) - len(sides[0]) - len(sides[1])
    enough = min(map(len, sides)) >= LINES or (len(left) >= LINES and _ends_text(left, right, page_width))
    return enough and across <= ACROSS * len(band) and all(is_text(side, narrowest) for side in sides)


def _ends_text(left: Sequence[Box], right: Sequence[Box], page_width: float | None) -> bool:
    """Tell the short last column of a text: it is as wide as the first one, or there is as much room for its lines."""
    widths = [max(box.x1 - box.x0 for box in side) for side in (left, right)]
    return abs(widths[0] - widths[1]) <= ALIKE * widths[0] or _has_room(left, right, page_width)


def _ends_in_a_line(pieces: Sequence[_Piece], x: float, narrowest: float, page_width: float | None) -> bool:
    """Tell whether a text ends with a line that is alone on top of its column."""
    left = [piece.box for piece in pieces if piece.box.x1 <= x - GUTTER / 2]
    right = [piece.box for piece in pieces if piece.box.x0 >= x]
    if len(right) != 1 or len(left) != len(pieces) - 1 or len(left) < LINES:
        return False
    on_top = all(box.bottom > right[0].top for box in left)
    return on_top and is_text(left, narrowest) and _has_room(left, right, page_width)


def _has_room(left: Sequence[Box], right: Sequence[Box], page_width: float | None) -> bool:
    """Tell whether a column could be as wide as the one before it, if both margins of the page are alike."""
    if page_width is None:
        return False
    start, width = min(box.x0 for box in left), max(box.x1 - box.x0 for box in left)
    room = page_width - start - min(box.x0 for box in right)
    return abs(room - width) <= ALIKE * width and max(box.x1 - box.x0 for box in right) <= (1 + ALIKE) * width


def is_text(column: Sequence[Box], narrowest: float) -> bool:
    """Tell a column of text: most of its lines fill it, or fill one of the columns it is made of."""
    widths = [box.x1 - box.x0 for box in column]
    usual = statistics.quantiles(widths, n=10)[-1] if len(widths) > 1 else sum(widths)
    return usual >= narrowest and sum(width >= FILLED * usual for width in widths) >= MOSTLY * len(widths)


def _cuts(piece: _Piece, pieces: Sequence[_Piece], gutter: float) -> bool:
    """Tell whether a piece runs across the gutter, or is a heading with nothing beside it in the other column."""
    box = piece.box
    if box.x0 < gutter < box.x1:
        return True
    if piece.glyphs[0].size < LARGER * statistics.median(other.glyphs[0].size for other in pieces):
        return False
    beside = [other.box for other in pieces if (other.box.x0 >= gutter) != (box.x0 >= gutter)]
    room = ROOM * (box.bottom - box.top)
    if any(other.top < box.bottom + room and box.top - room < other.bottom for other in beside):
        return False
    return any(other.bottom <= box.top for other in beside) and any(other.top >= box.bottom for other in beside)
