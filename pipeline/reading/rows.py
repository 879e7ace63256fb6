"""Rows: the glyphs of a page that share a line, from left to right."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.datatypes import Box
from pipeline.datatypes.page import Glyph

SAME_ROW = 0.5  # share of the lower glyph's height that must overlap: superscripts pass, the next line does not


def group_rows(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """Group glyphs that share a line; the tallest glyph of a row decides what overlaps it."""
    rows: list[list[Glyph]] = []
    extents: list[tuple[float, float]] = []
    for glyph in sorted(glyphs, key=lambda glyph: (glyph.box.top, glyph.box.x0)):
        top, bottom = glyph.box.top, glyph.box.bottom
        for index in range(len(rows) - 1, max(-1, len(rows) - 6), -1):
            row_top, row_bottom = extents[index]
            overlap = min(bottom, row_bottom) - max(top, row_top)
            if overlap >= SAME_ROW * min(bottom - top, row_bottom - row_top):
                rows[index].append(glyph)
                if bottom - top > row_bottom - row_top:
                    extents[index] = (top, bottom)
                break
        else:
            rows.append([glyph])
            extents.append((top, bottom))
    order = sorted(range(len(rows)), key=lambda index: extents[index])
    return [sorted(rows[index], key=lambda glyph: glyph.box.x0) for index in order]


def cut_row(row: Sequence[Glyph], gap: float) -> list[list[Glyph]]:
    """Cut a row at its gaps, in points; a space stays with what is before it."""
    pieces: list[list[Glyph]] = []
    last: Glyph | None = None
    for glyph in row:
        if glyph.text.isspace():
            if pieces:
                pieces[-1].append(glyph)
        elif last is None or glyph.box.x0 - last.box.x1 >= gap:
            pieces.append([glyph])
            last = glyph
        else:
            pieces[-1].append(glyph)
            last = glyph
    return pieces


def box_of(glyphs: Sequence[Glyph]) -> Box:
    """Give the box around what is seen of some glyphs."""
    return around([glyph.box for glyph in glyphs if not glyph.text.isspace()])


def around(boxes: Sequence[Box]) -> Box:
    """Give the box around others."""
    return Box(
        min(box.x0 for box in boxes),
        min(box.top for box in boxes),
        max(box.x1 for box in boxes),
        max(box.bottom for box in boxes),
    )
