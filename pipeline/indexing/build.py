"""PDFs → a published generation of the index."""

from __future__ import annotations

import functools
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.datatypes import EncoderInfo, ForeignScores, Passage
from pipeline.datatypes.report import BuildReport, EditionReport
from pipeline.errors import IndexUnusable
from pipeline.indexing.compact import Axes, learn_from
from pipeline.indexing.encode import Encoder
from pipeline.indexing.entries import EditionSummary
from pipeline.indexing.files import Encoded, write_files
from pipeline.indexing.folder import as_store
from pipeline.indexing.foreign import foreign_scores
from pipeline.indexing.gather import DEFAULTS, Options, Progress, Reading, read_corpus
from pipeline.indexing.history import Comparison, compare_read
from pipeline.indexing.nearest import MANY
from pipeline.indexing.pointer import KEPT
from pipeline.indexing.reuse import Before, KnownVectors, embedded_text, sentence_texts
from pipeline.indexing.stores import Store
from pipeline.indexing.vectors import quantize
from pipeline.reading.corpus import Place

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]
    Tokens = npt.NDArray[np.int8]

AT_ONCE = 2048  # texts that are encoded before their vectors are brought to 8 bits: 250 MB of 32 bits, batches enough


def build_index(
    paths: Sequence[Place],
    place: Path | Store,
    load_encoder: Callable[[], Encoder],
    options: Options = DEFAULTS,
    progress: Progress = lambda stage, done, total: None,
) -> BuildReport:
    """Publish an index of exactly the PDFs that the paths name, doing only what the generation before does not spare.

    A file of the same bytes is not read again, a text that was encoded is not encoded again. A broken file that was
    found in a folder is left out and reported, or what the index has of it is kept; one named itself is an error.

    :param place: the folder of the index, or another store.
    :param load_encoder: called once there is something to encode, since a model takes seconds to load.
    :raises CorpusError: if nothing can be read; the index is then as it was.
    """
    clock = Clock()
    place = as_store(place)
    with place.writing():
        before = None if options.fresh else _open_before(place)
        reading = read_corpus(paths, options, progress, before)
        clock.lap("reading")
        summaries = summarize(reading, before)
        load = functools.cache(load_encoder)
        if before and _is_unchanged(before, reading) and before.made_by(options.weights or load().info.sha256):
            vectors = len(reading.passages) + len(sentence_texts(reading.passages))
            return _report(reading, summaries, before, vectors, before.manifest.encoder, clock, published=False)
        encoder = load()
        encoded = encode_passages(reading.passages, encoder, before.vectors(encoder.info) if before else None, progress)
        foreign = foreign_scores(encoder, encoded.vectors, encoded.token_vectors())
        clock.lap("encoding")
        history = compare_read(reading, before)
        clock.lap("comparing")
        publish(place, reading, summaries, encoded, (encoder.info, foreign))
        clock.lap("writing")
    report = _report(reading, summaries, before, encoded.reused, encoder.info, clock)
    return replace(report, editions=tuple(_with_history(edition, history) for edition in report.editions))


def encode_passages(
    passages: Sequence[Passage], encoder: Encoder, known: KnownVectors | None, progress: Progress
) -> Encoded:
    """Encode what is not known: the passages with their headings and papers as context, and their sentences."""
    import numpy as np

    contexts, sentences = [embedded_text(passage) for passage in passages], sentence_texts(passages)
    by_context = known.passages(contexts) if known else {}
    by_sentence = known.sentences(sentences) if known else {}
    new_contexts = [text for text in dict.fromkeys(contexts) if text not in by_context]
    new_sentences = [text for text in dict.fromkeys(sentences) if text not in by_sentence]
    total = len(new_contexts) + len(new_sentences)
    reused = sum(text in by_context for text in contexts) + sum(text in by_sentence for text in sentences)

    def advance(done: int) -> None:
        progress("encoding", done, total)

    found = encode_texts(new_contexts, new_sentences, encoder, advance)
    by_context, by_sentence = by_context | found[0], by_sentence | found[1]
    dimensions = encoder.info.dimensions
    pieces, axes = compact_tokens([by_context[text][1] for text in contexts], known.axes if known else None)
    return Encoded(
        np.array([by_context[text][0] for text in contexts], dtype=np.float32).reshape(-1, dimensions),
        pieces,
        np.array([by_sentence[text] for text in sentences], dtype=np.int8).reshape(-1, dimensions),
        reused,
        axes,
    )


def encode_texts(
    contexts: Sequence[str], sentences: Sequence[str], encoder: Encoder, advance: Callable[[int], None] | None = None
) -> tuple[dict[str, tuple[Vectors, Tokens]], dict[str, Tokens]]:
    """Encode texts: passages in their contexts to vectors and those of their tokens, sentences to vectors in 8 bits.

    :param advance: called with the number of texts done since the last call.
    """
    by_context: dict[str, tuple[Vectors, Tokens]] = {}
    by_sentence: dict[str, Tokens] = {}
    for texts in _parted(contexts):
        vectors, tokens = encoder.encode_tokens(texts, is_query=False, progress=advance)
        quantized = (quantize(pieces) for pieces in tokens)
        by_context |= dict(zip(texts, zip(vectors, quantized, strict=True), strict=True))
    for texts in _parted(sentences):
        found = quantize(encoder.encode(texts, is_query=False, progress=advance))
        by_sentence |= dict(zip(texts, found, strict=True))
    return by_context, by_sentence


def _parted(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    return (texts[start : start + AT_ONCE] for start in range(0, len(texts), AT_ONCE))


def compact_tokens(tokens: list[Tokens], axes: Axes | None) -> tuple[list[Tokens], Axes | None]:
    """Make token vectors compact where passages are many, or some of them are so from the generation before.

    :param axes: those of the generation before, which stay until everything is done anew.
    """
    if axes is None and len(tokens) >= MANY:
        axes = learn_from(tokens)
    if axes is None:
        return tokens, None
    return [piece if piece.shape[1] == axes.width else axes.encode(piece) for piece in tokens], axes


class Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        """Start the first stage."""
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """End a stage."""
        now = time.perf_counter()
        self.seconds[stage], self._last = round(now - self._last, 2), now


def publish(
    place: Store,
    reading: Reading,
    summaries: Mapping[str, EditionSummary],
    encoded: Encoded,
    described: tuple[EncoderInfo, ForeignScores],
    kept: int = KEPT,
) -> None:
    """Write a generation of what was read and encoded; for ``kept`` see ``Store.publish``."""
    encoder, foreign = described

    def write(draft: Path) -> None:
        write_files(draft, reading.documents, reading.passages, encoded, reading.copied)

    place.publish(write, encoder, foreign, reading.editions, _counts(reading, summaries), kept)


def _open_before(place: Store) -> Before | None:
    """Open the current generation if there is one that can be used; a damaged one is no help and no hindrance."""
    try:
        return place.before()
    except IndexUnusable:
        return None


def _is_unchanged(before: Before, reading: Reading) -> bool:
    copies = {edition.id: edition.copies for edition in before.catalog.editions()}
    same_copies = all(copies.get(edition.id) == edition.copies for edition in reading.editions)
    return before.manifest.editions == reading.editions and not reading.documents and same_copies


def summarize(reading: Reading, before: Before | None) -> dict[str, EditionSummary]:
    """Count what was read of each edition, or what the generation before has of it."""
    found = {
        document.edition.id: EditionSummary(
            len(document.pages),
            len(document.sections),
            len(document.organizations),
            sum(passage.edition == document.edition for passage in reading.passages),
            dict(sorted(Counter(item.kind for item in document.left_out).items())),
            document.warnings,
        )
        for document in reading.documents
    }
    if before:
        found |= {item.edition.id: before.catalog.summary(item.former) for item in reading.copied}
    return found


def _counts(reading: Reading, summaries: Mapping[str, EditionSummary]) -> dict[str, int]:
    kinds: Counter[str] = Counter()
    for summary in summaries.values():
        kinds.update(summary.left_out)
    return {
        "editions": len(summaries),
        "pages": sum(summary.pages for summary in summaries.values()),
        "sections": sum(summary.sections for summary in summaries.values()),
        "organizations": sum(summary.organizations for summary in summaries.values()),
        "passages": len(reading.passages),
        "sentences": len(sentence_texts(reading.passages)),
    } | {f"left out: {kind}": count for kind, count in sorted(kinds.items())}


def _report(
    reading: Reading,
    summaries: Mapping[str, EditionSummary],
    before: Before | None,
    reused: int,
    encoder: EncoderInfo,
    clock: Clock,
    *,
    published: bool = True,
) -> BuildReport:
    renamed = {item.former.id for item in reading.copied}
    former = before.manifest.editions if before else ()
    sentences = len(sentence_texts(reading.passages))
    return BuildReport(
        editions=tuple(
            EditionReport(
                source.edition, reading.statuses[source.edition.id], source.label_from, *summaries[source.edition.id]
            )
            for source in reading.sources
            if source.edition.id in reading.statuses
        ),
        removed=tuple(item.id for item in former if item.id not in reading.statuses and item.id not in renamed),
        skipped=tuple(reading.skipped),
        passages=len(reading.passages),
        sentences=sentences,
        reused=reused,
        computed=len(reading.passages) + sentences - reused,
        encoder=encoder,
        seconds=clock.seconds,
        published=published,
    )


def _with_history(report: EditionReport, history: Mapping[str, Comparison]) -> EditionReport:
    found = history.get(report.edition.id)
    return replace(report, compared_with=found.former, changes=found.counts) if found else report
