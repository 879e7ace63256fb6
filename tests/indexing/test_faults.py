"""A build that is killed, or whose disk fails, at any moment: the index answers, and the next build succeeds."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.indexing.faults import REFUSED

ROOT = Path(__file__).parents[2]
MEMORY = Path("/dev/shm")  # syncing to a disk takes most of the time, and the kernel survives here


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a child is forked for each point")
@pytest.mark.parametrize(
    ("mode", "step", "ends"),
    [
        ("kill", 1, {"-9 former", "-9 new"}),
        # After the switch nothing but sweeping is left, which the next writer does if it fails.
        ("io", 2, {f"{REFUSED} former", "0 new"}),
        ("full", 3, {f"{REFUSED} former", "0 new"}),
    ],
)
def test_a_build_that_ends_at_any_point(mode: str, step: int, ends: set[str]) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.indexing.faults", folder, mode, str(step)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"OMP_NUM_THREADS": "1"},  # a child of a process with threads may hang
        )
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["points"] >= 140
    assert set(found["ends"]) == ends
    assert sum(found["ends"].values()) == -(-found["points"] // step)


def limit_files(size: int) -> None:
    """Files end there, bytecode too: run with -B, or Python keeps half a module for the next import."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("missing", [1, 100, 900, 40_000])
@pytest.mark.parametrize("rows", [10, 1000])
def test_token_vectors_of_which_the_last_bytes_do_not_fit(tmp_path: Path, missing: int, rows: int) -> None:
    """Found by strace: the C library's own buffer was lost in silence."""
    script = (
        "import numpy as np, sys; from pathlib import Path; from pipeline.indexing.vectors import write_packed\n"
        "rows = int(sys.argv[2])\n"
        "try: write_packed(Path(sys.argv[1]), [np.ones((rows, 64), dtype=np.int8)], (rows, 64))\n"
        "except OSError: print('refused')"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", script, str(tmp_path / "tokens.npy"), str(rows)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: limit_files(max(0, 128 + 64 * rows - missing)),
    )
    assert done.stdout == "refused\n"
