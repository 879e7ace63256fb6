"""Hand-made glyphs and lines, for the stages that need no PDF."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from reportlab.pdfbase.pdfmetrics import stringWidth

from pipeline.datatypes import Box, Edition, Passage
from pipeline.datatypes.page import Document, Glyph, Line, RawPage, Span
from pipeline.reading.candidates import Body
from pipeline.reading.document import read_document
from pipeline.reading.unwrap import Prose, unwrap
from pipeline.reading.vocabulary import Vocabulary
from tests.papers import LEFT, REGULAR, Text, make_pdf

SIZE, STEP = 11.0, 13.6
RIGHT = 520.0
BODY = Body(SIZE, bold=False, step=STEP)
PAGE_WIDTH, PAGE_HEIGHT = 595.0, 842.0
ADVANCE = 0.5  # width of every hand-made glyph, as a share of its size
EDITION = Edition("paper", "2018", "paper-2018.pdf", "0" * 64)


def glyphs(
    text: str,
    *,
    x: float = 70.0,
    top: float = 100.0,
    size: float = SIZE,
    font: str = "Helvetica",
    color: str = "000000",
    url: str | None = None,
    with_spaces: bool = True,
) -> list[Glyph]:
    """Set a text in a font whose glyphs are all half as wide as high; what nobody sees has no width."""
    made = []
    for char in text:
        hidden = unicodedata.category(char) in ("Cc", "Cf", "Cs") and char != "\u00ad"
        x1 = x if hidden else x + ADVANCE * size
        if char != " " or with_spaces:
            made.append(Glyph(char, Box(x, top, x1, top + size), font, size, color, url=url))
        x = x1
    return made


def raw_page(made: Iterable[Glyph], number: int = 1, label: str | None = None) -> RawPage:
    return RawPage(number, label, PAGE_WIDTH, PAGE_HEIGHT, tuple(made))


def span(
    text: str,
    *,
    bold: bool = False,
    size: float = SIZE,
    raised: bool = False,
    url: str | None = None,
    note: int | None = None,
    color: str = "000000",
) -> Span:
    font = "Helvetica-Bold" if bold else "Helvetica"
    return Span(text, font, size, bold, italic=False, color=color, raised=raised, url=url, note=note)


def line(
    *parts: str | Span,
    top: float = 100.0,
    page: int = 1,
    x0: float = 70.0,
    x1: float = RIGHT,
    size: float = SIZE,
    bold: bool = False,
    color: str = "000000",
) -> Line:
    """Make a line of texts in its own style, or of spans; it fills the column unless ``x1`` says otherwise."""
    spans = tuple(span(part, bold=bold, size=size, color=color) if isinstance(part, str) else part for part in parts)
    letters = [part for part in spans if not part.raised and any(char.isalnum() for char in part.text)]
    return Line(page, Box(x0, top, x1, top + size), spans, size, bool(letters) and all(part.bold for part in letters))


def stack(
    lines: Sequence[str | Line], *, top: float = 100.0, page: int = 1, step: float = STEP, size: float = SIZE
) -> list[Line]:
    """Set lines below each other; the last one of a sequence of texts ends half-way."""
    made = []
    for number, item in enumerate(lines):
        if isinstance(item, str):
            x1 = RIGHT if number + 1 < len(lines) else RIGHT / 2
            made.append(line(item, top=top + number * step, page=page, x1=x1, size=size))
        else:
            box = item.box._replace(top=top + number * step, bottom=top + number * step + item.size)
            made.append(Line(page, box, item.spans, item.size, item.bold))
    return made


def prose_of(lines: Sequence[Line], others: Sequence[str] = ()) -> Prose:
    """Unwrap lines of a document that also holds the words of ``others``."""
    return unwrap(lines, Vocabulary([*lines, *(line(text) for text in others)]), BODY)


def read(path: Path, pages: Sequence[Sequence[Text]], labels: str | None = None) -> tuple[Document, list[Passage]]:
    """Make a PDF of these texts and read it."""
    return read_document(make_pdf(path, pages, labels=labels), EDITION)


def after(words: str, font: str = REGULAR, size: float = SIZE) -> float:
    """Where words that start at the left margin of a made PDF end."""
    return LEFT + float(stringWidth(words, font, size))


def letters(text: str) -> str:
    """Give a text without its white space."""
    return "".join(text.split())
