"""What organizations are asked for: counts, and questions only where they may be kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import open_index
from pipeline.errors import QueryError
from pipeline.serving import interest
from pipeline.serving.interest import Concern, Interest, concern_of
from tests.conftest import WordEncoder


def test_a_request_counts_once_for_each_organization_it_is_about() -> None:
    counted = Interest()
    counted.note(Concern(named=frozenset({"IFO", "WLA"}), filtered=frozenset({"IFO"})))
    counted.note(Concern(opened=frozenset({"IFO"}), question="never kept"))
    counted.note(Concern())
    assert (counted.times("IFO"), counted.times("WLA"), counted.times("TDB")) == (2, 1, 0)
    assert counted.counts() == {
        ("IFO", "named"): 1, ("WLA", "named"): 1, ("IFO", "filtered"): 1, ("IFO", "opened"): 1,
    }  # fmt: skip
    assert counted.questions() == {}


def test_the_most_frequent_questions_are_kept_where_they_may_be() -> None:
    counted = Interest(keeps_questions=True)
    for question in ("a?", "b?", "c?", "b?", "d?", "b ?", "c?", "b?"):
        counted.note(Concern(named=frozenset({"IFO"}), question=question))
    assert counted.questions() == {"IFO": ["b?", "c?", "a?"]}


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interest, "ORGANIZATIONS", 3)
    monkeypatch.setattr(interest, "QUESTIONS", 3)
    counted = Interest(keeps_questions=True)
    for number in range(50):
        counted.note(Concern(named=frozenset({f"O{number}", "O1"}), question=str(number)))
    assert len(counted._counts) <= 4
    assert len(counted._questions) == 3
    assert counted.times("O1") == 50


def test_a_question_is_about_those_that_it_names_or_is_narrowed_to(sea: Path, word_encoder: WordEncoder) -> None:
    with open_index(sea / "index") as index:
        found = concern_of(index, "does the International Fishing Office count boats?", ["Tidal Board"])
        assert found == Concern(frozenset({"IFO"}), frozenset({"TDB"}), frozenset(), found.question)
        assert concern_of(index, "who counts boats?") == Concern(question="who counts boats?")
        with pytest.raises(QueryError, match="no organization is called 'XYZ'"):
            concern_of(index, "boats", ["XYZ"])
