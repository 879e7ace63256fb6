"""How sure an answer may be: laws of the formula, and worked examples."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datatypes import ForeignScores
from pipeline.searching import confidence as module
from pipeline.searching.confidence import ANSWERED, NEAR_ENOUGH, RIVALS, UNFIT, confidence

FOREIGN = ForeignScores(0.8, 0.02)
SCORE = st.floats(-5, 20, allow_nan=False)
CLOSENESS = st.floats(-1, 1, allow_nan=False)


def logit(probability: float) -> float:
    return math.log(probability / (1 - probability))


def scores(first: float, rivals: list[float]) -> list[float]:
    return [first, *sorted(rivals, reverse=True)]


def test_margin_and_closeness_by_hand() -> None:
    # 5 − (3 + 2 + 2 + 1 + 1) / 5 is 3.2 deviations; 0.83 is 1.5 deviations above 0.8.
    found = confidence([5, 3, 2, 2, 1, 1, 0.5], 0.83, FOREIGN)
    assert logit(found) == pytest.approx(module.BIAS + 3.2 * module.MARGIN + 1.5 * module.CLOSENESS)


def test_without_passages_nothing_is_sure() -> None:
    assert confidence([], 1.0, FOREIGN) == 0.0


def test_missing_rivals_count_as_passages_at_random() -> None:
    assert confidence([4], 0.84, FOREIGN) == confidence([4, 0, 0, 0, 0, 0], 0.84, FOREIGN)
    assert confidence([4, 2.5], 0.84, FOREIGN) == confidence([4, 2.5, 0, 0, 0, 0], 0.84, FOREIGN)


def test_only_the_nearest_rivals_count() -> None:
    rivals = [3.0] * RIVALS
    assert confidence([5, *rivals], 0.84, FOREIGN) == confidence([5, *rivals, 2.9, 2.9, -4], 0.84, FOREIGN)


def test_beyond_near_enough_closeness_adds_nothing() -> None:
    enough = FOREIGN.mean + NEAR_ENOUGH * FOREIGN.deviation
    at, beyond = (confidence([5, 3, 3, 3, 3, 3], value, FOREIGN) for value in (enough, 1.0))
    assert at == pytest.approx(beyond)
    assert confidence([5, 3, 3, 3, 3, 3], enough - 0.001, FOREIGN) < at


@pytest.mark.parametrize(
    ("ranked", "closeness", "answered"),
    [
        ([6, 2, 2, 1, 1, 1], 0.86, True),  # far ahead, and of the papers' subject
        ([3, 2.9, 2.9, 2.8, 2.8, 2.8], 0.86, False),  # many as good as the first
        ([6, 2, 2, 1, 1, 1], 0.79, False),  # no nearer than cheese and piano keys
    ],
)
def test_both_are_needed(ranked: list[float], closeness: float, answered: bool) -> None:
    assert (confidence(ranked, closeness, FOREIGN) >= ANSWERED) is answered


def test_an_unnamed_organization_is_never_answered() -> None:
    assert UNFIT < ANSWERED


@given(first=SCORE, rivals=st.lists(SCORE, max_size=8), closeness=CLOSENESS)
def test_it_is_a_probability(first: float, rivals: list[float], closeness: float) -> None:
    assert 0.0 <= confidence(scores(first, rivals), closeness, FOREIGN) <= 1.0


@given(
    first=st.floats(-1e300, 1e300),
    closeness=st.floats(-1e6, 1e6),
    mean=st.floats(-1, 1),
    deviation=st.floats(0.001, 1),
)
def test_no_number_is_too_large(first: float, closeness: float, mean: float, deviation: float) -> None:
    assert 0.0 <= confidence([first, 0.0], closeness, ForeignScores(mean, deviation)) <= 1.0


@given(first=SCORE, more=st.floats(0, 10), rivals=st.lists(SCORE, max_size=8), closeness=CLOSENESS)
def test_it_never_falls_with_the_margin(first: float, more: float, rivals: list[float], closeness: float) -> None:
    found = [confidence(scores(value, rivals), closeness, FOREIGN) for value in (first, first + more)]
    assert found == sorted(found)


@given(first=SCORE, rivals=st.lists(SCORE, min_size=1, max_size=5), more=st.floats(0, 10), closeness=CLOSENESS)
def test_it_never_rises_with_a_rival(first: float, rivals: list[float], more: float, closeness: float) -> None:
    better = [rivals[0] + more, *rivals[1:]]
    found = [confidence(scores(first, others), closeness, FOREIGN) for others in (better, rivals)]
    assert found[0] <= found[1] + 1e-12


@given(first=SCORE, rivals=st.lists(SCORE, max_size=8), closeness=CLOSENESS, nearer=st.floats(0, 2))
def test_it_never_falls_with_closeness(first: float, rivals: list[float], closeness: float, nearer: float) -> None:
    found = [confidence(scores(first, rivals), value, FOREIGN) for value in (closeness, closeness + nearer)]
    assert found == sorted(found)
