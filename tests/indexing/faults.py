"""A process that dies, or whose disk fails, at any chosen point of an ingest. Run by ``test_faults.py`` in a process.

The file layer of Python is wrapped: everything that opens for writing, writes, syncs, renames, makes or deletes is a
point, and so is every statement to SQLite that writes. A child is forked for each point, and killed or refused there.
"""

from __future__ import annotations

import builtins
import errno
import functools
import io
import json
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.errors import IndexNotWritable
from pipeline.indexing import gather, store
from pipeline.indexing.build import build_index
from pipeline.indexing.pointer import KEPT, read_pointer
from pipeline.indexing.verify import verify_index
from pipeline.reading.document import read_document
from tests.conftest import WordEncoder
from tests.indexing.editions import BUA, IFO, RUBBISH, WLA, answers, ingest, make_edition, names, snapshot

CALLS = ["fsync", "rename", "replace", "unlink", "rmdir", "mkdir"]
REFUSED = 77  # exit code of a child that said that the index cannot be written
FREEING = ("unlink", "rmdir", "rename", "replace")  # what works on a full disk


class Faults:
    """Counts points, and at one of them kills the process or fails: once (EIO), or from there on (ENOSPC)."""

    def __init__(self, mode: str, at: int) -> None:
        self.mode, self.at, self.seen = mode, at, 0

    def point(self, call: str) -> None:
        self.seen += 1
        if self.mode == "kill" and self.seen == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.mode == "io" and self.seen == self.at:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if self.mode == "full" and self.seen >= self.at and call not in FREEING:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def wrap(self, call: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapped(*args: Any, **options: Any) -> Any:
            self.point(call)
            # What power and the kernel do after the process died is not of this test: a real sync costs time only.
            return None if call == "fsync" else function(*args, **options)

        return wrapped

    def open_file(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(file: Any, mode: str = "r", *args: Any, **options: Any) -> Any:
            if not set(mode) & set("wax+"):
                return real(file, mode, *args, **options)
            self.point("open")
            return Stream(real(file, mode, *args, **options), self)

        return wrapped

    def open_descriptor(self, real: Callable[..., int]) -> Callable[..., int]:
        def wrapped(path: Any, flags: int, *args: Any, **options: Any) -> int:
            if flags & os.O_CREAT:
                self.point("open")
            return real(path, flags, *args, **options)

        return wrapped

    def connect(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(database: str, *args: Any, **options: Any) -> Any:
            if "mode=ro" in database:
                return real(database, *args, **options)
            return real(database, *args, factory=functools.partial(Connection, faults=self), **options)

        return wrapped

    def install(self) -> None:
        for call in CALLS:
            setattr(os, call, self.wrap(call, getattr(os, call)))
        os.open = self.open_descriptor(os.open)
        io.open = builtins.open = self.open_file(io.open)
        sqlite3.connect = self.connect(sqlite3.connect)


class Stream:
    """A file that can fail before it writes, and when half is written."""

    def __init__(self, stream: Any, faults: Faults) -> None:
        self._stream, self._faults = stream, faults

    def write(self, data: Any) -> int:
        self._faults.point("write")
        data = data if isinstance(data, str) else bytes(data)
        half = len(data) // 2
        self._stream.write(data[:half])
        self._stream.flush()
        self._faults.point("write")
        self._stream.write(data[half:])
        self._stream.flush()
        return len(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()


class Connection(sqlite3.Connection):
    """A connection that can fail before and after every statement that writes, and every commit."""

    def __init__(self, *args: Any, faults: Faults, **options: Any) -> None:
        self._faults = faults
        super().__init__(*args, **options)

    def _around(self, call: Callable[..., Any], *args: Any) -> Any:
        try:
            self._faults.point("sqlite")
            result = call(*args)
            self._faults.point("sqlite")
        except OSError as error:
            raise sqlite3.OperationalError("database or disk is full") from error
        return result

    def execute(self, *args: Any) -> Any:
        return self._around(super().execute, *args)

    def executemany(self, *args: Any) -> Any:
        return self._around(super().executemany, *args)

    def executescript(self, *args: Any) -> Any:
        return self._around(super().executescript, *args)

    def __exit__(self, *args: Any) -> Any:
        return self._around(super().__exit__, *args)


class Trial:
    """Two generations of an index, and an ingest that adds an edition to them."""

    def __init__(self, folder: Path) -> None:
        self.papers, self.base, self.index = folder / "papers", folder / "base", folder / "index"
        make_edition(self.papers / "sea-2020.pdf", IFO, WLA)
        ingest(self.papers, self.base)
        make_edition(self.papers / "sea-2021.pdf", IFO, WLA, (BUA[0], "The alliance is small."))
        ingest(self.papers, self.base)
        make_edition(self.papers / "sea-2022.pdf", IFO, BUA)
        # Reading is not what fails here, and takes most of the time.
        gather.read_document = functools.cache(read_document)  # type: ignore[attr-defined]
        self.files, self.answers = snapshot(self.base), answers(self.base)
        self.restore()
        self.run("count", 0)
        self.answers_after = answers(self.index)
        assert self.answers_after != self.answers

    def restore(self) -> None:
        shutil.rmtree(self.index, ignore_errors=True)
        shutil.copytree(self.base, self.index)
        for name in RUBBISH[:2]:  # of writers that died earlier
            (self.index / name).mkdir()
            (self.index / name / store.CATALOG).write_text("half")

    def run(self, mode: str, at: int) -> tuple[int, int]:
        """Ingest in a child; gives its exit code, negative for a signal, and how many points it saw."""
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            faults = Faults(mode, at)
            faults.install()
            code = 0
            try:
                build_index([self.papers], self.index, WordEncoder)
            except IndexNotWritable:
                code = REFUSED
            except BaseException as error:  # noqa: BLE001 - it is told by the exit code
                sys.stderr.write(f"{mode} at {at}: {error!r}\n")
                code = 1
            os.write(writer, str(faults.seen).encode())
            os._exit(code)
        os.close(writer)
        _, status = os.waitpid(child, 0)
        seen = os.read(reader, 20)
        os.close(reader)
        return os.waitstatus_to_exitcode(status), int(seen or 0)

    def check(self, code: int) -> str:
        """Check what is left after a child's end: which generation is current, and that it is whole."""
        found = snapshot(self.index)
        is_new = found["CURRENT"] != self.files["CURRENT"]
        current = read_pointer(self.index)[0].name
        assert is_new == (current != "generation-000002"), current
        for name, data in self.files.items():
            if name.startswith("generation-000002") or not is_new:
                assert found[name] == data, name
        assert answers(self.index) == (self.answers_after if is_new else self.answers)
        assert verify_index(self.index).damage == ()
        if code == REFUSED:
            assert not is_new, "it was said that the index is as before"
        if code == 0:
            assert is_new
        return "new" if is_new else "former"

    def go_on(self) -> None:
        """Ingest again; that works, and leaves no rubbish."""
        ingest(self.papers, self.index)
        kept = [entry.name for entry in read_pointer(self.index)]
        assert names(self.index) == ["CURRENT", *sorted(kept)], names(self.index)
        assert len(kept) == KEPT
        assert answers(self.index) == self.answers_after


def main(folder: Path, mode: str, step: int) -> None:
    """Print how many points there are, and how many ended with which generation and exit code."""
    trial = Trial(folder)
    trial.restore()
    _, points = trial.run("count", 0)
    ends: dict[str, int] = {}
    for at in range(1, points + 1, step):
        trial.restore()
        code, _ = trial.run(mode, at)
        try:
            end = f"{code} {trial.check(code)}"
            trial.go_on()
        except BaseException as error:
            raise RuntimeError(f"{mode} at point {at} of {points}, exit code {code}") from error
        ends[end] = ends.get(end, 0) + 1
    sys.stdout.write(json.dumps({"points": points, "ends": ends}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
