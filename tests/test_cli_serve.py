"""The command ``serve``."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.indexing.build import build_index
from search_cli import main
from tests.conftest import WordEncoder
from tests.papers import BOLD, Text, make_pdf, paragraph

ROOT = Path(__file__).parent.parent


@pytest.fixture
def index(tmp_path: Path) -> Path:
    heading = Text("World Lighthouse Agency (WLA)", 72, size=16, font=BOLD)
    make_pdf(tmp_path / "sea-2020.pdf", [[heading, *paragraph(["Keepers help shipwrecked children."], 110)]])
    build_index([tmp_path / "sea-2020.pdf"], tmp_path / "index", WordEncoder)
    return tmp_path / "index"


@contextmanager
def served(index: Path, *options: str) -> Iterator[str]:
    """Run the command as a process, give its address, and stop it as a user does."""
    command = [sys.executable, "-m", "tests.with_words", "serve", "--index", str(index), "--port", "0", *options]
    papers = ["--papers", str(index.parent / "sea-2020.pdf")]
    process = subprocess.Popen([*command, *papers], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        address = re.match(r"(http://\S+/) \(Ctrl\+C stops it\)", process.stderr.readline())
        assert address
        yield address[1]
    finally:
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=20)
    assert "Traceback" not in rest


def test_it_answers_until_it_is_stopped(index: Path) -> None:
    with served(index) as address:
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{address}api/v1/search?q=shipwrecked+children") as answer:
            assert json.load(answer)["hits"][0]["passage"] == "sea/2020/0/0"
        with urllib.request.urlopen(f"{address}api/v1/pages/sea/2020/1.png") as picture:
            assert picture.read(4) == b"\x89PNG"


def test_papers_are_uploaded_where_that_is_allowed(index: Path) -> None:
    (index.parent / "papers").mkdir()
    with served(index, "--allow-ingest", str(index.parent / "papers")) as address:
        body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\ntext\r\n--x--\r\n'
        head = {"Content-Type": "multipart/form-data; boundary=x"}
        request = urllib.request.Request(f"{address}api/v1/ingest", body, head)
        with pytest.raises(urllib.error.HTTPError, match="415"):
            urllib.request.urlopen(request)
        with urllib.request.urlopen(f"{address}ingest") as page:
            assert b"Add papers" in page.read()


def test_others_need_the_token(index: Path) -> None:
    with served(index, "--host", "0.0.0.0", "--token", "sesame") as address:
        local = address.replace("0.0.0.0", "127.0.0.1")
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(local)
        request = urllib.request.Request(local, headers={"Authorization": "Bearer sesame"})
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200


@pytest.mark.parametrize(
    ("command", "library", "extra"),
    [
        ("serve", "fastapi", "serve"),
        ("serve", "uvicorn", "serve"),
        ("mcp", "mcp", "mcp"),
        ("serve --allow-ingest", "python_multipart", "serve"),
    ],
)
def test_a_library_that_is_not_installed_is_named_with_its_extra(
    index: Path, command: str, library: str, extra: str
) -> None:
    script = f"import sys; sys.modules['{library}'] = None; import runpy; sys.argv[0] = 'mandates';"
    script += "runpy.run_module('tests.with_words', run_name='__main__')"
    arguments = [sys.executable, "-c", script, *command.split(), "--index", str(index)]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr == f"error: this needs {library}; run: pip install 'mandates[{extra}]'\n"


@pytest.mark.parametrize(
    ("args", "message", "code"),
    [
        (["--host", "0.0.0.0"], "error: Others can reach this address: give --token, or --no-auth to let everyone", 2),
        (["--host", "0.0.0.0", "--token", "a", "--no-auth"], "error: Others can reach this address", 2),
        (["--watch"], "error: --watch goes with --allow-ingest.", 2),
        (["--allow-ingest", "README.md"], "error: --allow-ingest: README.md is no folder; name the one that", 2),
        (["--papers", "nowhere", "--allow-ingest"], "error: --allow-ingest: nowhere is no folder; name the one", 2),
        (["--port", "70000"], "error: Invalid value for '--port'", 2),
        (["--index", "nowhere", "--port", "0"], "error: nowhere: no index here; build it: mandates ingest", 3),
        (["--host", "192.0.2.7", "--no-auth"], "error: 192.0.2.7:8737: cannot listen there", 3),
    ],
)
def test_what_cannot_be_served_is_one_line(args: list[str], message: str, code: int) -> None:
    result = CliRunner().invoke(main, ["serve", *args])
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1
