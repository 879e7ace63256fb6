"""Names and their short names in running text; all are invented."""

from __future__ import annotations

import pytest

from pipeline.reading.definitions import collect_definitions, expansions, find_definitions


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is led by the Northern Relief Agency (NRA).", [("NRA", "Northern Relief Agency")]),
        ("The Office for Ships and Harbours (OSH) and", [("OSH", "Office for Ships and Harbours")]),
        (
            "the Counter-Piracy Committee Executive Body (CEB) said",
            [("CEB", "Counter-Piracy Committee Executive Body"), ("CEB", "Committee Executive Body")],
        ),
        ("in the annual report (2018) it says", []),
        ("the members of the group (see below) meet", []),
        ("many sources of money (NRA) were", []),
        ("The Agency (PDF, 2 MB)", []),
        ("", []),
    ],
)
def test_definitions_are_found(text: str, found: list[tuple[str, str]]) -> None:
    assert find_definitions(text) == found


def test_a_short_name_spells_a_full_one_or_nothing() -> None:
    assert expansions("NRA", "led by the Northern Relief Agency") == ["Northern Relief Agency"]
    assert expansions("NRA", "led by the Global Harbour Council") == []


def test_definitions_are_collected_by_either_name() -> None:
    found = collect_definitions(["The Northern Relief Agency (NRA) helps.", "The northern-relief agency (NRA)."])
    assert found["nra"] == ["Northern Relief Agency"]
    assert found["northernreliefagency"] == ["NRA"]
