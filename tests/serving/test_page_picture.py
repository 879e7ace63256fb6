"""Pictures of pages: the highlight lies under the passage's words, however the page is cut or turned."""

from __future__ import annotations

import io
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageColor

from pipeline.datatypes import Box, Edition, Passage
from pipeline.datatypes.page import Document, RawPage
from pipeline.errors import DamagedPdf, OutputError
from pipeline.reading.document import read_document
from pipeline.reading.extract import read_pages
from pipeline.serving.highlight import Mark, find_marks
from pipeline.serving.page_picture import BEST, GAP, PASSAGE, Look, draw_pages
from tests.conftest import PAPER
from tests.papers import BOLD, HEIGHT, WIDTH, Text, make_pdf, paragraph

DPI = 144
LINES = ["Guards count the boats at dawn.", "Lamps are lit along the coast at night."]
Colour = tuple[int, int, int]


def open_picture(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def share(image: Image.Image, mark: Mark, colour: str) -> float:
    """How much of what lies under a mark has this colour, ink aside."""
    scale = DPI / 72
    part = image.crop(tuple(round(side * scale) for side in mark.box))  # type: ignore[arg-type]
    counts = {value: count for count, value in part.getcolors(part.width * part.height) or []}
    return counts.get(ImageColor.getrgb(colour), 0) / (part.width * part.height)


def read(file: Path) -> tuple[Document, list[Passage]]:
    return read_document(file, Edition("sea", "2018", file.name, "0" * 64))


def pages_of(file: Path, passage: Passage) -> dict[int, RawPage]:
    return {number: next(iter(read_pages(file, None, number, number))) for number in passage.pages}


@pytest.fixture
def sea(tmp_path: Path) -> Path:
    heading = Text("International Fishing Office (IFO)", 72, size=16, font=BOLD)
    return make_pdf(tmp_path / "sea-2018.pdf", [[heading, *paragraph(LINES, 110)]])


def test_every_word_of_the_real_paper_is_found_under_its_boxes(paper: tuple[Document, list[Passage]]) -> None:
    pages = {page.number: page for page in read_pages(PAPER)}
    for passage in paper[1][::7]:
        marks = find_marks(passage, pages)
        assert {mark.page for mark in marks} == set(passage.pages), passage.id
        assert len(marks) == len(passage.boxes), passage.id


def test_the_passage_is_coloured_and_its_best_sentence_more_strongly(sea: Path) -> None:
    (passage,) = read(sea)[1]
    best = passage.sentences[1]
    drawn = draw_pages(sea, [1], passage, Look(DPI, best))
    image = open_picture(drawn.png)
    first, second, *_ = find_marks(passage, pages_of(sea, passage), best)
    assert drawn.is_marked
    assert image.size == (1191, 1684)
    assert share(image, first, PASSAGE) > 0.6
    assert not second.is_best
    assert share(image, second, BEST) > 0.6
    assert share(image, first, BEST) == 0
    plain = open_picture(draw_pages(sea, [1], None, Look(DPI)).png)
    assert share(plain, first, PASSAGE) == 0


def test_a_cropped_page_has_its_highlight_under_the_words(sea: Path, tmp_path: Path) -> None:
    (passage,) = read(sea)[1]
    pdf = pypdfium2.PdfDocument(sea)
    pdf[0].set_cropbox(40, 60, 560, 800)
    pdf.save(tmp_path / "cut.pdf")
    image = open_picture(draw_pages(tmp_path / "cut.pdf", [1], passage, Look(DPI)).png)
    left, top = 40, HEIGHT - 800
    assert image.size == (1040, 1480)
    for mark in find_marks(passage, pages_of(sea, passage)):
        x0, y0, x1, y1 = mark.box
        assert share(image, Mark(1, Box(x0 - left, y0 - top, x1 - left, y1 - top), is_best=False), PASSAGE) > 0.6


@pytest.mark.parametrize(
    ("turn", "matrix"),
    [
        (90, (0, 1, -1, 0, HEIGHT, 0)),
        (180, (-1, 0, 0, -1, WIDTH, HEIGHT)),
        (270, (0, -1, 1, 0, 0, WIDTH)),
    ],
)
def test_a_page_drawn_sideways_and_shown_upright_has_its_highlight_under_the_words(
    sea: Path, tmp_path: Path, turn: int, matrix: tuple[float, ...]
) -> None:
    pdf = pypdfium2.PdfDocument(sea)
    page = pdf[0]
    for item in page.get_objects():
        item.transform(pypdfium2.PdfMatrix(*matrix))
    if turn != 180:
        page.set_mediabox(0, 0, HEIGHT, WIDTH)
    page.set_rotation(turn)
    page.gen_content()
    pdf.save(tmp_path / "turned.pdf")
    (passage,) = read(tmp_path / "turned.pdf")[1]
    assert passage.text == " ".join(LINES)
    image = open_picture(draw_pages(tmp_path / "turned.pdf", [1], passage, Look(DPI)).png)
    assert image.size == (1191, 1684)
    for mark in find_marks(passage, pages_of(tmp_path / "turned.pdf", passage)):
        assert share(image, mark, PASSAGE) > 0.6


def test_two_pages_stand_below_each_other(tmp_path: Path) -> None:
    file = make_pdf(tmp_path / "sea-2018.pdf", [paragraph(LINES, 110), paragraph(LINES, 110)])
    one = open_picture(draw_pages(file, [1]).png)
    both = open_picture(draw_pages(file, [1, 2]).png)
    assert both.size == (one.width, 2 * one.height + GAP)


def test_words_that_are_not_the_passages_are_not_highlighted(sea: Path, tmp_path: Path) -> None:
    (passage,) = read(sea)[1]
    other = make_pdf(tmp_path / "lake-2018.pdf", [paragraph(["Quite another text stands here.", "No boat."], 110)])
    drawn = draw_pages(other, [1], passage, Look(DPI))
    assert not drawn.is_marked
    assert drawn.png == draw_pages(other, [1], None, Look(DPI)).png


def test_an_encrypted_page_needs_its_password(tmp_path: Path) -> None:
    file = make_pdf(tmp_path / "secret-2018.pdf", [paragraph(LINES, 110)], password="sesame")
    assert draw_pages(file, [1], None, Look(password="sesame")).png.startswith(b"\x89PNG")
    with pytest.raises(DamagedPdf, match=r"secret-2018\.pdf: cannot be drawn \(.*assword.*\); if it needs a password"):
        draw_pages(file, [1])


def test_a_picture_that_fills_the_memory_is_refused(sea: Path) -> None:
    with pytest.raises(OutputError, match=r"sea-2018\.pdf: page 1: too large a picture at 2000 dpi; ask for fewer dpi"):
        draw_pages(sea, [1], None, Look(2000))
