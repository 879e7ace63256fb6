from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reading.sentences import sentence_ranges

PIECES = [*'aB7é日.!?;…。"”“’()[]•- \n\t\u00a0', "No. ", "U.N. ", "para. 3 ", "“A.” "]
PROSE = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_ranges(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Convention No. 7 was adopted.",
        "In Rantsev v. Cyprus the Court decided.",
        "See para. 35 of the report.",
        "Tools, e.g. The Toolkit, are shared.",
        "It was adopted on 20 Dec. 2006 in New York.",
        "The U.N. General Assembly met.",
        "The U.N. Women office opened.",
        "Art. 4 and paras. 3 to 5 apply.",
        "Mr. Ban and Dr. Fall met.",
        "J. Smith wrote it.",
        "See cf. The Guide, p. 12 and pp. 14 to 16.",
        "(No. 7) applies.",
        "“Dr. Fall came.",
        "It costs 3.5 million and 2.4 Billion.",
        "www.example.org is the site.",
        "He said yes... but no.",
        "the paper (2018.) is short",
    ],
)
def test_full_stop_inside_a_sentence_does_not_end_it(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("It ended.", "Another began."),
        ("Is it so?", "It is."),
        ("Stop!", "Go on."),
        ("It was adopted in 2006.", "20 states signed."),
        ("It ended.", "(See the annex.)"),
        ("It said “stop it.”", "Nobody did."),
        ("It said ‘stop it.’", "Nobody did."),
        ("It ended.", "“Quoted,” it said."),
        ("(It ended.)", "Another began."),
        ("It ended…", "Another began."),
        ("It ended.", "Élan is a word."),
        ("It ended.", "• An item"),
        ("An abbreviation ends it, etc.", "Another began."),
        ("Всё кончилось.", "Началось другое."),
        ("Victims are many.", "I see them."),
    ],
)
def test_two_sentences_are_cut(first: str, second: str) -> None:
    assert sentences(f"{first} {second}") == [first, second]


def test_line_break_ends_a_sentence() -> None:
    assert sentences("The pillars are:\n• Prevention\n• prosecution of No.\n7 is a number") == [
        "The pillars are:",
        "• Prevention",
        "• prosecution of No.",
        "7 is a number",
    ]


def test_cjk_full_stop_ends_a_sentence_without_a_space() -> None:
    assert sentences("人身取引を防ぐ。「支援する。」国連。") == ["人身取引を防ぐ。", "「支援する。」", "国連。"]


def test_unpaired_quotation_mark_swallows_nothing() -> None:
    assert sentences("The “open quote goes on. Another began. A third ended.") == [
        "The “open quote goes on.",
        "Another began.",
        "A third ended.",
    ]


def test_ranges_are_offsets_into_the_text() -> None:
    assert sentence_ranges("  One is here.  Two is.\n\nThree ") == [(2, 14), (16, 23), (25, 30)]


@pytest.mark.parametrize("text", ["", " ", "\n \n"])
def test_no_text_has_no_sentences(text: str) -> None:
    assert sentence_ranges(text) == []


@given(PROSE)
def test_sentences_are_ordered_disjoint_stripped_and_lose_nothing(text: str) -> None:
    ranges = sentence_ranges(text)
    flat = [offset for pair in ranges for offset in pair]
    assert flat == sorted(flat)
    assert all(start < end and text[start:end] == text[start:end].strip() for start, end in ranges)
    covered = {offset for start, end in ranges for offset in range(start, end)}
    assert not [offset for offset, char in enumerate(text) if not char.isspace() and offset not in covered]


@given(PROSE)
def test_no_sentence_holds_a_line_break(text: str) -> None:
    assert not [sentence for sentence in sentences(text) if "\n" in sentence]
