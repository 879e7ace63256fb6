"""Small PDFs made in code, so that every test shows the page it is about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = A4
LEFT = 70.0
REGULAR, BOLD = "Helvetica", "Helvetica-Bold"


class Text(NamedTuple):
    """Words at a place: x and top from the upper left corner, in points; superscripts have ``rise``."""

    words: str
    top: float
    x: float = LEFT
    size: float = 11.0
    font: str = REGULAR
    rise: float = 0.0
    url: str | None = None


def make_pdf(
    path: Path,
    pages: Sequence[Sequence[Text]],
    *,
    password: str | None = None,
    labels: str | None = None,
) -> Path:
    """Write a PDF with these texts on its pages.

    :param labels: a style of the PDF's own page labels: "roman" or "arabic", starting at 1.
    """
    canvas = Canvas(str(path), pagesize=A4, invariant=1, encrypt=password)
    for number, texts in enumerate(pages, start=1):
        for text in texts:
            y = HEIGHT - text.top - text.size + text.rise
            canvas.setFont(text.font, text.size)
            canvas.drawString(text.x, y, text.words)
            if text.url:
                width = canvas.stringWidth(text.words, text.font, text.size)
                canvas.linkURL(text.url, (text.x, y - 2, text.x + width, y + text.size))
        if labels:
            style = "ROMAN_LOWER" if labels == "roman" else "ARABIC"
            canvas.addPageLabel(number - 1, style=style, start=number)
        canvas.showPage()
    canvas.save()
    return path


def paragraph(lines: Sequence[str], top: float, *, step: float = 13.6, x: float = LEFT, **style: object) -> list[Text]:
    """Set lines below each other."""
    return [Text(line, top + number * step, x, **style) for number, line in enumerate(lines)]  # type: ignore[arg-type]
