"""The commands ``who`` and ``eval``."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline import open_index
from search_cli import main
from tests.conftest import WordEncoder
from tests.searching.test_beir import NDCG, write

FOLDER = str(Path(__file__).parent / "data")
QUESTIONS = str(Path(FOLDER) / "questions.jsonl")
OFF_TOPIC = str(Path(FOLDER) / "off-topic.jsonl")


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
    assert list(by_name["UNESCO"]) == ["organization", "organization_name", "score", "coverage", "through", "hits"]
    assert (by_name["UNESCO"]["coverage"], by_name["UNESCO"]["hits"]) == ("none", [])
    assert by_name["UNHCR"]["coverage"] == "covers"
    assert by_name["UNHCR"]["hits"][0]["organization"] == "UNHCR"


def test_what_names_a_member_without_a_section_is_told_from_its_own() -> None:
    result = run("search", "education", "--org", "UNESCO", "--json")
    assert result.stderr == "no section is UNESCO's; these passages name it, or are of its papers\n"
    hits = json.loads(result.stdout)["hits"]
    assert hits
    assert all("UNESCO" in hit["mentions"] and hit["organization"] != "UNESCO" for hit in hits)


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


def test_eval_tells_how_well_unanswerable_questions_are_refused(tmp_path: Path) -> None:
    saved = tmp_path / "run.json"
    result = run("eval", QUESTIONS, "--unanswerable", OFF_TOPIC, "--save", str(saved), "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    judged = json.loads(result.stdout)["unanswerable"]
    assert list(judged) == ["answerable", "unanswerable", "figures", "calibration", "calibration_error"]
    assert (judged["answerable"], judged["unanswerable"]) == (20, 30)
    # The word encoder knows nothing of meaning, but that nothing here is about kittens it sees.
    assert judged["figures"]["AUROC"] > 0.9
    assert judged["figures"]["refused"] == 1.0
    assert judged["figures"]["accuracy"] == pytest.approx((30 + 20 * judged["figures"]["answered"]) / 50)
    assert sum(item["count"] for item in judged["calibration"]) == 50
    outcomes = json.loads(saved.read_text(encoding="utf-8"))["outcomes"]
    with open_index(os.environ["MANDATES_INDEX"]) as index:
        first = index.ask("When did the European convention against trafficking start to apply?", 10)
    assert outcomes[0]["confidence"] == first.confidence


def test_eval_without_unanswerable_questions_says_nothing_of_refusals() -> None:
    assert json.loads(run("eval", QUESTIONS, "--json").stdout)["unanswerable"] is None


def test_eval_measures_a_collection_and_leaves_the_index_of_the_papers_alone(paper_index: Path, tmp_path: Path) -> None:
    before = (paper_index / "CURRENT").read_bytes()
    result = run("eval", "--beir", str(write(tmp_path / "small")))
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "small: 5 documents, 4 passages, 3 queries, words"
    assert lines[1].split() == ["nDCG@10", "recall@100", "ms/query"]
    assert [line.split()[:2] for line in lines[2:7]] == [
        [name, f"{NDCG:.3f}"] for name in ("passage", "sentence", "tokens", "lexical", "fusion")
    ]
    assert "[0.000, 1.000]        0.667 " in lines[6]
    assert lines[7].startswith("encoding 0 s, ")
    assert (paper_index / "CURRENT").read_bytes() == before


def test_eval_keeps_the_index_of_a_collection_where_it_is_told_to(tmp_path: Path) -> None:
    command = ("eval", "--beir", str(write(tmp_path / "small")), "--index", str(tmp_path / "kept"))
    first, second = (json.loads(run(*command, "--json").stdout) for _ in range(2))
    assert first["encoding_seconds"] is not None
    assert second["encoding_seconds"] is None
    assert second["signals"]["fusion"]["figures"] == first["signals"]["fusion"]["figures"]
    assert "the index was there already, " in run(*command).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Give either QUESTIONS or --beir."),
        ([QUESTIONS, "--beir", FOLDER], "Give either QUESTIONS or --beir."),
        (["--beir", FOLDER, "--unanswerable", OFF_TOPIC], "--unanswerable goes with QUESTIONS, not with --beir."),
        (["--beir", FOLDER, "--mode", "dense"], "--mode goes with QUESTIONS, not with --beir."),
        (["--beir", FOLDER], f"{FOLDER}: no corpus.jsonl in this folder"),
    ],
)
def test_eval_of_neither_both_or_what_does_not_go_together_is_wrong_usage(arguments: list[str], message: str) -> None:
    result = run("eval", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {message}")
    assert result.stderr.count("\n") == 1
