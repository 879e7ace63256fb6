"""The real paper, read once: what stands where, checked against another PDF library."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from pipeline.datatypes import Organization, Passage
from pipeline.datatypes.page import Document, Section
from pipeline.reading.extract import read_pages
from tests.conftest import PAPER
from tests.reading.records import letters

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

Paper = tuple[Document, list[Passage]]

# The owner (None for the introduction) and the first and last page of each top section, in the paper's order.
TOP_SECTIONS = [
    (None, 1, 2),
    ("CoE", 3, 4),
    ("CTED", 5, 5),
    ("DPA", 6, 7),
    ("DPKO", 8, 9),
    ("ICAO", 10, 11),
    ("ICMPD", 12, 13),
    ("INTERPOL", 14, 17),
    ("ILO", 18, 18),
    ("IOM", 19, 19),
    ("OGPRtoP", 20, 21),
    ("OSRSG-SVC", 22, 23),
    ("OHCHR", 24, 26),
    ("UNHCR", 27, 29),
    ("OSCE", 30, 32),
    ("UNICEF", 33, 37),
    ("UNDP", 38, 38),
    ("UN Women", 39, 40),
    ("UNICRI", 41, 42),
    ("UNODC", 43, 45),
    ("UNFPA", 46, 46),
    ("World Bank", 47, 49),
]


@pytest.fixture(scope="module")
def document(paper: Paper) -> Document:
    return paper[0]


@pytest.fixture(scope="module")
def passages(paper: Paper) -> list[Passage]:
    return paper[1]


@pytest.fixture(scope="module")
def other_text() -> list[str]:
    """The text of each page as pdfium reads it."""
    import pypdfium2

    pdf: PdfDocument = pypdfium2.PdfDocument(str(PAPER))
    texts = [pdf[number].get_textpage().get_text_range() for number in range(len(pdf))]
    pdf.close()
    return texts


def top_sections(document: Document) -> list[list[Section]]:
    return [list(run) for _, run in groupby(document.sections, key=lambda section: section.path[0])]


def organization(document: Document, acronym: str) -> Organization:
    (found,) = [item for item in document.organizations if item.acronym == acronym]
    return found


def headings(document: Document, level: int) -> list[tuple[str, ...]]:
    return [section.path for section in document.sections if section.heading and section.heading.level == level]


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold())


def grams(text: str, length: int) -> set[str]:
    """Runs of so many words, written without spaces so that a hyphen at a line's end makes no difference."""
    found = words(text)
    return {"".join(found[start : start + length]) for start in range(max(1, len(found) - length + 1))}


def test_paper_has_49_pages_labelled_by_their_numbers(document: Document) -> None:
    assert [(page.number, page.label) for page in document.pages] == [(n, str(n)) for n in range(1, 50)]
    assert document.warnings == ()


def test_top_sections_and_their_pages(document: Document) -> None:
    found = []
    for sections in top_sections(document):
        pages = [page for section in sections for page in section.pages]
        found.append((sections[0].organization, min(pages), max(pages)))
    assert found == TOP_SECTIONS
    assert headings(document, 1)[0] == ("Introduction",)
    assert len(headings(document, 1)) == 22


def test_a_section_has_the_owner_of_its_top_section(document: Document) -> None:
    owners = [{section.organization for section in sections} for sections in top_sections(document)]
    assert owners == [{owner} for owner, _, _ in TOP_SECTIONS]


def test_top_headings_are_whole(document: Document) -> None:
    tops = [path[0] for path in headings(document, 1)]
    assert tops[5] == "International Civil Aviation Organization (ICAO)"
    assert tops[11] == (
        "Office of the Special Representative of the Secretary-General on Sexual Violence in Conflict (OSRSG-SVC)"
    )
    assert tops[17] == "United Nations Entity for Gender Equality and the Empowerment of Women (UN Women)"
    assert tops[21] == "The World Bank"


def test_headings_of_level_2(document: Document) -> None:
    found = headings(document, 2)
    assert len(found) == 41
    assert Counter(path[0].rsplit("(", 1)[-1].rstrip(")") for path in found) == {
        "CoE": 3,
        "ICMPD": 3,
        "INTERPOL": 5,
        "IOM": 1,
        "OHCHR": 3,
        "UNHCR": 5,
        "OSCE": 8,
        "UNICEF": 1,
        "UN Women": 5,
        "UNODC": 5,
        "The World Bank": 2,
    }
    assert found[0][1] == "Capacity building and support in the implementation of the Convention"
    assert found[-1][1] == "Country level:"


def test_headings_of_level_3(document: Document) -> None:
    found = headings(document, 3)
    assert {path[:2] for path in found} == {("United Nations Children's Fund (UNICEF)", "Main Activities")}
    assert [path[2] for path in found] == [
        "The 4 Ps",
        "Research for evidence-based policies and interventions on trafficking in children",
        "Prevention and Protection of child victims of trafficking",
        "Country examples",
        "Partnership",
    ]


def test_organizations_follow_the_sections_then_come_members_without_one(document: Document) -> None:
    owners = [(owner, (first, last)) for owner, first, last in TOP_SECTIONS if owner]
    assert [(item.acronym, item.pages) for item in document.organizations[:21]] == owners
    assert {item.acronym: item.pages for item in document.organizations[21:]} == {"UNESCO": None, "UNAIDS": None}


@pytest.mark.parametrize(
    ("acronym", "name", "aliases"),
    [
        (
            "INTERPOL",
            "International Criminal Police Organization",
            {"ICPO – Interpol", "International Police Cooperation Organization"},
        ),
        ("DPA", "United Nations Department of Political Affairs", {"Department of Public Affairs"}),
        ("UNICEF", "United Nations Children's Fund", {"United Nations Children’s Fund"}),
        ("UNESCO", "United Nations Educational, Scientific and Cultural Organization", set()),
        ("UNAIDS", "United Nations Joint Programme on HIV/AIDS", set()),
        ("World Bank", "World Bank", set()),
    ],
)
def test_organization_has_the_names_the_paper_uses(
    document: Document, acronym: str, name: str, aliases: set[str]
) -> None:
    found = organization(document, acronym)
    assert found.name == name
    assert aliases <= set(found.aliases)


def test_no_alias_names_two_organizations(document: Document) -> None:
    names = [name for item in document.organizations for name in (item.acronym, *{item.name, *item.aliases})]
    doubled = [name for name, count in Counter(names).items() if count > 1]
    assert doubled == ["World Bank"]  # its name and its short name are the same


def test_footnotes_are_found_with_their_pages(document: Document) -> None:
    found = [(note.mark, note.page) for page in document.pages for note in page.footnotes]
    pages = [1, 1, 1, 1, 1, 2, 20, 33, 34, 44]
    assert found == [(str(number), page) for number, page in enumerate(pages, start=1)]


def test_every_footnote_is_a_passage_and_hangs_on_the_one_that_cites_it(
    document: Document, passages: list[Passage]
) -> None:
    notes = [note for page in document.pages for note in page.footnotes]
    assert [(item.note, item.pages, item.text) for item in passages if item.note] == [
        (note.mark, (note.page,), note.text) for note in notes
    ]
    assert [note.mark for item in passages for note in item.footnotes] == [note.mark for note in notes]


def test_text_of_a_passage_stands_on_its_pages(passages: list[Passage], other_text: list[str]) -> None:
    pages = ["".join(words(text)) for text in other_text]
    for passage in passages:
        cited = [pages[number - 1] for number in passage.pages]
        missing = [gram for gram in grams(passage.text, 5) if not any(gram in page for page in cited)]
        # A page break or a footnote mark between two words breaks the four runs of five words that span it.
        assert len(missing) <= 4 * (len(cited) - 1 + len(passage.footnotes)), (passage.id, missing)


def test_no_cited_page_is_superfluous(passages: list[Passage], other_text: list[str]) -> None:
    pages = ["".join(words(text)) for text in other_text]
    for passage in passages:
        for number in passage.pages:
            others = [pages[other - 1] for other in passage.pages if other != number]
            here = [gram for gram in grams(passage.text, 3) if gram in pages[number - 1]]
            assert [gram for gram in here if not any(gram in other for other in others)], (passage.id, number)


def test_boxes_of_a_passage_lie_on_its_pages(document: Document, passages: list[Passage]) -> None:
    for passage in passages:
        assert tuple(sorted({box.page for box in passage.boxes})) == passage.pages
        for page, box in passage.boxes:
            whole = document.pages[page - 1]
            assert 0 <= box.x0 < box.x1 <= whole.width
            assert 0 <= box.top < box.bottom <= whole.height


def test_labels_of_a_passage_are_those_of_its_pages(passages: list[Passage]) -> None:
    assert all(passage.page_labels == tuple(map(str, passage.pages)) for passage in passages)


def test_no_character_of_the_paper_is_lost(document: Document, passages: list[Passage]) -> None:
    read = Counter(char for page in read_pages(PAPER) for glyph in page.glyphs for char in letters(glyph.text))
    kept = _kept(document, passages)
    assert sum(read.values()) == 120_156
    assert read - kept == {"\uf0b7": 98, "-": 6}  # bullets of a symbol font; words broken over two lines
    assert kept - read == {"•": 98}


def test_no_character_that_another_library_reads_is_lost(
    document: Document, passages: list[Passage], other_text: list[str]
) -> None:
    read = Counter(letters("".join(other_text)))
    kept = _kept(document, passages)
    assert read - kept == {"\uf0b7": 98, "\ufffe": 20}  # pdfium's sign for a hyphen at the end of a line
    assert kept - read == {"•": 98, "-": 14}  # 6 of those 20 hyphens broke a word, 14 belong to one


def test_only_page_numbers_and_footnote_marks_are_left_out(document: Document) -> None:
    assert Counter(item.kind for item in document.left_out) == {"page number": 49, "footnote mark": 10}
    numbers = [(item.page, item.text) for item in document.left_out if item.kind == "page number"]
    assert numbers == [(number, str(number)) for number in range(1, 50)]


def test_passages_of_a_section_are_its_text(document: Document, passages: list[Passage]) -> None:
    hyphens = 0
    for section in document.sections:
        spans = [span for line in section.lines for span in line.spans if span.note is None]
        written = letters("".join(span.text for span in spans))
        own = [item for item in passages if _section_number(item) == section.number and item.note is None]
        made = letters("".join(item.text for item in own))
        # The only difference: hyphens of broken words, taken out.
        assert made.replace("-", "") == written.replace("-", "")
        hyphens += written.count("-") - made.count("-")
        assert all(item.section == section.path for item in own)
    assert hyphens == 6


def test_passage_lies_within_the_pages_of_its_section(document: Document, passages: list[Passage]) -> None:
    for passage in passages:
        section = document.sections[_section_number(passage)]
        assert set(passage.pages) <= set(section.pages), passage.id
        owner = passage.organization.acronym if passage.organization else None
        assert owner == section.organization


def test_ids_of_passages_are_places_and_unique(passages: list[Passage]) -> None:
    ids = [passage.id for passage in passages]
    assert len(set(ids)) == len(ids)
    for section, run in groupby(passages, key=_section_number):
        assert [item.id for item in run] == [
            f"icat/2018/{section}/{number}" for number in range(_count(passages, section))
        ]


def test_sentences_of_a_passage_cover_it(passages: list[Passage]) -> None:
    for passage in passages:
        assert letters("".join(passage.text[start:end] for start, end in passage.sentences)) == letters(passage.text)


def test_passages_have_no_odd_characters(passages: list[Passage]) -> None:
    text = "".join(passage.text for passage in passages)
    assert not re.findall(r"[\u00ad\ufb00-\ufb06\ufffd\ufffe\ue000-\uf8ff\u202a-\u202e\t\r]|  | \n|\n ", text)


@pytest.mark.parametrize(
    ("phrase", "citation"),
    [
        ("ICAT held its first meeting in 2006", "icat-2018.pdf (2018), p. 1"),
        ("Rantsev", "CoE, icat-2018.pdf (2018), p. 4"),
        ("Then, INTERPOL gathers information", "INTERPOL, icat-2018.pdf (2018), pp. 14–15"),
        ("Operation Epervier", "INTERPOL, icat-2018.pdf (2018), pp. 15–16"),
        ("IOM will partner with UNODC", "UNODC, icat-2018.pdf (2018), pp. 43–44"),
        ("Joint Programme on HIV/AIDS (UNAIDS)", "icat-2018.pdf (2018), p. 2, note 6"),
    ],
)
def test_known_phrase_is_cited_with_owner_and_pages(passages: list[Passage], phrase: str, citation: str) -> None:
    assert citation in {str(passage.citation) for passage in passages if phrase in passage.text}


def _kept(document: Document, passages: list[Passage]) -> Counter[str]:
    """Count the characters of passages, headings, footnote marks and everything left out."""
    heads = [section.heading for section in document.sections if section.heading and not section.heading.run_in]
    texts = [passage.text for passage in passages]
    texts += [line.text for heading in heads for line in heading.lines]
    texts += [item.text for item in document.left_out]
    texts += [note.mark for page in document.pages for note in page.footnotes]
    return Counter(letters("".join(texts)))


def _section_number(passage: Passage) -> int:
    return int(passage.id.split("/")[2])


def _count(passages: list[Passage], section: int) -> int:
    return sum(_section_number(passage) == section for passage in passages)
