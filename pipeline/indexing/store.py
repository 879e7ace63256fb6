"""Generations of the index: written aside, checked, published by one atomic rename of a pointer.

    index/
      CURRENT                  "generation-000002 <sha256 of its manifest>"
      generation-000001/       the one before, for readers that still hold it
      generation-000002/       manifest.json, catalog.sqlite, passages.faiss, sentences.faiss, tokens.npy

A generation is never changed after it is published, so a reader sees one whole or an error.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from pipeline.datatypes import Edition, EncoderInfo, ForeignScores, Manifest
from pipeline.errors import IndexBusy, IndexDamaged, IndexMissing, IndexNotWritable, IndexOutdated

SCHEMA = 3  # raised whenever an older index cannot be read any more
POINTER = "CURRENT"
LOCK = ".lock"
MANIFEST = "manifest.json"
CATALOG = "catalog.sqlite"
PASSAGE_VECTORS = "passages.faiss"
SENTENCE_VECTORS = "sentences.faiss"
TOKEN_VECTORS = "tokens.npy"  # noqa: S105 - no secret
KEPT = 2  # generations: the current one and the one that readers may still hold
NAME = re.compile(r"generation-(\d{6,})")
REBUILD = "rebuild it: mandates ingest"


class Generation(NamedTuple):
    """A published generation: its folder and what must be in it."""

    path: Path
    manifest: Manifest


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold the index folder for writing; created if missing.

    :raises IndexBusy: if another process writes.
    :raises IndexNotWritable: if the folder cannot be made or locked.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK, timeout=0)
    with _file_system_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout as error:
            raise IndexBusy(f"{folder}: another ingest is writing this index; wait for it to end") from error
    try:
        yield
    finally:
        lock.release()


def publish(
    folder: Path,
    write_files: Callable[[Path], None],
    encoder: EncoderInfo,
    foreign: ForeignScores,
    editions: tuple[Edition, ...],
    counts: dict[str, int],
) -> Generation:
    """Write a generation aside and make it the current one.

    :param write_files: writes all files but the manifest into the folder it is given.
    :raises IndexNotWritable: for any failure of the file system; the index is then as it was.
    """
    with _file_system_errors(folder):
        number = max((int(match[1]) for match in map(NAME.fullmatch, os.listdir(folder)) if match), default=0) + 1
        draft, final = folder / f".draft-{number:06d}", folder / f"generation-{number:06d}"
        shutil.rmtree(draft, ignore_errors=True)
        try:
            draft.mkdir()
            write_files(draft)
            checksums = {file.name: _sha256(file) for file in sorted(draft.iterdir())}
            built_at = datetime.now(UTC).isoformat(timespec="seconds")
            manifest = Manifest(SCHEMA, encoder, foreign, editions, counts, checksums, built_at)
            text = json.dumps(asdict(manifest), ensure_ascii=False, indent=2) + "\n"
            (draft / MANIFEST).write_text(text, encoding="utf-8")
            for file in draft.iterdir():
                _sync(file)
            _sync(draft)
            draft.rename(final)
            _point_to(folder, f"{final.name} {hashlib.sha256(text.encode()).hexdigest()}\n")
        except BaseException:
            for path in (draft, final):
                shutil.rmtree(path, ignore_errors=True)
            raise
        _sweep(folder, number)
    return Generation(final, manifest)


def open_generation(folder: Path) -> Generation:
    """Find the current generation and check that every byte of it is as written.

    :raises IndexMissing, IndexOutdated, IndexDamaged: with the command that mends it.
    """
    try:
        pointer = (folder / POINTER).read_text(encoding="utf-8").split()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise IndexMissing(f"{folder}: no index here; build it: mandates ingest") from error
    except (OSError, UnicodeDecodeError) as error:
        raise IndexDamaged(f"{folder / POINTER}: cannot be read; {REBUILD}") from error
    if len(pointer) != 2 or not NAME.fullmatch(pointer[0]):
        raise IndexDamaged(f"{folder / POINTER}: names no generation; {REBUILD}")
    path = folder / pointer[0]
    manifest = _read_manifest(path / MANIFEST, pointer[1])
    for name, checksum in manifest.checksums.items():
        if not (path / name).is_file():
            raise IndexDamaged(f"{path / name}: missing; {REBUILD}")
        if _sha256(path / name) != checksum:
            raise IndexDamaged(f"{path / name}: not the bytes that were written; {REBUILD}")
    return Generation(path, manifest)


def _read_manifest(file: Path, checksum: str) -> Manifest:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise IndexDamaged(f"{file}: cannot be read; {REBUILD}") from error
    if hashlib.sha256(data).hexdigest() != checksum:
        raise IndexDamaged(f"{file}: not the bytes that were written; {REBUILD}")
    fields = json.loads(data)
    if fields["schema"] != SCHEMA:
        raise IndexOutdated(f"{file}: the index has schema {fields['schema']}, this release reads {SCHEMA}; {REBUILD}")
    return Manifest(
        schema=fields["schema"],
        encoder=EncoderInfo(**fields["encoder"]),
        foreign=ForeignScores(*fields["foreign"]),
        editions=tuple(Edition(**edition) for edition in fields["editions"]),
        counts=fields["counts"],
        checksums=fields["checksums"],
        built_at=fields["built_at"],
    )


@contextmanager
def _file_system_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise IndexNotWritable(
            f"{folder}: cannot write the index ({reason}); free space or permissions, or choose another --index"
        ) from error


def _point_to(folder: Path, text: str) -> None:
    aside = folder / f".{POINTER}"
    try:
        aside.write_text(text, encoding="utf-8")
        _sync(aside)
        aside.replace(folder / POINTER)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _sync(folder)


def _sweep(folder: Path, newest: int) -> None:
    """Delete generations that nobody needs and drafts of builds that died."""
    for path in folder.iterdir():
        match = NAME.fullmatch(path.name)
        if (match and int(match[1]) <= newest - KEPT) or path.name.startswith(".draft-"):
            shutil.rmtree(path, ignore_errors=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
