"""Speed and weight of this project beside what others build from the parts at hand. ``make bench`` runs it.

    python -m benchmarks.speed [--runs 5] [--papers DIR] [--no-baselines] [--only MEASURE]…

Each baseline runs in an environment of its own, made once and kept in --environments; one that cannot be installed is
left out, with the reason. Writes speed.md and speed.json into --output after each measure. For Linux and macOS.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from platformdirs import user_cache_path

from benchmarks import contenders, environments, machine, measures, report
from benchmarks.measures import Bench
from benchmarks.processes import ROOT, Failed, run
from pipeline.indexing.models import DEFAULT_MODEL, MINILM

# Before anything is timed, and in a process of its own, since it takes much memory.
UNPACK = "import sys; from pipeline.indexing.models import find_model; [find_model(name) for name in sys.argv[1:]]"
NOTES = [
    "The baselines run MiniLM, so mandates (MiniLM) is their like; speed.json has every sample.",
    "Packages carry both models of mandates; the baselines fetch MiniLM, so its folder is added to their installs.",
    "script, our passages: reads no PDF, but encodes and stores the passages of mandates (MiniLM).",
    "warm query: the questions of tests/data/questions.jsonl in an open index, each asked once before it counts.",
]


def make_baselines(bench: Bench, cache: Path, passages: Path) -> None:
    """Make the baselines' environments and let those take part that could be made."""
    for name in dict.fromkeys(environment for _, environment, _ in contenders.PROGRAMS):
        click.echo(f"environment {name}", err=True)
        try:
            python = environments.of_baseline(name, cache).python
        except Failed as error:
            bench.notes.append(f"{name}: left out, it cannot be installed: {error}")
            click.echo(bench.notes[-1], err=True)
            continue
        bench.taking_part += contenders.baselines(name, python, passages)


def write(bench: Bench, facts: dict[str, Any], output: Path) -> None:
    """Write what was measured so far."""
    summaries = report.summarise(bench.samples, contenders.OWN[0].name)
    figures = {
        measure: {name: {**summary._asdict(), "samples": bench.samples[measure][name]} for name, summary in row.items()}
        for measure, row in summaries.items()
    }
    record = {**facts, "notes": bench.notes, "figures": figures, "answers": bench.answers}
    output.mkdir(parents=True, exist_ok=True)
    (output / "speed.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (output / "speed.md").write_text(report.markdown(record, summaries), encoding="utf-8")


@contextmanager
def work_folder() -> Iterator[Path]:
    """Give a folder for indexes, away from the repository."""
    folder = Path(tempfile.mkdtemp(prefix="mandates-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def steps(bench: Bench, options: dict[str, Any]) -> dict[str, Callable[[], None]]:
    """Give the measures by name, in the order they are taken."""
    papers = sorted(options["papers"].glob("*.pdf"))[: options["papers_count"]] if options["papers"] else []
    runs = options["papers_runs"] or bench.runs
    found: dict[str, Callable[[], None]] = {
        "cold": lambda: measures.measure_cold(bench),
        "warm": lambda: measures.measure_warm(bench, options["questions"]),
        "ingest": lambda: measures.measure_ingest(bench, [options["paper"]], "the paper", bench.runs, warm_up=False),
        "help": lambda: measures.measure_help(bench),
        "install": lambda: measures.measure_install(bench, options["environments_"]),
    }
    return found | ({"papers": lambda: measures.measure_papers(bench, papers, runs)} if papers else {})


def facts_of(bench: Bench, options: dict[str, Any]) -> dict[str, Any]:
    """Give what is known before anything is measured."""
    own = environments.versions(sys.executable)
    return machine.describe() | {
        "paper": options["paper"].name,
        "question": measures.QUESTION,
        "runs": bench.runs,
        "threads": options["threads"],
        "versions": {
            contender.name: environments.versions(contender.python)
            if isinstance(contender, contenders.Baseline)
            else own
            for contender in bench.taking_part
        },
    }


MEASURES = ["cold", "warm", "ingest", "help", "install", "papers"]
FILE = click.Path(exists=True, path_type=Path)


@click.command()
@click.option("--runs", default=5, show_default=True, type=click.IntRange(1))
@click.option("--paper", default=ROOT / "raw" / "icat-2018.pdf", type=FILE)
@click.option("--papers", type=FILE, help="A folder of PDFs to ingest, too.")
@click.option("--papers-count", type=int, help="Take only the first so many of them.")
@click.option("--papers-runs", type=int, help="How often; default: as --runs.")
@click.option("--questions", default=ROOT / "tests" / "data" / "questions.jsonl", type=FILE, help="For warm queries.")
@click.option("--baselines/--no-baselines", "others", default=True, show_default=True)
@click.option("--only", multiple=True, type=click.Choice(MEASURES), help="Take only these measures.")
@click.option("--threads", type=int, help="Threads for everyone (OMP_NUM_THREADS); default: what each takes by itself.")
@click.option("--environments", "environments_", type=click.Path(path_type=Path), help="Where they are kept.")
@click.option("--output", default=ROOT / "benchmarks" / "results", type=click.Path(path_type=Path))
def main(**options: Any) -> None:
    """Measure, and write speed.md and speed.json."""
    if "papers" in options["only"] and not options["papers"]:
        raise click.UsageError("--only papers needs a folder: --papers DIR")
    cache = options["environments_"] = (options["environments_"] or user_cache_path("mandates-bench")).absolute()
    variables = {"OMP_NUM_THREADS": str(options["threads"])} if options["threads"] else {}
    run([sys.executable, "-c", UNPACK, DEFAULT_MODEL, MINILM])
    with work_folder() as work:
        passages = work / "passages.jsonl"
        bench = Bench([*contenders.OWN], work, options["runs"], variables, notes=[*NOTES])
        if options["others"]:
            make_baselines(bench, cache, passages)
        facts = facts_of(bench, options)
        measures.prepare(bench, options["paper"], passages)
        for name, step in steps(bench, options).items():
            if not options["only"] or name in options["only"]:
                step()
                write(bench, facts, options["output"])
    click.echo((options["output"] / "speed.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
