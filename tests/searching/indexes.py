"""Indexes made of passages directly, without a PDF: for exact orders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.datatypes import Edition, ForeignScores, Organization, Passage
from pipeline.datatypes.page import Document
from pipeline.indexing import store
from pipeline.indexing.files import Encoded, write_files
from pipeline.indexing.reuse import embedded_text
from tests.conftest import WordEncoder

EDITION = Edition("sea", "2020", "sea-2020.pdf", "a" * 64)
ILO = Organization("ILO", "International Labour Office", ("Labour Office",), (1, 9))
WLA = Organization("WLA", "World Lighthouse Agency", (), (10, 19))
WFB = Organization("WFB", "World Foghorn Bureau")  # a member without a section
FOREIGN = ForeignScores(0.3, 0.1)


def passage(
    text: str, owner: Organization | None = None, page: int = 1, note: str | None = None, edition: Edition = EDITION
) -> Passage:
    """Give a passage of one sentence."""
    return Passage(
        f"{edition.id}/{page}/0", edition, owner, (), text, (page,), (str(page),),
        sentences=((0, len(text)),), note=note,
    )  # fmt: skip


def publish(folder: Path, passages: Sequence[Passage], organizations: Sequence[Organization] = (ILO, WLA, WFB)) -> Path:
    """Publish an index of these passages, encoded by their words; every edition has the organizations."""
    encoder = WordEncoder()
    vectors, tokens = encoder.encode_tokens([embedded_text(item) for item in passages], is_query=False)
    sentences = encoder.encode([item.text for item in passages], is_query=False)
    editions = tuple(dict.fromkeys(item.edition for item in passages))
    documents = [Document(edition, (), (), tuple(organizations)) for edition in editions]

    def write(draft: Path) -> None:
        write_files(draft, documents, passages, Encoded(vectors, tokens, sentences))

    counts = {"passages": len(passages), "sentences": len(passages)}
    with store.writing(folder):
        store.publish(folder, write, encoder.info, FOREIGN, editions, counts)
    return folder
