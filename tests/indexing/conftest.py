"""Fixtures: a hub that is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.indexing.models import MINILM, PINNED_REVISIONS

PINNED = PINNED_REVISIONS[MINILM]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub cache, no model package, and a hub that does not answer."""
    import huggingface_hub

    download = huggingface_hub.snapshot_download

    def cache_only(name: str, **options: Any) -> str:
        if not options.get("local_files_only"):
            raise ConnectionError(f"no route to the hub for {name}\nand a long explanation")
        return str(download(name, **options))

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.snapshot_download", cache_only)
    monkeypatch.setattr("pipeline.indexing.models.find_spec", lambda name: None)
    return tmp_path
