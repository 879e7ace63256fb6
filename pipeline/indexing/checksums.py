"""Are a generation's files as they were written? Small ones are read at every opening, large ones looked at.

To read gigabytes takes longer than a question may. What is cut, replaced or edited has another size or another time of
change than when its checksum was last found right, and that is written down beside the generations. Bytes that a bad
disk turned without anybody writing show in the checksums only, which ``verify`` compares, and every ingest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.errors import IndexDamaged
from pipeline.indexing.pointer import REBUILD
from pipeline.indexing.whole import file_sha256

LARGE = 32 * 2**20  # bytes, from which on a file is only looked at: to read it takes 30 ms and more
LOOKS = ".looks.json"  # generation → large file → size, time of change (ns), checksum that was found


def check_files(path: Path, checksums: Mapping[str, str], *, thorough: bool) -> None:
    """Check that the files of a generation are as they were written.

    :param thorough: read large files, even if they look as they did when their checksum was last found right.
    :raises IndexDamaged: naming the first that is not.
    """
    seen = _read(path.parent).get(path.name, {})
    found: dict[str, list[Any]] = {}
    for name, checksum in checksums.items():
        try:
            size, changed = _look(path / name)
            if size >= LARGE:
                found[name] = [size, changed, checksum]
            if (thorough or found.get(name) != seen.get(name, 0)) and file_sha256(path / name) != checksum:
                raise IndexDamaged(f"{path / name}: not the bytes that were written; {REBUILD}")
        except OSError as error:
            raise IndexDamaged(f"{path / name}: {error.strerror or error}; {REBUILD}") from error
    if found != seen:
        _remember(path, found)


def remember(path: Path, checksums: Mapping[str, str]) -> None:
    """Write down how the large files of a generation look whose checksums were just taken."""
    looks = {name: _look(path / name) for name in checksums}
    large = {name: [size, changed, checksums[name]] for name, (size, changed) in looks.items() if size >= LARGE}
    if large:
        _remember(path, large)


def _look(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_size, status.st_mtime_ns


def _read(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / LOOKS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: looks for name, looks in found.items() if isinstance(looks, dict)} if isinstance(found, dict) else {}


def _remember(path: Path, looks: Mapping[str, list[Any]]) -> None:
    """Write down how files look, in one step; where that cannot be, they are read again the next time."""
    folder = path.parent
    known = {name: found for name, found in _read(folder).items() if (folder / name).is_dir()}
    draft = folder / f"{LOOKS}.new"
    with suppress(OSError):
        draft.write_text(json.dumps(known | {path.name: looks}), encoding="utf-8")
        draft.replace(folder / LOOKS)
