"""pdfium against pdfplumber: the same pages and lines, of the real paper and of every kind of page made here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from pipeline.datatypes.page import Line, RawPage
from pipeline.reading import pdfium, plumber
from pipeline.reading.layout import build_lines
from tests.papers import BOLD, Text, make_pdf, paragraph
from tests.reading.records import after

PAPER = Path(__file__).parents[2] / "raw" / "icat-2018.pdf"
NEAR = 0.01  # points; the libraries count with different precision
# Shares of the font's size: pdfium's box of an f ends where its ink does; of Helvetica, which no paper here embeds, it
# knows another foot than pdfminer.
OVERHANG, FOOT = 0.1, 0.02


def pages_of(engine: type[pdfium.Reader | plumber.Reader], path: Path) -> list[RawPage]:
    with closing(engine(path)) as reader:
        return [reader.page(number) for number in range(1, reader.count + 1)]


def seen(lines: list[Line]) -> list[object]:
    """What a reader sees of lines; sizes are rounded where they are made, and may fall to either side."""
    return [(line.text, pytest.approx(line.size, abs=0.11), line.bold, list(map(_span, line.spans))) for line in lines]


def _span(span: object) -> tuple[object, ...]:
    return tuple(getattr(span, name) for name in ("text", "font", "bold", "italic", "color", "raised", "url"))


def assert_same(path: Path, foot: float = FOOT) -> list[list[Line]]:
    """Read a PDF by both; give its lines."""
    made, reference = pages_of(pdfium.Reader, path), pages_of(plumber.Reader, path)
    assert [(page.number, page.label) for page in made] == [(page.number, page.label) for page in reference]
    for page, other in zip(made, reference, strict=True):
        assert (page.width, page.height) == pytest.approx((other.width, other.height), abs=NEAR)
        lines, others = build_lines(page), build_lines(other)
        assert seen(lines) == seen(others)
        for line, twin in zip(lines, others, strict=True):
            assert line.box == pytest.approx(twin.box, abs=OVERHANG * line.size)
            ends = line.box.top, line.box.bottom
            assert ends == pytest.approx((twin.box.top, twin.box.bottom), abs=NEAR + foot * line.size)
    return [build_lines(page) for page in made]


def texts_of(pages: list[list[Line]]) -> list[str]:
    return [line.text for lines in pages for line in lines]


def test_the_paper_has_the_same_lines() -> None:
    assert len(texts_of(assert_same(PAPER, foot=0))) == 1673


def draw(path: Path, paint: Callable[[Canvas], None], *, turn: int = 0) -> Path:
    canvas = Canvas(str(path), pagesize=(400, 600), invariant=1)
    if turn:
        canvas.setPageRotation(turn)
    paint(canvas)
    canvas.save()
    return path


def test_superscripts_links_and_labels(tmp_path: Path) -> None:
    first = [
        Text("See the resolution", 100),
        Text("3", 100, x=after("See the resolution"), size=6.5),
        Text("Bold", 120, font=BOLD),
        Text("the site", 140, url="https://example.org/a"),
    ]
    path = make_pdf(tmp_path / "paper.pdf", [first, paragraph(["Second page", "goes on"], 100)], labels="roman")
    lines = assert_same(path)
    assert texts_of(lines) == ["See the resolution3", "Bold", "the site", "Second page", "goes on"]
    assert lines[0][0].spans[-1].raised
    assert lines[0][2].spans[0].url == "https://example.org/a"


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_turned_page_is_read_as_it_is_shown(tmp_path: Path, turn: int) -> None:
    def paint(canvas: Canvas) -> None:
        canvas.translate(150, 150)
        canvas.rotate(turn)
        canvas.drawString(0, 0, "Upright when shown")
        canvas.drawString(0, -20, "and below it")

    assert texts_of(assert_same(draw(tmp_path / "paper.pdf", paint, turn=turn))) == [
        "Upright when shown",
        "and below it",
    ]
    (page,) = pages_of(pdfium.Reader, tmp_path / "paper.pdf")
    assert (page.width, page.height) == (400, 600)
    assert all(glyph.upright and glyph.size == pytest.approx(12) for glyph in page.glyphs)


@pytest.mark.parametrize("angle", [90, -90])
def test_sideways_text(tmp_path: Path, angle: int) -> None:
    def paint(canvas: Canvas) -> None:
        canvas.drawString(70, 50, "At the foot")
        canvas.translate(300, 300)
        canvas.rotate(angle)
        canvas.drawString(0, 0, "Committee access")

    path = draw(tmp_path / "paper.pdf", paint)
    assert texts_of(assert_same(path)) == ["At the foot", "Committee access"]
    assert {round(glyph.size, 3) for glyph in pages_of(pdfium.Reader, path)[0].glyphs} == {12.0}


def test_invisible_text_is_text(tmp_path: Path) -> None:
    """It is how the text layer of a scan is written."""

    def paint(canvas: Canvas) -> None:
        text = canvas.beginText(70, 500)
        text.setTextRenderMode(3)
        text.textLine("Recognized letters")
        canvas.drawText(text)

    assert texts_of(assert_same(draw(tmp_path / "paper.pdf", paint))) == ["Recognized letters"]


def test_condensed_and_raised_text(tmp_path: Path) -> None:
    def paint(canvas: Canvas) -> None:
        text = canvas.beginText(70, 500)
        text.setHorizScale(60)
        text.textOut("Condensed ")
        text.setRise(5)
        text.setFont("Helvetica", 7)
        text.textOut("1")
        canvas.drawText(text)

    assert texts_of(assert_same(draw(tmp_path / "paper.pdf", paint))) == ["Condensed 1"]


def test_text_in_a_form(tmp_path: Path) -> None:
    def paint(canvas: Canvas) -> None:
        canvas.beginForm("stamp")
        canvas.drawString(10, 10, "Stamped twice")
        canvas.endForm()
        for y in (300, 200):
            canvas.saveState()
            canvas.translate(60, y)
            canvas.doForm("stamp")
            canvas.restoreState()

    assert texts_of(assert_same(draw(tmp_path / "paper.pdf", paint))) == ["Stamped twice", "Stamped twice"]


def test_hyphens_at_line_ends_and_ligatures(tmp_path: Path) -> None:
    lines = ["The opera-", "tion of the well-", "known office - it is", "co-operation"]
    assert texts_of(assert_same(make_pdf(tmp_path / "paper.pdf", [paragraph(lines, 100)]))) == lines


def test_a_space_that_is_drawn_alone(tmp_path: Path) -> None:
    """As word processors draw it; it is too narrow here to be seen as a gap."""
    texts = [Text("of", 100), Text(" ", 100, x=after("of")), Text("course", 100, x=after("of") + 1.2)]
    assert texts_of(assert_same(make_pdf(tmp_path / "paper.pdf", [texts]))) == ["of course"]


def test_text_that_stands_for_what_is_drawn_is_left_alone(tmp_path: Path) -> None:
    """Of text marked with other words pdfium would give these, all in one place."""
    path = draw(tmp_path / "paper.pdf", lambda canvas: canvas.drawString(70, 500, "XXXXXXXXXX plain"))
    marked = make_marked(path, b"(drawn) Tj", b"/Span <</ActualText (spoken)>> BDC (drawn) Tj EMC")
    assert texts_of(assert_same(marked)) == ["drawn plain"]


def make_marked(path: Path, drawn: bytes, marked: bytes) -> Path:
    """Write a page whose content is not compressed, and put marks around a part of it."""
    content = b"BT /F1 12 Tf 70 500 Td " + drawn + b" ( plain) Tj ET"
    return write_raw(path, content.replace(drawn, marked), b"/MediaBox [0 0 400 600]")


def write_raw(path: Path, content: bytes, boxes: bytes) -> Path:
    """Write a PDF of one page by hand; readers find its objects without a table."""
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 500 700] >>",
        b"<< /Type /Page /Parent 2 0 R " + boxes + b" /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length " + str(len(content)).encode() + b" >>\nstream\n" + content + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    data = b"%PDF-1.4\n"
    offsets = []
    for number, part in enumerate(parts, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(parts) + 1, table)
    end = b"trailer\n<< /Root 1 0 R /Size %d >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, len(data))
    path.write_bytes(data + start + end)
    return path


@pytest.mark.parametrize(
    ("boxes", "size", "left"),
    [
        (b"/MediaBox [0 0 400 600]", (400, 600), 70),
        (b"", (500, 700), 70),  # inherited
        (b"/MediaBox [20 100 400 600]", (380, 500), 50),
        (b"/MediaBox [0 0 400 600] /CropBox [50 50 350 550]", (400, 600), 70),
        (b"/MediaBox [20 100 400 600] /Rotate 180", (380, 500), None),
    ],
)
def test_boxes_of_the_page(tmp_path: Path, boxes: bytes, size: tuple[float, float], left: float | None) -> None:
    """Places are counted from the corner of the media box, cropped or not."""
    path = write_raw(tmp_path / "paper.pdf", b"BT /F1 12 Tf 70 500 Td (Placed) Tj ET", boxes)
    ((line,),) = assert_same(path)
    (page,) = pages_of(pdfium.Reader, path)
    assert (line.text if left else "Placed", page.width, page.height) == ("Placed", *size)
    if left:
        assert line.box.x0 == pytest.approx(left, abs=NEAR)


def test_a_box_may_be_given_from_any_corner(tmp_path: Path) -> None:
    """pdfminer takes the corners as they come."""
    path = write_raw(tmp_path / "paper.pdf", b"BT /F1 12 Tf 70 500 Td (Placed) Tj ET", b"/MediaBox [400 600 20 100]")
    (page,) = pages_of(pdfium.Reader, path)
    assert (page.width, page.height, page.glyphs[0].box.x0) == (380, 500, 50)
