"""What is measured, and how: every contender in turn, so that what disturbs the machine disturbs them all."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click

from benchmarks import contenders, environments, report
from benchmarks.contenders import Contender
from benchmarks.processes import Ended, Failed, run
from pipeline.indexing.models import DEFAULT_MODEL, find_model

QUESTION = "who trains airline cabin crew to spot victims?"
SEARCHING, READING = "to search", "to ingest and search"


@dataclass
class Bench:
    """A run under way: who takes part, where they work, what was measured."""

    taking_part: list[Contender]
    work: Path
    runs: int
    variables: dict[str, str]
    samples: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)

    def index_of(self, contender: Contender) -> Path:
        """Give the folder of a contender's index of the paper."""
        return self.work / "".join(filter(str.isalnum, contender.name))

    def run(self, command: contenders.Command) -> Ended:
        """Run a command of a contender."""
        return run(command, self.variables)

    def add(self, contender: str, values: dict[str, float]) -> None:
        """Keep what was measured."""
        for measure, value in values.items():
            self.samples.setdefault(measure, {}).setdefault(contender, []).append(value)

    def drop(self, contender: Contender, error: Failed, doing: str) -> None:
        """Leave a contender out from now on, and say why."""
        self.taking_part.remove(contender)
        self.notes.append(f"{contender.name}: left out, {doing} failed: {environments.ADDRESS.sub('…', str(error))}")
        click.echo(self.notes[-1], err=True)

    def take_turns(
        self,
        what: str,
        once: Callable[[Contender], dict[str, float]],
        runs: int,
        *,
        warm_up: bool = True,
    ) -> None:
        """Let every contender do something once, then again: what disturbs the machine disturbs them all.

        :param warm_up: let a run of each go before, whose figures are not kept: it fills the system's file cache.
        """
        for number in range(0 if warm_up else 1, runs + 1):
            click.echo(f"{what}: {f'run {number} of {runs}' if number else 'warming up'}", err=True)
            for contender in list(self.taking_part):
                try:
                    values = once(contender)
                except Failed as error:
                    self.drop(contender, error, what)
                    continue
                if number:
                    self.add(contender.name, values)


def prepare(bench: Bench, paper: Path, passages: Path) -> None:
    """Let every contender make the index that is asked, one after the other."""

    def once(contender: Contender) -> dict[str, float]:
        bench.run(contender.ingest([paper], bench.index_of(contender)))
        if contender.name == contenders.OWN[-1].name:
            command: contenders.Command = [sys.executable, "-m", "benchmarks.in_process", "passages", passages]
            bench.run([*command, "--index", bench.index_of(contender)])
        return {}

    bench.take_turns("first ingest", once, 1, warm_up=False)


def measure_cold(bench: Bench) -> None:
    """Time a question on the command line."""

    def once(contender: Contender) -> dict[str, float]:
        ended = bench.run(contender.query(QUESTION, bench.index_of(contender)))
        if not ended.output.strip():
            raise Failed("no answer")
        bench.answers[contender.name] = ended.output[:600]
        return {"cold query, s": ended.seconds, "cold query, peak MB": ended.peak_mb}

    bench.take_turns("cold query", once, bench.runs)


def measure_warm(bench: Bench, questions: Path) -> None:
    """Time questions in an open index."""

    def once(contender: Contender) -> dict[str, float]:
        ended = bench.run(contender.warm(questions, bench.index_of(contender)))
        found = json.loads(ended.output.splitlines()[-1])
        return {
            "warm query, median ms": report.percentile(found["ask"], 50),
            "warm query, 95th percentile ms": report.percentile(found["ask"], 95),
            "of it encoding, median ms": report.percentile(found["encode"], 50),
        }

    bench.take_turns("warm query", once, bench.runs)


def measure_ingest(bench: Bench, papers: list[Path], what: str, runs: int, *, warm_up: bool) -> None:
    """Time an ingest into a new index."""

    def once(contender: Contender) -> dict[str, float]:
        with tempfile.TemporaryDirectory(dir=bench.work) as folder:
            ended = bench.run(contender.ingest(papers, Path(folder) / "index"))
        return {f"ingest of {what}, s": ended.seconds, f"ingest of {what}, peak MB": ended.peak_mb}

    bench.take_turns(f"ingest of {what}", once, runs, warm_up=warm_up)


def measure_papers(bench: Bench, papers: list[Path], runs: int) -> None:
    """Time an ingest of many papers, by those who read PDFs."""
    everyone = bench.taking_part
    bench.taking_part = [contender for contender in everyone if contender.can_read]
    for paper in papers:
        paper.read_bytes()  # into the file cache, instead of a run of each to warm up
    measure_ingest(bench, papers, f"{len(papers)} papers", runs, warm_up=False)
    left = bench.taking_part
    bench.taking_part = [contender for contender in everyone if contender in left or not contender.can_read]


def measure_help(bench: Bench) -> None:
    """Time the help; the baselines are scripts, whose help nobody reads."""
    own = contenders.OWN[0]
    run(own.help)
    for _ in range(bench.runs):
        bench.add(own.name, {"--help, s": run(own.help).seconds})


def measure_install(bench: Bench, cache: Path) -> None:
    """Weigh what searching needs, what reading papers needs, and what is written."""
    extra = "ingest" if environments.has_extra("ingest") else None
    if not extra:
        bench.notes.append("mandates has no extra named ingest: one install does both.")
    for what, chosen in ((SEARCHING, None), (READING, extra)):
        click.echo(f"install {what}", err=True)
        try:
            bench.add(contenders.OWN[0].name, weight(environments.of_mandates(chosen, cache), what))
        except Failed as error:
            bench.notes.append(f"mandates: an install {what} failed: {error}")
    for contender in bench.taking_part:
        if isinstance(contender, contenders.Baseline) and contender.can_read:
            environment = environments.Environment(contender.python.parent.parent)
            model = environments.folder_megabytes(contender.model)
            for what in (SEARCHING, READING):
                bench.add(contender.name, weight(environment, what, model))
    unpacked = find_model(DEFAULT_MODEL, thorough=False).path
    bench.add(contenders.OWN[0].name, {"model unpacked at the first use, MB": environments.folder_megabytes(unpacked)})
    for contender in bench.taking_part:
        bench.add(contender.name, {"index of the paper, MB": environments.folder_megabytes(bench.index_of(contender))})


def weight(environment: environments.Environment, what: str, model: float = 0) -> dict[str, float]:
    """Give the megabytes of an environment, with its model, and the number of distributions in it."""
    return {
        f"install {what}, MB": environment.megabytes + model,
        f"install {what}, distributions": environment.distributions,
    }
