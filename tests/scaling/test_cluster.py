"""A cluster of Ray: two workers on this machine, which die, and a driver that dies, too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ray.exceptions import ActorUnschedulableError

from pipeline.errors import ClusterError
from pipeline.indexing import store
from pipeline.indexing.build import build_index
from pipeline.indexing.gather import DEFAULTS
from pipeline.reading.corpus import Remote
from pipeline.scaling import cluster
from pipeline.scaling.cluster import connected
from pipeline.scaling.ingest import build_elsewhere, where
from pipeline.scaling.stages import Row, to_rows
from search_cli import main
from tests.conftest import WordEncoder
from tests.scaling.papers import Deadly, Diary, cut, held, make_papers

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
CLIENT_PORT = 10_000 + os.getpid() % 20_000


def started(make: Any, node: dict[str, Any], tries: int = 3) -> Any:
    """Start a cluster; on a very busy machine its parts may wait for each other too long the first time."""
    try:
        return make(initialize_head=True, head_node_args=node)
    except RuntimeError:
        if tries == 1:
            raise
        return started(make, node, tries - 1)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A cluster of two cores; its workers find this module."""
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 2, "include_dashboard": False, "object_store_memory": 100 << 20}
    with pytest.MonkeyPatch.context() as environment:
        for name, value in (ENVIRONMENT | {"PYTHONPATH": str(ROOT)}).items():
            environment.setenv(name, value)
        machine = started(Cluster, node | {"ray_client_server_port": CLIENT_PORT})
        yield machine.address
        machine.shutdown()


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Ray tell nobody that it is used, and write no token into the home folder."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def test_it_is_the_index_of_one_machine_whatever_its_workers_die_of(tmp_path: Path, address: str) -> None:
    papers = make_papers(tmp_path / "papers")
    cut(papers / "lanterns-2003.pdf")
    plain = build_index([papers], tmp_path / "plain", WordEncoder)
    report = build_elsewhere(where(f"ray:{address}"), [papers], tmp_path / "index", partial(Deadly, tmp_path), DEFAULTS)
    assert (tmp_path / "herring").exists()  # a worker died over it, another one did it
    deadly = papers / "foghorns-2001.pdf"
    assert report.skipped == (
        f"{deadly}: 3 workers died while they were at it; get a fresh copy",
        *plain.skipped,
    )
    deadly.unlink()
    build_index([papers], tmp_path / "plain", WordEncoder)
    assert held(tmp_path / "index") == held(tmp_path / "plain")


DRIVER = """
import sys
from functools import partial
from pathlib import Path
from pipeline.indexing.gather import DEFAULTS
from pipeline.scaling.ingest import build_elsewhere, where
from pipeline.scaling.stages import Row, to_rows
from tests.scaling.papers import Diary
on, papers, index, diary = sys.argv[1:]
build_elsewhere(where(on), [Path(papers)], Path(index), partial(Diary, Path(diary), 0.2), DEFAULTS)
"""


def test_a_driver_that_is_killed_is_gone_on_with(tmp_path: Path, address: str) -> None:
    papers, index, diary = make_papers(tmp_path / "papers", 6), tmp_path / "index", tmp_path / "diary"
    build_index([papers], tmp_path / "plain", WordEncoder)
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, f"ray:{address}", papers, index, diary], cwd=ROOT)
    work = index / store.WORK
    deadline = time.monotonic() + 60
    while not (work.exists() and len(list(work.glob("*.part"))) >= 2) and time.monotonic() < deadline:
        time.sleep(0.02)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    time.sleep(0.5)  # its workers end a moment later
    finished = {file: file.stat().st_mtime_ns for file in work.glob("*.part")}
    assert 2 <= len(finished) < 6
    kept: dict[Path, int] = {}

    def progress(stage: str, done: int, total: int) -> None:
        kept.update({file: file.stat().st_mtime_ns for file in work.glob("*.part")})

    diary.unlink()
    build_elsewhere(where(f"ray:{address}"), [papers], index, partial(Diary, diary), DEFAULTS, progress)
    assert (len(kept), finished.items() <= kept.items()) == (6, True)
    assert len(diary.read_text().splitlines()) == (6 - len(finished)) * texts_of_a_paper(tmp_path)
    assert held(index) == held(tmp_path / "plain")


def texts_of_a_paper(tmp_path: Path) -> int:
    """How many texts the encoder gets of one of the papers, its words as tokens included."""
    diary = tmp_path / "other"
    build_index([make_papers(tmp_path / "one", 1)], tmp_path / "single", partial(Diary, diary))
    return len(diary.read_text().splitlines())


def test_papers_at_an_address_over_ray_client(tmp_path: Path, address: str) -> None:
    papers = make_papers(tmp_path / "papers", 2)
    build_index([papers], tmp_path / "plain", WordEncoder)
    place = where(f"ray://{address.partition(':')[0]}:{CLIENT_PORT}", f"file://{tmp_path}/work")
    build_elsewhere(place, [Remote(f"file://{papers}")], tmp_path / "index", WordEncoder, DEFAULTS)
    assert held(tmp_path / "index") == held(tmp_path / "plain")
    assert list((tmp_path / "work").iterdir()) == []


def test_a_cluster_of_ones_own_starts_and_ends_in_silence(
    tmp_path: Path, tiny: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.scaling.cluster.OBJECTS", 80 << 20)
    papers = make_papers(tmp_path / "papers", 1)
    arguments = [str(papers), "--model", str(tiny), "--index", str(tmp_path / "index")]
    on_ray = CliRunner().invoke(main, ["ingest", *arguments, "--on", "ray", "--workers", "1"])
    plain = CliRunner().invoke(main, ["ingest", *arguments[:-1], str(tmp_path / "plain")])
    assert (on_ray.exit_code, on_ray.stderr, plain.exit_code) == (0, "", 0)
    assert on_ray.stdout.splitlines()[:2] == plain.stdout.splitlines()[:2]
    assert held(tmp_path / "index") == held(tmp_path / "plain")
    assert capfd.readouterr() == ("", "")


def test_a_cluster_that_does_not_answer_is_one_line() -> None:
    with (
        pytest.raises(ClusterError, match=r"^127\.0\.0\.1:9: no Ray cluster answers \([^\n]*\)$"),
        connected("127.0.0.1:9", 1),
    ):
        pass


def test_without_ray_it_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    done = CliRunner().invoke(
        main, ["ingest", str(make_papers(tmp_path, 1)), "--on", "ray", "--index", f"{tmp_path}/i"]
    )
    assert (done.exit_code, done.stderr) == (3, "error: this needs ray; run: pip install 'mandates[cluster]'\n")


def test_nothing_of_ray_is_imported_unless_asked_for(tmp_path: Path) -> None:
    make_papers(tmp_path / "papers", 1)
    code = (
        "import sys; from click.testing import CliRunner; from search_cli import main;"
        "print(CliRunner().invoke(main, ['ingest', '--help']).exit_code);"
        "import pipeline.scaling.ingest; print(sorted({'ray', 'fsspec', 'pyarrow', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "0\n[]\n"


class Dying:
    """Fails as Ray does where an actor's machine is gone, the first time."""

    def __init__(self, mark: Path, error: Exception) -> None:
        self.mark, self.error = mark, error

    def __call__(self, rows: Sequence[Row]) -> Iterator[Row]:
        if not self.mark.exists():
            self.mark.touch()
            yield rows[0]
            raise self.error
        yield from rows


def test_an_actor_that_is_tied_to_a_dead_machine_ends_no_ingest(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Found by killing a machine of two, then the driver, and ingesting again: Ray Data's coordinator was on it.
    monkeypatch.setattr(cluster, "PAUSE", 0.0)
    rows: list[Row] = [{"number": number} for number in range(3)]
    with cluster.connected(address, 1):
        gone = Dying(tmp_path / "one", ActorUnschedulableError("The node doesn't exist any more"))
        assert sorted(row["number"] for row in cluster._conducted(gone, rows)) == [0, 1, 2]
        with pytest.raises(ClusterError, match=r"the cluster failed \(another\); ingest again"):
            list(cluster._conducted(Dying(tmp_path / "two", ValueError("another")), rows))


def test_rows_that_are_lost_are_put_in_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[int]] = []

    def once(pipeline: partial[Iterator[Row]]) -> Iterator[Row]:
        rows: list[Row] = pipeline.args[-1]
        asked.append([row["number"] for row in rows])
        yield from rows[:1] * 2  # the first one comes out, even twice; then a machine dies

    monkeypatch.setattr(cluster, "_conducted_once", once)
    monkeypatch.setattr(cluster, "PAUSE", 0.0)
    assert [row["number"] for row in cluster.editions(to_rows("abcde"), None)] == [0, 1, 2]
    assert asked == [[0, 1, 2, 3, 4], [1, 2, 3, 4], [2, 3, 4]]
    asked.clear()
    assert [row["number"] for row in cluster.editions(to_rows("a"), None)] == [0]
    assert asked == [[0]]
