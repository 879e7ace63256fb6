"""The pointer of an index: one line that names the generations that can be opened, switched in one step.

    generation-000002 <sha256 of its manifest> generation-000001 <sha256 of its manifest>

The current one comes first. All of it stands on one line, so that a file that was cut anywhere is no pointer any more.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import IndexDamaged, IndexMissing, IndexNotWritable

POINTER = "CURRENT"
ASIDE, FORMER = f".{POINTER}", f".{POINTER}.former"  # the next pointer and the one before, while it is switched
ENTRY = r"generation-\d{6,} [0-9a-f]{64}"
POINTER_TEXT = re.compile(f"{ENTRY}(?: {ENTRY})*\n", re.ASCII)
KEPT = 2  # generations: the current one, and the one that readers may still hold and that one can go back to
REBUILD = "rebuild it: mandates ingest"


class Entry(NamedTuple):
    """What the pointer says of a generation: its folder and the sha256 of its manifest."""

    name: str
    manifest_sha256: str


def read_pointer(folder: Path) -> list[Entry]:
    """List the generations that can be opened, the current one first.

    :raises IndexMissing, IndexDamaged: if there is no pointer, or its text is not as written.
    """
    try:
        text = (folder / POINTER).read_bytes().decode("ascii")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise IndexMissing(f"{folder}: no index here; build it: mandates ingest") from error
    except (OSError, UnicodeDecodeError) as error:
        raise IndexDamaged(f"{folder / POINTER}: cannot be read; {REBUILD}") from error
    if not POINTER_TEXT.fullmatch(text):
        raise IndexDamaged(f"{folder / POINTER}: not as it was written; {REBUILD}")
    words = text.split()
    return [Entry(*pair) for pair in zip(words[::2], words[1::2], strict=True)]


def point_to(folder: Path, entries: Sequence[Entry]) -> None:
    """Switch the pointer, in one step that cannot be seen half done.

    :raises OSError: if that fails; the pointer then says what it said before.
    """
    aside, former, pointer = folder / ASIDE, folder / FORMER, folder / POINTER
    try:
        if pointer.exists():
            _write(former, pointer.read_bytes())  # now, since there may be no space when it is needed
        _write(aside, (" ".join(f"{name} {sha256}" for name, sha256 in entries) + "\n").encode())
        aside.replace(pointer)
        try:
            sync(folder)
        except OSError:
            if former.exists():
                former.replace(pointer)
            else:
                pointer.unlink()
            raise
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
            former.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def file_system_errors(folder: Path) -> Iterator[None]:
    """Turn whatever the file system refuses into an error that says what to do.

    :raises IndexNotWritable: for any ``OSError``.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise IndexNotWritable(
            f"{folder}: cannot write the index ({reason}); free space or permissions, or choose another --index"
        ) from error


def _write(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    sync(file)
