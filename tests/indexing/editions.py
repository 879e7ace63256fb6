"""Small editions, and what an index is compared by."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.datatypes.report import BuildReport
from pipeline.indexing import store
from pipeline.indexing.build import build_index
from pipeline.indexing.folder import FolderStore
from pipeline.indexing.gather import DEFAULTS, Options
from pipeline.indexing.pointer import FORMER, POINTER
from pipeline.searching.search import Index
from tests.conftest import WordEncoder
from tests.papers import BOLD, Text, make_pdf, paragraph

IFO = ("International Fishing Office (IFO)", "The office counts the herring boats each spring.")
WLA = ("World Lighthouse Agency (WLA)", "The agency repairs foghorns along dangerous coasts.")
BUA = ("Baltic Umbrella Alliance (BUA)", "The alliance lends umbrellas to stranded sailors.")
QUESTIONS = ["who counts herring boats?", "who repairs foghorns?", "who lends umbrellas to sailors?"]
EVERY_FILE = [
    store.CATALOG,
    store.COLUMNS,
    store.MANIFEST,
    store.PASSAGE_VECTORS,
    store.SENTENCE_VECTORS,
    store.TOKEN_VECTORS,
    store.WORDS,
]
RUBBISH = (".draft-000009", "generation-000777", f".{POINTER}", FORMER)


class Section(NamedTuple):
    """A heading and the sentences under it, a line each."""

    heading: str
    lines: tuple[str, ...]


def section(heading: str, *lines: str) -> Section:
    return Section(heading, lines)


def make_edition(path: Path, *sections: Sequence[str]) -> Path:
    """A page for each section: its heading, then its sentences."""
    pages = [[Text(heading, 72, size=16, font=BOLD), *paragraph(list(lines), 110)] for heading, *lines in sections]
    path.parent.mkdir(parents=True, exist_ok=True)
    return make_pdf(path, pages)


def ingest(paths: Path | Sequence[Path], folder: Path, options: Options = DEFAULTS) -> tuple[BuildReport, list[str]]:
    """Build with a new word encoder: the report, and the texts that were encoded but foreign questions."""
    from pipeline.indexing.foreign import QUESTIONS as FOREIGN

    encoder = WordEncoder()
    report = build_index([paths] if isinstance(paths, Path) else paths, folder, lambda: encoder, options)
    foreign = encoder.encoded[-len(FOREIGN) :]
    assert foreign in ([], FOREIGN)
    return report, encoder.encoded[: len(encoder.encoded) - len(foreign)]


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file but the lock, with its bytes; folders count too."""
    items = (item for item in folder.rglob("*") if item.name != store.LOCK)
    return {str(item.relative_to(folder)): item.read_bytes() if item.is_file() else b"folder" for item in items}


def names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir() if item.name != store.LOCK)


def answers(folder: Path) -> list[object]:
    """What three questions get, to the last bit, from the latest editions."""
    index = FolderStore(folder).open_current(Index)
    index._encoder = WordEncoder()
    with index:
        return [[(hit.passage, hit.score, hit.signals) for hit in index.search(query)] for query in QUESTIONS]


def records(generation: Path) -> dict[str, list[Any]]:
    """All tables of a catalog; where the order of rows has no meaning, in order of content."""
    connection = sqlite3.connect(generation / store.CATALOG)
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in sorted(tables)}
    connection.close()
    return {name: sorted(rows, key=lambda row: str(row[0])) for name, rows in found.items()}


def vectors(generation: Path) -> list[bytes]:
    """All files but the catalog, whose pages may be in another order, and the manifest, which has times."""
    return [(generation / name).read_bytes() for name in EVERY_FILE if name not in (store.CATALOG, store.MANIFEST)]
