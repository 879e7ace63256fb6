"""Which section of one edition is which of the other, and their headings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.comparing.compare import compare_editions
from pipeline.comparing.pages import sentence_pages
from pipeline.comparing.parts import find_moved, is_renamed
from pipeline.datatypes import Box, Organization, PageBox
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
    edition,
    section,
)

CRN = Organization("CRN", "Coastal Rescue Network")
DHO = Organization("DHO", "Department of Harbour Operations", ("Harbour Department",))
TEXTS = {
    "IFO": f"{BOATS} {GUARDS}",
    "WLA": f"{LAMPS} Keepers are trained to help children and families after a wreck on the coast.",
    "CRN": "The network coordinates lifeboats of many countries. Its crews are volunteers who leave when it calls.",
    "DHO": "The department advises ports on safety and order. Its handbook tells how cranes are checked each year.",
}
ALL = [section(owner, TEXTS[owner.acronym]) for owner in (IFO, WLA, CRN, DHO)]


def renamed_to(owner: Organization) -> list[Section]:
    return [*ALL[:3], section(owner, TEXTS["DHO"])]


# --- sections


@pytest.mark.parametrize(
    "owner",
    [
        replace(DHO, name="Department of Port Safety"),  # the same acronym
        Organization("DPS", "Department of Port Safety", ("Department of Harbour Operations",)),  # formerly …
        Organization("HD", "Harbour Department"),  # a name the old edition gives as an alias
        Organization("DPS", "Department of Port Safety"),  # nothing but the content
    ],
)
def test_a_renamed_organization_is_recognised(owner: Organization) -> None:
    diff = compare(ALL, renamed_to(owner))
    assert [part.renamed for part in diff.parts] == [False, False, False, True]
    assert [(part.old is None, part.new is None) for part in diff.parts] == [(False, False)] * 4
    assert changes(diff) == []
    assert [part.headings for part in diff.parts] == [()] * 4
    assert not diff.is_same


def test_another_spelling_of_a_name_is_no_new_name() -> None:
    old = Organization("OSCE", "Organization for Security and Co-operation in Europe")
    new = Organization("OSCE", "Organisation for Security and Cooperation in Europe")
    assert not is_renamed(old, new)
    (part,) = compare([section(old, BOATS)], [section(new, BOATS)]).parts
    assert not part.renamed
    assert [(change.old, change.new) for change in part.headings] == [
        (
            ("Organization for Security and Co-operation in Europe (OSCE)",),
            ("Organisation for Security and Cooperation in Europe (OSCE)",),
        )
    ]


def test_organizations_with_little_in_common_are_not_paired() -> None:
    other = section(Organization("DSA", "Deep Sea Archive"), "The archive stores mud. Scholars borrow slices of it.")
    diff = compare(ALL, [*ALL[:3], other])
    assert [(part.label, part.old is None, part.new is None) for part in diff.parts[3:]] == [
        ("DSA", True, False),
        ("DHO", False, True),
    ]


def test_a_quotation_does_not_make_two_sections_the_same() -> None:
    long = " ".join(f"Sentence number {number} of the long section tells something else." for number in range(40))
    quoting = section(Organization("DSA", "Deep Sea Archive"), f"{TEXTS['DHO']} {long}")
    diff = compare(ALL, [*ALL[:3], quoting])
    assert [(part.label, part.old is None) for part in diff.parts[3:]] == [("DSA", True), ("DHO", False)]
    # What it took over has moved.
    assert [change.kind for change in diff.parts[3].changes[:3]] == ["moved", "moved", "added"]
    assert diff.parts[4].changes == ()


@pytest.mark.parametrize(
    ("order", "moved"),
    [
        ([0, 1, 2, 3], []),
        ([1, 2, 3, 0], ["IFO"]),
        ([3, 0, 1, 2], ["DHO"]),
        ([0, 3, 1, 2], ["DHO"]),
        ([2, 0, 1], ["CRN"]),
    ],
)
def test_the_fewest_sections_that_explain_the_new_order_have_moved(order: list[int], moved: list[str]) -> None:
    diff = compare(ALL, [ALL[position] for position in order])
    assert [part.label for part in diff.parts if part.moved] == moved


def test_of_two_that_changed_places_the_shorter_moved() -> None:
    assert find_moved([1, 0], [300, 200]) == {1}
    assert find_moved([1, 0], [200, 300]) == {0}


@settings(deadline=None)
@given(st.permutations(range(7)))
def test_what_did_not_move_kept_its_order(order: list[int]) -> None:
    moved = find_moved(order, [10] * 7)
    kept = [old for position, old in enumerate(order) if position not in moved]
    assert kept == sorted(kept)
    assert (not moved) == (order == sorted(order))


def test_sections_that_nobody_owns_go_by_their_heading() -> None:
    old = [section(None, BOATS), section(None, LAMPS, path=["1. Findings"]), section(None, CREWS, path=["Annex"])]
    new = [section(None, BOATS), section(None, LAMPS, path=["2. Findings:"]), section(None, CREWS, path=["Appendix"])]
    diff = compare(old, new)
    assert [part.label for part in diff.parts] == ["(before the first heading)", "2. Findings:", "Appendix"]
    assert [[(change.old, change.new) for change in part.headings] for part in diff.parts] == [
        [],
        [],
        [(("Annex",), ("Appendix",))],
    ]
    assert not any(part.renamed for part in diff.parts)


def test_members_without_a_section_that_come_or_go_are_listed() -> None:
    passages = edition(OLD, *ALL), edition(NEW, *ALL)
    unesco, ipu, dsa = (Organization(name, f"The {name}") for name in ("UNESCO", "IPU", "DSA"))
    same = replace(ipu, acronym="I.P.U.", name="Island Post Union")
    diff = compare_editions(*passages, ([IFO, WLA, unesco, ipu], [IFO, WLA, same, dsa]))
    assert (diff.members_added, diff.members_gone) == ((dsa,), (unesco,))
    assert not diff.is_same


# --- headings


def under(*headings: str, text: str = BOATS) -> Section:
    return section(IFO, text, path=headings)


def test_a_heading_spelled_otherwise_is_no_change_of_text() -> None:
    diff = compare([under("Capacity building"), ALL[1]], [under("Building capacities"), ALL[1]])
    assert changes(diff) == []
    top = "International Fishing Office (IFO)"
    (heading,) = diff.parts[0].headings
    assert (heading.old, heading.new) == ((top, "Capacity building"), (top, "Building capacities"))
    assert heading.old_citation is not None
    assert str(heading.old_citation) == "IFO, sea-2018.pdf (2018), p. 1"


@pytest.mark.parametrize("title", ["CAPACITY  BUILDING", "Capacity-building:", "3.1 Capacity building"])
def test_case_typography_and_number_of_a_heading_are_no_change(title: str) -> None:
    assert compare([under("Capacity building")], [under(title)]).is_same


def test_headings_that_come_and_go() -> None:
    diff = compare([under("Boats"), under("Crews", text=CREWS)], [under("Boats"), under("Boats", "Small", text=CREWS)])
    assert [(change.old, change.new) for change in diff.parts[0].headings] == [
        (("International Fishing Office (IFO)", "Crews"), ("International Fishing Office (IFO)", "Boats", "Small"))
    ]
    more = [under("Boats"), under("Nets", text=LAMPS)]
    (part,) = compare([under("Boats")], more).parts
    assert [(change.old, change.new and change.new[-1]) for change in part.headings] == [(None, "Nets")]
    (part,) = compare(more, [under("Boats")]).parts
    assert [(change.old and change.old[-1], change.new) for change in part.headings] == [("Nets", None)]


# --- pages


def test_a_sentence_has_the_pages_of_its_own_lines() -> None:
    sentences = [f"Then {'word ' * 18}end{number:02}." for number in range(10)]  # each fills one line
    (passage,) = edition(OLD, section(IFO, " ".join(sentences)))
    boxes = tuple(PageBox(1 if line < 6 else 2, Box(70, 0, 470, 10)) for line in range(10))
    passage = replace(passage, pages=(1, 2), page_labels=("1", "2"), boxes=boxes)
    found = [sentence_pages(passage, *span) for span in passage.sentences]
    assert found == [(1,)] * 5 + [(1, 2)] * 2 + [(2,)] * 3  # a sentence at the border may reach over it
    assert sentence_pages(replace(passage, boxes=()), *passage.sentences[0]) == (1, 2)
