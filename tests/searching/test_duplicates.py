"""What is folded into one hit, and what never is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datatypes import Edition, Organization, Passage
from pipeline.searching.duplicates import part_duplicates

ILO = Organization("ILO", "International Labour Office", pages=(3, 4))
WLA = Organization("WLA", "World Lighthouse Agency", pages=(5, 6))
# 56 words, so 52 5-grams; a word in the middle is in five of them.
TEXT = (
    "The office trains keepers of lamps in ten harbours, inspects every trawler once a year and helps shipwrecked"
    " children and their families to find a home. In 2019 it printed a handbook for pilots, which tells how forced"
    " labour aboard is recognised, whom to call, and what must not be asked before a lawyer has come."
)


def passage(text: str, owner: Organization | None = ILO, edition: str = "2020") -> Passage:
    place = Edition("sea", edition, f"sea-{edition}.pdf", "a" * 64)
    return Passage(f"sea/{edition}/0/0", place, owner, (), text, (1,), ("1",))


def alike(one: str, other: str) -> bool:
    return part_duplicates([passage(one), passage(other)]) == [[0, 1]]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (TEXT, TEXT, True),
        (TEXT, TEXT.upper(), True),
        (TEXT, f"• “{TEXT}”", True),
        (TEXT, TEXT.replace("2019", "2021"), True),  # 47 of 57
        (TEXT, TEXT.replace("2019", "2021").replace("year", "month"), False),  # 42 of 62
        (TEXT, TEXT.replace(", and what must not be asked before a lawyer has come", ""), False),  # 41 of 52
        (TEXT, TEXT.replace(" before a lawyer has come", ""), True),  # 47 of 52
        (TEXT, f"Rules {TEXT}", True),
        ("Boats are counted.", "Boats are counted", True),
        ("Boats are counted.", "Boats are painted.", False),
        ("Boats are counted.", TEXT, False),
    ],
)
def test_nearly_the_same_words_are_one_group(one: str, other: str, same: bool) -> None:
    assert alike(one, other) is alike(other, one) is same


def test_the_threshold_is_four_fifths_of_the_five_grams() -> None:
    words = [f"w{number}" for number in range(100)]
    gram_count = len(words) - 4
    changed = [*words]
    # The last words are in few 5-grams: changing the last n changes n of them.
    for wrong in range(1, 20):
        changed[-wrong] = f"x{wrong}"
        common = gram_count - wrong
        expected = common / (gram_count + wrong) >= 0.8
        assert alike(" ".join(words), " ".join(changed)) is expected, wrong


def test_two_owners_never_fall_together() -> None:
    owners = [ILO, WLA, None, ILO, None, WLA]
    assert part_duplicates([passage(TEXT, owner) for owner in owners]) == [[0, 3], [1, 5], [2, 4]]


def test_an_owner_is_the_same_in_another_edition() -> None:
    later = Organization("ILO", "International Labour Organization", ("Labour Office",), (7, 9))
    assert part_duplicates([passage(TEXT), passage(TEXT, later, "2021")]) == [[0, 1]]


def test_a_group_is_what_is_like_its_first() -> None:
    words = [f"w{number}" for number in range(60)]
    start, end = ([f"x{number}" for number in range(5)] for _ in range(2))
    one, between, other = (" ".join(text) for text in ([*start, *words[5:]], words, [*words[:55], *end]))
    assert (alike(one, between), alike(between, other), alike(one, other)) == (True, True, False)
    assert part_duplicates([passage(text) for text in (one, between, other)]) == [[0, 1], [2]]
    assert part_duplicates([passage(text) for text in (between, one, other)]) == [[0, 1, 2]]


def test_nothing_is_nothing() -> None:
    assert part_duplicates([]) == []


SENTENCE = st.lists(st.sampled_from(["boats", "lamps", "keepers", "children"]), max_size=9).map(" ".join)
PASSAGES = st.lists(st.builds(passage, SENTENCE, st.sampled_from([ILO, WLA, None])), max_size=12)


@given(PASSAGES)
def test_groups_part_the_passages_and_keep_their_order(passages: list[Passage]) -> None:
    groups = part_duplicates(passages)
    assert sorted(index for group in groups for index in group) == list(range(len(passages)))
    assert all(group == sorted(group) for group in groups)
    assert [group[0] for group in groups] == sorted(group[0] for group in groups)


@given(PASSAGES)
def test_a_group_has_one_owner_and_its_first_passages_differ(passages: list[Passage]) -> None:
    groups = part_duplicates(passages)
    for group in groups:
        assert len({passages[index].organization for index in group}) == 1
    firsts = [passages[group[0]] for group in groups]
    assert part_duplicates(firsts) == [[index] for index in range(len(firsts))]


@given(PASSAGES)
def test_the_same_words_of_one_owner_are_always_together(passages: list[Passage]) -> None:
    group_of = {index: number for number, group in enumerate(part_duplicates(passages)) for index in group}
    for first, one in enumerate(passages):
        for second, other in enumerate(passages):
            if one.text == other.text and one.organization == other.organization:
                assert group_of[first] == group_of[second]
