"""Which kind of FAISS index should hold many passages' vectors: inverted lists, as they do, or a graph (HNSW).

    python -m benchmarks.neighbours --source INDEX [--source INDEX]… [--size 100000]

The vectors are those of ``benchmarks.made``. Questions are vectors made of other draws; a filter lets every hundredth
vector through. Recall is of the neighbours that ranking asks for, against comparing all.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchmarks.made import make_vectors, read_source
from pipeline.indexing.nearest import MANY, open_vectors, write_vectors
from pipeline.searching.rank import BY_VECTOR, CANDIDATES

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]
    Rows = npt.NDArray[np.int64]
    Search = Callable[[Vectors, Rows | None], list[int]]

QUESTIONS = 100
WANTED = BY_VECTOR * CANDIDATES
FILTER = 100
GRAPH, WIDTHS = "HNSW32,SQfp16", (200, 400, 800)  # 200 is the least that gives so many neighbours


def lists(vectors: Vectors, folder: Path) -> Iterator[tuple[str, float, int, Search]]:
    """Build what the program builds; give its name, the seconds and bytes it takes, and how it is asked."""
    started = time.perf_counter()
    path = folder / "lists.faiss"
    write_vectors(path, vectors)
    seconds, index = time.perf_counter() - started, open_vectors(path)
    yield (
        "inverted lists",
        seconds,
        path.stat().st_size,
        lambda query, rows: [row for row, _ in index.search(query, WANTED, rows)],
    )


def graph(vectors: Vectors, folder: Path) -> Iterator[tuple[str, float, int, Search]]:
    """Build a graph; it is asked with searches of several widths."""
    import faiss

    untyped: Any = faiss
    started = time.perf_counter()
    index = untyped.index_factory(vectors.shape[1], GRAPH, faiss.METRIC_INNER_PRODUCT)
    index.train(vectors)
    index.add(vectors)
    path = folder / "graph.faiss"
    faiss.write_index(index, str(path))
    seconds = time.perf_counter() - started
    for width in WIDTHS:

        def search(query: Vectors, rows: Rows | None, width: int = width) -> list[int]:
            options: dict[str, Any] = {"efSearch": width}
            if rows is not None:
                options["sel"] = untyped.IDSelectorBatch(rows)
            found = index.search(query[None], WANTED, params=untyped.SearchParametersHNSW(**options))[1][0]
            return [int(row) for row in found if row >= 0]

        yield f"graph, efSearch {width}", seconds, path.stat().st_size, search


def measure(search: Search, questions: Vectors, exact: list[set[int]], rows: Rows | None) -> tuple[float, float]:
    """Give the mean recall and the median milliseconds."""
    recalls, times = [], []
    for question, wanted in zip(questions, exact, strict=True):
        started = time.perf_counter()
        found = search(question, rows)
        times.append(time.perf_counter() - started)
        recalls.append(len(wanted & set(found)) / len(wanted))
    return sum(recalls) / len(recalls), 1000 * sorted(times)[len(times) // 2]


def nearest(vectors: Vectors, questions: Vectors, rows: Rows) -> list[set[int]]:
    """Compare all."""
    import numpy as np

    scores = questions @ vectors[rows].T
    return [set(rows[np.argpartition(-line, WANTED - 1)[:WANTED]].tolist()) for line in scores]


@click.command()
@click.option("--source", "sources", multiple=True, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--size", default=100_000, show_default=True, type=click.IntRange(min=MANY))
def main(sources: tuple[Path, ...], size: int) -> None:
    """Print a table."""
    import numpy as np

    made = make_vectors(read_source(sources), size + QUESTIONS)
    vectors, questions = made[:size], made[size:]
    everything, some = np.arange(size), np.arange(0, size, FILTER)
    exact, filtered = nearest(vectors, questions, everything), nearest(vectors, questions, some)
    click.echo("| kind | build, s | MB | recall | ms | recall, 1 in 100 | ms |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for build in (lists, graph):
            for name, seconds, size_on_disk, search in build(vectors, Path(folder)):
                whole, few = measure(search, questions, exact, None), measure(search, questions, filtered, some)
                figures = f"{whole[0]:.3f} | {whole[1]:.1f} | {few[0]:.3f} | {few[1]:.1f}"
                click.echo(f"| {name} | {seconds:.0f} | {size_on_disk / 1e6:.0f} | {figures} |")


if __name__ == "__main__":
    main()
