"""Every kind of damage is found and told exactly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import IndexDamaged, IndexMissing
from pipeline.indexing import store
from pipeline.indexing.arrays import write_arrays
from pipeline.indexing.columns import Columns
from pipeline.indexing.lexical import LexicalWriter
from pipeline.indexing.nearest import write_vectors
from pipeline.indexing.pointer import POINTER, Entry, read_pointer
from pipeline.indexing.verify import verify_index
from tests.indexing.editions import BUA, EVERY_FILE, WLA, ingest, make_edition
from tests.indexing.republishing import republish, sql, two_generations


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return two_generations(tmp_path)


def test_a_whole_index(index: Path) -> None:
    found = verify_index(index)
    assert found.damage == ()
    assert found.checked == (
        "generation-000002: 3 passages, 3 sentences",
        "generation-000001: 2 passages, 2 sentences",
    )


@pytest.mark.parametrize("generation", ["generation-000001", "generation-000002"])
@pytest.mark.parametrize("name", EVERY_FILE)
@pytest.mark.parametrize("missing", [True, False])
def test_every_file_of_every_generation_is_checked(index: Path, generation: str, name: str, missing: bool) -> None:
    file = index / generation / name
    if missing:
        file.unlink()
    else:
        file.write_bytes(file.read_bytes() + b"x")
    found = verify_index(index)
    (damage,) = found.damage
    assert str(file) in damage
    assert damage.endswith("mandates ingest" if generation == "generation-000002" else "delete it: mandates gc")
    assert len(found.checked) == 1


def test_a_damaged_former_generation_goes_with_gc(index: Path) -> None:
    (index / "generation-000001" / store.CATALOG).write_bytes(b"")
    assert verify_index(index).damage
    store.collect_garbage(index)
    assert verify_index(index).damage == ()


def test_a_damaged_current_generation_goes_with_ingest(tmp_path: Path, index: Path) -> None:
    (index / "generation-000002" / store.CATALOG).write_bytes(b"")
    ingest(tmp_path / "papers", index)
    assert verify_index(index).damage == ()
    assert [entry.name for entry in read_pointer(index)] == ["generation-000003", "generation-000001"]


def test_no_index_and_a_damaged_pointer_are_errors(index: Path) -> None:
    (index / POINTER).write_text("generation-000002\n")
    with pytest.raises(IndexDamaged, match="CURRENT: not as it was written"):
        verify_index(index)
    (index / POINTER).unlink()
    with pytest.raises(IndexMissing):
        verify_index(index)


def scaled(name: str) -> Callable[[Path], None]:
    def damage(draft: Path) -> None:
        vectors = np.ones((3, 512), dtype=np.float32) / np.sqrt(512, dtype=np.float32)
        vectors[1] *= 1.01
        write_vectors(draft / name, vectors)

    return damage


def shaped(name: str, *shape: int) -> Callable[[Path], None]:
    def damage(draft: Path) -> None:
        if name.endswith(".npy"):
            np.save(draft / name, np.zeros(shape, dtype=np.int8))
        else:
            write_vectors(draft / name, np.zeros(shape, dtype=np.float32))

    return damage


def garbage(name: str) -> Callable[[Path], None]:
    def damage(draft: Path) -> None:
        (draft / name).write_bytes(b"no")

    return damage


def column(name: str, *values: int) -> Callable[[Path], None]:
    """Write other values into one of the columns."""

    def damage(draft: Path) -> None:
        found = Columns(draft / store.COLUMNS)
        arrays = {
            "owners": found.owners, "sections": found.sections,
            "sentences": found.first_sentences, "tokens": found.first_tokens,
        }  # fmt: skip
        copies = {other: np.array(values_) for other, values_ in arrays.items()}
        write_arrays(draft / store.COLUMNS, copies | {name: np.array(values, dtype=np.uint32)})

    return damage


def other_words(*texts: str) -> Callable[[Path], None]:
    def damage(draft: Path) -> None:
        writer = LexicalWriter()
        for text in texts:
            writer.add(text)
        writer.write(draft / store.WORDS)

    return damage


INSIDE: list[tuple[Callable[[Path], None], str]] = [
    (shaped(store.PASSAGE_VECTORS, 2, 512), "passages.faiss: 2 vectors of 512, expected 3 of 512"),
    (shaped(store.SENTENCE_VECTORS, 3, 8), "sentences.npy: shape (3, 8), expected (3, 512)"),
    (scaled(store.PASSAGE_VECTORS), "passages.faiss: vector 1 has norm 1.010, not 1 (1 like it)"),
    (shaped(store.TOKEN_VECTORS, 5, 512), "tokens.npy: shape (5, 512), expected ("),
    (garbage(store.PASSAGE_VECTORS), "passages.faiss: not a FAISS index"),
    (garbage(store.TOKEN_VECTORS), "tokens.npy: not a matrix"),
    (garbage(store.CATALOG), "catalog.sqlite: file is not a database"),
    (sql("DELETE FROM passages WHERE row = 1"), "2 passages, the manifest says 3"),
    (sql("UPDATE passages SET row = 7 WHERE row = 2"), "the numbers of the passages' vectors have gaps"),
    (sql("UPDATE passages SET sentences = '[]' WHERE row = 0"), "sentences and their vectors are not in step"),
    (sql("UPDATE editions SET first_row = 1 WHERE id = 'lake/2021'"), "passage 0 has another edition"),
    (column("tokens", 0, 9, 8, 30), "tokens and their vectors are not in step"),
    (column("tokens", 0, 9, 18, 30), "tokens.npy: shape ("),
    (column("sentences", 0, 2, 2, 3), "sentences and their vectors are not in step"),
    (column("owners", 1, 1, 1), "has another edition, organization or headings than in the catalog"),
    (column("owners", 1, 1), "columns.safetensors: the columns are not of one length"),
    (garbage(store.COLUMNS), "columns.safetensors: not the arrays of an index"),
    (garbage(store.WORDS), "words.safetensors: not the arrays of an index"),
    (other_words("sea", "boats", "foghorns"), "is not in the index of words as it is in the catalog"),
    (other_words("sea"), "words.safetensors: has the words of 1 passages, and there are 3"),
]


@pytest.mark.parametrize(("damage", "expected"), INSIDE, ids=[expected for _, expected in INSIDE])
def test_what_was_written_wrong_is_found_inside(index: Path, damage: Callable[[Path], None], expected: str) -> None:
    republish(index, damage)
    found = verify_index(index)
    assert any(expected in line for line in found.damage), found.damage
    assert all("generation-000003" in line and "mandates ingest" in line for line in found.damage)


def test_a_wrong_count_is_found(index: Path) -> None:
    republish(index, lambda _: None, sentences=4)
    assert any("sentences and their vectors are not in step" in line for line in verify_index(index).damage)


def test_a_generation_swept_while_it_is_verified_is_no_damage(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = store.check_generation
    todo = ["publish twice"]

    def spy(folder: Path, entry: Entry, *, thorough: bool = True) -> store.Generation:
        if todo:
            todo.clear()
            for number in (1, 2):
                make_edition(tmp_path / "papers" / f"new-{2000 + number}.pdf", BUA, (WLA[0], f"Number {number}."))
                ingest(tmp_path / "papers", folder)
        return check(folder, entry, thorough=thorough)

    monkeypatch.setattr(store, "check_generation", spy)
    found = verify_index(index)
    assert found.damage == ()
    assert [line.split(":")[0] for line in found.checked] == ["generation-000004", "generation-000003"]
