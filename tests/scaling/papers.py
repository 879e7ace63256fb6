"""Some small papers, and encoders that a worker does not survive."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.indexing import store
from tests.conftest import WordEncoder
from tests.indexing.editions import make_edition
from tests.papers import make_pdf

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SUBJECTS = ("herring", "foghorns", "umbrellas", "lanterns", "anchors", "barnacles")


def make_papers(folder: Path, count: int = 4) -> Path:
    """Papers of two sections, each with a subject of its own."""
    for number, subject in enumerate(SUBJECTS[:count]):
        name = subject.title()
        make_edition(
            folder / f"{subject}-{2000 + number}.pdf",
            (f"{name} Office ({subject[:2].upper()}O)", f"The office counts the {subject} each spring.", "It is old."),
            (f"{name} Agency ({subject[:2].upper()}A)", f"The agency repairs {subject} along the coast."),
        )
    return folder


def cut(file: Path) -> Path:
    """Leave half of a file."""
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return file


def empty(file: Path) -> Path:
    """A paper without text."""
    return make_pdf(file, [[]])


def held(index: Path) -> dict[str, bytes | list[Any]]:
    """What an index holds, to the last bit: every row of its catalog, and its vectors' files."""
    folder = store.open_generation(index).path
    with sqlite3.connect(f"{(folder / store.CATALOG).as_uri()}?mode=ro", uri=True) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows: dict[str, bytes | list[Any]] = {
            table: connection.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()
            if table not in WITHOUT_ROWID
            else connection.execute(f"SELECT * FROM {table}").fetchall()
            for table in tables
        }
    files = (store.PASSAGE_VECTORS, store.SENTENCE_VECTORS, store.TOKEN_VECTORS, store.COLUMNS, store.WORDS)
    return rows | {name: (folder / name).read_bytes() for name in files}


WITHOUT_ROWID = {"mentions", "published", "definitions", "passage_pages"}


class Diary(WordEncoder):
    """Writes down what it encodes; slow, so that one can come between."""

    def __init__(self, diary: Path, pause: float = 0.0) -> None:
        super().__init__()
        self._diary, self._pause = diary, pause

    def encode(
        self, texts: Sequence[str], *, is_query: bool, progress: Callable[[int], None] | None = None
    ) -> npt.NDArray[np.float32]:
        if not is_query:
            time.sleep(self._pause)
            with self._diary.open("a") as stream:
                stream.writelines(f"{text!r}\n" for text in texts)
        return super().encode(texts, is_query=is_query, progress=progress)


class Deadly(WordEncoder):
    """Kills its process over some words: once over herring, always over foghorns."""

    def __init__(self, marks: Path) -> None:
        super().__init__()
        self._marks = marks

    def encode(
        self, texts: Sequence[str], *, is_query: bool, progress: Callable[[int], None] | None = None
    ) -> npt.NDArray[np.float32]:
        if any("foghorns" in text for text in texts):
            os.kill(os.getpid(), 9)
        mark = self._marks / "herring"
        if any("herring" in text for text in texts) and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), 9)
        return super().encode(texts, is_query=is_query, progress=progress)
