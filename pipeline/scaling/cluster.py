"""Ray hands out the files of an ingest, and begins them again where a worker or a machine died. Only here it is named.

An actor on the cluster, the conductor, runs the stages as one pipeline of Ray Data, which holds the readers back while
the encoders have enough to do. It must be there: Ray Data does not run over Ray Client (ray://). What comes back is
which files are done; what was made of them goes by the work folder.
"""

from __future__ import annotations

import os
import socket
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.errors import ClusterError
from pipeline.scaling.stages import TRIES, Encoding, Plan, Reading, Row, tell_edition

# Of a core: to read a paper takes a tenth of the time, or less, that it takes to encode it.
READING, ENCODING = 0.1, 0.9
BLOCKS = 4096  # that the rows are handed out in; what is done in one is not done again, but asked for again
PAUSE = 10.0  # seconds before rows are put in again: a cluster needs a moment to see that a machine is dead
KNOCK = 10.0  # seconds to wait for an answer
OBJECTS = 512 << 20  # bytes of memory that workers of this machine share: papers on their way to an encoder


@contextmanager
def connected(address: str | None, workers: int) -> Iterator[int]:
    """Connect to a cluster, or start one on this machine that ends with it; give how many cores there are.

    :param address: ray://HOST:PORT, HOST:PORT or auto; None starts one, unless the variable RAY_ADDRESS names one.
    :param workers: cores of a cluster that is started.
    :raises ClusterError: if it cannot be reached.
    """
    import ray

    address = address or os.environ.get("RAY_ADDRESS")
    if address:
        _check(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    own: dict[str, Any] = {"num_cpus": workers, "include_dashboard": False, "object_store_memory": OBJECTS}
    # What befalls a worker is told on stdout, which is for results; the log of the cluster has it, too.
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        _begin_session(address, {} if address else own)
        try:
            yield int(ray.cluster_resources().get("CPU", 1))
        finally:
            ray.shutdown()


def _begin_session(address: str | None, options: dict[str, Any]) -> None:
    """Connect, or start; once more where a busy machine or a process that just died was in the way.

    :raises ClusterError: if it cannot be.
    """
    import ray

    for attempt in range(TRIES):
        try:
            ray.init(address or "local", log_to_driver=False, logging_level="CRITICAL", **options)
        except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
            if attempt == TRIES - 1:
                reason = f"{address}: no Ray cluster answers" if address else "Ray does not start"
                raise ClusterError(f"{reason} ({_brief(error)})") from error
            time.sleep(KNOCK / TRIES)
        else:
            return


def _check(address: str) -> None:
    """Knock first: to an address where nobody is, Ray would try to connect for good."""
    host, _, port = address.removeprefix("ray://").partition(":")
    if port.isdecimal():
        try:
            socket.create_connection((host, int(port)), KNOCK).close()
        except OSError as error:
            raise ClusterError(f"{address}: no Ray cluster answers ({error.strerror or error})") from error


def editions(rows: Sequence[Row], label: str | None) -> Generator[Row]:
    """Tell on the cluster the edition of each file, in any order; see ``tell_edition``."""
    return _conducted(partial(_tell_editions, label), rows)


def parts(rows: Sequence[Row], plan: Plan, workers: int) -> Generator[Row]:
    """Make on the cluster the part of each source, in any order; see ``Encoding``."""
    return _conducted(partial(_make_parts, plan, workers), rows)


def _conducted(pipeline: Callable[[Sequence[Row]], Iterator[Row]], rows: Sequence[Row]) -> Generator[Row]:
    """Give the rows that come out of a pipeline; those that get lost, with a machine maybe, are put in again.

    One that is lost ``TRIES`` times does not come out: something is wrong with its file, nobody knows what.
    """
    missing = {row["number"]: row for row in rows}
    for attempt in range(TRIES):
        if missing:
            time.sleep(PAUSE * attempt)
            for row in _conducted_once(partial(pipeline, list(missing.values()))):
                if missing.pop(row["number"], None):
                    yield row


def _conducted_once(pipeline: Callable[[], Iterator[Row]]) -> Generator[Row]:
    import ray

    conductor = ray.remote(num_cpus=0)(Conductor).remote(pipeline)
    try:
        while (row := ray.get(conductor.next.remote())) is not None:
            yield row
    except ray.exceptions.RayError as error:
        cause = getattr(error, "cause", None) or error
        # Its machine died; or that of an actor of Ray Data's own, which is tied to where the first conductor ran.
        if isinstance(cause, ray.exceptions.RayActorError | ray.exceptions.ActorUnschedulableError):
            return
        reason = _brief(cause)
        raise ClusterError(f"the cluster failed ({reason}); ingest again, and it goes on from there") from error
    finally:
        ray.kill(conductor)


class Conductor:
    """Runs a pipeline on the cluster, as far as its rows are asked for."""

    def __init__(self, pipeline: Callable[[], Iterator[Row]]) -> None:
        """Wait to be asked."""
        self._pipeline = pipeline
        self._rows: Iterator[Row] | None = None

    def next(self) -> Row | None:
        """Give the next row that is done, None after the last one."""
        if self._rows is None:
            self._rows = self._pipeline()
        return next(self._rows, None)


class Begun:
    """Counts how many workers have begun a file, at each stage."""

    def __init__(self) -> None:
        """Start at none."""
        self._counts = Counter[tuple[str, int]]()

    def count(self, stage: str, number: int) -> int:
        """Count one more, and tell how many there are."""
        self._counts[stage, number] += 1
        return self._counts[stage, number]


def _begin(begun: Any, stage: str, number: int) -> int:
    import ray

    count: int = ray.get(begun.count.remote(stage, number))
    return count


def _tell_editions(label: str | None, rows: Sequence[Row]) -> Iterator[Row]:
    found: Iterator[Row] = iter(
        _dataset(rows).map(tell_edition, fn_kwargs={"label": label}, num_cpus=ENCODING).iter_rows()
    )
    return found


def _make_parts(plan: Plan, workers: int, rows: Sequence[Row]) -> Iterator[Row]:
    import ray

    begun = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(Begun).remote()
    dataset = _dataset(rows)
    for stage, share in ((Reading, READING), (Encoding, ENCODING)):
        begin = partial(_begin, begun, stage.__name__)
        # As many as may be, but work begins with the first.
        crew = {"concurrency": (1, workers, workers), "num_cpus": share}
        dataset = dataset.map(stage, fn_constructor_args=(plan, begin), **crew)
    made: Iterator[Row] = iter(dataset.iter_rows())
    return made


def _dataset(rows: Sequence[Row]) -> Any:
    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.max_errored_blocks = -1  # what is lost is missed by whoever asked for it, and ends nothing else
    return ray.data.from_items(list(rows), override_num_blocks=min(len(rows), BLOCKS))


def _brief(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
