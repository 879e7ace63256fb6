"""Kill a real ``mandates ingest`` at system calls spread over its run, and see what is left each time.

strace lists every call of an undisturbed run that writes, syncs, renames, makes or deletes in the index folder. Then
one run for each of them: the process is killed as it enters the call (SIGKILL), or the call fails (ENOSPC, EIO). After
each the current generation must be whole and answer bit for bit, and the next ingest must succeed and leave no rubbish.

    python benchmarks/faults.py [--points 240] [--errors 60]     (Linux, with strace; some minutes)
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from tests.indexing.faults import Trial

CALLS = "write,pwrite64,rename,renameat,renameat2,fsync,fdatasync,unlink,unlinkat,mkdir,rmdir,ftruncate,openat"
LINE = re.compile(r"(?P<process>\d+) +(?P<call>\w+)\((?P<arguments>.*)")
# Counts of calls must be the same in every run: no caches written, no threads, the same order of sets.
STEADY = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
KILLED = (-9, 137)
sys.path.insert(0, str(Path(__file__).parents[1]))  # for the tests' papers and encoder


class Point(NamedTuple):
    """The n-th call of a name in a run."""

    call: str
    number: int


class Missed(Exception):
    """The calls of this run were counted otherwise: another module was imported."""


def trace(trial: Trial, log: Path, inject: str | None = None) -> int:
    """Run ``mandates ingest`` under strace, and give its exit code."""
    options = ["-f", "-y", "-o", str(log), "-e", f"trace={CALLS}", *(["-e", f"inject={inject}"] if inject else [])]
    command = [sys.executable, __file__, "--ingest", str(trial.papers), str(trial.index)]
    done = subprocess.run(["strace", *options, *command], env=os.environ | STEADY, capture_output=True, check=False)
    return done.returncode


def read_points(log: Path, folder: Path) -> list[Point]:
    """List the calls of the first process that change something in a folder."""
    seen: Counter[str] = Counter()
    found: list[Point] = []
    lines = [match for line in log.read_text(errors="replace").splitlines() if (match := LINE.match(line))]
    for line in lines:
        if line["process"] != lines[0]["process"]:
            continue
        call, arguments = line["call"], line["arguments"]
        seen[call] += 1
        if str(folder) in arguments and (call != "openat" or "O_CREAT" in arguments):
            found.append(Point(call, seen[call]))
    return found


def survey(trial: Trial, log: Path) -> list[Point]:
    """List the points of an undisturbed run."""
    trial.restore()
    code = trace(trial, log)
    assert code == 0, f"the undisturbed run failed: exit code {code}"
    return read_points(log, trial.index)


def spread(total: int, count: int) -> list[int]:
    """Take a number of places, evenly over the run."""
    count = min(count, total)
    return [number * total // count for number in range(count)]


def disturb(trial: Trial, point: Point, fault: str, log: Path) -> str:
    """Run once with a fault; tell how it ended and which generation is current.

    :raises AssertionError: if the index is not whole, or the next ingest does not mend all.
    """
    trial.restore()
    code = trace(trial, log, f"{point.call}:{fault}:when={point.number}")
    lines = log.read_text(errors="replace").splitlines()
    hit = lines[-2] if code in KILLED else next((line for line in lines if line.endswith("(INJECTED)")), "")
    if str(trial.index) not in hit:
        raise Missed(f"{point}: exit code {code}, {hit!r}")
    assert code in (0, 3, *KILLED), f"{point}: exit code {code}"
    current = trial.check(77 if code == 3 else code)
    trial.go_on()
    end = {0: "succeeded", 3: "refused"}.get(code, "killed")
    return f"{end}, {current} generation current"


def ingest(papers: str, index: str) -> None:
    """Be the process that is disturbed: the command line, with the tests' encoder in place of a model."""
    from pipeline.indexing import encode, models
    from search_cli import main as mandates
    from tests.conftest import WordEncoder

    encode.load_encoder = lambda *_, **__: WordEncoder()
    models.model_sha256 = lambda name: WordEncoder().info.sha256
    mandates(["ingest", papers, "--index", index])


@click.command()
@click.option("--points", default=240, show_default=True, help="How many runs are killed.")
@click.option("--errors", default=60, show_default=True, help="How many fail, with each error.")
@click.option("--ingest", "own", type=(str, str), hidden=True)
def main(points: int, errors: int, own: tuple[str, str] | None) -> None:
    """Disturb an ingest at many points and print how it ended, by system call."""
    os.environ |= STEADY
    if own:
        ingest(*own)
        return
    from tests.indexing.faults import Trial

    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        trial, log = Trial(Path(folder)), Path(folder) / "calls.log"
        found = survey(trial, log)
        click.echo(f"{len(found)} calls change the index: {dict(Counter(point.call for point in found))}")
        for fault, count in (("signal=SIGKILL", points), ("error=ENOSPC", errors), ("error=EIO", errors)):
            started, ends, wrong = time.perf_counter(), Counter[str](), []
            chosen = spread(len(found), count)
            for place in chosen:
                try:
                    try:
                        end = disturb(trial, found[place], fault, log)
                    except Missed:
                        found = survey(trial, log)
                        end = disturb(trial, found[place], fault, log)
                    ends[end] += 1
                except Exception as error:  # noqa: BLE001 - all are told
                    wrong.append(f"{found[place]}: {type(error).__name__}: {error}")
            click.echo(f"{fault}: {len(chosen)} points, {dict(ends)}, {time.perf_counter() - started:.0f} s")
            click.echo(f"  by call: {dict(Counter(found[place].call for place in chosen))}; {len(wrong)} wrong")
            for line in wrong:
                click.echo(f"  WRONG {line}")


if __name__ == "__main__":
    main()
