"""What goes into the catalog comes out of it, on the real paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.datatypes import Document, PageBox, Passage
from pipeline.errors import IndexDamaged
from pipeline.indexing.catalog import Catalog, write_catalog

Paper = tuple[Document, list[Passage]]


@pytest.fixture(scope="module")
def catalog(paper: Paper, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    document, passages = paper
    path = tmp_path_factory.mktemp("catalog") / "catalog.sqlite"
    write_catalog(path, [document], passages)
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
    assert [passage for passage, _ in catalog.passages(range(len(passages)))] == expected
    assert [catalog.passage(passage.id) for passage in passages] == expected
    assert len(catalog) == len(passages)
    for field in ("links", "footnotes", "boxes", "sentences", "note", "organization"):
        assert any(getattr(passage, field) for passage in expected), f"the paper no longer exercises {field}"


def test_sentences_are_numbered_through(paper: Paper, catalog: Catalog) -> None:
    passages = paper[1]
    counts = [len(passage.sentences) for passage in passages]
    firsts = [first for _, first in catalog.passages(range(len(passages)))]
    assert firsts == [sum(counts[:row]) for row in range(len(passages))]


def test_passages_come_in_the_order_asked_for(paper: Paper, catalog: Catalog) -> None:
    ids = [passage.id for passage, _ in catalog.passages([7, 0, 3])]
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
    write_catalog(tmp_path / "c.sqlite", [document], [passages[0], twin])
    catalog = Catalog(tmp_path / "c.sqlite")
    assert [passage.pages for passage, _ in catalog.passages([0, 1])] == [(1,), (2,)]
    catalog.close()


def test_a_file_that_is_no_database_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(IndexDamaged, match=r"catalog\.sqlite: .*mandates ingest"):
        Catalog(path)


def test_a_catalog_is_never_changed_by_reading(paper: Paper, tmp_path: Path) -> None:
    path = tmp_path / "catalog #1?.sqlite"
    write_catalog(path, [paper[0]], paper[1])
    before = path.read_bytes()
    catalog = Catalog(path)
    assert catalog.rows(["IOM"], "migration", 19)
    catalog.close()
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_place_that_cannot_be_written_is_an_os_error(paper: Paper, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="unable to open"):
        write_catalog(tmp_path / "nowhere" / "catalog.sqlite", [paper[0]], paper[1])
