"""Where the PDF of an edition is: the index keeps its name and its bytes' checksum, no path."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.datatypes import Edition
from pipeline.errors import FileMissing
from pipeline.reading.corpus import EVERYTHING, list_files, sha256_of


def filled(paths: Iterable[Path]) -> list[Path]:
    """Leave out what does not exist, and folders without a paper: those that uploads go to are empty at first."""
    return [path for path in paths if path.is_file() or (path.is_dir() and _holds_paper(path))]


def _holds_paper(folder: Path) -> bool:
    return any(EVERYTHING.takes(file, folder) for file in folder.rglob("*"))


class Papers:
    """The PDFs under some files and folders; a file's checksum is taken once for each of its states."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Take the paths; they are looked at when a paper is asked for."""
        self._paths = tuple(paths)
        self._checksums: dict[tuple[Path, int, int], str] = {}

    def find(self, edition: Edition) -> Path:
        """Find the PDF that an edition was read from, whatever it is called now.

        :raises FileMissing: if there is none; a file of its name with other bytes is refused.
        """
        files = list_files(filled(self._paths))
        files.sort(key=lambda file: file.name != edition.file)  # most likely it is still called so
        other = files[0] if files and files[0].name == edition.file else None
        for file in files:
            if self._checksum(file) == edition.sha256:
                return file
        if other:
            raise FileMissing(f"{other}: not the file that was indexed (its bytes differ); run: mandates ingest")
        places = ", ".join(map(str, self._paths))
        raise FileMissing(f"{places}: {edition.file} of {edition.id} is not there; say where it is: --papers")

    def _checksum(self, file: Path) -> str:
        state = file.stat()
        key = file, state.st_size, state.st_mtime_ns
        if key not in self._checksums:
            self._checksums[key] = sha256_of(file)
        return self._checksums[key]
