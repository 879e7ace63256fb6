"""Which abbreviated names are those of organizations: by their head nouns, by what they do, by their company."""

from __future__ import annotations

import pytest

from pipeline.datatypes import Organization
from pipeline.reading.bodies import Evidence, find_bodies, is_body
from pipeline.reading.definitions import find_definitions


def bodies(*texts: str) -> list[Organization]:
    evidence = Evidence()
    for text in texts:
        evidence.add(text, find_definitions(text))
    return find_bodies(evidence)


@pytest.mark.parametrize(
    "name",
    [
        "World Food Council", "Office of the High Commissioner for Fish", "Organization for Co-operation in Harbours",
        "High-level Committee on Lamps", "United Nations Educational, Scientific and Cultural Organization",
        "Organisation internationale pour les phares", "Fonds monétaire international", "Haut-Commissariat aux phares",
        "Comisión Económica para los Faros", "Nederlandse Kustdienst", "Deutscher Wetterverband", "Harbour Police",
    ],
)  # fmt: skip
def test_names_of_bodies(name: str) -> None:
    assert is_body(name)


@pytest.mark.parametrize(
    "name",
    [
        "Sustainable Development Goals", "trafficking in persons", "Convention of the Harbour Union",
        "Council Regulation",
        "Report of the Committee on Lamps", "Bank Secrecy Act", "Official development assistance", "working group",
        "Global Programme of Action", "Multilateral Development Banks", "Committee", "Central Lamp Republic",
        "The state. United Lamp Fund",
    ],
)  # fmt: skip
def test_names_of_other_things(name: str) -> None:
    assert not is_body(name)


def test_a_plan_does_not_act_and_a_programme_that_acts_is_a_body() -> None:
    silent = "The World Lamp Programme (WLP) is long. The Lamp Goals (LGs) are three."
    assert bodies(silent) == []
    assert bodies(silent, "In 2020 WLP trained keepers.", "WLP's staff has grown.") == [
        Organization("WLP", "World Lamp Programme")
    ]


def test_who_stands_in_a_row_with_bodies_is_one() -> None:
    texts = [
        "The World Lamp Agency (WLA) and the World Oil Programme (WOP).",
        "The WLA, WOP and others met. WOP and WLA met again.",
    ]
    assert [body.acronym for body in bodies(*texts)] == ["WLA", "WOP"]


def test_letters_that_are_not_in_order() -> None:
    assert bodies("Money comes from the World Lamp Fund (WFLA).") == [Organization("WFLA", "World Lamp Fund")]
    assert bodies("Ask the Investigation and Identification Team (IIT).") == [
        Organization("IIT", "Investigation and Identification Team")
    ]


def test_spellings_of_one_body_are_its_aliases_and_a_rarer_other_one_is_left() -> None:
    found = bodies(
        "the Harbour Agency of the Sea (HAS)", "the Harbour Agency of the Sea (HAS)", "Sea Harbour Agency (HAS)",
        "the Humble Association of Singers (HAS)",
    )  # fmt: skip
    assert found == [Organization("HAS", "Harbour Agency of the Sea")]
    assert bodies("the World Lamp Entity (WLE)", "World Lamp Entity (W-Lamps)")[0].aliases == ("W-Lamps",)
