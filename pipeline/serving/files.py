"""Files an answer is written to: whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import OutputError


def check_place(path: Path) -> None:
    """Make sure that a file can be written here, before the work is done that would be lost.

    :raises OutputError: saying why not.
    """
    with _one_line(path):
        folder = path.resolve().parent
        if path.exists() and not path.is_file():
            raise OutputError(f"{path}: cannot be written (not a plain file)")
        if not folder.is_dir():
            raise OutputError(f"{path}: cannot be written (no such folder)")
        if not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
            raise OutputError(f"{path}: cannot be written (no permission)")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under another name and then rename it, so that nobody meets half of it.

    :raises OutputError: if the place takes no file; one that was there stays as it was.
    """
    check_place(path)
    with _one_line(path):
        target = path.resolve()
        aside = target.with_name(f".mandates-{secrets.token_hex(8)}")
        try:
            aside.write_bytes(content)
            aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)


@contextmanager
def _one_line(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
    except RuntimeError as error:  # how Python 3.11 and 3.12 report a link that points to itself
        raise OutputError(f"{path}: cannot be written (a link that points to itself)") from error
