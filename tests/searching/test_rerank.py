"""Reading the first hits again, with rerankers made of rules."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import Index, open_index
from pipeline.datatypes import Hit
from pipeline.errors import EncoderError
from pipeline.indexing.reuse import embedded_text
from pipeline.searching.confidence import ANSWERED, RIVALS, UNFIT, confidence
from pipeline.searching.rerank import RERANKED, rerank, sigmoid
from tests.conftest import WordEncoder
from tests.searching.indexes import ILO, WLA, passage, publish

CREW = "who trains airline cabin crew?"


class RuleReranker:
    """Scores by a rule, and remembers what it read."""

    name = "rule"

    def __init__(self, rule: Callable[[str, str], float]) -> None:
        self.rule = rule
        self.read: list[tuple[str, list[str]]] = []

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        self.read.append((query, list(texts)))
        return [self.rule(query, text) for text in texts]


def letters(letter: str) -> RuleReranker:
    """The more often a letter stands in a text, the better."""
    return RuleReranker(lambda query, text: float(text.count(letter)))


def hits_of(*texts: str) -> list[Hit]:
    """Hits with falling scores."""
    return [
        Hit(rank, 1 - rank / 100, passage(text, ILO, rank), (0, len(text)), {"tokens": 3.0 - rank / 10})
        for rank, text in enumerate(texts, start=1)
    ]


def texts_of(hits: Sequence[Hit]) -> list[str]:
    return [hit.passage.text for hit in hits]


# --- the order and the scores


def test_the_first_hits_are_in_the_order_of_the_reranker_with_its_scores() -> None:
    found = rerank("who?", hits_of("a", "aaa", "", "aa"), letters("a"))
    assert texts_of(found) == ["aaa", "aa", "a", ""]
    assert [hit.rank for hit in found] == [1, 2, 3, 4]
    assert [hit.score for hit in found] == pytest.approx([1 / (1 + math.exp(-count)) for count in (3, 2, 1, 0)])
    assert [hit.signals for hit in found] == [
        {"tokens": 2.8, "rerank": 3.0}, {"tokens": 2.6, "rerank": 2.0},
        {"tokens": 2.9, "rerank": 1.0}, {"tokens": 2.7, "rerank": 0.0},
    ]  # fmt: skip


def test_equal_ones_stay_in_their_order() -> None:
    found = rerank("who?", hits_of("xa", "ya", "aa", "za", "w", "v"), letters("a"))
    assert texts_of(found) == ["aa", "xa", "ya", "za", "w", "v"]


def test_later_hits_follow_as_they_were_and_never_above_the_last_that_was_read() -> None:
    hits = hits_of("a", "aa", "aaaa", "aaa", "a")
    found = rerank("who?", hits, letters("a"), top=2)
    assert texts_of(found) == ["aa", "a", "aaaa", "aaa", "a"]
    assert [hit.score for hit in found] == pytest.approx([sigmoid(2), *[sigmoid(1)] * 4])
    assert [hit.rank for hit in found] == [1, 2, 3, 4, 5]
    assert [hit.signals for hit in found[2:]] == [hit.signals for hit in hits[2:]]


def test_a_later_hit_with_a_lower_score_keeps_it() -> None:
    hits = hits_of("aaaaaaaaaa", *["a"] * 60)
    found = rerank("who?", hits, letters("a"), top=1)
    assert [hit.score for hit in found] == [sigmoid(10), *(hit.score for hit in hits[1:])]


def test_passages_are_read_with_their_headings() -> None:
    hits = hits_of("one", "two", "three")
    hits[1] = replace(hits[1], passage=replace(hits[1].passage, section=("Office (ILO)", "Training")))
    reranker = letters("o")
    rerank("who trains?", hits, reranker, top=2)
    assert reranker.read == [("who trains?", ["one", "Office (ILO) > Training\ntwo"])]


def test_all_else_of_a_hit_stays() -> None:
    hits = [replace(hit, mentions=("WLA",), also=(passage("twin", ILO),)) for hit in hits_of("a", "aa")]
    for found in rerank("who?", hits, letters("a")):
        before = next(hit for hit in hits if hit.passage == found.passage)
        assert replace(found, rank=before.rank, score=before.score, signals=before.signals) == before


def test_no_hits_stay_none() -> None:
    assert rerank("who?", [], letters("a")) == []


def test_a_reranker_that_loses_a_text_is_an_error() -> None:
    class Forgetful(RuleReranker):
        def score(self, query: str, texts: Sequence[str]) -> list[float]:
            return super().score(query, texts)[1:]

    with pytest.raises(ValueError, match="argument 2 is longer"):
        rerank("who?", hits_of("a", "b"), Forgetful(lambda query, text: 1.0))


@pytest.mark.parametrize("logit", [-1e308, -800.0, -1.0, 0.0, 1e-9, 3.0, 800.0, 1e308])
def test_no_logit_is_too_large(logit: float) -> None:
    assert 0 <= sigmoid(logit) <= 1
    assert sigmoid(logit) + sigmoid(-logit) == pytest.approx(1)


@given(logits=st.lists(st.floats(-1e6, 1e6), max_size=12), more=st.integers(0, 5), top=st.integers(1, 15))
def test_a_reranked_list_has_the_same_hits_and_falling_scores(logits: list[float], more: int, top: int) -> None:
    hits = hits_of(*(str(number) for number in range(len(logits) + more)))
    given_scores = dict(enumerate([*logits, *[0.0] * more]))
    found = rerank("who?", hits, RuleReranker(lambda query, text: given_scores[int(text)]), top)
    assert sorted(texts_of(found)) == sorted(texts_of(hits))
    assert texts_of(found)[top:] == texts_of(hits)[top:]
    scores = [hit.score for hit in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    read = [given_scores[int(text)] for text in texts_of(found)[:top]]
    assert read == sorted(read, reverse=True)


# --- an index with a reranker


Open = Callable[..., Index]


@pytest.fixture
def opened(paper_index: Path, word_encoder: WordEncoder) -> Iterator[Open]:
    """Open the index of the paper with a reranker."""
    indexes: list[Index] = []

    def open_with(*args: object) -> Index:
        indexes.append(open_index(paper_index, None, *args))  # type: ignore[arg-type]
        return indexes[-1]

    yield open_with
    for index in indexes:
        index.close()


def ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.passage.id for hit in hits]


def deviations(hits: Sequence[Hit]) -> list[float]:
    return [2 + math.log(hit.score / (1 - hit.score)) for hit in hits]


def test_the_first_twenty_are_read_whatever_is_asked_for(opened: Open) -> None:
    reranker = letters("e")
    index = opened(reranker)
    ranking = opened().ask(CREW, RERANKED).hits
    best = sorted(ranking, key=lambda hit: -embedded_text(hit.passage).count("e"))
    for top_k in (1, 3, RERANKED):
        assert ids(index.ask(CREW, top_k).hits) == ids(best)[:top_k]
    assert reranker.read == 3 * [(CREW, [embedded_text(hit.passage) for hit in ranking])]


@pytest.mark.parametrize("top", [1, 3, 40])
def test_how_many_are_read_can_be_chosen(opened: Open, top: int) -> None:
    reranker = letters("e")
    ranking = opened().ask(CREW, 50).hits
    hits = opened(reranker, top).ask(CREW, 50).hits
    assert [len(texts) for _, texts in reranker.read] == [top]
    assert sorted(ids(hits)[:top]) == sorted(ids(ranking)[:top])
    assert ids(hits)[top:] == ids(ranking)[top:]
    assert [hit.rank for hit in hits] == list(range(1, 51))
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert [("rerank" in hit.signals) for hit in hits] == [place < top for place in range(50)]
    assert [hit.highlight for hit in hits] == [
        next(before.highlight for before in ranking if before.passage == hit.passage) for hit in hits
    ]


def test_without_a_reranker_nothing_is_reranked(opened: Open) -> None:
    assert all("rerank" not in hit.signals for hit in opened().ask(CREW).hits)


def test_search_stays_the_ranking(opened: Open) -> None:
    reranker = letters("e")
    assert opened(reranker).search(CREW, 30) == opened().search(CREW, 30)
    assert reranker.read == []


def test_filters_hold_and_may_leave_fewer_than_it_would_read(opened: Open) -> None:
    reranker = letters("e")
    index = opened(reranker)
    before = opened().ask(CREW, 100, organizations=["ILO"]).hits
    hits = index.ask(CREW, 100, organizations=["ILO"]).hits
    assert sorted(ids(hits)) == sorted(ids(before))
    assert len(hits) < RERANKED
    assert index.ask(CREW, page=50).hits == ()
    assert len(reranker.read) == 1


def test_a_twin_is_read_once(tmp_path: Path, word_encoder: WordEncoder) -> None:
    same = "Keepers help shipwrecked children."
    publish(tmp_path, [passage(same, ILO, 1), passage(same, ILO, 2), passage(same, WLA, 3), passage("Boats.", ILO, 4)])
    reranker = RuleReranker(lambda query, text: float("Boats" in text))
    with open_index(tmp_path, None, reranker) as index:
        hits = index.ask("who helps children?", mode="dense").hits
    assert reranker.read == [("who helps children?", [same, same, "Boats."])]
    assert [(hit.passage.pages, [other.pages for other in hit.also]) for hit in hits] == [
        ((4,), []), ((1,), [(2,)]), ((3,), []),
    ]  # fmt: skip


# --- confidence


def test_where_both_agree_confidence_is_that_of_the_ranking(opened: Open) -> None:
    plain = opened().ask(CREW)
    agreeing = RuleReranker(lambda query, text: float(plain.hits[0].passage.text in text))
    reranked = opened(agreeing).ask(CREW)
    assert ids(reranked.hits)[0] == ids(plain.hits)[0]
    assert (reranked.confidence, reranked.answered) == (plain.confidence, True)


@pytest.mark.parametrize("place", [1, 2, 7, 19])
def test_another_first_passage_is_judged_by_its_own_margin_and_closeness(opened: Open, place: int) -> None:
    ranking = opened().search(CREW, RERANKED)
    chosen = ranking[place]
    index = opened(RuleReranker(lambda query, text: float(chosen.passage.text in text)))
    answer = index.ask(CREW)
    assert answer.hits[0].passage == chosen.passage
    scores = deviations(ranking)
    _, (tokens,) = WordEncoder().encode_tokens([CREW], is_query=True)
    _, (pieces,) = WordEncoder().encode_tokens([embedded_text(chosen.passage)], is_query=False)
    near = float((tokens @ pieces.T).max(axis=1).mean())
    expected = confidence([scores[place], *scores[:place], *scores[place + 1 :]], near, index.manifest.foreign)
    assert answer.confidence == pytest.approx(expected, abs=1e-4)
    assert answer.confidence < opened().ask(CREW).confidence


def test_a_passage_that_the_ranking_holds_for_far_worse_is_no_answer(opened: Open) -> None:
    last = opened().search(CREW, RERANKED)[-1]
    answer = opened(RuleReranker(lambda query, text: 9.0 * (last.passage.text in text))).ask(CREW, RIVALS)
    assert answer.hits[0].passage == last.passage
    assert answer.hits[0].score > 0.99
    assert answer.confidence < ANSWERED
    assert not answer.answered


def test_whether_the_passage_names_the_absent_is_asked_of_the_one_now_first(opened: Open) -> None:
    question = "what do UNESCO and UNICEF do?"
    naming = RuleReranker(lambda query, text: float("UNESCO" in text))
    silent = RuleReranker(lambda query, text: -float("UNESCO" in text))
    first, other = (opened(reranker).ask(question) for reranker in (naming, silent))
    assert "UNESCO" in first.hits[0].mentions
    assert "UNESCO" not in other.hits[0].mentions
    assert other.confidence <= UNFIT


def test_an_error_of_the_model_is_the_users_to_read(opened: Open) -> None:
    def broken(query: str, text: str) -> float:
        raise EncoderError("the model gives scores that are not numbers")

    with pytest.raises(EncoderError):
        opened(RuleReranker(broken)).ask(CREW)
