"""Generations with words in place of passages, for what does not look inside."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pipeline.datatypes import Edition, EncoderInfo, ForeignScores
from pipeline.indexing import store
from pipeline.indexing.pointer import KEPT, Entry, point_to, read_pointer
from tests.indexing.editions import EVERY_FILE


def publish(folder: Path, word: str, kept: int = KEPT) -> store.Generation:
    def write_files(draft: Path) -> None:
        for name in EVERY_FILE:
            if name != store.MANIFEST:
                (draft / name).write_text(f"{word} in {name}")

    editions = (Edition("sea", "2020", "sea-2020.pdf", "a" * 64),)
    with store.writing(folder):
        encoder = EncoderInfo("words", "1", "0" * 64, 512)
        return store.publish(folder, write_files, encoder, ForeignScores(0, 1), editions, {"passages": 2}, kept)


def current(folder: Path) -> str:
    return (store.open_generation(folder).path / store.CATALOG).read_text().split()[0]


def damage(folder: Path, number: int) -> None:
    (folder / f"generation-{number:06d}" / store.CATALOG).write_text("damaged")


def rewrite_manifest(folder: Path, text: str) -> None:
    name = read_pointer(folder)[0].name
    (folder / name / store.MANIFEST).write_text(text)
    point_to(folder, [Entry(name, hashlib.sha256(text.encode()).hexdigest())])
