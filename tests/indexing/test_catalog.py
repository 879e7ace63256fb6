"""What goes into the catalog comes out of it, on the real paper."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.datatypes import PageBox, Passage
from pipeline.datatypes.page import Document
from pipeline.errors import IndexDamaged
from pipeline.indexing import store
from pipeline.indexing.catalog import Catalog
from pipeline.indexing.files import write_records

Paper = tuple[Document, list[Passage]]
TOKENS = [3 + row % 5 for row in range(1000)]  # how many token vectors each passage has


@pytest.fixture(scope="module")
def catalog(paper: Paper, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    document, passages = paper
    folder = tmp_path_factory.mktemp("catalog")
    write_records(folder, [document], passages, TOKENS[: len(passages)])
    opened = Catalog(folder / store.CATALOG)
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


def test_passages_come_in_the_order_asked_for(paper: Paper, catalog: Catalog) -> None:
    ids = [passage.id for passage in catalog.passages([7, 0, 3])]
    assert ids == [paper[1][row].id for row in (7, 0, 3)]
    assert catalog.passages([]) == []


def test_an_unknown_id_is_none(catalog: Catalog) -> None:
    assert catalog.passage("icat/2018/999/0") is None


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
    write_records(tmp_path, [document], [passages[0], twin], [2, 0])
    catalog = Catalog(tmp_path / store.CATALOG)
    assert [passage.pages for passage in catalog.passages([0, 1])] == [(1,), (2,)]
    catalog.close()


def test_a_file_that_is_no_database_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(IndexDamaged, match=r"catalog\.sqlite: .*mandates ingest"):
        Catalog(path)


def test_a_catalog_is_never_changed_by_reading(paper: Paper, tmp_path: Path) -> None:
    folder = tmp_path / "a place #1?"
    folder.mkdir()
    write_records(folder, [paper[0]], paper[1], TOKENS[: len(paper[1])])
    path = folder / store.CATALOG
    before = path.read_bytes()
    catalog = Catalog(path)
    assert catalog.section_numbers("migration")
    assert catalog.rows_on(19)
    catalog.close()
    assert path.read_bytes() == before
    assert sorted(file.name for file in folder.iterdir()) == [store.CATALOG, store.COLUMNS, store.WORDS]


def test_a_place_that_cannot_be_written_is_an_os_error(paper: Paper, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="unable to open"):
        write_records(tmp_path / "nowhere", [paper[0]], paper[1], TOKENS[: len(paper[1])])


def test_some_organizations_are_found_without_looking_at_all(catalog: Catalog) -> None:
    whole = catalog.organizations()
    some = catalog.organizations(["IOM", "UNESCO", "nobody"])
    assert some == [entry for entry in whole if entry.organization.acronym in ("IOM", "UNESCO")]
    assert catalog.organizations([]) == []


def test_an_organization_is_named_once_however_many_editions_name_it(paper: Paper, tmp_path: Path) -> None:
    document = replace(paper[0], edition=replace(paper[0].edition, label="2019"))
    write_records(tmp_path, [paper[0], document], [], [])
    catalog = Catalog(tmp_path / store.CATALOG)
    assert len(catalog.organizations()) == 2 * len(document.organizations)
    expected = [replace(item, pages=None) for item in document.organizations]
    assert catalog.named_organizations() == sorted(expected, key=lambda item: item.acronym)
    catalog.close()


def test_members_are_as_the_last_of_some_editions_names_them(paper: Paper, tmp_path: Path) -> None:
    first, *others = paper[0].organizations
    renamed = replace(first, name="Another Name")
    later = replace(paper[0], edition=replace(paper[0].edition, label="2019"), organizations=(renamed, *others))
    write_records(tmp_path, [paper[0], later], paper[1], TOKENS[: len(paper[1])])
    catalog = Catalog(tmp_path / store.CATALOG)
    assert catalog.members({paper[0].edition.id}) == {item.acronym: item for item in (first, *others)}
    assert list(catalog.members({paper[0].edition.id, later.edition.id}).values()) == [renamed, *others]
    assert catalog.members(set()) == {}
    owned = Counter(passage.organization.acronym for passage in paper[1] if passage.organization)
    assert catalog.owners() == set(owned)
    assert catalog.owned_shares() == {
        paper[0].edition.id: sum(owned.values()) / len(paper[1]),
        later.edition.id: 0.0,  # it has members, and no passages
    }
    catalog.close()


@pytest.mark.parametrize(
    ("column", "read"),
    [
        ("passages SET boxes", lambda catalog: catalog.passages([0])),
        ("passages SET edition", lambda catalog: catalog.passages([0])),
        ("editions SET copies", Catalog.editions),
        ("names SET aliases", Catalog.named_organizations),
        ("organizations SET aliases", Catalog.organizations),
        ("bodies SET aliases", Catalog.bodies),
        ("sections SET path", Catalog.sections),
    ],
)
def test_a_row_that_is_no_record_is_damage(
    paper: Paper, tmp_path: Path, column: str, read: Callable[[Catalog], object]
) -> None:
    # Found by changed indexes, whose checksums were changed too.
    document, passages = paper
    write_records(tmp_path, [document], passages, [1] * len(passages))
    with contextlib.closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as connection, connection:
        connection.execute("INSERT INTO bodies VALUES ('OSB', 'Oil Safety Board', '[]', 1)")
        connection.execute(f"UPDATE {column} = '[1'")
    with pytest.raises(IndexDamaged, match=r"catalog\.sqlite: .* cannot be read; rebuild it: mandates ingest"):
        read(Catalog(tmp_path / "catalog.sqlite"))


def test_who_is_named_is_found_without_looking_at_all_passages(catalog: Catalog) -> None:
    # With 200,000 passages a filter by organization took 0.1 s.
    statements: list[str] = []
    catalog._connection.set_trace_callback(statements.append)
    catalog.rows_naming(["ILO"])
    catalog._connection.set_trace_callback(None)
    plan = catalog._connection.execute(f"EXPLAIN QUERY PLAN {statements[0]}").fetchall()
    assert not [step for *_, step in plan if step.startswith(("SCAN passages", "SCAN mentions"))]


def test_a_passage_that_is_not_there_is_damage(paper: Paper, tmp_path: Path) -> None:
    # Found by changed indexes: other files told of a row that the catalog had lost.
    document, passages = paper
    write_records(tmp_path, [document], passages, [1] * len(passages))
    with contextlib.closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as connection, connection:
        connection.execute("DELETE FROM passages WHERE row = 1")
    with pytest.raises(IndexDamaged, match=r"catalog\.sqlite: there is no passage 1; rebuild it: mandates ingest"):
        Catalog(tmp_path / "catalog.sqlite").passages([0, 1])


def test_a_schema_that_is_no_text_is_damage(paper: Paper, tmp_path: Path) -> None:
    # Found by changed indexes: SQLite's own message could not be read.
    document, passages = paper
    write_records(tmp_path, [document], passages, [1] * len(passages))
    path = tmp_path / "catalog.sqlite"
    path.write_bytes(path.read_bytes().replace(b"sqlite_autoindex_owners_1", b"sq\xb7ite_autoindex_owners_1"))
    with pytest.raises(IndexDamaged, match=r"catalog\.sqlite: .*rebuild it: mandates ingest"):
        Catalog(path)
