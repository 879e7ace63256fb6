"""Fixtures: the real server on the real paper and two editions of a made one, and Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.comparing.test_second_edition import FIRST, NARROW, WIDE, second
from tests.typeset import read_markup, typeset

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "build" / "acceptance"  # encoding takes half a minute, and only the first time
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")


@pytest.fixture(scope="session")
def papers() -> Path:
    folder = KEPT / "papers"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy2(ROOT / "raw" / "icat-2018.pdf", folder)
    typeset(folder / "sea-2018.pdf", read_markup(FIRST), NARROW)
    typeset(folder / "sea-2021.pdf", read_markup(second(FIRST)), WIDE)
    return folder


@pytest.fixture(scope="session")
def index(papers: Path) -> Path:
    command = [sys.executable, "search_cli.py", "ingest", str(papers), "--index", str(KEPT / "index")]
    subprocess.run(command, cwd=ROOT, check=True)
    return KEPT / "index"


@pytest.fixture(scope="session")
def server(index: Path, papers: Path) -> Iterator[str]:
    """The address of a server that runs as users start it."""
    with serving(index, papers) as address:
        yield address


@pytest.fixture(scope="session")
def taking(index: Path, papers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that takes uploads, into copies of the index and the papers."""
    folder = tmp_path_factory.mktemp("taking")
    shutil.copytree(index, folder / "index")
    shutil.copytree(papers, folder / "papers")
    with serving(folder / "index", folder / "papers", "--allow-ingest", "--log-queries") as address:
        yield address


@contextmanager
def serving(index: Path, papers: Path, *more: str) -> Iterator[str]:
    """Run a server, and give its address."""
    options = ["--index", str(index), "--papers", str(papers), "--port", "0", "--rate", "0", *more]
    command = [sys.executable, "search_cli.py", "serve", *options]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    address = process.stderr.readline().split()[0].rstrip("/")
    log = index.parent / "server.log"
    with log.open("w") as stream:  # a pipe that nobody empties would stop the server
        copier = subprocess.Popen(["cat"], stdin=process.stderr, stdout=stream)
        for _ in range(100):
            try:
                urllib.request.urlopen(f"{address}/healthz")
                break
            except OSError:
                time.sleep(0.1)
        yield address
        process.terminate()
        process.wait(20)
        copier.wait(20)
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium if it is there, else the one that Playwright installed."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=[{}])
def context(chromium: Browser, server: str, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    made = chromium.new_context(base_url=server, **request.param)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, server: str) -> Iterator[Page]:
    """A page that may say nothing on its console and ask nobody else."""
    with quiet(context, server) as opened:
        yield opened


@pytest.fixture(params=[{}])
def uploading(chromium: Browser, taking: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page for uploads."""
    context = chromium.new_context(base_url=taking, **request.param)
    with quiet(context, taking) as opened:
        opened.goto("/ingest")
        yield opened
    context.close()


@contextmanager
def quiet(context: BrowserContext, server: str) -> Iterator[Page]:
    """Open a page, and see in the end that it said nothing on its console and asked nobody else."""
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type != "info" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda made: None if made.url.startswith(server) else complaints.append(made.url))
    yield opened
    assert complaints == []
