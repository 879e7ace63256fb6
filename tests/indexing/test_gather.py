"""Files that cannot be read now: nothing that the index holds is lost for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.datatypes import Edition, Passage
from pipeline.datatypes.page import Document
from pipeline.errors import CorpusError, DamagedPdf, FileMissing, ReaderFailed
from pipeline.indexing import store
from pipeline.indexing.build import build_index
from pipeline.indexing.gather import Options
from pipeline.reading.corpus import Source, identify
from pipeline.reading.document import read_document
from pipeline.reading.parallel import Job, read_short
from tests.conftest import WordEncoder
from tests.indexing.editions import BUA, IFO, WLA, answers, ingest, make_edition, snapshot


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    make_edition(tmp_path / "papers" / "lake-2019.pdf", BUA)
    make_edition(tmp_path / "papers" / "sea-2020.pdf", IFO, WLA)
    return tmp_path / "papers"


@pytest.fixture
def index(tmp_path: Path, papers: Path) -> Path:
    ingest(papers, tmp_path / "index")
    return tmp_path / "index"


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def held(index: Path) -> list[str]:
    return [edition.id for edition in store.open_generation(index).manifest.editions]


def test_an_unreadable_replacement_keeps_the_former_edition(papers: Path, index: Path) -> None:
    before, asked = snapshot(index), answers(index)
    cut(papers / "sea-2020.pdf")
    report, encoded = ingest(papers, index)
    assert {item.edition.id: item.status for item in report.editions} == {"lake/2019": "unchanged", "sea/2020": "kept"}
    (skipped,) = report.skipped
    assert skipped.startswith(f"{papers / 'sea-2020.pdf'}: the PDF is truncated")
    assert skipped.endswith("; the index keeps what it has of it")
    assert (encoded, report.published, snapshot(index) == before, answers(index) == asked) == ([], False, True, True)


def test_it_is_also_kept_while_others_change(papers: Path, index: Path) -> None:
    cut(papers / "sea-2020.pdf")
    make_edition(papers / "lake-2021.pdf", (*BUA, "It is new."))
    report, _ = ingest(papers, index)
    assert (report.published, held(index)) == (True, ["lake/2019", "lake/2021", "sea/2020"])
    assert "herring" in str(answers(index))


def test_it_is_read_once_it_is_whole(papers: Path, index: Path) -> None:
    cut(papers / "sea-2020.pdf")
    ingest(papers, index)
    make_edition(papers / "sea-2020.pdf", IFO, (*WLA, "It is whole."))
    report, _ = ingest(papers, index)
    assert ({item.edition.id: item.status for item in report.editions}["sea/2020"], report.skipped) == ("changed", ())


def test_an_edition_labelled_from_inside_is_kept_too(tmp_path: Path) -> None:
    """The broken file tells no title any more, and so another label."""
    paper = make_edition(tmp_path / "papers" / "sea.pdf", IFO)
    make_edition(tmp_path / "papers" / "lake-2019.pdf", BUA)
    os.utime(paper, (0, 0))
    ingest(tmp_path / "papers", tmp_path / "index")
    label = identify(paper).edition.label
    cut(paper)
    report, _ = ingest(tmp_path / "papers", tmp_path / "index")
    assert identify(paper).edition.label != label
    assert held(tmp_path / "index") == ["lake/2019", f"sea/{label}"]
    assert {item.edition.id: item.status for item in report.editions}[f"sea/{label}"] == "kept"


def test_an_unknown_broken_file_is_left_out(papers: Path, index: Path) -> None:
    cut(make_edition(papers / "new-2022.pdf", BUA))
    report, _ = ingest(papers, index)
    assert (held(index), report.published) == (["lake/2019", "sea/2020"], False)
    assert "keeps" not in report.skipped[0]


def test_a_broken_file_named_itself_is_an_error_though_the_index_has_it(papers: Path, index: Path) -> None:
    before = snapshot(index)
    cut(papers / "sea-2020.pdf")
    with pytest.raises(DamagedPdf):
        ingest([papers, papers / "sea-2020.pdf"], index)
    assert snapshot(index) == before


def test_what_took_the_place_of_a_broken_file_stays(papers: Path, index: Path) -> None:
    """The former edition of the broken file's name is in the index under another name: not twice."""
    (papers / "sea-2020.pdf").rename(papers / "ocean-2020.pdf")
    (papers / "sea-2020.pdf").write_bytes(b"%PDF-1.4 half")
    report, _ = ingest(papers, index)
    assert "sea-2020.pdf" in report.skipped[0]
    assert held(index) == ["lake/2019", "ocean/2020", "sea/2020"]


def changing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write to a file between its two checksums, once."""
    todo = [file]

    def read(path: Path, edition: Edition, *more: str | None) -> tuple[Document, list[Passage]]:
        found = read_document(path, edition, *more)
        if path in todo:
            todo.remove(path)
            make_edition(path, (*IFO, "It has been changed meanwhile."))
        return found

    monkeypatch.setattr("pipeline.indexing.gather.read_document", read)


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paper = make_edition(tmp_path / "sea-2020.pdf", IFO)
    changing(paper, monkeypatch)
    with pytest.raises(CorpusError, match=r"sea-2020\.pdf: changed while it was read; ingest it again"):
        ingest(paper, tmp_path / "index")
    report, encoded = ingest(paper, tmp_path / "index")
    assert (report.passages, "It has been changed meanwhile." in encoded) == (1, True)


def test_a_known_file_that_changes_while_it_is_read_is_kept(
    papers: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_edition(papers / "sea-2020.pdf", WLA)
    changing(papers / "sea-2020.pdf", monkeypatch)
    report, _ = ingest(papers, index)
    assert "changed while it was read" in report.skipped[0]
    assert (report.published, held(index)) == (False, ["lake/2019", "sea/2020"])


def test_a_file_that_cannot_be_opened_is_left_out(papers: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_edition(papers / "new-2022.pdf", BUA)

    def refuse(file: Path, label: str | None = None) -> Source:
        if file.name in ("new-2022.pdf", "sea-2020.pdf"):
            raise FileMissing(f"{file}: cannot be read (Permission denied)")
        return identify(file, label)

    monkeypatch.setattr("pipeline.indexing.gather.identify", refuse)
    report, _ = ingest(papers, index)
    assert [line.removeprefix(f"{papers}/") for line in report.skipped] == [
        "new-2022.pdf: cannot be read (Permission denied)",
        "sea-2020.pdf: cannot be read (Permission denied); the index keeps what it has of it",
    ]
    assert (report.published, held(index)) == (False, ["lake/2019", "sea/2020"])
    with pytest.raises(FileMissing, match="Permission denied"):
        ingest(papers / "sea-2020.pdf", index)


def test_a_file_whose_date_changes_keeps_its_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.reading.corpus.read_metadata", lambda _: {})
    paper = make_edition(tmp_path / "sea.pdf", IFO)
    os.utime(paper, (0, 1_600_000_000))
    ingest(paper, tmp_path / "index")
    os.utime(paper, (0, 1_700_000_000))
    report, _ = ingest(paper, tmp_path / "index")
    assert (report.published, report.editions[0].edition.id) == (False, "sea/2020-09-13")
    assert report.editions[0].label_from == "index"
    make_edition(paper, WLA)
    os.utime(paper, (0, 1_700_000_000))
    report, _ = ingest(paper, tmp_path / "index")
    assert (report.editions[0].edition.id, report.editions[0].label_from) == ("sea/2023-11-14", "file date")


def test_of_broken_files_the_first_is_named_not_a_copy(tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    for name, content in (("a-2020.pdf", IFO), ("b-2020.pdf", IFO), ("c-2020.pdf", WLA)):
        cut(make_edition(folder / name, content))
    with pytest.raises(CorpusError, match=r"none of 3 files can be read; the first: .*a-2020\.pdf: the PDF is trunc"):
        ingest(folder, tmp_path / "index")


def test_workers_read_the_same(papers: Path, tmp_path: Path) -> None:
    for name, options in (("here", Options()), ("there", Options(workers=2))):
        build_index([papers], tmp_path / name, WordEncoder, options)
    assert store.open_generation(tmp_path / "here").manifest.checksums == (
        store.open_generation(tmp_path / "there").manifest.checksums
    )


def die_of_the_sea(job: Job, most: int) -> object:
    return os._exit(3) if "sea" in job.file.name else read_short(job, most)


def test_a_paper_that_kills_its_reader_is_one_line_of_the_report(
    papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.reading.parallel.read_short", die_of_the_sea)
    report = build_index([papers], tmp_path / "index", WordEncoder, Options(workers=2))
    assert report.skipped == (f"{papers / 'sea-2020.pdf'}: its reader crashed (exit code 3); get a fresh copy",)
    assert held(tmp_path / "index") == ["lake/2019"]
    with pytest.raises(ReaderFailed):
        build_index([papers / "sea-2020.pdf"], tmp_path / "other", WordEncoder, Options(workers=1))
