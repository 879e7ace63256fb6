from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import QueryError
from pipeline.searching.directory import Directory
from pipeline.searching.search import open_index
from tests.conftest import WordEncoder


@pytest.fixture
def directory(paper_index: Path, word_encoder: WordEncoder) -> Iterator[Directory]:
    with open_index(paper_index) as opened:
        yield opened.directory


@pytest.mark.parametrize(
    ("name", "acronym"),
    [
        ("interpol", "INTERPOL"),
        ("ICPO", "INTERPOL"),
        ("ICPO – Interpol", "INTERPOL"),
        ("united nations children's fund", "UNICEF"),
        ("United Nations Children’s Fund", "UNICEF"),
        ("Department of Public Affairs", "DPA"),
        ("WORLD BANK", "World Bank"),
        ("un women", "UN Women"),
    ],
)
def test_an_organization_may_be_called_by_any_of_its_names(directory: Directory, name: str, acronym: str) -> None:
    assert directory.resolve(name) == [acronym]


@pytest.mark.parametrize(
    ("name", "nearest"), [("IMO", "IOM"), ("UNICEFF", "UNICEF"), ("Interpool", "INTERPOL"), ("unodcc", "UNODC")]
)
def test_an_unknown_organization_suggests_the_nearest(directory: Directory, name: str, nearest: str) -> None:
    with pytest.raises(QueryError) as caught:
        directory.resolve(name)
    assert str(caught.value) == f"no organization is called '{name}'; did you mean {nearest}?"


@pytest.mark.parametrize("name", ["Xyzzy & Sons", ""])
def test_a_name_unlike_all_says_where_they_are_listed(directory: Directory, name: str) -> None:
    with pytest.raises(QueryError, match="mandates orgs"):
        directory.resolve(name)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("what UNICEF and the ILO do", {"UNICEF", "ILO"}),
        ("United Nations Population Fund", {"UNFPA"}),
        ("who helps", set()),
    ],
)
def test_a_text_names_organizations(directory: Directory, text: str, named: set[str]) -> None:
    assert directory.named(text) == named
    assert directory.asked_for(text) == named
