"""BM25 computed when the index is built, against the formula written out here."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.datatypes import Passage
from pipeline.datatypes.page import Document
from pipeline.errors import IndexDamaged
from pipeline.indexing import lexical
from pipeline.indexing.arrays import open_arrays, write_arrays
from pipeline.indexing.lexical import Lexical, LexicalWriter, fold, stems

if TYPE_CHECKING:
    from pipeline.indexing.lexical import Scores

TEXTS = [
    ("Safety at Sea", "", "Victims of trafficking are protected."),
    ("Safety at Sea", "", "A victim was protected; the AND and the OR of the law."),
    ("Safety at Sea", "", "Boats near the harbour, resolution 61 of 2006."),
    ("Safety at Sea", "WLA ; World Lighthouse Agency ; Lamp Keepers", "Réfugiés à Genève."),
]


def opened(folder: Path, texts: Sequence[Sequence[str]]) -> Lexical:
    writer = LexicalWriter()
    for fields in texts:
        writer.add(*fields)
    writer.write(folder / "words")
    return Lexical(folder / "words")


def plain_bm25(texts: Sequence[Sequence[str]], words: Sequence[str]) -> list[float]:
    """Okapi BM25, word by word; a word that half of the texts have weighs nearly nothing."""
    found = [stems(" ".join(fields)) for fields in texts]
    mean = sum(map(len, found)) / len(found)
    scores = []
    for text in found:
        score = 0.0
        for stem in (stem for word in words for stem in stems(word)):
            holding = sum(stem in other for other in found)
            weight = max(math.log((len(found) - holding + 0.5) / (holding + 0.5)), 1e-6)
            often = text.count(stem)
            score += weight * often * 2.2 / (often + 1.2 * (0.25 + 0.75 * len(text) / mean)) if often else 0.0
        scores.append(score)
    return scores


@pytest.fixture
def words(tmp_path: Path) -> Lexical:
    return opened(tmp_path, TEXTS)


def rows(scores: Scores | None) -> list[int]:
    return [] if scores is None else np.flatnonzero(scores).tolist()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("victim", [0, 1]),
        ("victims", [0, 1]),
        ("VICTIMS", [0, 1]),
        ("traffick", [0]),
        ("trafficked", [0]),
        ("protection", [0, 1]),
        ("sea", [0, 1, 2, 3]),
        ("keeper", [3]),
        ("wla", [3]),
        ("refugies", [3]),
        ("GENÈVE", [3]),
        ("61", [2]),
        ("6", []),
        ("AND", [1]),
        ("NEAR", [2]),
        ("victim)", [0, 1]),
        ('" OR boats OR "', [1, 2]),
        ("vict*", []),
        ("herring", []),
        ("", []),
        ("\x00", []),
    ],
)
def test_a_word_is_found_in_any_inflection_and_nothing_in_it_is_an_operator(
    words: Lexical, asked: str, found: list[int]
) -> None:
    assert rows(words.scores([asked])) == found
    assert words.holds(asked) == bool(found)


def test_any_of_the_words_counts_and_more_and_rarer_ones_count_more(words: Lexical) -> None:
    both, victim, boats = (words.scores(asked) for asked in (["victim", "trafficking"], ["victim"], ["boats"]))
    assert both is not None
    assert victim is not None
    assert boats is not None
    assert both[0] > both[1] > 0
    assert both[1] == victim[1]
    assert boats[2] > victim.max() > 0
    assert words.scores([]) is None
    assert words.scores(["herring", "cod"]) is None


@pytest.mark.parametrize("asked", [["victim"], ["sea", "law"], ["boats", "boat", "resolution 61"], ["lamp", "keepers"]])
def test_scores_are_bm25_written_out(words: Lexical, asked: list[str]) -> None:
    assert words.scores(asked) == pytest.approx(plain_bm25(TEXTS, asked), rel=1e-4, abs=1e-9)


letters = st.text("abcde", min_size=1, max_size=3)


@settings(max_examples=150, deadline=None)
@given(
    texts=st.lists(st.lists(letters, max_size=12), min_size=1, max_size=12),
    asked=st.lists(letters, max_size=4),
    block=st.integers(1, 5),
)
def test_scores_of_any_texts_are_bm25_however_many_are_put_in_order_at_once(
    tmp_path_factory: pytest.TempPathFactory, texts: list[list[str]], asked: list[str], block: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexical, "BLOCK", block)
        found = opened(tmp_path_factory.mktemp("words"), [[" ".join(text)] for text in texts])
    expected = plain_bm25([[" ".join(text)] for text in texts], asked)
    scores = found.scores(asked)
    assert (expected if scores is None else scores) == pytest.approx(expected, rel=1e-3, abs=1e-9)
    distinct = [len(set(stems(" ".join(text)))) for text in texts]
    assert (len(found), found.words_by_row().tolist()) == (len(texts), distinct)


def test_costly_words_that_tell_nothing_are_left_out_beside_others(
    words: Lexical, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexical, "COSTLY", 3)
    assert rows(words.scores(["sea", "boats"])) == [2]
    assert rows(words.scores(["sea"])) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("victims of trafficking", [0]),
        ("of victims", [0, 1]),
        ("Lamp Keepers", [3]),
        ("sea", [0, 1, 2, 3]),
        ("sea herring", []),
        ("", []),
    ],
)
def test_passages_that_hold_every_word(words: Lexical, asked: str, found: list[int]) -> None:
    assert words.rows_with(asked).tolist() == found


def test_the_words_are_those_of_all_fields_folded_and_in_order(words: Lexical) -> None:
    found = [words.words[number] for number in range(len(words.words))]
    assert found == sorted(set(found))
    assert {"victims", "trafficking", "61", "geneve", "safety", "wla", "lighthouse"} <= set(found)
    assert not {"Genève", "genève", "WLA"} & set(found)


def test_a_misspelt_word_is_folded_before_it_is_compared(words: Lexical) -> None:
    assert words.nearest("TRÁFFICING", 0.8) == "trafficking"
    assert words.nearest("xylophone", 0.8) is None


def test_no_passages_at_all_and_passages_without_words(tmp_path: Path) -> None:
    none = opened(tmp_path, [])
    assert (len(none), none.scores(["boat"]), none.holds("boat"), none.nearest("boats", 0.8)) == (0, None, False, None)
    silent = opened(tmp_path, [["..."], ["!"]])
    assert (len(silent), silent.scores(["boat"]), silent.words_by_row().tolist()) == (2, None, [0, 0])


def test_the_same_passages_give_the_same_bytes(tmp_path: Path) -> None:
    opened(tmp_path, TEXTS)
    before = (tmp_path / "words").read_bytes()
    opened(tmp_path, TEXTS)
    assert (tmp_path / "words").read_bytes() == before


def test_letters_of_every_script_are_folded() -> None:
    assert fold("Straße in São Tomé, İzmir Ελλάς") == "strasse in sao tome, izmir ελλασ"
    assert stems("Straße STRASSEN") == ["strass", "strassen"]


@pytest.fixture(scope="module")
def paper_words(
    paper: tuple[Document, list[Passage]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[Passage], Lexical]:
    return paper[1], opened(tmp_path_factory.mktemp("paper"), [[passage.text] for passage in paper[1]])


def test_every_word_of_the_paper_is_held_and_found_in_its_passage(
    paper_words: tuple[list[Passage], Lexical],
) -> None:
    passages, words = paper_words
    for row, passage in list(enumerate(passages))[::9]:
        for word in set(re.findall(r"[^\W_]+", passage.text)):
            assert words.holds(word), word
            assert row in words.rows_with(word), word


def test_arrays_that_are_not_in_step_are_damage(tmp_path: Path) -> None:
    (tmp_path / "words").write_bytes(b"garbage")
    with pytest.raises(IndexDamaged, match=r"words: not the arrays of an index; .*mandates ingest"):
        Lexical(tmp_path / "words")
    dtypes = {"U8": np.uint8, "U16": np.uint16, "U32": np.uint32, "U64": np.uint64, "F32": np.float32}
    write_arrays(tmp_path / "words", {name: np.zeros(3, dtype=dtypes[kind]) for name, kind in lexical.ARRAYS.items()})
    with pytest.raises(IndexDamaged, match="words and passages are not in step"):
        Lexical(tmp_path / "words")


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Lexical]:
    """Give the words of one passage, "victims", with other arrays: of an index whose checksums were changed too."""
    writer = LexicalWriter()
    writer.add("victims")
    writer.write(tmp_path / "words")

    def change(**others: Any) -> Lexical:
        write_arrays(tmp_path / "others", {**open_arrays(tmp_path / "words", lexical.ARRAYS), **others})
        return Lexical(tmp_path / "others")

    return change


def test_a_word_of_a_passage_that_is_not_there_is_damage(changed: Callable[..., Lexical]) -> None:
    words = changed(rows=np.array([7], dtype=np.uint32))
    with pytest.raises(IndexDamaged, match="others: a word has no such passage; rebuild it: mandates ingest"):
        words.scores(["victims"])


def test_a_word_that_is_no_text_is_damage(changed: Callable[..., Lexical]) -> None:
    words = changed(words=np.frombuffer(b"victim\xb1", dtype=np.uint8))
    with pytest.raises(IndexDamaged, match="others: a word is none; rebuild it: mandates ingest"):
        words.nearest("victimz", 0.8)
