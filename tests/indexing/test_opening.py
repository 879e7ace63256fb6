"""Opening while others publish, and what an older release wrote."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pipeline.datatypes import EncoderInfo, ForeignScores
from pipeline.errors import IndexBusy, IndexDamaged, IndexNotWritable, IndexOutdated
from pipeline.indexing import manifests, store
from pipeline.indexing.folder import FolderStore
from pipeline.indexing.pointer import POINTER, Entry
from pipeline.searching.search import Index
from tests.indexing.editions import BUA, IFO, WLA, answers, ingest, make_edition, names, snapshot
from tests.indexing.generations import damage, publish, rewrite_manifest

OLD = Path(__file__).parents[1] / "data" / "index-schema-2"


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Two generations: "one", and "two", the current one."""
    for word in ("one", "two"):
        publish(tmp_path / "index", word)
    return tmp_path / "index"


# --- opening while others publish


def test_a_reader_that_loses_its_generation_opens_the_next(two: Path) -> None:
    words = ["three", "four", "five", "six"]

    def use(generation: store.Generation) -> str:
        if words:  # both generations it could know are swept away while it opens its files
            publish(two, words.pop(0))
            publish(two, words.pop(0))
            raise IndexDamaged("a file is gone")
        return (generation.path / store.CATALOG).read_text().split()[0]

    assert store.open_current(two, use) == "six"


def test_a_reader_never_gets_what_took_the_place_of_its_generation(two: Path) -> None:
    """After a rollback the number of the generation that was gone back from is given again."""
    tries: list[str] = []

    def use(generation: store.Generation) -> str:
        if not tries:
            store.roll_back(two)
            publish(two, "other")
        tries.append(generation.path.name)
        return (generation.path / store.CATALOG).read_text().split()[0]

    assert (store.open_current(two, use), tries) == ("other", ["generation-000002", "generation-000002"])


def test_a_reader_keeps_the_generation_before_the_newest(two: Path) -> None:
    def use(generation: store.Generation) -> str:
        publish(two, "three")
        return generation.path.name

    assert store.open_current(two, use) == "generation-000002"


def test_a_reader_that_always_loses_gives_up(two: Path) -> None:
    def use(_: store.Generation) -> None:
        publish(two, "more")
        raise IndexDamaged("a file is gone")

    with pytest.raises(IndexBusy, match="published faster than one can be opened"):
        store.open_current(two, use)


def test_files_that_vanish_while_an_index_opens_are_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real files, gone at the worst moments: after the check, before SQLite or FAISS opens them."""
    folder, papers = tmp_path / "index", tmp_path / "papers"
    make_edition(papers / "sea-2020.pdf", IFO)
    ingest(papers, folder)
    todo = [WLA, BUA]
    check = store.check_generation

    def slow(place: Path, entry: Entry, *, thorough: bool) -> store.Generation:
        generation = check(place, entry, thorough=thorough)
        if todo:
            with monkeypatch.context() as patch:
                patch.setattr(store, "check_generation", check)
                for number in (1, 2):
                    make_edition(papers / "sea-2020.pdf", IFO, (*todo[0], f"Number {number}."))
                    ingest(papers, folder)
            todo.pop(0)
        return generation

    monkeypatch.setattr(store, "check_generation", slow)
    index = FolderStore(folder).open_current(Index)
    assert [passage.text.split()[-2:] for passage in index.catalog.passages([1])] == [["Number", "2."]]
    assert "umbrellas" in index.catalog.passages([1])[0].text
    index.close()


# --- models and other releases


def test_the_current_model(two: Path) -> None:
    assert store.current_model(two) == "words"
    damage(two, 2)
    assert store.current_model(two) is None
    assert store.current_model(two / "nowhere") is None


@pytest.mark.parametrize("field", ["release", "encoder", "foreign", "editions", "counts", "checksums", "built_at"])
def test_a_manifest_of_another_release_with_the_same_schema(two: Path, field: str) -> None:
    fields = json.loads((two / "generation-000002" / store.MANIFEST).read_text())
    del fields[field]
    rewrite_manifest(two, json.dumps(fields))
    with pytest.raises(IndexOutdated, match="written by another release; rebuild it: mandates ingest"):
        store.open_generation(two)


@pytest.mark.parametrize("text", ["[]", "{}", '"x"', "3", '{"schema": null}'])
def test_a_manifest_that_is_none_at_all(two: Path, text: str) -> None:
    rewrite_manifest(two, text)
    with pytest.raises(IndexOutdated, match="rebuild it: mandates ingest"):
        store.open_generation(two)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A real index that the release with schema 2 made."""
    return Path(shutil.copytree(OLD, tmp_path / "index"))


def test_an_index_of_an_older_release_is_refused(old: Path) -> None:
    before = snapshot(old)
    with pytest.raises(IndexOutdated) as caught:
        store.open_generation(old)
    assert str(caught.value) == (
        f"{old / 'generation-000001' / store.MANIFEST}: the index has schema 2, this release reads {manifests.SCHEMA}; "
        "rebuild it: mandates ingest"
    )
    assert (store.current_model(old), snapshot(old)) == (None, before)


def test_an_ingest_over_an_index_of_an_older_release_works(tmp_path: Path, old: Path) -> None:
    make_edition(tmp_path / "sea-2020.pdf", IFO, WLA)
    report, encoded = ingest(tmp_path / "sea-2020.pdf", old)
    assert (report.computed, len(encoded), report.editions[0].status) == (4, 4, "new")
    assert names(old) == [POINTER, "generation-000002"], "nobody could go back to what cannot be read"
    assert "herring" in str(answers(old))


def test_an_index_of_an_older_release_stays_if_the_ingest_fails(tmp_path: Path, old: Path) -> None:
    before = snapshot(old)

    def fail(draft: Path) -> None:
        raise OSError(28, "No space left on device")

    encoder = EncoderInfo("words", "1", "0" * 64, 512)
    with pytest.raises(IndexNotWritable), store.writing(old):
        store.publish(old, fail, encoder, ForeignScores(0, 1), (), {})
    assert snapshot(old) == before
