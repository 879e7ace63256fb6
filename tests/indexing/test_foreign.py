"""The scale on which a question's closeness is measured: questions that have nothing to do with the papers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.datatypes import ForeignScores
from pipeline.indexing import foreign, store
from pipeline.indexing.build import build_index
from pipeline.indexing.foreign import QUESTIONS, SMALLEST, foreign_scores
from pipeline.indexing.vectors import best_match
from pipeline.reading.grams import words
from tests.conftest import DIMENSIONS, PAPER, WordEncoder
from tests.papers import make_pdf, paragraph

if TYPE_CHECKING:
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]


def measured(texts: Sequence[str]) -> ForeignScores:
    vectors, tokens = WordEncoder().encode_tokens(texts, is_query=False)
    return foreign_scores(WordEncoder(), vectors, tokens)


def test_questions_are_many_and_of_every_kind() -> None:
    assert len(QUESTIONS) == len(set(QUESTIONS)) == 64
    assert all(question.endswith("?") and 10 < len(question) < 80 for question in QUESTIONS)
    starts = [question.split()[0] for question in QUESTIONS]
    assert max(starts.count(word) for word in set(starts)) < len(QUESTIONS) / 2


def test_no_question_is_about_the_subject_of_the_first_paper() -> None:
    subject = {"trafficking", "victims", "labour", "migration", "refugees", "crime", "police", "children", "rights"}
    assert not subject & {word for question in QUESTIONS for word in words(question)}


def test_mean_and_deviation_by_hand() -> None:
    texts = ["Bees make honey.", "An egg is boiled.", "Keepers count the lamps of the harbour."]
    _, tokens = WordEncoder().encode_tokens(texts, is_query=False)
    nearest = []
    for question in QUESTIONS:
        _, (query,) = WordEncoder().encode_tokens([question], is_query=True)
        nearest.append(max(float((query @ passage.T).max(axis=1).mean()) for passage in tokens))
    found = measured(texts)
    expected = [np.mean(nearest), np.std(nearest)]
    assert list(found) == pytest.approx(expected, abs=1e-4)
    assert 0 < found.mean < 0.05 < found.deviation < 0.1


def test_a_paper_that_answers_the_questions_is_near_to_them() -> None:
    assert measured(QUESTIONS).mean > 0.5
    assert measured(["Keepers count the lamps of the harbour."]).mean < 0.05


def test_only_the_nearest_passages_by_vector_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"Keepers count the lamps of harbour {number}." for number in range(40)] + [QUESTIONS[0]]
    whole = measured(texts)
    seen: list[int] = []

    def counting(query: Vectors, passages: Sequence[Vectors]) -> Vectors:
        seen.append(len(passages))
        return best_match(query, passages)

    monkeypatch.setattr(foreign, "best_match", counting)
    monkeypatch.setattr(foreign, "CANDIDATES", 5)
    assert measured(texts) == whole
    assert seen == [5] * len(QUESTIONS)


def test_without_passages_nothing_is_far() -> None:
    assert foreign_scores(WordEncoder(), np.zeros((0, DIMENSIONS), dtype=np.float32), []) == ForeignScores(0.0, 1.0)


def test_the_deviation_is_never_nothing() -> None:
    # To the encoder of the tests, no question shares a word with this.
    assert measured(["Zyx wvu."]) == ForeignScores(0.0, SMALLEST)


def test_the_index_keeps_them(tmp_path: Path) -> None:
    texts = ["Keepers count the lamps, and bees make honey."]
    build_index([make_pdf(tmp_path / "sea-2020.pdf", [paragraph(texts, 100)])], tmp_path / "index", WordEncoder)
    assert store.open_generation(tmp_path / "index").manifest.foreign == measured(texts)


def test_building_twice_gives_the_same_scale(paper_index: Path, tmp_path: Path) -> None:
    build_index([PAPER], tmp_path, WordEncoder)
    found = [store.open_generation(folder).manifest.foreign for folder in (paper_index, tmp_path)]
    assert found[0] == found[1]
