"""Tables become rows: their cells in order, parted by bars, cited to their page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from pipeline.datatypes import Passage
from pipeline.datatypes.page import Document
from pipeline.reading.document import read_document
from tests.papers import BOLD, HEIGHT, LEFT, REGULAR, WIDTH, Text, make_pdf, paragraph
from tests.reading.records import EDITION, letters

STEP = 13.6
PROSE = [
    "The members of the group met twice in the year and took note of what each of them",
    "had done since the last of their meetings. They agreed that numbers should be kept",
    "by all of them in the same way, and that a table of them should be made each year.",
]
HEAD = ("Country", "Year", "Victims")
ROWS = [("Belgium", "2018", "163"), ("Ireland", "2018", "64"), ("Norway", "2019", "312"), ("Spain", "2019", "238")]
EXPECTED = (
    "Country | Year | Victims\nBelgium | 2018 | 163\nIreland | 2018 | 64\nNorway | 2019 | 312\nSpain | 2019 | 238"
)
EDGES = (LEFT, 220.0, 320.0, 420.0)

Paint = Callable[[Canvas], None]


def draw(path: Path, *pages: Paint) -> tuple[Document, list[Passage]]:
    """Paint pages and read them."""
    canvas = Canvas(str(path), pagesize=A4, invariant=1)
    for paint in pages:
        paint(canvas)
        canvas.showPage()
    canvas.save()
    return read_document(path, EDITION)


def write(canvas: Canvas, texts: Sequence[Text]) -> None:
    for text in texts:
        canvas.setFont(text.font, text.size)
        canvas.drawString(text.x, HEIGHT - text.top - text.size, text.words)


def rule(canvas: Canvas, x0: float, top: float, x1: float, bottom: float) -> None:
    canvas.line(x0, HEIGHT - top, x1, HEIGHT - bottom)


def ruled(canvas: Canvas, rows: Sequence[Sequence[str]], top: float, edges: Sequence[float] = EDGES) -> None:
    """Draw a table with all its rules; a cell's lines are parted by line breaks."""
    start = top
    rule(canvas, edges[0], top, edges[-1], top)
    for row in rows:
        height = STEP * max(cell.count("\n") + 1 for cell in row) + 5
        for x, cell in zip(edges, row, strict=False):
            write(canvas, paragraph(cell.split("\n"), top + 3, x=x + 4, size=10.0))
        top += height
        rule(canvas, edges[0], top, edges[-1], top)
    for x in edges:
        rule(canvas, x, start, x, top)


def rows_of(words: Sequence[Sequence[str]], top: float, xs: Sequence[float] = EDGES, step: float = STEP) -> list[Text]:
    return [
        Text(cell, top + n * step, x, 10.0)
        for n, row in enumerate(words)
        for x, cell in zip(xs, row, strict=False)
        if cell
    ]


def texts(passages: Sequence[Passage]) -> list[str]:
    return "\n".join(passage.text for passage in passages).split("\n")


def blocks(passages: Sequence[Passage], start: str, count: int) -> str:
    """Give so many lines of all passages from the one that starts with these words."""
    lines = texts(passages)
    first = next(n for n, line in enumerate(lines) if line.startswith(start))
    return "\n".join(lines[first : first + count])


def test_ruled_table(tmp_path: Path) -> None:
    def paint(canvas: Canvas) -> None:
        write(canvas, paragraph(PROSE, 80))
        write(canvas, [Text("Table 1. Victims by country and year", 140)])
        ruled(canvas, [HEAD, *ROWS], 160)
        write(canvas, paragraph(PROSE, 300))

    document, passages = draw(tmp_path / "a.pdf", paint)
    assert blocks(passages, "Country", 5) == EXPECTED
    (holder,) = [passage for passage in passages if "Country" in passage.text]
    assert holder.text.startswith("Table 1. Victims by country and year\nCountry | Year")
    assert holder.pages == (1,)
    assert not [section for section in document.sections if section.heading]


def test_cells_of_several_lines_are_read_one_after_the_other(tmp_path: Path) -> None:
    head = ("Body", "What it does", "Since")
    row = ("Office for\nDemocratic\nInstitutions", "trains prosecutors and\njudges of all mem-\nber states", "2004")
    other = ("Secretariat", "keeps the\nregister", "2011")
    _, passages = draw(tmp_path / "a.pdf", lambda canvas: ruled(canvas, [head, row, other], 100, (LEFT, 180, 360, 420)))
    assert texts(passages) == [
        "Body | What it does | Since",
        "Office for Democratic Institutions | trains prosecutors and judges of all member states | 2004",
        "Secretariat | keeps the register | 2011",
    ]


def test_empty_and_joined_cells_keep_their_columns(tmp_path: Path) -> None:
    def paint(canvas: Canvas) -> None:
        ruled(canvas, [("Country", "Found", "Helped"), ("Malta", "", "12"), ("", "7", "3")], 100)

    _, passages = draw(tmp_path / "a.pdf", paint)
    assert texts(passages) == ["Country | Found | Helped", "Malta | | 12", "| 7 | 3"]


def test_aligned_table_with_a_caption(tmp_path: Path) -> None:
    page = [*paragraph(PROSE, 80), Text("Table 2: Members and seats", 140, font=BOLD)]
    page += rows_of([("Member", "Seat"), ("Austria", "Vienna"), ("France", "Strasbourg"), ("Italy", "Turin")], 158)
    page += paragraph(PROSE, 240)
    document, passages = read_document(make_pdf(tmp_path / "a.pdf", [page]), EDITION)
    assert blocks(passages, "Member", 4) == "Member | Seat\nAustria | Vienna\nFrance | Strasbourg\nItaly | Turin"
    assert not [section for section in document.sections if section.heading]


def test_aligned_table_with_numbers(tmp_path: Path) -> None:
    page = [*paragraph(PROSE, 80), *rows_of([HEAD, *ROWS], 150), *paragraph(PROSE, 240)]
    _, passages = read_document(make_pdf(tmp_path / "a.pdf", [page]), EDITION)
    assert blocks(passages, "Country", 5) == EXPECTED


def test_aligned_table_under_rules_of_its_head(tmp_path: Path) -> None:
    rows = [("Sweden and", "Initial report"), ("Denmark", ""), ("Iceland", "Third report"), ("", "of the group")]

    def paint(canvas: Canvas) -> None:
        write(canvas, [*paragraph(PROSE, 80), *rows_of([("Party", "Report")], 150)])
        for n, row in enumerate(rows):
            write(canvas, rows_of([row], 170 + 12 * n + 8 * (n // 2)))
        for top in (148, 166):
            rule(canvas, LEFT, top, 300, top)
        write(canvas, paragraph(PROSE, 260))

    _, passages = draw(tmp_path / "a.pdf", paint)
    assert blocks(passages, "Party", 3) == (
        "Party | Report\nSweden and Denmark | Initial report\nIceland | Third report of the group"
    )


def test_table_over_a_page_break_is_cited_to_both_pages(tmp_path: Path) -> None:
    def paint(words: Sequence[Sequence[str]], top: float) -> Paint:
        return lambda canvas: ruled(canvas, [HEAD, *words], top)

    document, passages = draw(tmp_path / "a.pdf", paint(ROWS[:2], 700), paint(ROWS[2:], 80))
    head = "Country | Year | Victims"
    assert texts(passages) == [head, "Belgium | 2018 | 163", "Ireland | 2018 | 64", head, *EXPECTED.split("\n")[3:]]
    assert [passage.pages for passage in passages] == [(1, 2)]
    assert not document.left_out


def test_head_of_a_table_over_many_pages_is_no_running_head(tmp_path: Path) -> None:
    def paint(canvas: Canvas) -> None:
        ruled(canvas, [HEAD, *ROWS * 8], 60)

    document, _ = draw(tmp_path / "a.pdf", *[paint] * 5)
    assert not document.left_out


def test_table_beside_text(tmp_path: Path) -> None:
    left = [f"left{n} and as many words as fill a line" for n in range(6)]

    def paint(canvas: Canvas) -> None:
        write(canvas, paragraph(left, 110))
        ruled(
            canvas, [("Country", "Victims"), ("Malta", "12"), ("Latvia", "24"), ("Cyprus", "51")], 120, (320, 420, 520)
        )

    _, passages = draw(tmp_path / "a.pdf", paint)
    assert blocks(passages, "Country", 4) == "Country | Victims\nMalta | 12\nLatvia | 24\nCyprus | 51"
    assert " ".join(left) in " ".join(texts(passages))


def test_long_table_is_cut_between_rows_and_its_caption_stays_with_its_head(tmp_path: Path) -> None:
    rows = [(f"Country number {n}", "a national rapporteur since 2014", str(100 + n)) for n in range(30)]

    def paint(canvas: Canvas) -> None:
        write(canvas, [*paragraph(PROSE, 60), Text("Table 3. Rapporteurs", 110)])
        ruled(canvas, [("Country", "Office", "Reports"), *rows], 128, (LEFT, 200, 420, 500))

    _, passages = draw(tmp_path / "a.pdf", paint)
    parts = [passage.text for passage in passages if "|" in passage.text]
    assert len(parts) > 1
    assert parts[0].startswith("Table 3. Rapporteurs\nCountry | Office | Reports\nCountry number 0 |")
    assert all(part.split("\n")[0].endswith(tuple("0123456789")) for part in parts[1:])
    assert letters("".join(parts)).count("nationalrapporteur") == 30


def test_two_columns_of_text_are_no_table(tmp_path: Path) -> None:
    words = "and the members of the group met in the spring"
    page = [*paragraph([f"a{n} {words}" for n in range(12)], 100, size=10.0)]
    page += paragraph([f"b{n} {words}" for n in range(12)], 100, x=310, size=10.0)
    _, passages = read_document(make_pdf(tmp_path / "a.pdf", [page]), EDITION)
    assert "|" not in "".join(texts(passages))
    assert " ".join(texts(passages)).index("a11") < " ".join(texts(passages)).index("b0")


def test_list_with_hanging_numbers_and_letterhead_are_no_tables(tmp_path: Path) -> None:
    page = [Text("United Nations", 60, size=14), Text("A/79/1", 60, 400), Text("General Assembly", 80)]
    page += [Text("Distr.: General", 80, 400)]
    for n in range(1, 6):
        page += [Text(f"{n}.", 120 + 30 * n), *paragraph(PROSE[:2], 120 + 30 * n, x=LEFT + 30, size=10.0)]
    _, passages = read_document(make_pdf(tmp_path / "a.pdf", [page]), EDITION)
    assert "|" not in "".join(texts(passages))


def test_contents_list_is_no_table(tmp_path: Path) -> None:
    entries = [
        ("1.", "Prevention", "3"),
        ("2.", "Protection", "7"),
        ("3.", "Prosecution", "8"),
        ("4.", "Partners", "9"),
    ]
    front = [Text("Contents", 70, size=18, font=BOLD), *rows_of(entries, 120, (LEFT, 110, 480))]
    body = [[Text(f"{a} {b}", 80, size=18, font=BOLD), *paragraph(PROSE, 120)] for a, b, _ in entries]
    document, _ = read_document(make_pdf(tmp_path / "a.pdf", [front, *body]), EDITION)
    assert {item.kind for item in document.left_out} == {"contents list"}


def test_frame_around_text_is_no_table(tmp_path: Path) -> None:
    def paint(canvas: Canvas) -> None:
        ruled(canvas, [("Box 1. How victims are found",), ("\n".join(PROSE),)], 100, (LEFT, 520))

    _, passages = draw(tmp_path / "a.pdf", paint)
    assert "|" not in "".join(texts(passages))


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_table_on_a_turned_page(turn: int, tmp_path: Path) -> None:
    def paint(canvas: Canvas) -> None:
        canvas.setPageRotation(turn)
        canvas.translate(*{90: (WIDTH, 0), 180: (WIDTH, HEIGHT), 270: (0, HEIGHT)}[turn])
        canvas.rotate(turn)
        canvas.translate(0, (WIDTH - HEIGHT) * (turn != 180))
        ruled(canvas, [HEAD, *ROWS], 150)

    _, passages = draw(tmp_path / "a.pdf", paint)
    assert "\n".join(texts(passages)) == EXPECTED


def test_sideways_words_of_a_cell_stand_in_it(tmp_path: Path) -> None:
    def paint(canvas: Canvas) -> None:
        ruled(canvas, [("Body", "\n\n\n"), ("Secretariat", "E"), ("Office", "L")], 100, (LEFT, 160, 220))
        canvas.saveState()
        canvas.translate(190, HEIGHT - 155)
        canvas.rotate(90)
        canvas.setFont(REGULAR, 10)
        canvas.drawString(0, 0, "UNICEF")
        canvas.restoreState()

    _, passages = draw(tmp_path / "a.pdf", paint)
    assert texts(passages) == ["Body | UNICEF", "Secretariat | E", "Office | L"]


def test_chart_is_no_table(tmp_path: Path) -> None:
    def paint(canvas: Canvas) -> None:
        write(canvas, [Text("Figure 1. Victims by year in all of the countries", 112, x=120, size=10.0)])
        for x in (LEFT, 150, 230, 310, 390):
            rule(canvas, x, 110, x, 250)
        for n, top in enumerate((110, 145, 180, 215, 250)):
            rule(canvas, LEFT, top, 390, top)
            write(canvas, [Text(str(100 - 20 * n), top + 4, x, 8.0) for x in (LEFT + 4, 396)])
        write(canvas, paragraph(PROSE, 290))

    _, passages = draw(tmp_path / "a.pdf", paint)
    assert "|" not in "".join(texts(passages))
    assert "Figure 1. Victims by year in all of the countries" in "\n".join(texts(passages))


def test_passages_that_go_on_with_a_table_know_its_head(tmp_path: Path) -> None:
    rows = [(f"Country number {n} of them all", str(2000 + n), f"{n} victims of trafficking") for n in range(40)]
    text = paragraph(PROSE, 100)

    def paint(canvas: Canvas) -> None:
        write(canvas, text)
        ruled(canvas, [HEAD, *rows[:28]], 160)

    def go_on(canvas: Canvas) -> None:
        ruled(canvas, rows[28:], 80)
        write(canvas, paragraph(PROSE, 400))

    _, passages = draw(tmp_path / "a.pdf", paint, go_on)
    heads = [passage.table_head for passage in passages]
    assert len(passages) > 4
    assert heads[0] == heads[-1] == ""
    for passage in passages:
        assert passage.table_head == ("Country | Year | Victims" if passage.text.startswith("Country number") else "")
    assert {passage.pages for passage in passages if passage.table_head} >= {(1,), (2,)}


def test_another_table_on_the_next_page_has_its_own_head(tmp_path: Path) -> None:
    rows = [(f"Country number {n} of them all", str(2000 + n), f"{n} victims of trafficking") for n in range(30)]
    wide = (*EDGES, 500.0)

    def paint(canvas: Canvas) -> None:
        write(canvas, paragraph(PROSE, 100))
        ruled(canvas, [HEAD, *rows[:28]], 160)

    def another(canvas: Canvas) -> None:
        ruled(canvas, [("State", "From", "To", "Cases"), *((*row[:2], "2020", "many cases") for row in rows)], 80, wide)

    _, passages = draw(tmp_path / "a.pdf", paint, another)
    assert {passage.table_head for passage in passages if passage.pages == (2,)} == {"State | From | To | Cases"}


def test_head_that_the_next_page_repeats_is_not_given_twice(tmp_path: Path) -> None:
    rows = [(f"Country number {n} of them all", str(2000 + n), f"{n} victims of trafficking") for n in range(56)]

    halves = (rows[:28], rows[28:])
    _, passages = draw(tmp_path / "a.pdf", *(lambda canvas, own=own: ruled(canvas, [HEAD, *own], 80) for own in halves))
    assert any(passage.text.startswith("Country | Year") for passage in passages)
    assert all((passage.table_head == "") == passage.text.startswith("Country | Year") for passage in passages)
