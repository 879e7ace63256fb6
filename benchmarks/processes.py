"""Whole processes: how long each took and how much memory it held at its most. For Linux and macOS."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
# Bytes in the unit of ru_maxrss. Linux counts what the parent held as the process began: this program stays small.
PEAK_UNIT = 1 if sys.platform == "darwin" else 1024
# No look-ups on the network, no telemetry, no progress bars: they would be timed, too.
QUIET = {
    "PYTHONPATH": str(ROOT),
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "ANONYMIZED_TELEMETRY": "False",
    "LANGSMITH_TRACING": "false",
    "TOKENIZERS_PARALLELISM": "false",
}


class Failed(Exception):
    """A process ended with an error; the message is its last line."""


class Ended(NamedTuple):
    """A process that came to its end."""

    seconds: float
    peak_mb: float
    output: str


def run(command: Sequence[str | Path], more: Mapping[str, str] | None = None) -> Ended:
    """Run a program in a new process.

    :param more: variables of its environment besides this one's.
    :raises Failed: if its exit code is not 0.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command], stdout=output, stderr=errors, env=os.environ | QUIET | dict(more or {})
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        text = output.read().decode(errors="replace")
        if process.returncode:
            complaint = (errors.read().decode(errors="replace").strip() or text.strip()).splitlines()
            raise Failed(complaint[-1] if complaint else f"exit code {process.returncode}")
    return Ended(seconds, usage.ru_maxrss * PEAK_UNIT / 1e6, text)
