"""What can only be asked of mandates from within; each command is a process of its own.

python -m benchmarks.in_process warm QUESTIONS.jsonl --index DIR      milliseconds of questions in an open index
python -m benchmarks.in_process passages PASSAGES.jsonl --index DIR   its passages, for the baselines
"""

from __future__ import annotations

import json
import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does, before numpy is imported

import click

from benchmarks.baselines.program import timed
from pipeline import open_index

INDEX = click.option("--index", type=click.Path(path_type=Path), required=True)


@click.group()
def main() -> None:
    """Ask an index from within."""


@main.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@INDEX
def warm(file: Path, index: Path) -> None:
    """Ask every question once to warm up, then time all of them, and their encoding alone."""
    questions = [json.loads(line)["question"] for line in file.read_text(encoding="utf-8").splitlines()]
    with open_index(index) as opened:
        timed(opened.ask, questions)
        asked = timed(opened.ask, [f"{question} " for question in questions])  # as such they are not remembered
        encoded = timed(lambda question: opened.encoder.encode_tokens([question], is_query=True), questions)
    click.echo(json.dumps({"ask": asked, "encode": encoded}))


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@INDEX
def passages(file: Path, index: Path) -> None:
    """Write an index's passages as JSON lines."""
    with open_index(index) as opened:
        found = opened.catalog.passages(range(len(opened.catalog)))
    lines = [
        json.dumps({"file": passage.edition.file, "page": passage.pages[0], "text": passage.text}) for passage in found
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
