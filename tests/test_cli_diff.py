"""The command ``diff``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline import open_index
from pipeline.datatypes import Edition
from pipeline.errors import QueryError
from pipeline.indexing.build import build_index
from pipeline.searching.editions import find_editions
from search_cli import main
from tests.conftest import WordEncoder
from tests.typeset import Layout, read_markup, typeset

FIRST = """
# International Fishing Office (IFO)
The office inspects every harbour and counts the herring boats each spring. Its convention was ratified by 22 countries.
# World Lighthouse Agency (WLA)
The agency repairs lamps and foghorns along dangerous coasts. Keepers are trained to help shipwrecked children.
"""
SECOND = FIRST.replace("22 countries", "59 countries").replace("Lighthouse Agency (WLA)", "Lighthouse Board (WLB)")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two editions of sea, set differently, a third one that says the same as the second, and one of lakes."""
    folder = tmp_path_factory.mktemp("editions")
    raw = folder / "raw"
    raw.mkdir()
    typeset(raw / "sea-2018.pdf", read_markup(FIRST))
    typeset(raw / "sea-2021.pdf", read_markup(SECOND), Layout(size=10, width=300))
    typeset(raw / "sea-2022.pdf", read_markup(SECOND), Layout(width=380, hyphenate=True))
    typeset(raw / "lakes-2018.pdf", read_markup(FIRST.replace("harbour", "lake")))
    build_index([raw], folder / "index", WordEncoder)
    shutil.rmtree(raw)
    return folder / "index"


@pytest.fixture(autouse=True)
def on_the_index(index: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MANDATES_INDEX", str(index))
    monkeypatch.chdir(tmp_path)


def run(*args: str) -> Result:
    result = CliRunner().invoke(main, ["diff", *args])
    assert "Traceback" not in result.output
    assert "\x1b" not in result.output, "no colour unless on a terminal"
    return result


def test_labels_are_enough_if_one_document_has_both() -> None:
    result = run("2018", "2021")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "sea-2018.pdf (2018) → sea-2021.pdf (2021)"
    assert lines[2] == ("Renamed         WLA World Lighthouse Agency, p. 1 → WLB World Lighthouse Board, p. 1")
    assert lines[3:5] == [
        "Changed         IFO: 2 % (1 changed)",
        "Numbers, dates  IFO: 22 countries, p. 1 → 59 countries, p. 1",
    ]
    assert lines[-1] == "      Its convention was ratified by [-22-]{+59+} countries."


def test_whole_names_choose_among_documents() -> None:
    result = run("lakes/2018", "sea/2018", "--json")
    assert result.exit_code == 0
    record = json.loads(result.stdout)
    assert (record["old"]["document"], record["new"]["document"]) == ("lakes", "sea")
    (change,) = record["sections"][0]["changes"]
    assert [step for step in change["words"] if step[0] != "equal"] == [["replace", "lake ", "harbour "]]


@pytest.mark.parametrize("name", ["WLA", "wlb", "World Lighthouse Agency"])
def test_only_one_organization_by_its_old_or_new_name(name: str) -> None:
    record = json.loads(run("2018", "2021", "--org", name, "--json").stdout)
    assert [part["new"]["organization"] for part in record["sections"]] == ["WLB"]
    assert [pair["old"]["organization"] for pair in record["renamed"]] == ["WLA"]
    assert record["numbers"] == []


def test_markdown() -> None:
    result = run("2018", "2021", "--markdown")
    assert result.exit_code == 0
    assert result.stdout.startswith("# sea-2018.pdf (2018) → sea-2021.pdf (2021)\n\n- Renamed: WLA ")
    assert result.stdout.endswith("Its convention was ratified by ~~22~~**59** countries.\n")


def test_a_page_is_written_whole(tmp_path: Path) -> None:
    result = run("2018", "2021", "--html", "changes.html")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "changes.html: sea-2018.pdf (2018) → sea-2021.pdf (2021)\n"
    assert "<del>22</del><ins>59</ins>" in (tmp_path / "changes.html").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["changes.html"]


def test_a_place_that_cannot_be_written_is_told_before_the_work() -> None:
    result = run("2018", "2021", "--html", "nowhere/changes.html")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "error: nowhere/changes.html: cannot be written (no such folder)\n"


@pytest.mark.parametrize("form", [[], ["--json"], ["--markdown"]])
def test_the_same_text_set_anew_is_nothing_changed(form: list[str]) -> None:
    result = run("2021", "2022", *form)
    assert (result.exit_code, result.stderr) == (1, "nothing changed\n")
    if form == ["--json"]:
        assert json.loads(result.stdout)["counts"]["passages_changed"] == 0
    else:
        assert result.stdout == ""


def test_only_one_organization_of_which_nothing_changed() -> None:
    result = run("2021", "2022", "--org", "IFO")
    assert (result.exit_code, result.stderr) == (1, "nothing changed\n")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["2018", "2019"],
            "error: no edition '2019' in the index, which holds: lakes/2018, sea/2018, sea/2021, sea/2022;"
            " mandates ingest adds one",
        ),
        (["2018", "2018"], "error: which editions? 2018 and 2018 may be: lakes/2018, sea/2018"),
        (["2018", "2021", "--org", "IFA"], "error: no organization is called 'IFA'; did you mean IFO?"),
        (["2018", "2021", "--json", "--markdown"], "error: Give only one of --json, --markdown and --html."),
        (["2018"], "error: Missing argument 'NEW'."),
    ],
)
def test_wrong_usage_is_one_line(args: list[str], message: str) -> None:
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1


def test_an_edition_without_partner_may_still_be_meant() -> None:
    first, second = Edition("sea", "2018", "a.pdf", ""), Edition("lakes", "v2", "b.pdf", "")
    assert find_editions([first, second], "2018", "V2") == (first, second)
    with pytest.raises(QueryError, match="no edition '2020' in the index, which holds: sea/2018, lakes/v2"):
        find_editions([first, second], "2018", "2020")


def test_the_catalog_gives_the_passages_of_an_edition_in_reading_order(index: Path) -> None:
    with open_index(index) as opened:
        (edition,) = [item for item in opened.catalog.editions() if item.id == "sea/2018"]
        assert [passage.id for passage in opened.catalog.passages_of(edition)] == ["sea/2018/0/0", "sea/2018/1/0"]
