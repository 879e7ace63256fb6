"""Law 5, and what a build does with files that cannot be read."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.datatypes import Passage
from pipeline.datatypes.page import Document
from pipeline.errors import (
    CorpusError,
    DamagedPdf,
    EncoderError,
    FileMissing,
    IndexMissing,
    NotAPdf,
    NoText,
    PasswordNeeded,
)
from pipeline.indexing import store
from pipeline.indexing.build import build_index, encode_passages
from pipeline.indexing.foreign import QUESTIONS
from pipeline.indexing.gather import Options
from pipeline.indexing.reuse import embedded_text
from pipeline.searching.search import open_index
from tests.conftest import WordEncoder
from tests.indexing.editions import EVERY_FILE
from tests.papers import BOLD, Text, make_pdf, paragraph

IFO = [
    "The office inspects every harbour and counts the herring boats each spring.",
    "Its inspectors train coast guards to recognise forced labour aboard trawlers.",
]
WLA = [
    "The agency repairs lamps and foghorns along dangerous coasts.",
    "Keepers are trained to help shipwrecked children and their families.",
]


def make_paper(path: Path, *lines: str) -> Path:
    """Two organizations on a page each; more lines go to the second."""
    first = [Text("International Fishing Office (IFO)", 72, size=16, font=BOLD), *paragraph(IFO, 110)]
    second = [Text("World Lighthouse Agency (WLA)", 72, size=16, font=BOLD), *paragraph([*WLA, *lines], 110)]
    return make_pdf(path, [first, second])


def truncated(path: Path) -> Path:
    whole = make_paper(path).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def no_pdf(path: Path) -> Path:
    path.write_text("<html>404 Not Found</html>")
    return path


def scanned(path: Path) -> Path:
    return make_pdf(path, [[], []])


def locked(path: Path) -> Path:
    return make_pdf(path, [paragraph(IFO, 100)], password="herring")


BROKEN: list[tuple[Callable[[Path], Path], type[CorpusError], str]] = [
    (truncated, DamagedPdf, "truncated"),
    (empty, NotAPdf, "the file is empty"),
    (no_pdf, NotAPdf, "not a PDF"),
    (scanned, NoText, "no text on its 2 pages; it looks scanned"),
    (locked, PasswordNeeded, "--password"),
]


def snapshot(folder: Path) -> dict[str, bytes]:
    files = (item for item in folder.rglob("*") if item.is_file() and item.name != store.LOCK)
    return {str(item.relative_to(folder)): item.read_bytes() for item in files}


def test_building_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    papers = [make_paper(tmp_path / "sea-2020.pdf"), make_paper(tmp_path / "sea-2021.pdf", "It lends lanterns.")]
    generations = []
    for name in ("one", "two"):
        build_index(papers, tmp_path / name, WordEncoder)
        generations.append(store.open_generation(tmp_path / name))
    one, two = (snapshot(generation.path) for generation in generations)
    assert sorted(one) == EVERY_FILE
    manifests = [json.loads(files.pop("manifest.json")) for files in (one, two)]
    assert one == two
    for manifest in manifests:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", manifest.pop("built_at"))
    assert manifests[0] == manifests[1]


def test_the_report_counts_what_was_read(tmp_path: Path) -> None:
    report = build_index([make_paper(tmp_path / "sea-2020.pdf")], tmp_path / "index", WordEncoder)
    (edition,) = report.editions
    assert (edition.edition.id, edition.pages, edition.sections, edition.organizations, edition.passages) == (
        "sea/2020", 2, 2, 2, 2,
    )  # fmt: skip
    assert (report.passages, report.sentences, report.skipped, edition.warnings) == (2, 4, (), ())
    assert (report.encoder.name, sorted(report.seconds)) == ("words", ["comparing", "encoding", "reading", "writing"])
    manifest = store.open_generation(tmp_path / "index").manifest
    assert manifest.counts == {
        "editions": 1, "pages": 2, "sections": 2, "organizations": 2, "passages": 2, "sentences": 4,
    }  # fmt: skip
    assert [item.id for item in manifest.editions] == ["sea/2020"]


def test_a_new_build_holds_exactly_the_new_files(tmp_path: Path) -> None:
    first, second = make_paper(tmp_path / "sea-2020.pdf"), make_paper(tmp_path / "lake-2021.pdf")
    for paper in (first, second):
        build_index([paper], tmp_path / "index", WordEncoder)
    assert [item.id for item in store.open_generation(tmp_path / "index").manifest.editions] == ["lake/2021"]


@pytest.mark.parametrize(("make", "kind", "reason"), BROKEN)
def test_a_broken_file_in_a_folder_is_skipped_and_reported(
    tmp_path: Path, make: Callable[[Path], Path], kind: type[CorpusError], reason: str
) -> None:
    make_paper(tmp_path / "good-2020.pdf")
    bad = make(tmp_path / "bad-2019.pdf")
    report = build_index([tmp_path], tmp_path / "index", WordEncoder)
    assert [item.edition.id for item in report.editions] == ["good/2020"]
    (skipped,) = report.skipped
    assert skipped.startswith(f"{bad}: ")
    assert reason in skipped
    assert store.open_generation(tmp_path / "index").manifest.counts["editions"] == 1


@pytest.mark.parametrize(("make", "kind", "reason"), BROKEN)
def test_a_broken_file_named_itself_is_an_error_and_the_index_stays(
    tmp_path: Path, make: Callable[[Path], Path], kind: type[CorpusError], reason: str
) -> None:
    good, bad = make_paper(tmp_path / "good-2020.pdf"), make(tmp_path / "bad-2019.pdf")
    build_index([good], tmp_path / "index", WordEncoder)
    before = snapshot(tmp_path / "index")
    with pytest.raises(kind, match=reason) as caught:
        build_index([good, bad], tmp_path / "index", WordEncoder)
    assert str(caught.value).startswith(f"{bad}: ")
    assert snapshot(tmp_path / "index") == before


def test_a_folder_of_broken_files_only_is_an_error(tmp_path: Path) -> None:
    for number, (make, _, _) in enumerate(BROKEN):
        make(tmp_path / f"bad-20{number:02d}.pdf")
    with pytest.raises(CorpusError, match=r"none of 5 files can be read; the first: .*bad-2000\.pdf"):
        build_index([tmp_path], tmp_path / "index", WordEncoder)
    with pytest.raises(IndexMissing):
        store.open_generation(tmp_path / "index")


@pytest.mark.parametrize("name", ["nowhere", "nowhere.pdf", "nothing"])
def test_no_such_file_and_a_folder_without_papers(tmp_path: Path, name: str) -> None:
    (tmp_path / "nothing").mkdir()
    with pytest.raises(FileMissing, match=f"{name}: no "):
        build_index([tmp_path / name], tmp_path / "index", WordEncoder)


def test_an_edition_label_is_for_one_file(tmp_path: Path) -> None:
    papers = [make_paper(tmp_path / "sea-2020.pdf"), make_paper(tmp_path / "sea-2021.pdf", "It lends lanterns.")]
    with pytest.raises(CorpusError, match="--edition final names one edition, but there are 2 files"):
        build_index(papers, tmp_path / "index", WordEncoder, Options(label="final"))
    report = build_index(papers[:1], tmp_path / "index", WordEncoder, Options(label="final"))
    assert report.editions[0].edition.id == "sea/final"


def test_the_same_paper_twice_is_read_once(tmp_path: Path) -> None:
    paper = make_paper(tmp_path / "sea-2020.pdf")
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "sea-2020.pdf").write_bytes(paper.read_bytes())
    report = build_index([paper, tmp_path], tmp_path / "index", WordEncoder)
    assert (len(report.editions), report.passages) == (1, 2)


def test_two_papers_that_claim_one_edition_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    make_paper(tmp_path / "sea-2020.pdf")
    make_paper(tmp_path / "other" / "sea-2020.pdf", "It lends lanterns.")
    with pytest.raises(CorpusError, match="same document and edition"):
        build_index([tmp_path], tmp_path / "index", WordEncoder)


def test_a_password_opens_a_locked_paper(tmp_path: Path) -> None:
    paper = locked(tmp_path / "sea-2020.pdf")
    report = build_index([paper], tmp_path / "index", WordEncoder, Options(password="herring"))
    assert report.passages == 1
    with pytest.raises(PasswordNeeded, match="the password is wrong"):
        build_index([paper], tmp_path / "index", WordEncoder, Options(password="cod", fresh=True))


def test_a_model_that_fails_leaves_the_index(tmp_path: Path) -> None:
    paper = make_paper(tmp_path / "sea-2020.pdf")
    build_index([paper], tmp_path / "index", WordEncoder)
    before = snapshot(tmp_path / "index")

    def load() -> WordEncoder:
        raise EncoderError("no model")

    with pytest.raises(EncoderError, match="no model"):
        build_index([paper], tmp_path / "index", load)
    assert snapshot(tmp_path / "index") == before


def test_the_model_is_not_loaded_for_files_that_cannot_be_read(tmp_path: Path) -> None:
    loaded: list[str] = []

    def load() -> WordEncoder:
        loaded.append("model")
        return WordEncoder()

    with pytest.raises(NotAPdf):
        build_index([no_pdf(tmp_path / "bad.pdf")], tmp_path / "index", load)
    assert loaded == []
    build_index([make_paper(tmp_path / "sea-2020.pdf")], tmp_path / "index", load)
    assert loaded == ["model"]


def test_progress_adds_up_to_what_it_promised(tmp_path: Path) -> None:
    make_paper(tmp_path / "sea-2020.pdf")
    make_pdf(tmp_path / "lake-2021.pdf", [paragraph(["Boats are counted."], 100)])
    truncated(tmp_path / "bad-2019.pdf")
    done: Counter[str] = Counter()
    totals: set[tuple[str, int]] = set()

    def progress(stage: str, step: int, total: int) -> None:
        done[stage] += step
        totals.add((stage, total))

    report = build_index([tmp_path], tmp_path / "index", WordEncoder, progress=progress)
    assert totals == {("reading", 3), ("encoding", report.passages + report.sentences)}
    assert done == dict(totals)


def test_the_heading_path_is_encoded_but_not_shown(tmp_path: Path) -> None:
    encoder = WordEncoder()
    build_index([make_paper(tmp_path / "sea-2020.pdf")], tmp_path / "index", lambda: encoder)
    texts = [" ".join(IFO), " ".join(WLA)]
    assert encoder.encoded[:6] == [
        f"International Fishing Office (IFO)\n{texts[0]}",
        f"World Lighthouse Agency (WLA)\n{texts[1]}",
        *IFO,
        *WLA,
    ]
    assert encoder.encoded[6:] == QUESTIONS
    with open_index(tmp_path / "index") as index:
        assert [passage.text for passage in index.catalog.passages([0, 1])] == texts


def test_embedded_text_of_every_passage_of_the_paper(paper: tuple[Document, list[Passage]]) -> None:
    deepest = max(paper[1], key=lambda passage: len(passage.section))
    assert len(deepest.section) > 1
    assert embedded_text(deepest) == f"{' > '.join(deepest.section)}\n{deepest.text}"
    for passage in paper[1]:
        assert embedded_text(passage).endswith(f"\n{passage.text}")


def test_a_paper_without_headings_is_encoded_as_it_is(tmp_path: Path) -> None:
    encoder = WordEncoder()
    paper = make_pdf(tmp_path / "plain-2020.pdf", [paragraph(IFO, 100)])
    report = build_index([paper], tmp_path / "index", lambda: encoder)
    assert encoder.encoded == [" ".join(IFO), *IFO, *QUESTIONS]
    assert report.editions[0].warnings == (f"{paper}: no headings found; the paper is one section",)


def test_texts_are_encoded_some_at_a_time(
    tmp_path: Path, paper: tuple[Document, list[Passage]], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Counting(WordEncoder):
        most = 0

        def encode(self, texts: Sequence[str], **options: Any) -> Any:
            Counting.most = max(Counting.most, len(texts))
            return super().encode(texts, **options)

    whole = encode_passages(paper[1], WordEncoder(), None, lambda stage, done, total: None)
    monkeypatch.setattr("pipeline.indexing.build.AT_ONCE", 7)
    parts = encode_passages(paper[1], Counting(), None, lambda stage, done, total: None)
    assert Counting.most == 7
    assert parts.vectors.tobytes() == whole.vectors.tobytes()
    assert parts.sentence_vectors.tobytes() == whole.sentence_vectors.tobytes()
    assert [piece.tobytes() for piece in parts.tokens] == [piece.tobytes() for piece in whole.tokens]
