"""Organizations for people: what stands in which column."""

from __future__ import annotations

import pytest

from pipeline.datatypes import Organization
from pipeline.serving.organizations import in_column


@pytest.mark.parametrize(
    ("acronym", "name", "column"),
    [
        ("NRA", "Northern Relief Agency", "NRA         "),
        ("Sun Bank", "Sun Bank", "Sun Bank    "),
        ("Lampes sans frontière", "Lampes sans frontière", "            "),  # it stands in the column of names
        ("FOURTH COMMITTEE", "Committee of Lamps", "FOURTH COMMITTEE"),
    ],
)
def test_a_long_name_that_stands_for_an_acronym_is_given_once(acronym: str, name: str, column: str) -> None:
    assert in_column(Organization(acronym, name)) == column
