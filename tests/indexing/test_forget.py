"""What is forgotten is in no byte of the index any more."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import IndexMissing, IndexNotWritable, QueryError
from pipeline.indexing import store
from pipeline.indexing.forget import forget
from pipeline.indexing.pointer import point_to, read_pointer
from pipeline.indexing.verify import verify_index
from tests.conftest import WordEncoder
from tests.indexing.editions import BUA, IFO, WLA, answers, ingest, make_edition, names, records, snapshot, vectors

SECRET = "Inspector Zubrowka hides quicksilver beneath the chapel."


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Two generations, each with the secret."""
    papers = tmp_path / "papers"
    make_edition(papers / "sea-2020.pdf", IFO, WLA)
    make_edition(papers / "spy-2019.pdf", (BUA[0], SECRET), IFO)
    ingest(papers, tmp_path / "index")
    make_edition(papers / "spy-2021.pdf", (BUA[0], SECRET, "It says more."))
    ingest(papers, tmp_path / "index")
    return tmp_path / "index"


def traces(folder: Path) -> list[str]:
    """Files that hold the secret's words, or its vector or the vector of its tokens."""
    encoder = WordEncoder()
    vector = encoder.encode([SECRET], is_query=False)[0].tobytes()
    rare = encoder.encode(["Zubrowka"], is_query=False)[0]
    token = np.where(rare > 0, 127, 0).astype(np.int8)
    parts = [b"Zubrowka", b"zubrowka", b"ubrowk", b"quicksilver", b"chapel", vector]
    files = [path for path in folder.rglob("*") if path.is_file()]
    found = [f"{path}: {part[:12]!r}" for path in files for part in parts if part in path.read_bytes()]
    matrices = [path for path in files if path.suffix == ".npy"]
    return found + [str(path) for path in matrices if (np.load(path) == token).all(axis=1).any()]


def test_a_document_leaves_every_byte_of_the_index(index: Path) -> None:
    assert len(traces(index)) >= 8
    gone = forget(index, "spy")
    assert [edition.id for edition in gone] == ["spy/2019", "spy/2021"]
    assert traces(index) == []
    assert names(index) == ["CURRENT", "generation-000003"]
    assert "herring" in str(answers(index))
    assert verify_index(index).damage == ()


def test_one_edition_of_it(index: Path) -> None:
    forget(index, "spy", "2021")
    assert [item.id for item in store.open_generation(index).manifest.editions] == ["sea/2020", "spy/2019"]
    assert "It says more" not in str(records(index / "generation-000003"))
    assert "Zubrowka" in str(records(index / "generation-000003"))
    assert len(read_pointer(index)) == 1, "the generation before held it too"


def test_what_stays_is_what_a_fresh_index_holds(tmp_path: Path, index: Path) -> None:
    forget(index, "spy")
    ingest(tmp_path / "papers" / "sea-2020.pdf", tmp_path / "fresh")
    kept, fresh = (store.open_generation(folder) for folder in (index, tmp_path / "fresh"))
    assert records(kept.path) == records(fresh.path)
    assert vectors(kept.path) == vectors(fresh.path)
    assert kept.manifest.counts == fresh.manifest.counts
    assert answers(index) == answers(tmp_path / "fresh")


def test_the_last_document_leaves_no_index(index: Path) -> None:
    forget(index, "spy")
    assert [edition.id for edition in forget(index, "sea")] == ["sea/2020"]
    assert snapshot(index) == {}
    with pytest.raises(IndexMissing):
        store.open_generation(index)


@pytest.mark.parametrize(("document", "label"), [("lake", None), ("spy", "2020"), ("spy/2019", None)])
def test_what_is_not_held_is_an_error_that_lists_what_is(index: Path, document: str, label: str | None) -> None:
    before = snapshot(index)
    with pytest.raises(QueryError, match="it holds sea/2020, spy/2019, spy/2021"):
        forget(index, document, label)
    assert snapshot(index) == before


def test_no_index_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        forget(tmp_path / "nowhere", "spy")
    assert not (tmp_path / "nowhere").exists()


def test_a_forgetting_that_was_killed_before_it_swept_is_ended_by_the_next_one(index: Path) -> None:
    shutil.copytree(index, index.parent / "copy")
    forget(index, "spy")
    for path in (index.parent / "copy").glob("generation-*"):
        shutil.copytree(path, index / path.name)
    assert traces(index)
    with pytest.raises(QueryError, match="it holds sea/2020"):
        forget(index, "spy")
    assert traces(index) == []


def test_what_cannot_be_deleted_is_told(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.indexing.store._delete", lambda path: None)
    with pytest.raises(IndexNotWritable, match=r"what was taken out is still in .*generation-000001"):
        forget(index, "spy")


def test_rollback_does_not_bring_it_back(index: Path) -> None:
    forget(index, "spy")
    with pytest.raises(IndexMissing, match="no generation before"):
        store.roll_back(index)


def test_it_works_where_only_one_generation_is(index: Path) -> None:
    point_to(index, read_pointer(index)[:1])
    forget(index, "spy", "2019")
    assert names(index) == ["CURRENT", "generation-000003"]
