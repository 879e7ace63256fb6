"""Fixtures: an index of two editions of a small paper, and the papers."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.indexing.build import build_index
from tests.conftest import WordEncoder
from tests.typeset import Layout, read_markup, typeset

FIRST = """
# Introduction
Members of the group are the Fishing Office, the Lighthouse Agency and the Tidal Board (TDB).
# International Fishing Office (IFO)
The office inspects every harbour and counts the herring boats each spring. Its convention was ratified by 22 countries.
* boats are counted twice
* nets are measured <b>once</b> & "again"
# World Lighthouse Agency (WLA)
The agency repairs lamps and foghorns along dangerous coasts.[[See https://example.org/lamps for a list of lamps.]]
Keepers are trained to help shipwrecked children and their families.
"""
SECOND = FIRST.replace("22 countries", "59 countries").replace("Lighthouse Agency (WLA)", "Lighthouse Board (WLB)")


@pytest.fixture(scope="session")
def sea(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``raw`` and ``index``: two editions of one paper, the second set on more pages."""
    folder = tmp_path_factory.mktemp("sea")
    (folder / "raw").mkdir()
    typeset(folder / "raw" / "sea-2018.pdf", read_markup(FIRST))
    typeset(folder / "raw" / "sea-2021.pdf", read_markup(SECOND), Layout(size=14, width=300, bottom=360))
    build_index([folder / "raw"], folder / "index", WordEncoder)
    return folder
