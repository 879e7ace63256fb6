"""The command ``matrix``."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from pipeline import Index
from pipeline.searching.locate import Coverage
from search_cli import main
from tests.conftest import WordEncoder

NOTE = "Not looked at, since no section is theirs: UNAIDS, UNESCO.\n"


@pytest.fixture(autouse=True)
def on_the_paper(
    paper_index: Path, word_encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> WordEncoder:
    monkeypatch.setenv("MANDATES_INDEX", str(paper_index))
    monkeypatch.chdir(tmp_path)
    return word_encoder


def run(*args: str) -> Result:
    result = CliRunner().invoke(main, ["matrix", *args])
    assert "Traceback" not in result.output
    return result


def test_each_argument_is_a_topic() -> None:
    result = run("stateless refugees", "organ removal")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert [line for line in lines if line and not line.startswith(" ")] == [
        "stateless refugees",
        "organ removal",
        "Pages are those of icat-2018.pdf (2018). Not looked at, since no section is theirs: UNAIDS, UNESCO.",
    ]
    assert lines[1].startswith("   covers:   UNHCR p. 27")


def test_json() -> None:
    result = run("stateless refugees", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    record = json.loads(result.stdout)
    column = [item["organization"] for item in record["organizations"]].index("UNHCR")
    cell = record["cells"][0][column]
    assert (cell["coverage"], cell["pages"], cell["page_labels"]) == ("covers", [27], ["27"])
    assert cell["citation"] == "UNHCR, icat-2018.pdf (2018), p. 27"
    assert cell["passage"].startswith("icat/2018/")
    assert record["topics"] == ["stateless refugees"]
    assert [item["organization"] for item in record["without_section"]] == ["UNAIDS", "UNESCO"]
    assert [item["file"] for item in record["editions"]] == ["icat-2018.pdf"]


def test_csv_goes_to_stdout_and_the_note_to_stderr() -> None:
    result = run("stateless refugees", "--csv")
    assert (result.exit_code, result.stderr) == (0, NOTE)
    (row,) = csv.DictReader(io.StringIO(result.stdout))
    assert list(row)[:3] == ["topic", "CoE", "CTED"]
    assert (row["topic"], row["UNHCR"], row["CTED"]) == ("stateless refugees", "covers p. 27", "none")


def test_topics_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "topics.txt").write_text("stateless refugees\norgan removal\n", encoding="utf-8")
    (tmp_path / "topics.jsonl").write_text('{"id": "1", "topic": "stateless refugees", "orgs": {}}\n', encoding="utf-8")
    for name, topics in (
        ("topics.txt", ["stateless refugees", "organ removal"]),
        ("topics.jsonl", ["stateless refugees"]),
    ):
        result = run("--topics", name, "--json")
        assert result.exit_code == 0
        assert json.loads(result.stdout)["topics"] == topics


def test_html_is_written_to_a_file(tmp_path: Path) -> None:
    result = run("stateless refugees", "--html", "matrix.html")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "wrote matrix.html (topics: 1, organizations: 21)\n"
    html = (tmp_path / "matrix.html").read_text(encoding="utf-8")
    assert 'title="covers: UNHCR, icat-2018.pdf (2018), p. 27\n' in html
    assert html.count("<td ") == 21


def test_png_is_written_to_a_file(tmp_path: Path) -> None:
    result = run("stateless refugees", "organ removal", "--png", "matrix.png")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "wrote matrix.png (topics: 2, organizations: 21)\n"
    with Image.open(tmp_path / "matrix.png") as image:
        assert image.format == "PNG"
        assert image.info["Source"].startswith("Pages are those of icat-2018.pdf (2018).")


def test_characters_no_font_has_are_a_warning(tmp_path: Path) -> None:
    result = run("stateless refugees \U000f1234", "--png", "matrix.png")
    assert result.exit_code == 0
    assert result.stderr.splitlines()[1].startswith("warning: no font here has \U000f1234, drawn as □")


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"], ["--html", "m.html"], ["--png", "m.png"]])
def test_nothing_found_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: list[str]) -> None:
    def nobody(index: Index, topic: str, top_k: int, **filters: object) -> list[Coverage]:
        return [Coverage(entry.organization, 0.0, "none", ()) for entry in index.catalog.organizations()]

    monkeypatch.setattr("pipeline.searching.matrix.who_covers", nobody)
    result = run("zzzz", *form)
    assert result.exit_code == 1
    last = result.stderr.splitlines()[-1]
    assert last == "nothing found: no organization's section says anything on these topics"
    if not form:
        assert result.stdout.splitlines()[:2] == ["zzzz", "   nothing found"]
    if form[1:]:
        assert (tmp_path / form[1]).exists(), "that nothing was found is an answer, too"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "Give topics, or --topics FILE."),
        (["refugees", "--topics", "topics.txt"], "Give topics, or --topics FILE."),
        (["refugees", "--json", "--csv"], "Give only one of --csv, --json, --html and --png."),
        (["refugees", "--html", "a.html", "--png", "a.png"], "Give only one of"),
        (["--topics", "nowhere.txt"], "nowhere.txt"),
        (["--topics", "empty.txt"], "empty.txt: no topics in this file"),
        (["refugees", " "], "a topic is empty"),
        (["refugees", "--html", "."], "is a directory"),
    ],
)
def test_wrong_usage_is_two(tmp_path: Path, args: list[str], message: str) -> None:
    (tmp_path / "topics.txt").write_text("refugees\n", encoding="utf-8")
    (tmp_path / "empty.txt").write_text("\n", encoding="utf-8")
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert sorted(item.name for item in tmp_path.iterdir()) == ["empty.txt", "topics.txt"]


@pytest.mark.parametrize("form", ["--html", "--png"])
def test_an_unwritable_place_is_one_line_before_the_model_is_asked(form: str, on_the_paper: WordEncoder) -> None:
    result = run("refugees", form, "nowhere/matrix")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "error: nowhere/matrix: cannot be written (no such folder)\n"
    assert on_the_paper.encoded == []


def test_without_matplotlib_a_picture_is_refused_before_the_model_is_asked(
    monkeypatch: pytest.MonkeyPatch, on_the_paper: WordEncoder
) -> None:
    monkeypatch.setattr("pipeline.serving.picture.importlib.util.find_spec", lambda name: None)
    result = run("refugees", "--png", "matrix.png")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == ("error: a picture needs matplotlib, which is not installed: pip install 'mandates[png]'\n")
    assert on_the_paper.encoded == []
