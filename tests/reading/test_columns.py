from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

from pipeline.reading.document import read_document
from pipeline.reading.extract import read_pages
from pipeline.reading.layout import build_lines
from tests.papers import BOLD, Text, make_pdf, paragraph
from tests.reading.records import EDITION, after

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


@pytest.mark.parametrize("count", [1, 2, 4])
def test_last_short_lines_of_a_text_have_a_column_as_wide_as_the_first(tmp_path: Path, count: int) -> None:
    # As much room is left of the page to the right of 313 as the first column takes.
    page = paragraph([f"a{number} {' '.join(WORDS)} the column" for number in range(20)], 100)
    page += paragraph([*column("b", count - 1), f"b{count - 1} short"], 100, x=313)
    assert lines_of(tmp_path, page) == names("a", 20) + names("b", count)


@pytest.mark.parametrize(("x", "top"), [(420, 100), (313, 300)])
def test_line_beside_a_text_that_is_not_on_top_of_a_column_is_read_with_its_row(
    tmp_path: Path, x: float, top: float
) -> None:
    page = paragraph([f"a{number} {' '.join(WORDS)} the column" for number in range(20)], 100)
    (raw,) = read_pages(make_pdf(tmp_path / "a.pdf", [[*page, Text("b0 short", top, x)]]))
    beside = round((top - 100) / 13.6)
    assert [line.text.endswith("b0 short") for line in build_lines(raw)].index(True) == beside


def test_mark_at_the_end_of_a_column_is_no_label_of_the_next_ones_line(tmp_path: Path) -> None:
    page = [*paragraph(column("a", 12), 100), *paragraph(column("b", 12), 93, x=300)]
    page[5] = page[5]._replace(words="a5 ends.")
    page.append(Text("1", page[5].top + 4.5, after("a5 ends."), size=6.5, rise=4.0))
    assert lines_of(tmp_path, page) == names("a", 12) + names("b", 12)


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
