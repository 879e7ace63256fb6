"""What the process of an ingest does: the steps of ``mandates ingest``, and notes of how far it is.

A process of its own: what a paper does to it leaves the server alone, it takes a core only when no question needs one,
and its memory is given back.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pipeline.datatypes.report import BuildReport

OFTEN = 0.2  # seconds between two notes
MILD = 10  # how much the process steps back for others


class Steps(NamedTuple):
    """How far an ingest is: what it does, and how much of it is done."""

    stage: str = "starting"
    done: int = 0
    total: int = 0


START = Steps()


class Task(NamedTuple):
    """What the process is told: the index, the papers that it shall hold, and the file to note the progress in."""

    folder: Path | str
    papers: tuple[Path, ...]
    notes: Path
    model: str | None = None
    password: str | None = None
    workers: int = 0


def ingest(task: Task) -> BuildReport:
    """Do what ``mandates ingest`` does.

    :raises MandatesError: if nothing can be read or written; the index is then as it was.
    """
    from pipeline.indexing import encode, models
    from pipeline.indexing.build import build_index
    from pipeline.indexing.gather import Options
    from pipeline.scaling.stores import open_store

    place = open_store(task.folder)
    name = task.model or place.current_model()
    weights = models.model_sha256(name) if name else None
    options = Options(password=task.password, weights=weights, workers=task.workers)
    return build_index(
        task.papers, place, lambda: encode.load_encoder(name, for_many=True), options, _note_steps(task.notes)
    )


def _note_steps(file: Path) -> Callable[[str, int, int], None]:
    """Make what notes how far an ingest is, in a file that is whole at any time."""
    steps, noted = Steps(), 0.0

    def note(stage: str, done: int, total: int) -> None:
        nonlocal steps, noted
        is_next = stage != steps.stage
        steps = Steps(stage, (0 if is_next else steps.done) + done, total)
        if is_next or steps.done == total or time.monotonic() - noted > OFTEN:
            noted = time.monotonic()
            aside = file.with_suffix(".new")
            aside.write_text(json.dumps(steps))
            aside.replace(file)

    return note


def gently(task: Task) -> BuildReport:
    """Ingest, and let questions go first."""
    os.nice(MILD)
    return ingest(task)


def read_steps(file: Path) -> Steps | None:
    """Read what was noted last, if anything was."""
    try:
        return Steps(*json.loads(file.read_text()))
    except (OSError, ValueError):
        return None
