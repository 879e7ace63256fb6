"""Ruled lines of a page: the thin and level or upright strokes that tables are drawn with.

``pdfium`` hands the library over, as ``raw``: its name stands in one file.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from pipeline.datatypes import Box
from pipeline.reading.glyphs import Frame

THIN = 2.0  # points; the frame of a heading's coloured band is higher
SHORTEST = 5.0  # points; less is a tick box, a tick of a chart, a letter drawn as an outline
MOST_SEGMENTS = 100  # of a path; a table drawn as one path has some dozens, a map thousands
MOST_PATHS = 5_000  # of a page; the largest tables have hundreds, drawings tens of thousands


def read_rules(raw: Any, paths: Sequence[Any], frame: Frame) -> tuple[Box, ...]:
    """Give the rules of a page: paths that are thin, and the edges of rectangles."""
    rules: list[Box] = []
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for path in paths[:MOST_PATHS]:
        raw.FPDFPageObj_GetBounds(path, left, bottom, right, top)
        width, height = right.value - left.value, top.value - bottom.value
        if max(width, height) < SHORTEST:
            continue
        if min(width, height) <= THIN:
            rules.append(frame.box(left.value, bottom.value, right.value, top.value))
        elif 4 <= raw.FPDFPath_CountSegments(path) <= MOST_SEGMENTS:
            rules += [frame.box(*ends) for ends in _edges(raw, path)]
    return tuple(rules)


def _edges(raw: Any, path: Any) -> Iterator[tuple[float, float, float, float]]:
    """Yield the straight segments of a path that are level or upright."""
    matrix = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(path, matrix)
    points: list[tuple[float, float, int]] = []
    x, y = ctypes.c_float(), ctypes.c_float()
    start = 0.0, 0.0
    for index in range(raw.FPDFPath_CountSegments(path)):
        segment = raw.FPDFPath_GetPathSegment(path, index)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        place = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            start = place
        points.append((*place, kind))
        if raw.FPDFPathSegment_GetClose(segment):
            points.append((*start, raw.FPDF_SEGMENT_LINETO))
    for (x0, y0, _), (x1, y1, kind) in pairwise(points):
        straight = min(abs(x0 - x1), abs(y0 - y1)) <= THIN and max(abs(x0 - x1), abs(y0 - y1)) >= SHORTEST
        if kind == raw.FPDF_SEGMENT_LINETO and straight:
            yield x0, y0, x1, y1
