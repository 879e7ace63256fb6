"""Law 6: one generation, whole, or a clear error; and a failing write changes nothing."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.datatypes import Edition, EncoderInfo, ForeignScores, Manifest
from pipeline.errors import IndexBusy, IndexDamaged, IndexMissing, IndexNotWritable, IndexOutdated
from pipeline.indexing import manifests, store
from pipeline.indexing.pointer import POINTER
from tests.indexing.editions import EVERY_FILE

ROOT = Path(__file__).parents[2]
ENCODER = EncoderInfo("words", "1", "0" * 64, 512)
FOREIGN = ForeignScores(0.8125, 0.0213)
EDITIONS = (Edition("sea", "2020", "sea-2020.pdf", "a" * 64),)
COUNTS = {"passages": 2, "sentences": 3}
FILES = [name for name in EVERY_FILE if name != store.MANIFEST]


def writer(word: str) -> Callable[[Path], None]:
    def write_files(draft: Path) -> None:
        for name in FILES:
            (draft / name).write_text(f"{word} in {name}", encoding="utf-8")

    return write_files


def publish(folder: Path, word: str = "herring") -> store.Generation:
    with store.writing(folder):
        return store.publish(folder, writer(word), ENCODER, FOREIGN, EDITIONS, COUNTS)


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file but the lock, with its bytes; folders count too."""
    items = (item for item in folder.rglob("*") if item.name != store.LOCK)
    return {str(item.relative_to(folder)): item.read_bytes() if item.is_file() else b"folder" for item in items}


def names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir() if item.name != store.LOCK)


def test_the_manifest_tells_what_was_published(tmp_path: Path) -> None:
    published = publish(tmp_path / "deep" / "index")
    opened = store.open_generation(tmp_path / "deep" / "index")
    assert opened == published
    checksums = {name: hashlib.sha256(f"herring in {name}".encode()).hexdigest() for name in sorted(FILES)}
    built_at = opened.manifest.built_at
    assert opened.manifest == Manifest(
        manifests.SCHEMA, version("mandates"), ENCODER, FOREIGN, EDITIONS, COUNTS, checksums, built_at
    )
    assert built_at.endswith("+00:00")


def test_generations_are_numbered_the_previous_is_kept_the_third_swept(tmp_path: Path) -> None:
    publish(tmp_path, "one")
    first = snapshot(tmp_path / "generation-000001")
    publish(tmp_path, "two")
    assert names(tmp_path) == ["CURRENT", "generation-000001", "generation-000002"]
    assert snapshot(tmp_path / "generation-000001") == first
    third = publish(tmp_path, "three")
    assert names(tmp_path) == ["CURRENT", "generation-000002", "generation-000003"]
    assert store.open_generation(tmp_path) == third
    assert (third.path / store.CATALOG).read_text() == "three in catalog.sqlite"


def test_the_pointer_is_switched_by_one_rename_after_all_files_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path, "one")
    seen: list[tuple[str, list[str]]] = []
    replace = Path.replace

    def spy(self: Path, target: Path) -> Path:
        seen.append((store.open_generation(tmp_path).path.name, names(tmp_path / "generation-000002")))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", spy)
    publish(tmp_path, "two")
    assert seen == [("generation-000001", sorted([*FILES, store.MANIFEST]))]
    assert store.open_generation(tmp_path).path.name == "generation-000002"


def test_drafts_of_dead_builds_are_swept(tmp_path: Path) -> None:
    (tmp_path / ".draft-000001").mkdir()
    (tmp_path / ".draft-000001" / "old").write_text("x")
    (tmp_path / ".draft-000007").mkdir()
    generation = publish(tmp_path)
    assert names(tmp_path) == ["CURRENT", "generation-000001"]
    assert names(generation.path) == sorted([*FILES, store.MANIFEST])


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "generation-x").mkdir()
    for word in ("one", "two", "three"):
        publish(tmp_path, word)
    assert (tmp_path / "README.md").read_text() == "mine"
    assert (tmp_path / "generation-x").is_dir()


def test_a_generation_left_by_a_crash_before_the_pointer_is_not_read(tmp_path: Path) -> None:
    publish(tmp_path, "one")
    (tmp_path / "generation-000002").mkdir()
    assert store.open_generation(tmp_path).path.name == "generation-000001"
    assert publish(tmp_path, "three").path.name == "generation-000002"
    assert names(tmp_path) == ["CURRENT", "generation-000001", "generation-000002"]


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), ValueError("x"), KeyboardInterrupt()]
)
def test_a_failing_writer_leaves_every_byte_and_no_draft(tmp_path: Path, error: BaseException) -> None:
    publish(tmp_path)
    before = snapshot(tmp_path)

    def fail(draft: Path) -> None:
        (draft / store.CATALOG).write_text("half")
        raise error

    expected = IndexNotWritable if isinstance(error, OSError) else type(error)
    with pytest.raises(expected), store.writing(tmp_path):
        store.publish(tmp_path, fail, ENCODER, FOREIGN, EDITIONS, COUNTS)
    assert snapshot(tmp_path) == before


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
READ_ONLY = OSError(errno.EROFS, os.strerror(errno.EROFS))


@pytest.mark.parametrize("step", ["Path.mkdir", "Path.write_text", "os.fsync", "Path.rename", "Path.replace"])
@pytest.mark.parametrize("error", [FULL, READ_ONLY], ids=["full", "read-only"])
def test_a_full_or_read_only_disk_leaves_the_index_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: OSError
) -> None:
    publish(tmp_path)
    before = snapshot(tmp_path)

    def refuse(*args: object, **options: object) -> None:
        raise error

    owner, name = (os, "fsync") if step == "os.fsync" else (Path, step.removeprefix("Path."))
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, refuse)
        with pytest.raises(IndexNotWritable) as caught:
            publish(tmp_path, "two")
    assert str(caught.value).startswith(f"{tmp_path}: cannot write the index ({error.strerror})")
    assert "--index" in str(caught.value)
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("place", ["file", "file/index"])
def test_an_index_cannot_lie_where_a_file_is(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(IndexNotWritable, match="cannot write the index"):
        publish(tmp_path / place)
    assert (tmp_path / "file").read_text() == "mine"
    with pytest.raises(IndexMissing, match="mandates ingest"):
        store.open_generation(tmp_path / place)


def test_a_real_write_limit_leaves_the_index_as_it_was(tmp_path: Path) -> None:
    publish(tmp_path)
    before = snapshot(tmp_path)
    script = (
        "import sys; from pathlib import Path; from tests.indexing.test_store import publish\n"
        "from pipeline.errors import IndexNotWritable\n"
        "try: publish(Path(sys.argv[1]), 'x' * 5000)\n"
        "except IndexNotWritable as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", script, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=_limit_files,
    )
    assert "cannot write the index (File too large)" in done.stdout
    assert snapshot(tmp_path) == before


def _limit_files() -> None:
    """Files end there, bytecode too: run with -B, or Python keeps half a module for the next import."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))


def test_two_writers_do_not_meet(tmp_path: Path) -> None:
    publish(tmp_path)
    before = snapshot(tmp_path)
    with store.writing(tmp_path), pytest.raises(IndexBusy, match="another ingest"):
        publish(tmp_path, "two")
    assert snapshot(tmp_path) == before
    assert publish(tmp_path, "three").path.name == "generation-000002"


@pytest.mark.parametrize("place", [".", "nowhere"])
def test_no_index_says_which_command_builds_one(tmp_path: Path, place: str) -> None:
    with pytest.raises(IndexMissing, match="no index here; build it: mandates ingest"):
        store.open_generation(tmp_path / place)


PARTS = [*(f"generation-000001/{name}" for name in [*FILES, store.MANIFEST]), POINTER]
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "first byte": lambda data: bytes([data[0] ^ 1]) + data[1:],
    "middle byte": lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 4]) + data[len(data) // 2 + 1 :],
    "cut": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "garbage": lambda data: b"\xff\x00garbage",
    "longer": lambda data: data + b"x",
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_any_damage_is_found_when_the_index_is_opened(tmp_path: Path, part: str, damage: str) -> None:
    publish(tmp_path)
    file = tmp_path / part
    file.write_bytes(DAMAGES[damage](file.read_bytes()))
    with pytest.raises(IndexDamaged) as caught:
        store.open_generation(tmp_path)
    assert "mandates ingest" in str(caught.value)
    # A pointer to another generation, or with another checksum, cannot be told from damage to that manifest.
    named = {part} if part != POINTER else {POINTER, store.MANIFEST}
    assert any(name in str(caught.value) for name in named)


@pytest.mark.parametrize("part", PARTS[:-1])
def test_a_missing_file_is_named(tmp_path: Path, part: str) -> None:
    publish(tmp_path)
    (tmp_path / part).unlink()
    with pytest.raises(IndexDamaged, match=f"{part}.*mandates ingest"):
        store.open_generation(tmp_path)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.sampled_from(PARTS), place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_flipped_bit_is_found(tmp_path_factory: pytest.TempPathFactory, part: str, place: float, bit: int) -> None:
    folder = tmp_path_factory.mktemp("index")
    publish(folder)
    file = folder / part
    data = bytearray(file.read_bytes())
    position = int(place * len(data))
    data[position] ^= 1 << bit
    file.write_bytes(data)
    with pytest.raises(IndexDamaged, match="mandates ingest"):
        store.open_generation(folder)


def test_an_edited_manifest_is_found(tmp_path: Path) -> None:
    path = publish(tmp_path).path / store.MANIFEST
    path.write_text(path.read_text().replace('"passages": 2', '"passages": 3'))
    with pytest.raises(IndexDamaged, match=r"manifest\.json: not the bytes that were written"):
        store.open_generation(tmp_path)


def test_another_schema_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(manifests, "SCHEMA", 99)
        publish(tmp_path)
    with pytest.raises(IndexOutdated, match=f"schema 99, this release reads {manifests.SCHEMA}; .*mandates ingest"):
        store.open_generation(tmp_path)


def test_a_later_release_may_have_another_manifest(tmp_path: Path) -> None:
    path = publish(tmp_path).path
    text = json.dumps({"schema": 99, "everything": "else"})
    (path / store.MANIFEST).write_text(text)
    (tmp_path / POINTER).write_text(f"{path.name} {hashlib.sha256(text.encode()).hexdigest()}\n")
    with pytest.raises(IndexOutdated, match="schema 99"):
        store.open_generation(tmp_path)
