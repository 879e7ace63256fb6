"""A question is asked in both spellings of a defined name."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pipeline.reading.names import Definition, definition_key
from pipeline.searching.glossary import expand

KNOWN = [
    Definition("SDGs", "Sustainable Development Goals", 3),
    Definition("SDG", "Sustainable Development Goals"),
    Definition("GMG", "Global Migration Group"),
    Definition("DPA", "Department of Political Affairs"),
    Definition("DPA", "Department of Public Affairs"),
    Definition("WHO", "World Health Organization"),
    Definition("NRM", "National Referral Mechanism"),
    Definition("CTED", "Counter-Terrorism Committee Executive Directorate"),
    Definition("CTC", "Counter-Terrorism Committee"),
]


def look_up(keys: Sequence[str]) -> list[Definition]:
    return [item for item in KNOWN if {definition_key(item.short), definition_key(item.full)} & set(keys)]


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("sustainable development goals", "sustainable development goals (SDGs)"),
        ("Which SDGs matter?", "Which Sustainable Development Goals (SDGs) matter?"),
        ("an SDG", "an Sustainable Development Goals (SDG)"),
        ("the GMG's members", "the Global Migration Group (GMG)'s members"),
        ("who leads the GMG?", "who leads the Global Migration Group (GMG)?"),
        ("What does the Counter-Terrorism Committee Executive Directorate do?",
         "What does the Counter-Terrorism Committee Executive Directorate (CTED) do?"),
        ("GMG and NRMs", "Global Migration Group (GMG) and National Referral Mechanism (NRMs)"),
        # Not clear, not capitals, already in both spellings, or not defined.
        ("What does DPA do?", "What does DPA do?"),
        ("the Department of Public Affairs", "the Department of Public Affairs (DPA)"),
        ("who helps?", "who helps?"),
        ("the Global Migration Group (GMG)", "the Global Migration Group (GMG)"),
        ("GMG, the Global Migration Group", "GMG, the Global Migration Group"),
        ("goals", "goals"),
        ("", ""),
    ],
)  # fmt: skip
def test_expand(question: str, asked: str) -> None:
    assert expand(question, look_up) == asked
