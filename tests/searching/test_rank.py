"""Fusion of the signals: small papers made here for exact orders, the real paper for the laws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from pipeline import Index, open_index
from pipeline.datatypes import Edition, Hit, Organization, Passage
from pipeline.datatypes.page import Document
from pipeline.indexing.files import Encoded, open_files, write_files
from pipeline.indexing.lexical import Lexical
from pipeline.reading.mentions import Names
from pipeline.searching.rank import MODES, Query, Ranked, Ranker, Weights, signal_names, squash, unsquash
from tests.conftest import WordEncoder

Paper = tuple[Document, list[Passage]]
EDITION = Edition("sea", "2020", "sea-2020.pdf", "a" * 64)
ILO = Organization("ILO", "International Labour Office", ("Labour Office", "Bureau (Geneva)"))
WLA = Organization("WLA", "World Lighthouse Agency", ("Lamp Keepers", "C.A.R.E.+"))
Make = Callable[[Sequence[tuple[str, Organization | None]]], Ranker]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Give a ranker of passages of one sentence each, encoded by their words."""

    def made(texts: Sequence[tuple[str, Organization | None]]) -> Ranker:
        passages = [
            Passage(f"sea/2020/0/{row}", EDITION, owner, (), text, (1,), ("1",), sentences=((0, len(text)),))
            for row, (text, owner) in enumerate(texts)
        ]
        encoder = WordEncoder()
        vectors, tokens = encoder.encode_tokens([text for text, _ in texts], is_query=False)
        document = Document(EDITION, (), (), (ILO, WLA))
        (tmp_path / "files").mkdir(exist_ok=True)
        write_files(tmp_path / "files", [document], passages, Encoded(vectors, tokens, vectors))
        return Ranker(open_files(tmp_path / "files"), Names([ILO, WLA]))

    return made


def asked(text: str) -> Query:
    vectors, tokens = WordEncoder().encode_tokens([text], is_query=True)
    return Query(text, vectors[0], tokens[0])


def ask(ranker: Ranker, text: str, mode: str = "hybrid", rows: Sequence[int] | None = None) -> list[Ranked]:
    return ranker.rank(asked(text), 10_000, None if rows is None else np.array(sorted(rows)), MODES[mode])


def rows_of(ranked: Sequence[Ranked]) -> list[int]:
    return [item.row for item in ranked]


# --- each signal


# The encoder of the tests sees no word of fewer than four letters: to it, all rules say the same.
RULES: list[tuple[str, Organization | None]] = [
    (f"The office counts fishing boats under rule {number}.", None) for number in range(100, 140)
]


@pytest.mark.parametrize("number", [100, 117, 139])
def test_a_number_that_only_the_words_can_tell_wins(make: Make, number: int) -> None:
    ranker = make(RULES)
    question = f"which boats are counted under rule {number}?"
    assert rows_of(ask(ranker, question, "dense")) == list(range(40))
    for mode in ("hybrid", "lexical"):
        first, second, *_ = ask(ranker, question, mode)
        assert first.row == number - 100
        assert first.score > second.score + 0.05
        assert first.signals["lexical"] > 3


def test_a_rare_word_among_passages_of_the_same_gist(make: Make) -> None:
    texts: list[tuple[str, Organization | None]] = [("Guards protect the children of refugees.", None)] * 20
    texts[13] = ("Guards protect the children of Yap.", None)
    assert rows_of(ask(make(texts), "who protects the children of yap?"))[0] == 13


def test_the_gist_wins_over_a_common_word(make: Make) -> None:
    texts: list[tuple[str, Organization | None]] = [(f"The harbour has the lamp number {n}.", None) for n in range(30)]
    texts[21] = ("Shipwrecked children receive medical treatment from trained keepers.", None)
    assert rows_of(ask(make(texts), "medical treatment of shipwrecked children has the"))[0] == 21


@pytest.mark.parametrize("name", ["passage", "sentence", "tokens", "lexical"])
def test_a_signal_alone_is_all_that_counts(make: Make, name: str) -> None:
    texts = [*RULES[:10], ("Keepers of lamps help children.", WLA), ("Lamps and boats and rules.", ILO)]
    ranker = make(texts)
    only = {"passage": 0.0, "sentence": 0.0, "tokens": 0.0, "lexical": 0.0, "named": 0.0, name: 2.0}
    query = asked("do the WLA keepers help with lamps?")
    ranked = ranker.rank(query, 100, None, Weights(**only))
    assert [list(item.signals) for item in ranked] == [[name]] * len(texts)
    values = [item.signals[name] for item in ranked]
    assert values == sorted(values, reverse=True)
    assert ranked[0].row == 10
    doubled = ranker.rank(query, 100, None, Weights(**{**only, name: 4.0}))
    assert rows_of(doubled) == rows_of(ranked)
    assert [item.score for item in doubled] == pytest.approx([item.score for item in ranked])


def test_a_weight_of_zero_switches_a_signal_off(make: Make) -> None:
    ranker = make([*RULES, ("The agency repairs lamps.", WLA)])
    query = asked("does the WLA count boats under rule 139?")
    everything = Weights(1, 1, 1, 1, 1)
    assert set(ranker.rank(query, 1, None, everything)[0].signals) == set(signal_names())
    for name in signal_names():
        weights = Weights(**{other: float(other != name) for other in signal_names()})
        ranked = ranker.rank(query, 100, None, weights)
        assert {tuple(item.signals) for item in ranked} == {tuple(n for n in signal_names() if n != name)}
    assert ranker.rank(query, 1, None, Weights(1, 1, 1, 0, 0))[0].row == 0
    assert ranker.rank(query, 1, None, Weights(1, 1, 1, 1, 0))[0].row == 39


def test_signals_are_deviations_above_a_passage_taken_at_random(make: Make) -> None:
    texts = [*RULES[:20], ("Keepers help shipwrecked children.", None), ("Boats help children.", None)]
    ranker = make(texts)
    query = asked("who helps children with boats?")
    cosines = WordEncoder().encode([text for text, _ in texts], is_query=False) @ query.vector
    z = (cosines - cosines.mean()) / cosines.std()
    ranked = ranker.rank(query, 100, None, MODES["dense"])
    assert {item.row: item.signals["passage"] for item in ranked} == pytest.approx(dict(enumerate(z)), abs=2e-3)
    assert [item.score for item in ranked] == pytest.approx([z[item.row] for item in ranked], abs=1e-6)


def test_the_score_is_the_weighted_mean_of_the_signals(make: Make) -> None:
    ranker = make([*RULES, ("The agency repairs lamps.", WLA)])
    weights = Weights(0.5, 0.25, 1, 0.75, 0.4)
    for item in ranker.rank(asked("does the WLA count boats under rule 107?"), 100, None, weights):
        names = ("passage", "sentence", "tokens", "lexical")
        mean = sum(getattr(weights, name) * item.signals[name] for name in names) / 2.5
        expected = mean + 0.4 * item.signals["named"]
        assert item.score == pytest.approx(expected, abs=1e-3)


def test_closeness_is_the_cosine_before_it_becomes_a_signal(make: Make) -> None:
    texts: list[tuple[str, Organization | None]] = [
        ("Keepers help shipwrecked children.", None), ("Keepers repair lamps.", None), ("Boats sail.", None),
    ]  # fmt: skip
    ranker = make(texts)
    found = [ranker.closeness(asked("Keepers help children"), row) for row in range(3)]
    assert found == pytest.approx([1, 1 / 3, 0], abs=1e-6)


def test_a_score_for_display_is_between_0_and_1_with_2_deviations_in_the_middle() -> None:
    assert squash(2.0) == 0.5
    scores = [squash(score) for score in (-20.0, -1.0, 0.0, 2.0, 3.5, 20.0)]
    assert scores == sorted(scores)
    assert (0 < scores[0] < 1e-8, 1 - 1e-7 < scores[-1] < 1) == (True, True)
    assert [unsquash(squash(score)) for score in (-20.0, 0.0, 3.5)] == pytest.approx([-20.0, 0.0, 3.5])
    assert 30 < unsquash(squash(200.0)) < 200  # all that is shown as 1


# --- organizations that a question names


SAME = "Trained staff help shipwrecked children."
OWNED = [(SAME, None), (SAME, ILO), (SAME, WLA), (SAME, ILO), (SAME, WLA), (SAME, None)]


@pytest.mark.parametrize(
    ("question", "owner"),
    [
        ("how does ILO help children?", ILO),
        ("how does the ILO's staff help children?", ILO),
        ("children (ILO)", ILO),
        ("ILO", ILO),
        ("how does the international labour office help children?", ILO),
        ("how does the Labour Office help children?", ILO),
        ("how does the LABOUR OFFICE help children?", ILO),
        ("how does Bureau (Geneva) help children?", ILO),
        ("how does the WLA help children?", WLA),
        ("how do lamp keepers help children?", WLA),
        ("how does C.A.R.E.+ help children?", WLA),
    ],
)
def test_a_named_organization_is_preferred_and_nobody_is_hidden(make: Make, question: str, owner: Organization) -> None:
    ranked = ask(make(OWNED), question)
    own = [row for row, (_, other) in enumerate(OWNED) if other == owner]
    assert rows_of(ranked)[:2] == own
    assert sorted(rows_of(ranked)) == list(range(6))
    assert {item.row: item.signals["named"] for item in ranked} == {row: float(row in own) for row in range(6)}
    assert ranked[1].score > ranked[2].score


@pytest.mark.parametrize(
    "question",
    [
        "a kilo of lamps",
        "an ilo of lamps",
        "a silo",
        "KILO SILOS ILOS WILO",
        "ILO_2",
        "Ilo",
        "a wla",
        "labour offices",
        "CxAxRxEx+",
        "the office helps children",
    ],
)
def test_a_short_name_counts_only_as_it_is_written(make: Make, question: str) -> None:
    for item in ask(make(OWNED), question):
        assert "named" not in item.signals


def test_two_named_organizations_are_both_preferred(make: Make) -> None:
    ranked = ask(make(OWNED), "do ILO and WLA help children?")
    assert {item.row for item in ranked if item.signals["named"] == 1} == {1, 2, 3, 4}
    assert set(rows_of(ranked)[:4]) == {1, 2, 3, 4}


def test_a_better_passage_of_another_organization_is_still_first(make: Make) -> None:
    texts = [*[(f"The staff counts lamps in harbour {n}.", ILO) for n in range(20)], (SAME, WLA)]
    assert rows_of(ask(make(texts), "does ILO train staff to help shipwrecked children?"))[0] == 20


# --- the order


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("count", [1, 2, 19, 64, 301])
def test_equal_passages_are_in_order_of_row_with_equal_scores(make: Make, mode: str, count: int) -> None:
    ranked = ask(make([(SAME, None)] * count), "who helps shipwrecked children with lamps?", mode)
    assert rows_of(ranked) == list(range(count))
    assert len({round(item.score, 9) for item in ranked}) == 1


@pytest.mark.parametrize("mode", MODES)
def test_equal_passages_among_others_are_in_order_of_row(make: Make, mode: str) -> None:
    texts = [*RULES[:7], (SAME, None), *RULES[7:19], (SAME, None), (SAME, None)]
    assert rows_of(ask(make(texts), "who helps shipwrecked children?", mode))[:3] == [7, 20, 21]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("question", ["herring", "???", "\u200b", "zzzz qqqq", '" OR "', "AND NOT NEAR(*"])
def test_a_question_without_known_words_gives_all_rows(make: Make, mode: str, question: str) -> None:
    ranked = ask(make(RULES), question, mode)
    assert rows_of(ranked) == list(range(40))
    assert {item.score for item in ranked} == {0.0}, "as near as a passage taken at random"


@pytest.mark.parametrize("mode", MODES)
def test_rows_narrow_before_the_ranking(make: Make, mode: str) -> None:
    ranker = make([*RULES, (SAME, ILO)])
    question = "which boats are counted under rule 117?"
    whole = {item.row: item for item in ask(ranker, question, mode)}
    some = ask(ranker, question, mode, rows=[40, 3, 17])
    assert rows_of(some) == [row for row in whole if row in (40, 3, 17)]
    assert [item.score for item in some] == pytest.approx([whole[item.row].score for item in some], abs=1e-5)
    assert rows_of(ranker.rank(asked(question), 1, np.array([3, 40]), MODES[mode])) == [3]
    assert ranker.rank(asked(question), 5, np.array([], dtype=np.int64), MODES[mode]) == []


def test_scores_are_deviations_among_the_passages_that_are_named(make: Make) -> None:
    things = ["boats", "fishing boats", "nets", "old boats and nets", "barley"]
    ranker = make([*RULES, *((f"The office counts {thing}.", None) for thing in 4 * things)])
    query, among = asked("fishing boats"), np.arange(40, 60)
    ranked = ranker.rank(query, 100, among, MODES["hybrid"], among)
    for name in ("sentence", "tokens", "lexical"):
        values = [item.signals[name] for item in ranked]
        assert (np.mean(values), np.std(values)) == pytest.approx((0, 1), abs=2e-3)
    assert [item.row for item in ranked[:4]] == [41, 46, 51, 56]
    (other,) = ranker.rank(query, 100, np.array([51]), MODES["hybrid"], among)
    assert other.score == pytest.approx(ranked[0].score)


# --- the real paper


@pytest.fixture
def index(paper_index: Path, word_encoder: WordEncoder) -> Iterator[Index]:
    with open_index(paper_index) as opened:
        yield opened


def ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.passage.id for hit in hits]


def lexical(index: Index, question: str) -> dict[str, float]:
    """What the words alone give to each passage."""
    hits = index.search(question, 10_000, mode="lexical")
    return {hit.passage.id: hit.signals.get("lexical", 0.0) for hit in hits}


QUESTIONS = ["training of border guards", "who protects stateless children?", "Interpol", "???", "Convention No. 29"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("question", QUESTIONS)
def test_all_passages_once_and_a_shorter_list_is_its_start(
    index: Index, paper: Paper, question: str, mode: str
) -> None:
    whole = index.search(question, 10_000, mode=mode)
    assert sorted(ids(whole)) == sorted(passage.id for passage in paper[1])
    scores = [hit.score for hit in whole]
    assert scores == sorted(scores, reverse=True)
    for top_k in (1, 10, 60, len(whole) - 1):
        assert ids(index.search(question, top_k, mode=mode)) == ids(whole)[:top_k]


@pytest.mark.parametrize("mode", MODES)
def test_filters_narrow_before_the_ranking_and_change_no_score(index: Index, paper: Paper, mode: str) -> None:
    whole = {hit.passage.id: hit.score for hit in index.search("cabin crew", 10_000, mode=mode)}
    for filters in ({"organizations": ["UN Women"]}, {"section": "main activities"}, {"page": 35}):
        hits = index.search("cabin crew", 10_000, mode=mode, **filters)
        assert 0 < len(hits) < len(whole)
        assert [hit.score for hit in hits] == pytest.approx([whole[hit.passage.id] for hit in hits], abs=1e-5)
        assert ids(index.search("cabin crew", 2, mode=mode, **filters)) == ids(hits)[:2]


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("traficking", "trafficking"),
        ("Interpool", "Interpol"),
        ("vicitms", "victims"),
        ("goverment", "government"),
        ("labor", "labour"),
        ("prosecutionn", "prosecution"),
        ("comunication", "communication"),
        ("coordnation", "coordination"),
        ("internatonal", "international"),
        ("organisaton", "organization"),
        ("increse", "increase"),
        ("abusse", "abuse"),
        ("respnse", "response"),
    ],
)
def test_a_misspelt_word_finds_what_was_meant(index: Index, misspelt: str, meant: str) -> None:
    assert not index._files.words.holds(misspelt)
    found = lexical(index, misspelt)
    assert max(found.values()) > 0, "nothing found"
    assert found == lexical(index, meant)


def test_every_word_that_a_misspelling_may_be_taken_for_finds_its_passages(index: Index) -> None:
    words: Lexical = index._files.words  # type: ignore[assignment]
    lost = [word for word in map(words.words.__getitem__, range(len(words.words))) if not words.rows_with(word).size]
    assert lost == []
    assert len(words.words) > 2000


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("TRAFFICKING of Children", "trafficking of children"),
        ("tráffïcking", "trafficking"),
        ("trafficking\u0301", "trafficking"),
        ("victim", "Victims"),
        ("unicef", "UNICEF"),
        ("victims, (and) victims!", "and victims"),
    ],
)
def test_case_accents_endings_and_repetition_do_not_matter(index: Index, one: str, other: str) -> None:
    assert lexical(index, one) == lexical(index, other)
    assert max(lexical(index, one).values()) > 0


@pytest.mark.parametrize("word", ["Straße", "STRASSE", "Çeşme", "İzmir", "Ελλάς", "Москва"])
def test_a_word_of_the_paper_is_found_in_any_script_and_case(make: Make, word: str) -> None:
    ranker = make([*RULES[:9], ("Boats near Straße, Çeşme, İzmir, Ελλάς and Москва.", None)])
    for form in (word, word.lower(), word.upper()):
        first, *_ = ask(ranker, form, "lexical")
        assert (first.row, first.signals.get("lexical", 0) > 1) == (9, True), form


@pytest.mark.parametrize(
    ("question", "acronym"),
    [
        ("what does ICPO do against trafficking?", "INTERPOL"),
        ("what does Interpol do against trafficking?", "INTERPOL"),
        ("UNHCR and trafficking", "UNHCR"),
        ("what does the World Bank do against trafficking?", "World Bank"),
        ("United Nations Children's Fund and trafficking", "UNICEF"),
    ],
)
def test_an_organization_of_the_paper_is_preferred_and_nobody_is_hidden(
    index: Index, paper: Paper, question: str, acronym: str
) -> None:
    hits = index.search(question, 10_000)
    assert len(hits) == len(paper[1])
    first = hits[0].passage.organization
    assert first is not None
    assert first.acronym == acronym
    named = {hit.passage.id for hit in hits if hit.signals["named"]}
    assert named == {p.id for p in paper[1] if p.organization and p.organization.acronym == acronym}


def test_signals_of_each_mode_are_explained(index: Index) -> None:
    for mode, names in (
        ("hybrid", ["sentence", "tokens", "lexical"]),
        ("dense", ["passage"]),
        ("lexical", ["lexical"]),
    ):
        for hit in index.search("trafficking of children", 20, mode=mode):
            assert list(hit.signals) == names
    assert list(index.search("UNICEF and children", 1)[0].signals) == ["sentence", "tokens", "lexical", "named"]


@pytest.fixture
def few_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each signal propose 30 passages, as it would 100 of a large corpus, instead of ranking all."""
    monkeypatch.setattr("pipeline.searching.rank.CANDIDATES", 30)


CLEAR = ["cabin crew guidelines", "remittances of migrants", "statelessness of refugees", "1,460 selected cases"]


@pytest.mark.parametrize("question", CLEAR)
def test_proposed_candidates_rank_as_all_passages_do(
    index: Index, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = index.search(question, 3)
    monkeypatch.setattr("pipeline.searching.rank.CANDIDATES", 30)
    assert [(hit.passage.id, hit.score, hit.highlight) for hit in index.search(question, 3)] == [
        (hit.passage.id, hit.score, hit.highlight) for hit in whole
    ]


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_candidates_keep_to_the_filter_and_fill_the_list(index: Index, few_candidates: None, mode: str) -> None:
    hits = index.search(
        "trafficking in children", 10, organizations=["UNICEF", "OHCHR", "UNODC", "INTERPOL"], mode=mode
    )
    assert len(hits) == 10
    assert {hit.passage.organization.acronym for hit in hits if hit.passage.organization} <= {
        "UNICEF",
        "OHCHR",
        "UNODC",
        "INTERPOL",
    }
    assert len(index.search("trafficking in children", 60, mode=mode)) == 60


def test_a_filter_that_lets_few_through_has_all_of_them_ranked(
    index: Index, few_candidates: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What proposals may miss of a whole index must not be missing in what a filter leaves of it."""
    monkeypatch.setattr("pipeline.searching.rank.EXHAUSTIVE", 0)
    organizations = ["UNICEF", "OHCHR", "UNODC", "INTERPOL"]
    whole = index.search("statelessness of refugees", 300, organizations=organizations)
    assert 60 < len(whole) < 221
    assert ids(index.search("statelessness of refugees", 10, organizations=organizations)) == ids(whole)[:10]


def test_a_rare_word_proposes_its_passage(index: Index, few_candidates: None) -> None:
    best = index.search("Hawar", 1)[0]
    assert "“Hawar – A cry for help”" in best.passage.text
