"""What goes into the catalog comes out of it, on the real paper."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.datatypes import Document, Organization, PageBox, Passage
from pipeline.errors import IndexDamaged
from pipeline.indexing.catalog import Catalog, VectorPlace, write_catalog

Paper = tuple[Document, list[Passage]]
TOKENS = [3 + row % 5 for row in range(1000)]  # how many token vectors each passage has


@pytest.fixture(scope="module")
def catalog(paper: Paper, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    document, passages = paper
    path = tmp_path_factory.mktemp("catalog") / "catalog.sqlite"
    write_catalog(path, [document], passages, TOKENS[: len(passages)])
    opened = Catalog(path)
    yield opened
    opened.close()


def kept(passage: Passage) -> Passage:
    """The catalog keeps boxes to a hundredth of a point, and no boxes of the footnotes a passage cites."""
    boxes = tuple(PageBox(page, type(box)(*(round(side, 2) for side in box))) for page, box in passage.boxes)
    return replace(passage, boxes=boxes, footnotes=tuple(replace(note, boxes=()) for note in passage.footnotes))


def test_every_passage_comes_back_as_it_was(paper: Paper, catalog: Catalog) -> None:
    passages = paper[1]
    expected = [kept(passage) for passage in passages]
    assert catalog.passages(range(len(passages))) == expected
    assert [catalog.passage(passage.id) for passage in passages] == expected
    assert len(catalog) == len(passages)
    for field in ("links", "footnotes", "boxes", "sentences", "note", "organization"):
        assert any(getattr(passage, field) for passage in expected), f"the paper no longer exercises {field}"


def test_sentences_and_tokens_are_numbered_through(paper: Paper, catalog: Catalog) -> None:
    passages = paper[1]
    sentences = [len(passage.sentences) for passage in passages]
    expected = [
        VectorPlace(
            sum(sentences[:row]),
            sentences[row],
            sum(TOKENS[:row]),
            TOKENS[row],
            "icat/2018",
            passage.organization.acronym if passage.organization else None,
        )
        for row, passage in enumerate(passages)
    ]
    assert catalog.places() == expected
    assert {place.organization for place in expected} > {None, "IOM", "World Bank"}


def test_passages_come_in_the_order_asked_for(paper: Paper, catalog: Catalog) -> None:
    ids = [passage.id for passage in catalog.passages([7, 0, 3])]
    assert ids == [paper[1][row].id for row in (7, 0, 3)]
    assert catalog.passages([]) == []


def test_an_unknown_id_is_none(catalog: Catalog) -> None:
    assert catalog.passage("icat/2018/999/0") is None


def owned_by(*acronyms: str) -> Callable[[Passage], bool]:
    return lambda passage: passage.organization is not None and passage.organization.acronym in acronyms


@pytest.mark.parametrize(
    ("organizations", "section", "page", "passes"),
    [
        (["IOM"], None, None, owned_by("IOM")),
        (["IOM", "UN Women"], None, None, owned_by("IOM", "UN Women")),
        ([], "MAIN ACT", None, lambda p: any("main act" in heading.lower() for heading in p.section)),
        ([], None, 15, lambda p: 15 in p.pages),
        (["INTERPOL"], None, 17, lambda p: owned_by("INTERPOL")(p) and 17 in p.pages),
        (["UNICEF"], "4 ps", 34, lambda p: owned_by("UNICEF")(p) and 34 in p.pages and p.section[-1] == "The 4 Ps"),
    ],
)
def test_filters_let_through_what_a_plain_loop_does(
    paper: Paper,
    catalog: Catalog,
    organizations: list[str],
    section: str | None,
    page: int | None,
    passes: Callable[[Passage], bool],
) -> None:
    expected = [row for row, passage in enumerate(paper[1]) if passes(passage)]
    assert expected
    assert catalog.rows(organizations, section, page) == expected


@pytest.mark.parametrize(
    ("organizations", "section", "page"),
    [
        (["UNESCO"], None, None),
        (["iom"], None, None),
        ([], "no such heading", None),
        ([], None, 50),
        (["IOM"], None, 1),
    ],
)
def test_filters_may_let_nothing_through(
    catalog: Catalog, organizations: list[str], section: str | None, page: int | None
) -> None:
    assert catalog.rows(organizations, section, page) == []


def test_no_filter_is_all_rows(catalog: Catalog) -> None:
    assert catalog.rows() is None


@pytest.mark.parametrize("section", ["%", "_", "' OR 1=1 --", "\x00"])
def test_a_section_filter_is_plain_text(catalog: Catalog, section: str) -> None:
    assert catalog.rows(section=section) == []


def test_organizations_in_the_order_of_the_paper_with_counts(paper: Paper, catalog: Catalog) -> None:
    document, passages = paper
    counts = Counter(passage.organization.acronym for passage in passages if passage.organization)
    entries = catalog.organizations()
    assert [entry.organization for entry in entries] == list(document.organizations)
    assert {entry.organization.acronym: entry.passages for entry in entries if entry.passages} == counts
    assert {entry.organization.acronym for entry in entries if not entry.passages} == {"UNESCO", "UNAIDS"}
    assert {entry.edition for entry in entries} == {document.edition}


def test_sections_and_editions(paper: Paper, catalog: Catalog) -> None:
    document = paper[0]
    assert catalog.editions() == [document.edition]
    expected = []
    for s in document.sections:
        below = [page for t in document.sections if t.path[: len(s.path)] == s.path for page in t.pages]
        expected.append(("icat/2018", s.number, s.level, s.path, s.organization, (min(below), max(below))))
    assert [tuple(entry) for entry in catalog.sections()] == expected
    assert [entry.pages for entry in catalog.sections()[:3]] == [(1, 2), (3, 4), (4, 4)]


def test_a_page_has_its_text_its_footnotes_and_what_was_left_out(paper: Paper, catalog: Catalog) -> None:
    document = paper[0]
    for page in document.pages:
        found = catalog.page(document.edition, page.number)
        assert found is not None
        assert (found.edition, found.number, found.label) == (document.edition, page.number, page.label)
        assert found.left_out == [(item.kind, item.text) for item in page.left_out]
        lines = [*(line.text for line in page.lines), *(f"[{note.mark}] {note.text}" for note in page.footnotes)]
        assert found.text == "\n".join(lines)


def test_the_first_page_of_the_paper(paper: Paper, catalog: Catalog) -> None:
    found = catalog.page(paper[0].edition, 1)
    assert found is not None
    assert found.text.startswith("Introduction\n")
    assert "\n[1] UNGA Resolution A/RES/61/180, 20 Dec. 2006" in found.text
    assert ("page number", "1") in found.left_out


@pytest.mark.parametrize("number", [0, 50, -1])
def test_no_such_page_is_none(paper: Paper, catalog: Catalog, number: int) -> None:
    assert catalog.page(paper[0].edition, number) is None


def test_the_same_text_twice_is_two_passages(paper: Paper, tmp_path: Path) -> None:
    document, passages = paper
    twin = replace(passages[0], id="icat/2018/0/999", pages=(2,))
    write_catalog(tmp_path / "c.sqlite", [document], [passages[0], twin], [2, 0])
    catalog = Catalog(tmp_path / "c.sqlite")
    assert [passage.pages for passage in catalog.passages([0, 1])] == [(1,), (2,)]
    assert [(place.first_token, place.tokens) for place in catalog.places()] == [(0, 2), (2, 0)]
    catalog.close()


def test_a_file_that_is_no_database_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(IndexDamaged, match=r"catalog\.sqlite: .*mandates ingest"):
        Catalog(path)


def test_a_catalog_is_never_changed_by_reading(paper: Paper, tmp_path: Path) -> None:
    path = tmp_path / "catalog #1?.sqlite"
    write_catalog(path, [paper[0]], paper[1], TOKENS[: len(paper[1])])
    before = path.read_bytes()
    catalog = Catalog(path)
    assert catalog.rows(["IOM"], "migration", 19)
    catalog.close()
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_place_that_cannot_be_written_is_an_os_error(paper: Paper, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="unable to open"):
        write_catalog(tmp_path / "nowhere" / "catalog.sqlite", [paper[0]], paper[1], TOKENS[: len(paper[1])])


# --- words


TEXTS = [
    "Victims of trafficking are protected.",
    "A victim was protected; the AND and the OR of the law.",
    "Boats near the harbour, resolution 61 of 2006.",
    "Réfugiés à Genève.",
]


@pytest.fixture
def words(paper: Paper, tmp_path: Path) -> Iterator[Catalog]:
    """Four passages under one heading, the last owned by an organization."""
    owner = Organization("WLA", "World Lighthouse Agency", ("Lamp Keepers",))
    passages = [
        replace(paper[1][0], id=f"icat/2018/0/{row}", section=("Safety at Sea",), text=text, organization=None)
        for row, text in enumerate(TEXTS)
    ]
    passages[3] = replace(passages[3], organization=owner)
    write_catalog(tmp_path / "w.sqlite", [replace(paper[0], organizations=(owner,))], passages, [1] * 4)
    opened = Catalog(tmp_path / "w.sqlite")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ("victim", [0, 1]),
        ("victims", [0, 1]),
        ("VICTIMS", [0, 1]),
        ("traffick", [0]),
        ("trafficked", [0]),
        ("protection", [0, 1]),
        ("protect", [0, 1]),
        ("protecting", [0, 1]),
        ("boat", [2]),
        ("61", [2]),
        ("6", []),
        ("200", []),
        ("refugies", [3]),
        ("réfugié", [3]),
        ("GENEVE", [3]),
        ("Genève", [3]),
        ("safety", [0, 1, 2, 3]),
        ("WLA", [3]),
        ("wla", [3]),
        ("lighthouses", [3]),
        ("keeper", [3]),
        ("herring", []),
        ("vict", []),
    ],
)
def test_words_are_found_in_any_inflection_case_and_accent(words: Catalog, asked: str, rows: list[int]) -> None:
    found = words.match([asked])
    assert sorted(found) == rows
    assert words.holds(asked) == bool(rows)
    assert all(score > 0 for score in found.values())


def test_any_of_the_words_counts_and_more_and_rarer_ones_count_more(words: Catalog) -> None:
    both, victim, boats = (words.match(asked) for asked in (["victim", "trafficking"], ["victim"], ["boats"]))
    assert sorted(both) == [0, 1]
    assert both[0] > both[1]
    assert both[1] == pytest.approx(victim[1])
    assert boats[2] > max(victim.values()) > 0
    assert words.match([]) == {}
    assert words.match(["herring", "cod"]) == {}


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        (["AND"], [1]),
        (["OR"], [1]),
        (["NOT"], []),
        (["NEAR"], [2]),
        (["victim", "AND", "boats"], [0, 1, 2]),
        (["victim", "NOT", "trafficking"], [0, 1]),
        (["vict*"], []),
        (["*"], []),
        (["^victim"], [0, 1]),
        (["text:victim"], []),
        (["-victim"], [0, 1]),
        (["{text}"], []),
        (["near(the"], [2]),
        (["near(boats"], []),
        (["victim)"], [0, 1]),
        (["victim + boats"], []),
        (["'"], []),
        (["\\"], []),
        (["victims of"], [0]),
        (["of victims"], []),
    ],
)
def test_operators_of_the_search_language_are_only_words(words: Catalog, asked: list[str], rows: list[int]) -> None:
    assert sorted(words.match(asked)) == rows
    if len(asked) == 1:
        assert words.holds(asked[0]) == bool(rows)


@pytest.mark.parametrize(
    "asked", ['"', '""', 'victim"', '"victim', 'vic"tim', '" OR "', '" OR boats OR "', "\x00", "victim\x00"]
)
def test_quotes_do_not_end_a_word(words: Catalog, asked: str) -> None:
    found = words.match([asked])
    assert words.holds(asked) == bool(found)
    assert 2 not in found, "the quoted boats were asked for as a part of a longer word"


def test_the_words_are_those_of_headings_names_and_texts(words: Catalog) -> None:
    found = words.words()
    assert found == sorted(set(found))
    assert {"victims", "trafficking", "61", "geneve", "safety", "wla", "lighthouse"} <= set(found)
    assert not {"Genève", "genève", "WLA"} & set(found)
    assert words.words() == found


def test_every_word_of_the_paper_is_held_and_found_in_its_passage(paper: Paper, catalog: Catalog) -> None:
    for row, passage in list(enumerate(paper[1]))[::9]:
        for word in set(re.findall(r"\w+", passage.text)):
            assert catalog.holds(word), word
            assert row in catalog.match([word]), word
