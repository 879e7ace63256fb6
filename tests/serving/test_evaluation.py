"""Measurements as text."""

from __future__ import annotations

from pipeline.serving import evaluation

FIGURE = {"mean": 0.5, "low": 0.25, "high": 0.75}
REFUSAL = {
    "answerable": 3,
    "unanswerable": 2,
    "figures": {"AUROC": 0.75, "refused": 0.5, "answered": 2 / 3, "accuracy": 0.6},
    "calibration": [
        {"low": 0.0, "high": 0.2, "count": 1, "confidence": 0.1, "right": 0.0},
        {"low": 0.2, "high": 0.4, "count": 0, "confidence": None, "right": None},
    ],
    "calibration_error": 0.42,
}
REFUSAL_LINES = [
    "2 unanswerable questions beside 3 answerable ones",
    "AUROC 0.750, refused 0.500, answered 0.667, accuracy 0.600",
    "confidence         n     mean    right",
    "0.0 to 0.2         1    0.100    0.000",
    "0.2 to 0.4         0        –        –",
    "expected calibration error 0.420",
]


def test_refusals_have_a_line_of_figures_and_a_table_of_calibration() -> None:
    assert list(evaluation.refusal_lines(REFUSAL)) == REFUSAL_LINES


def test_figures_come_first_then_refusals_then_groups() -> None:
    record = {
        "questions": 3,
        "settings": {"encoder": {"name": "words"}, "mode": "hybrid"},
        "figures": {"hit@1": FIGURE},
        "against": {"hit@1": (-0.125, 0.5)},
        "topics": {"nDCG": 0.875, "F1": 1.0},
        "unanswerable": REFUSAL,
        "by_kind": {"fact": {"n": 3.0, "hit@1": 0.5}},
        "by_organization": {},
    }
    assert list(evaluation.evaluation_lines(record)) == [
        "3 questions, words, hybrid",
        "hit@1           0.500  [0.250, 0.750]  -0.125 (p 0.50)",
        "topics          nDCG 0.875, F1 1.000",
        "",
        *REFUSAL_LINES,
        "",
        "by kind            n    hit@1",
        "fact               3    0.500",
        "",
        "by organization    n    hit@1",
    ]


def test_a_collection_has_a_line_for_each_signal() -> None:
    record = {
        "collection": "small",
        "documents": 5,
        "passages": 4,
        "queries": 3,
        "encoder": {"name": "words"},
        "signals": {"tokens": {"figures": {"nDCG@10": FIGURE, "recall@100": FIGURE}, "milliseconds": 61.7}},
        "encoding_seconds": 480.2,
        "bytes_per_passage": 39120.4,
    }
    assert list(evaluation.collection_lines(record)) == [
        "small: 5 documents, 4 passages, 3 queries, words",
        "           nDCG@10                 recall@100  ms/query",
        "tokens     0.500  [0.250, 0.750]        0.500        62",
        "encoding 480 s, 39120 bytes a passage",
    ]
    *_, last = evaluation.collection_lines(record | {"encoding_seconds": None})
    assert last == "the index was there already, 39120 bytes a passage"
