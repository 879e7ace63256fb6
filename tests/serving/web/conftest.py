"""Fixtures: a server that answers from an index of two editions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from pipeline.serving.settings import Settings
from pipeline.serving.web.app import create_app
from tests.conftest import WordEncoder

Serve = Callable[..., TestClient]


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
