"""What a worker of a cluster does with a file: tell its edition, read it, encode it and write its part.

Files go from stage to stage as rows of numbers and bytes. An error is what a stage gives, not what it raises: one
broken file must not end the work on the others. A worker may die at any moment, and another one begins the file
again; a file that this happens to ``TRIES`` times is set aside.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.datatypes import Passage
from pipeline.datatypes.page import Document
from pipeline.errors import ClusterError, CorpusError, EncoderError, FileMissing, MandatesError, ReaderFailed
from pipeline.indexing.build import encode_texts
from pipeline.indexing.encode import Encoder
from pipeline.indexing.gather import still
from pipeline.reading.corpus import Place, Source, identify
from pipeline.reading.ocr import SLOWER
from pipeline.reading.parallel import Crew, Job, Outcome
from pipeline.scaling.remote import fetched
from pipeline.scaling.spool import Part, Spool, texts_of

TRIES = 3  # workers that may die of a file, or of something else meanwhile
Row = dict[str, Any]
Begin = Callable[[int], int]  # takes a row's number, tells how many workers have begun it, this one included


@dataclass(frozen=True, slots=True)
class Plan:
    """What every worker is told."""

    spool: Spool
    load_encoder: Callable[[], Encoder]
    password: str | None
    timeout: float


def to_rows(items: Sequence[object]) -> list[Row]:
    """Make a row of each item: its number and its bytes."""
    return [{"number": number, "item": pickle.dumps(item)} for number, item in enumerate(items)]


def item_of(row: Row) -> Any:
    """Give the item of a row."""
    return pickle.loads(row["item"])  # noqa: S301 - from a worker of ours, over the cluster's own network


def row_of(number: int, item: object) -> Row:
    """Make the row of an item."""
    return {"number": number, "item": pickle.dumps(item)}


def tell_edition(row: Row, label: str | None) -> Row:
    """Tell the edition of a file: a row of the file becomes one of its source, or of the reason why there is none."""
    file: Place = item_of(row)
    found: Source | FileMissing
    try:
        with fetched(file) as copy:
            found = identify(copy, label)._replace(file=file)
    except FileMissing as error:
        found = error
    return row_of(row["number"], found)


class Reading:
    """Reads files, in a process that may die of them."""

    def __init__(self, plan: Plan, begin: Begin) -> None:
        """Start with no file."""
        self._plan, self._begin = plan, begin
        self._crew = Crew((), 1, plan.timeout * (SLOWER if plan.spool.ocr else 1))

    def __call__(self, row: Row) -> Row:
        """Read a file: a row of its source becomes one of the source and what is read of it, None if a part has it."""
        source: Source = item_of(row)
        outcome: Outcome | MandatesError | None
        try:
            outcome = None if self._plan.spool.holds(source.edition) else self._read(row["number"], source)
        except Exception as error:  # noqa: BLE001 - whatever it is, the driver tells it
            outcome = _told(source, error)
        return row_of(row["number"], (source, outcome))

    def close(self) -> None:
        """Stop the process; it also ends with this one."""
        self._crew.close()

    def _read(self, number: int, source: Source) -> Outcome:
        if self._begin(number) > TRIES:
            return given_up(source)
        outcome = self._read_once(source)
        return self._read_once(source) if isinstance(outcome, ReaderFailed) else outcome

    def _read_once(self, source: Source) -> Outcome:
        try:
            with fetched(source.file) as copy:
                job = Job(copy, source.edition, self._plan.password, self._plan.spool.ocr)
                return _about(source.file, copy, still(job, self._crew.read(job)))
        except FileMissing as error:
            return error


class Encoding:
    """Encodes what was read, and writes the parts; the model is loaded once, with the first file."""

    def __init__(self, plan: Plan, begin: Begin) -> None:
        """Start without a model."""
        self._plan, self._begin = plan, begin
        self._encoder: Encoder | None = None

    def __call__(self, row: Row) -> Row:
        """Encode a file: its row becomes one of None once there is a part, or of the error."""
        source, outcome = item_of(row)
        if not isinstance(outcome, MandatesError | None):
            try:
                outcome = self._encode(row["number"], source, *outcome)
            except Exception as error:  # noqa: BLE001 - whatever it is, the driver tells it
                outcome = _told(source, error)
        return row_of(row["number"], outcome)

    def _encode(self, number: int, source: Source, document: Document, passages: list[Passage]) -> CorpusError | None:
        if self._begin(number) > TRIES:
            return given_up(source)
        part = Part(document, passages, *encode_texts(*texts_of(passages), self._loaded()))
        self._plan.spool.save(source.edition, part)
        return None

    def _loaded(self) -> Encoder:
        if self._encoder is None:
            encoder = self._plan.load_encoder()
            wanted = self._plan.spool.encoder
            if encoder.info.sha256 != wanted.sha256:
                raise EncoderError(f"{wanted.name}: a worker of the cluster has other weights; install the same model")
            self._encoder = encoder
        return self._encoder


def _told(source: Source, error: Exception) -> MandatesError:
    """Give an error that ends the ingest with one line, unless it is but the file's own."""
    if isinstance(error, MandatesError):
        return error
    return ClusterError(f"{source.file}: a worker of the cluster failed at it ({type(error).__name__}: {error})")


def given_up(source: Source) -> ReaderFailed:
    """Say why a file is set aside."""
    return ReaderFailed(f"{source.file}: {TRIES} workers died while they were at it; get a fresh copy")


def _about(file: Place, copy: Path, outcome: Outcome) -> Outcome:
    """Name the file, not the copy of it, in what is said of it."""
    if isinstance(outcome, CorpusError):
        return type(outcome)(str(outcome).replace(str(copy), str(file)))
    document, passages = outcome
    warnings = tuple(line.replace(str(copy), str(file)) for line in document.warnings)
    return replace(document, warnings=warnings), passages
