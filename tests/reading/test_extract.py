from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from pipeline.datatypes.page import Bookmark, RawPage
from pipeline.errors import CorpusError, DamagedPdf, FileMissing, NotAPdf, PasswordNeeded
from pipeline.reading import pdfium
from pipeline.reading.extract import count_pages, read_pages
from tests.papers import BOLD, HEIGHT, WIDTH, Text, make_pdf

PAGE_TREE = b"""%PDF-1.4
1 0 obj
<< /Type /Catalog /Pages 2 0 R >>
endobj
2 0 obj
<< /Type /Pages /Kids [] /Count 0 >>
endobj
trailer
<< /Root 1 0 R /Size 3 >>
startxref
0
%%EOF
"""


def pages_of(path: Path, password: str | None = None) -> list[RawPage]:
    return list(read_pages(path, password))


def text_of(page: RawPage) -> str:
    return "".join(glyph.text for glyph in page.glyphs)


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    return make_pdf(tmp_path / "paper.pdf", [[Text("Hello page one", 100)], [Text("Hello page two", 100)]])


def test_pages_are_numbered_from_one_and_hold_their_own_glyphs(pdf: Path) -> None:
    pages = pages_of(pdf)
    assert [(page.number, text_of(page)) for page in pages] == [(1, "Hello page one"), (2, "Hello page two")]
    assert [(page.width, page.height) for page in pages] == [pytest.approx((WIDTH, HEIGHT), abs=0.01)] * 2


def test_glyph_knows_place_font_size_and_colour(tmp_path: Path) -> None:
    pdf = make_pdf(tmp_path / "paper.pdf", [[Text("AB", 100, x=50, size=20, font=BOLD)]])
    a, b = pages_of(pdf)[0].glyphs
    assert (a.text, a.font, a.size, a.color, a.upright, a.url) == ("A", "Helvetica-Bold", 20.0, "000000", True, None)
    assert a.box.x0 == pytest.approx(50)
    assert a.box.x1 == pytest.approx(b.box.x0) == pytest.approx(50 + 0.722 * 20)  # Helvetica-Bold's A is 722 wide
    assert 95 < a.box.top < 105 < a.box.bottom < 128


def test_place_is_measured_from_the_top_of_the_page(tmp_path: Path) -> None:
    pdf = make_pdf(tmp_path / "paper.pdf", [[Text("A", 100), Text("B", 700)]])
    a, b = pages_of(pdf)[0].glyphs
    assert b.box.top - a.box.top == pytest.approx(600)


def test_sideways_glyphs_are_not_upright(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "paper.pdf"))
    canvas.rotate(90)
    canvas.drawString(200, -100, "side")
    canvas.save()
    assert [glyph.upright for glyph in pages_of(tmp_path / "paper.pdf")[0].glyphs] == [False] * 4


@pytest.mark.parametrize(
    ("paint", "color"),
    [
        (lambda canvas: canvas.setFillGray(0), "000000"),
        (lambda canvas: canvas.setFillGray(1), "ffffff"),
        (lambda canvas: canvas.setFillColorRGB(1, 0, 0), "ff0000"),
        (lambda canvas: canvas.setFillColorRGB(0, 0.2, 0.4), "003366"),
        (lambda canvas: canvas.setFillColorCMYK(0, 0, 0, 1), "000000"),
        (lambda canvas: canvas.setFillColorCMYK(1, 0, 0, 0), "00aeef"),  # as printed: cyan ink is no 00ffff
        (lambda canvas: canvas.setFillColorCMYK(0, 0, 0, 0.6), "808285"),
    ],
)
def test_colour_is_rrggbb_in_every_colour_space(tmp_path: Path, paint: Callable[[Canvas], None], color: str) -> None:
    canvas = Canvas(str(tmp_path / "paper.pdf"))
    paint(canvas)
    canvas.drawString(70, 700, "x")
    canvas.save()
    assert [glyph.color for glyph in pages_of(tmp_path / "paper.pdf")[0].glyphs] == [color]


@pytest.mark.parametrize("url", ["https://example.org/a", "http://example.org", "mailto:a@example.org", "ftp://x.org/"])
def test_link_is_on_its_glyphs_only(tmp_path: Path, url: str) -> None:
    pdf = make_pdf(tmp_path / "paper.pdf", [[Text("link", 100, url=url), Text("plain", 100, x=200)]])
    glyphs = pages_of(pdf)[0].glyphs
    assert [(glyph.text, glyph.url) for glyph in glyphs] == [*((char, url) for char in "link"), *_unlinked("plain")]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "#page=2"])
def test_link_that_could_act_is_dropped(tmp_path: Path, url: str) -> None:
    pdf = make_pdf(tmp_path / "paper.pdf", [[Text("link", 100, url=url)]])
    assert [(glyph.text, glyph.url) for glyph in pages_of(pdf)[0].glyphs] == _unlinked("link")


@pytest.mark.parametrize(("style", "labels"), [("roman", ["i", "ii"]), ("arabic", ["1", "2"]), (None, [None, None])])
def test_label_is_that_of_the_label_tree(tmp_path: Path, style: str | None, labels: list[str | None]) -> None:
    pdf = make_pdf(tmp_path / "paper.pdf", [[Text("a", 100)], [Text("b", 100)]], labels=style)
    assert [page.label for page in pages_of(pdf)] == labels


def test_page_without_text_is_still_a_page(tmp_path: Path) -> None:
    pdf = make_pdf(tmp_path / "paper.pdf", [[Text("a", 100)], [], [Text("c", 100)]])
    assert [(page.number, text_of(page)) for page in pages_of(pdf)] == [(1, "a"), (2, ""), (3, "c")]


def test_subset_prefix_is_no_part_of_the_font_name(paper_page: RawPage) -> None:
    assert {glyph.font for glyph in paper_page.glyphs} == {"Caladea-Regular", "Caladea-Bold"}


@pytest.fixture(scope="module")
def paper_page() -> RawPage:
    """The first page of the real paper, which embeds subsets of its fonts."""
    return next(read_pages(Path(__file__).parents[2] / "raw" / "icat-2018.pdf"))


def assert_refused(path: Path, error: type[CorpusError], reason: str, password: str | None = None) -> None:
    with pytest.raises(error) as caught:
        pages_of(path, password)
    assert caught.type is error
    assert str(caught.value).startswith(f"{path}: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    assert_refused(tmp_path / "nowhere.pdf", FileMissing, "no such file")


def test_folder_is_no_file(tmp_path: Path) -> None:
    assert_refused(tmp_path, FileMissing, "no such file")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty"), (b"<html>404 not found</html>", "not a PDF"), (b"x" * 2000 + b"%PDF-1.4 %%EOF", "not a PDF")],
)
def test_other_content_is_not_a_pdf(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(content)
    assert_refused(path, NotAPdf, reason)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated_pdf_is_damaged(pdf: Path, share: float) -> None:
    data = pdf.read_bytes()
    pdf.write_bytes(data[: int(share * len(data))])
    assert_refused(pdf, DamagedPdf, "truncated")


def test_pdf_whose_middle_is_missing_is_damaged(pdf: Path) -> None:
    data = pdf.read_bytes()
    pdf.write_bytes(data[:20] + data[-20:])
    assert_refused(pdf, DamagedPdf, "get a fresh copy")


def test_pdf_without_pages_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(PAGE_TREE)
    assert_refused(path, DamagedPdf, "no pages")


@pytest.mark.parametrize(
    "page", [b"/MediaBox [0 0 (x) 5]", b"", b"/MediaBox [0 0 5 5] /Annots [7 0 R]", b"/MediaBox [0 0 5 5] /Annots 5"]
)
def test_broken_page_is_named(tmp_path: Path, page: bytes) -> None:
    path = tmp_path / "paper.pdf"
    broken = b"3 0 obj\n<< /Type /Page /Parent 2 0 R " + page + b" >>\nendobj\n"
    tree = PAGE_TREE.replace(b"/Kids [] /Count 0", b"/Kids [3 0 R] /Count 1")
    path.write_bytes(tree.replace(b"trailer", broken + b"trailer"))
    assert_refused(path, DamagedPdf, "page 1 is damaged")


def test_header_may_stand_after_other_bytes(pdf: Path) -> None:
    pdf.write_bytes(b"\xef\xbb\xbf\n" + pdf.read_bytes())
    assert [text_of(page) for page in pages_of(pdf)] == ["Hello page one", "Hello page two"]


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    return make_pdf(tmp_path / "locked.pdf", [[Text("Secret", 100)]], password="open sesame")


def test_encrypted_pdf_needs_a_password(locked: Path) -> None:
    assert_refused(locked, PasswordNeeded, "needs a password")


def test_wrong_password_is_refused(locked: Path) -> None:
    assert_refused(locked, PasswordNeeded, "password is wrong", password="guess")


def test_right_password_opens(locked: Path) -> None:
    assert [text_of(page) for page in pages_of(locked, "open sesame")] == ["Secret"]


def test_a_file_that_pdfium_cannot_open_is_read_by_pdfplumber(pdf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [text_of(page) for page in pages_of(pdf)]

    def refuse(reader: pdfium.Reader, path: Path, password: str | None) -> None:
        raise DamagedPdf(f"{path}: not for me")

    monkeypatch.setattr(pdfium.Reader, "__init__", refuse)
    assert [text_of(page) for page in pages_of(pdf)] == expected == ["Hello page one", "Hello page two"]


@pytest.mark.parametrize(
    ("first", "read"),
    [("", "Hello page one"), ("(cid:3)ello page one", "Hello page one"), ("Hello page 1", "Hello page 1")],
)
def test_pdfplumber_is_asked_about_a_page_that_pdfium_reads_in_part(
    pdf: Path, monkeypatch: pytest.MonkeyPatch, first: str, read: str
) -> None:
    by_pdfium = pdfium.Reader.page

    def page(reader: pdfium.Reader, number: int) -> RawPage:
        found = by_pdfium(reader, number)
        if number > 1:
            return found
        texts = re.findall(r"\(cid:\d+\)|.", first)
        glyphs = tuple(found.glyphs[0]._replace(text=text) for text in texts)
        return replace(found, glyphs=glyphs, bookmarks=(Bookmark(0, 1, "Hello"),))

    monkeypatch.setattr(pdfium.Reader, "page", page)
    assert [text_of(page) for page in pages_of(pdf)] == [read, "Hello page two"]
    assert [mark.title for mark in pages_of(pdf)[0].bookmarks] == ["Hello"]  # which pdfplumber does not look for


def test_some_pages_of_a_paper(pdf: Path) -> None:
    assert [page.number for page in read_pages(pdf, None, 2)] == [2]
    assert [page.number for page in read_pages(pdf, None, 1, 1)] == [1]
    assert [page.number for page in read_pages(pdf, None, 2, 9)] == [2]
    assert count_pages(pdf) == 2


def _unlinked(text: str) -> list[tuple[str, str | None]]:
    return [(char, None) for char in text]
