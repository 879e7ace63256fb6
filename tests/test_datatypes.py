from __future__ import annotations

import dataclasses

import pytest

from pipeline.datatypes import Box, Citation, Edition, Organization, Passage
from pipeline.datatypes.page import Cell, Heading, Line, Page, Section, Span

EDITION = Edition("icat", "2018", "icat-2018.pdf", "0" * 64)


def cite(pages: tuple[int, ...], labels: tuple[str, ...], note: str | None = None, owner: str | None = "UNICEF") -> str:
    return str(Citation(owner, "icat-2018.pdf", "2018", pages, labels, note))


def line(text: str, page: int = 1) -> Line:
    parts = tuple(Span(part, "Helvetica", 11.0, False, False, "000000") for part in text.split("|"))
    return Line(page, Box(0, 0, 10, 10), parts, 11.0, bold=False)


@pytest.mark.parametrize(
    ("pages", "labels", "place"),
    [
        ((34,), ("34",), "p. 34"),
        ((19,), ("17",), "p. 17 [PDF 19]"),
        ((4,), ("iv",), "p. iv [PDF 4]"),
        ((1, 2), ("1", "2"), "pp. 1–2"),
        ((1, 2, 3), ("1", "2", "3"), "pp. 1–3"),
        ((19, 20), ("17", "18"), "pp. 17–18 [PDF 19–20]"),
        ((4, 5), ("iv", "1"), "pp. iv–1 [PDF 4–5]"),
        ((3,), ("",), "PDF p. 3"),
        ((3, 4), ("", ""), "PDF pp. 3–4"),
    ],
)
def test_citation_names_pages_as_printed_and_as_in_the_file(
    pages: tuple[int, ...], labels: tuple[str, ...], place: str
) -> None:
    assert cite(pages, labels) == f"UNICEF, icat-2018.pdf (2018), {place}"


def test_citation_over_a_page_without_a_label_names_no_false_label() -> None:
    assert cite((2, 3), ("", "1")) == "UNICEF, icat-2018.pdf (2018), PDF pp. 2–3"


def test_citation_without_an_organization_starts_with_the_file() -> None:
    assert cite((1,), ("1",), owner=None) == "icat-2018.pdf (2018), p. 1"


def test_citation_of_a_note_names_it() -> None:
    assert cite((34,), ("34",), note="9") == "UNICEF, icat-2018.pdf (2018), p. 34, note 9"


def test_edition_id_is_document_and_label() -> None:
    assert EDITION.id == "icat/2018"


def test_passage_cites_its_organization_edition_and_pages() -> None:
    owner = Organization("UNICEF", "United Nations Children's Fund")
    passage = Passage("icat/2018/43/0", EDITION, owner, ("UNICEF",), "text", (33, 34), ("31", "32"))
    assert passage.citation == Citation("UNICEF", "icat-2018.pdf", "2018", (33, 34), ("31", "32"), None)
    assert str(passage.citation) == "UNICEF, icat-2018.pdf (2018), pp. 31–32 [PDF 33–34]"


def test_passage_that_is_a_note_cites_the_note() -> None:
    passage = Passage("icat/2018/0/9", EDITION, None, (), "Ibid.", (2,), ("2",), note="6")
    assert str(passage.citation) == "icat-2018.pdf (2018), p. 2, note 6"


def test_text_of_a_line_is_that_of_its_spans() -> None:
    assert line("the |Protocol|3").text == "the Protocol3"


def test_pages_of_a_section_are_those_of_heading_and_lines_once_each() -> None:
    heading = Heading("Mandate", 1, (line("Mandate", 2),))
    section = Section(0, 1, ("Mandate",), heading, (line("a", 3), line("b", 3), line("c", 5)))
    assert section.pages == (2, 3, 5)
    assert heading.page == 2


def test_pages_of_an_empty_section_are_none() -> None:
    assert Section(0, 1, (), None, ()).pages == ()


@pytest.mark.parametrize(
    "record", [EDITION, line("a"), Citation(None, "a", "b", (1,), ("1",)), Page(1, "1", 10.0, 10.0, ())]
)
def test_records_cannot_be_changed(record: Edition | Line | Citation | Page) -> None:
    name = dataclasses.fields(record)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, name, "other")
    assert not hasattr(record, "__dict__")


def test_text_of_a_page_has_a_line_for_each_row_of_a_table() -> None:
    def line(text: str, cell: Cell | None = None) -> Line:
        return Line(
            1, Box(0, 0, 1, 1), (Span(text, "F", 10, bold=False, italic=False, color=""),), 10, False, cell=cell
        )

    lines = [
        line("Before it"),
        line("Country", Cell(0, 0, 0, 0)),
        line("Found", Cell(0, 0, 1, 1)),
        line("New", Cell(0, 1, 0, 0)),
        line("Zealand", Cell(0, 1, 0, 0)),
        line("12", Cell(0, 1, 2, 2)),
        line("7", Cell(0, 2, 1, 1)),
        line("Other", Cell(1, 0, 0, 0)),
        line("After it"),
    ]
    text = "Before it\nCountry | Found\nNew Zealand | | 12\n| 7\nOther\nAfter it"
    assert Page(1, "1", 595, 842, tuple(lines)).text == text
