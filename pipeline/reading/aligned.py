"""Tables without cells of their own: text that stands in columns, with white space from top to bottom between them.

Columns of running text look like that too, and so do lists, letterheads and forms. So there must be more: rules from
side to side as above and below a table's head, a caption above, or a column of numbers among three.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from pipeline.datatypes import Box
from pipeline.datatypes.page import Glyph
from pipeline.reading.cells import Entry, Row, Table, is_table, make_table, merge_lines, number_columns
from pipeline.reading.columns import GUTTER, NARROWEST, SAME_EDGE, is_text
from pipeline.reading.rows import around, box_of, cut_row
from pipeline.reading.titles import CAPTION

FEWEST = 3  # lines of a table, and columns of one that has neither rules nor a caption
STEP = 3.5  # times the font size: rows that stand farther apart are no one table
FARTHER = 1.6  # times the widest step above in it: the line that stands so far below is the page's foot
WRAPPED = 1.6  # times the font size: lines of one cell are no farther apart
MOST = 2_000  # pieces of a page, more than the largest table has cells
OWN_RULES = 2  # above and below a table's head, or above and below all of it
ACROSS = 0.1  # share of a table's lines that may run across the white space between two columns: heads over several
WIDE = 0.8  # share of the table's width that a rule of its own has
OVERHANG = 1.3  # times that width: a longer rule is one of the page
TIGHT = 0.45  # times the font size; a space is 0.25 to 0.3
NEAR = 2.0  # times the font size: a rule or caption this near is the table's


class _Line(NamedTuple):
    """A row of a page, cut at gaps as wide as those between columns."""

    box: Box
    pieces: list[list[Glyph]]
    boxes: list[Box]

    @property
    def size(self) -> float:
        return self.pieces[0][0].size

    @property
    def text(self) -> str:
        return "".join(glyph.text for piece in self.pieces for glyph in piece)


def find_aligned(rows: Sequence[Sequence[Glyph]], rules: Sequence[Box]) -> list[Table]:
    """Find the tables of a page that only their alignment shows, from top to bottom.

    :param rows: the glyphs of each row of the page, those of other tables taken off.
    """
    lines = [line for row in rows if (line := _line(row))]
    level = _joined_rules([rule for rule in rules if rule.x1 - rule.x0 > rule.bottom - rule.top])
    tables: list[Table] = []
    start = 0
    if sum(len(line.pieces) for line in lines) > MOST:
        return []
    while start < len(lines):
        end = _run_end(lines, start)
        table = _table(lines, start, end, level) if end - start >= FEWEST else None
        tables += [table] if table else []
        start = end if table else start + 1
    return tables


def _line(row: Sequence[Glyph]) -> _Line | None:
    pieces = cut_row(row, GUTTER)
    boxes = [box_of(piece) for piece in pieces]
    return _Line(around(boxes), pieces, boxes) if boxes else None


def _run_end(lines: Sequence[_Line], start: int) -> int:
    """Give the end of the run of lines that leave some white space open from top to bottom, itself but text around it.

    The last one with a gap, and what is wrapped in its cells, ends the run.
    """
    gaps = [(left.x1, right.x0) for left, right in pairwise(lines[start].boxes)]
    end = start + bool(gaps)
    widest = 0.0
    for n in range(start + 1, len(lines)):
        above, line = lines[n - 1], lines[n]
        step = line.box.top - above.box.top
        far = step > STEP * line.size or (n > start + FEWEST and step > FARTHER * widest)
        gaps = [] if far else [rest for gap in gaps if (rest := _open(gap, line.boxes))]
        if not gaps:
            break
        widest = max(widest, step)
        if len(line.pieces) > 1 or (end == n and _is_wrapped(above, line)):
            end = n + 1
    return end


def _open(gap: tuple[float, float], boxes: Sequence[Box]) -> tuple[float, float] | None:
    """Give the widest part of a gap that boxes leave open, if it is wide enough."""
    left, right = gap
    inside = sorted((box.x0, box.x1) for box in boxes if box.x0 < right and left < box.x1)
    ends = [left, *(x1 for _, x1 in inside)]
    starts = [*(x0 for x0, _ in inside), right]
    widest = max(zip(ends, starts, strict=True), key=lambda part: part[1] - part[0])
    return widest if widest[1] - widest[0] >= GUTTER / 2 else None


def _is_wrapped(above: _Line, line: _Line) -> bool:
    """Tell the second line of a cell from what stands below the table."""
    step = line.box.top - above.box.top
    return step <= WRAPPED * line.size and any(abs(line.box.x0 - box.x0) < line.size / 2 for box in above.boxes)


def _table(lines: Sequence[_Line], start: int, end: int, rules: Sequence[Box]) -> Table | None:
    run = lines[start:end]
    box = around([line.box for line in run])
    own = _own_rules(rules, box, run[0].size)
    ruled = len(own) >= OWN_RULES
    known = ruled or (start > 0 and _captions(lines[start - 1], run[0]))
    if not known and sum(len(line.pieces) >= FEWEST for line in run) < FEWEST:
        return None
    strips = _strips(run)
    if not strips or (not ruled and _is_prose(run, strips)):
        return None
    visual = [_entries(line, strips) for line in run]
    filled = sum(len(row) >= FEWEST for row in visual)
    if not known and (filled < FEWEST or not number_columns(visual) - {0}):
        return None
    merged = merge_lines(visual, own)
    return make_table(box, merged) if is_table(merged, listing=not ruled) else None


def _strips(run: Sequence[_Line]) -> list[tuple[float, float]]:
    """Give the white space between columns: strips that no piece runs across, or next to none."""
    boxes = [box for line in run for box in line.boxes]
    most = max(1, int(ACROSS * len(run))) if len(run) > FEWEST else 0
    clear = _white(boxes, 0)
    strips = []
    for left, right in _white(boxes, most):
        inside = [strip for strip in clear if left <= strip[0] and strip[1] <= right]
        strips.append(max(inside, key=lambda strip: strip[1] - strip[0], default=(left, right)))
    # Where only the longest lines of a column reach, no column begins.
    return [(left, right) for left, right in strips if sum(box.x0 >= right for box in boxes) >= FEWEST - 1]


def _white(boxes: Sequence[Box], most: int) -> list[tuple[float, float]]:
    """Give the strips, wide enough to part columns, that no more than so many boxes cover."""
    edges = sorted([*((box.x0, 1) for box in boxes), *((box.x1, -1) for box in boxes)])
    strips: list[tuple[float, float]] = []
    covering = 0
    for (left, change), (right, _) in pairwise(edges):
        covering += change
        if covering > most:
            continue
        if strips and strips[-1][1] == left:
            strips[-1] = (strips[-1][0], right)
        else:
            strips.append((left, right))
    return [strip for strip in strips if strip[1] - strip[0] >= GUTTER / 2]


def _entries(line: _Line, strips: Sequence[tuple[float, float]]) -> Row:
    """Put the pieces of a line into columns."""
    row: Row = []
    parts = [part for piece in line.pieces for part in _cut_at(piece, strips)]
    for piece, box in zip(parts, map(box_of, parts), strict=True):
        first = sum((left + right) / 2 <= box.x0 + 1 for left, right in strips)
        last = max(first, sum((left + right) / 2 < box.x1 for left, right in strips))
        if row and row[-1].last >= first:
            row[-1] = Entry(row[-1].first, max(last, row[-1].last), [*row[-1].glyphs, *piece])
        else:
            row.append(Entry(first, last, piece))
    return row


def _cut_at(piece: Sequence[Glyph], strips: Sequence[tuple[float, float]]) -> list[list[Glyph]]:
    """Cut a piece where a gap wider than a space lies between two columns: its cells are nearly too long for them."""
    cut: list[list[Glyph]] = []
    for word in cut_row(piece, TIGHT * piece[0].size):
        gap = (box_of(cut[-1]).x1, box_of(word).x0) if cut else (0.0, 0.0)
        if not cut or any(gap[0] < right and left < gap[1] for left, right in strips):
            cut.append(word)
        else:
            cut[-1] += word
    return cut


def _own_rules(rules: Sequence[Box], box: Box, size: float) -> list[float]:
    """Give the heights of the rules that are as wide as a table, at it or in it."""
    width = box.x1 - box.x0
    return [
        rule.top
        for rule in rules
        if box.top - NEAR * size <= rule.top <= box.bottom + NEAR * size
        and WIDE * width <= min(rule.x1, box.x1) - max(rule.x0, box.x0)
        and rule.x1 - rule.x0 <= OVERHANG * width
    ]


def _joined_rules(rules: Sequence[Box]) -> list[Box]:
    """Join the rules at one height: each cell may draw its own."""
    joined: list[Box] = []
    for rule in sorted(rules, key=lambda rule: (rule.top, rule.x0)):
        if joined and abs(rule.top - joined[-1].top) < SAME_EDGE and rule.x0 <= joined[-1].x1 + GUTTER:
            joined[-1] = around([joined[-1], rule])
        else:
            joined.append(rule)
    return joined


def _captions(above: _Line, first: _Line) -> bool:
    return bool(CAPTION.match(above.text)) and first.box.top - above.box.bottom <= NEAR * first.size


def _is_prose(run: Sequence[_Line], strips: Sequence[tuple[float, float]]) -> bool:
    """Tell columns of running text: the lines of each fill it."""
    width = run[0].box.x1 - run[0].box.x0
    columns: dict[int, list[Box]] = {}
    for line in run:
        for box in line.boxes:
            columns.setdefault(sum(left < box.x0 for left, _ in strips), []).append(box)
    return all(is_text(boxes, NARROWEST * width) for boxes in columns.values())
