"""An index of two generations, and the current one published again with damage that only a bug could write."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from pipeline.indexing import store
from tests.indexing.editions import BUA, EVERY_FILE, IFO, WLA, ingest, make_edition


def two_generations(folder: Path) -> Path:
    """Make an index of two generations; the current one holds 3 passages of 1 sentence each, 512 dimensions."""
    papers = folder / "papers"
    make_edition(papers / "sea-2020.pdf", IFO, WLA)
    ingest(papers, folder / "index")
    make_edition(papers / "lake-2021.pdf", BUA)
    ingest(papers, folder / "index")
    return folder / "index"


def republish(folder: Path, damage: Callable[[Path], None], **counts: int) -> None:
    """Publish the current generation again, damaged before its checksums are taken: what only a bug could write."""
    path, manifest = store.open_generation(folder)

    def write_files(draft: Path) -> None:
        for name in EVERY_FILE:
            if name != store.MANIFEST:
                (draft / name).write_bytes((path / name).read_bytes())
        damage(draft)

    with store.writing(folder):
        args = (manifest.encoder, manifest.foreign, manifest.editions, manifest.counts | counts)
        store.publish(folder, write_files, *args)


def sql(statement: str) -> Callable[[Path], None]:
    def damage(draft: Path) -> None:
        connection = sqlite3.connect(draft / store.CATALOG)
        with connection:
            connection.execute(statement)
        connection.close()

    return damage
