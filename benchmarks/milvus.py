"""The same passages and questions in a folder with FAISS and in Milvus: time, memory, and whether answers agree.

    python -m benchmarks.milvus --source INDEX --questions FILE [--store milvus://HOST:PORT/NAME] [--size 10000]…

Without ``--store`` Milvus Lite is measured, a file. Passages are made as in ``benchmarks.scale``. Each measurement has
a process of its own, so memory is that of the store, with the model; Milvus Lite runs in the same process.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import click

from benchmarks.large import ROOT, Remembered, filters, memory, quantiles, read_questions
from benchmarks.made import COPY, make_edition, read_source
from benchmarks.scale import write
from pipeline.indexing import store
from pipeline.indexing.build import Clock
from pipeline.scaling.stores import open_store
from pipeline.searching.search import open_index

RESULTS = ROOT / "benchmarks" / "results"
ASKED = 20  # questions for each kind of filter
TOP_K = 10


def build(source: Path, size: int, address: str) -> dict[str, Any]:
    """Publish made passages."""
    model, made = store.open_generation(source).manifest, read_source([source])
    clock, counts = Clock(), {"passages": size}
    editions = tuple(make_edition(number) for number in range(-(-size // COPY)))
    place = open_store(address)
    with place.writing():
        place.publish(
            lambda draft: write(made, size, draft, clock, counts), model.encoder, model.foreign, editions, counts
        )
    clock.lap("published")
    return {"seconds": clock.seconds, "peak": peak()}


def ask(address: str, questions: Sequence[str]) -> dict[str, Any]:
    """Time opening and answers, and give the answers."""
    started = time.perf_counter()
    index = open_index(address)
    found: dict[str, Any] = {"opened": time.perf_counter() - started, "rss_opened": memory()}
    encoder = Remembered(index.manifest.encoder)
    index._encoder = encoder  # type: ignore[assignment]
    started = time.perf_counter()
    index.ask(questions[0], TOP_K, edition="all")
    found["first"] = time.perf_counter() - started
    for name, choices in filters(index, index.manifest.counts["passages"]).items():
        seconds, answers = [], []
        for number, question in enumerate(questions):
            encoder.encode_tokens([question], is_query=True)
            started = time.perf_counter()
            answer = index.ask(question, TOP_K, **choices[number % len(choices)])
            seconds.append(time.perf_counter() - started)
            answers.append([hit.passage.id for hit in answer.hits])
        found[name] = {"seconds": quantiles(seconds), "answers": answers}
    found["peak"] = peak()
    return found


def peak() -> int:
    """Give the most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def in_process(*given: str) -> dict[str, Any]:
    """Do one measurement in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.milvus", *given], stdout=subprocess.PIPE, check=True, cwd=ROOT
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def size_of(path: Path) -> int:
    """Count the bytes below a folder."""
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def measure(work: Path, size: int, address: str | None, common: Sequence[str]) -> dict[str, Any]:
    """Build and ask both stores."""
    places = {"folder": str(work / str(size)), "milvus": address or f"milvus:{work / str(size)}.db"}
    found: dict[str, Any] = {}
    for name, place in places.items():
        built = in_process("--do", "build", "--place", place, "--size", str(size), *common)
        asked = in_process("--do", "ask", "--place", place, *common)
        path = Path(place.removeprefix("milvus:"))
        found[name] = {"build": built, "ask": asked, "bytes": size_of(path) if path.exists() else None}
        if path.exists():
            shutil.rmtree(path)
    compare(found)
    return found


def compare(found: dict[str, Any]) -> None:
    """Put in place of each answer's passages what share of the folder's there are among them."""
    wanted = {kind: value["answers"] for kind, value in found["folder"]["ask"].items() if isinstance(value, dict)}
    for record in found.values():
        for kind, answers in wanted.items():
            given = record["ask"][kind].pop("answers")
            shares = [len({*one} & {*other}) / max(len(one), 1) for one, other in zip(answers, given, strict=True)]
            record["ask"][kind]["shared"] = round(sum(shares) / len(shares), 3)


def to_markdown(results: dict[str, Any]) -> str:
    """Write the table."""
    lines = ["# The same passages in a folder with FAISS and in Milvus", ""]
    lines += [f"{name}: {value}  " for name, value in results["about"].items()]
    columns = [(int(size), name, record) for size, both in results["sizes"].items() for name, record in both.items()]
    lines += ["", "| passages, store | " + " | ".join(f"{size:,} {name}" for size, name, _ in columns) + " |"]
    lines.append("|---" * (len(columns) + 1) + "|")

    def row(title: str, give: Callable[[dict[str, Any]], Any]) -> None:
        lines.append(f"| {title} | " + " | ".join(str(give(record)) for _, _, record in columns) + " |")

    row("build without encoding, s", lambda found: round(sum(found["build"]["seconds"].values())))
    row("most memory of the build, MB", lambda found: round(found["build"]["peak"] / 1e6))
    row("on disk, MB", lambda found: round(found["bytes"] / 1e6) if found["bytes"] else "on the server")
    row("opening, s", lambda found: round(found["ask"]["opened"], 2))
    row("memory when opened, MB", lambda found: round(found["ask"]["rss_opened"] / 1e6))
    row("the first answer, s", lambda found: round(found["ask"]["first"], 2))
    for kind in (name for name, value in columns[0][2]["ask"].items() if isinstance(value, dict)):
        row(f"{kind}: answer, p50, p95 ms", lambda found, kind=kind: spread(found["ask"][kind]["seconds"]))  # type: ignore[misc]
        row(f"{kind}: of the folder's first {TOP_K}", lambda found, kind=kind: found["ask"][kind]["shared"])  # type: ignore[misc]
    row("most memory while asked, MB", lambda found: round(found["ask"]["peak"] / 1e6))
    return "\n".join(lines) + "\n"


def spread(values: Sequence[float]) -> str:
    """Write a median and a high value."""
    return f"{values[0]:.0f}, {values[1]:.0f}"


@click.command()
@click.option("--source", type=click.Path(exists=True, path_type=Path), required=True, help="An index of papers.")
@click.option("--questions", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--size", "sizes", multiple=True, type=int, default=(10_000,), show_default=True)
@click.option("--store", "address", help="A server; without it Milvus Lite is measured.")
@click.option("--work", default="build/milvus", type=click.Path(path_type=Path), help="Where the indexes are made.")
@click.option("--do", "task", type=click.Choice(["build", "ask"]), hidden=True)
@click.option("--place", hidden=True)
def main(source: Path, questions: Path, sizes: tuple[int, ...], address: str | None, work: Path, **given: Any) -> None:
    """Build and measure; writes benchmarks/results/milvus.json and .md."""
    asked = read_questions([questions])[:ASKED]
    if given["task"]:
        place = given["place"]
        found = build(source, sizes[0], place) if given["task"] == "build" else ask(place, asked)
        print(json.dumps(found))  # noqa: T201
        return
    work = work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    common = ("--source", str(source.resolve()), "--questions", str(questions.resolve()))
    about = {"machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores", "questions": ASKED}
    results: dict[str, Any] = {"about": about | {"milvus": address or "Milvus Lite"}, "sizes": {}}
    RESULTS.mkdir(exist_ok=True)
    for size in sizes:
        results["sizes"][str(size)] = measure(work, size, address, common)
        (RESULTS / "milvus.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        (RESULTS / "milvus.md").write_text(to_markdown(results), encoding="utf-8")


if __name__ == "__main__":
    main()
