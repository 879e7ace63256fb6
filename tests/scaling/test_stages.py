"""What a worker does with a file, without a cluster."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.datatypes import EncoderInfo
from pipeline.errors import ClusterError, CorpusError, EncoderError, FileMissing, NoText, ReaderFailed
from pipeline.reading import parallel
from pipeline.reading.corpus import Place, Remote, Source, identify
from pipeline.reading.document import read_document
from pipeline.reading.parallel import Job
from pipeline.scaling.remote import Folder
from pipeline.scaling.spool import Spool
from pipeline.scaling.stages import TRIES, Begin, Encoding, Plan, Reading, item_of, row_of, tell_edition, to_rows
from tests.conftest import WordEncoder
from tests.scaling.papers import empty, make_papers


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    return make_papers(tmp_path / "papers", 1) / "herring-2000.pdf"


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(Spool(Folder(str(tmp_path / "work")), WordEncoder().info), WordEncoder, None, 30.0)


class Stages:
    """Both stages, and how often each has begun a file."""

    def __init__(self, plan: Plan) -> None:
        self.begun = Counter[str]()
        self.reading, self.encoding = Reading(plan, self._counts("read")), Encoding(plan, self._counts("encode"))

    def _counts(self, stage: str) -> Begin:
        def begin(number: int) -> int:
            self.begun[stage] += 1
            return self.begun[stage]

        return begin

    def __call__(self, source: Source) -> object:
        (row,) = to_rows([source])
        return item_of(self.encoding(self.reading(row)))


@pytest.fixture
def stages(plan: Plan) -> Iterator[Stages]:
    stages = Stages(plan)
    yield stages
    stages.reading.close()


def told(place: Place, label: str | None = None) -> object:
    (row,) = to_rows([place])
    return item_of(tell_edition(row, label))


def test_the_edition_of_a_file_at_an_address_is_that_of_its_bytes_and_name(paper: Path) -> None:
    place = Remote(f"file://{paper}")
    assert told(paper) == identify(paper)
    assert told(place) == identify(paper)._replace(file=place)
    assert told(place, "first") == identify(paper, "first")._replace(file=place)
    missing = told(Remote(f"file://{paper.parent}/nothing.pdf"))
    assert isinstance(missing, FileMissing)
    assert str(missing).startswith(f"file://{paper.parent}/nothing.pdf: cannot be read")


@pytest.mark.parametrize("at_an_address", [False, True])
def test_a_file_becomes_a_part(paper: Path, plan: Plan, stages: Stages, *, at_an_address: bool) -> None:
    source = identify(paper)
    source = source._replace(file=Remote(f"file://{paper}")) if at_an_address else source
    assert stages(source) is None
    part = plan.spool.load(source.edition)
    assert part is not None
    assert (part.document, part.passages) == read_document(paper, source.edition)
    assert {text: vector.tobytes() for text, (vector, _) in part.contexts.items()} == {
        text: WordEncoder().encode([text], is_query=False).tobytes() for text in part.contexts
    }


def test_what_is_there_is_not_made_again(paper: Path, stages: Stages) -> None:
    assert (stages(identify(paper)), stages(identify(paper))) == (None, None)
    assert stages.begun == {"read": 1, "encode": 1}


def test_a_paper_that_cannot_be_read_gives_its_error(tmp_path: Path, stages: Stages) -> None:
    file = empty(tmp_path / "empty-2000.pdf")
    place = Remote(f"file://{file}")
    error = stages(identify(file)._replace(file=place))
    assert (type(error), str(error).split(":")[:2]) == (NoText, ["file", f"//{file}"])
    gone = stages(Source(Remote("file:///nowhere/sea.pdf"), identify(file).edition, ""))
    assert (type(gone), "file:///nowhere/sea.pdf: cannot be read" in str(gone)) == (FileMissing, True)


def test_other_bytes_than_those_that_were_to_be_read_are_an_error(paper: Path, stages: Stages) -> None:
    source = identify(paper)
    error = stages(source._replace(edition=replace(source.edition, sha256="0" * 64)))
    assert (type(error), str(error)) == (CorpusError, f"{paper}: changed while it was read; ingest it again")


def test_warnings_name_the_file_and_not_its_copy(paper: Path, plan: Plan, stages: Stages) -> None:
    notes = paper.with_name("notes-2001.txt")
    notes.write_text("The office counts the herring each spring.")
    place = Remote(f"file://{notes}")
    source = identify(notes)._replace(file=place)
    assert stages(source) is None
    part = plan.spool.load(source.edition)
    assert part is not None
    assert part.document.warnings == (f"{place}: no headings found; the paper is one section",)


@pytest.mark.parametrize("stage", ["read", "encode"])
def test_a_file_that_workers_die_of_is_given_up(paper: Path, stages: Stages, stage: str) -> None:
    stages.begun[stage] = TRIES - 1
    assert stages(identify(paper)) is None
    other = paper.with_name("herring-2001.pdf")
    other.write_bytes(paper.read_bytes())
    error = stages(identify(other))
    assert type(error) is ReaderFailed
    assert str(error) == f"{other}: 3 workers died while they were at it; get a fresh copy"


def crash_once(job: Job, most: int) -> object:
    mark = job.file.with_suffix(".mark")
    if not mark.exists():
        mark.touch()
        os._exit(7)
    return read_document(*job)


def test_a_reader_that_crashes_is_given_a_second_chance(
    paper: Path, stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "read_short", crash_once)
    assert stages(identify(paper)) is None
    assert paper.with_suffix(".mark").exists()


def test_a_worker_with_other_weights_is_refused(paper: Path, plan: Plan) -> None:
    stages = Stages(replace(plan, spool=replace(plan.spool, encoder=EncoderInfo("words", "1", "9" * 64, 512))))
    error = stages(identify(paper))
    stages.reading.close()
    assert (type(error), "a worker of the cluster has other weights" in str(error)) == (EncoderError, True)
    assert item_of(row_of(3, error)).args == error.args  # type: ignore[attr-defined]


def test_what_nobody_foresaw_is_told(paper: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    def load() -> WordEncoder:
        raise ModuleNotFoundError("No module named 'torch'")

    stages = Stages(replace(plan, load_encoder=load))
    error = stages(identify(paper))
    told = f"{paper}: a worker of the cluster failed at it"
    assert (type(error), str(error)) == (ClusterError, f"{told} (ModuleNotFoundError: No module named 'torch')")
    monkeypatch.setattr(stages.reading._crew, "read", lambda job: 1 // 0)
    other = paper.with_name("herring-2001.pdf")
    other.write_bytes(paper.read_bytes())
    error = stages(identify(other))
    stages.reading.close()
    assert (type(error), str(error).partition(" (")[2]) == (
        ClusterError,
        "ZeroDivisionError: integer division or modulo by zero)",
    )


def test_a_work_folder_that_is_none_ends_the_ingest(paper: Path, plan: Plan) -> None:
    stages = Stages(replace(plan, spool=replace(plan.spool, folder=Folder("pigeon://loft"))))
    error = stages(identify(paper))
    stages.reading.close()
    assert (type(error), str(error)) == (
        ClusterError,
        "pigeon://loft: cannot be read (pigeon://loft: Protocol not known: pigeon)",
    )
