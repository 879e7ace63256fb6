"""Characters as a PDF library tells them → glyphs: places on the page as shown, ligatures whole, spaces put right."""

from __future__ import annotations

import operator
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pipeline.datatypes import Box
from pipeline.datatypes.page import Glyph
from pipeline.reading.links import Target, url_at

HIGH_SURROGATES = (0xD800, 0xDBFF)  # the first halves of characters that UTF-16 writes as two
NARROW = 0.15  # share of the font's size; pdfium puts a space into less, which justified text has within words
WIDE = 0.3  # share of the font's size; a gap of this is seen to be one, and needs no space put into it
BEFORE = 0.2  # points by which a space put before a glyph stands before it; the narrowest letters take two


class Frame(NamedTuple):
    """A page as it is shown: its media box in the PDF's coordinates, and its clockwise turn in quarters."""

    x0: float
    y0: float
    x1: float
    y1: float
    turns: int

    @property
    def size(self) -> tuple[float, float]:
        """Width and height as shown."""
        width, height = self.x1 - self.x0, self.y1 - self.y0
        return (height, width) if self.turns % 2 else (width, height)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Give a point in points from the top left corner of the page as shown."""
        left, right, bottom, top = x - self.x0, self.x1 - x, y - self.y0, self.y1 - y
        return ((left, top), (bottom, left), (right, bottom), (top, right))[self.turns]

    def box(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        """Give the rectangle between two points."""
        (a, b), (c, d) = self.place(x0, y0), self.place(x1, y1)
        return Box(min(a, c), min(b, d), max(a, c), max(b, d))


class Style(NamedTuple):
    """What all characters of one text object share."""

    font: str
    size: float
    color: str
    upright: bool
    # From a character's origin on the base line to its foot and its head, in the PDF's coordinates; none of text that
    # is neither level nor at a right angle.
    reach: tuple[float, float, float, float] | None


class Run(NamedTuple):
    """Consecutive characters of one text object; without a style, characters that the library puts in itself."""

    texts: list[str]
    boxes: list[Box]
    style: Style | None


def write_texts(codes: Sequence[int], unmapped: Sequence[int], hyphens: Iterable[int]) -> list[str]:
    """Give the text of each character from its code; empty of one that the one before it holds.

    :param unmapped: true where no font tells what the code stands for; pdfminer's name for it is no word.
    :param hyphens: the places of those that have lost their code.

    >>> write_texts([0x41, 2, 31, 0xD835, 0xDC34], [0, 0, 1, 0, 0], [1])
    ['A', '-', '(cid:31)', '𝐴', '']
    """
    texts = [chr(code) if code <= sys.maxunicode else "" for code in codes]
    if any(unmapped) or 0 in codes:
        texts = [f"(cid:{codes[n]})" if unmapped[n] or not codes[n] else text for n, text in enumerate(texts)]
    for n in hyphens:
        texts[n] = "-"
    for n, code in enumerate(codes[:-1]):
        if HIGH_SURROGATES[0] <= code <= HIGH_SURROGATES[1]:
            pair = (texts[n] + texts[n + 1]).encode("utf-16-le", "surrogatepass")
            texts[n], texts[n + 1] = pair.decode("utf-16-le", "replace"), ""
    return texts


def assemble(runs: Iterable[Run], targets: Sequence[Target]) -> list[Glyph]:
    """Make the glyphs of a page."""
    glyphs: list[Glyph] = []
    spaced = False
    for run in runs:
        texts, boxes, style = run
        if style is None:
            spaced = bool(glyphs) and " " in texts
            continue
        if any(map(operator.eq, boxes, boxes[1:])):
            texts, boxes = _join_ligatures(texts, boxes)
        if style.upright and any(text == " " and box.x0 == box.x1 for text, box in zip(texts, boxes, strict=True)):
            texts, boxes = _mend_spaces(texts, boxes, style.size)
        made = _make_glyphs(texts, boxes, style, targets)
        if spaced and made:
            glyphs += _space_between(glyphs[-1], made[0])
        glyphs += made
        spaced = False
    return glyphs


def _make_glyphs(texts: Sequence[str], boxes: Sequence[Box], style: Style, targets: Sequence[Target]) -> list[Glyph]:
    """Make the glyphs of one text object."""
    font, size, color, upright, _ = style
    near: Sequence[Target] = ()
    if targets:
        top, bottom = min(box.top for box in boxes), max(box.bottom for box in boxes)
        near = [target for target in targets if target.area.top <= bottom and target.area.bottom >= top]
    make = tuple.__new__  # what Glyph(…) comes to, in half the time
    return [
        make(Glyph, (text, box, font, size, color, upright, url_at(box, near) if near else None))
        for text, box in zip(texts, boxes, strict=True)
        if text
    ]


def _join_ligatures(texts: Sequence[str], boxes: Sequence[Box]) -> tuple[list[str], list[Box]]:
    """Join the letters of a ligature, which pdfium lists one by one in the same box."""
    made: list[tuple[str, Box]] = []
    for text, box in zip(texts, boxes, strict=True):
        if made and made[-1][1] == box and text:
            made[-1] = (made[-1][0] + text, box)
        else:
            made.append((text, box))
    return [text for text, _ in made], [box for _, box in made]


def _mend_spaces(texts: Sequence[str], boxes: Sequence[Box], size: float) -> tuple[list[str], list[Box]]:
    """Drop the spaces that pdfium puts into mere kerning; put the others before what follows them."""
    kept = []
    for n, (text, box) in enumerate(zip(texts, boxes, strict=True)):
        if text != " " or box.x0 != box.x1:
            kept.append((text, box))
        elif not 0 < n < len(boxes) - 1 or boxes[n + 1].x0 - boxes[n - 1].x1 >= NARROW * size:
            kept.append((text, box._replace(x0=box.x0 - BEFORE)))
    return [text for text, _ in kept], [box for _, box in kept]


def _space_between(last: Glyph, glyph: Glyph) -> Iterator[Glyph]:
    """Give the space that pdfium puts between two glyphs; there may be a real one that it dropped for it."""
    gap = glyph.box.x0 - last.box.x1
    if not last.upright or NARROW * last.size <= gap < WIDE * last.size:
        x = min(last.box.x1 + gap / 2, glyph.box.x0) - BEFORE
        yield last._replace(text=" ", box=last.box._replace(x0=x, x1=x), url=None)
