"""Is a folder still as it was written? Told in a millisecond by sizes and times, or for certain by checksums.

To hash the half gigabyte of a model takes longer than the whole answer to a question may. A file that is cut, replaced
or edited changes its size or its time of change, which a look at each file shows: that is what a search does. Bytes
that a bad disk turned without anybody writing show in the checksums only: these are for ingest and verify.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

RECORD = "record.json"  # relative path → size, time of change (ns), sha256


def write_record(folder: Path) -> None:
    """Write down what the files of a folder are; last of all, so that a folder without it is not whole."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.name != RECORD)
    _write(folder, {file.relative_to(folder).as_posix(): [*_look(file), file_sha256(file)] for file in files})


def is_whole(folder: Path, *, thorough: bool) -> bool:
    """Tell whether a folder's files are those that were written.

    :param thorough: read all files, instead of those only whose time of change is another, as it is after copying.
    """
    try:
        record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        looks = {name: _look(folder / name) for name in record}
        if not record or any(looks[name][0] != entry[0] for name, entry in record.items()):
            return False
        moved = [name for name, entry in record.items() if looks[name][1] != entry[1]]
        if any(file_sha256(folder / name) != record[name][2] for name in (record if thorough else moved)):
            return False
    except (OSError, ValueError, AttributeError, IndexError, TypeError):
        return False
    if moved:
        _remember(folder, {name: [*looks[name], entry[2]] for name, entry in record.items()})
    return True


def is_installed(file: Path, site: Path, package: str, sha256: str) -> bool:
    """Tell whether a file came with an installed package and is as long as it was, by the installer's own record.

    :param site: the folder that the package was installed into, and its ``*.dist-info/RECORD``.
    :return: False too where there is no record, or more than one.
    """
    records = list(site.glob(f"{package}-*.dist-info/RECORD"))
    digest = base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode("ascii").rstrip("=")
    try:
        entry = f"{file.relative_to(site).as_posix()},sha256={digest},{file.stat().st_size}"
        return len(records) == 1 and entry in records[0].read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return False


def file_sha256(file: Path) -> str:
    """Give the sha256 of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _look(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_size, status.st_mtime_ns


def _remember(folder: Path, record: dict[str, Any]) -> None:
    """Write the new times, if the folder can be written: if not, the files are read again the next time."""
    try:
        _write(folder, record)
    except OSError:
        return


def _write(folder: Path, record: dict[str, Any]) -> None:
    draft = folder / f"{RECORD}.new"
    draft.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    draft.replace(folder / RECORD)
