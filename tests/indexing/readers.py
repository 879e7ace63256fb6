"""Readers that ask without pause while generations are published. Run by ``test_load.py`` and ``benchmarks/load.py``.

Every passage of generation n carries the sentence "It is number <n>.", so that an answer tells what it is made of.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from pipeline.indexing import store
from pipeline.searching.search import Index, open_index
from tests.conftest import WordEncoder
from tests.indexing.editions import BUA, IFO, WLA, ingest, make_edition

ROOT = Path(__file__).parents[2]
NUMBER = re.compile(r"It is number (\d+)\.")
STOP, READY = "stop", "ready"
QUESTIONS = ["who counts herring boats?", "who repairs foghorns?", "which number is it?"]
ASKED = 5  # questions before an index is opened again


def publish_number(folder: Path, number: int) -> None:
    """Make generation ``number``, all of whose passages say so."""
    paper = folder / "papers" / "sea-2020.pdf"
    make_edition(paper, *((heading, text, f"It is number {number}.") for heading, text in (IFO, WLA, BUA)))
    ingest(paper, folder / "index")


def ask(index: Index) -> set[str]:
    """Ask all questions; the numbers of the passages of all answers, and of a page."""
    texts = [hit.passage.text for question in QUESTIONS for hit in index.search(question, 10)]
    assert len(texts) == 3 * len(QUESTIONS), "every passage is an answer to every question"
    page = index.catalog.page(index.catalog.editions()[0], 1)
    assert page
    return {NUMBER.findall(text)[0] for text in [*texts, page.text]}


def resources() -> tuple[int, int]:
    """Open file handles, and kilobytes of memory."""
    handles = len(os.listdir("/proc/self/fd"))
    memory = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())
    assert memory
    return handles, int(memory[1])


def read(folder: Path, name: str) -> None:
    """Be a reader: ask until told to stop, then print what was seen as JSON."""
    seen: dict[str, Any] = {"answers": 0, "opened": 0, "numbers": [], "mixed": [], "errors": [], "resources": []}
    encoder = WordEncoder()
    while not (folder / STOP).exists():
        try:
            with open_index(folder / "index") as index:
                index._encoder = encoder
                seen["opened"] += 1
                numbers = set().union(*(ask(index) for _ in range(ASKED)))
        except Exception as error:  # noqa: BLE001 - all are told
            seen["errors"].append(repr(error))
            continue
        encoder.encoded.clear()
        seen["answers"] += ASKED * len(QUESTIONS)
        if len(numbers) > 1:
            seen["mixed"].append(sorted(numbers))
        seen["numbers"] = sorted({*seen["numbers"], *map(int, numbers)})
        seen["resources"].append(resources())
        if seen["opened"] == 20:
            (folder / f"{READY}-{name}").touch()
    seen["warm"], seen["end"] = seen["resources"][20], seen["resources"][-1]
    seen["most"] = [max(values) for values in zip(*seen.pop("resources")[20:], strict=True)]
    print(json.dumps(seen))  # noqa: T201 - for the process that started it


def run(folder: Path, readers: int, generations: int, pause: float = 0.0) -> list[dict[str, Any]]:
    """Publish generations while readers read; what each of them saw."""
    publish_number(folder, 1)
    command = [sys.executable, "-m", "tests.indexing.readers", str(folder)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen([*command, str(name)], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment)
        for name in range(readers)
    ]
    while len(list(folder.glob(f"{READY}-*"))) < readers:
        assert all(process.poll() is None for process in processes), "a reader died"
        time.sleep(0.05)
    for number in range(2, generations + 1):
        publish_number(folder, number)
        time.sleep(pause)
    assert store.open_generation(folder / "index").path.name == f"generation-{generations:06d}"
    time.sleep(0.5)
    (folder / STOP).touch()
    return [json.loads(process.communicate()[0]) for process in processes]


if __name__ == "__main__":
    read(Path(sys.argv[1]), sys.argv[2])
