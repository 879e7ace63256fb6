"""What is Milvus's own: drafts, marks of writers, damage, servers that refuse."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from pipeline.datatypes import Edition, ForeignScores, Imprint, Passage
from pipeline.datatypes.page import Document
from pipeline.errors import IndexBusy, IndexDamaged, IndexOutdated, StoreUnreachable
from pipeline.indexing.build import build_index
from pipeline.indexing.files import Encoded, Files, open_files, write_files
from pipeline.indexing.folder import FolderStore
from pipeline.indexing.store import MANIFEST, open_generation
from pipeline.scaling.entities import PIECES, fields, record_key
from pipeline.scaling.milvus import TOKEN, Database
from pipeline.scaling.milvus_files import MilvusFiles
from pipeline.scaling.milvus_store import MilvusStore
from pipeline.scaling.stores import open_store
from pipeline.searching.search import open_index
from tests.conftest import DIMENSIONS, WordEncoder
from tests.indexing.editions import IFO, WLA, make_edition


@pytest.fixture
def store(tmp_path: Path) -> MilvusStore:
    """A store with one generation."""
    store = open_store(f"milvus:{tmp_path}/index.db")
    assert isinstance(store, MilvusStore)
    build_index([make_edition(tmp_path / "papers" / "sea-2020.pdf", IFO, WLA)], store, WordEncoder)
    return store


def change(store: MilvusStore, collection: str, key: Any, field: str, value: Any) -> None:
    """Write another value into an entity."""
    client = store._database._connected()
    (entity,) = client.get(f"{store.current()}_{collection}", ids=[key])
    client.upsert(f"{store.current()}_{collection}", [{**entity, field: value}])


def test_damage_is_found(store: MilvusStore) -> None:
    client = store._database._connected()
    assert store.verify().damage == ()
    change(store, "records", record_key("pages", "sea/2020", 1), "json", ['[["sea/2020",1,"1","another text"]]'])
    assert ["records are not as they were written" in line for line in store.verify().damage] == [True]
    change(store, "passages", 0, "vector", [2.0] + (DIMENSIONS - 1) * [0.0])
    damage = "\n".join(store.verify().damage)
    assert "1 vectors have another norm than 1" in damage
    assert f"rebuild it: mandates ingest --store {store}" in damage
    client.delete(f"{store.current()}_passages", ids=[1])
    assert "1 passages with 1 sentences, the manifest says otherwise" in "\n".join(store.verify().damage)
    with pytest.raises(IndexDamaged, match="vectors and passages do not match"):
        open_index(store)
    with pytest.raises(IndexDamaged, match=r"passages of mandates_g000001_\w+ are missing"):
        store.collect_garbage()


def test_a_generation_of_another_release_is_refused_and_built_anew(store: MilvusStore, tmp_path: Path) -> None:
    key = record_key("manifest")
    (entity,) = store._database.get(f"{store.current()}_records", [key], ["json"])
    manifest = json.loads("".join(entity["json"]))
    change(store, "records", key, "json", [json.dumps(manifest | {"schema": 4})])
    with pytest.raises(IndexOutdated, match=f"has schema 4.*mandates ingest --store {store}"):
        open_index(store)
    former = store.current()
    report = build_index([tmp_path / "papers"], store, WordEncoder)
    assert (report.published, report.reused) == (True, 0)
    assert len(store.verify().checked) == 1
    (line,) = store.verify().damage
    assert f"{former}: the index has schema 4" in line
    assert line.endswith(f"; delete it: mandates gc --store {store}")


def test_an_alias_that_stands_for_something_else(store: MilvusStore) -> None:
    passages = f"{store.current()}_passages"
    with store.writing():
        (mark,) = [name for name in store._database.names() if "writing" in name]
        store._database._connected().alter_alias(mark, "mandates")
        with pytest.raises(IndexDamaged, match="which mandates did not write"):
            store.current()
        store._database._connected().alter_alias(passages, "mandates")


def test_half_a_generation_is_never_seen_and_swept(
    store: MilvusStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert, current = Database.insert, store.current()

    def fail(self: Database, name: str, entities: Iterator[Mapping[str, Any]]) -> int:
        if "_g000002_" in name and name.endswith("records"):
            assert store.current() == current
            assert any("_g000002_" in other for other in self.names())
            raise StoreUnreachable("gone")
        return insert(self, name, entities)

    monkeypatch.setattr(Database, "insert", fail)
    make_edition(tmp_path / "papers" / "sea-2022.pdf", IFO)
    with pytest.raises(StoreUnreachable, match="gone"):
        build_index([tmp_path / "papers"], store, WordEncoder)
    assert store._database.names() == [f"{current}_{name}" for name in ("passages", "pieces", "records")]
    assert store.verify().damage == ()


def test_what_a_writer_that_died_left_is_swept(store: MilvusStore) -> None:
    holding = store.writing()
    holding.__enter__()
    store._database.create("mandates_g000007_abcdef_pieces", fields(PIECES, 0))
    with pytest.raises(IndexBusy, match=f"if it died: mandates gc --store {store}"), store.writing():
        pass
    MilvusStore._writers.clear()  # as in another process
    with store.writing():
        assert store.rubbish() == []
        assert len([name for name in store._database.names() if "writing" in name]) == 1


def test_a_number_that_comes_again_is_another_generation(store: MilvusStore, tmp_path: Path) -> None:
    make_edition(tmp_path / "papers" / "sea-2021.pdf", IFO)
    build_index([tmp_path / "papers"], store, WordEncoder)
    second = store.current()
    store.roll_back()
    build_index([tmp_path / "papers"], store, WordEncoder)
    assert str(store.current())[:-6] == str(second)[:-6] == "mandates_g000002_"
    assert store.current() != second


def test_gc_takes_the_mark_of_a_writer_away(store: MilvusStore) -> None:
    holding = store.writing()
    holding.__enter__()
    MilvusStore._writers.clear()  # as in another process
    assert "collections dropped" in store.collect_garbage()
    assert not [name for name in store._database.names() if "writing" in name]


def test_a_reader_of_a_generation_that_is_gone_is_told_so(store: MilvusStore, tmp_path: Path) -> None:
    with open_index(store) as index:
        index._encoder = WordEncoder()
        for year in (2021, 2022):
            make_edition(tmp_path / "papers" / f"sea-{year}.pdf", IFO)
            build_index([tmp_path / "papers"], store, WordEncoder)
        with pytest.raises(IndexBusy, match="dropped meanwhile; ask again"):
            index.search("herring")


class Client:
    """A server of some version; ``given`` is what the last client was made with."""

    version = "v2.5.4"
    given: ClassVar[tuple[Any, Any]] = (None, None)

    def __init__(self, uri: str, token: str, timeout: float) -> None:
        Client.given = (uri, token)

    def get_server_version(self) -> str:
        return self.version

    def list_collections(self) -> list[str]:
        from pymilvus import MilvusException

        raise MilvusException(code=65535, message="auth check failure, please check api key is correct")


def test_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pymilvus.MilvusClient", Client)
    monkeypatch.setenv(TOKEN, "root:secret")
    store = open_store("milvus+tls://milvus.example.org:19530/papers")
    assert isinstance(store, MilvusStore)
    with pytest.raises(StoreUnreachable, match=f"lets nobody in with this token; set {TOKEN}") as caught:
        store._database.names()
    assert "secret" not in str(caught.value)
    assert Client.given == ("https://milvus.example.org:19530", "root:secret")
    monkeypatch.setattr(Client, "version", "v2.3.5")
    store = open_store("milvus://[::1]:19530/papers")
    with pytest.raises(StoreUnreachable, match=r"Milvus 2\.3\.5 has no sparse vectors; update it to 2\.4"):
        store.current()
    assert Client.given == ("http://[::1]:19530", "root:secret")


@pytest.fixture(scope="module")
def both(paper_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Files, MilvusFiles]]:
    """The real paper in a folder, and copied from there into Milvus."""
    path, manifest = generation = open_generation(paper_index)
    store = open_store(f"milvus:{tmp_path_factory.mktemp('both')}/index.db")

    def copy(draft: Path) -> None:
        for file in path.iterdir():
            if file.name != MANIFEST:
                shutil.copy(file, draft)

    with store.writing():
        store.publish(copy, manifest.encoder, manifest.foreign, manifest.editions, manifest.counts)
    found = store.open_current(lambda opened: opened.files)
    assert isinstance(found, MilvusFiles)
    with closing(open_files(generation.path)) as files, closing(found):
        yield files, found


QUERIES = [["trafficking"], ["cabin", "crew", "training"], ["the", "victims", "of", "trafficking"], ["icao", "icao"]]


@pytest.mark.parametrize("words", QUERIES)
def test_words_get_what_they_get_in_a_folder(both: tuple[Files, MilvusFiles], words: list[str]) -> None:
    wanted, found = (files.words.match(words) for files in both)
    assert wanted
    assert found
    rows = np.arange(len(both[0].catalog))
    np.testing.assert_allclose(found.at(rows), wanted.at(rows), rtol=1e-4, atol=1e-5)
    assert found.mean == pytest.approx(wanted.mean, rel=1e-4)
    assert found.deviation == pytest.approx(wanted.deviation, rel=1e-3)
    best = [matches.at(matches.best(10)) for matches in (found, wanted)]
    np.testing.assert_allclose(best[0], best[1], rtol=1e-4)
    some = rows[50:90]
    assert {*found.best(100, some)} == {*wanted.best(100, some)}


def test_of_many_passages_a_sample_tells_how_words_come_together(
    both: tuple[Files, MilvusFiles], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.scaling.milvus_words.SAMPLE", 128)
    both[1].words.__dict__.pop("_sample", None)
    for words in QUERIES:
        wanted, found = (files.words.match(words) for files in both)
        assert wanted
        assert found
        assert found.mean == pytest.approx(wanted.mean, rel=1e-4), "the mean needs no sample"
        assert found.deviation == pytest.approx(wanted.deviation, rel=0.25)
    both[1].words.__dict__.pop("_sample", None)


@pytest.mark.parametrize("text", ["International Civil Aviation Organization", "Regional", "the", "fish", "", "crew"])
def test_rows_with_every_word(both: tuple[Files, MilvusFiles], text: str) -> None:
    wanted, found = (files.words.rows_with(text).tolist() for files in both)
    assert found == wanted


def test_an_organization_without_a_section_has_the_papers_it_published(tmp_path: Path) -> None:
    edition = Edition("sea", "2020", "sea-2020.pdf", "a" * 64, Imprint(publishers=("Port Press",)))
    text = "Boats need lamps."
    passages = [Passage("sea/2020/0/0", edition, None, (), text, (1,), ("1",), sentences=((0, len(text)),))]
    encoder = WordEncoder()
    vectors, tokens = encoder.encode_tokens([text], is_query=False)
    encoded = Encoded(vectors, tokens, vectors)

    def write(draft: Path) -> None:
        write_files(draft, [Document(edition, (), (), ())], passages, encoded)

    for place in (FolderStore(tmp_path / "index"), open_store(f"milvus:{tmp_path}/index.db")):
        with place.writing():
            place.publish(write, encoder.info, ForeignScores(0, 1), (edition,), {"passages": 1, "sentences": 1})
        files = place.open_current(lambda opened: opened.files)
        assert np.asarray(files.rows(["Port Press"])).tolist() == [0]
        assert np.asarray(files.rows(["Nobody"])).tolist() == []
        files.close()
