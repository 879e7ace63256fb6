"""All names are invented: nothing in the pipeline may know the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.datatypes import Organization
from pipeline.datatypes.page import Heading, Section
from pipeline.reading.organizations import find_organizations
from pipeline.reading.unwrap import Prose
from tests.papers import BOLD, Text, paragraph
from tests.reading.records import line, prose_of, read, stack

MEMBERS = [
    "The members are the following:",
    "• The Northern Relief Agency (NRA);",
    "• Global Harbour Council (GHC);",
    "• International League of Pilots (ILP – Pilotleague);",
    "• The Sunrise Bank; and",
    "• United Gardens Programme (UGP).",
]
Part = tuple[int, str | None, list[str]]  # level, heading and lines of a section


def organize(*parts: Part) -> tuple[list[str | None], list[Organization]]:
    """Give the owner of each section, and the organizations; section n stands on page n + 1."""
    sections: list[Section] = []
    proses: list[Prose] = []
    path: list[tuple[int, str]] = []
    for number, (level, text, texts) in enumerate(parts):
        lines = stack(texts, page=number + 1)
        heading = Heading(text, level, (line(text, page=number + 1, size=16),)) if text else None
        path = [*(item for item in path if item[0] < level), (level, text)] if text else path
        sections.append(Section(number, level, tuple(words for _, words in path), heading, tuple(lines)))
        proses.append(prose_of(lines))
    owned, organizations = find_organizations(sections, proses)
    return [section.organization for section in owned], organizations


def names(organizations: Sequence[Organization]) -> list[tuple[str, str]]:
    return [(organization.acronym, organization.name) for organization in organizations]


def test_heading_with_a_short_name_owns_its_section_and_those_below_it() -> None:
    owners, organizations = organize(
        (1, "Introduction", ["Some words."]),
        (1, "Northern Relief Agency (NRA)", ["The agency helps."]),
        (2, "Capacity building", ["It trains."]),
        (1, "Global Harbour Council (GHC)", ["The council meets."]),
    )
    assert owners == [None, "NRA", "NRA", "GHC"]
    assert organizations == [
        Organization("NRA", "Northern Relief Agency", pages=(2, 3)),
        Organization("GHC", "Global Harbour Council", pages=(4, 4)),
    ]


def test_section_of_nobody_ends_the_section_of_an_owner() -> None:
    owners, _ = organize(
        (1, "Northern Relief Agency (NRA)", ["The agency helps."]),
        (1, "Global Harbour Council (GHC)", ["The council meets."]),
        (1, "Annex", ["A list."]),
        (2, "Sources", ["More."]),
    )
    assert owners == ["NRA", "GHC", None, None]


def test_article_is_no_part_of_a_name() -> None:
    _, organizations = organize((1, "The Northern Relief Agency (NRA)", ["It helps."]))
    assert names(organizations) == [("NRA", "Northern Relief Agency")]


def test_member_without_a_short_name_owns_the_section_that_bears_its_name() -> None:
    owners, organizations = organize(
        (1, "Introduction", MEMBERS),
        (1, "Northern Relief Agency (NRA)", ["The agency helps."]),
        (1, "The Sunrise Bank", ["It lends."]),
    )
    assert owners == [None, "NRA", "Sunrise Bank"]
    assert ("Sunrise Bank", "Sunrise Bank") in names(organizations)


def test_members_without_a_section_are_listed_last_without_pages() -> None:
    _, organizations = organize((1, "Introduction", MEMBERS), (1, "Global Harbour Council (GHC)", ["It meets."]))
    assert [(organization.acronym, organization.pages) for organization in organizations] == [
        ("GHC", (2, 2)),
        ("NRA", None),
        ("ILP – Pilotleague", None),
        ("Sunrise Bank", None),
        ("UGP", None),
    ]


def test_member_with_two_short_names_has_each_as_an_alias() -> None:
    _, organizations = organize(
        (1, "Introduction", MEMBERS), (1, "Pilots World Organization (PILOTLEAGUE)", ["It flies."])
    )
    assert organizations[0] == Organization(
        "PILOTLEAGUE",
        "Pilots World Organization",
        ("International League of Pilots", "ILP – Pilotleague", "ILP", "Pilotleague"),
        (2, 2),
    )


def test_other_name_in_the_member_list_is_an_alias() -> None:
    _, organizations = organize(
        (1, "Introduction", MEMBERS), (1, "Northern Agency for Relief (NRA)", ["The agency helps."])
    )
    assert organizations[0] == Organization("NRA", "Northern Agency for Relief", ("Northern Relief Agency",), (2, 2))


def test_definition_in_the_text_is_an_alias() -> None:
    _, organizations = organize(
        (1, "Northern Relief Agency (NRA)", ["The agency helps."]),
        (1, "Global Harbour Council (GHC)", ["It works with the Nordic Relief Administration (NRA) on this."]),
    )
    assert organizations[0].aliases == ("Nordic Relief Administration",)


def test_other_short_name_of_the_full_name_is_an_alias() -> None:
    _, organizations = organize(
        (1, "Northern Relief Agency (NRA)", ["The Northern Relief Agency (NoRA) helps."]),
        (1, "Global Harbour Council (GHC)", ["It meets."]),
    )
    assert organizations[0].aliases == ("NoRA",)


def test_bold_headings_with_short_names_of_other_things_are_no_organizations() -> None:
    owners, organizations = organize(
        (1, "Introduction", ["Some words."]),
        (1, "Sustainable Development Goals (SDGs)", ["There are 17."]),
        (1, "Trafficking in Persons (TIP)", ["It is a crime."]),
        (1, "Terms of Reference (ToR)", ["They are here."]),
    )
    assert owners == [None] * 4
    assert organizations == []


def test_one_odd_name_among_organizations_is_one_too() -> None:
    owners, _ = organize(
        (1, "Northern Relief Agency (NRA)", ["It helps."]),
        (1, "Global Harbour Council (GHC)", ["It meets."]),
        (1, "Doctors Beyond Seas (DBS)", ["They heal."]),
    )
    assert owners == ["NRA", "GHC", "DBS"]


def test_heading_without_a_short_name_needs_a_section_that_speaks_of_it() -> None:
    owners, _ = organize(
        (1, "Northern Relief Agency (NRA)", ["It helps."]),
        (1, "The Sunrise Bank", ["The Sunrise Bank lends. The Sunrise Bank also gives."]),
        (1, "Agency Reform", ["Everything must change."]),
    )
    assert owners == ["NRA", "Sunrise Bank", None]


def test_owners_stand_on_a_lower_level_if_the_upper_headings_are_parts() -> None:
    owners, organizations = organize(
        (1, "Part One", ["Agencies."]),
        (2, "Northern Relief Agency (NRA)", ["It helps."]),
        (3, "Mandate", ["It is told to help."]),
        (2, "Global Harbour Council (GHC)", ["It meets."]),
        (1, "Part Two", ["Others."]),
        (2, "United Gardens Programme (UGP)", ["It plants."]),
    )
    assert owners == [None, "NRA", "NRA", "GHC", None, "UGP"]
    assert [organization.pages for organization in organizations] == [(2, 3), (4, 4), (6, 6)]


def profiles(*headings: str, below: Sequence[str] = ("Introduction", "Aims", "Changes")) -> list[Part]:
    """Give a section of each heading, all with the same sub-headings."""
    return [
        part
        for heading in headings
        for part in [(1, heading, ["Some words."]), *((2, title, ["More words."]) for title in below)]
    ]


def test_profiles_of_which_some_are_of_organizations_are_all_of_organizations() -> None:
    # Found in a compendium of fifteen associations, of which two had a short name: only they were known.
    owners, organizations = organize(
        *profiles("1. Lampes sans frontière", "2. Harbour Programme (HAP)", "3. Kobra", "4. Conseil des phares (CDP)"),
        (1, "Annex", ["A list."]),
        (2, "Sources", ["Words."]),
    )
    assert owners == [
        *["Lampes sans frontière"] * 4, *["HAP"] * 4, *["Kobra"] * 4, *["CDP"] * 4, None, None,
    ]  # fmt: skip
    assert names(organizations) == [
        ("Lampes sans frontière", "Lampes sans frontière"),
        ("HAP", "Harbour Programme"),
        ("Kobra", "Kobra"),
        ("CDP", "Conseil des phares"),
    ]


@pytest.mark.parametrize(
    "parts",
    [
        profiles("Northland", "Union of Northern States (UNS)", "Southland", "Westland"),
        profiles("Northland", "Eastland", "Southland", "Westland"),
        profiles("Harbour Agency (HAG)", "Lamp Office (LAO)", "Kobra", "Westland", below=["Introduction"]),
        [
            *profiles("Harbour Agency (HAG)", below=["Mandate", "Staff"]),
            *profiles("Lamp Office (LAO)", below=["Lamps", "Wicks"]),
            *profiles("Kobra", below=["Snakes", "Poison"]),
        ],
    ],
    ids=["one union among countries", "countries", "one shared sub-heading", "no shared sub-headings"],
)
def test_sections_that_are_no_profiles_of_organizations(parts: list[Part]) -> None:
    owners, _ = organize(*parts)
    assert {owner for owner in owners if owner} <= {"UNS", "HAG", "LAO"}


def test_a_name_among_organizations_is_one_too() -> None:
    # Found in a report of seven agencies' work: the text defines the short names of six.
    owners, _ = organize(
        (1, "Work of members", ["Some words."]),
        (2, "Northern Relief Agency (NRA)", ["It helps."]),
        (2, "Harbour System Organization", ["It meets."]),
        (2, "Lamp Office (LAO)", ["It counts lamps."]),
        (2, "Agency Reform", ["Everything must change."]),
        (2, "Global Harbour Council (GHC)", ["It meets."]),
        (1, "Outlook", ["Some words."]),
        (2, "Future of the Council", ["It may end."]),
    )
    assert owners == [None, "NRA", "Harbour System Organization", "LAO", None, "GHC", None, None]


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("3. Northern Relief Agency (NRA)", "Northern Relief Agency"),
        ("3 Northern Relief Agency (NRA)", "Northern Relief Agency"),
        ("IV. The Northern Relief Agency (NRA)", "Northern Relief Agency"),
        ("Mandate of the Northern Relief Agency (NRA)", "Northern Relief Agency"),
        ("2.1 Work and role of Northern Relief Agency (NRA)", "Northern Relief Agency"),
        ("Office of the Northern Relief Agency (ONRA)", "Office of the Northern Relief Agency"),
        ("Friends of the Northern Relief Agency (FNRA)", "Friends of the Northern Relief Agency"),
        ("350.org Agency (NRA)", "350.org Agency"),
    ],
)
def test_numbering_and_what_is_told_of_it_are_no_part_of_a_name(heading: str, name: str) -> None:
    _, organizations = organize((1, heading, ["It helps."]))
    assert [organization.name for organization in organizations] == [name]


NRA = "Northern Relief Agency"


@pytest.mark.parametrize(
    ("heading", "text", "found"),
    [
        ("NRA", f"The {NRA} (NRA) helps.", [("NRA", NRA)]),
        (NRA, f"The {NRA} (NRA) helps.", [("NRA", NRA)]),
        ("NRA – Northern Relief Agency", "It helps.", [("NRA", NRA)]),
        ("NRA: The Northern Relief Agency", "It helps.", [("NRA", NRA)]),
        ("Northern Relief Agency - NRA", "It helps.", [("NRA", NRA)]),
        ("NRA", "It helps.", []),  # nobody says what it is
        ("NRG", "The Northern Relief Goals (NRG) are many.", []),  # no kind of organization
        ("NRA: results of a year", "It helps.", []),
        ("Harbours – an overview", "It helps.", []),
        ("Agency Reform", "The reform of agencies (RoA) goes on.", []),
    ],
)
def test_headings_that_give_one_name_or_both(heading: str, text: str, found: list[tuple[str, str]]) -> None:
    owners, organizations = organize((1, heading, [text]), (1, "Annex", ["A list."]))
    assert names(organizations) == found
    assert owners == ([found[0][0], None] if found else [None, None])


def test_an_article_before_a_small_letter_is_a_part_of_the_name() -> None:
    _, organizations = organize((1, "La banque pour tous (BPT)", ["Elle aide."]))
    assert names(organizations) == [("BPT", "La banque pour tous")]


def test_list_of_other_things_is_no_list_of_members() -> None:
    items = ["The pillars are:", "• Prevention of trafficking;", "• Protection of victims (PoV);", "• Prosecution."]
    assert organize((1, "Introduction", items))[1] == []


def test_list_of_two_organizations_is_no_list_of_members() -> None:
    assert organize((1, "Introduction", MEMBERS[:3]))[1] == []


def test_list_in_an_owned_section_names_partners_not_members() -> None:
    owners, organizations = organize(
        (1, "Northern Relief Agency (NRA)", ["It works with:", *MEMBERS[2:]]),
        (1, "Harbour Council (HC)", ["It meets."]),
    )
    assert owners == ["NRA", "HC"]
    assert names(organizations) == [("NRA", "Northern Relief Agency"), ("HC", "Harbour Council")]


def test_paper_without_headings_has_no_owners() -> None:
    owners, organizations = organize((1, None, ["The Northern Relief Agency (NRA) helps."]))
    assert (owners, organizations) == ([None], [])


def test_owner_is_on_every_passage_of_a_pdf(tmp_path: Path) -> None:
    text = ["The work of the members goes on in many places of the", "world and has done so for a long time."]
    page = [
        Text("Introduction", 100, size=16, font=BOLD),
        *paragraph(text, 130),
        Text("Northern Relief Agency (NRA)", 200, size=16, font=BOLD),
        *paragraph(text, 230),
        Text("Global Harbour Council (GHC)", 300, size=16, font=BOLD),
        *paragraph(text, 330),
    ]
    _, passages = read(tmp_path / "paper.pdf", [page])
    assert [(str(passage.citation), passage.organization and passage.organization.name) for passage in passages] == [
        ("paper-2018.pdf (2018), p. 1", None),
        ("NRA, paper-2018.pdf (2018), p. 1", "Northern Relief Agency"),
        ("GHC, paper-2018.pdf (2018), p. 1", "Global Harbour Council"),
    ]


def owned_pages(organizations: list[Organization]) -> list[tuple[str, tuple[int, int] | None]]:
    return [(item.acronym, item.pages) for item in organizations]


def test_organization_with_two_sections_is_one() -> None:
    _, organizations = organize(
        (1, "Harbour Agency (HBA)", ["It inspects harbours."]),
        (1, "Forest Office (FOO)", ["It plants forests."]),
        (1, "Harbour Agency (HBA)", ["It trains pilots."]),
    )
    assert owned_pages(organizations) == [("HBA", (1, 3)), ("FOO", (2, 2))]


def test_member_of_two_lists_is_one_and_the_owners_full_name_is_the_owner() -> None:
    listed = [
        "The members are:",
        "• Harbour Agency;",
        "• Rail Bureau (RWB);",
        "• Sea Council (SCO);",
        "• Air Board (AIB).",
    ]
    _, organizations = organize(
        (1, "Introduction", listed),
        (1, "Harbour Agency (HBA)", ["It inspects harbours."]),
        (1, "Closing words", listed),
    )
    assert owned_pages(organizations) == [("HBA", (2, 2)), ("RWB", None), ("SCO", None), ("AIB", None)]


def test_partners_listed_in_an_owned_subsection_are_no_members() -> None:
    partners = ["They are:", "• Rail Bureau (RWB);", "• Sea Council (SCO);", "• Air Board (AIB)."]
    _, organizations = organize(
        (1, "Harbour Agency (HBA)", ["It inspects harbours."]),
        (2, "Partners", partners),
        (1, "Forest Office (FOO)", ["It plants forests."]),
    )
    assert owned_pages(organizations) == [("HBA", (1, 2)), ("FOO", (3, 3))]
