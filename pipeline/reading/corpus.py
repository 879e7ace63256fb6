"""Which PDFs there are, and which edition of which document each one is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pipeline.datatypes import Edition
from pipeline.errors import CorpusError, FileMissing

# "icat-2018", "icat_2018-04", "icat 2018-04-15", "icat-v2.1": the last part of a file name that tells an edition.
EDITION_IN_NAME = re.compile(
    r"""^(?P<document>.*[^\W_].*?)[-_.\ (]+
    (?P<label>(?:19|20)\d\d(?:[-_.](?:0[1-9]|1[0-2])(?:[-_.][0-3]\d)?)?|v\d+(?:\.\d+)*)\)?$""",
    re.IGNORECASE | re.VERBOSE,
)
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def list_files(paths: Iterable[Path]) -> list[Path]:
    """List the PDFs that the paths name: files as they are, folders with all PDFs below them, each file once.

    :raises FileMissing: if a path does not exist, or a folder holds no PDF.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = sorted(item for item in path.rglob("*") if item.is_file() and item.suffix.lower() == ".pdf")
            if not found:
                raise FileMissing(f"{path}: no PDF in this folder; put a paper there")
            files += found
        elif path.exists():
            files.append(path)
        else:
            raise FileMissing(f"{path}: no such file or folder")
    return list({file.resolve(): file for file in files}.values())


def identify(file: Path, label: str | None = None) -> Edition:
    """Tell document and edition from a file's name: ``icat-2018.pdf`` is document ``icat``, edition ``2018``.

    :param label: the edition, if the user gave it; else it is a year or version in the name, else the file's date.
    :raises FileMissing: if the file cannot be read.
    """
    try:
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        modified = datetime.fromtimestamp(file.stat().st_mtime, UTC).strftime("%Y-%m-%d")
    except OSError as error:
        raise FileMissing(f"{file}: cannot be read ({error.strerror})") from error
    match = EDITION_IN_NAME.match(file.stem)
    year = YEAR.search(file.stem)
    found = match["label"] if match else year[0] if year else modified
    return Edition(_slug(match["document"] if match else file.stem), _slug(label or found), file.name, sha256)


def part_copies(editions: Sequence[tuple[Path, Edition]]) -> tuple[list[tuple[Path, Edition]], list[str]]:
    """Part the editions from files that are copies of another one, byte for byte.

    :return: the editions, and for each copy a line that says of what.
    :raises CorpusError: if two different files claim to be the same edition, naming both.
    """
    by_id: dict[str, Path] = {}
    by_sha256: dict[str, Path] = {}
    kept, copies = [], []
    for file, edition in editions:
        if edition.sha256 in by_sha256:
            copies.append(f"{file}: the same bytes as {by_sha256[edition.sha256]}; indexed once")
            continue
        if edition.id in by_id:
            other = by_id[edition.id]
            raise CorpusError(f"{file}: same document and edition ({edition.id}) as {other}; rename one of them")
        by_sha256[edition.sha256] = by_id[edition.id] = file
        kept.append((file, edition))
    return kept, copies


def _slug(text: str) -> str:
    """Make a name safe for ids and addresses: letters, digits, dots and hyphens of any script, in small letters."""
    return re.sub(r"[\W_]*[^\w.][\W_]*|_+", "-", text).strip("-.").lower() or "paper"
