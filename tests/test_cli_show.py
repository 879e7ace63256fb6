"""``show --image``: the cited page as a picture."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image, ImageColor

from pipeline.indexing.build import build_index
from pipeline.serving.page_picture import BEST, PASSAGE
from search_cli import main
from tests.conftest import WordEncoder
from tests.papers import BOLD, Text, make_pdf, paragraph

ROOT = Path(__file__).parent.parent
LINES = ["The agency repairs lamps along dangerous coasts.", "Keepers are trained to help shipwrecked children."]
PASSAGE_ID = "sea/2020/0/0"


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word_encoder: WordEncoder) -> Path:
    (tmp_path / "raw").mkdir()
    heading = Text("World Lighthouse Agency (WLA)", 72, size=16, font=BOLD)
    make_pdf(tmp_path / "raw" / "sea-2020.pdf", [[heading, *paragraph(LINES, 110)]])
    build_index([tmp_path / "raw"], tmp_path / "index", WordEncoder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MANDATES_INDEX", raising=False)
    return tmp_path


def run(*args: str) -> Result:
    result = CliRunner().invoke(main, ["show", *args])
    assert "Traceback" not in result.output
    return result


def colours(png: bytes) -> set[object]:
    image = Image.open(io.BytesIO(png)).convert("RGB")
    return {value for _, value in image.getcolors(image.width * image.height) or []}


@pytest.mark.parametrize(
    ("more", "is_best"),
    [([], False), (["--question", "who helps children?"], True), (["--highlight", "0-48"], True)],
)
def test_a_passage_is_drawn_on_its_page(workplace: Path, more: list[str], *, is_best: bool) -> None:
    result = run(PASSAGE_ID, "--image", "page.png", "--dpi", "72", *more)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "wrote page.png (sea-2020.pdf, PDF page 1)\n"
    png = (workplace / "page.png").read_bytes()
    assert Image.open(io.BytesIO(png)).size == (596, 842)
    assert ImageColor.getrgb(PASSAGE) in colours(png)
    assert (ImageColor.getrgb(BEST) in colours(png)) == is_best


def test_a_page_is_drawn_plain(workplace: Path) -> None:
    assert run("1", "--image", "page.png").exit_code == 0
    assert ImageColor.getrgb(PASSAGE) not in colours((workplace / "page.png").read_bytes())


def test_a_terminal_that_shows_pictures_gets_one(workplace: Path) -> None:
    command = [sys.executable, str(ROOT / "search_cli.py"), "show", "1", "--image", "-", "--dpi", "30"]
    primary, secondary = pty.openpty()
    done = subprocess.run(
        command, env={"TERM": "xterm-kitty", "PYTHONPATH": str(ROOT)}, stdout=secondary, stderr=subprocess.PIPE,
        check=False, cwd=workplace,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert os.read(primary, 20).startswith(b"\033_Ga=T,f=100,m=")


@pytest.mark.parametrize(
    ("args", "message", "code"),
    [
        (["1", "--image", "-"], "error: this terminal is not known to show pictures; write one: --image FILE.png", 3),
        (["1", "--image", "no/page.png"], "error: no/page.png: cannot be written (no such folder)", 3),
        (["1", "--image", "a.png", "--json"], "error: Give only one of --json and --image.", 2),
        ([PASSAGE_ID, "--image", "a.png", "--highlight", "x"], "error: Invalid value for '--highlight': 'x' is not", 2),
        ([PASSAGE_ID, "--image", "a.png", "--highlight", "0-1", "--question", "q"], "error: Give only one of", 2),
        (["1", "--image", "a.png", "--papers", "nowhere"], "error: nowhere: sea-2020.pdf of sea/2020 is not there;", 3),
        (["99999999999999999999999"], "error: sea-2020.pdf has no page 99999999999999999999999", 2),
    ],
)
def test_what_cannot_be_drawn_is_one_line(workplace: Path, args: list[str], message: str, code: int) -> None:
    result = run(*args)
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1
    assert not (workplace / "a.png").exists()


def test_a_paper_that_was_changed_is_refused(workplace: Path) -> None:
    make_pdf(workplace / "raw" / "sea-2020.pdf", [paragraph(["Another text."], 100)])
    result = run("1", "--image", "a.png")
    assert result.exit_code == 3
    assert result.stderr == (
        "error: raw/sea-2020.pdf: not the file that was indexed (its bytes differ); run: mandates ingest\n"
    )
