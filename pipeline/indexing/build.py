"""PDFs → a published generation of the index."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.datatypes import BuildReport, Document, Edition, EditionReport, Passage
from pipeline.errors import CorpusError
from pipeline.indexing import store
from pipeline.indexing.catalog import write_catalog
from pipeline.indexing.encode import Encoder
from pipeline.indexing.foreign import foreign_scores
from pipeline.indexing.vectors import write_token_vectors, write_vectors
from pipeline.reading import read_document
from pipeline.reading.corpus import identify, list_files, part_copies

# Called with the stage ("reading", "encoding"), the steps done since the last call and the steps in all.
Progress = Callable[[str, int, int], None]


class Reading(NamedTuple):
    """What reading a corpus gives: the documents, all passages, and the reason for each file left out."""

    documents: list[Document]
    passages: list[Passage]
    skipped: list[str]


def build_index(
    paths: Sequence[Path],
    folder: Path,
    load_encoder: Callable[[], Encoder],
    *,
    label: str | None = None,
    password: str | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> BuildReport:
    """Read all PDFs that the paths name and publish an index that holds exactly them.

    A broken file that was found in a folder is left out and reported; one that was named itself is an error.

    :param load_encoder: called once there is something to encode, since a model takes seconds to load.
    :param label: the edition of the one file there is.
    :raises CorpusError: if nothing can be read; the index is then as it was.
    """
    started = time.perf_counter()
    with store.writing(folder):
        reading = read_corpus(paths, label, password, progress)
        read = time.perf_counter()
        encoder = load_encoder()
        contexts = [embedded_text(passage) for passage in reading.passages]
        sentences = [passage.text[a:b] for passage in reading.passages for a, b in passage.sentences]
        total = len(contexts) + len(sentences)

        def advance(done: int) -> None:
            progress("encoding", done, total)

        vectors, tokens = encoder.encode_tokens(contexts, is_query=False, progress=advance)
        sentence_vectors = encoder.encode(sentences, is_query=False, progress=advance)
        foreign = foreign_scores(encoder, vectors, tokens)
        encoded = time.perf_counter()

        def write_files(draft: Path) -> None:
            counts = [len(pieces) for pieces in tokens]
            write_catalog(draft / store.CATALOG, reading.documents, reading.passages, counts)
            write_vectors(draft / store.PASSAGE_VECTORS, vectors)
            write_vectors(draft / store.SENTENCE_VECTORS, sentence_vectors)
            write_token_vectors(draft / store.TOKEN_VECTORS, tokens, encoder.info.dimensions)

        counts = _counts(reading, len(sentences))
        editions = tuple(document.edition for document in reading.documents)
        store.publish(folder, write_files, encoder.info, foreign, editions, counts)
    seconds = {
        "reading": read - started,
        "encoding": encoded - read,
        "writing": time.perf_counter() - encoded,
    }
    reports = tuple(_edition_report(document, reading.passages) for document in reading.documents)
    rounded = {stage: round(value, 2) for stage, value in seconds.items()}
    return BuildReport(reports, tuple(reading.skipped), len(reading.passages), len(sentences), encoder.info, rounded)


def read_corpus(
    paths: Sequence[Path], label: str | None = None, password: str | None = None, progress: Progress | None = None
) -> Reading:
    """Read all PDFs that the paths name.

    :raises CorpusError: for a broken file that was named itself, or if no file can be read.
    """
    files = list_files(paths)
    if label and len(files) > 1:
        raise CorpusError(f"--edition {label} names one edition, but there are {len(files)} files; give one of them")
    named = {path.resolve() for path in paths}
    editions, copies = part_copies([(file, identify(file, label)) for file in files])
    reading = Reading([], [], copies)
    for file, edition in editions:
        try:
            document, passages = read_document(file, edition, password)
        except CorpusError as error:
            if file.resolve() in named or len(editions) == 1:
                raise
            reading.skipped.append(str(error))
        else:
            reading.documents.append(document)
            reading.passages.extend(passages)
        if progress:
            progress("reading", 1, len(editions))
    if not reading.documents:
        raise CorpusError(f"none of {len(editions)} files can be read; the first: {reading.skipped[0]}")
    return reading


def embedded_text(passage: Passage) -> str:
    """Give what is encoded for a passage: its heading path as context, then its text."""
    return "\n".join([" > ".join(passage.section), passage.text]) if passage.section else passage.text


def _counts(reading: Reading, sentences: int) -> dict[str, int]:
    documents = reading.documents
    counts = {
        "editions": len(documents),
        "pages": sum(len(document.pages) for document in documents),
        "sections": sum(len(document.sections) for document in documents),
        "organizations": sum(len(document.organizations) for document in documents),
        "passages": len(reading.passages),
        "sentences": sentences,
    }
    left_out = Counter(item.kind for document in documents for item in document.left_out)
    return counts | {f"left out: {kind}": count for kind, count in sorted(left_out.items())}


def _edition_report(document: Document, passages: Iterable[Passage]) -> EditionReport:
    edition: Edition = document.edition
    return EditionReport(
        edition=edition,
        pages=len(document.pages),
        sections=len(document.sections),
        organizations=len(document.organizations),
        passages=sum(passage.edition == edition for passage in passages),
        left_out=dict(sorted(Counter(item.kind for item in document.left_out).items())),
        warnings=document.warnings,
    )
