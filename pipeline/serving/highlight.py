"""Where the words of a passage stand on its pages, checked letter by letter. Pure functions over records."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from pipeline.datatypes import Box, Passage
from pipeline.datatypes.page import Glyph, RawPage

# Of a passage's letters and figures so many must stand under its boxes, in their order. What the paper sets by itself,
# such as an accent, may be missing; of another text of the same length hardly more than half is found.
SAME = 0.98
SIDE = 0.5  # points that the middle of a glyph may stand outside of its line's box


class Mark(NamedTuple):
    """A part of one line to highlight; ``is_best`` of the sentence that matters most."""

    page: int
    box: Box
    is_best: bool


class _Placed(NamedTuple):
    """A character of a page, and which of the passage's boxes it stands under."""

    text: str
    line: int
    box: Box


def find_marks(passage: Passage, pages: Mapping[int, RawPage], best: tuple[int, int] = (0, 0)) -> list[Mark]:
    """Find what to highlight of a passage, from top to bottom, its best sentence over the rest.

    Each mark reaches from the first to the last character of the passage on its line.

    :param pages: all pages of the passage, by number.
    :param best: (start, end) offsets of the sentence that matters most.
    :return: nothing if other words than the passage's stand under its boxes.
    """
    written = [(char, offset) for offset, text in enumerate(passage.text) for char in _characters(text)]
    placed = [item for line in range(len(passage.boxes)) for item in _under(passage, line, pages)]
    matcher = SequenceMatcher(None, [char for char, _ in written], [item.text for item in placed], autojunk=False)
    pairs = [
        (written[block.a + step], placed[block.b + step])
        for block in matcher.get_matching_blocks()
        for step in range(block.size)
    ]
    letters = sum(char.isalnum() for char, _ in written)
    if sum(char.isalnum() for (char, _), _ in pairs) < SAME * max(letters, 1):
        return []
    marks = []
    for line, (page, box) in enumerate(passage.boxes):
        whole = [(offset, item.box) for (_, offset), item in pairs if item.line == line]
        chosen = [other for offset, other in whole if best[0] <= offset < best[1]]
        marks += [Mark(page, _span(boxes, box), is_best) for boxes, is_best in (
            ([other for _, other in whole], False), (chosen, True),
        ) if boxes]  # fmt: skip
    return marks


def _under(passage: Passage, line: int, pages: Mapping[int, RawPage]) -> Iterator[_Placed]:
    """Give the characters under one of the passage's boxes, from left to right."""
    page, box = passage.boxes[line]
    glyphs = [glyph for glyph in pages[page].glyphs if _is_under(glyph, box)]
    for glyph in sorted(glyphs, key=lambda glyph: glyph.box.x0):
        yield from (_Placed(char, line, glyph.box) for char in _characters(glyph.text))


def _is_under(glyph: Glyph, box: Box) -> bool:
    x, y = (glyph.box.x0 + glyph.box.x1) / 2, (glyph.box.top + glyph.box.bottom) / 2
    return box.x0 - SIDE <= x <= box.x1 + SIDE and box.top <= y <= box.bottom


def _characters(text: str) -> list[str]:
    """Part a text into characters that compare: ligatures parted, case and white space aside."""
    return [char for char in unicodedata.normalize("NFKC", text).casefold() if not char.isspace()]


def _span(boxes: Sequence[Box], line: Box) -> Box:
    return Box(min(box.x0 for box in boxes), line.top, max(box.x1 for box in boxes), line.bottom)
