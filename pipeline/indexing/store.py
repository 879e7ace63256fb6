"""Generations of the index: written aside, checked, published by one atomic rename of a pointer.

    index/
      CURRENT                  "generation-000002 <sha256 of its manifest>", then the same of the one before
      generation-000001/       the one before, for readers that still hold it and to go back to
      generation-000002/       manifest.json, catalog.sqlite, columns.safetensors, words.safetensors,
                               passages.faiss, sentences.npy, tokens.npy, axes.safetensors if there are many

A generation is never changed after it is published, so a reader sees one whole or an error. What the pointer does not
name is rubbish: drafts of builds that died, generations nobody needs any more. Every writer sweeps it first.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from pipeline.datatypes import Edition, EncoderInfo, ForeignScores, Manifest
from pipeline.errors import IndexBusy, IndexDamaged, IndexMissing, IndexUnusable
from pipeline.indexing.checksums import check_files, remember
from pipeline.indexing.manifests import manifest_record, new_manifest, to_manifest
from pipeline.indexing.pointer import (
    ASIDE,
    FORMER,
    KEPT,
    POINTER,
    REBUILD,
    Entry,
    file_system_errors,
    point_to,
    read_pointer,
    sync,
)
from pipeline.indexing.whole import file_sha256

LOCK = ".lock"
WORK = ".work"  # what a cluster has finished of an ingest that has not ended; not swept, so that it can go on
MANIFEST = "manifest.json"
CATALOG = "catalog.sqlite"
COLUMNS = "columns.safetensors"
WORDS = "words.safetensors"
PASSAGE_VECTORS = "passages.faiss"
SENTENCE_VECTORS = "sentences.npy"
AXES = "axes.safetensors"  # only where token vectors are compact
TOKEN_VECTORS = "tokens.npy"  # noqa: S105 - no secret
NAME = re.compile(r"generation-(\d{6,})")
ATTEMPTS = 20  # to open a generation while others are published; each attempt loses only to a new one
Opened = TypeVar("Opened")


class Generation(NamedTuple):
    """A published generation: its folder and what must be in it."""

    path: Path
    manifest: Manifest


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold the index folder for writing, rid of what dead writers left in it; created if missing.

    :raises IndexBusy: if another process writes.
    :raises IndexNotWritable: if the folder cannot be made or locked.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK, timeout=0)
    with file_system_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout as error:
            raise IndexBusy(f"{folder}: another ingest is writing this index; wait for it to end") from error
    try:
        sweep(folder)
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
    kept: int = KEPT,
) -> Generation:
    """Write a generation aside and make it the current one.

    :param write_files: writes all files but the manifest into the folder it is given.
    :param kept: how many generations are left; 1 where nothing of the former ones may be.
    :raises IndexNotWritable: for any failure of the file system; the index is then as it was.
    """
    with file_system_errors(folder):
        number = max((int(match[1]) for match in map(NAME.fullmatch, os.listdir(folder)) if match), default=0) + 1
        draft, final = folder / f".draft-{number:06d}", folder / f"generation-{number:06d}"
        _delete(draft)
        try:
            draft.mkdir()
            write_files(draft)
            checksums = {file.name: file_sha256(file) for file in sorted(draft.iterdir())}
            manifest = new_manifest(encoder, foreign, editions, counts, checksums)
            text = json.dumps(manifest_record(manifest), ensure_ascii=False, indent=2) + "\n"
            (draft / MANIFEST).write_text(text, encoding="utf-8")
            for file in draft.iterdir():
                sync(file)
            sync(draft)
            draft.rename(final)
            remember(final, checksums)
            sync(folder)  # after a loss of power the pointer must not name a folder that is not there
            entry = Entry(final.name, hashlib.sha256(text.encode()).hexdigest())
            point_to(folder, [entry, *_whole_entries(folder, kept - 1)])
        except BaseException:
            sweep(folder)
            raise
        sweep(folder)
    return Generation(final, manifest)


def open_generation(folder: Path) -> Generation:
    """Find the current generation and check that every byte of it is as written.

    :raises IndexMissing, IndexOutdated, IndexDamaged: with the command that mends it.
    """
    return open_current(folder, lambda generation: generation, thorough=True)


def open_current(folder: Path, use: Callable[[Generation], Opened], *, thorough: bool = False) -> Opened:
    """Open the current generation, whose files have been checked.

    :param thorough: see ``check_generation``.
    :param use: opens the files it needs. It is called again if newer generations were published meanwhile and this
        one was swept away.
    :raises IndexMissing, IndexOutdated, IndexDamaged: with the command that mends it.
    """
    entries = read_pointer(folder)
    for _ in range(ATTEMPTS):
        try:
            opened = use(check_generation(folder, entries[0], thorough=thorough))
        except IndexDamaged as error:
            newer = read_pointer(folder)
            if newer[0] == entries[0]:
                raise _with_way_out(error, folder, entries) from error
        else:
            newer = read_pointer(folder)
            if entries[0] in newer:
                return opened
        entries = newer
    raise IndexBusy(f"{folder}: new generations are published faster than one can be opened; try again")


def check_generation(folder: Path, entry: Entry, *, thorough: bool = True) -> Generation:
    """Check that a generation is as written.

    :param thorough: read every byte, of large files too; see ``checksums``.
    :raises IndexOutdated, IndexDamaged: naming the file.
    """
    path = folder / entry.name
    manifest = _read_manifest(path / MANIFEST, entry.manifest_sha256)
    check_files(path, manifest.checksums, thorough=thorough)
    return Generation(path, manifest)


def roll_back(folder: Path) -> Generation:
    """Make the generation before the current one again.

    :raises IndexMissing: if there is none.
    :raises IndexDamaged: if it is not whole; the index is then as it was.
    """
    read_pointer(folder)  # no folder is made where no index is
    with writing(folder), file_system_errors(folder):
        entries = read_pointer(folder)
        if len(entries) < 2:
            raise IndexMissing(f"{folder}: there is no generation before the current one to go back to")
        generation = check_generation(folder, entries[1])
        point_to(folder, entries[1:])
    return generation


def collect_garbage(folder: Path) -> int:
    """Delete everything but the current generation.

    :return: the bytes freed.
    :raises IndexDamaged: if the current generation is not whole; the others are then kept.
    """
    read_pointer(folder)  # no folder is made where no index is
    before = _size(folder)
    with writing(folder), file_system_errors(folder):
        open_generation(folder)  # never delete the last good one
        point_to(folder, read_pointer(folder)[:1])
        drop_work(folder)
        sweep(folder)
        return before - _size(folder)


def clear(folder: Path) -> None:
    """Delete all generations; the caller holds the index for writing."""
    with file_system_errors(folder):
        (folder / POINTER).unlink()
        sync(folder)
        sweep(folder)


def drop_work(folder: Path) -> None:
    """Delete what unfinished ingests left to go on from; the caller holds the index for writing."""
    _delete(folder / WORK)


def sweep(folder: Path) -> None:
    """Delete rubbish. What cannot be deleted is left for the next writer."""
    with suppress(OSError):
        for path in rubbish(folder):
            _delete(path) if path.is_dir() else path.unlink()


def _delete(folder: Path) -> None:
    """Delete a folder as far as that can be done."""
    import shutil  # which a question has no use for, and takes 2 ms

    shutil.rmtree(folder, ignore_errors=True)


def rubbish(folder: Path) -> list[Path]:
    """List what builds that died left behind, and the generations that the pointer does not name if it can be read."""
    paths = sorted(folder.iterdir())
    left = [path for path in paths if path.name.startswith(".draft-") or path.name in (ASIDE, FORMER)]
    try:
        names = {entry.name for entry in read_pointer(folder)}
    except IndexMissing:
        names = set()
    except IndexDamaged:
        return left
    return left + [path for path in paths if NAME.fullmatch(path.name) and path.name not in names]


def current_model(folder: Path) -> str | None:
    """Give the name of the model of the current generation, None if there is no usable one."""
    try:
        return open_current(folder, lambda generation: generation).manifest.encoder.name
    except IndexUnusable:
        return None


def _read_manifest(file: Path, checksum: str) -> Manifest:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise IndexDamaged(f"{file}: cannot be read; {REBUILD}") from error
    if hashlib.sha256(data).hexdigest() != checksum:
        raise IndexDamaged(f"{file}: not the bytes that were written; {REBUILD}")
    return to_manifest(data, str(file), REBUILD)


def _whole_entries(folder: Path, count: int) -> list[Entry]:
    """List the latest generations that can be gone back to; none where the pointer is missing or damaged."""
    found: list[Entry] = []
    with suppress(IndexMissing, IndexDamaged):
        for entry in read_pointer(folder):
            try:
                check_generation(folder, entry, thorough=False)
            except IndexUnusable as error:
                reason = error.__cause__  # what cannot be read at this moment may still be whole
                if not isinstance(reason, OSError) or isinstance(reason, FileNotFoundError):
                    continue
            found.append(entry)
    return found[:count]


def _with_way_out(error: IndexDamaged, folder: Path, entries: list[Entry]) -> IndexDamaged:
    """Offer the generation before, if it is whole."""
    for entry in entries[1:2]:
        try:
            built_at = check_generation(folder, entry, thorough=False).manifest.built_at
        except IndexUnusable:
            continue
        return IndexDamaged(f"{error}; or go back to the generation of {built_at}: mandates rollback")
    return error


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
