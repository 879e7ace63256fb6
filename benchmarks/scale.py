"""How search behaves with ten thousand, a hundred thousand and a million passages on one machine.

    python benchmarks/scale.py --source INDEX [--source INDEX]… [--size 10000]… [--work DIR]

The passages are made of real ones, those of the indexes given, because random vectors are a false test: in 384
dimensions they are all equally far from each other, and a graph or a list of clusters finds nothing in them (measured:
recall 0.07 on a million random vectors, 0.95 on structured ones). A made passage starts from a real one and a near
neighbour of it. Some of its sentences are the neighbour's, and so are that share of its token vectors; its vector lies
between the two, moved by the difference of another pair of neighbours, so that it is as far from the next and in such
directions as real passages are. Sentences' vectors are moved likewise. Headings and owners are those of the real
passage. A word in five is another real one, drawn as often as it is found, for passages that say the same in the same
words are folded into one answer. One word in a passage is coined, from as many as a large corpus has (Heaps' law: half
a million), so that the list of words grows as well. Passages fill documents, numbered ones.

Written are the files of a generation by the functions that ``mandates ingest`` uses; only the model is spared.
"""

from __future__ import annotations

import json
import os
import platform
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import click

from pipeline.datatypes import Document, Edition, Passage
from pipeline.indexing import store
from pipeline.indexing.compact import Axes, learn_axes, write_axes
from pipeline.indexing.encode import load_query_encoder
from pipeline.indexing.files import Files, open_files, write_records
from pipeline.indexing.nearest import MANY, VectorIndex, best_places, write_vectors
from pipeline.indexing.vectors import quantize, write_packed
from pipeline.searching.rank import MODES, Query, Ranker
from pipeline.searching.search import Index

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]
    Rows = npt.NDArray[np.int64]

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
BLOCK = 10_000  # passages made at once
NEIGHBOURS = 8  # of a real passage, from which the other half is taken
MIXED = 0.35  # of the sentences are the neighbour's, on average
MOVED = 0.6  # of the difference of a pair of neighbours is added
SWAPPED = 0.2  # of the words are others, or hundreds of passages would be folded into one answer
VARIANTS = 32  # of each sentence
COINED = 2  # passages for each coined word
COPY = 200  # passages in a document
QUERIES = 200
CHECKED = 40  # queries whose hits are compared with those of a flat index
SYLLABLES = "ba ko ri tu ne sa lo mi da fe gu ho ja ke lu mo".split()


class Source(NamedTuple):
    """Real passages with all their vectors, from several indexes."""

    passages: list[Passage]
    vectors: Vectors
    sentences: Vectors
    first_sentence: Rows
    tokens: npt.NDArray[Any]
    first_token: Rows
    neighbours: Rows
    pairs: Rows


def read_source(folders: Sequence[Path]) -> Source:
    """Read indexes whole."""
    import numpy as np

    parts = []
    for folder in folders:
        with closing(open_files(store.open_generation(folder).path)) as files:
            if files.axes:
                raise click.UsageError(f"{folder}: give an index of fewer than {MANY} passages")
            rows = np.arange(len(files.columns))
            pieces = files.pieces(rows)
            parts.append((files.catalog.passages(rows), np.array(files.vectors.vectors(rows)), *pieces[1:]))
    passages, vectors, sentences, sentence_counts, tokens, token_counts = zip(*parts, strict=True)
    joined = np.concatenate(vectors)
    alike = joined @ joined.T
    np.fill_diagonal(alike, -1)
    neighbours = np.argsort(-alike, axis=1)[:, :NEIGHBOURS]
    starts = [np.concatenate([[0], np.cumsum(np.concatenate(counts))]) for counts in (sentence_counts, token_counts)]
    pairs = np.stack([np.arange(len(joined)), neighbours[:, 0]], axis=1)
    return Source(
        [item for part in passages for item in part], joined, np.concatenate(sentences), starts[0],
        np.concatenate(tokens), starts[1], neighbours, pairs,
    )  # fmt: skip


class Made(NamedTuple):
    """A block of made passages, before their texts are written: what each is made of."""

    first: int
    one: Rows
    other: Rows
    share: Vectors
    coined: Rows


def make_blocks(source: Source, size: int) -> Iterator[Made]:
    """Draw what passages are made of; the same size gives the same."""
    import numpy as np

    dice = np.random.default_rng(size)
    for first in range(0, size, BLOCK):
        count = min(BLOCK, size - first)
        one = dice.integers(0, len(source.passages), count)
        other = source.neighbours[one, dice.integers(0, NEIGHBOURS, count)]
        share = dice.uniform(0, 2 * MIXED, count).astype(np.float32)
        # Zipf: few coined words are frequent, most stand once or twice.
        coined = (dice.pareto(0.7, count) * 20).astype(np.int64) % max(size // COINED, 1)
        yield Made(first, one, other, share, coined)


def coin(number: int) -> str:
    """Make a word of a number."""
    word = ""
    while number or not word:
        number, digit = divmod(number, len(SYLLABLES))
        word += SYLLABLES[digit]
    return word + "n"


def mixed_sentences(source: Source, made: Made, place: int) -> list[tuple[int, int]]:
    """Give the sentences of a made passage as (passage, sentence of it); the neighbour's come last."""
    one, other = int(made.one[place]), int(made.other[place])
    own = source.passages[one].sentences
    taken = min(round(float(made.share[place]) * len(own)), len(source.passages[other].sentences), len(own) - 1)
    return [(one, n) for n in range(len(own) - taken)] + [(other, n) for n in range(taken)]


def make_passages(source: Source, size: int) -> Iterator[Passage]:
    """Make the passages, one edition after the other."""
    edition = Edition("", "", "", "")
    texts = vary(source)
    dice = random.Random(size)
    for made in make_blocks(source, size):
        for place in range(len(made.one)):
            row = made.first + place
            if row % COPY == 0:
                edition = make_edition(row // COPY)
            pieces = [dice.choice(texts[passage][number]) for passage, number in mixed_sentences(source, made, place)]
            pieces[0] = f"{coin(int(made.coined[place])).capitalize()}: {pieces[0]}"
            spans, end = [], 0
            for piece in pieces:
                spans.append((end, end + len(piece)))
                end += len(piece) + 1
            passage = source.passages[made.one[place]]
            owner = replace(passage.organization, pages=None) if passage.organization else None
            yield Passage(
                f"{edition.id}/{row % COPY}/0", edition, owner, passage.section, " ".join(pieces), passage.pages,
                passage.page_labels, passage.boxes[:2], sentences=tuple(spans),
            )  # fmt: skip


def vary(source: Source) -> list[list[list[str]]]:
    """Write every sentence of every passage in some ways, a word in five another word of the real passages."""
    dice = random.Random(0)
    words = [word for passage in source.passages for word in passage.text.split()]

    def varied(sentence: str) -> str:
        return " ".join(dice.choice(words) if dice.random() < SWAPPED else word for word in sentence.split())

    return [
        [[varied(passage.text[start:end]) for _ in range(VARIANTS)] for start, end in passage.sentences]
        for passage in source.passages
    ]


def make_edition(number: int) -> Edition:
    """Name a document: two editions of each, so that by default half of the passages are searched."""
    return Edition(f"paper-{number // 2}", str(2018 + number % 2), f"paper-{number}.pdf", f"{number:064x}")


def make_documents(source: Source, size: int) -> Iterator[Document]:
    """Make the documents, each with every organization that the real ones have."""
    owners = {p.organization.acronym: replace(p.organization, pages=None) for p in source.passages if p.organization}
    for number in range(-(-size // COPY)):
        yield Document(make_edition(number), (), (), tuple(owners.values()))


def make_vectors(source: Source, size: int) -> Vectors:
    """Make the vectors of the passages."""
    import numpy as np

    dice, found = np.random.default_rng(1), []
    for made in make_blocks(source, size):
        share = made.share[:, None] / 2
        between = source.vectors[made.one] * (1 - share)
        between += source.vectors[made.other] * share
        found.append(_moved(source, between.astype(np.float32), source.vectors, dice))
    return np.concatenate(found)


def make_sentences(source: Source, size: int) -> Iterator[npt.NDArray[Any]]:
    """Make the vectors of the sentences, block by block."""
    import numpy as np

    dice = np.random.default_rng(2)
    for made in make_blocks(source, size):
        rows = [
            source.first_sentence[passage] + number
            for place in range(len(made.one))
            for passage, number in mixed_sentences(source, made, place)
        ]
        yield quantize(_moved(source, source.sentences[rows], source.vectors, dice))


def make_tokens(source: Source, size: int, codes: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    """Make the token vectors of each passage: the first of one, and the last of the other."""
    import numpy as np

    for made in make_blocks(source, size):
        for (start, cut), (begin, stop) in _token_spans(source, made):
            yield np.concatenate([codes[start:cut], codes[begin:stop]])


def count_tokens(source: Source, size: int) -> Iterator[int]:
    """Count the token vectors of each passage."""
    for made in make_blocks(source, size):
        for (start, cut), (begin, stop) in _token_spans(source, made):
            yield cut - start + stop - begin


def _token_spans(source: Source, made: Made) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    firsts = source.first_token
    starts, stops = firsts[made.one], firsts[made.one + 1]
    cuts = stops - ((stops - starts) * made.share).astype(int)
    ends = firsts[made.other + 1]
    begins = ends - ((ends - firsts[made.other]) * made.share).astype(int)
    for start, cut, begin, end in zip(starts.tolist(), cuts.tolist(), begins.tolist(), ends.tolist(), strict=True):
        yield (start, cut), (begin, end)


def _moved(source: Source, vectors: Vectors, real: Vectors, dice: np.random.Generator) -> Vectors:
    import numpy as np

    one, other = source.pairs[dice.integers(0, len(source.pairs), len(vectors))].T
    sign = dice.choice(np.array([-1, 1], dtype=np.float32), len(vectors))[:, None]
    moved = vectors + MOVED * sign * (real[one] - real[other])
    units: Vectors = (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)
    return units


def build(source: Source, size: int, folder: Path) -> dict[str, Any]:
    """Write a generation; what it took."""
    import numpy as np

    model = store.open_generation(folder.parent / "model").manifest
    seconds: dict[str, float] = {}
    last = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal last
        seconds[name], last = round(time.perf_counter() - last, 1), time.perf_counter()

    def write(draft: Path) -> None:
        counts = np.fromiter(count_tokens(source, size), dtype=np.int64, count=size)
        write_records(draft, make_documents(source, size), make_passages(source, size), counts.tolist())
        lap("catalog, columns and words")
        write_vectors(draft / store.PASSAGE_VECTORS, make_vectors(source, size))
        lap("passages' vectors")
        sentences = sum(len(mixed_sentences(source, made, n)) for made in make_blocks(source, size)
                        for n in range(len(made.one)))  # fmt: skip
        write_packed(draft / store.SENTENCE_VECTORS, make_sentences(source, size), (sentences, source.vectors.shape[1]))
        lap("sentences' vectors")
        axes: Axes | None = None
        codes = quantize(source.tokens)
        if size >= MANY:
            axes = learn_axes(source.tokens)
            write_axes(draft / store.AXES, axes)
            codes = axes.encode(source.tokens)
        write_packed(draft / store.TOKEN_VECTORS, make_tokens(source, size, codes), (int(counts.sum()), codes.shape[1]))
        lap("tokens' vectors")
        manifest["sentences"] = sentences

    manifest: dict[str, int] = {"passages": size}
    editions = tuple(make_edition(number) for number in range(-(-size // COPY)))
    with store.writing(folder):
        generation = store.publish(folder, write, model.encoder, model.foreign, editions, manifest)
    lap("checksums")
    sizes = {file.name: file.stat().st_size for file in generation.path.iterdir()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"seconds": seconds, "bytes": sizes, "build_peak_bytes": peak}


# --- measuring, each in a process of its own


class Remembered:
    """The index's own model, asked once for each question."""

    def __init__(self, info: Any) -> None:
        """Load the model."""
        self._encoder = load_query_encoder(expected=info)
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
    owners = [entry.acronym for entry in index.catalog.named_organizations() if index._files.rows([entry.acronym]).size]  # type: ignore[union-attr]
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
    index = store.open_current(folder, Index)
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


def measure_recall(folder: Path, questions: Sequence[str]) -> dict[str, Any]:
    """Compare hits with those that exact neighbours propose, and with ranking all where that can be waited for."""
    import numpy as np

    from pipeline.searching import rank

    index = store.open_current(folder, Index)
    files, count = index._files, len(index.catalog)
    encoder = Remembered(index.manifest.encoder)
    asked = [(text, *encoder.encode_tokens([text], is_query=True)) for text in questions[:CHECKED]]
    queries = [Query(text, vectors[0], tokens[0]) for text, vectors, tokens in asked]
    exact = exact_neighbours(files, np.array([query.vector for query in queries]), rank.BY_VECTOR * rank.CANDIDATES)
    vectors = files.vectors
    names, found = index._names, {}

    def hits(ranker: Ranker, query: Query, rows: Rows | None = None) -> list[int]:
        return [item.row for item in ranker.rank(query, 10, rows, MODES["hybrid"])]

    def share(one: list[list[int]], other: list[list[int]]) -> float:
        return float(np.mean([len(set(a) & set(b)) / max(len(b), 1) for a, b in zip(one, other, strict=True)]))

    usual = [hits(Ranker(files, names), query) for query in queries]
    flat = []
    for query, near in zip(queries, exact, strict=True):
        flat.append(hits(Ranker(files._replace(vectors=Exact(vectors, near)), names), query))
    found["recall@10 against flat"] = share(usual, flat)
    proposed = [
        [row for row, _ in vectors.search(query.vector, len(near))] for query, near in zip(queries, exact, strict=True)
    ]
    found["recall of proposals by vector"] = share(proposed, [near.tolist() for near in exact])
    some = filters(index, count)["1 passage in 1,000"]
    rows = [index._select("x", 1, some[number % len(some)]) for number in range(len(queries))]  # type: ignore[arg-type]
    filtered = [hits(Ranker(files, names), query, few) for query, few in zip(queries, rows, strict=True)]
    exhaustive, filtered_at = rank.EXHAUSTIVE, rank.FILTERED
    rank.EXHAUSTIVE = 10**9
    whole = [hits(Ranker(files, names), query, few) for query, few in zip(queries, rows, strict=True)]
    found["1 in 1,000: same ten in the same order"] = float(
        np.mean([a == b for a, b in zip(filtered, whole, strict=True)])
    )
    found["passages of 1 in 1,000"] = float(np.mean([len(few) for few in rows if few is not None]))
    if count <= 2 * BLOCK:
        all_ranked = [hits(Ranker(files, names), query) for query in queries]
        found["recall@10 against ranking all"] = share(usual, all_ranked)
    rank.EXHAUSTIVE, rank.FILTERED = exhaustive, filtered_at
    return found


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


def in_process(task: str, folder: Path, questions: Sequence[Path]) -> dict[str, Any]:
    """Do one of the measurements in a fresh process."""
    command = [sys.executable, __file__, "--do", task, "--folder", str(folder)]
    command += [part for file in questions for part in ("--questions", str(file))]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def to_markdown(results: dict[str, Any]) -> str:
    """Write the table."""
    sizes = {int(name): record for name, record in results.items() if name.isdigit()}
    kinds = [
        "no filter",
        "latest editions (half)",
        "one organization",
        "one edition label (half)",
        "1 passage in 1,000",
    ]

    def row(name: str, give: Callable[[dict[str, Any]], Any]) -> str:
        return f"| {name} | " + " | ".join(str(give(record)) for record in sizes.values()) + " |"

    def spread(values: Sequence[float]) -> str:
        return f"{values[0]:.0f}, {values[1]:.0f}"

    lines = ["# Ten thousand to a million passages", ""]
    lines += [f"{name}: {value}  " for name, value in results.items() if not name.isdigit()]
    lines += ["", "| passages | " + " | ".join(f"{size:,}" for size in sizes) + " |", "|---" * (1 + len(sizes)) + "|"]
    lines.append(row("build without encoding, s", lambda r: round(sum(r["build"]["seconds"].values()))))
    lines.append(row("index, GB", lambda r: round(sum(r["build"]["bytes"].values()) / 1e9, 2)))
    lines.append(row("of it token vectors, GB", lambda r: round(r["build"]["bytes"][store.TOKEN_VECTORS] / 1e9, 2)))
    lines.append(row("resident when opened, MB", lambda r: round(r["warm"]["rss_opened"] / 1e6)))
    lines.append(row("resident after all questions, model included, MB", lambda r: round(r["warm"]["rss"] / 1e6)))
    lines.append(row("encoding a question, p50, p95 ms", lambda r: spread(r["warm"]["encoding"])))
    for kind in kinds:
        for clock in ("clock", "processor"):
            name = f"{kind}: answer, p50, p95 ms of the {clock}"
            lines.append(row(name, lambda r, kind=kind, clock=clock: spread(r["warm"][kind][clock])))  # type: ignore[misc]
    for name in sorted({name for record in sizes.values() for name in record["recall"]}):
        lines.append(row(name, lambda r, name=name: r["recall"].get(name, "")))  # type: ignore[misc]
    lines.append(row("whole process, from disk, s", lambda r: r["cold"]["from disk"]))
    lines.append(row("whole process, cached, s", lambda r: r["cold"]["cached"]))
    lines.append(row("load of the machine meanwhile", lambda r: r["cold"]["load"]))
    return "\n".join(lines) + "\n"


TASKS: dict[str, Callable[[Path, list[str]], dict[str, Any]]] = {
    "warm": measure_warm,
    "recall": measure_recall,
    "cold": lambda folder, questions: measure_cold(folder, questions[0]),
}


@click.command()
@click.option("--source", "sources", multiple=True, type=click.Path(exists=True, path_type=Path))
@click.option("--size", "sizes", multiple=True, type=int, default=(10_000, 100_000, 1_000_000), show_default=True)
@click.option("--questions", multiple=True, type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--work", default="build/scale", type=click.Path(path_type=Path), help="Where the indexes are made.")
@click.option("--keep", is_flag=True, help="Leave the indexes there; those that are there are not made again.")
@click.option("--do", "task", type=click.Choice(list(TASKS)), hidden=True)
@click.option("--folder", type=click.Path(path_type=Path), hidden=True)
def main(**given: Any) -> None:
    """Build and measure; writes benchmarks/results/scale.json and .md."""
    if given["task"]:
        print(json.dumps(TASKS[given["task"]](given["folder"], read_questions(given["questions"]))))  # noqa: T201
        return
    work = given["work"]
    shutil.copytree(given["sources"][0], work / "model", dirs_exist_ok=True)
    source = read_source(given["sources"])
    results: dict[str, Any] = {
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "real passages": len(source.passages),
        "nearest neighbour, real": neighbour_similarity(source.vectors),
        "nearest neighbour, made": neighbour_similarity(make_vectors(source, 10_000)),
    }
    for size in given["sizes"]:
        folder = work / str(size)
        record = results[str(size)] = {}
        kept = folder / "build.json"
        if not kept.exists():
            built = build(source, size, folder)
            kept.write_text(json.dumps(built))
        record["build"] = json.loads(kept.read_text())
        for task in TASKS:
            record[task] = in_process(task, folder, given["questions"])
        click.echo(json.dumps({size: record}))
        if not given["keep"]:
            shutil.rmtree(folder)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "scale.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "scale.md").write_text(to_markdown(results), encoding="utf-8")


if __name__ == "__main__":
    main()
