"""Fixtures: an index of two editions and a server that answers from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from pipeline.indexing.build import build_index
from pipeline.serving.settings import Settings
from pipeline.serving.web.app import create_app
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
Serve = Callable[..., TestClient]


@pytest.fixture(scope="session")
def sea(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``raw`` and ``index``: two editions of one paper, the second set on more pages."""
    folder = tmp_path_factory.mktemp("sea")
    (folder / "raw").mkdir()
    typeset(folder / "raw" / "sea-2018.pdf", read_markup(FIRST))
    typeset(folder / "raw" / "sea-2021.pdf", read_markup(SECOND), Layout(size=14, width=300, bottom=360))
    build_index([folder / "raw"], folder / "index", WordEncoder)
    return folder


@pytest.fixture
def serve(sea: Path, word_encoder: WordEncoder) -> Iterator[Serve]:
    """Start servers with other settings than the usual ones."""
    with ExitStack() as stack:

        def start(folder: Path = sea, **more: Any) -> TestClient:
            app = create_app(Settings(folder / "index", (folder / "raw",), **more))
            return stack.enter_context(TestClient(app, "http://localhost", raise_server_exceptions=False))

        yield start


@pytest.fixture
def client(serve: Serve) -> TestClient:
    """A server with the usual settings, asked from this machine."""
    return serve(rate=0)
