"""Words are found where a plain list has them, and the nearest is the one that difflib gives."""

from __future__ import annotations

import difflib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.indexing import vocabulary
from pipeline.indexing.vocabulary import Vocabulary, count_letters, pack_words

WORDS = ["boat", "boats", "children", "geneve", "harbour", "organization", "trafficking", "victims", "ελλασ", "москва"]


def made(words: list[str]) -> Vocabulary:
    return Vocabulary(*pack_words(words), count_letters(words))


def test_words_are_found_by_halving() -> None:
    words = made(WORDS)
    assert [words[number] for number in range(len(words))] == WORDS
    assert [words.find(word) for word in WORDS] == list(range(len(WORDS)))
    assert [words.find(word) for word in ("", "boa", "boatss", "zzz", "ελλα")] == [None] * 5


@settings(max_examples=200, deadline=None)
@given(words=st.sets(st.text(max_size=6), max_size=20), asked=st.text(max_size=6))
def test_any_word_is_found_where_it_is(words: set[str], asked: str) -> None:
    listed = sorted(words)
    assert made(listed).find(asked) == (listed.index(asked) if asked in words else None)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("traficking", "trafficking"),
        ("organisaton", "organization"),
        ("vicitms", "victims"),
        ("boaat", "boat"),
        ("москву", "москва"),
        ("obats", "boats"),
        ("lighthouse", None),
        ("harb", None),
    ],
)
def test_the_nearest_word(asked: str, expected: str | None) -> None:
    assert made(WORDS).nearest(asked, 0.8) == expected


some = st.text("abcdé9я", min_size=1, max_size=9)


@settings(max_examples=400, deadline=None)
@given(words=st.sets(some, max_size=40), asked=some, least=st.sampled_from([0.5, 0.8, 1.0]))
def test_the_nearest_word_is_that_of_difflib(words: set[str], asked: str, least: float) -> None:
    expected = difflib.get_close_matches(asked, sorted(words), n=1, cutoff=least)
    assert made(sorted(words)).nearest(asked, least) == (expected[0] if expected else None)


def test_very_long_words_do_not_overflow() -> None:
    words = made(["a" * 300, "a" * 70_000, "b" * 10])
    assert words.nearest("b" * 11, 0.8) == "b" * 10
    assert words.find("a" * 70_000) == 1


def test_a_large_vocabulary_is_searched_in_no_time() -> None:
    """Comparing all words letter by letter takes 20 µs each: 4 s here."""
    words = sorted({f"{chr(97 + n % 26)}{n * 2_654_435_761 % 2**32:x}" for n in range(200_000)} | {"trafficking"})
    many = made(words)
    started = time.perf_counter()
    assert many.nearest("traficking", 0.8) == "trafficking"
    assert time.perf_counter() - started < 0.5


def test_few_words_are_compared_letter_by_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "LOOKED_AT", 1)
    assert made(["abcd", "dcba"]).nearest("abcd", 0.8) == "abcd"


def test_without_words_or_letters_nothing_is_near() -> None:
    assert made([]).nearest("boat", 0.8) is None
    assert Vocabulary(*pack_words(WORDS)).nearest("boat", 0.8) is None
