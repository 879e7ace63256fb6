"""Two readers ask without pause while ten generations are published; the long form is ``benchmarks/load.py``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.indexing.readers import run

GENERATIONS = 10


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_readers_see_whole_generations_and_keep_nothing_open(tmp_path: Path) -> None:
    for seen in run(tmp_path, readers=2, generations=GENERATIONS):
        assert (seen["errors"], seen["mixed"]) == ([], [])
        assert set(seen["numbers"]) <= set(range(1, GENERATIONS + 1))
        assert seen["numbers"][-1] == GENERATIONS, "the last generation is read once it is there"
        assert len(seen["numbers"]) > 2, "generations were published while it read"
        assert seen["most"][0] <= seen["warm"][0], "file handles"
        assert seen["end"][1] - seen["warm"][1] < 8_000, "kilobytes"
