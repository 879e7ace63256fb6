"""With everything on disk no network call is made: build and search with the real model and no sockets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

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


def test_ingest_and_search_use_no_network(tmp_path: Path) -> None:
    boats = ["The office inspects every harbour and counts the fishing boats in spring."]
    lamps = ["Keepers of the lighthouses look after shipwrecked boys and girls."]
    pages = [
        [Text("International Fishing Office (IFO)", 72, size=16, font=BOLD), *paragraph(boats, 110)],
        [Text("World Lighthouse Agency (WLA)", 72, size=16, font=BOLD), *paragraph(lamps, 110)],
    ]
    make_pdf(tmp_path / "sea-2020.pdf", pages)
    commands = [["ingest", "sea-2020.pdf", "--json"], ["who rescues children from the sea?", "--json"]]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "TRANSFORMERS_"))}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(commands)],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "HF_HOME": str(tmp_path / "hub")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    _, ingested, searched, outcome = done.stdout.split("COMMAND\n")
    assert json.loads(outcome) == {"codes": [0, 0], "calls": []}
    assert json.loads(ingested)["encoder"]["name"] == "sentence-transformers/all-MiniLM-L6-v2"
    first, second = json.loads(searched)["hits"]
    assert (first["citation"], first["text"]) == ("WLA, sea-2020.pdf (2020), p. 2", lamps[0])
    assert second["citation"] == "IFO, sea-2020.pdf (2020), p. 1"
    assert first["score"] > second["score"]
    assert done.stderr == "", "no word of the model's libraries reaches the user"
