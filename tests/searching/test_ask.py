"""Answers: near-duplicates folded, organizations mentioned and missing, and how sure the first passage is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import Index, open_index
from pipeline.datatypes import Absence, Answer, Hit, Organization, Passage
from pipeline.datatypes.page import Document
from pipeline.errors import QueryError
from pipeline.searching.confidence import ANSWERED, UNFIT, confidence
from pipeline.searching.search import TWINS
from tests.conftest import WordEncoder
from tests.searching.indexes import EDITION, FOREIGN, ILO, WFB, WLA, passage, publish

Paper = tuple[Document, list[Passage]]
Make = Callable[[Sequence[Passage]], Index]
SAME = "Trained keepers help shipwrecked children and their families to find a home."
OTHERS = [f"Inspectors count herring boats in harbour {number}." for number in range(8)]
CREW = "who trains airline cabin crew?"


@pytest.fixture
def index(paper_index: Path, word_encoder: WordEncoder) -> Iterator[Index]:
    with open_index(paper_index) as opened:
        yield opened


@pytest.fixture
def make(tmp_path: Path, word_encoder: WordEncoder) -> Iterator[Make]:
    with ExitStack() as stack:
        yield lambda passages: stack.enter_context(open_index(publish(tmp_path, passages)))


def cited(answer: Answer) -> list[tuple[str, list[str]]]:
    """Each hit's place, and the places where the same is said."""
    return [(str(hit.passage.citation), [str(other.citation) for other in hit.also]) for hit in answer.hits]


def deviations(hits: Sequence[Hit]) -> list[float]:
    """What the ranking gave, before it was brought into 0 to 1 for display."""
    return [2 + math.log(hit.score / (1 - hit.score)) for hit in hits]


# --- near-duplicates


def test_the_same_words_are_one_hit_with_all_places_and_two_owners_two(make: Make) -> None:
    index = make([
        passage(SAME, ILO, 1), passage(OTHERS[0], ILO, 2), passage(SAME, WLA, 3), passage(f"• {SAME}", ILO, 4),
        passage(SAME, None, 5), passage(SAME, WLA, 6), passage(SAME, ILO, 7),
    ])  # fmt: skip
    # By their vectors alone these are equal, and so in the order of the paper.
    answer = index.ask("who helps shipwrecked children?", mode="dense")
    assert cited(answer) == [
        ("ILO, sea-2020.pdf (2020), p. 1", ["ILO, sea-2020.pdf (2020), p. 4", "ILO, sea-2020.pdf (2020), p. 7"]),
        ("WLA, sea-2020.pdf (2020), p. 3", ["WLA, sea-2020.pdf (2020), p. 6"]),
        ("sea-2020.pdf (2020), p. 5", []),
        ("ILO, sea-2020.pdf (2020), p. 2", []),
    ]
    assert [hit.rank for hit in answer.hits] == [1, 2, 3, 4]
    assert len(index.search("who helps shipwrecked children?", 10)) == 7


def test_an_owner_in_two_editions_says_it_once(make: Make) -> None:
    later, owner = replace(EDITION, label="2021", file="sea-2021.pdf"), replace(ILO, pages=(3, 4))
    index = make([passage(SAME, ILO), passage(SAME, owner, 3, edition=later)])
    assert cited(index.ask("who helps shipwrecked children?", mode="dense", edition="all")) == [
        ("ILO, sea-2020.pdf (2020), p. 1", ["ILO, sea-2021.pdf (2021), p. 3"])
    ]


@pytest.mark.parametrize("top_k", [1, 3, 9])
def test_many_twins_do_not_take_the_places_of_other_hits(make: Make, top_k: int) -> None:
    twins = [passage(SAME, ILO, page) for page in range(1, 3 * TWINS)]
    others = [passage(text, ILO, 100 + number) for number, text in enumerate(OTHERS)]
    answer = make([*others[:4], *twins, *others[4:]]).ask("who helps shipwrecked children?", top_k)
    assert len(answer.hits) == min(top_k, 9)
    assert [str(hit.passage.pages[0]) for hit in answer.hits] == ["1", *(str(100 + n) for n in range(8))][:top_k]
    assert [other.pages[0] for other in answer.hits[0].also] == list(range(2, 3 * TWINS))


def test_twins_do_not_count_as_rivals(make: Make) -> None:
    others = [passage(text, ILO, 10 + number) for number, text in enumerate(OTHERS)]
    twins = [passage(SAME, WLA, page) for page in range(1, 7)]
    index = make([*others, *twins])
    answer = index.ask("who helps shipwrecked children?")
    ranking = index.search("who helps shipwrecked children?", 100)
    scores = deviations([ranking[0], *ranking[6:]])
    assert confidence(deviations(ranking), 1.0, FOREIGN) < ANSWERED
    near = index.closeness("who helps shipwrecked children?") * FOREIGN.deviation + FOREIGN.mean
    assert answer.confidence == pytest.approx(confidence(scores, near, FOREIGN), abs=1e-6)
    assert answer.answered


# --- the hits


@pytest.mark.parametrize("top_k", [1, 2, 7, 40, 10_000])
def test_as_many_hits_as_asked_for_in_the_order_of_the_ranking(index: Index, paper: Paper, top_k: int) -> None:
    answer = index.ask("training of border guards", top_k)
    assert len(answer.hits) == min(top_k, len(paper[1])), "no two passages of the paper say the same"
    assert list(answer.hits) == index.search("training of border guards", top_k)
    assert answer.query == "training of border guards"


@pytest.mark.parametrize("filters", [{"organizations": ["ILO"]}, {"page": 18}, {"section": "the 4 ps"}])
def test_filters_with_fewer_passages_than_asked_for_give_them_all(index: Index, filters: dict[str, object]) -> None:
    expected = {hit.passage.id for hit in index.search("cabin crew", 1000, **filters)}  # type: ignore[arg-type]
    answer = index.ask("cabin crew", 1000, **filters)  # type: ignore[arg-type]
    assert 0 < len(expected) < 30
    assert {hit.passage.id for hit in answer.hits} == expected
    assert [hit.rank for hit in answer.hits] == list(range(1, len(expected) + 1))


def test_filters_that_nothing_passes_give_an_answer_without_hits(index: Index, word_encoder: WordEncoder) -> None:
    assert index.ask("children", page=50) == Answer("children", (), 0.0, answered=False)
    assert word_encoder.encoded == []


@pytest.mark.parametrize(("question", "top_k"), [("", 5), (" \n", 5), ("children", 0)])
def test_a_question_that_cannot_be_asked_is_an_error(index: Index, question: str, top_k: int) -> None:
    with pytest.raises(QueryError):
        index.ask(question, top_k)


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_the_mode_is_that_of_the_ranking(index: Index, mode: str) -> None:
    answer = index.ask(CREW, 3, mode=mode)
    assert list(answer.hits) == index.search(CREW, 3, mode=mode)


# --- who is mentioned


def test_mentions_are_all_that_the_text_names_but_the_owner(make: Make) -> None:
    text = "ILO and the WLA, with the World Foghorn Bureau and the labour office, weigh a kilo of lamps; see WLA."
    index = make([passage(text, ILO, 1), passage(text, WLA, 2), passage(text, None, 3), passage("Lamps.", WLA, 4)])
    found = {hit.passage.pages[0]: hit.mentions for hit in index.ask("who weighs lamps?").hits}
    assert found == {1: ("WFB", "WLA"), 2: ("ILO", "WFB"), 3: ("ILO", "WFB", "WLA"), 4: ()}


def test_mentions_on_the_paper(index: Index) -> None:
    hit = index.ask(CREW, 1).hits[0]
    assert (str(hit.passage.citation), hit.mentions) == ("ICAO, icat-2018.pdf (2018), p. 11", ("OHCHR",))
    for hit in index.ask("trafficking", 1000).hits:
        assert list(hit.mentions) == sorted(set(hit.mentions))
        assert not hit.passage.organization or hit.passage.organization.acronym not in hit.mentions


# --- who has no section


def test_a_member_without_a_section_is_explained_by_the_footnote(index: Index, paper: Paper) -> None:
    answer = index.ask("what does UNESCO do about education?")
    (absence,) = answer.absences
    assert absence.organization in paper[0].organizations
    assert absence.organization.acronym == "UNESCO"
    assert absence.passage is not None
    assert str(absence.passage.citation) == "icat-2018.pdf (2018), p. 2, note 6"
    assert "UNESCO" in absence.passage.text
    assert not answer.answered


@pytest.mark.parametrize(
    ("question", "absent"),
    [
        ("what do UNESCO, UNICEF and UNAIDS do?", {"UNESCO", "UNAIDS"}),
        ("the Joint United Nations Programme, or united nations joint programme on hiv/aids", {"UNAIDS"}),
        ("what does UNICEF do?", set()),
        (CREW, set()),
    ],
)
def test_only_organizations_without_a_section_are_absent(index: Index, question: str, absent: set[str]) -> None:
    assert {absence.organization.acronym for absence in index.ask(question).absences} == absent


def test_a_footnote_explains_better_than_running_text(make: Make) -> None:
    texts = [("WFB is a member.", None), ("No foghorns here.", "1"), ("The WFB did not answer.", "2"), ("WFB.", "3")]
    index = make([passage(text, None, page, note) for page, (text, note) in enumerate(texts, start=1)])
    (absence,) = index.ask("what does the WFB do?").absences
    assert (absence.organization, absence.passage and absence.passage.pages) == (WFB, (3,))


def test_an_absence_that_no_passage_explains(make: Make) -> None:
    index = make([passage(SAME, ILO), passage("A bureau of the world has a foghorn.", ILO, 2)])
    assert index.ask("what does the World Foghorn Bureau do?").absences == (Absence(WFB, None),)


def test_absences_are_told_even_if_nothing_passes_the_filters(index: Index) -> None:
    answer = index.ask("what does UNESCO do?", organizations=["UNESCO"], page=11)
    assert answer.hits == ()
    assert [absence.organization.acronym for absence in answer.absences] == ["UNESCO"]


def test_an_answer_about_an_absent_organization_is_not_sure_unless_the_passage_names_it(make: Make) -> None:
    others = [passage(f"{text} Harbours are many.", ILO, 10 + number) for number, text in enumerate(4 * OTHERS)]
    question = "what does the WFB tell keepers of lighthouses about foghorns?"
    silent = "Keepers of lighthouses are told about foghorns."
    unnamed = make([passage(silent, WLA), *others]).ask(question)
    named = make([passage(f"{silent} WFB.", WLA), *others]).ask(question)
    assert [answer.hits[0].passage.pages for answer in (unnamed, named)] == [(1,), (1,)]
    assert (unnamed.confidence, unnamed.answered) == (UNFIT, False)
    assert named.confidence > ANSWERED
    assert named.answered


def test_an_organization_with_a_section_in_another_edition_is_not_absent(make: Make) -> None:
    later = replace(EDITION, label="2021", file="sea-2021.pdf")
    index = make([passage(OTHERS[0], ILO), passage(SAME, Organization("WFB", WFB.name), 3, edition=later)])
    assert index.ask("what does the WFB do?").absences == ()


def test_the_note_that_tells_of_an_absence_is_no_answer(paper_index: Path, word_encoder: WordEncoder) -> None:
    with open_index(paper_index) as index:
        answer = index.ask("overview of the activities of ICAT organizations not included: UNESCO")
    assert answer.hits[0].passage.note is not None
    assert answer.absences[0].passage == answer.hits[0].passage
    assert (answer.confidence, answer.answered) == (UNFIT, False)


# --- confidence


@pytest.mark.parametrize("question", [CREW, "Specialized Police Teams deployed in missions in Mali, DRC and Haiti"])
def test_a_question_with_the_rare_words_of_one_passage_is_answered(index: Index, question: str) -> None:
    answer = index.ask(question)
    assert ANSWERED <= answer.confidence <= 1
    assert answer.answered


@pytest.mark.parametrize("question", ["Which painter cut off his ear?", "How is cheese ripened in a cave?", "x"])
def test_a_foreign_question_is_not_answered_but_has_hits(index: Index, question: str) -> None:
    answer = index.ask(question)
    assert 0 <= answer.confidence < 0.1
    assert not answer.answered
    assert len(answer.hits) == 5


def test_confidence_does_not_depend_on_how_many_hits_are_shown(index: Index) -> None:
    assert len({index.ask(CREW, top_k).confidence for top_k in (1, 2, 5, 60)}) == 1


def test_confidence_by_hand(index: Index) -> None:
    foreign = index.manifest.foreign
    near = index.closeness(CREW) * foreign.deviation + foreign.mean
    expected = confidence(deviations(index.search(CREW, 6)), near, foreign)
    assert index.ask(CREW).confidence == pytest.approx(expected, abs=1e-6)


def test_foreign_questions_are_at_0_closeness(index: Index) -> None:
    from pipeline.indexing.foreign import QUESTIONS

    found = [index.closeness(question) for question in QUESTIONS[::8]]
    assert -1 < sum(found) / len(found) < 1
    assert index.closeness(CREW) > 3
