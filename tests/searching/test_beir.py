"""Public collections: a small one in the layout of BEIR, with figures worked out by hand."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from pipeline import open_index
from pipeline.errors import QueryError
from pipeline.searching import beir
from pipeline.searching.rank import Query, Ranked, Ranker, Weights
from tests.conftest import WordEncoder

DOCUMENTS: list[dict[str, Any]] = [
    {"_id": "sea", "title": "Lighthouses", "text": "Lighthouses guide ships along rocky coasts at night."},
    {"_id": "oven", "title": "", "text": "Bakers knead dough before sunrise. They sell bread until noon."},
    {"_id": "mill", "title": "Mills", "text": "Millers grind flour, which bakers fetch."},
    {"_id": "blank", "title": "", "text": ""},
    {"_id": "bare", "title": "Glaciers carve valleys", "text": " "},
]
QUERIES = {
    "first": "which ships pass rocky coasts",
    "second": "when do bakers knead their dough",
    "lost": "who carves valleys",
    "unjudged": "why?",
}
# The first finds its document on top; the second has it below "oven"; nothing can be found for the last.
QRELS = [("first", "sea", 2), ("first", "oven", 0), ("second", "mill", 1), ("lost", "blank", 1)]
NDCG = (1 + 1 / math.log2(3) + 0) / 3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "small")


def write(folder: Path, documents: Sequence[dict[str, Any]] = DOCUMENTS) -> Path:
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    lines(folder / "corpus.jsonl", documents)
    lines(folder / "queries.jsonl", [{"_id": name, "text": text, "metadata": {}} for name, text in QUERIES.items()])
    judged = ["query-id\tcorpus-id\tscore", *("\t".join(map(str, row)) for row in QRELS)]
    (folder / "qrels" / "test.tsv").write_text("\n".join(judged) + "\n", encoding="utf-8")
    return folder


def lines(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def test_every_signal_and_the_fusion_are_measured(folder: Path, tmp_path: Path) -> None:
    done: list[tuple[str, int, int]] = []
    report = beir.measure_collection(
        beir.load_collection(folder), WordEncoder(), tmp_path / "index", lambda *step: done.append(step)
    )
    assert (report.collection, report.documents, report.queries, report.passages) == ("small", 5, 3, 4)
    assert list(report.signals) == ["passage", "sentence", "tokens", "lexical", "fusion"]
    for signal in report.signals.values():
        assert signal.figures["nDCG@10"].mean == pytest.approx(NDCG)
        assert signal.figures["recall@100"].mean == pytest.approx(2 / 3)
        assert signal.figures["nDCG@10"].low == 0
        assert signal.figures["nDCG@10"].high == 1
        assert signal.milliseconds > 0
    assert report.encoder.name == "words"
    files = list((tmp_path / "index" / "generation-000001").iterdir())
    assert report.bytes_per_passage == sum(file.stat().st_size for file in files) / 4
    # Four passages and their five sentences, then three queries.
    assert sum(steps for stage, steps, _ in done if stage == "encoding") == 9
    assert [step for step in done if step[0] == "asking"] == [("asking", 1, 3)] * 3


def test_a_document_is_cut_like_a_section_under_its_title(folder: Path) -> None:
    sea, oven, mill, bare = beir.chunk_documents(beir.load_collection(folder))
    assert (sea.section, sea.text) == (("Lighthouses",), DOCUMENTS[0]["text"])
    assert (oven.section, oven.sentences) == ((), ((0, 34), (35, 62)))
    assert (mill.id, mill.pages, mill.page_labels) == ("small/beir/3/0", (3,), ("mill",))
    assert (bare.section, bare.text) == ((), "Glaciers carve valleys")


def test_a_long_document_becomes_several_passages_between_paragraphs(tmp_path: Path) -> None:
    paragraphs = [" ".join([f"word{number}"] * 90) + "." for number in range(3)]
    write(tmp_path, [{"_id": "long", "title": "Words", "text": "\n\n".join(paragraphs)}])
    passages = beir.chunk_documents(beir.load_collection(tmp_path))
    assert [passage.text for passage in passages] == paragraphs
    assert {passage.page_labels for passage in passages} == {("long",)}


def test_the_title_is_encoded_as_context(folder: Path, tmp_path: Path) -> None:
    encoder = WordEncoder()
    beir.measure_collection(beir.load_collection(folder), encoder, tmp_path / "index")
    assert f"Lighthouses\n{DOCUMENTS[0]['text']}" in encoder.encoded
    assert "Glaciers carve valleys" in encoder.encoded


def test_a_kept_index_is_used_again_until_corpus_or_model_change(folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"

    def measure(encoder: WordEncoder) -> beir.CollectionReport:
        return beir.measure_collection(beir.load_collection(folder), encoder, index)

    first, second = measure(WordEncoder()), measure(WordEncoder())
    assert first.encoding_seconds is not None
    assert second.encoding_seconds is None
    assert {name: signal.figures for name, signal in second.signals.items()} == {
        name: signal.figures for name, signal in first.signals.items()
    }
    assert measure(WordEncoder("others", "1" * 64)).encoding_seconds is not None
    write(folder, [*DOCUMENTS[1:], {"_id": "sea", "title": "", "text": "Ships pass."}])
    assert measure(WordEncoder("others", "1" * 64)).encoding_seconds is not None
    with open_index(index) as opened:
        assert [passage.page_labels[0] for passage in opened.catalog.passages([0, 3])] == ["oven", "sea"]


def test_the_index_of_papers_is_never_written_over(folder: Path, paper_index: Path) -> None:
    before = (paper_index / "CURRENT").read_bytes()
    with pytest.raises(QueryError, match="index of something else; give --index an empty folder"):
        beir.measure_collection(beir.load_collection(folder), WordEncoder(), paper_index)
    assert (paper_index / "CURRENT").read_bytes() == before


def test_a_damaged_index_is_not_written_over_either(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_text("nothing", encoding="utf-8")
    with pytest.raises(QueryError, match="cannot be read; give --index an empty folder"):
        beir.measure_collection(beir.load_collection(folder), WordEncoder(), tmp_path)


class Fixed:
    """Ranks passages in order of row, as many as asked for."""

    def __init__(self, passages: int) -> None:
        self.passages, self.asked = passages, list[int]()

    def rank(self, query: Query, top_k: int, rows: Sequence[int] | None, weights: Weights) -> list[Ranked]:
        self.asked.append(top_k)
        return [Ranked(row, 1 / (row + 1), 0, {}) for row in range(min(top_k, self.passages))]


def documents_of(ranker: Fixed, owners: Sequence[str]) -> dict[str, float]:
    return beir.rank_documents(cast("Ranker", ranker), cast("Query", None), Weights(), owners)


def test_a_document_takes_the_score_of_its_best_passage() -> None:
    ranker = Fixed(4)
    assert documents_of(ranker, ["a", "b", "a", "c"]) == {"a": 1.0, "b": 1 / 2, "c": 1 / 4}
    assert ranker.asked == [300]


def test_more_passages_are_ranked_until_there_are_enough_documents() -> None:
    ranker = Fixed(2000)
    found = documents_of(ranker, ["long"] * 550 + [f"d{row}" for row in range(550, 2000)])
    assert ranker.asked == [300, 600, 1200]
    assert list(found) == ["long", *(f"d{row}" for row in range(550, 649))]


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(QueryError, match=f"no {name} in this folder"):
        beir.load_collection(folder)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("corpus.jsonl", '{"_id": "a", "text": "b"}\n{"_id": "c"}\n', "line 2 is no document"),
        ("corpus.jsonl", "\n", "no documents in this file"),
        ("queries.jsonl", "[]\n", "line 1 is no query"),
        ("queries.jsonl", '{"_id": "first", "text": "b"}\n', "judges query second, which is not in queries.jsonl"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nfirst\tsea\n", "line 2 is no judgement"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nfirst\tsea\thigh\n", "line 2 is no judgement"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\n", "no judgements in this file"),
    ],
)
def test_a_bad_line_is_named(folder: Path, name: str, text: str, message: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(QueryError, match=message):
        beir.load_collection(folder)


def test_a_collection_without_words_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "small", [{"_id": "a", "title": "", "text": " "}])
    with pytest.raises(QueryError, match="no document has any text"):
        beir.measure_collection(beir.load_collection(tmp_path / "small"), WordEncoder(), tmp_path / "index")


def test_a_separator_inside_a_text_ends_no_line(tmp_path: Path) -> None:
    write(tmp_path, [{"_id": "a", "title": "", "text": "Ships\u2028pass\x85coasts"}])
    assert beir.load_collection(tmp_path).documents == (beir.Text("a", "", "Ships\u2028pass\x85coasts"),)
