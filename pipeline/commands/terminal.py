"""What the commands share: options, exit codes, and the terminal."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from pipeline.searching.rerank import RERANKED

NOTHING_FOUND = 1  # exit code

index_option = click.option(
    "--index", "folder", default="index", show_default=True, envvar="MANDATES_INDEX", help="Folder of the index."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
document_option = click.option(
    "--document", "documents", multiple=True, metavar="NAME", help="Only this document, e.g. icat."
)
edition_option = click.option("--edition", metavar="LABEL|all", help="This edition.  [default: the latest]")
model_option = click.option("--model", help="Where the index's model lies, if it is not found by its name.")
rerank_option = click.option("--rerank", metavar="MODEL", help="A cross-encoder that reads the first hits again.")
rerank_top_option = click.option(
    "--rerank-top", metavar="N", type=click.IntRange(min=1), help=f"How many of them.  [default: {RERANKED}]"
)


def bold(text: str) -> str:
    """Make a text bold where stdout is a terminal and ``NO_COLOR`` is not set."""
    return styled(text, bold=True)


def styled(text: str, **style: Any) -> str:
    """Style a text as ``click.style`` does where stdout is a terminal and ``NO_COLOR`` is not set."""
    plain = not sys.stdout.isatty() or bool(os.environ.get("NO_COLOR"))
    return text if plain else click.style(text, **style)


def terminal_width() -> int:
    """Give the columns to wrap at."""
    return min(shutil.get_terminal_size((100, 24)).columns, 110)


def to_json(record: object) -> str:
    """Give a record as indented JSON."""
    return json.dumps(record, ensure_ascii=False, indent=2)


@contextmanager
def progress_bar() -> Iterator[Any]:
    """Draw a bar for each stage on stderr if that is a terminal; be silent elsewhere."""
    if not sys.stderr.isatty():
        yield lambda stage, done, total: None
        return
    bars: dict[str, Any] = {}

    def advance(stage: str, done: int, total: int) -> None:
        if stage not in bars:
            for bar in bars.values():
                bar.render_finish()
            bars[stage] = click.progressbar(length=total, label=stage, file=sys.stderr)
        bars[stage].update(done)

    try:
        yield advance
    finally:
        for bar in bars.values():
            bar.render_finish()
