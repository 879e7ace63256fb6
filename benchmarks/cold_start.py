"""Where the time of a question on the command line goes: the stages of a cold query, each run in a fresh process.

    python benchmarks/cold_start.py [--model M] [--runs 7]

Prints medians in milliseconds with one thread and with two, and the modules that take longest to import.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import click

from pipeline.indexing.models import DEFAULT_MODEL, MINILM

ROOT = Path(__file__).parent.parent
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
QUESTION = "who trains airline cabin crew to spot victims?"
GROUPS = [
    "numpy",
    "faiss",
    "click",
    "sqlite3",
    "filelock",
    "platformdirs",
    "importlib.metadata",
    "logging",
    "tokenizers",
]
# One line "stage seconds" each; the stages follow each other as in a search.
STAGES = """
import sys, time
last = time.perf_counter()

def stage(name):
    global last
    now = time.perf_counter()
    print(name, now - last, sep="\\t")
    last = time.perf_counter()

import numpy
stage("import numpy")
from pipeline.indexing.models import find_model, weights_sha256
from pipeline.indexing.light import LightEncoder
stage("import the encoder")
model = find_model(sys.argv[1], thorough=False)
sha256 = model.sha256 or weights_sha256(model.path)
stage("find and check the model")
from pipeline.indexing import bert, light
from pipeline.indexing.unigram import FILE, Unigram
if (model.path / FILE).exists():
    Unigram(model.path / FILE)
else:
    light._word_piece(model.path, {})
stage("open the tokenizer")
bert.Bert(model.path)
stage("map the weights")
encoder = LightEncoder(model, sha256)
stage("(all of it again, warm)")
encoder.encode_tokens([sys.argv[2]], is_query=True)
stage("encode a question")
encoder.encode_tokens([sys.argv[2]], is_query=True)
stage("encode it again")
with open("/proc/self/status") as stream:
    peak = next(line.split()[1] for line in stream if line.startswith("VmHWM"))
print("peak memory (MB)", float(peak) / 1e6, sep="\\t")
"""


def run(arguments: list[str], threads: int) -> tuple[float, str, str]:
    """Run Python in a fresh process: seconds, what it printed, and what it complained."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **dict.fromkeys(THREADS, str(threads))}
    start = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=True)
    return time.perf_counter() - start, done.stdout, done.stderr


def stages(model: str, threads: int, runs: int) -> dict[str, float]:
    """Give the median of each stage in milliseconds (of memory in megabytes)."""
    found: dict[str, list[float]] = {}
    for _ in range(runs):
        found.setdefault("start Python", []).append(run(["-c", "pass"], threads)[0])
        seconds, output, _ = run(["-c", STAGES, model, QUESTION], threads)
        for line in output.splitlines():
            name, value = line.split("\t")
            found.setdefault(name, []).append(float(value))
        found.setdefault("the whole process", []).append(seconds)
    return {name: 1000 * median(values) for name, values in found.items()}


def imports(runs: int) -> dict[str, float]:
    """Give the median milliseconds that each group's import takes, with all that it imports first."""
    found: dict[str, list[float]] = {}
    for _ in range(runs):
        for group in GROUPS:
            lines = run(["-X", "importtime", "-c", f"import {group}"], 1)[2].splitlines()
            cumulative = next(line.split("|")[1] for line in reversed(lines) if line.split("|")[-1].strip() == group)
            found.setdefault(group, []).append(int(cumulative) / 1000)
    return {name: median(values) for name, values in found.items()}


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", action="append", help="default: the packaged ones")
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    for model in options.model or [DEFAULT_MODEL, MINILM]:
        run(["-c", STAGES, model, QUESTION], 1)  # unpacked, and in the system's cache
        one, two = (stages(model, threads, options.runs) for threads in (1, 2))
        click.echo(f"\n{model:40}{'1 thread':>10}{'2 threads':>11}")
        for name, value in one.items():
            click.echo(f"  {name:38}{value:10.1f}{two[name]:11.1f}")
    click.echo(f"\n{'import alone, ms':40}")
    for name, value in imports(options.runs).items():
        click.echo(f"  {name:38}{value:10.1f}")


if __name__ == "__main__":
    main()
