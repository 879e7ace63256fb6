"""Processes that read: what a PDF does to one of them, be it to crash or to hang it, ends with that process.

A worker is a new Python, not a fork: the program may have threads (of PyTorch, of the watcher of a folder), and a fork
copies the locks they hold. Function and arguments go in by one pipe, pickled, and the result comes out by the other.
"""

from __future__ import annotations

import json
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

from pipeline.errors import ReaderFailed

ORPHANED = 1.0  # seconds between two looks whether the parent still lives
START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from pipeline.reading.workers import serve; serve()"
P = ParamSpec("P")
T = TypeVar("T")


def cores() -> int:
    """Count the cores that this process may use: fewer than it sees where a cluster or a container says so."""
    seen = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    told = os.environ.get("OMP_NUM_THREADS", "")
    return min(seen, int(told)) if told.isdecimal() and int(told) else seen


class Worker:
    """One process, and the pipes to it."""

    def __init__(self) -> None:
        """Start it; it finds modules where this process does, and hears no Ctrl-C: its parent stops it."""
        self._process = subprocess.Popen(  # noqa: S603 - this very Python
            [sys.executable, "-c", START, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._question: Any = self._process.stdin
        self._answer: Any = self._process.stdout

    def call(self, name: str, timeout: float, function: Callable[..., T], *args: Any) -> T:
        """Call a function there and wait for what it returns or raises.

        :raises ReaderFailed: if the process dies of it, or does not answer in time; it is of no more use then.
        """
        late = threading.Event()
        timer = threading.Timer(timeout, self._stop_late, [late])
        timer.start()
        try:
            pickle.dump((function, args), self._question)
            self._question.flush()
            done, answer = pickle.load(self._answer)  # noqa: S301 - from our own process
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):  # a pipe that broke or was closed by ``stop``
            if late.is_set():
                raise ReaderFailed(
                    f"{name}: not read within {timeout:g} seconds; give it more with --timeout"
                ) from None
            raise ReaderFailed(f"{name}: its reader crashed ({self._end()}); get a fresh copy") from None
        finally:
            timer.cancel()
        if done:
            return answer  # type: ignore[no-any-return]
        raise answer

    def stop(self) -> None:
        """End the process at once."""
        self._process.kill()
        with suppress(OSError):  # what was not written yet is lost with the process
            self._process.__exit__(None, None, None)

    def _stop_late(self, late: threading.Event) -> None:
        late.set()
        self._process.kill()

    def _end(self) -> str:
        """Say how the process ended."""
        code = self._process.wait()
        with suppress(ValueError):
            return signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"signal {-code}"


class Workers:
    """A number of workers, each started when there is something to do for it; the next call takes a free one.

    :param timeout: seconds after which a call is given up.
    :param ready: workers to start at once, since that takes a moment.
    """

    def __init__(self, count: int, timeout: float, ready: int = 0) -> None:
        """Start those that are to be ready."""
        self.count = count
        self._timeout = timeout
        self._free: queue.LifoQueue[Worker | None] = queue.LifoQueue()
        self._all: set[Worker] = set()
        self._closed = False
        for number in range(count, 0, -1):
            self._free.put(self._started() if number <= ready else None)

    def call(self, name: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function of a module in a worker, from any thread.

        :param name: what errors call the work.
        :raises ReaderFailed: if the worker dies of it, or does not answer in time.
        """
        worker = self._free.get()
        try:
            worker = worker or self._started()
            if self._closed:
                raise ReaderFailed(f"{name}: not read, the program ends")
            return worker.call(name, self._timeout, function, *args)
        except ReaderFailed:
            if worker:
                self._all.discard(worker)
                worker.stop()
            worker = None
            raise
        finally:
            self._free.put(worker)

    def _started(self) -> Worker:
        worker = Worker()
        self._all.add(worker)
        return worker

    def close(self) -> None:
        """Stop all workers at once, whatever they do."""
        self._closed = True
        for worker in list(self._all):
            worker.stop()


def serve() -> None:
    """Be a worker: answer calls until there are no more."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    threading.Thread(target=_end_with_parent, args=[os.getppid()], daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            function, args = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own parent
            try:
                answer = True, function(*args)
            except Exception as error:  # noqa: BLE001 - the parent decides what to do about it
                answer = False, _portable(error)
            pickle.dump(answer, answers)
            answers.flush()


def _portable(error: Exception) -> Exception:
    """Give an error that can be pickled."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - made in this line
    except Exception:  # noqa: BLE001 - any class may fail in its own way
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(ORPHANED)
    os._exit(1)
