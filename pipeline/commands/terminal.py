"""What the commands share: options, exit codes, and the terminal."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from pipeline.searching.rerank import RERANKED

NOTHING_FOUND = 1  # exit code
UNITS = {
    "reading": "pages",
    "encoding": "texts",
    "checking": "papers",
    "on the cluster": "papers",
    "asking": "questions",
}  # what the stages count

STORE, STORE_TYPED = "mandates.store", "mandates.store.typed"  # what --store says, in click's context
FOLDER = "faiss"  # as a store: the folder that --index names


def _keep_store(context: click.Context, _: click.Parameter, address: str | None) -> None:
    context.meta[STORE] = address
    context.meta[STORE_TYPED] = context.get_parameter_source("store") == ParameterSource.COMMANDLINE


def _choose_place(context: click.Context, option: click.Parameter, folder: str) -> str:
    """Take the address of the store for the folder, where one is given; what is typed beats the environment."""
    address = context.meta.get(STORE)
    if address in (None, FOLDER):
        return folder
    if context.get_parameter_source(str(option.name)) == ParameterSource.COMMANDLINE:
        if context.meta.get(STORE_TYPED):
            raise click.UsageError("Give only one of --index and --store.")
        return folder
    return str(address)


def index_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``--index`` and ``--store``; it gets either as ``folder``."""
    command = click.option(
        "--index",
        "folder",
        default="index",
        show_default=True,
        envvar="MANDATES_INDEX",
        callback=_choose_place,
        help="Folder of the index.",
    )(command)
    return click.option(
        "--store",
        metavar="URL",
        envvar="MANDATES_STORE",
        expose_value=False,
        is_eager=True,
        callback=_keep_store,
        help="Where the index is instead, e.g. milvus://localhost:19530/mandates (extra cluster).  [default: faiss]",
    )(command)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
document_option = click.option(
    "--document", "documents", multiple=True, metavar="NAME", help="Only this document, e.g. icat."
)
edition_option = click.option("--edition", metavar="LABEL|all", help="This edition.  [default: the latest]")
papers_option = click.option(
    "--papers",
    multiple=True,
    type=click.Path(path_type=Path),
    default=("raw",),
    help="Files or folders with the PDFs.  [default: raw/]",
)
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


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Draw a bar for each stage on stderr, with its speed and the time left, if that is a terminal; else be silent."""
    if not sys.stderr.isatty():
        yield lambda stage, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[speed]}"))
    bars = Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True))
    tasks: dict[str, tuple[TaskID, float]] = {}
    moment = time.monotonic()  # of the last step: a stage begins where the one before has ended

    def advance(stage: str, done: int, total: int) -> None:
        nonlocal moment
        if stage not in tasks:
            tasks[stage] = bars.add_task(stage, speed=""), moment
        task, began = tasks[stage]
        moment = time.monotonic()
        bars.update(task, advance=done, total=total)
        completed = next(item.completed for item in bars.tasks if item.id == task)
        bars.update(task, speed=f"{completed / max(moment - began, 1e-3):.0f} {UNITS.get(stage, 'steps')}/s")

    with bars:
        yield advance
