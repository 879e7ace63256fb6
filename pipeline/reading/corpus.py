"""Which papers there are, and which edition of which document each one is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path, PurePath, PurePosixPath
from typing import NamedTuple, TypeVar
from urllib.parse import unquote, urlsplit

from pipeline.datatypes import Edition
from pipeline.errors import CorpusError, FileMissing
from pipeline.reading.convert import FLOWING, HTML, WORD, is_flowing
from pipeline.reading.plumber import read_metadata

# "icat-2018", "icat_2018-04", "icat 2018-04-15", "icat-v2.1": the last part of a file name that tells an edition.
EDITION_IN_NAME = re.compile(
    r"""^(?P<document>.*[^\W_].*?)[-_.\ (]+
    (?P<label>(?:19|20)\d\d(?:[-_.](?:0[1-9]|1[0-2])(?:[-_.][0-3]\d)?)?|v\d+(?:\.\d+)*)\)?$""",
    re.IGNORECASE | re.VERBOSE,
)
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
Found = TypeVar("Found")


# What a folder gives; texts beside papers mostly are notes on them, and must be asked for.
PAPERS = (".pdf", *WORD, *HTML)
READABLE = (".pdf", *FLOWING)


class Choice(NamedTuple):
    """Which files of a folder are taken: globs of a name, or of a path below the folder if they have a slash.

    ``include``: only files that match one of these, of any format that can be read. ``exclude``: but none of these.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def takes(self, file: PurePath, folder: PurePath) -> bool:
        """Tell whether a file of a folder is taken."""
        suffixes = READABLE if self.include else PAPERS
        wanted = not self.include or _matches(file, folder, self.include)
        return file.suffix.lower() in suffixes and wanted and not _matches(file, folder, self.exclude)


def _matches(file: PurePath, folder: PurePath, globs: Iterable[str]) -> bool:
    below = file.relative_to(folder).as_posix()
    return any(fnmatchcase(below if "/" in glob else file.name, glob) for glob in globs)


EVERYTHING = Choice()  # that is a paper by its name


@dataclass(frozen=True, slots=True)
class Remote:
    """A file or folder at an address, such as s3://bucket/papers or https://example.org/icat-2018.pdf."""

    address: str

    def __str__(self) -> str:
        """Give the address."""
        return self.address

    @property
    def name(self) -> str:
        """The last part of the address."""
        web = self.address.startswith(("http://", "https://"))
        return PurePosixPath(unquote(urlsplit(self.address).path) if web else self.address).name

    def resolve(self) -> Remote:
        """Give the address: there is but one."""
        return self


Place = Path | Remote


def on_this_machine(place: Place) -> Path:
    """Give the path of a file or folder of this machine.

    :raises CorpusError: if it is at an address.
    """
    if isinstance(place, Remote):
        raise CorpusError(f"{place}: papers at an address are read by a cluster; add --on ray")
    return place


def list_files(paths: Iterable[Path], choice: Choice = EVERYTHING) -> list[Path]:
    """List the papers that the paths name: files as they are, folders with all papers below them, each file once.

    :raises FileMissing: if a path does not exist, or a folder holds no paper.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = sorted(item for item in path.rglob("*") if item.is_file() and choice.takes(item, path))
            files += some(found, path, choice)
        elif path.exists():
            files.append(path)
        else:
            raise FileMissing(f"{path}: no such file or folder")
    return list({file.resolve(): file for file in files}.values())


def some(found: list[Found], folder: Place, choice: Choice) -> list[Found]:
    """Give the papers found in a folder.

    :raises FileMissing: if there are none.
    """
    if not found and any(choice):
        raise FileMissing(f"{folder}: --include and --exclude leave no paper in this folder; change them")
    if not found:
        raise FileMissing(f"{folder}: no paper in this folder; put one there")
    return found


class Source(NamedTuple):
    """A file, the edition it is, and where the edition's label comes from."""

    file: Place
    edition: Edition
    label_from: str


def identify(file: Path, label: str | None = None) -> Source:
    """Tell document and edition of a file: ``icat-2018.pdf`` is document ``icat``, edition ``2018``.

    :param label: the edition, if the user gave it; else it is a year or version in the file's name, else the year in
        the PDF's title or of its creation, else the file's date.
    :raises FileMissing: if the file cannot be read.
    """
    sha256 = sha256_of(file)
    match = EDITION_IN_NAME.match(file.stem)
    year = YEAR.search(file.stem)
    if label:
        found, label_from = label, "--edition"
    elif match or year:
        found, label_from = match["label"] if match else str(year and year[0]), "file name"
    else:
        found, label_from = _label_inside(file)
    document = _slug(match["document"] if match else file.stem)
    return Source(file, Edition(document, _slug(found), file.name, sha256), label_from)


def sha256_of(file: Path) -> str:
    """Give the checksum of a file.

    :raises FileMissing: if it cannot be read.
    """
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise FileMissing(f"{file}: cannot be read ({error.strerror})") from error


def part_copies(sources: Sequence[Source]) -> tuple[list[Source], list[str]]:
    """Part the files from those that are copies of another one, byte for byte.

    :return: the sources without copies, each edition with the paths of its own, and for each copy a line that says of
        what.
    :raises CorpusError: if two different files claim to be the same edition, naming both.
    """
    by_id: dict[str, Place] = {}
    by_sha256: dict[str, Place] = {}
    paths: dict[str, list[str]] = {}
    kept, copies = [], []
    for source in sources:
        file, edition, _ = source
        if edition.sha256 in by_sha256:
            copies.append(f"{file}: the same bytes as {by_sha256[edition.sha256]}; indexed once")
            paths.setdefault(edition.sha256, []).append(str(file))
            continue
        if edition.id in by_id:
            other = by_id[edition.id]
            raise CorpusError(f"{file}: same document and edition ({edition.id}) as {other}; rename one of them")
        by_sha256[edition.sha256] = by_id[edition.id] = file
        kept.append(source)
    return [_with_copies(source, paths.get(source.edition.sha256, ())) for source in kept], copies


def _with_copies(source: Source, paths: Sequence[str]) -> Source:
    return source._replace(edition=replace(source.edition, copies=tuple(paths)))


def _label_inside(file: Path) -> tuple[str, str]:
    """Find a label in the PDF's metadata, else in the file's date."""
    metadata = {} if is_flowing(file) else read_metadata(file)
    for key in ("Title", "Subject"):
        year = YEAR.search(metadata.get(key, ""))
        if year:
            return year[0], f"PDF {key.lower()}"
    created = re.match(r"D:((?:19|20)\d\d)", metadata.get("CreationDate", ""))
    if created:
        return created[1], "PDF creation date"
    modified = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    return modified.strftime("%Y-%m-%d"), "file date"


def _slug(text: str) -> str:
    """Make a name safe for ids and addresses: letters, digits, dots and hyphens of any script, in small letters."""
    return re.sub(r"[\W_]*[^\w.][\W_]*|_+", "-", text).strip("-.").lower() or "paper"
