"""Judging questions: the counting rule, the metrics, their intervals and comparisons."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline import open_index
from pipeline.errors import QueryError
from pipeline.searching import evaluate
from pipeline.searching.evaluate import Evidence, Outcome, Question, Topic
from tests.conftest import WordEncoder

QUOTE = "ICAO developed Guidelines for Training Cabin Crew on Identifying and Responding to Trafficking in Persons"


def outcome(name: str, value: float, kind: str = "fact", organizations: tuple[str, ...] = ("ICAO",)) -> Outcome:
    return Outcome(name, kind, organizations, (), {"hit@1": value})


@pytest.mark.parametrize(
    ("text", "quote", "found"),
    [
        ("They wrote that “Non-Governmental bodies” train crews.", "nongovernmental bodies train", True),
        ("one two three four five six seven eight nine ten", "three four five six seven eight nine ten eleven", True),
        ("one two three four five six", "three four five six seven eight nine ten eleven twelve", False),
        ("cat", "cats", False),
        ("The 4 Ps", "4 Ps", True),
    ],
)
def test_a_text_holds_a_quote_or_most_of_its_five_grams(text: str, quote: str, found: bool) -> None:
    assert evaluate.holds(text, quote) is found


def test_the_right_words_on_the_wrong_page_do_not_count(paper_index: Path, word_encoder: WordEncoder) -> None:
    right = Question("a", QUOTE, "fact", ("ICAO",), (Evidence(11, QUOTE),))
    wrong = Question("b", QUOTE, "fact", ("ICAO",), (Evidence(12, QUOTE),))
    with open_index(paper_index) as index:
        first, second = evaluate.answer_questions(index, [right, wrong])
    assert first.values == {
        "hit@1": 1.0,
        "hit@3": 1.0,
        "hit@5": 1.0,
        "MRR@10": 1.0,
        "nDCG@10": 1.0,
        "page@1": 1.0,
        "organization@1": 1.0,
    }
    assert {name: value for name, value in second.values.items() if value} == {"organization@1": 1.0}
    assert len(first.hits) == 10


def test_a_question_file_is_read_and_a_bad_line_is_named(tmp_path: Path) -> None:
    row = {"id": "x", "question": "Who?", "kind": "fact", "orgs": ["A"], "evidence": [{"page": 3, "quote": "they do"}]}
    file = tmp_path / "questions.jsonl"
    file.write_text(json.dumps(row) + "\n\n", encoding="utf-8")
    assert evaluate.load_questions(file) == [Question("x", "Who?", "fact", ("A",), (Evidence(3, "they do"),))]
    file.write_text(json.dumps(row) + '\n{"id": "y"}\n', encoding="utf-8")
    with pytest.raises(QueryError, match="line 2 is no judged question"):
        evaluate.load_questions(file)
    file.write_bytes(b'{"id": "\xff"}\n')
    with pytest.raises(QueryError, match="not a text in UTF-8"):
        evaluate.load_questions(file)
    file.write_text("", encoding="utf-8")
    with pytest.raises(QueryError, match="no judged questions in this file"):
        evaluate.load_questions(file)


def test_figures_are_means_inside_their_interval() -> None:
    found = evaluate.figures([outcome(str(number), float(number % 2)) for number in range(40)])["hit@1"]
    assert found.mean == 0.5
    assert 0.3 < found.low < 0.5 < found.high < 0.7
    assert evaluate.figures([outcome("a", 1.0)])["hit@1"] == evaluate.Figure(1.0, 1.0, 1.0)


def test_means_by_group_count_a_question_in_each_of_its_groups() -> None:
    outcomes = [outcome("a", 1.0, organizations=("A", "B")), outcome("b", 0.0, organizations=("B",))]
    assert evaluate.means_by(outcomes, lambda item: item.organizations) == {
        "A": {"n": 1.0, "hit@1": 1.0},
        "B": {"n": 2.0, "hit@1": 0.5},
    }


def test_a_comparison_pairs_the_questions_and_tells_chance_from_change() -> None:
    old = [outcome(str(number), 0.0) for number in range(20)]
    better = [outcome(str(number), 1.0) for number in range(20)]
    difference, p = evaluate.compare(better, old)["hit@1"]
    assert difference == 1.0
    assert p < 0.01
    assert evaluate.compare(old, old)["hit@1"] == (0.0, 1.0)
    with pytest.raises(QueryError, match="no question in common"):
        evaluate.compare(old, [outcome("other", 1.0)])


def test_a_saved_run_is_the_same_when_loaded(tmp_path: Path) -> None:
    run = [Outcome("a", "fact", ("A",), (("icat/2018/0/0", 0.5),), {"hit@1": 1.0})]
    evaluate.save_run(tmp_path / "run.json", run, {"mode": "hybrid"})
    assert evaluate.load_run(tmp_path / "run.json") == run
    (tmp_path / "run.json").write_text("[]", encoding="utf-8")
    with pytest.raises(QueryError, match="not a run"):
        evaluate.load_run(tmp_path / "run.json")


def test_a_saved_run_carries_the_confidence_if_it_was_asked_for(tmp_path: Path) -> None:
    run = [Outcome("a", "fact", ("A",), (), {"hit@1": 1.0}, 0.75), outcome("b", 0.0)]
    evaluate.save_run(tmp_path / "run.json", run, {})
    assert [item.confidence for item in evaluate.load_run(tmp_path / "run.json")] == [0.75, None]
    old = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    for row in old["outcomes"]:
        del row["confidence"]  # as releases before wrote it
    (tmp_path / "run.json").write_text(json.dumps(old), encoding="utf-8")
    assert [item.confidence for item in evaluate.load_run(tmp_path / "run.json")] == [None, None]


@pytest.mark.parametrize(
    ("positives", "negatives", "area"),
    [([0.9, 0.8], [0.1], 1.0), ([0.1], [0.9, 0.8], 0.0), ([0.5], [0.5], 0.5), ([0.9, 0.5, 0.3], [0.5, 0.4], 3.5 / 6)],
)
def test_the_area_counts_won_pairs_and_half_of_the_ties(
    positives: list[float], negatives: list[float], area: float
) -> None:
    assert evaluate.auroc(positives, negatives) == pytest.approx(area)


def test_topics_are_judged_by_rank_and_by_coverage(paper_index: Path, word_encoder: WordEncoder) -> None:
    with open_index(paper_index) as index:
        right = evaluate.judge_topics(index, [Topic("a", "statelessness", {"UNHCR": 2})])
        wrong = evaluate.judge_topics(index, [Topic("a", "statelessness", {"UNESCO": 2})])
    assert right["nDCG"] == right["recall"] == 1.0
    assert right["F1"] == pytest.approx(2 * right["precision"] / (1 + right["precision"]))
    assert wrong["nDCG"] < 0.5
    assert (wrong["precision"], wrong["recall"], wrong["F1"]) == (0.0, 0.0, 0.0)


def test_a_topic_file_is_read_and_a_bad_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "topics.jsonl"
    file.write_text('{"id": "t", "topic": "sea", "orgs": {"A": 2, "B": 1}}\n', encoding="utf-8")
    assert evaluate.load_topics(file) == [Topic("t", "sea", {"A": 2, "B": 1})]
    file.write_text('{"id": "t", "topic": "sea", "orgs": ["A"]}\n', encoding="utf-8")
    with pytest.raises(QueryError, match="line 1 is no judged topic"):
        evaluate.load_topics(file)


def test_evidence_may_name_its_document_by_name_edition_or_file(paper_index: Path, word_encoder: WordEncoder) -> None:
    names = ["icat", "icat/2018", "icat-2018.pdf", "", "sea-2018.pdf"]
    questions = [Question(name, QUOTE, "fact", (), (Evidence(11, QUOTE, name),)) for name in names]
    with open_index(paper_index) as index:
        outcomes = evaluate.answer_questions(index, questions)
    assert [outcome.values["hit@1"] for outcome in outcomes] == [1.0, 1.0, 1.0, 1.0, 0.0]
    assert all("organization@1" not in outcome.values for outcome in outcomes), "nobody is judged where nobody is named"
    assert "organization@1" not in evaluate.figures(outcomes)
