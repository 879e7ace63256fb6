"""How search behaves with ten thousand, a hundred thousand and a million passages on one machine.

    python -m benchmarks.scale --source INDEX [--source INDEX]… --questions FILE [--size 10000]… [--work DIR]

Passages are made of those of the indexes given, see ``benchmarks.made``. Written are the files of a generation by the
functions that ``mandates ingest`` uses; only the model is spared. Each measurement has a process of its own.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import click

from benchmarks.large import ROOT, measure_cold, measure_recall, measure_warm, neighbour_similarity, read_questions
from benchmarks.made import (
    COPY,
    Source,
    count_sentences,
    count_tokens,
    make_documents,
    make_edition,
    make_passages,
    make_sentences,
    make_tokens,
    make_vectors,
    read_source,
)
from pipeline.indexing import store
from pipeline.indexing.build import Clock
from pipeline.indexing.compact import learn_axes, write_axes
from pipeline.indexing.files import write_records
from pipeline.indexing.nearest import MANY, write_vectors
from pipeline.indexing.vectors import quantize, write_packed

RESULTS = ROOT / "benchmarks" / "results"


def build(source: Source, size: int, folder: Path) -> dict[str, Any]:
    """Write a generation; what it took."""
    model = store.open_generation(folder.parent / "model").manifest
    clock, counts = Clock(), {"passages": size}
    editions = tuple(make_edition(number) for number in range(-(-size // COPY)))
    with store.writing(folder):
        generation = store.publish(
            folder,
            lambda draft: write(source, size, draft, clock, counts),
            model.encoder,
            model.foreign,
            editions,
            counts,
        )
    clock.lap("checksums")
    sizes = {file.name: file.stat().st_size for file in generation.path.iterdir()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"seconds": clock.seconds, "bytes": sizes, "build_peak_bytes": peak}


def write(source: Source, size: int, draft: Path, clock: Clock, counts: dict[str, int]) -> None:
    """Write the files of a generation, and how many sentences there are into ``counts``."""
    import numpy as np

    tokens = np.fromiter(count_tokens(source, size), dtype=np.int64, count=size)
    write_records(draft, make_documents(source, size), make_passages(source, size), tokens.tolist())
    clock.lap("catalog, columns and words")
    write_vectors(draft / store.PASSAGE_VECTORS, make_vectors(source, size))
    clock.lap("passages' vectors")
    counts["sentences"] = count_sentences(source, size)
    shape = counts["sentences"], source.vectors.shape[1]
    write_packed(draft / store.SENTENCE_VECTORS, make_sentences(source, size), shape)
    clock.lap("sentences' vectors")
    codes = quantize(source.tokens)
    if size >= MANY:
        axes = learn_axes(source.tokens)
        write_axes(draft / store.AXES, axes)
        codes = axes.encode(source.tokens)
    write_packed(draft / store.TOKEN_VECTORS, make_tokens(source, size, codes), (int(tokens.sum()), codes.shape[1]))
    clock.lap("tokens' vectors")


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
