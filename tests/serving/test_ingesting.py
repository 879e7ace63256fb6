"""Ingests that a server is asked for: one at a time, the papers put in place only when they were read."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from pipeline import open_index
from pipeline.errors import AlreadyThere, IngestRunning, NotThere, TooLarge, WrongFormat
from pipeline.indexing.build import build_index
from pipeline.indexing.encode import load_encoder
from pipeline.serving.ingest_task import _note_steps, read_steps
from pipeline.serving.ingesting import REMEMBERED, Ingest, Ingests
from pipeline.serving.settings import Settings
from tests.conftest import WordEncoder
from tests.serving.ingesting import held_up, ingest_here, paper, sent


@pytest.fixture
def folder(sea: Path, tmp_path: Path, word_encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch) -> Path:
    ingest_here(monkeypatch)
    return shutil.copytree(sea, tmp_path / "sea")


@pytest.fixture
def ingests(folder: Path) -> Ingests:
    return Ingests(Settings(folder / "index", (folder / "raw",), uploads=folder / "raw"), folder / "raw")


def ended(found: Ingest) -> Ingest:
    for _ in range(1000):
        if found.state != "running":
            return found
        time.sleep(0.02)
    raise AssertionError("it does not end")


def editions(folder: Path) -> set[str]:
    with open_index(folder / "index") as index:
        return {edition.id for edition in index.manifest.editions}


def files(folder: Path) -> set[str]:
    return {file.name for file in (folder / "raw").iterdir()}


def test_a_paper_that_was_read_is_indexed_and_put_among_the_papers(
    ingests: Ingests, folder: Path, tmp_path: Path
) -> None:
    found = ended(ingests.start([sent("../reef.pdf", paper(tmp_path))], "2020"))
    assert (found.state, found.error, found.refused) == ("done", None, [])
    assert found.report
    assert [(item.edition.id, item.status) for item in found.report.editions] == [
        ("sea/2018", "unchanged"), ("sea/2021", "unchanged"), ("reef/2020", "new"),
    ]  # fmt: skip
    assert files(folder) == {"sea-2018.pdf", "sea-2021.pdf", "reef-2020.pdf"}
    again = build_index([folder / "raw"], folder / "index", WordEncoder)
    assert again.reused == again.passages + again.sentences
    assert editions(folder) == {"sea/2018", "sea/2021", "reef/2020"}


def test_a_broken_paper_is_refused_with_its_reason_and_the_others_are_taken(
    ingests: Ingests, folder: Path, tmp_path: Path
) -> None:
    whole = paper(tmp_path)
    found = ended(ingests.start([sent("broken.pdf", whole[:300]), sent("reef-2020.pdf", whole), sent("a.txt", b"a")]))
    assert found.state == "done"
    assert found.refused == [
        ("a.txt", "neither a PDF nor a Word file nor a page of HTML"),
        ("broken.pdf", "the PDF is truncated (its end is missing); get a fresh copy"),
    ]
    assert files(folder) == {"sea-2018.pdf", "sea-2021.pdf", "reef-2020.pdf"}


def test_if_none_can_be_read_the_index_stays(ingests: Ingests, folder: Path, tmp_path: Path) -> None:
    before = (folder / "index" / "CURRENT").read_bytes()
    found = ended(ingests.start([sent("broken.pdf", paper(tmp_path)[:300])]))
    assert (found.state, [file for file, _ in found.refused]) == ("failed", ["broken.pdf"])
    assert (folder / "index" / "CURRENT").read_bytes() == before
    assert files(folder) == {"sea-2018.pdf", "sea-2021.pdf"}


def test_what_is_sent_twice_under_one_name_is_taken_once(ingests: Ingests, folder: Path, tmp_path: Path) -> None:
    found = ended(
        ingests.start([sent("reef.pdf", paper(tmp_path)), sent("REEF.PDF", paper(tmp_path, "Other words."))], "2020")
    )
    assert found.state == "done"
    assert found.refused == [("REEF-2020.pdf", "another file is called so already; say which edition this one is")]
    assert files(folder) == {"sea-2018.pdf", "sea-2021.pdf", "reef-2020.pdf"}


def test_a_copy_of_a_paper_that_is_not_indexed_yet_is_refused(ingests: Ingests, folder: Path, tmp_path: Path) -> None:
    (folder / "raw" / "reef-2020.pdf").write_bytes(paper(tmp_path))
    found = ended(ingests.start([sent("copy-2020.pdf", paper(tmp_path))]))
    assert (found.state, found.refused) == (
        "failed", [("copy-2020.pdf", "the same bytes as reef-2020.pdf; indexed once")],
    )  # fmt: skip
    assert files(folder) == {"sea-2018.pdf", "sea-2021.pdf", "reef-2020.pdf"}
    assert "reef/2020" in editions(folder)


def test_two_papers_of_one_edition_are_told_apart_by_the_sender(ingests: Ingests, folder: Path, tmp_path: Path) -> None:
    found = ended(ingests.start([sent("sea_2018.pdf", paper(tmp_path))]))
    assert found.error == "sea_2018.pdf: same document and edition (sea/2018) as sea-2018.pdf; rename one of them"
    assert files(folder) == {"sea-2018.pdf", "sea-2021.pdf"}


def test_what_cannot_be_taken_is_told_at_once(ingests: Ingests, folder: Path, tmp_path: Path) -> None:
    with open_index(folder / "index") as index:
        held = index.manifest.editions
    known = sent("copy.pdf", (folder / "raw" / "sea-2018.pdf").read_bytes())
    with pytest.raises(AlreadyThere, match=r"copy\.pdf: the same file as sea/2018$"):
        ingests.start([known], None, held)
    with pytest.raises(WrongFormat, match=r"a\.txt: neither .*; b\.txt: neither"):
        ingests.start([sent("a.txt", b"a"), sent("b.txt", b"b")])
    with pytest.raises(TooLarge, match="21 files; send 20 at once at most"):
        ingests.start([sent(f"{number}.pdf", b"%PDF-") for number in range(21)])
    assert files(folder) == {"sea-2018.pdf", "sea-2021.pdf"}
    assert ingests.recent() == []


def test_there_is_one_at_a_time(ingests: Ingests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with held_up(monkeypatch) as go:
        found = ingests.start([sent("reef-2020.pdf", paper(tmp_path))])
        for ask in (ingests.check_free, ingests.start, ingests.follow):
            with pytest.raises(IngestRunning, match="an ingest is at work; try again when it is done"):
                ask()
        go.set()
        assert ended(found).state == "done"
    ingests.check_free()


def test_what_changed_among_the_papers_is_followed(ingests: Ingests, folder: Path) -> None:
    (folder / "raw" / "sea-2018.pdf").unlink()
    ingests.follow()
    assert editions(folder) == {"sea/2021"}
    assert ingests.recent()[0].report
    (folder / "raw" / "sea-2021.pdf").unlink()
    with pytest.raises(Exception, match="no paper is left; the index keeps what it has"):
        ingests.follow()
    assert editions(folder) == {"sea/2021"}


def test_only_the_last_ones_are_remembered(ingests: Ingests) -> None:
    found = [ended(ingests.start()) for _ in range(REMEMBERED + 1)]
    assert ingests.recent() == found[:0:-1]
    with pytest.raises(NotThere, match="no ingest has the id"):
        ingests.find(found[0].id)


def test_what_is_unforeseen_is_told_to_the_log_alone(
    ingests: Ingests, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ingests, "_call", lambda *_: 1 / 0)
    found = ended(ingests.start([sent("reef.pdf", paper(tmp_path))]))
    assert (found.state, found.error) == ("failed", "something unforeseen happened; the server's log says why")
    assert files(folder) == {"sea-2018.pdf", "sea-2021.pdf"}
    ingests.check_free()


def test_progress_is_noted_in_a_file_that_is_whole_at_any_time(tmp_path: Path) -> None:
    file = tmp_path / "steps"
    assert read_steps(file) is None
    note = _note_steps(file)
    seen = []
    for stage, done, total in (("reading", 2, 9), ("reading", 3, 9), ("reading", 4, 9), ("encoding", 1, 1)):
        note(stage, done, total)
        seen.append(read_steps(file))
    # What comes within a fifth of a second is not worth a note, but for the end of a stage.
    assert seen == [("reading", 2, 9), ("reading", 2, 9), ("reading", 9, 9), ("encoding", 1, 1)]
    file.write_text(json.dumps(["reading", 2]))
    assert read_steps(file) == ("reading", 2, 0)


@pytest.fixture
def real(tmp_path: Path, tiny: Path) -> Ingests:
    """Ingests in processes of their own, into an index that a real if tiny model made."""
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "reef-2019.pdf").write_bytes(paper(tmp_path, "Divers counted the corals."))
    build_index([tmp_path / "raw"], tmp_path / "index", lambda: load_encoder(str(tiny)))
    return Ingests(
        Settings(tmp_path / "index", (tmp_path / "raw",), str(tiny), uploads=tmp_path / "raw"), tmp_path / "raw"
    )


def test_a_process_of_its_own_does_the_work(real: Ingests, tmp_path: Path) -> None:
    found = ended(real.start([sent("reef-2020.pdf", paper(tmp_path)), sent("broken.pdf", paper(tmp_path)[:300])]))
    assert (found.error, [file for file, _ in found.refused]) == (None, ["broken.pdf"])
    assert editions(tmp_path) == {"reef/2019", "reef/2020"}
    assert files(tmp_path) == {"reef-2019.pdf", "reef-2020.pdf"}
    assert not found.folder.exists()


def test_a_server_that_ends_leaves_index_and_papers_as_they_were(real: Ingests, tmp_path: Path) -> None:
    found = real.start([sent("reef-2020.pdf", paper(tmp_path))])
    real.close()
    assert (found.state, found.error) == (
        "failed",
        "the ingest was stopped, or took too long; the server's log says why",
    )
    assert editions(tmp_path) == {"reef/2019"}
    assert files(tmp_path) == {"reef-2019.pdf"}
