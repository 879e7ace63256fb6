"""Topics × organizations, and the files topics are read from."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import open_index
from pipeline.errors import QueryError
from pipeline.indexing.build import build_index
from pipeline.searching.locate import who_covers
from pipeline.searching.matrix import make_matrix, read_topics
from tests.conftest import WordEncoder
from tests.papers import BOLD, Text, make_pdf, paragraph
from tests.searching.test_locate import report_index

HARBOURS = ["The agency inspects harbours, and lighthouses in harbours,", "and trains harbour pilots every year."]
FORESTS = ["The office plants forests and counts wolves in forests.", "It also met the Harbour Agency (HBA) once."]
TOPICS = ["lighthouses in harbours", "wolves and forests"]


def section(name: str, lines: list[str]) -> list[Text]:
    return [Text(name, 60, size=18, font=BOLD), *paragraph(lines, 100)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pages = [
        section("Introduction", ["Who does what is told below."]),
        section("Railway Bureau (RWB)", ["It runs trains on rails."]),
        section("Harbour Agency (HBA)", HARBOURS),
        section("Forest Office (FOO)", FORESTS),
    ]
    make_pdf(tmp_path / "land-2020.pdf", pages)
    build_index([tmp_path / "land-2020.pdf"], tmp_path / "index", WordEncoder)
    return tmp_path / "index"


def test_cells_are_what_who_covers_says(folder: Path, word_encoder: WordEncoder) -> None:
    with open_index(folder) as index:
        matrix = make_matrix(index, TOPICS)
        covered = [{item.organization.acronym: item for item in who_covers(index, topic)} for topic in TOPICS]
    assert matrix.topics == ("lighthouses in harbours", "wolves and forests")
    assert [organization.acronym for organization in matrix.organizations] == ["RWB", "HBA", "FOO"], "as in the paper"
    assert [edition.id for edition in matrix.editions] == ["land/2020"]
    assert matrix.without_section == ()
    for row, expected in zip(matrix.cells, covered, strict=True):
        for organization, cell in zip(matrix.organizations, row, strict=True):
            item = expected[organization.acronym]
            assert (cell.coverage, cell.score) == (item.coverage, item.score)
            assert cell.hit == (item.hits[0] if item.hits else None)
    pages = [[cell.hit.passage.pages if cell.hit else () for cell in row] for row in matrix.cells]
    assert pages[0][1] == (3,)
    assert pages[1][2] == (4,)
    assert matrix.cells[0][0].coverage == matrix.cells[1][0].coverage == "none"
    assert not matrix.is_empty


def test_documents_and_editions_are_chosen(tmp_path: Path, word_encoder: WordEncoder) -> None:
    for year in (2020, 2021):
        make_pdf(tmp_path / f"land-{year}.pdf", [section("Harbour Agency (HBA)", [*HARBOURS, f"Seen in {year}."])])
    make_pdf(tmp_path / "sea-2020.pdf", [section("Forest Office (FOO)", FORESTS)])
    build_index([tmp_path], tmp_path / "index", WordEncoder)
    with open_index(tmp_path / "index") as index:
        whole = make_matrix(index, ["harbours"])
        land = make_matrix(index, ["harbours"], documents=["land"], edition="2020")
    assert [edition.id for edition in whole.editions] == ["land/2021", "sea/2020"]
    assert [organization.acronym for organization in whole.organizations] == ["HBA", "FOO"]
    assert [edition.id for edition in land.editions] == ["land/2020"]
    assert [organization.acronym for organization in land.organizations] == ["HBA"]


def test_topics_are_asked_in_one_line_and_progress_is_told(folder: Path, word_encoder: WordEncoder) -> None:
    done: list[int] = []
    with open_index(folder) as index:
        matrix = make_matrix(index, ["  wolves\tand \n forests "], done.append)
    assert matrix.topics == ("wolves and forests",)
    assert done == [1]


def test_an_empty_topic_is_an_error_before_anything_is_asked(folder: Path, word_encoder: WordEncoder) -> None:
    with open_index(folder) as index, pytest.raises(QueryError, match="a topic is empty"):
        make_matrix(index, ["wolves", " \t"])
    assert word_encoder.encoded == []


def test_members_without_a_section_have_no_column_but_are_named(paper_index: Path, word_encoder: WordEncoder) -> None:
    with open_index(paper_index) as index:
        matrix = make_matrix(index, ["statelessness of refugees"])
    names = [organization.acronym for organization in matrix.organizations]
    assert names[:4] == ["CoE", "CTED", "DPA", "DPKO"]
    assert len(names) == len(matrix.cells[0]) == 21
    assert [organization.acronym for organization in matrix.without_section] == ["UNAIDS", "UNESCO"]
    refugees = matrix.cells[0][names.index("UNHCR")]
    assert refugees.coverage == "covers"
    assert refugees.hit is not None
    assert refugees.hit.passage.citation.label == "27"


def test_an_organization_with_a_section_in_any_document_has_one_column(
    tmp_path: Path, word_encoder: WordEncoder
) -> None:
    harbours, forests = section("Harbour Agency (HBA)", HARBOURS), section("Forest Office (FOO)", FORESTS)
    make_pdf(tmp_path / "coast-2020.pdf", [harbours])
    make_pdf(tmp_path / "land-2021.pdf", [harbours, forests])
    build_index([tmp_path], tmp_path / "index", WordEncoder)
    with open_index(tmp_path / "index") as index:
        matrix = make_matrix(index, TOPICS)
    assert [organization.acronym for organization in matrix.organizations] == ["HBA", "FOO"]
    assert [edition.id for edition in matrix.editions] == ["coast/2020", "land/2021"]
    assert matrix.without_section == ()


def test_who_is_gone_from_the_latest_edition_has_no_column(tmp_path: Path, word_encoder: WordEncoder) -> None:
    harbours, forests = section("Harbour Agency (HBA)", HARBOURS), section("Forest Office (FOO)", FORESTS)
    make_pdf(tmp_path / "land-2020.pdf", [harbours, forests])
    make_pdf(tmp_path / "land-2021.pdf", [harbours])
    build_index([tmp_path], tmp_path / "index", WordEncoder)
    with open_index(tmp_path / "index") as index:
        matrix = make_matrix(index, TOPICS)
    assert [organization.acronym for organization in matrix.organizations] == ["HBA"]
    assert [edition.id for edition in matrix.editions] == ["land/2021"]
    assert matrix.without_section == ()


@pytest.mark.parametrize(
    ("content", "topics"),
    [
        ("one\n\n two words \n", ["one", "two words"]),
        ("\ufeffone\r\ntwo", ["one", "two"]),
        ("été\u2028là", ["été\u2028là"]),
        ('\n{"id": "1", "topic": "one", "orgs": {"IOM": 2}}\n\n{"topic": "two"}\n', ["one", "two"]),
        ('{"topic": "a\u2028b"}\n', ["a\u2028b"]),
        ('"quoted" and [listed]\n', ['"quoted" and [listed]']),
    ],
)
def test_topics_are_read_from_lines_or_objects(tmp_path: Path, content: str, topics: list[str]) -> None:
    (tmp_path / "topics").write_text(content, encoding="utf-8")
    assert read_topics(tmp_path / "topics") == topics


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no topics in this file"),
        (b" \n\t\n", "no topics in this file"),
        (b"\xff\xfeo\0n\0e\0", "not UTF-8 text"),
        (b'{"topic": "one"}\ntwo\n', 'line 2 is no object with "topic"'),
        (b'\n{"id": "1"}\n', 'line 2 is no object with "topic"'),
        (b'{"topic": 3}\n', 'line 1 has no text as its "topic"'),
        (b'{"topic": " "}\n', 'line 1 has no text as its "topic"'),
        (b'{"topic": "one"}\n["topic"]\n', 'line 2 is no object with "topic"'),
    ],
)
def test_a_file_without_topics_is_an_error(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "topics").write_bytes(content)
    with pytest.raises(QueryError, match=message) as caught:
        read_topics(tmp_path / "topics")
    assert str(caught.value).startswith(f"{tmp_path / 'topics'}: ")


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=r"cannot be read \(Is a directory\)"):
        read_topics(tmp_path)


def test_bodies_have_a_column_where_they_have_anything_on_a_topic(tmp_path: Path, word_encoder: WordEncoder) -> None:
    with open_index(report_index(tmp_path)) as index:
        matrix = make_matrix(index, ["wicks in lighthouses", "Which spices go into a curry?"])
    assert [item.acronym for item in matrix.organizations] == ["WLA", "OSB", "Coastal Council"]
    wicks, spices = matrix.cells
    assert [cell.coverage for cell in wicks] == ["covers", "mentions", "mentions"]
    assert {cell.coverage for cell in spices} == {"none"}
