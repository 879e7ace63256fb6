"""PDF file → raw pages of glyphs by pdfium: ten times as fast as pdfplumber. The only file that names pypdfium2.

pdfium tells each character's text and box and the text object that draws it; font, size, colour and direction are asked
once for each object. The height of pdfium's boxes depends on the font's ascent, so it is made anew, as pdfplumber does:
a glyph reaches from its font's descent one font size upward.
"""

from __future__ import annotations

import ctypes
import functools
import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise, repeat
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.datatypes import Box
from pipeline.datatypes.page import Bookmark, Glyph, RawPage
from pipeline.errors import DamagedPdf
from pipeline.reading.glyphs import BEFORE, Frame, Run, Style, assemble, write_texts
from pipeline.reading.links import Target, is_citable
from pipeline.reading.marks import read_bookmarks, read_tags
from pipeline.reading.objects import Drawn, take_marks_off
from pipeline.reading.rules import read_rules

URI_ACTION = 3  # of the kinds of action that pdfium tells, the one that opens an address
HYPHEN = 2  # the code that pdfium gives to one at the end of a line
LEVEL = 1e-6  # a text matrix with less turn than this share of its scale is level, or at a right angle
BASE_LINE = 0.01  # points; characters of one object that stand farther apart are set from top to bottom
INKLESS = 0.01  # points; pdfium lists no text that is narrower
PRESS_BLACK, BLACK = "231f20", "000000"  # how pdfium shows CMYK's black ink alone, and what everyone else calls it


class Reader:
    """A PDF that pdfium has open.

    :raises DamagedPdf: if pdfium cannot open it, whatever the reason, or finds no page in it.
    """

    def __init__(self, path: Path, password: str | None = None) -> None:
        """Open the file."""
        import pypdfium2

        try:
            self._pdf = pypdfium2.PdfDocument(path, password=password)
        except pypdfium2.PdfiumError as error:
            raise DamagedPdf(f"{path}: the PDF is damaged ({error}); get a fresh copy") from error
        self.count = len(self._pdf)
        self._bookmarks: dict[int, tuple[Bookmark, ...]] | None = None
        if not self.count:
            self.close()
            raise DamagedPdf(f"{path}: the PDF has no pages; get a fresh copy of the file")

    def page(self, number: int) -> RawPage:
        """Read a page; one that cannot be loaded has no glyphs."""
        from pypdfium2 import raw

        if self._bookmarks is None:
            self._bookmarks = read_bookmarks(raw, self._pdf.raw)
        return replace(_raw_page(self._pdf.raw, number), bookmarks=self._bookmarks.get(number, ()))

    def close(self) -> None:
        """Let go of the file."""
        self._pdf.close()


class _Chars(NamedTuple):
    """The characters of a page, as pdfium lists them; those that pdfium puts in itself have no object."""

    texts: list[str]
    objects: list[int | None]
    lefts: list[float]
    tops: list[float]
    rights: list[float]
    bottoms: list[float]


class _Hot(NamedTuple):
    """The functions that are called for every character."""

    code: Callable[..., int]
    object: Callable[..., int | None]
    unmapped: Callable[..., int]
    box: Callable[..., int]


@functools.cache
def _hot() -> _Hot:
    """Bind them to bare numbers, which takes half the time of pypdfium2's typed pointers."""
    from pypdfium2 import raw

    pointer, integer = ctypes.c_void_p, ctypes.c_int

    def bind(function: Any, result: Any, *more: Any) -> Any:
        return ctypes.PYFUNCTYPE(result, pointer, integer, *more)(ctypes.cast(function, pointer).value or 0)

    return _Hot(
        bind(raw.FPDFText_GetUnicode, ctypes.c_uint),
        bind(raw.FPDFText_GetTextObject, pointer),
        bind(raw.FPDFText_HasUnicodeMapError, integer),
        bind(raw.FPDFText_GetLooseCharBox, integer, pointer),
    )


def _raw_page(pdf: Any, number: int) -> RawPage:
    from pypdfium2 import raw

    label = _filled(raw.FPDF_GetPageLabel, pdf, number - 1).decode("utf-16-le", "replace").rstrip("\0") or None
    page = raw.FPDF_LoadPage(pdf, number - 1)
    tags = read_tags(raw, page, _frame(page).box) if page else ()
    drawn = take_marks_off(raw, page) if page else Drawn([], [])
    text_page = raw.FPDFText_LoadPage(page) if page else None
    try:
        if not text_page:
            return RawPage(number, label, 0.0, 0.0, ())
        frame = _frame(page)
        dropped = _unlisted_spaces(drawn.texts, frame)
        glyphs = assemble(_runs(text_page, frame), _targets(pdf, page, frame))
        rules = read_rules(raw, drawn.paths, frame)
        return RawPage(number, label, *frame.size, (*dropped, *glyphs), tags=tags, rules=rules)
    finally:
        if text_page:
            raw.FPDFText_ClosePage(text_page)
        if page:
            raw.FPDF_ClosePage(page)


def _filled(function: Callable[..., int], *subject: Any) -> bytes:
    """Call a function that tells its length first and fills a buffer then."""
    length = function(*subject, None, 0)
    buffer = ctypes.create_string_buffer(length)
    function(*subject, buffer, length)
    return buffer.raw


def _frame(page: Any) -> Frame:
    from pypdfium2 import raw

    sides = [ctypes.c_float() for _ in range(4)]
    if raw.FPDFPage_GetMediaBox(page, *sides):
        x0, y0, x1, y1 = (side.value for side in sides)
    else:  # the box is that of the page's parents, which pdfium tells only through the box as shown
        shown = raw.FS_RECTF()
        raw.FPDF_GetPageBoundingBox(page, shown)
        x0, y0, x1, y1 = shown.left, shown.bottom, shown.right, shown.top
    turns = raw.FPDFPage_GetRotation(page) % 4
    return Frame(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1), turns)


def _targets(pdf: Any, page: Any, frame: Frame) -> list[Target]:
    from pypdfium2 import raw

    found = []
    position, link, area = ctypes.c_int(), raw.FPDF_LINK(), raw.FS_RECTF()
    while raw.FPDFLink_Enumerate(page, position, link):
        action = raw.FPDFLink_GetAction(link)
        if not action or raw.FPDFAction_GetType(action) != URI_ACTION:
            continue
        url = _filled(raw.FPDFAction_GetURIPath, pdf, action).decode("utf-8", "replace").rstrip("\0")
        if is_citable(url) and raw.FPDFLink_GetAnnotRect(link, area):
            found.append(Target(frame.box(area.left, area.bottom, area.right, area.top), url))
    return found


def _runs(text_page: Any, frame: Frame) -> Iterator[Run]:
    """Yield the characters of each text object in turn; a run without style is what pdfium puts between two."""
    chars = _chars(text_page)
    objects = chars.objects
    styles: dict[int, Style] = {}
    fonts: dict[int, tuple[str, float]] = {}
    starts = [index for index in range(len(objects)) if index == 0 or objects[index] != objects[index - 1]]
    for start, end in pairwise([*starts, len(objects)]):
        handle = objects[start]
        if handle is None:
            yield Run(chars.texts[start:end], [], None)
            continue
        if handle not in styles:
            styles[handle] = _style(text_page, start, handle, frame, fonts)
        boxes = _boxes(text_page, chars, slice(start, end), styles[handle], frame)
        yield Run(chars.texts[start:end], boxes, styles[handle])


def _unlisted_spaces(items: Sequence[Any], frame: Frame) -> Iterator[Glyph]:
    """Give the spaces that pdfium does not list, for they are drawn alone and so have no ink."""
    from pypdfium2 import raw

    if frame.turns:
        return
    matrix, size = raw.FS_MATRIX(), ctypes.c_float()
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for item in items:
        raw.FPDFPageObj_GetBounds(item, left, bottom, right, top)
        raw.FPDFPageObj_GetMatrix(item, matrix)
        raw.FPDFTextObj_GetFontSize(item, size)
        if right.value - left.value < INKLESS and abs(matrix.a) > abs(matrix.b):
            (x, y), height = frame.place(matrix.e, matrix.f), abs(matrix.d) * size.value
            yield Glyph(" ", Box(x - BEFORE, y - height / 2, x, y), "", height, BLACK)


def _chars(text_page: Any) -> _Chars:
    from pypdfium2 import raw

    hot, page = _hot(), ctypes.cast(text_page, ctypes.c_void_p).value
    count = raw.FPDFText_CountChars(text_page)
    every = range(count)
    edges = (ctypes.c_float * (4 * count))()  # of each box left, top, right, bottom
    start, step = ctypes.addressof(edges), 4 * ctypes.sizeof(ctypes.c_float)
    deque(map(hot.box, repeat(page), every, range(start, start + step * count, step)), maxlen=0)
    codes = list(map(hot.code, repeat(page), every))
    unmapped = list(map(hot.unmapped, repeat(page), every))
    objects = list(map(hot.object, repeat(page), every))
    hyphens = [n for n, code in enumerate(codes) if code == HYPHEN and raw.FPDFText_IsHyphen(text_page, n) == 1]
    return _Chars(write_texts(codes, unmapped, hyphens), objects, *(edges[side::4] for side in range(4)))


def _style(text_page: Any, index: int, handle: int, frame: Frame, fonts: dict[int, tuple[str, float]]) -> Style:
    """Ask for what the characters of a text object share."""
    from pypdfium2 import raw

    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(text_page, index, matrix)
    a, b, c, d = matrix.a, matrix.b, matrix.c, matrix.d
    scale = raw.FPDFText_GetFontSize(text_page, index)
    font = raw.FPDFTextObj_GetFont(ctypes.cast(handle, raw.FPDF_PAGEOBJECT))
    address = ctypes.cast(font, ctypes.c_void_p).value or 0
    if address not in fonts:
        descent = ctypes.c_float()
        raw.FPDFFont_GetDescent(font, 1.0, descent)
        # Of a font that states none, pdfium takes the foot of any letter, which may stand above the base line.
        name = _filled(raw.FPDFFont_GetBaseFontName, font).decode("utf-8", "replace").rstrip("\0")
        fonts[address] = name.split("+", 1)[-1], min(descent.value, 0.0)
    name, low = fonts[address]
    # The size of a slanted or turned glyph is measured across its base line.
    size = abs(scale * (a * d - b * c)) / (math.hypot(a, b) or 1.0)
    upright = (abs(a) >= abs(b)) != bool(frame.turns % 2)
    straight = min(abs(a), abs(b)) <= LEVEL * max(abs(a), abs(b))
    reach = (c * scale * low, d * scale * low, c * scale * (low + 1), d * scale * (low + 1)) if straight else None
    return Style(name, size, _color(text_page, index), upright, reach)


def _color(text_page: Any, index: int) -> str:
    from pypdfium2 import raw

    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    raw.FPDFText_GetFillColor(text_page, index, red, green, blue, alpha)
    color = f"{red.value:02x}{green.value:02x}{blue.value:02x}"
    return BLACK if color == PRESS_BLACK else color


def _boxes(text_page: Any, chars: _Chars, run: slice, style: Style, frame: Frame) -> list[Box]:
    """Give the boxes of consecutive characters of one text object."""
    ends = _reach(text_page, run.start, style, frame), _reach(text_page, run.stop - 1, style, frame)
    lefts, rights = chars.lefts[run], chars.rights[run]
    low, high = ends[0]
    straight = style.reach is not None and abs(low - ends[1][0]) < BASE_LINE
    if straight and style.upright and not frame.turns:
        make, left = tuple.__new__, frame.x0
        return [make(Box, (x0 - left, low, x1 - left, high)) for x0, x1 in zip(lefts, rights, strict=True)]
    boxes = list(map(frame.box, lefts, chars.bottoms[run], rights, chars.tops[run]))
    if straight and style.upright:
        return [Box(box.x0, low, box.x1, high) for box in boxes]
    return [Box(low, box.top, high, box.bottom) for box in boxes] if straight else boxes


def _reach(text_page: Any, index: int, style: Style, frame: Frame) -> tuple[float, float]:
    """Give how far a character reaches across its base line, on the page as shown."""
    from pypdfium2 import raw

    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(text_page, index, x, y)
    a, b, c, d = style.reach or (0.0, 0.0, 0.0, 0.0)
    box = frame.box(x.value + a, y.value + b, x.value + c, y.value + d)
    return (box.top, box.bottom) if style.upright else (box.x0, box.x1)
