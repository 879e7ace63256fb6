"""An ingest elsewhere is the ingest of one machine: here the cluster is this process, so that it can be interrupted."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from pipeline.errors import ClusterError, CorpusError, IndexBusy
from pipeline.indexing import store
from pipeline.indexing.build import build_index
from pipeline.indexing.forget import forget
from pipeline.indexing.gather import DEFAULTS, Options
from pipeline.reading.corpus import Place, Remote
from pipeline.scaling import cluster
from pipeline.scaling.ingest import Where, build_elsewhere, where
from pipeline.scaling.stages import Encoding, Plan, Reading, Row, tell_edition
from pipeline.scaling.stores import open_store
from pipeline.searching.search import open_index
from search_cli import main
from tests.conftest import WordEncoder
from tests.scaling.papers import Diary, cut, empty, held, make_papers


class Dead(Exception):
    """The driver is dead."""


class Nearby:
    """A cluster of this process; ``dies_after`` so many parts."""

    def __init__(self) -> None:
        self.dies_after = 1000
        self.loses: set[int] = set()

    @contextmanager
    def connected(self, address: str | None, workers: int) -> Iterator[int]:
        yield 2

    def editions(self, rows: Sequence[Row], label: str | None) -> Generator[Row]:
        yield from (tell_edition(row, label) for row in reversed(rows))

    def parts(self, rows: Sequence[Row], plan: Plan, workers: int) -> Generator[Row]:
        reading, encoding = Reading(plan, lambda number: 1), Encoding(plan, lambda number: 1)
        try:
            for count, row in enumerate(reversed(rows)):
                if count >= self.dies_after:
                    raise Dead
                if row["number"] not in self.loses:
                    yield encoding(reading(row))
        finally:
            reading.close()


@pytest.fixture
def nearby(monkeypatch: pytest.MonkeyPatch) -> Nearby:
    nearby = Nearby()
    for name in ("connected", "editions", "parts"):
        monkeypatch.setattr(cluster, name, getattr(nearby, name))
    return nearby


def ingest(papers: Sequence[Place], index: Path, options: Options = DEFAULTS, place: Where | None = None) -> list[str]:
    """Ingest; what was encoded of it."""
    diary = index.with_suffix(".diary")
    diary.unlink(missing_ok=True)
    build_elsewhere(place or Where(), papers, index, partial(Diary, diary), options)
    return diary.read_text().splitlines() if diary.exists() else []


@pytest.mark.usefixtures("nearby")
def test_it_is_the_index_of_one_machine(tmp_path: Path) -> None:
    papers = make_papers(tmp_path / "papers")
    (papers / "copy-2010.pdf").write_bytes((papers / "herring-2000.pdf").read_bytes())
    empty(papers / "empty-2011.pdf")
    plain = build_index([papers], tmp_path / "plain", WordEncoder)
    steps: list[tuple[str, int, int]] = []
    report = build_elsewhere(
        Where(), [papers], tmp_path / "index", WordEncoder, DEFAULTS, lambda *step: steps.append(step)
    )
    assert held(tmp_path / "index") == held(tmp_path / "plain")
    assert (report.editions, report.skipped) == (plain.editions, plain.skipped)
    assert (report.computed, report.reused) == (plain.computed, plain.reused)
    assert [step for step in steps if step[0] == "on the cluster"] == [("on the cluster", 1, 5)] * 5
    encoding = [(done, total) for stage, done, total in steps if stage == "encoding"]
    assert sum(done for done, _ in encoding) == encoding[-1][1]
    assert not (tmp_path / "index" / store.WORK).exists()


@pytest.mark.usefixtures("nearby")
def test_papers_at_an_address_are_the_same_passages(tmp_path: Path) -> None:
    papers = make_papers(tmp_path / "papers")
    build_index([papers], tmp_path / "plain", WordEncoder)
    build_elsewhere(Where(), [Remote(f"file://{papers}")], tmp_path / "index", WordEncoder, DEFAULTS)
    assert held(tmp_path / "index") == held(tmp_path / "plain")


def test_a_run_that_died_is_gone_on_with(tmp_path: Path, nearby: Nearby) -> None:
    papers = make_papers(tmp_path / "papers", 6)
    build_index([papers], tmp_path / "plain", WordEncoder)
    nearby.dies_after = 4
    with pytest.raises(Dead):
        ingest([papers], tmp_path / "index")
    nearby.dies_after = 0
    with pytest.raises(Dead):  # again, before it has begun
        ingest([papers], tmp_path / "index")
    parts = sorted((tmp_path / "index" / store.WORK).iterdir())
    assert len(parts) == 4
    parts[0].write_bytes(parts[0].read_bytes()[:-1])  # half written, by a machine that died meanwhile
    nearby.dies_after = 1000
    encoded = ingest([papers], tmp_path / "index")
    everything = ingest([papers], tmp_path / "other")
    assert len(everything) == 6 * len(encoded) // 3
    assert held(tmp_path / "index") == held(tmp_path / "plain") == held(tmp_path / "other")
    assert not (tmp_path / "index" / store.WORK).exists()


def test_the_next_ingest_does_only_what_is_new(tmp_path: Path, nearby: Nearby) -> None:
    papers = make_papers(tmp_path / "papers", 2)
    ingest([papers], tmp_path / "index")
    assert ingest([papers], tmp_path / "index") == []
    make_papers(tmp_path / "papers", 3)
    encoded = "".join(ingest([papers], tmp_path / "index"))
    assert [subject in encoded for subject in ("herring", "foghorns", "umbrellas")] == [False, False, True]
    build_index([papers], tmp_path / "plain", WordEncoder)
    assert held(tmp_path / "index")["passages"] == held(tmp_path / "plain")["passages"]


@pytest.mark.usefixtures("nearby")
def test_a_broken_file_of_a_folder_is_left_out_and_a_named_one_is_an_error(tmp_path: Path) -> None:
    papers = make_papers(tmp_path / "papers", 3)
    file = cut(papers / "foghorns-2001.pdf")
    report = build_elsewhere(Where(), [papers], tmp_path / "index", WordEncoder, DEFAULTS)
    (skipped,) = report.skipped
    assert skipped.startswith(f"{file}: the PDF is truncated")
    assert [item.edition.id for item in report.editions] == ["herring/2000", "umbrellas/2002"]
    address = Remote(f"file://{file}")
    with pytest.raises(CorpusError, match=rf"^{address}: the PDF is truncated"):
        build_elsewhere(Where(), [address], tmp_path / "index", WordEncoder, DEFAULTS)


def test_a_file_that_the_cluster_loses_is_named(tmp_path: Path, nearby: Nearby) -> None:
    papers = make_papers(tmp_path / "papers", 3)
    nearby.loses = {1}
    report = build_elsewhere(Where(), [papers], tmp_path / "index", WordEncoder, DEFAULTS)
    assert report.skipped == (f"{papers / 'herring-2000.pdf'}: the cluster lost it; ingest again",)


@pytest.mark.usefixtures("nearby")
def test_a_work_folder_of_ones_own_keeps_what_is_not_of_this_ingest(tmp_path: Path) -> None:
    papers, work = make_papers(tmp_path / "papers", 2), tmp_path / "work"
    work.mkdir()
    (work / "others.part").touch()
    ingest([papers], tmp_path / "index", place=Where(None, str(work)))
    assert [file.name for file in work.iterdir()] == ["others.part"]


@pytest.mark.usefixtures("nearby")
def test_a_work_folder_that_workers_do_not_share_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    papers = make_papers(tmp_path / "papers", 1)
    monkeypatch.setattr("pipeline.scaling.spool.Spool.load", lambda self, edition: None)
    with pytest.raises(ClusterError, match=r"what the cluster made of .*herring-2000\.pdf is not there; let --work"):
        ingest([papers], tmp_path / "index")


@pytest.mark.parametrize("way", ["forget", "gc"])
def test_nothing_unfinished_outlives_a_wish_to_forget(tmp_path: Path, nearby: Nearby, way: str) -> None:
    papers = make_papers(tmp_path / "papers", 2)
    ingest([papers], tmp_path / "index")
    make_papers(papers, 4)
    nearby.dies_after = 1
    with pytest.raises(Dead):
        ingest([papers], tmp_path / "index")
    assert (tmp_path / "index" / store.WORK).exists()
    if way == "forget":
        forget(tmp_path / "index", "herring")
    else:
        store.collect_garbage(tmp_path / "index")
    assert not (tmp_path / "index" / store.WORK).exists()


@pytest.mark.usefixtures("nearby")
def test_only_one_writes_an_index(tmp_path: Path) -> None:
    papers = make_papers(tmp_path / "papers", 1)
    with store.writing(tmp_path / "index"), pytest.raises(IndexBusy):
        ingest([papers], tmp_path / "index")


@pytest.mark.parametrize(
    ("on", "address"),
    [
        ("ray", None),
        ("ray:auto", "auto"),
        ("ray:10.0.0.1:6379", "10.0.0.1:6379"),
        ("ray://head:10001", "ray://head:10001"),
    ],
)
def test_where(on: str, address: str | None) -> None:
    assert where(on, "s3://bucket/work") == Where(address, "s3://bucket/work")


@pytest.mark.parametrize("on", ["dask", "ray:", "rays", ""])
def test_elsewhere_is_nowhere(on: str) -> None:
    with pytest.raises(ClusterError, match="ray:auto"):
        where(on)


@pytest.mark.usefixtures("nearby", "word_encoder")
def test_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_papers(tmp_path / "papers", 2)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["ingest", f"file://{tmp_path}/papers", "--on", "ray"])
    assert (done.exit_code, "herring/2000 (herring-2000.pdf), new" in done.stdout) == (0, True)
    told = [
        CliRunner().invoke(main, ["ingest", *arguments])
        for arguments in (
            ["s3://bucket/papers"],
            ["papers", "--work", "work"],
            ["papers", "--on", "dask"],
            ["s3://bucket/papers", "--watch"],
        )
    ]
    assert [done.exit_code for done in told] == [3, 2, 3, 3]
    assert [done.stderr.splitlines()[-1].partition(" See:")[0] for done in told] == [
        "error: s3://bucket/papers: papers at an address are read by a cluster; add --on ray",
        "error: --work says where a cluster keeps what it has finished: give --on as well.",
        "error: dask: papers are ingested on ray, ray:auto, ray:HOST:PORT or ray://HOST:PORT",
        "error: s3://bucket/papers: papers at an address are read by a cluster; add --on ray",
    ]


def test_vectors_in_8_bits_stay_as_they_are() -> None:
    from pipeline.indexing.vectors import quantize

    dice = np.random.default_rng(7)
    rows: Any = quantize(dice.standard_normal((1000, 64)).astype(np.float32))
    assert quantize(rows).tobytes() == rows.tobytes()
    assert quantize(0 * rows[:2, :3]).tolist() == [[0, 0, 0]] * 2


@pytest.mark.usefixtures("nearby")
def test_into_milvus_by_way_of_a_work_folder(tmp_path: Path) -> None:
    papers, work, place = make_papers(tmp_path), tmp_path / "work", open_store(f"milvus:{tmp_path / 'index.db'}")
    with pytest.raises(ClusterError, match=r"index\.db: has no place for what the cluster finishes; .*--work"):
        build_elsewhere(Where(), [papers], place, WordEncoder, DEFAULTS)
    build_elsewhere(Where(work=str(work)), [papers], place, WordEncoder, DEFAULTS)
    build_index([papers], tmp_path / "plain", WordEncoder, DEFAULTS)
    with open_index(place) as found, open_index(tmp_path / "plain") as plain:
        rows = range(len(plain.catalog))
        assert found.catalog.passages(rows) == plain.catalog.passages(rows)
    assert list(work.iterdir()) == []
