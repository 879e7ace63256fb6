"""Where a paragraph, a list item or a row of a table begins."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from pipeline.datatypes.page import Line
from pipeline.reading.bidi import is_right_to_left
from pipeline.reading.body import NUMBERED, SENTENCE_END
from pipeline.reading.candidates import Body
from pipeline.reading.footnotes import columns_of
from pipeline.reading.layout import BULLET
from pipeline.reading.sentences import ends_with_abbreviation

NEW_BLOCK_STEP = 1.2  # times the body's line step: list items stand 1.25 apart, paragraphs 1.4 and more
INDENT = 0.8  # times the font size: less is a glyph's side bearing
SHORT_LINE = 0.85  # share of the column: a line that ends before it and with a full stop ends its paragraph
SIZE_CHANGE = 0.06  # share of the font size: another size is another block

TELLING = 4  # lines of a column, of which one is likely to fill it
WIDE, NARROW = 1.35, 0.6  # times as wide as other letters are capitals, and thin letters and marks
THIN = frozenset("fijlrtI.,;:!|'’()[]-/ ")


class Column(NamedTuple):
    """The left and right edge of the column that a line stands in, in points."""

    left: float
    right: float


def block_starts(lines: Sequence[Line], body: Body) -> list[bool]:
    """Tell of each line whether a block begins with it."""
    columns = _columns(lines)
    follows = [
        _starts_block(above, line, *sides, body)
        for (above, line), sides in zip(pairwise(lines), pairwise(columns), strict=True)
    ]
    return [True, *follows] if lines else []


def is_item(line: Line) -> bool:
    """Tell whether a line begins an item of a list, or stands in a table."""
    return line.cell is not None or line.text.startswith(BULLET) or bool(NUMBERED.match(line.text))


def row_of(line: Line) -> tuple[int, int, int] | None:
    """Give the row of a table that a line stands in: page, table and row."""
    return (line.page, line.cell.table, line.cell.row) if line.cell else None


def _columns(lines: Sequence[Line]) -> list[Column]:
    """Give each line's column; where few lines tell how wide it is, it is as wide as the widest one."""
    parts = [part for _, page in groupby(lines, key=lambda line: line.page) for part in columns_of(list(page))]
    sides = [Column(min(line.box.x0 for line in part), max(line.box.x1 for line in part)) for part in parts]
    widest = max((column.right - column.left for column in sides), default=0.0)
    columns: list[Column] = []
    for part, column in zip(parts, sides, strict=True):
        right = max(column.right, column.left + widest) if len(part) < TELLING else column.right
        columns += [Column(column.left, right)] * len(part)
    return columns


def _starts_block(above: Line, line: Line, column: Column, next_column: Column, body: Body) -> bool:
    if above.cell or line.cell:
        return row_of(above) != row_of(line)
    if line.text.startswith(BULLET) or abs(line.size - above.size) > SIZE_CHANGE * above.size:
        return True
    ended = above.text.rstrip().endswith(SENTENCE_END) and not ends_with_abbreviation(above.text)
    step = line.box.bottom - above.box.bottom  # a raised mark lifts the top
    backward = is_right_to_left(line.text)
    room = above.box.x0 - column.left if backward else column.right - above.box.x1
    short = room > (1 - SHORT_LINE) * column.right
    if _is_sideways(line):  # such lines go on to the side
        step, short = 0.0, False
    if line.page != above.page or step <= 0:
        if ended and not is_item(line):  # a line that is full goes on, though a sentence happens to end with it
            indent = (line.box.x0 - next_column.left) - (above.box.x0 - column.left)
            ended = room > first_word(line) or (indent < -INDENT * line.size and not backward)
        return (ended and is_item(line)) or ((short or ended) and not line.text[0].islower())
    if step > NEW_BLOCK_STEP * body.step * max(1.0, line.size / (body.size or 1.0)):
        return True
    indent = above.box.x1 - line.box.x1 if backward else line.box.x0 - above.box.x0
    if abs(indent) > INDENT * line.size and not (is_item(above) and indent > 0):
        return ended or short
    return ended and (short or is_item(line))


def first_word(line: Line) -> float:
    """Estimate how wide a line's first word is, with the space before it, in points."""
    word = line.text.split(" ", 1)[0] + " "
    return (line.box.x1 - line.box.x0) * _weight(word) / (_weight(line.text) or 1.0)


def _weight(text: str) -> float:
    """Give the width of a text in letters of usual width."""
    return sum(NARROW if character in THIN else WIDE if character.isupper() else 1.0 for character in text)


def _is_sideways(line: Line) -> bool:
    return line.box.bottom - line.box.top > max(2 * line.size, line.box.x1 - line.box.x0)
