"""The commands ``who`` and ``eval``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from search_cli import main
from tests.conftest import WordEncoder

QUESTIONS = str(Path(__file__).parent / "data" / "questions.jsonl")


@pytest.fixture(autouse=True)
def on_the_paper(paper_index: Path, word_encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANDATES_INDEX", str(paper_index))


def run(*args: str) -> Result:
    return CliRunner().invoke(main, list(args))


def test_who_ranks_the_organizations_with_their_evidence() -> None:
    result = run("who", "stateless", "refugees", "-k", "1")
    assert (result.exit_code, result.stderr) == (0, "")
    first = result.stdout.splitlines()[0]
    assert first.startswith("UNHCR ")
    assert first.endswith("covers    Office of the United Nations High Commissioner for Refugees")
    assert "   UNHCR, icat-2018.pdf (2018), p" in result.stdout
    assert "UNESCO" not in result.stdout


def test_who_all_tells_no_evidence_from_not_looked_at() -> None:
    result = run("who", "stateless refugees", "--all", "--json")
    record = json.loads(result.stdout)
    assert list(record) == ["topic", "organizations"]
    assert record["topic"] == "stateless refugees"
    by_name = {item["organization"]: item for item in record["organizations"]}
    assert len(by_name) == len(record["organizations"]) == 23
    assert list(by_name["UNESCO"]) == ["organization", "organization_name", "score", "coverage", "hits"]
    assert (by_name["UNESCO"]["coverage"], by_name["UNESCO"]["hits"]) == ("none", [])
    assert by_name["UNHCR"]["coverage"] == "covers"
    assert by_name["UNHCR"]["hits"][0]["organization"] == "UNHCR"


def test_eval_prints_figures_with_intervals_and_groups() -> None:
    result = run("eval", QUESTIONS)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "20 questions, words, hybrid"
    assert [line.split()[0] for line in lines[1:8]] == [
        "hit@1", "hit@3", "hit@5", "MRR@10", "nDCG@10", "page@1", "organization@1",
    ]  # fmt: skip
    assert any(line.startswith("World Bank ") for line in lines)


def test_eval_saves_a_run_and_compares_with_it(tmp_path: Path) -> None:
    saved = tmp_path / "run.json"
    assert run("eval", QUESTIONS, "--save", str(saved)).exit_code == 0
    record = json.loads(run("eval", QUESTIONS, "--against", str(saved), "--json").stdout)
    assert record["questions"] == 20
    assert record["against"]["hit@1"] == [0.0, 1.0]
    assert record["settings"]["mode"] == "hybrid"
    assert record["settings"]["encoder"]["name"] == "words"
    assert "+0.000 (p 1.00)" in run("eval", QUESTIONS, "--against", str(saved)).stdout


def test_eval_of_a_file_that_is_none_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text("no json\n", encoding="utf-8")
    result = run("eval", str(file))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {file}: line 1 is no judged question")
    assert result.stderr.count("\n") == 1
