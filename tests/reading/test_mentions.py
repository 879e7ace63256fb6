"""Who is named in a text, and who only seems to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datatypes import Organization, Passage
from pipeline.datatypes.page import Document
from pipeline.reading.mentions import SHORT_NAME, Names

ILO = Organization("ILO", "International Labour Office", ("Labour Office", "Bureau (Geneva)"))
UN = Organization("UN", "United Nations")
WOMEN = Organization("UN Women", "United Nations Entity for Women", ("UNW",))
BANK = Organization("Bank", "World Bank", ("World Bank Group (C++)",))
ALL = Names([ILO, UN, WOMEN, BANK])


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("what does the ILO do?", {"ILO"}),
        ("ILO", {"ILO"}),
        ("the ILO's staff", {"ILO"}),
        ("ILO/UN", {"ILO", "UN"}),
        ("(ILO)", {"ILO"}),
        ("ILO-led work", {"ILO"}),
        ("UNW and Bank", {"UN Women", "Bank"}),
        ("a kilo of lamps", set()),
        ("a KILO of lamps", set()),
        ("ILOs", set()),
        ("ILO_2", set()),
        ("ilo", set()),
        ("Ilo", set()),
        ("who banks on it?", set()),
        ("the bank of the river", set()),
        ("", set()),
    ],
)
def test_a_short_name_counts_as_the_paper_writes_it_and_as_a_word_of_its_own(text: str, named: set[str]) -> None:
    assert ALL.named(text) == named


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("the international labour office", {"ILO"}),
        ("the LABOUR OFFICE", {"ILO"}),
        ("a Labour Office’s report", {"ILO"}),
        ("labour offices", set()),
        ("collabour office", set()),
        ("in bureau (geneva), yes", {"ILO"}),
        ("Bureau Geneva", set()),
        ("WORLD BANK GROUP (C++)", {"Bank"}),
        ("world bank group (ccc)", {"Bank"}),  # the shorter name in it
        ("un women", {"UN Women"}),
    ],
)
def test_a_long_name_counts_in_any_case_and_is_no_pattern(text: str, named: set[str]) -> None:
    assert ALL.named(text) == named


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("UN Women", {"UN Women"}),
        ("the UN Women and the UN", {"UN Women", "UN"}),
        ("United Nations Entity for Women", {"UN Women"}),
        ("the United Nations", {"UN"}),
        ("World Bank", {"Bank"}),
        ("UN, women", {"UN"}),
        ("In ẞtraße, UN Women", {"UN Women"}),
        ("In ẞtraße, UN women; the UN", {"UN Women", "UN"}),
    ],
)
def test_of_overlapping_names_the_longest_counts(text: str, named: set[str]) -> None:
    assert ALL.named(text) == named


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Straßenverein", "STRASSENVEREIN"),
        ("STRASSENVEREIN", "der Straßenverein"),
        ("Ελληνικός Σύνδεσμος", "ΕΛΛΗΝΙΚΌΣ ΣΎΝΔΕΣΜΟΣ"),
        ("Красный Крест", "красный крест"),
        ("İzmir Limanı", "İzmir Limanı".lower()),
    ],
)
def test_case_is_folded_in_every_script(name: str, text: str) -> None:
    assert Names([Organization("X", name)]).named(f"– {text} –") == {"X"}


def test_one_name_may_stand_for_several() -> None:
    both = Names([Organization("A", "Department of Affairs", ("DA",)), Organization("B", "department of affairs")])
    assert both.named("the Department of Affairs") == {"A", "B"}
    assert both.named("the DA") == {"A"}


def test_without_organizations_nobody_is_named() -> None:
    assert Names([]).named("UN Women, ILO and the World Bank") == set()


NAME = st.text(alphabet="aAbB.*+?()[]|\\^$-’ é", min_size=1, max_size=14).filter(lambda name: bool(name.strip()))


@given(names=st.lists(NAME, min_size=1, max_size=5, unique_by=str.casefold), pick=st.integers(0, 4))
def test_a_name_by_itself_names_its_owner_whatever_its_characters(names: list[str], pick: int) -> None:
    organizations = [Organization(f"{number}#", name) for number, name in enumerate(names)]
    chosen = pick % len(names)
    found = Names(organizations).named(names[chosen])
    assert found == {f"{chosen}#"}


@given(name=NAME)
def test_a_short_name_in_other_case_is_not_the_name(name: str) -> None:
    named = Names([Organization("0#", name)]).named(name.swapcase())
    assert named == ({"0#"} if len(name) >= SHORT_NAME or name.swapcase() == name else set())


def test_every_owner_of_the_paper_is_named_by_each_of_its_names(paper: tuple[Document, list[Passage]]) -> None:
    names = Names(paper[0].organizations)
    for organization in paper[0].organizations:
        for name in (organization.acronym, organization.name, *organization.aliases):
            assert names.named(f"what does {name} do?") == {organization.acronym}, name


def test_a_question_typed_without_capitals_names_organizations_all_the_same() -> None:
    names = Names([Organization("UNHCR", "UN Refugee Agency"), Organization("WHO", "World Health Organization")])
    assert names.asked_for("what does unhcr do?") == {"UNHCR"}
    assert names.asked_for("who helps refugees?") == set()
    assert names.asked_for("What does unhcr do?") == set()
    assert names.asked_for("what does the un refugee agency do?") == {"UNHCR"}
    assert names.named("the unhcr") == set()
