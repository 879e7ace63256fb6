"""What looks like a heading and is none, each on the page that showed it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.datatypes.page import Document
from pipeline.reading.document import read_document
from pipeline.reading.levels import numbering_kinds
from tests.papers import BOLD, LEFT, Text, make_pdf, paragraph
from tests.reading.records import EDITION
from tests.reading.test_evidence import PROSE, headings


def read(path: Path, *pages: Sequence[Text]) -> Document:
    return read_document(make_pdf(path / "a.pdf", pages), EDITION)[0]


def titles(document: Document) -> list[str]:
    return [text for _, _, text in headings(document)]


@pytest.mark.parametrize("word", ["Figuur", "Tabelle", "Gráfico", "Encadré", "Abbildung", "Cuadro", "Table"])
def test_captions_in_other_languages_are_no_headings(tmp_path: Path, word: str) -> None:
    caption = [Text(f"{word} 2.1 Ships by year", 200, font=BOLD), Text("and by country", 213.6, font=BOLD)]
    assert titles(read(tmp_path, [*paragraph(PROSE, 100), *caption, *paragraph(PROSE, 300)])) == []


def test_references_set_like_headings_are_none(tmp_path: Path) -> None:
    names = ["Adams 2012", "Brown en Clark 2015a", "IOM 2016", "Davis et al. 2009", "UNODC 2016", "Evans (2001)"]
    page = [Text("Literature", 80, size=16, font=BOLD)]
    for number, name in enumerate(names):
        page += [Text(name, 120 + 60 * number, font=BOLD), *paragraph(PROSE[:2], 134 + 60 * number)]
    assert titles(read(tmp_path, paragraph(PROSE, 100), page)) == ["Literature"]


def test_the_title_on_a_cover_is_no_section_and_not_lost(tmp_path: Path) -> None:
    cover = [Text("At sea", 200, size=40), Text("Annual report", 260, size=24)]
    half_title = [Text("At sea", 200, size=30, font=BOLD)]
    chapter = [Text("Border control", 100, size=16), *paragraph(PROSE, 130)]
    document = read(tmp_path, cover, half_title, chapter, paragraph(PROSE, 100))
    assert titles(document) == ["Border control"]
    assert [line.text for line in document.sections[0].lines] == ["At sea", "Annual report", "At sea"]


def test_heads_of_a_tables_columns_are_no_headings(tmp_path: Path) -> None:
    table = [Text("Percent", 200, 300, font=BOLD), Text("Kind of ship", 213.6, font=BOLD)]
    table += [Text("of all", 213.6, 300, font=BOLD), Text("Ferries", 230), Text("12", 230, 300)]
    assert titles(read(tmp_path, [*paragraph(PROSE, 100), *table, *paragraph(PROSE, 300)])) == []


def test_labels_that_stand_again_and_again_in_a_section_are_no_headings(tmp_path: Path) -> None:
    pages = []
    for chapter in ("Guards", "Lights"):
        page = [Text(chapter, 80, size=16)]
        for number, label in enumerate(["Tip", "Note", "Tip", "Tip"]):
            page += [Text(label, 110 + 100 * number, font=BOLD), *paragraph(PROSE, 130 + 100 * number)]
        pages.append(page)
    assert titles(read(tmp_path, *pages)) == ["Guards", "Note", "Lights", "Note"]


def test_titles_that_every_chapter_has_once_are_headings(tmp_path: Path) -> None:
    pages = []
    for chapter in ("Guards", "Lights", "Ships", "Ports"):
        page = [Text(chapter, 80, size=16)]
        for number, title in enumerate(["Mandate", "Work"]):
            page += [Text(title, 110 + 100 * number, font=BOLD), *paragraph(PROSE, 130 + 100 * number)]
        pages.append(page)
    assert titles(read(tmp_path, *pages)) == [
        title for chapter in ("Guards", "Lights", "Ships", "Ports") for title in (chapter, "Mandate", "Work")
    ]


def test_terms_of_a_list_of_definitions_are_no_headings(tmp_path: Path) -> None:
    page = [Text("Words", 80, font=BOLD), *paragraph(PROSE * 2, 100)]
    for number, term in enumerate(["Flag State", "Port State", "Coastal State"]):
        page += [Text(term, 220 + 60 * number, font=BOLD), *paragraph(PROSE[:2], 233.6 + 60 * number, x=LEFT + 25)]
    document = read(tmp_path, [*page, *paragraph(PROSE * 2, 420)])
    assert titles(document) == ["Words"]
    assert [line.text for line in document.sections[0].lines].count("Port State") == 1


def test_headings_that_hang_out_to_the_left_of_all_text_are_headings(tmp_path: Path) -> None:
    page: list[Text] = []
    for number, title in enumerate(["Flags", "Ports", "Coasts"]):
        page += [Text(title, 100 + 140 * number, font=BOLD), *paragraph(PROSE * 2, 120 + 140 * number, x=LEFT + 25)]
    assert titles(read(tmp_path, page)) == ["Flags", "Ports", "Coasts"]


def test_numbered_heading_in_another_colour_or_slope_is_one(tmp_path: Path) -> None:
    page: list[Text] = []
    for number in range(3):
        top = 100 + 120 * number
        page += [Text(f"4.1.{number + 1} Lights at sea", top, font="Helvetica-Oblique"), *paragraph(PROSE, top + 25)]
    assert titles(read(tmp_path, [*page, *paragraph(PROSE * 3, 460)])) == [f"4.1.{n} Lights at sea" for n in (1, 2, 3)]


def test_numbering_tells_levels_of_headings_that_look_alike(tmp_path: Path) -> None:
    page: list[Text] = []
    for number, title in enumerate(["I. Border control", "A. Guards", "B. Lights", "II. Fines", "A. Amounts"]):
        page += [Text(title, 100 + 100 * number, font=BOLD), *paragraph(PROSE, 125 + 100 * number)]
    assert [level for level, _, _ in headings(read(tmp_path, page))] == [1, 2, 2, 1, 2]


def test_letter_that_may_be_a_number_follows_its_neighbours() -> None:
    titles = ["G. One", "H. Two", "I. Three", "J. Four"]
    assert numbering_kinds(titles) == ["A"] * 4
    assert numbering_kinds(["IV. One", "V. Two", "VI. Three"]) == ["I"] * 3


def test_a_paper_of_a_sentence_a_page_has_no_cover_of_three_pages(tmp_path: Path) -> None:
    names = ["Harbour Agency", "Forest Office", "Railway Bureau", "Weather Service", "Mountain Guard"]
    pages = [
        [Text(name, 60, size=18, font=BOLD), *paragraph([f"This is what the {name.lower()} does every year."], 100)]
        for name in names
    ]
    document, _ = read_document(make_pdf(tmp_path / "land-2020.pdf", pages), EDITION)
    assert [section.path for section in document.sections] == [(name,) for name in names]
