"""The ranking measured on public test collections, signal by signal, in the layout of BEIR.

    scifact/
      corpus.jsonl      {"_id", "title", "text"}
      queries.jsonl     {"_id", "text"}
      qrels/test.tsv    query-id, corpus-id, score

A document is cut by the program's own chunker, indexed like a paper and searched by the same ranker. In the index it is
a page whose label is the document's id. It ranks where its best passage does.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.datatypes import Edition, EncoderInfo, Passage
from pipeline.datatypes.page import Document
from pipeline.errors import IndexMissing, IndexUnusable, QueryError
from pipeline.indexing import store
from pipeline.indexing.build import encode_passages
from pipeline.indexing.encode import Encoder
from pipeline.indexing.files import open_files, write_files
from pipeline.indexing.foreign import foreign_scores
from pipeline.indexing.gather import Progress
from pipeline.reading.chunk import chunk_ranges
from pipeline.reading.mentions import Names
from pipeline.reading.sentences import sentence_ranges
from pipeline.reading.unwrap import Block, Prose
from pipeline.searching.evaluate import Figure, figure, load_rows, measure
from pipeline.searching.rank import Query, Ranker, Weights

CORPUS, QUERIES, QRELS = "corpus.jsonl", "queries.jsonl", "qrels/test.tsv"
LABEL = "beir"  # the edition of every collection: an index with another one holds papers
DOCUMENTS = 100  # that are ranked for each query
PASSAGES = 3 * DOCUMENTS  # asked of the ranker at first: abstracts have one to three
METRICS = {"nDCG@10": "nDCG@10", "recall@100": "R@100"}
SIGNALS = {
    name: Weights(**{item.name: float(item.name == name) for item in fields(Weights)})
    for name in ("passage", "sentence", "tokens", "lexical")
} | {"fusion": Weights()}
PARAGRAPH = re.compile(r"\S[^\n]*")


class Text(NamedTuple):
    """A document of a collection."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """A test collection: ``queries`` are those that are judged, ``qrels`` maps query and document to a grade."""

    edition: Edition
    documents: tuple[Text, ...]
    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class SignalReport:
    """What one set of weights gives: the metrics, and the mean time of a query, encoding included."""

    figures: dict[str, Figure]
    milliseconds: float


@dataclass(frozen=True, slots=True)
class CollectionReport:
    """How well a collection is ranked; ``encoding_seconds`` is None if the index was there already."""

    collection: str
    documents: int
    queries: int
    passages: int
    encoder: EncoderInfo
    signals: dict[str, SignalReport]
    encoding_seconds: float | None
    bytes_per_passage: float


def load_collection(folder: Path) -> Collection:
    """Read a collection.

    :raises QueryError: naming the file, and the line, that is not as it must be.
    """
    for name in (CORPUS, QUERIES, QRELS):
        if not (folder / name).is_file():
            raise QueryError(f"{folder}: no {name} in this folder; a BEIR collection has {CORPUS}, {QUERIES}, {QRELS}")

    def document(row: Any) -> Text:
        return Text(str(row["_id"]), str(row.get("title") or "").strip(), str(row["text"]).strip())

    def query(row: Any) -> tuple[str, str]:
        return str(row["_id"]), str(row["text"])

    documents = load_rows(folder / CORPUS, document, "document")
    texts = dict(load_rows(folder / QUERIES, query, "query"))
    qrels = _load_qrels(folder / QRELS)
    unknown = next((name for name in qrels if name not in texts), None)
    if unknown is not None:
        raise QueryError(f"{folder / QRELS}: judges query {unknown}, which is not in {QUERIES}")
    sha256 = hashlib.sha256((folder / CORPUS).read_bytes()).hexdigest()
    edition = Edition(folder.resolve().name, LABEL, CORPUS, sha256)
    return Collection(edition, tuple(documents), {name: texts[name] for name in qrels}, qrels)


def chunk_documents(collection: Collection) -> list[Passage]:
    """Cut all documents into passages, the title as heading; a document of a title only is one passage."""
    return [
        passage
        for number, document in enumerate(collection.documents, start=1)
        for passage in _passages(collection.edition, number, document)
    ]


def build_collection(
    collection: Collection,
    passages: Sequence[Passage],
    encoder: Encoder,
    folder: Path,
    progress: Progress = lambda stage, done, total: None,
) -> tuple[store.Generation, float | None]:
    """Publish the index of a collection, or give the one in the folder if it is just that.

    :return: the index, and the seconds that encoding took if it was made just now.
    :raises QueryError: if the folder holds the index of something else.
    """
    with store.writing(folder):
        kept = _kept(folder, collection, passages, encoder.info)
        if kept:
            return kept, None
        started = time.perf_counter()
        encoded = encode_passages(passages, encoder, None, progress)
        foreign = foreign_scores(encoder, encoded.vectors, encoded.token_vectors())
        seconds = time.perf_counter() - started

        def write(draft: Path) -> None:
            write_files(draft, [Document(collection.edition, (), (), ())], passages, encoded)

        sentences = sum(len(passage.sentences) for passage in passages)
        counts = {"documents": len(collection.documents), "passages": len(passages), "sentences": sentences}
        edition = (collection.edition,)
        return store.publish(folder, write, encoder.info, foreign, edition, counts), seconds


def measure_collection(
    collection: Collection,
    encoder: Encoder,
    folder: Path,
    progress: Progress = lambda stage, done, total: None,
) -> CollectionReport:
    """Index a collection in a folder and measure each signal alone and their fusion.

    :raises QueryError: if no document has words, or the folder holds the index of something else.
    """
    passages = chunk_documents(collection)
    if not passages:
        raise QueryError(f"{collection.edition.document}: no document has any text")
    generation, seconds = build_collection(collection, passages, encoder, folder, progress)
    return CollectionReport(
        collection.edition.document,
        len(collection.documents),
        len(collection.queries),
        len(passages),
        encoder.info,
        _measure_signals(generation.path, collection, passages, encoder, progress),
        seconds,
        sum(file.stat().st_size for file in generation.path.iterdir()) / len(passages),
    )


def rank_documents(ranker: Ranker, query: Query, weights: Weights, owners: Sequence[str]) -> dict[str, float]:
    """Give the best documents with the score of their best passage, best first.

    :param owners: the document of each passage, in order of row.
    """
    depth = PASSAGES
    while True:
        ranked = ranker.rank(query, depth, None, weights)
        scores: dict[str, float] = {}
        for item in ranked:
            scores.setdefault(owners[item.row], item.score)
        if len(scores) >= DOCUMENTS or len(ranked) < depth:
            return dict(list(scores.items())[:DOCUMENTS])
        depth *= 2


def _measure_signals(
    path: Path, collection: Collection, passages: Sequence[Passage], encoder: Encoder, progress: Progress
) -> dict[str, SignalReport]:
    owners = [passage.page_labels[0] for passage in passages]
    runs: dict[str, dict[str, dict[str, float]]] = {name: {} for name in SIGNALS}
    seconds: dict[str, float] = defaultdict(float)
    with closing(open_files(path)) as files:
        ranker = Ranker(files, Names(()))
        for name, text in collection.queries.items():
            started = time.perf_counter()
            vectors, tokens = encoder.encode_tokens([text], is_query=True)
            encoding = time.perf_counter() - started
            query = Query(text, vectors[0], tokens[0])
            for signal, weights in SIGNALS.items():
                started = time.perf_counter()
                runs[signal][name] = rank_documents(ranker, query, weights, owners)
                seconds[signal] += encoding + time.perf_counter() - started
            progress("asking", 1, len(collection.queries))
    return {
        signal: SignalReport(_figures(collection, run), 1000 * seconds[signal] / len(collection.queries))
        for signal, run in runs.items()
    }


def _figures(collection: Collection, run: dict[str, dict[str, float]]) -> dict[str, Figure]:
    values: dict[str, list[float]] = {name: [] for name in METRICS}
    # In one order for all runs, so that the bootstrap draws the same queries for each.
    for _, name, value in sorted(measure(collection.qrels, run, METRICS)):
        values[name].append(value)
    return {name: figure(found) for name, found in values.items()}


def _kept(
    folder: Path, collection: Collection, passages: Sequence[Passage], info: EncoderInfo
) -> store.Generation | None:
    """Find the index of these very passages by this very model; None if it must be built, anew or at all."""
    try:
        generation = store.open_generation(folder)
    except IndexMissing:
        return None
    except IndexUnusable as error:
        raise QueryError(f"{folder}: holds an index that cannot be read; give --index an empty folder") from error
    held = [(edition.document, edition.label) for edition in generation.manifest.editions]
    if held != [(collection.edition.document, LABEL)]:
        raise QueryError(f"{folder}: holds the index of something else; give --index an empty folder")
    if generation.manifest.encoder != info or generation.manifest.counts["passages"] != len(passages):
        return None
    with closing(open_files(generation.path)) as files:
        same = files.catalog.passages(range(len(passages))) == list(passages)
    return generation if same else None


def _passages(edition: Edition, number: int, document: Text) -> Iterator[Passage]:
    text = document.text or document.title
    title = (document.title,) if document.title and document.text else ()
    blocks = tuple(Block(match.start(), match.end(), is_item=False) for match in PARAGRAPH.finditer(text))
    for ordinal, (start, end) in enumerate(chunk_ranges(Prose(text, blocks))):
        yield Passage(
            id=f"{edition.id}/{number}/{ordinal}",
            edition=edition,
            organization=None,
            section=title,
            text=text[start:end],
            pages=(number,),
            page_labels=(document.id,),
            sentences=tuple(sentence_ranges(text[start:end])),
        )


def _load_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Read relevance judgements: a line of headings, then query, document and grade, parted by tabs."""
    qrels: dict[str, dict[str, int]] = defaultdict(dict)
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines()[1:], start=2):
        if line.strip():
            try:
                query, document, grade = line.split("\t")
                qrels[query][document] = int(grade)
            except ValueError as error:
                raise QueryError(f"{path}: line {number} is no judgement ({error})") from error
    if not qrels:
        raise QueryError(f"{path}: no judgements in this file")
    return dict(qrels)
