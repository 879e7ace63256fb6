"""Files an answer is written to: whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from pipeline.errors import OutputError


def check_place(path: Path) -> None:
    """Make sure that a file can be written here, before the work is done that would be lost.

    :raises OutputError: saying why not.
    """
    if path.exists() and not path.is_file():
        raise OutputError(f"{path}: cannot write here (not a plain file)")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise OutputError(f"{path}: cannot write here (no such folder)")
    if not os.access(folder, os.W_OK):
        raise OutputError(f"{path}: cannot write here (no permission)")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under another name and then rename it, so that nobody meets half of it.

    :raises OutputError: if the place takes no file; one that was there stays as it was.
    """
    check_place(path)
    target = path.resolve()
    aside = target.with_name(f".mandates-{secrets.token_hex(8)}")
    try:
        try:
            aside.write_bytes(content)
            aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot write here ({error.strerror})") from error
