"""Papers and finished parts at addresses: s3://, gs://, https://, file://. The only file that names fsspec.

What an address begins with is a protocol of fsspec; some come with a package of their own (s3fs, gcsfs).
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import uuid4

from pipeline.errors import ClusterError, FileMissing
from pipeline.reading.corpus import READABLE, Choice, Place, Remote, some

TRIES = 3  # to fetch a file: storage on a network has its moments
PAUSE = 1.0  # seconds before the second try, twice that before the third


def list_remote(place: Remote, choice: Choice) -> list[Remote]:
    """List the papers at an address: of a file itself, of a folder all papers below it, in order of their names.

    :raises FileMissing: if the folder cannot be listed, or holds no paper.
    """
    if PurePosixPath(place.name).suffix.lower() in READABLE:
        return [place]
    storage, folder = _storage(place.address)
    try:
        names = sorted(storage.find(folder))
    except Exception as error:
        raise FileMissing(f"{place}: cannot be listed ({_brief(error)})") from error
    taken = [name for name in names if choice.takes(PurePosixPath(name), PurePosixPath(folder))]
    return some([Remote(storage.unstrip_protocol(name)) for name in taken], place, choice)


@contextmanager
def fetched(place: Place) -> Iterator[Path]:
    """Give a file of this machine: the one meant, or a copy of it under its name, which is deleted afterwards.

    :raises FileMissing: if it cannot be fetched.
    """
    if isinstance(place, Path):
        yield place.absolute()  # a process that works for another may have another folder to start from
        return
    with tempfile.TemporaryDirectory(prefix="mandates-") as folder:
        copy = Path(folder) / place.name
        _fetch(place, copy)
        yield copy


def _fetch(place: Remote, copy: Path) -> None:
    storage, path = _storage(place.address)
    for attempt in range(1, TRIES + 1):
        try:
            storage.get_file(path, str(copy))
            break
        except Exception as error:
            if attempt == TRIES or isinstance(error, FileNotFoundError):
                raise FileMissing(f"{place}: cannot be read ({_brief(error)})") from error
            time.sleep(PAUSE * attempt)
    with suppress(Exception):  # not all storage knows dates: the copy is then of today
        modified = storage.modified(path).timestamp()
        os.utime(copy, (modified, modified))


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of this machine or at an address, for files that are written at once and never changed."""

    place: str

    def read(self, name: str) -> bytes | None:
        """Give the bytes of a file, None if there is none."""
        try:
            storage, path = _storage(self.place)
            data: bytes = storage.cat_file(f"{path}/{name}")
        except FileNotFoundError:
            return None
        except Exception as error:
            raise ClusterError(f"{self.place}: cannot be read ({_brief(error)})") from error
        return data

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all: aside first, except where the storage itself knows no halves."""
        try:
            storage, path = _storage(self.place)
            storage.makedirs(path, exist_ok=True)
            if "file" not in storage.protocol:
                storage.pipe_file(f"{path}/{name}", data)
                return
            aside = Path(path) / f".draft-{uuid4().hex}"
            aside.write_bytes(data)
            aside.replace(Path(path) / name)
        except Exception as error:
            raise ClusterError(f"{self.place}: cannot be written ({_brief(error)})") from error

    def delete(self, names: list[str]) -> None:
        """Delete files; what cannot be deleted stays, and does no harm but to the space it takes."""
        with suppress(Exception):
            storage, path = _storage(self.place)
            storage.rm([f"{path}/{name}" for name in names])


def _storage(address: str) -> tuple[Any, str]:
    """Give the file system of an address, and the path in it."""
    from fsspec.core import url_to_fs

    try:
        storage, path = url_to_fs(address)
    except (ImportError, ValueError) as error:  # the protocol is not known, or its package is missing
        raise FileMissing(f"{address}: {_brief(error)}") from error
    return storage, path.rstrip("/")


def _brief(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
