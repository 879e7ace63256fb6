from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reading.bidi import PAIRS, in_reading_order, is_right_to_left

LETTERS = st.text("אבגدab 12,(.", max_size=12)
WORDS = st.lists(st.text("אבגד", min_size=1, max_size=4), min_size=1, max_size=5).map(" ".join)


def ordered(seen: str) -> str:
    return "".join(char for char, _ in in_reading_order([(char, None) for char in seen]))


@pytest.mark.parametrize(
    ("seen", "read_as"),
    [
        ("םולש", "שלום"),
        ("6002 תנשב", "בשנת 6002"),
        ("TACI תצובק", "קבוצת TACI"),
        ("12,5% לש", "של 12,5%"),
        ("2018/19 תנשב", "בשנת 2018/19"),
        ("(א)", "(א)"),
        (")א(", "(א)"),
        ("members of קובץ in it", "members of ץבוק in it"),
        ("ICAT 2018", "ICAT 2018"),
        ("ם\u05b8ו", "ום\u05b8"),
        ("", ""),
    ],
)
def test_row_as_it_is_seen_becomes_text(seen: str, read_as: str) -> None:
    assert ordered(seen) == read_as


@given(LETTERS)
def test_nothing_is_lost(seen: str) -> None:
    brackets = "".join(PAIRS)
    assert sorted(char for char in ordered(seen) if char not in brackets) == sorted(
        char for char in seen if char not in brackets
    )
    assert len(ordered(seen)) == len(seen)


@given(WORDS)
def test_order_of_one_script_turns_around(text: str) -> None:
    assert ordered(text) == text[::-1]
    assert is_right_to_left(text)


@given(st.text("abc 12,(.)", max_size=12).filter(lambda text: "a" in text))
def test_text_from_left_to_right_stays(text: str) -> None:
    assert not is_right_to_left(text)
