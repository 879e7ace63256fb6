"""What tests of uploads share: papers to send, and an ingest without a process of its own."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from pipeline.datatypes.report import BuildReport
from pipeline.serving.ingest_task import Task, ingest
from pipeline.serving.ingesting import Ingests
from pipeline.serving.uploads import Sent
from tests.papers import BOLD, Text, make_pdf, paragraph


def paper(folder: Path, text: str = "Divers count the turtles of every reef.") -> bytes:
    """A paper of one section, the Deep Reef Office's."""
    heading = Text("Deep Reef Office (DRO)", 72, size=16, font=BOLD)
    return make_pdf(folder / "made.pdf", [[heading, *paragraph([text], 110)]]).read_bytes()


def sent(name: str, content: bytes) -> Sent:
    return Sent(name, io.BytesIO(content))


def ingest_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ingests run in this process, where the word encoder is."""

    def call(self: Ingests, task: Task) -> BuildReport:
        return ingest(task._replace(workers=0))

    monkeypatch.setattr(Ingests, "_call", call)


@contextmanager
def held_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """Let ingests wait until the event is set."""
    go, call = Event(), Ingests._call

    def wait(self: Ingests, task: Task) -> BuildReport:
        assert go.wait(10)
        return call(self, task)

    monkeypatch.setattr(Ingests, "_call", wait)
    yield go
    go.set()
