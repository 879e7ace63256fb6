"""Sheets with two printed pages: read left page first, cited by the number that is printed on the right one."""

from __future__ import annotations

from pathlib import Path

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

from pipeline.datatypes import Citation, Passage
from pipeline.datatypes.page import Document
from pipeline.reading.document import read_document
from tests.reading.records import EDITION

WIDTH, HEIGHT = landscape(A4)
WORDS = "and these are as many words as a line of it holds"


def leaf(canvas: Canvas, number: int, x: float, lines: int = 20, *, columns: int = 1) -> None:
    """Set a printed page: text that names its number, and the number at its foot."""
    canvas.setFont("Helvetica", 9)
    for column in range(columns):
        for n in range(lines):
            words = WORDS if columns == 1 else "a word"
            canvas.drawString(
                x + 170 * column, HEIGHT - 80 - 12 * n, f"page{100 + number}line{n}column{column} {words}."
            )
    canvas.drawString(x + 150, 30, str(number))


def read(path: Path, sheets: list[tuple[int, int]], *, columns: int = 1) -> tuple[Document, list[Passage]]:
    """Make a cover and sheets with these pairs of pages, 0 for an empty one, and read them."""
    canvas = Canvas(str(path), pagesize=(WIDTH / 2, HEIGHT), invariant=1)
    canvas.drawString(60, 400, "A cover without a number")
    canvas.showPage()
    for pair in sheets:
        canvas.setPageSize((WIDTH, HEIGHT))
        for side, number in enumerate(pair):
            if number:
                leaf(canvas, number, 40 + side * WIDTH / 2, columns=columns)
        canvas.showPage()
    canvas.save()
    return read_document(path, EDITION)


SHEETS = [(2, 3), (4, 5), (0, 7), (8, 9), (10, 11)]


def test_left_page_is_read_before_the_right_one(tmp_path: Path) -> None:
    document, passages = read(tmp_path / "a.pdf", SHEETS, columns=2)
    words = [word for passage in passages for word in passage.text.split() if word.startswith("page")]
    expected = [
        f"page{100 + number}line{n}column{column}"
        for pair in SHEETS
        for number in pair
        if number
        for column in (0, 1)
        for n in range(20)
    ]
    assert words == expected
    assert {item.kind for item in document.left_out} == {"page number"}
    assert [item.text for item in document.left_out] == [str(number) for pair in SHEETS for number in pair if number]


def test_passages_are_cited_by_their_own_printed_page(tmp_path: Path) -> None:
    document, passages = read(tmp_path / "a.pdf", SHEETS)
    assert [page.label for page in document.pages] == ["1", "2/3", "4/5", "6/7", "8/9", "10/11"]
    assert [page.halves for page in document.pages[:2]] == [(), ("2", "3")]
    first = next(passage for passage in passages if passage.text.startswith("page102line0"))
    assert (first.pages, first.page_labels, first.citation.place) == ((2,), ("2",), "p. 2")
    for passage in passages[1:]:
        printed = sorted(
            {int(word[4:].split("line")[0]) - 100 for word in passage.text.split() if word.startswith("page")}
        )
        labels = [int(part) for label in passage.page_labels for part in label.split("/")]
        assert labels == printed


def test_citation_of_a_sheet_names_both_pages() -> None:
    assert Citation(None, "a.pdf", "2018", (5,), ("12/13",)).place == "pp. 12–13 [PDF 5]"
    assert Citation(None, "a.pdf", "2018", (4, 5), ("11", "12/13")).place == "pp. 11–13 [PDF 4–5]"


def test_wide_pages_with_a_number_each_are_not_halved(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "slides.pdf"), pagesize=(WIDTH, HEIGHT), invariant=1)
    for number in range(1, 6):
        for n in range(10):
            canvas.drawString(60, HEIGHT - 100 - 14 * n, f"slide{number} {WORDS}.")
            canvas.drawString(WIDTH / 2 + 40, HEIGHT - 100 - 14 * n, f"right{number} {WORDS}.")
        canvas.drawString(WIDTH - 60, 30, str(number))
        canvas.showPage()
    canvas.save()
    document, _ = read_document(tmp_path / "slides.pdf", EDITION)
    assert [page.label for page in document.pages] == ["1", "2", "3", "4", "5"]
    assert not any(page.halves for page in document.pages)
