"""Large files are read once, and again when they look otherwise."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pipeline.errors import IndexDamaged
from pipeline.indexing import checksums, store
from pipeline.indexing.verify import verify_index
from pipeline.indexing.whole import file_sha256
from tests.indexing.editions import EVERY_FILE, IFO, WLA, answers, ingest, make_edition


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index whose token vectors are large, its other files small."""
    make_edition(tmp_path / "sea-2020.pdf", IFO, WLA)
    ingest(tmp_path / "sea-2020.pdf", tmp_path / "small")
    sizes = sorted(file.stat().st_size for file in (tmp_path / "small" / "generation-000001").iterdir())
    catalog = (tmp_path / "small" / "generation-000001" / store.CATALOG).stat().st_size
    assert sizes[-1] == catalog
    monkeypatch.setattr(checksums, "LARGE", catalog)
    ingest(tmp_path / "sea-2020.pdf", tmp_path / "index")
    return tmp_path / "index"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files whose checksums are taken."""
    names: list[str] = []
    sha256 = file_sha256

    def spy(file: Path) -> str:
        names.append(file.name)
        return sha256(file)

    monkeypatch.setattr(checksums, "file_sha256", spy)
    return names


def flip(file: Path, *, keep_time: bool) -> None:
    status, data = file.stat(), bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))
    if keep_time:
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_opening_reads_small_files_only_and_verify_reads_all(index: Path, read: list[str]) -> None:
    assert "herring" in str(answers(index))
    assert sorted(read) == [name for name in EVERY_FILE if name not in (store.CATALOG, store.MANIFEST)]
    read.clear()
    assert verify_index(index).damage == ()
    assert store.CATALOG in read
    read.clear()
    store.open_generation(index)
    assert store.CATALOG in read, "an ingest takes over what it finds there"


def test_a_large_file_that_was_changed_is_found_by_opening(index: Path) -> None:
    flip(index / "generation-000001" / store.CATALOG, keep_time=False)
    with pytest.raises(IndexDamaged, match=r"catalog\.sqlite: not the bytes that were written"):
        answers(index)


def test_a_large_file_that_was_cut_is_found_by_opening_even_if_its_time_is_kept(index: Path) -> None:
    file = index / "generation-000001" / store.CATALOG
    status = file.stat()
    file.write_bytes(file.read_bytes()[:-1])
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(IndexDamaged, match=r"catalog\.sqlite: not the bytes that were written"):
        answers(index)


def test_bytes_that_turned_without_anybody_writing_are_found_by_verify_and_ingest(index: Path) -> None:
    flip(index / "generation-000001" / store.CATALOG, keep_time=True)
    store.open_current(index, lambda generation: generation)
    (damage,) = verify_index(index).damage
    assert "catalog.sqlite: not the bytes that were written" in damage
    with pytest.raises(IndexDamaged):
        store.open_generation(index)


def test_a_copy_is_read_once(index: Path, read: list[str]) -> None:
    file = index / "generation-000001" / store.CATALOG
    os.utime(file, ns=(1, 1))
    for expected in (True, False):
        read.clear()
        answers(index)
        assert (store.CATALOG in read) is expected


OTHERS = ["", "[]", "{", '{"generation-000001": 3}', '{"generation-000001": {"catalog.sqlite": 1}}']


@pytest.mark.parametrize("text", OTHERS)
def test_a_damaged_record_only_costs_time(index: Path, read: list[str], text: str) -> None:
    (index / checksums.LOOKS).write_text(text)
    answers(index)
    assert store.CATALOG in read
    read.clear()
    answers(index)
    assert store.CATALOG not in read


def test_a_record_that_cannot_be_written_is_no_error(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (index / checksums.LOOKS).unlink()
    (index / f"{checksums.LOOKS}.new").mkdir()
    assert "herring" in str(answers(index))
    assert not (index / checksums.LOOKS).exists()


def test_what_is_known_of_generations_goes_with_them(tmp_path: Path, index: Path) -> None:
    for number in (1, 2, 3):
        make_edition(tmp_path / "sea-2020.pdf", IFO, (*WLA, f"Number {number}."))
        ingest(tmp_path / "sea-2020.pdf", index)
    known = json.loads((index / checksums.LOOKS).read_text())
    assert set(known) <= {"generation-000002", "generation-000003", "generation-000004"}
    assert list(known["generation-000004"]) == [store.CATALOG]


def test_a_small_index_has_no_record(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not (tmp_path / "small" / checksums.LOOKS).exists()
    assert checksums.LARGE <= 2**25
