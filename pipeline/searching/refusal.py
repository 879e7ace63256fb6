"""Whether the program knows what the papers do not say: its confidence on questions with and without an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import QueryError
from pipeline.searching.evaluate import DEPTH, Question, auroc, is_evidence, load_rows
from pipeline.searching.search import Index

BINS = 5  # of confidence, equally wide
UNANSWERABLE = "unanswerable"


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one question.

    ``answerable`` is true if the papers answer it, ``answered`` if the program said so, ``right`` if the first hit is
    evidence.
    """

    id: str
    answerable: bool
    confidence: float
    answered: bool
    right: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """The questions with a confidence from ``low`` to below ``high``; the last bin holds 1 as well.

    ``confidence`` is their mean and ``right`` the share whose first hit is evidence, None in an empty bin.
    """

    low: float
    high: float
    count: int
    confidence: float | None
    right: float | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """How well confidence parts questions with an answer from those without.

    ``figures``: AUROC, the chance that a question with an answer gets more confidence than one without; refused, the
    share of the unanswerable that are refused; answered, the share of the answerable that are answered; accuracy, the
    share of all that are answered or refused as they should be. ``calibration_error`` is the expected one: the mean
    distance between confidence and share right, over the bins, weighted by count.
    """

    answerable: int
    unanswerable: int
    figures: dict[str, float]
    calibration: tuple[Bin, ...]
    calibration_error: float


def load_unanswerable(path: Path) -> list[Question]:
    """Read a file of questions that the papers do not answer: JSON lines with id and question.

    :raises QueryError: naming the line that is no such object.
    """

    def question(row: Any) -> Question:
        return Question(str(row["id"]), str(row["question"]), UNANSWERABLE, (), ())

    return load_rows(path, question, "question")


def try_questions(
    index: Index, questions: Sequence[Question], mode: str = "hybrid", progress: Callable[[int], None] | None = None
) -> list[Trial]:
    """Ask every question; one without evidence is taken for unanswerable."""
    trials = []
    for question in questions:
        answer = index.ask(question.text, DEPTH, mode)
        right = bool(answer.hits) and is_evidence(answer.hits[0].passage, question)
        trials.append(Trial(question.id, bool(question.evidence), answer.confidence, answer.answered, right))
        if progress:
            progress(1)
    return trials


def judge_refusal(trials: Sequence[Trial]) -> Refusal:
    """Judge trials of both kinds.

    :raises QueryError: if one kind is missing: there is nothing to tell apart.
    """
    answerable = [trial for trial in trials if trial.answerable]
    unanswerable = [trial for trial in trials if not trial.answerable]
    if not answerable or not unanswerable:
        raise QueryError("to judge refusals takes questions with evidence and questions without")
    bins = calibrate(trials)
    gaps = [
        item.count * abs(item.confidence - item.right)
        for item in bins
        if item.confidence is not None and item.right is not None
    ]
    figures = {
        "AUROC": auroc([trial.confidence for trial in answerable], [trial.confidence for trial in unanswerable]),
        "refused": _mean([not trial.answered for trial in unanswerable]),
        "answered": _mean([trial.answered for trial in answerable]),
        "accuracy": _mean([trial.answered == trial.answerable for trial in trials]),
    }
    return Refusal(len(answerable), len(unanswerable), figures, bins, sum(gaps) / len(trials))


def calibrate(trials: Sequence[Trial]) -> tuple[Bin, ...]:
    """Compare confidence with the share of first hits that are evidence, bin by bin."""
    members: list[list[Trial]] = [[] for _ in range(BINS)]
    for trial in trials:
        members[min(int(trial.confidence * BINS), BINS - 1)].append(trial)
    return tuple(
        Bin(
            number / BINS,
            (number + 1) / BINS,
            len(inside),
            _mean([trial.confidence for trial in inside]) if inside else None,
            _mean([trial.right for trial in inside]) if inside else None,
        )
        for number, inside in enumerate(members)
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
