"""What counts as a change between two editions, on papers of a few sentences; and what holds for any two papers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.comparing.changes import EditionDiff, Place
from pipeline.comparing.compare import compare_editions, count_passages
from pipeline.comparing.wording import normal_form
from pipeline.datatypes import Passage
from tests.comparing.editions import (
    BOATS,
    CREWS,
    GUARDS,
    IFO,
    LAMPS,
    NEW,
    OLD,
    WLA,
    Section,
    changes,
    compare,
    compare_texts,
    edition,
    section,
)

# --- what is no change


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The co-operation of States.", "The cooperation of States."),
        ("The co-operation of States.", "The co‑operation\u00a0of  States."),
        ("The traf- ficking of people.", "The trafficking of people."),
        ("A victim-centred way.", "A victim–centred way."),
        ("“Boats” and ‘nets’.", "\"Boats\" and 'nets'."),
        ("In 2014–2016 – at sea.", "In 2014-2016 — at sea."),
        ("• Boats are counted.", "– Boats are counted."),
        ("▪ Boats are counted.", "Boats are counted."),
        ("The oﬃce was ﬁrst.", "The office was first."),
        ("And so on…", "And so on..."),
        ("See www.example.org/ boats.", "See www.example.org/boats."),
        ("Caf\u00e9 owners.", "Cafe\u0301 owners."),
    ],
)
def test_typography_is_no_change(one: str, other: str) -> None:
    assert compare_texts(one, other).is_same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Office counts boats.", "The office counts boats."),
        ("Boats, nets and crews.", "Boats, nets, and crews."),
        ("Boats – and nets.", "Boats and nets."),
        ("Is it so?", "Is it so."),
        ("Cafe owners.", "Café owners."),
        ("See Article 4(a).", "See Article 4(b)."),
    ],
)
def test_case_punctuation_and_accents_are_changes(one: str, other: str) -> None:
    assert changes(compare_texts(one, other)) == [("changed", one, other)]


def test_passage_borders_are_no_change() -> None:
    assert compare_texts([f"{BOATS} {GUARDS}", f"{CREWS} {LAMPS}"], [BOATS, f"{GUARDS} {CREWS} {LAMPS}"]).is_same


def test_a_sentence_parted_otherwise_is_no_change() -> None:
    diff = compare_texts(
        f"{BOATS} See art.\nThree of the Code. {LAMPS}", f"{BOATS} See art. Three of the Code. {LAMPS}"
    )
    assert diff.is_same
    (same,) = [same for same in diff.parts[0].same if len(same.old) != len(same.new)]
    assert same.old == (Place("sea/2018/0/0", 1), Place("sea/2018/0/0", 2))
    assert same.new == (Place("sea/2021/0/0", 1),)


def test_a_long_sentence_cut_over_two_passages_is_no_change() -> None:
    words = [f"word{number}" for number in range(60)]
    long = "A " + " ".join(words) + "."
    halves = ["A " + " ".join(words[:30]), " ".join(words[30:]) + "."]
    assert compare_texts(long, halves).is_same


def test_a_bare_bullet_is_no_change() -> None:
    assert compare_texts(f"{BOATS}\n•\n{LAMPS}", f"{BOATS}\n{LAMPS}").is_same


def test_a_footnote_that_another_passage_comes_before_is_no_change() -> None:
    texts = [BOATS, LAMPS, "[note]See the annex of the Code."]
    assert compare_texts(texts, [" ".join(texts[:2]), texts[2]]).is_same


def test_a_bold_start_set_as_a_heading_of_its_own_is_no_change() -> None:
    lead = "The office also lends money to poor crews."
    old = [section(IFO, BOATS), section(IFO, f"{lead} {CREWS}", path=[lead])]
    new = [section(IFO, BOATS), section(IFO, CREWS, path=[lead])]
    assert compare(old, new).is_same
    assert compare(new, old).is_same


# --- sentences


def test_a_changed_sentence_is_told_word_by_word() -> None:
    diff = compare_texts(f"{BOATS} {CREWS}", f"The office counts trawlers and herring boats each year. {CREWS}")
    (change,) = diff.parts[0].changes
    assert change.words == (
        ("equal", "The office counts ", "The office counts "),
        ("insert", "", "trawlers and "),
        ("equal", "herring boats each ", "herring boats each "),
        ("replace", "spring", "year"),
        ("equal", ".", "."),
    )
    assert change.old is not None
    assert (change.old.passage, change.old.section) == ("sea/2018/0/0", ("International Fishing Office (IFO)",))
    assert str(change.old.citation) == "IFO, sea-2018.pdf (2018), p. 1"


def test_one_more_sentence_is_all_that_is_added() -> None:
    diff = compare_texts([f"{BOATS} {GUARDS}", LAMPS], [f"{BOATS} {CREWS}", f"{GUARDS} {LAMPS}"])
    assert changes(diff) == [("added", None, CREWS)]
    assert diff.parts[0].share == len(CREWS) / (2 * len(BOATS + GUARDS + LAMPS) + len(CREWS))


def test_sentences_with_little_in_common_are_removed_and_added() -> None:
    assert changes(compare_texts(f"{BOATS} {CREWS}", f"{BOATS} {LAMPS}")) == [
        ("removed", CREWS, None),
        ("added", None, LAMPS),
    ]


def test_a_sentence_made_two_is_one_change() -> None:
    one = "The office counts boats, and its inspectors train guards."
    two = "The office counts boats. And its inspectors train guards."
    assert changes(compare_texts(one, two)) == [("changed", one, two)]
    assert changes(compare_texts(two, one)) == [("changed", two, one)]


def test_a_sentence_that_moved_within_its_section_is_moved() -> None:
    diff = compare_texts([BOATS, GUARDS, CREWS], [GUARDS, CREWS, BOATS])
    assert changes(diff) == [("moved", BOATS, BOATS)]
    assert diff.parts[0].share == 0


def test_a_sentence_that_moved_to_another_section_is_listed_there() -> None:
    old = [section(IFO, BOATS, CREWS), section(WLA, LAMPS)]
    diff = compare(old, [section(IFO, BOATS), section(WLA, LAMPS, CREWS)])
    assert [[change.kind for change in part.changes] for part in diff.parts] == [[], ["moved"]]
    (moved,) = diff.parts[1].changes
    assert moved.old is not None
    assert str(moved.old.citation) == "IFO, sea-2018.pdf (2018), p. 1"


def test_a_phrase_that_two_sections_use_did_not_move() -> None:
    old = [section(IFO, BOATS, "Activities include:"), section(WLA, LAMPS)]
    diff = compare(old, [section(IFO, BOATS), section(WLA, LAMPS, "Activities include:")])
    assert [kind for kind, *_ in changes(diff)] == ["removed", "added"]


def test_a_sentence_that_stands_elsewhere_is_not_what_became_of_another() -> None:
    alike = "Its inspectors train harbour guards to recognise forced labour."
    diff = compare_texts([BOATS, GUARDS, CREWS, LAMPS], [BOATS, alike, CREWS, LAMPS, GUARDS])
    assert changes(diff) == [("added", None, alike), ("moved", GUARDS, GUARDS)]


# --- counts for the build report


def test_counts_of_passages_go_by_their_sentences() -> None:
    old = [section(IFO, f"{BOATS} {GUARDS}", "The office keeps a register of vessels.", CREWS), section(WLA, LAMPS)]
    new = [section(IFO, BOATS, f"The office keeps a list of vessels. {CREWS}", "Nets are mended by sailors at home.")]
    counts = count_passages(compare(old, new))
    # GUARDS went from the first passage; LAMPS went with its section; the second has one changed sentence.
    assert counts[:5] == (0, 2, 1, 0, 1)
    assert counts[5:] == (0, 1, 0, 0, 0, 1)


def test_counts_of_moved_passages() -> None:
    old = [section(IFO, BOATS, CREWS, f"{GUARDS} {LAMPS}")]
    counts = count_passages(compare(old, [section(IFO, CREWS, f"{GUARDS} {LAMPS}", BOATS)]))
    assert counts[:5] == (2, 0, 0, 1, 0)


def test_an_edition_without_passages_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="without passages"):
        compare([], [section(IFO, BOATS)])


# --- what holds for any two editions

WORDS = st.sampled_from("boats nets crews count mend sail 22 59 the of co-operate “sea” – • art. May 2018".split())
SENTENCE = st.lists(WORDS, min_size=1, max_size=8).map(lambda words: " ".join(["The", *words]) + ".")
TEXT = st.lists(SENTENCE, min_size=1, max_size=4).map(" ".join)
SECTION = st.tuples(
    st.sampled_from([None, IFO, WLA]),
    st.lists(st.sampled_from(["Boats", "Nets", "3. Crews"]), max_size=2).map(tuple),
    st.lists(TEXT | TEXT.map("[note]{}".format), min_size=1, max_size=3),
).map(lambda drawn: section(drawn[0], *drawn[2], path=drawn[1]))
PAPER = st.lists(SECTION, min_size=1, max_size=5)


@settings(deadline=None)
@given(paper=PAPER)
def test_an_edition_is_the_same_as_itself(paper: list[Section]) -> None:
    diff = compare(paper, paper)
    assert diff.is_same
    assert changes(diff) == []
    assert [part.share for part in diff.parts] == [0.0] * len(diff.parts)


def places(passages: Sequence[Passage]) -> Counter[Place]:
    return Counter(Place(passage.id, number) for passage in passages for number in range(len(passage.sentences)))


@settings(max_examples=200, deadline=None)
@given(old=PAPER, new=PAPER)
def test_every_sentence_of_both_editions_has_one_status(old: list[Section], new: list[Section]) -> None:
    sides = edition(OLD, *old), edition(NEW, *new)
    diff = compare_editions(*sides, ((), ()))
    found: tuple[Counter[Place], Counter[Place]] = (Counter(), Counter())
    for part in diff.parts:
        for same in part.same:
            found[0].update(same.old)
            found[1].update(same.new)
        for change in part.changes:
            found[0].update(change.old.places if change.old else ())
            found[1].update(change.new.places if change.new else ())
            assert (change.old is None, change.new is None) == (change.kind == "added", change.kind == "removed")
    assert found == (places(sides[0]), places(sides[1]))


@settings(deadline=None)
@given(old=PAPER, new=PAPER)
def test_shares_and_words_are_those_of_the_text(old: list[Section], new: list[Section]) -> None:
    diff = compare(old, new)
    for part in diff.parts:
        assert 0 <= part.share <= 1
        for change in part.changes:
            if change.kind == "changed":
                assert change.old is not None
                assert change.new is not None
                assert "".join(step.old for step in change.words) == change.old.text
                assert "".join(step.new for step in change.words) == change.new.text
                assert any(step.op != "equal" for step in change.words)
                for step in change.words:
                    alike = normal_form(step.old) == normal_form(step.new)
                    assert alike == (step.op == "equal"), step


def ends(diff: EditionDiff, side: int) -> list[str]:
    return sorted(part.label for part in diff.parts if (part.old, part.new)[side] is None)


@settings(deadline=None)
@given(old=PAPER, new=PAPER)
def test_going_back_swaps_what_came_and_what_went(old: list[Section], new: list[Section]) -> None:
    there, back = compare(old, new), compare(new, old)
    assert (ends(there, 0), ends(there, 1)) == (ends(back, 1), ends(back, 0))
    assert there.is_same == back.is_same


@settings(deadline=None)
@given(paper=PAPER, data=st.data())
def test_cutting_passages_otherwise_is_no_change(paper: list[Section], data: st.DataObject) -> None:
    recut = []
    for owner, path, texts in paper:
        text = [body for body in texts if not body.startswith("[note]")]
        notes = [body for body in texts if body.startswith("[note]")]
        cut = data.draw(st.integers(0, len(text)))
        recut.append((owner, path, [*filter(None, (" ".join(text[:cut]), " ".join(text[cut:]))), *notes]))
    ordered = [(owner, path, sorted(texts, key=lambda body: body.startswith("[note]"))) for owner, path, texts in paper]
    assert compare(ordered, recut).is_same
