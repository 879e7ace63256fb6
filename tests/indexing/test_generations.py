"""Going back, freeing, sweeping."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pipeline.errors import IndexDamaged, IndexMissing
from pipeline.indexing import store
from pipeline.indexing.pointer import POINTER, point_to, read_pointer
from tests.indexing.editions import EVERY_FILE, RUBBISH, names, snapshot
from tests.indexing.generations import current, damage, publish


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Two generations: "one", and "two", the current one."""
    for word in ("one", "two"):
        publish(tmp_path / "index", word)
    return tmp_path / "index"


def litter(folder: Path) -> None:
    for name in RUBBISH:
        if name.startswith("."):
            (folder / name).write_text("half")
        else:
            (folder / name).mkdir()


# --- rollback


def test_rollback_makes_the_generation_before_current(two: Path) -> None:
    assert store.roll_back(two).path.name == "generation-000001"
    assert current(two) == "one"
    with pytest.raises(IndexMissing, match="no generation before the current one to go back to"):
        store.roll_back(two)
    assert current(two) == "one"


def test_the_next_build_after_a_rollback(two: Path) -> None:
    store.roll_back(two)
    publish(two, "three")
    assert current(two) == "three"
    store.roll_back(two)
    assert current(two) == "one", "what was gone back from is not gone back to"


def test_rollback_from_a_damaged_generation(two: Path) -> None:
    damage(two, 2)
    store.roll_back(two)
    assert current(two) == "one"


def test_no_rollback_to_a_damaged_generation(two: Path) -> None:
    damage(two, 1)
    before = snapshot(two)
    with pytest.raises(IndexDamaged, match=r"generation-000001/catalog\.sqlite: not the bytes"):
        store.roll_back(two)
    assert snapshot(two) == before


@pytest.mark.parametrize("act", [store.roll_back, store.collect_garbage])
def test_where_no_index_is_no_folder_is_made(tmp_path: Path, act: object) -> None:
    assert callable(act)
    with pytest.raises(IndexMissing):
        act(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


# --- damage, and the way out


def test_a_damaged_generation_offers_the_one_before(two: Path) -> None:
    built_at = store.check_generation(two, read_pointer(two)[1]).manifest.built_at
    damage(two, 2)
    with pytest.raises(IndexDamaged) as caught:
        store.open_generation(two)
    file = two / "generation-000002" / store.CATALOG
    assert str(caught.value) == (
        f"{file}: not the bytes that were written; rebuild it: mandates ingest; "
        f"or go back to the generation of {built_at}: mandates rollback"
    )


@pytest.mark.parametrize("how", ["damaged", "missing", "none"])
def test_no_way_out_is_offered_that_is_none(two: Path, how: str) -> None:
    damage(two, 2)
    if how == "damaged":
        damage(two, 1)
    elif how == "missing":
        shutil.rmtree(two / "generation-000001")
    else:
        point_to(two, read_pointer(two)[:1])
    with pytest.raises(IndexDamaged, match=r"rebuild it: mandates ingest$"):
        store.open_generation(two)


def test_a_build_over_a_damaged_generation_keeps_the_last_good_one(two: Path) -> None:
    damage(two, 2)
    publish(two, "three")
    assert [entry.name for entry in read_pointer(two)] == ["generation-000003", "generation-000001"]
    store.roll_back(two)
    assert current(two) == "one"


def test_a_build_over_a_damaged_pointer(two: Path) -> None:
    (two / POINTER).write_text("?")
    publish(two, "three")
    assert (current(two), names(two)) == ("three", [POINTER, "generation-000003"])


# --- sweeping


def test_every_writer_sweeps_what_dead_ones_left(two: Path) -> None:
    before = snapshot(two)
    litter(two)
    with store.writing(two):
        assert snapshot(two) == before


def test_a_damaged_pointer_lets_generations_be(two: Path) -> None:
    (two / POINTER).write_text("?")
    litter(two)
    with store.writing(two):
        assert names(two) == [POINTER, "generation-000001", "generation-000002", "generation-000777"]


def test_clear_deletes_all_generations_but_nothing_else(two: Path) -> None:
    (two / "README.md").write_text("mine")
    litter(two)
    with store.writing(two):
        store.clear(two)
    assert names(two) == ["README.md"]


def test_gc_frees_what_it_says(two: Path) -> None:
    litter(two)
    size = sum(len(data) for name, data in snapshot(two).items() if data != b"folder")
    freed = store.collect_garbage(two)
    left = sum(len(data) for name, data in snapshot(two).items() if data != b"folder")
    assert (names(two), current(two)) == ([POINTER, "generation-000002"], "two")
    assert freed == size - left > 0
    assert store.collect_garbage(two) == 0


def test_gc_keeps_the_last_good_generation(two: Path) -> None:
    damage(two, 2)
    before = snapshot(two)
    with pytest.raises(IndexDamaged, match="mandates rollback"):
        store.collect_garbage(two)
    assert snapshot(two) == before


def test_a_build_may_leave_nothing_of_the_former(two: Path) -> None:
    publish(two, "three", kept=1)
    assert names(two) == [POINTER, "generation-000003"]


def test_every_file_is_on_the_disk_before_the_pointer_names_it(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def spy(handle: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()).removeprefix(f"{two}/"))
        fsync(handle)

    def switch(self: Path, target: Path) -> Path:
        synced.append("switch")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", spy)
    monkeypatch.setattr(Path, "replace", switch)
    publish(two, "three")
    draft = ".draft-000003"
    assert sorted(synced[: len(EVERY_FILE)]) == sorted(f"{draft}/{name}" for name in EVERY_FILE)
    assert synced[len(EVERY_FILE) :] == [draft, str(two), ".CURRENT.former", ".CURRENT", "switch", str(two)]
