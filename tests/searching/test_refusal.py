"""Judging refusals: figures and bins against values worked out by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline import open_index
from pipeline.errors import QueryError
from pipeline.indexing import foreign
from pipeline.searching import refusal
from pipeline.searching.evaluate import Evidence, Question
from pipeline.searching.refusal import Bin, Trial
from tests.conftest import WordEncoder

OFF_TOPIC = Path(__file__).parent.parent / "data" / "off-topic.jsonl"
QUOTE = "ICAO developed Guidelines for Training Cabin Crew on Identifying and Responding to Trafficking in Persons"
TRIALS = [
    Trial("a", True, 0.9, answered=True, right=True),
    Trial("b", True, 0.6, answered=True, right=False),
    Trial("c", True, 0.3, answered=False, right=True),
    Trial("d", False, 0.6, answered=True, right=False),
    Trial("e", False, 0.1, answered=False, right=False),
]


def test_figures_are_those_worked_out_by_hand() -> None:
    judged = refusal.judge_refusal(TRIALS)
    assert (judged.answerable, judged.unanswerable) == (3, 2)
    # Six pairs: 0.9 beats both, 0.6 ties with one and beats the other, 0.3 loses one and wins one.
    assert judged.figures == pytest.approx({"AUROC": 4.5 / 6, "refused": 1 / 2, "answered": 2 / 3, "accuracy": 3 / 5})
    # Gaps: 0.1, 0.7, twice 0.6, and 0.1.
    assert judged.calibration_error == pytest.approx(2.1 / 5)


def test_bins_tell_confidence_and_share_right() -> None:
    assert refusal.judge_refusal(TRIALS).calibration == (
        Bin(0.0, 0.2, 1, 0.1, 0.0),
        Bin(0.2, 0.4, 1, 0.3, 1.0),
        Bin(0.4, 0.6, 0, None, None),
        Bin(0.6, 0.8, 2, 0.6, 0.0),
        Bin(0.8, 1.0, 1, 0.9, 1.0),
    )


@pytest.mark.parametrize(
    ("confidence", "number"), [(0.0, 0), (0.199, 0), (0.2, 1), (0.4, 2), (0.6, 3), (0.8, 4), (0.999, 4), (1.0, 4)]
)
def test_an_edge_belongs_to_the_bin_above_and_one_to_the_last(confidence: float, number: int) -> None:
    bins = refusal.calibrate([Trial("a", True, confidence, answered=True, right=True)])
    assert [item.count for item in bins] == [int(index == number) for index in range(5)]


@pytest.mark.parametrize("trials", [[], TRIALS[:3], TRIALS[3:]])
def test_without_one_of_the_kinds_there_is_nothing_to_judge(trials: list[Trial]) -> None:
    with pytest.raises(QueryError, match="questions with evidence and questions without"):
        refusal.judge_refusal(trials)


def test_a_trial_holds_what_the_index_answers(paper_index: Path, word_encoder: WordEncoder) -> None:
    found = Question("a", QUOTE, "fact", ("ICAO",), (Evidence(11, QUOTE),))
    elsewhere = Question("b", QUOTE, "fact", ("ICAO",), (Evidence(12, QUOTE),))
    unanswerable = Question("c", "how long do kittens sleep", "unanswerable", (), ())
    done: list[int] = []
    with open_index(paper_index) as index:
        trials = refusal.try_questions(index, [found, elsewhere, unanswerable], progress=done.append)
        answers = [index.ask(text, 10) for text in (QUOTE, QUOTE, "how long do kittens sleep")]
    assert [(trial.id, trial.answerable, trial.right) for trial in trials] == [
        ("a", True, True),
        ("b", True, False),
        ("c", False, False),
    ]
    assert [trial.confidence for trial in trials] == [answer.confidence for answer in answers]
    assert [trial.answered for trial in trials] == [True, True, False]
    assert done == [1, 1, 1]


def test_a_file_of_unanswerable_questions_is_read_and_a_bad_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "others.jsonl"
    file.write_text('{"id": "x", "question": "Why?"}\n', encoding="utf-8")
    assert refusal.load_unanswerable(file) == [Question("x", "Why?", "unanswerable", (), ())]
    file.write_text('{"id": "x", "question": "Why?"}\n{"id": "y"}\n', encoding="utf-8")
    with pytest.raises(QueryError, match="line 2 is no question"):
        refusal.load_unanswerable(file)


def test_our_off_topic_questions_are_none_of_those_that_foreignness_is_measured_by() -> None:
    questions = refusal.load_unanswerable(OFF_TOPIC)
    assert [question.id for question in questions] == [f"ot{number:02}" for number in range(1, 31)]

    def words(text: str) -> set[str]:
        return {word for word in re.findall(r"\w+", text.casefold()) if len(word) > 3}

    common = [
        (question.text, other)
        for question in questions
        for other in foreign.QUESTIONS
        if len(words(question.text) & words(other) - {"does", "many", "much", "long", "often", "should"}) > 1
    ]
    assert common == []
