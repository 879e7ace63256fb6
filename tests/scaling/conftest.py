"""Fixtures: a file of Milvus Lite is served until the process ends, or until its test does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _released(tmp_path: Path) -> Iterator[None]:
    """Stop the servers of the test's own files."""
    yield
    if manager := sys.modules.get("milvus_lite.server_manager"):
        for path in [path for path in manager.server_manager_instance._servers if Path(path).is_relative_to(tmp_path)]:
            manager.server_manager_instance.release_server(path)
