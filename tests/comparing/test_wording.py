"""Normal forms, and the numbers and dates that took the place of others."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.comparing.wording import diff_words, folded_words, normal_form, read_wording, sentence_key
from tests.comparing.editions import compare_texts


def read_numbers(old: str, new: str) -> list[tuple[str, str]]:
    return [(a.context, b.context) for a, b in compare_texts(old, new).parts[0].numbers]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Ratified by 22 countries.", "Ratified by 59 countries.", [("22 countries", "59 countries")]),
        ("In March 2018 it grew.", "In June 2021 it grew.", [("March 2018 it grew", "June 2021 it grew")]),
        ("It was adopted in 2015.", "It was adopted in 2016.", [("adopted in 2015", "adopted in 2016")]),
        ("On 3 May 2018, it met.", "On 3 June 2018, it met.", [("On 3 May 2018", "On 3 June 2018")]),
        ("It has three offices now.", "It has seven offices now.", [("three offices now", "seven offices now")]),
        ("It costs $1.90 a day now.", "It costs $2.15 a day now.", [("$1.90 a day now", "$2.15 a day now")]),
        ("We saw 15 of 20 boats.", "We saw 17 of 21 boats.", [("We saw 15", "We saw 17"), ("20 boats", "21 boats")]),
        ("It has three offices in all.", "It has many offices in all.", []),
        ("It may meet in Vigo.", "It must meet in Vigo.", []),
        ("It has 3 offices.", "It has 3 office rooms.", []),
    ],
)  # fmt: skip
def test_numbers_and_dates_are_called_out(old: str, new: str, expected: list[tuple[str, str]]) -> None:
    assert read_numbers(old, new) == expected


def test_a_normal_form_has_neither_space_nor_typography() -> None:
    assert normal_form("The “co-\noperation” of 2014—2016 is\u00a0ﬁne…") == 'The"cooperation"of2014–2016isfine...'
    assert sentence_key("• – a dash") == "–adash"


def test_a_hyphen_between_figures_stays() -> None:
    assert normal_form("COVID-19") != normal_form("COVID19")
    assert normal_form("A/RES/61-180") != normal_form("A/RES/61180")


def test_words_are_told_apart_in_scripts_without_spaces() -> None:
    assert folded_words("国際協力 is Good.") == ("国", "際", "協", "力", "is", "good")


@settings(deadline=None)
@given(st.lists(st.sampled_from(["boats", "co-operate", "“sea”", "–", "59", "art.", "ﬁsh", "•", "(a)"]), min_size=1))
def test_white_space_of_any_kind_is_no_part_of_a_normal_form(words: list[str]) -> None:
    assert len({normal_form(space.join(words)) for space in (" ", "\n", "\u00a0", "  ", " \u200b")}) == 1


@settings(deadline=None)
@given(st.text(max_size=40))
def test_tokens_cover_the_whole_text(text: str) -> None:
    tokens = read_wording(text).tokens
    if tokens:
        assert "".join(text[token.start : token.end] for token in tokens) == text


@settings(deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_the_steps_between_any_two_texts_give_both(old: str, new: str) -> None:
    steps = diff_words(old, new)
    for text, written in ((old, [step.old for step in steps]), (new, [step.new for step in steps])):
        if read_wording(text).tokens:
            assert "".join(written) == text
