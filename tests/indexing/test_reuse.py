"""What is known is not done again, and an index made with its help is the one made without."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.datatypes import Edition, Imprint, Passage
from pipeline.datatypes.page import Document
from pipeline.errors import EncoderError
from pipeline.indexing import store
from pipeline.indexing.build import build_index
from pipeline.indexing.gather import Options
from pipeline.indexing.reuse import embedded_text, sentence_texts
from pipeline.reading.document import read_document
from tests.conftest import PAPER, WordEncoder
from tests.indexing.editions import (
    BUA,
    IFO,
    WLA,
    answers,
    ingest,
    make_edition,
    names,
    records,
    snapshot,
    vectors,
)
from tests.papers import make_pdf, paragraph


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    make_edition(tmp_path / "papers" / "sea-2020.pdf", IFO, WLA)
    return tmp_path / "papers"


@pytest.fixture
def index(tmp_path: Path, papers: Path) -> Path:
    ingest(papers, tmp_path / "index")
    return tmp_path / "index"


def no_model() -> WordEncoder:
    raise EncoderError("nothing may be loaded")


def test_an_unchanged_corpus_publishes_and_encodes_nothing(papers: Path, index: Path) -> None:
    before = snapshot(index)
    report, encoded = ingest(papers, index)
    assert snapshot(index) == before
    assert (encoded, report.published, report.computed, report.reused) == ([], False, 0, 4)
    assert [(item.edition.id, item.status, item.passages) for item in report.editions] == [("sea/2020", "unchanged", 2)]
    assert (report.removed, report.skipped, list(report.seconds)) == ((), (), ["reading"])


def test_with_known_weights_the_model_is_not_loaded(papers: Path, index: Path) -> None:
    before = snapshot(index)
    report = build_index([papers], index, no_model, Options(weights="0" * 64))
    assert (report.published, snapshot(index) == before) == (False, True)
    with pytest.raises(EncoderError, match="nothing may be loaded"):
        build_index([papers], index, no_model, Options(weights="1" * 64))


def test_the_model_is_loaded_once(papers: Path, index: Path) -> None:
    loaded: list[str] = []

    def load() -> WordEncoder:
        loaded.append("model")
        return WordEncoder()

    make_edition(papers / "lake-2021.pdf", BUA)
    build_index([papers], index, load)
    assert loaded == ["model"]


def test_a_new_edition_encodes_only_texts_that_are_new(papers: Path, index: Path) -> None:
    new = "It also paints buoys."
    make_edition(papers / "sea-2021.pdf", IFO, (*WLA, new), BUA)
    report, encoded = ingest(papers, index)
    assert encoded == [f"{WLA[0]}\n{WLA[1]} {new}", f"{BUA[0]}\n{BUA[1]}", new, BUA[1]]
    assert (report.computed, report.reused) == (4, 4 + 1 + 2)
    statuses = {item.edition.id: item.status for item in report.editions}
    assert statuses == {"sea/2020": "unchanged", "sea/2021": "new"}


def test_equal_texts_are_encoded_once_and_count_as_computed(tmp_path: Path) -> None:
    paper = make_pdf(tmp_path / "sea-2020.pdf", [paragraph([IFO[1], IFO[1], WLA[1], IFO[1]], 100)])
    report, encoded = ingest(paper, tmp_path / "index")
    assert encoded[1:] == [IFO[1], WLA[1]]
    assert (report.computed, report.reused) == (5, 0)


def test_a_renamed_file_is_neither_read_nor_encoded(papers: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (papers / "sea-2020.pdf").rename(papers / "ocean-2019.pdf")
    monkeypatch.setattr("pipeline.indexing.gather.read_document", None)
    report, encoded = ingest(papers, index)
    assert encoded == []
    assert [(item.edition.id, item.status) for item in report.editions] == [("ocean/2019", "renamed")]
    assert (report.removed, report.published) == ((), True)
    found = records(index / "generation-000002")
    assert [row[1:3] for row in found["passages"]] == [
        ("ocean/2019/0/0", "ocean/2019"),
        ("ocean/2019/1/0", "ocean/2019"),
    ]
    assert [row[:4] for row in found["editions"]] == [("ocean/2019", "ocean", "2019", "ocean-2019.pdf")]
    assert {row[0] for table in ("pages", "sections", "organizations") for row in found[table]} == {"ocean/2019"}


def test_changed_bytes_under_the_same_name_are_read_anew(papers: Path, index: Path) -> None:
    make_edition(papers / "sea-2020.pdf", IFO, BUA)
    report, encoded = ingest(papers, index)
    assert encoded == [f"{BUA[0]}\n{BUA[1]}", BUA[1]]
    assert [(item.edition.id, item.status) for item in report.editions] == [("sea/2020", "changed")]
    assert "foghorns" not in str(answers(index))


def test_a_removed_file_leaves_the_index_and_is_told(papers: Path, index: Path) -> None:
    make_edition(papers / "lake-2021.pdf", BUA)
    ingest(papers, index)
    (papers / "sea-2020.pdf").unlink()
    report, encoded = ingest(papers, index)
    assert (encoded, report.removed, report.reused) == ([], ("sea/2020",), 2)
    assert [item.id for item in store.open_generation(index).manifest.editions] == ["lake/2021"]
    assert names(index) == ["CURRENT", "generation-000002", "generation-000003"]


def test_a_file_that_comes_back_is_read_again(papers: Path, index: Path) -> None:
    paper = papers / "sea-2020.pdf"
    kept = paper.read_bytes()
    make_edition(papers / "lake-2021.pdf", BUA)
    paper.unlink()
    ingest(papers, index)
    paper.write_bytes(kept)
    report, _ = ingest(papers, index)
    assert {item.edition.id: item.status for item in report.editions} == {"lake/2021": "unchanged", "sea/2020": "new"}


def test_another_model_encodes_anew_but_does_not_read(
    papers: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.indexing.gather.read_document", None)
    report = build_index([papers], index, lambda: WordEncoder("other", "1" * 64))
    assert (report.computed, report.reused, report.published) == (4, 0, True)
    assert store.open_generation(index).manifest.encoder.name == "other"


def test_another_release_reads_anew_but_does_not_encode(
    papers: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda _: "99.0")
    report, encoded = ingest(papers, index)
    assert (encoded, report.published, report.editions[0].status) == ([], True, "read anew")
    assert store.open_generation(index).manifest.release == "99.0"


def test_fresh_does_everything_anew(papers: Path, index: Path) -> None:
    report, encoded = ingest(papers, index, Options(fresh=True))
    assert (len(encoded), report.computed, report.reused, report.published) == (4, 4, 0, True)


def test_a_damaged_index_is_no_help_and_no_hindrance(papers: Path, index: Path) -> None:
    (index / "generation-000001" / store.TOKEN_VECTORS).write_bytes(b"")
    report, encoded = ingest(papers, index)
    assert (len(encoded), report.reused) == (4, 0)
    assert names(index) == ["CURRENT", "generation-000002"], "a damaged generation is nothing to go back to"


def test_a_copied_edition_is_what_a_fresh_build_makes_of_it(
    tmp_path: Path, paper: tuple[Document, list[Passage]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real paper, footnotes, links, warnings and all; beside a new edition, so that rows move."""

    def read(file: Path, edition: Edition, *more: str | None) -> tuple[Document, list[Passage]]:
        return paper if edition == paper[0].edition else read_document(file, edition, *more)

    monkeypatch.setattr("pipeline.indexing.gather.read_document", read)
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "icat-2018.pdf").write_bytes(PAPER.read_bytes())
    plain = make_pdf(folder / "plain-2020.pdf", [paragraph([IFO[1]], 100), []])
    ingest(folder, tmp_path / "index")
    make_edition(folder / "a-2021.pdf", BUA, WLA)
    report, _ = ingest(folder, tmp_path / "index")
    again, _ = ingest(folder, tmp_path / "fresh")
    copied, fresh = (store.open_generation(tmp_path / name).path for name in ("index", "fresh"))
    assert [item.status for item in report.editions] == ["new", "unchanged", "unchanged"]
    assert records(copied) == records(fresh)
    assert vectors(copied) == vectors(fresh)
    for one, other in zip(report.editions, again.editions, strict=True):
        assert (one.pages, one.sections, one.organizations, one.passages, one.left_out, one.warnings) == (
            (other.pages, other.sections, other.organizations, other.passages, other.left_out, other.warnings)
        )
    assert report.editions[2].warnings == (
        f"{plain}: page 2 has no text; if it is a scan, --ocr reads it",
        f"{plain}: no headings found; the paper is one section",
    )


def test_a_passage_is_encoded_with_what_its_paper_says_of_itself(paper: tuple[Document, list[Passage]]) -> None:
    passage = replace(paper[1][0], section=("Oil",), text="It burns.")
    imprint = Imprint("The state of lamps", "L/1", "2020", "A. Wick", ("Lamp Council", "Oil Board"))
    described = replace(passage, edition=replace(passage.edition, imprint=imprint))
    assert embedded_text(passage) == "Oil\nIt burns."
    assert embedded_text(described) == "Lamp Council, Oil Board, The state of lamps\nOil\nIt burns."
    lengths = replace(described, sentences=((0, 8),))
    assert sentence_texts([replace(passage, sentences=((0, 9),)), lengths]) == [
        "It burns.",
        "Lamp Council, Oil Board, The state of lamps\nIt burns",
    ]
    headed = replace(described, section=("The state of lamps",))
    in_table = replace(headed, table_head="Country | Year")
    assert embedded_text(in_table) == "Lamp Council, Oil Board\nThe state of lamps\nCountry | Year\nIt burns."
    assert embedded_text(headed) == "Lamp Council, Oil Board\nThe state of lamps\nIt burns."
