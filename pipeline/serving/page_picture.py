"""Pages of a PDF → a PNG with a passage highlighted. With ``reading.pdfium`` the only file that names pypdfium2."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.datatypes import Passage
from pipeline.errors import DamagedPdf, OutputError
from pipeline.reading.extract import read_pages
from pipeline.reading.glyphs import Frame
from pipeline.serving.highlight import Mark, find_marks

if TYPE_CHECKING:
    from PIL.Image import Image

DPI = 110
MOST_DPI = 600
MOST_PIXELS = 40_000_000  # of a picture: three A4 pages at 300 dpi take 26 million
GAP = 12  # pixels between two pages
BETWEEN = "#808890"
# Multiplied with the page, so that ink stays ink. The best sentence is also underlined, for eyes and printers that see
# no colours.
PASSAGE, BEST, UNDERLINE = "#fff2a8", "#ffcf4d", "#b45309"
UNDERLINE_HEIGHT = 1.2  # points
_ONE_AT_A_TIME = threading.Lock()  # pdfium is not made for threads


class Picture(NamedTuple):
    """A PNG, and whether the passage asked for is highlighted on it."""

    png: bytes
    is_marked: bool


class Look(NamedTuple):
    """How to show pages: dots an inch, the (start, end) of the best sentence, and the PDF's password."""

    dpi: int = DPI
    best: tuple[int, int] = (0, 0)
    password: str | None = None


PLAIN = Look()


def draw_pages(file: Path, numbers: Sequence[int], passage: Passage | None = None, look: Look = PLAIN) -> Picture:
    """Draw pages below each other, with the words of a passage highlighted where they stand on them.

    :raises CorpusError: if the PDF cannot be read.
    :raises OutputError: if the picture would be too large.
    """
    with _ONE_AT_A_TIME:
        marks = _marks(file, passage, look) if passage else []
        images = list(_render(file, numbers, marks, look))
        whole = images[0] if len(images) == 1 else _stack(images)
    stream = io.BytesIO()
    whole.save(stream, "PNG", compress_level=4)  # a fifth larger than with the highest level, in a third of the time
    return Picture(stream.getvalue(), any(mark.page in numbers for mark in marks))


def _marks(file: Path, passage: Passage, look: Look) -> list[Mark]:
    found = {page.number: page for number in passage.pages for page in read_pages(file, look.password, number, number)}
    return find_marks(passage, found, look.best)


def _render(file: Path, numbers: Sequence[int], marks: Sequence[Mark], look: Look) -> Iterator[Image]:
    scale = look.dpi / 72
    with _opened(file, look.password) as pdf:
        pixels = 0.0
        for number in numbers:
            page = pdf[number - 1]
            width, height = page.get_size()
            pixels += width * height * scale * scale
            if pixels > MOST_PIXELS:
                raise OutputError(f"{file}: page {number}: too large a picture at {look.dpi} dpi; ask for fewer dpi")
            image: Image = page.render(scale=scale).to_pil().convert("RGB")
            here = [mark for mark in marks if mark.page == number]
            yield _highlight(image, here, _corner(page), scale) if here else image


@contextmanager
def _opened(file: Path, password: str | None) -> Iterator[Any]:
    import pypdfium2

    try:
        with closing(pypdfium2.PdfDocument(file, password=password)) as pdf:
            yield pdf
    except pypdfium2.PdfiumError as error:  # pdfplumber may have read the text of what pdfium cannot draw
        raise DamagedPdf(
            f"{file}: cannot be drawn ({error}); if it needs a password, give it with --password"
        ) from error


def _corner(page: Any) -> tuple[float, float]:
    """Give the top left corner of what is shown: the crop box, where boxes count from the media box."""
    x0, y0, x1, y1 = page.get_mediabox()
    frame = Frame(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1), page.get_rotation() // 90)
    shown = frame.box(*page.get_bbox())
    return shown.x0, shown.top


def _highlight(image: Image, marks: Sequence[Mark], corner: tuple[float, float], scale: float) -> Image:
    """Lay colours under the ink; where lines overlap, the best sentence has the say."""
    from PIL import Image, ImageChops, ImageDraw

    sheet = Image.new("RGB", image.size, "white")
    pen = ImageDraw.Draw(sheet)
    line = UNDERLINE_HEIGHT * scale
    for mark in sorted(marks, key=lambda mark: mark.is_best):
        x0, top, x1, bottom = (round((side - corner[n % 2]) * scale) for n, side in enumerate(mark.box))
        pen.rectangle((x0 - 1, top, x1 + 1, bottom), fill=BEST if mark.is_best else PASSAGE)
    for mark in (mark for mark in marks if mark.is_best):
        x0, _, x1, bottom = (round((side - corner[n % 2]) * scale) for n, side in enumerate(mark.box))
        pen.rectangle((x0 - 1, bottom, x1 + 1, round(bottom + line)), fill=UNDERLINE)
    return ImageChops.multiply(image, sheet)


def _stack(images: Sequence[Image]) -> Image:
    from PIL import Image

    height = sum(image.height for image in images) + GAP * (len(images) - 1)
    whole = Image.new("RGB", (max(image.width for image in images), height), BETWEEN)
    top = 0
    for image in images:
        whole.paste(image, (0, top))
        top += image.height + GAP
    return whole
