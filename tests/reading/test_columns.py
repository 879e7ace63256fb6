from __future__ import annotations

from pathlib import Path

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

from pipeline.reading.document import read_document
from pipeline.reading.extract import read_pages
from pipeline.reading.layout import build_lines
from tests.papers import BOLD, Text, make_pdf, paragraph
from tests.reading.records import EDITION

WORDS = "one and two more words that fill".split()


def column(name: str, count: int) -> list[str]:
    return [f"{name}{number} {' '.join(WORDS)}" for number in range(count)]


def lines_of(tmp_path: Path, texts: list[Text]) -> list[str]:
    (page,) = read_pages(make_pdf(tmp_path / "a.pdf", [texts]))
    return [line.text.split()[0] for line in build_lines(page)]


def names(name: str, count: int) -> list[str]:
    return [f"{name}{number}" for number in range(count)]


def test_two_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    page = [*paragraph(column("a", 12), 100), *paragraph(column("b", 9), 100, x=300)]
    assert lines_of(tmp_path, page) == names("a", 12) + names("b", 9)


def test_columns_whose_base_lines_differ(tmp_path: Path) -> None:
    page = [*paragraph(column("a", 12), 100), *paragraph(column("b", 12), 106, x=300)]
    assert lines_of(tmp_path, page) == names("a", 12) + names("b", 12)


def test_three_columns(tmp_path: Path) -> None:
    page = [text for n, name in enumerate("abc") for text in paragraph(column(name, 8), 100, x=60 + 165 * n, size=9.0)]
    assert lines_of(tmp_path, page) == names("a", 8) + names("b", 8) + names("c", 8)


def test_heading_across_parts_columns_into_bands(tmp_path: Path) -> None:
    page = [*paragraph(column("a", 8), 100), *paragraph(column("b", 8), 100, x=300)]
    page += [Text("Across the whole of the page, a heading runs", 230, size=18, font=BOLD)]
    page += [*paragraph(column("c", 8), 270), *paragraph(column("d", 8), 270, x=300)]
    expected = [*names("a", 8), *names("b", 8), "Across", *names("c", 8), *names("d", 8)]
    assert lines_of(tmp_path, page) == expected


def test_last_lines_of_a_text_are_its_second_column(tmp_path: Path) -> None:
    page = [*paragraph(column("a", 20), 100), *paragraph(column("b", 2), 100, x=300)]
    assert lines_of(tmp_path, page) == names("a", 20) + names("b", 2)


def test_table_is_read_row_by_row(tmp_path: Path) -> None:
    page = [Text(f"a{n} row", 100 + 14 * n) for n in range(10)]
    page += [Text(str(n), 100 + 14 * n, 300) for n in range(10)]
    page += paragraph([" ".join(WORDS * 3)] * 4, 300)
    assert lines_of(tmp_path, page)[:10] == names("a", 10)


def test_page_number_below_columns_is_found(tmp_path: Path) -> None:
    def page(number: int) -> list[Text]:
        words = [*paragraph(column(f"a{number}", 40), 100), *paragraph(column(f"b{number}", 40), 100, x=300)]
        return [*words, Text(str(number), 790, 290, 9)]

    document, _ = read_document(make_pdf(tmp_path / "a.pdf", [page(n) for n in range(1, 5)]), EDITION)
    assert [item.text for item in document.left_out] == ["1", "2", "3", "4"]


def test_wide_page_with_a_list_of_two_columns_is_read_row_by_row(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=landscape(A4))
    for n in range(10):
        canvas.drawString(80, 500 - 14 * n, f"a{n} {'and more words ' * (n % 3)}")
        canvas.drawString(480, 500 - 14 * n, f"b{n} {'and more words ' * (n % 4)}")
    canvas.save()
    (page,) = read_pages(tmp_path / "a.pdf")
    assert [word for line in build_lines(page) for word in line.text.split() if len(word) == 2] == [
        name for n in range(10) for name in (f"a{n}", f"b{n}")
    ]
