"""What all baselines share: three commands around a pipeline, so that only the pipeline itself differs.

    python -m benchmarks.baselines.obvious ingest  PAPER.pdf… --model DIR --index DIR [--passages FILE]
    python -m benchmarks.baselines.obvious query   "who trains cabin crew?" --model DIR --index DIR
    python -m benchmarks.baselines.obvious warm    QUESTIONS.jsonl --model DIR --index DIR

``warm`` asks every question once to warm up, then times them, and prints JSON. Runs in environments of the baselines'
own, so it imports nothing of this project's and nothing that Python does not carry.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

TOP_K = 5


class Found(NamedTuple):
    """A passage that answers a question."""

    score: float
    file: str
    page: int
    text: str


class Pipeline(Protocol):
    """An index that is open."""

    def encode(self, question: str) -> object:
        """Encode a question, as ``search`` does."""

    def search(self, question: str) -> list[Found]:
        """Give the best passages, best first."""


class Ingest(Protocol):
    """Reads papers, or passages given as JSON lines of ``file``, ``page`` and ``text``, and writes an index."""

    def __call__(self, papers: list[Path], passages: Path | None, model: Path, index: Path) -> None:
        """Write an index into an empty folder."""


def timed(ask: Callable[[str], object], questions: Iterable[str]) -> list[float]:
    """Give the milliseconds that each question takes."""
    found = []
    for question in questions:
        start = time.perf_counter()
        ask(question)
        found.append(1000 * (time.perf_counter() - start))
    return found


def warm(opened: Pipeline, file: Path) -> dict[str, list[float]]:
    """Ask all questions of a file: the milliseconds of each, and those of its encoding alone."""
    questions = [json.loads(line)["question"] for line in file.read_text(encoding="utf-8").splitlines()]
    timed(opened.search, questions)
    return {"ask": timed(opened.search, questions), "encode": timed(opened.encode, questions)}


def main(ingest: Ingest, open_index: Callable[[Path, Path], Pipeline]) -> None:
    """Run the command that was given.

    :param open_index: makes a pipeline of a model's folder and an index.
    """
    options = _arguments()
    if options.command == "ingest":
        options.index.mkdir(parents=True, exist_ok=True)
        ingest(options.papers, options.passages, options.model, options.index)
        return
    opened = open_index(options.model, options.index)
    if options.command == "warm":
        sys.stdout.write(json.dumps(warm(opened, options.questions)) + "\n")
        return
    for rank, (score, file, page, text) in enumerate(opened.search(options.question), start=1):
        sys.stdout.write(f"{rank} {score:.3f} {file}, p. {page}: {' '.join(text.split())}\n")


def _arguments() -> Any:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    ingest = commands.add_parser("ingest")
    ingest.add_argument("papers", nargs="*", type=Path)
    ingest.add_argument("--passages", type=Path)
    commands.add_parser("query").add_argument("question")
    commands.add_parser("warm").add_argument("questions", type=Path)
    for command in commands.choices.values():
        command.add_argument("--model", type=Path, required=True)
        command.add_argument("--index", type=Path, required=True)
    return parser.parse_args()
