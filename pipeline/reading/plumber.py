"""PDF file → raw pages of glyphs by pdfplumber: slow, for what pdfium cannot open or finds nothing on.

The only file that names pdfplumber. The tests hold the records of ``pdfium`` to those made here.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.datatypes import Box
from pipeline.datatypes.page import Glyph, RawPage
from pipeline.errors import DamagedPdf, PasswordNeeded
from pipeline.reading.links import Target, is_citable, url_at

if TYPE_CHECKING:
    from pdfplumber.page import Page as PlumberPage
    from pdfplumber.pdf import PDF

SNAP = 3.0  # points, as pdfplumber has it: rules this near are one, and ends this near meet
MOST_CROSSINGS = 4_000  # of all rules of a page; the largest table at hand has 600, and the time grows as their square


class Reader:
    """A PDF that pdfplumber has open.

    :raises DamagedPdf, PasswordNeeded: with the file, the page and what to do about it.
    """

    def __init__(self, path: Path, password: str | None = None) -> None:
        """Open the file and list its pages."""
        self._path = path
        self._pdf = _open(path, password)
        try:
            self._pages = self._pdf.pages
        except Exception as error:
            self.close()
            raise self._damaged(len(getattr(self._pdf, "_pages", ())) + 1, error) from error
        self.count = len(self._pages)
        if not self.count:
            self.close()
            raise DamagedPdf(f"{path}: the PDF has no pages; get a fresh copy of the file")

    def page(self, number: int) -> RawPage:
        """Read a page."""
        page = self._pages[number - 1]
        try:
            return _raw_page(number, page)
        except Exception as error:  # the parser raises nearly anything on broken objects
            raise self._damaged(number, error) from error
        finally:
            page.close()

    def close(self) -> None:
        """Let go of the file."""
        with suppress(Exception):  # closing lists the pages again, and would hide the first error
            self._pdf.close()

    def _damaged(self, number: int, error: Exception) -> DamagedPdf:
        return DamagedPdf(f"{self._path}: page {number} is damaged ({_reason(error)}); get a fresh copy")


def read_metadata(path: Path) -> dict[str, str]:
    """Give the text entries of a PDF's document information; none of a file that cannot be opened."""
    try:
        with _open(path, None) as pdf:
            return {key: value for key, value in pdf.metadata.items() if isinstance(value, str)}
    except Exception:  # noqa: BLE001 - reading will tell what is wrong with the file
        return {}


def ruled_cells(rules: Sequence[Box]) -> list[list[Box]]:
    """Find the tables that rules draw: the boxes of the cells of each; none where the rules are too many to be tables.

    This is pdfplumber's own way from edges to tables, without its reading of the page.
    """
    from pdfplumber.table import cells_to_tables, edges_to_intersections, intersections_to_cells, merge_edges

    merged = merge_edges([_edge(rule) for rule in rules], SNAP, SNAP, SNAP, SNAP)
    upright = sum(edge["orientation"] == "v" for edge in merged)
    if upright * (len(merged) - upright) > MOST_CROSSINGS:
        return []
    cells = intersections_to_cells(edges_to_intersections(merged, SNAP, SNAP))
    return [[Box(*cell) for cell in table] for table in cells_to_tables(cells)]


def _edge(rule: Box) -> dict[str, Any]:
    """Make an edge as pdfplumber knows it: the middle of a rule."""
    x, y = (rule.x0 + rule.x1) / 2, (rule.top + rule.bottom) / 2
    level = rule.x1 - rule.x0 >= rule.bottom - rule.top
    x0, top, x1, bottom = (rule.x0, y, rule.x1, y) if level else (x, rule.top, x, rule.bottom)
    sizes = {"width": x1 - x0, "height": bottom - top}
    return {"x0": x0, "top": top, "x1": x1, "bottom": bottom, "orientation": "h" if level else "v", **sizes}


def _open(path: Path, password: str | None) -> PDF:
    import pdfplumber
    from pdfminer.pdfdocument import PDFPasswordIncorrect

    logging.getLogger("pdfminer").setLevel(logging.ERROR)
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
    # pdfplumber counts from the corner of the coordinate system, which need not be that of the page.
    left, top = page.bbox[:2]
    targets = [
        Target(_box(link, left, top), str(link["uri"])) for link in page.hyperlinks if is_citable(str(link["uri"]))
    ]
    glyphs = tuple(_glyph(char, _box(char, left, top), targets) for char in page.chars)
    label = getattr(page.page_obj, "label", None)
    rules = tuple(_box(edge, left, top) for edge in page.edges)
    return RawPage(number, label, float(page.width), float(page.height), glyphs, rules=rules)


def _box(item: dict[str, Any], left: float, top: float) -> Box:
    return Box(item["x0"] - left, item["top"] - top, item["x1"] - left, item["bottom"] - top)


def _glyph(char: dict[str, Any], box: Box, targets: Sequence[Target]) -> Glyph:
    font = str(char["fontname"]).split("+", 1)[-1]
    # The matrix, unlike pdfminer's own flag, also tells upright from sideways where the shear is zero; and of sideways
    # text pdfminer gives the width of the glyph for its size.
    a, b = char["matrix"][:2]
    upright = abs(a) >= abs(b)
    size = float(char["size"]) if upright else box.x1 - box.x0
    return Glyph(char["text"], box, font, size, _color(char["non_stroking_color"]), upright, url_at(box, targets))


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
