"""What is measured of a large index: warm answers, recall, and whole processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchmarks.made import BLOCK, COPY
from pipeline.indexing import store
from pipeline.indexing.encode import load_encoder
from pipeline.indexing.files import Files
from pipeline.indexing.nearest import VectorIndex, best_places
from pipeline.searching import rank
from pipeline.searching.rank import MODES, Query, Ranker
from pipeline.searching.search import Index, open_index

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]
    Rows = npt.NDArray[np.int64]

ROOT = Path(__file__).parent.parent
QUERIES = 200
CHECKED = 40  # queries whose hits are compared with those of a flat index


class Remembered:
    """The index's own model, asked once for each question."""

    def __init__(self, info: Any) -> None:
        """Load the model."""
        self._encoder = load_encoder(expected=info, thorough=False)
        self._known: dict[str, Any] = {}
        self.seconds: list[float] = []

    def encode_tokens(self, texts: Sequence[str], *, is_query: bool) -> Any:
        """Encode a question, or give what it was the first time."""
        if texts[0] not in self._known:
            started = time.perf_counter()
            self._known[texts[0]] = self._encoder.encode_tokens(texts, is_query=is_query)
            self.seconds.append(time.perf_counter() - started)
        return self._known[texts[0]]


def read_questions(files: Sequence[Path]) -> list[str]:
    """Read questions from JSON lines, the same number of each file."""
    found = []
    for file in files:
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        found.append([str(row.get("question") or row["text"]) for row in rows])
    mixed = [text for texts in zip(*found, strict=False) for text in texts]
    return list(dict.fromkeys([*mixed, *(text for texts in found for text in texts)]))[:QUERIES]


def filters(index: Index, size: int) -> dict[str, list[dict[str, Any]]]:
    """Give filters of each kind."""
    acronyms = [entry.acronym for entry in index.catalog.named_organizations()]
    owners = [acronym for acronym in acronyms if (rows := index._files.rows([acronym])) is not None and len(rows)]
    documents = max(1, size // 1000 // COPY)
    some = [
        [f"paper-{n + k * 7}" for k in range(documents)] for n in range(0, max(1, size // COPY // 2 - 7 * documents), 3)
    ]
    return {
        "no filter": [{"edition": "all"}],
        "latest editions (half)": [{}],
        "one organization": [{"edition": "all", "organizations": [name]} for name in owners],
        "one edition label (half)": [{"edition": "2018"}],
        "1 passage in 1,000": [{"edition": "2018", "documents": names} for names in some],
    }


def measure_warm(folder: Path, questions: Sequence[str]) -> dict[str, Any]:
    """Time whole answers by kind of filter; encoding apart."""
    index = open_index(folder)
    encoder = Remembered(index.manifest.encoder)
    index._encoder = encoder  # type: ignore[assignment]
    opened = memory()
    for question in questions:
        encoder.encode_tokens([question], is_query=True)
    loaded = memory()
    found: dict[str, Any] = {"encoding": quantiles(encoder.seconds), "rss_opened": opened, "rss_model": loaded}
    for name, choices in filters(index, index.manifest.counts["passages"]).items():
        for number, question in enumerate(questions):  # so that what is timed is not the disk
            index.ask(question, 10, **choices[number % len(choices)])
        seconds, worked = [], []
        for number, question in enumerate(questions):
            started, working = time.perf_counter(), time.process_time()
            index.ask(question, 10, **choices[number % len(choices)])
            seconds.append(time.perf_counter() - started)
            worked.append(time.process_time() - working)
        found[name] = {"clock": quantiles(seconds), "processor": quantiles(worked)}
    found["rss"] = memory()
    return found


def measure_recall(folder: Path, questions: Sequence[str]) -> dict[str, float]:
    """Compare hits with those that exact neighbours propose, and with ranking all where that can be waited for."""
    import numpy as np

    index = open_index(folder)
    names, count = index._names, len(index.catalog)
    files: Files = index._files  # type: ignore[assignment]
    encoder = Remembered(index.manifest.encoder)
    asked = [(text, *encoder.encode_tokens([text], is_query=True)) for text in questions[:CHECKED]]
    queries = [Query(text, vectors[0], tokens[0]) for text, vectors, tokens in asked]
    exact = exact_neighbours(files, np.array([query.vector for query in queries]), rank.BY_VECTOR * rank.CANDIDATES)
    some = filters(index, count)["1 passage in 1,000"]
    few: list[Any] = [index._select("x", 1, some[number % len(some)]) for number in range(len(queries))]  # type: ignore[arg-type]

    def hits(given: Files, rows: Sequence[Rows | None] = ()) -> list[list[int]]:
        ranker = Ranker(given, names)
        pairs = zip(queries, rows or [None] * len(queries), strict=True)
        return [[item.row for item in ranker.rank(query, 10, rows, MODES["hybrid"])] for query, rows in pairs]

    usual, filtered = hits(files), hits(files, few)
    flat = [
        Ranker(files._replace(vectors=Exact(files.vectors, near)), names).rank(query, 10, None, MODES["hybrid"])
        for query, near in zip(queries, exact, strict=True)
    ]
    proposed = [
        [row for row, _ in files.vectors.search(query.vector, len(near))]
        for query, near in zip(queries, exact, strict=True)
    ]
    found = {
        "recall@10 against flat": shared(usual, [[item.row for item in ranked] for ranked in flat]),
        "recall of proposals by vector": shared(proposed, [near.tolist() for near in exact]),
        "passages of 1 in 1,000": float(np.mean([len(rows) for rows in few if rows is not None])),
    }
    with exhaustive():
        same = [one == other for one, other in zip(filtered, hits(files, few), strict=True)]
        found["1 in 1,000: same ten in the same order"] = float(np.mean(same))
        if count <= 2 * BLOCK:
            found["recall@10 against ranking all"] = shared(usual, hits(files))
    return found


def shared(found: Sequence[Sequence[int]], wanted: Sequence[Sequence[int]]) -> float:
    """Give the mean share of the wanted that was found."""
    shares = [len(set(one) & set(other)) / max(len(other), 1) for one, other in zip(found, wanted, strict=True)]
    return sum(shares) / max(len(shares), 1)


@contextmanager
def exhaustive() -> Iterator[None]:
    """Have all passages ranked, not only those that are proposed."""
    before, rank.EXHAUSTIVE = rank.EXHAUSTIVE, 10**9
    try:
        yield
    finally:
        rank.EXHAUSTIVE = before


class Exact:
    """Passages' vectors whose nearest are known."""

    def __init__(self, index: VectorIndex, near: Rows) -> None:
        """Take an index and the rows that a search is to give."""
        self.index, self.near, self.dimensions = index, near, index.dimensions

    def __len__(self) -> int:
        """Count the vectors."""
        return len(self.index)

    def search(self, query: Any, top_k: int, rows: Any = None) -> list[tuple[int, float]]:
        """Give the nearest."""
        return [(int(row), 0.0) for row in self.near[:top_k]]

    def vectors(self, rows: Any) -> Any:
        """Give vectors."""
        return self.index.vectors(rows)


def exact_neighbours(files: Files, queries: Vectors, count: int) -> list[Rows]:
    """Compare all vectors with all queries, block by block."""
    import numpy as np

    total = len(files.columns)
    scores = np.empty((len(queries), total), dtype=np.float32)
    for start in range(0, total, BLOCK):
        rows = np.arange(start, min(start + BLOCK, total))
        scores[:, rows] = queries @ files.vectors.vectors(rows).T
    return [best_places(row, count) for row in scores]


def neighbour_similarity(vectors: Vectors) -> list[float]:
    """Give the 5 %, 50 % and 95 % of the cosine of passages' vectors with the nearest other one."""
    import numpy as np

    rows = np.linspace(0, len(vectors) - 1, 300).astype(int)
    best = []
    for row in rows:
        alike = vectors @ vectors[row]
        alike[row] = -1
        best.append(alike.max())
    return [round(float(value), 3) for value in np.quantile(best, [0.05, 0.5, 0.95])]


def measure_cold(folder: Path, question: str) -> dict[str, Any]:
    """Time whole processes of the command line: with the files out of the system's cache, and in it."""
    command = [sys.executable, str(ROOT / "search_cli.py"), "search", question, "--index", str(folder), "--json"]

    def run() -> float:
        started = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
        if done.returncode not in (0, 1):
            raise click.ClickException(done.stderr)
        return time.perf_counter() - started

    run()
    for file in store.open_current(folder, lambda generation: generation).path.iterdir():
        with file.open("rb") as stream:
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    first = run()
    return {
        "from disk": round(first, 2),
        "cached": round(sorted(run() for _ in range(5))[2], 2),
        "load": os.getloadavg()[0],
    }


def memory() -> int:
    """Give the resident bytes of this process, mapped files included."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def quantiles(seconds: Sequence[float]) -> list[float]:
    """Give the median and the 95th percentile in milliseconds."""
    ordered = sorted(seconds)
    return [round(1000 * ordered[int(share * (len(ordered) - 1))], 1) for share in (0.5, 0.95)]
