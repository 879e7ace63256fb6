"""Many files, or many pages of one, read at once by worker processes; in order, whatever their number."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from pipeline.datatypes import Edition, Passage
from pipeline.datatypes.page import Document
from pipeline.errors import CorpusError, ReaderFailed
from pipeline.reading.convert import is_flowing
from pipeline.reading.document import Sheet, parse_sheets, read_document, read_sheets
from pipeline.reading.extract import count_pages
from pipeline.reading.ocr import SLOWER
from pipeline.reading.plumber import read_metadata
from pipeline.reading.workers import Workers

LARGEST = 64  # pages that one call reads: a second or two, and few enough that their glyphs never fill the memory
TIMEOUT = 120.0  # seconds; the slowest of real papers takes one
SMALLEST = 16  # pages that are worth a worker of their own: starting one takes as long as reading them


class Job(NamedTuple):
    """A file to read, and the edition it is."""

    file: Path
    edition: Edition
    password: str | None = None
    ocr: str | None = None  # the languages of pages without text, to be recognized


# What became of a file: what was read, or why it cannot be.
Outcome = tuple[Document, list[Passage]] | CorpusError


def read_all(
    jobs: Sequence[Job], workers: int, timeout: float, progress: Callable[[int, int], None] = lambda done, total: None
) -> Generator[Outcome]:
    """Read files by worker processes; closing the iterator stops them.

    :param timeout: seconds for a file, or for each ``LARGEST`` pages of a longer one; ``SLOWER`` times that with OCR.
    :param progress: called with the pages read since the last call and all there are, as far as that is known.
    """
    patience = SLOWER if any(job.ocr for job in jobs) else 1
    crew = Crew(jobs, workers, patience * timeout, progress)
    files = ThreadPoolExecutor(workers)
    try:
        for future in [files.submit(crew.read, job) for job in jobs]:
            yield future.result()
    finally:
        crew.close()
        files.shutdown(wait=False, cancel_futures=True)


class Crew:
    """The workers that share the files and the pages of the long ones."""

    def __init__(
        self,
        jobs: Sequence[Job],
        workers: int,
        timeout: float,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        """Start them; ``jobs`` are those that are known to come, and tell how far the work is."""
        # With fewer files than workers, already a short file is cut; a second worker starts while the first one counts.
        self._share = max(1, workers // max(1, len(jobs)))
        self._workers = Workers(workers, timeout, min(2, workers))
        self._pieces = ThreadPoolExecutor(workers)
        self._progress = progress
        self._lock = Lock()
        self._uncounted, self._counts = set(jobs), [0]

    def read(self, job: Job) -> Outcome:
        """Read a file: whole by one worker, or its pages by several and what follows them here."""
        try:
            most = LARGEST if self._share == 1 else 2 * SMALLEST - 1
            read = self._workers.call(str(job.file), read_short, job, most)
            if not isinstance(read, int):
                self._tell(job, len(read[0].pages), len(read[0].pages))
                return read
            self._tell(job, 0, read)
            pages = [sheet for piece in self._pieces.map(partial(self._piece, job), self._cut(read)) for sheet in piece]
            metadata = self._workers.call(str(job.file), read_metadata, job.file)
            return parse_sheets(pages, job.edition, str(job.file), metadata)
        except CorpusError as error:
            failed = error
        except ImportError:
            raise  # not the file's fault: no file can be read
        except Exception as error:  # noqa: BLE001 - of whatever kind, it must not take the other files down
            failed = ReaderFailed(f"{job.file}: cannot be read ({type(error).__name__}: {error})")
        self._tell(job, 0)
        return failed

    def close(self) -> None:
        """Stop at once."""
        self._workers.close()
        self._pieces.shutdown(wait=False, cancel_futures=True)

    def _cut(self, count: int) -> list[tuple[int, int]]:
        """Cut pages into pieces as even as can be: the first and the last page of each."""
        size = min(LARGEST, max(SMALLEST, math.ceil(count / self._share)))
        return [(first, min(first + size - 1, count)) for first in range(1, count + 1, size)]

    def _piece(self, job: Job, pages: tuple[int, int]) -> list[Sheet]:
        sheets = self._workers.call(str(job.file), read_sheets, job.file, job.password, *pages, job.ocr)
        self._tell(job, len(sheets))
        return sheets

    def _tell(self, job: Job, done: int, counted: int = 0) -> None:
        """Report progress; a file that is not counted yet is taken to be as long as the others are."""
        with self._lock:
            self._uncounted.discard(job)
            if counted:
                self._counts.append(counted)
            known = sum(self._counts)
            total = known + len(self._uncounted) * known // max(1, len(self._counts) - 1)
            self._progress(done, total)


def read_short(job: Job, most: int) -> tuple[Document, list[Passage]] | int:
    """Read a file of up to so many pages; of a longer one, tell how many they are."""
    count = 1 if is_flowing(job.file) else count_pages(job.file, job.password)
    return count if count > most else read_document(*job)
