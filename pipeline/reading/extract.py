"""PDF file → raw pages of glyphs. The only file that names pdfplumber."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.datatypes import Box, Glyph, RawPage
from pipeline.errors import DamagedPdf, FileMissing, NotAPdf, PasswordNeeded

if TYPE_CHECKING:
    from pdfplumber.page import Page as PlumberPage
    from pdfplumber.pdf import PDF

# A reader must find the header in the first 1,024 bytes (PDF 32000-1, annex H.3.4.1).
HEADER_WINDOW = 1024
# Other schemes (javascript:, file:) are not citations and could act when clicked.
LINK_SCHEMES = ("http://", "https://", "mailto:", "ftp://")


def read_pages(path: Path, password: str | None = None) -> Iterator[RawPage]:
    """Yield the pages of a PDF in order, one at a time so that a long paper does not fill the memory.

    :raises FileMissing, NotAPdf, DamagedPdf, PasswordNeeded: with the file, the page and what to do about it.
    """
    _check_file(path)
    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    pdf = _open(path, password)
    number = 0
    try:
        for number, page in enumerate(pdf.pages, start=1):
            yield _raw_page(number, page)
            page.close()
    except Exception as error:
        # The parser raises nearly anything on broken objects; pages before the broken one were listed.
        broken = number or len(getattr(pdf, "_pages", ())) + 1
        raise DamagedPdf(f"{path}: page {broken} is damaged ({_reason(error)}); get a fresh copy") from error
    finally:
        with suppress(Exception):  # closing lists the pages again, and would hide the first error
            pdf.close()
    if number == 0:
        raise DamagedPdf(f"{path}: the PDF has no pages; get a fresh copy of the file")


def read_metadata(path: Path) -> dict[str, str]:
    """Give the text entries of a PDF's document information; none of a file that cannot be opened."""
    try:
        with _open(path, None) as pdf:
            return {key: value for key, value in pdf.metadata.items() if isinstance(value, str)}
    except Exception:  # noqa: BLE001 - reading will tell what is wrong with the file
        return {}


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise FileMissing(f"{path}: no such file")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileMissing(f"{path}: cannot be read ({error.strerror})") from error
    if not data:
        raise NotAPdf(f"{path}: the file is empty; get a fresh copy")
    if b"%PDF-" not in data[:HEADER_WINDOW]:
        raise NotAPdf(f"{path}: not a PDF (it does not start with %PDF-)")
    if b"%%EOF" not in data:
        raise DamagedPdf(f"{path}: the PDF is truncated (its end is missing); get a fresh copy")


def _open(path: Path, password: str | None) -> PDF:
    import pdfplumber
    from pdfminer.pdfdocument import PDFPasswordIncorrect

    try:
        return pdfplumber.open(path, password=password)
    except Exception as error:
        if any(isinstance(cause, PDFPasswordIncorrect) for cause in (error, *error.args)):
            wrong = "the password is wrong" if password else "the PDF needs a password"
            raise PasswordNeeded(f"{path}: {wrong}; give it with --password") from error
        raise DamagedPdf(f"{path}: the PDF is damaged ({_reason(error)}); get a fresh copy") from error


def _reason(error: Exception) -> str:
    cause = error.args[0] if error.args and isinstance(error.args[0], Exception) else error
    first_line = str(cause).strip().split("\n")[0]
    return first_line[:120] or type(cause).__name__


def _raw_page(number: int, page: PlumberPage) -> RawPage:
    links = [
        (Box(link["x0"], link["top"], link["x1"], link["bottom"]), link["uri"])
        for link in page.hyperlinks
        if str(link["uri"]).lower().startswith(LINK_SCHEMES)
    ]
    turned = page.rotation in (90, 270)
    glyphs = tuple(_glyph(char, links, turned=turned) for char in page.chars)
    label = getattr(page.page_obj, "label", None)
    return RawPage(number, label, float(page.width), float(page.height), glyphs)


def _glyph(char: dict[str, Any], links: list[tuple[Box, str]], *, turned: bool) -> Glyph:
    box = Box(char["x0"], char["top"], char["x1"], char["bottom"])
    x, y = (box.x0 + box.x1) / 2, (box.top + box.bottom) / 2
    url = next((url for area, url in links if area.x0 <= x <= area.x1 and area.top <= y <= area.bottom), None)
    font = str(char["fontname"]).split("+", 1)[-1]
    # The text matrix, unlike pdfminer's own flag, also tells upright from sideways where the shear is zero.
    upright = (abs(char["matrix"][0]) >= abs(char["matrix"][1])) != turned
    return Glyph(char["text"], box, font, float(char["size"]), _color(char["non_stroking_color"]), upright, url)


def _color(value: object) -> str:
    """Give a colour as ``rrggbb``; an unknown colour space counts as black.

    >>> _color((0.0,)), _color((1, 0, 0)), _color((0, 0, 0, 1))
    ('000000', 'ff0000', '000000')
    """
    parts = [part for part in value if isinstance(part, (int, float))] if isinstance(value, (tuple, list)) else []
    if len(parts) == 1:
        rgb = parts * 3
    elif len(parts) == 3:
        rgb = parts
    elif len(parts) == 4:
        rgb = [(1 - part) * (1 - parts[3]) for part in parts[:3]]
    else:
        rgb = [0.0, 0.0, 0.0]
    return "".join(f"{round(255 * min(max(part, 0.0), 1.0)):02x}" for part in rgb)
