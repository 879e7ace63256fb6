"""Workers that do their work, crash, hang, and are stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from pipeline.errors import DamagedPdf, ReaderFailed
from pipeline.reading.workers import Workers, cores

ROOT = Path(__file__).parents[2]
LONG = 60.0  # seconds that no test waits
DEADLINE = 20.0


def double(number: int) -> int:
    return 2 * number


def my_process() -> int:
    return os.getpid()


def print_first(text: str) -> str:
    os.write(1, b"a library says hello\n")
    return text


def refuse(path: str) -> None:
    raise DamagedPdf(f"{path}: broken")


class Unportable(Exception):
    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


def fail_oddly() -> None:
    raise Unportable(1, 2)


@pytest.fixture
def workers() -> Iterator[Workers]:
    with closing(Workers(1, LONG)) as crew:
        yield crew


def test_a_worker_is_another_process_and_is_used_again(workers: Workers) -> None:
    first = workers.call("x", my_process)
    assert first != os.getpid()
    assert (workers.call("x", my_process), workers.call("x", double, 21)) == (first, 42)


def test_an_error_comes_back_as_it_was(workers: Workers) -> None:
    with pytest.raises(DamagedPdf, match=r"^a\.pdf: broken$"):
        workers.call("x", refuse, "a.pdf")
    with pytest.raises(RuntimeError, match="Unportable: 1 and 2"):
        workers.call("x", fail_oddly)
    assert workers.call("x", double, 1) == 2


def test_what_is_printed_is_no_answer(workers: Workers) -> None:
    assert workers.call("x", print_first, "answer") == "answer"


def test_a_crash_is_told_and_another_worker_takes_over(workers: Workers) -> None:
    before = workers.call("x", my_process)
    with pytest.raises(ReaderFailed, match=r"^a\.pdf: its reader crashed \(exit code 7\); get a fresh copy$"):
        workers.call("a.pdf", os._exit, 7)
    with pytest.raises(ReaderFailed, match=r"^a\.pdf: its reader crashed \(SIGSEGV\)"):
        workers.call("a.pdf", signal.raise_signal, signal.SIGSEGV)
    assert workers.call("x", my_process) != before


def test_a_hang_is_ended() -> None:
    began = time.monotonic()
    with (
        closing(Workers(1, 1.0)) as workers,
        pytest.raises(ReaderFailed, match=r"^a\.pdf: not read within 1 seconds; give it more with --timeout$"),
    ):
        workers.call("a.pdf", time.sleep, LONG)
    assert time.monotonic() - began < DEADLINE


def test_closing_stops_what_is_being_done() -> None:
    workers = Workers(1, LONG)
    process = workers.call("x", my_process)
    failed: list[str] = []

    def call() -> None:
        try:
            workers.call("a.pdf", time.sleep, LONG)
        except ReaderFailed as error:
            failed.append(str(error))

    thread = threading.Thread(target=call)
    thread.start()
    workers.close()
    thread.join(DEADLINE)
    assert len(failed) == 1
    assert not is_alive(process)
    with pytest.raises(ReaderFailed, match="the program ends"):
        workers.call("x", my_process)


def is_alive(process: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False


PARENT = """
import os, time
from pipeline.reading.workers import Workers
workers = Workers(1, 60)
print(workers.call("x", os.getpid), flush=True)
workers.call("x", time.sleep, 60)
"""


def test_a_worker_ends_with_its_parent() -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout
        worker = int(parent.stdout.readline())
        assert is_alive(worker)
        parent.kill()
    end = time.monotonic() + DEADLINE
    while is_alive(worker) and time.monotonic() < end:
        time.sleep(0.1)
    assert not is_alive(worker)


@pytest.mark.parametrize(("told", "count"), [("", 3), ("2", 2), ("64", 3), ("0", 3), ("many", 3)])
def test_fewer_cores_are_used_where_that_is_said(told: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(3), raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert cores() == count
