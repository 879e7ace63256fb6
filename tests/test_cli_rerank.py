"""``search --rerank`` with a tiny cross-encoder that loves lamps, and with models that are none."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pipeline.indexing.build import build_index
from pipeline.indexing.encode import CROSS_ENCODERS
from search_cli import main
from tests.conftest import WordEncoder
from tests.papers import BOLD, Text, make_pdf, paragraph
from tests.tiny_models import make_lamp_lover

SECTIONS = {
    "International Fishing Office (IFO)": "The office counts the boats and guards the boats.",
    "World Lighthouse Agency (WLA)": "The agency counts the lamps and guards the lamps of lamps.",
    "Sea Rescue Bureau (SRB)": "The bureau guards the children, the lamps and the boats.",
}
BOATS = "who counts and guards the boats?"


@pytest.fixture(scope="module")
def lamps(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_lamp_lover(tmp_path_factory.mktemp("lamps") / "model"))


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word_encoder: WordEncoder) -> None:
    pages = [[Text(heading, 72, size=16, font=BOLD), *paragraph([text], 110)] for heading, text in SECTIONS.items()]
    build_index([make_pdf(tmp_path / "sea-2020.pdf", pages)], tmp_path / "index", WordEncoder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MANDATES_INDEX", raising=False)


def run(*args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, list(args), input=stdin)


def hits_of(*args: str) -> list[dict[str, Any]]:
    result = run(*args, "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (0 if answer["answered"] else 1, "")
    hits: list[dict[str, Any]] = answer["hits"]
    return hits


def owners(hits: list[dict[str, Any]]) -> list[str]:
    return [hit["organization"] for hit in hits]


def test_the_order_and_the_scores_are_those_of_the_reranker(lamps: str) -> None:
    plain = hits_of(BOATS)
    assert owners(plain)[0] == "IFO"
    hits = hits_of(BOATS, "--rerank", lamps)
    assert owners(hits) == ["WLA", "SRB", "IFO"]
    assert [hit["rank"] for hit in hits] == [1, 2, 3]
    scores = [hit["score"] for hit in hits]
    assert 1 > scores[0] > scores[1] > scores[2] > 0
    highlights = {hit["organization"]: hit["highlight"] for hit in plain}
    assert {hit["organization"]: hit["highlight"] for hit in hits} == highlights


def test_explain_shows_what_it_gave(lamps: str) -> None:
    hits = hits_of(BOATS, "--rerank", lamps, "--explain")
    assert all(list(hit["signals"])[-1] == "rerank" for hit in hits)
    signals = [hit["signals"]["rerank"] for hit in hits]
    assert signals == sorted(signals, reverse=True)
    assert f"rerank {signals[0]:+.1f}" in run(BOATS, "--rerank", lamps, "--explain").stdout
    assert all("rerank" not in hit["signals"] for hit in hits_of(BOATS, "--explain"))


@pytest.mark.parametrize(("top", "order"), [("1", "IFO SRB WLA"), ("2", "SRB IFO WLA"), ("3", "WLA SRB IFO")])
def test_how_many_are_read_can_be_chosen(lamps: str, top: str, order: str) -> None:
    assert owners(hits_of(BOATS)) == ["IFO", "SRB", "WLA"]
    assert owners(hits_of(BOATS, "--rerank", lamps, "--rerank-top", top)) == order.split()
    assert owners(hits_of(BOATS, "--rerank", lamps, "--rerank-top", top, "-k", "1")) == order.split()[:1]


def test_with_filters_csv_and_batch(lamps: str) -> None:
    assert owners(hits_of(BOATS, "--rerank", lamps, "--org", "IFO", "--org", "SRB")) == ["SRB", "IFO"]
    rows = list(csv.DictReader(io.StringIO(run(BOATS, "--rerank", lamps, "--csv").stdout)))
    assert [row["organization"] for row in rows] == ["WLA", "SRB", "IFO"]
    answers = run("--batch", "-", "--rerank", lamps, "-k", "1", stdin=f"{BOATS}\nwho guards the children?\n").stdout
    assert [owners(json.loads(line)["hits"]) for line in answers.splitlines()] == [["WLA"], ["WLA"]]


def refused(*args: str, code: int = 3) -> str:
    result = run(BOATS, *args)
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr.removeprefix("error: ").removesuffix("\n")


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/model", "a/b/c"])
def test_a_folder_that_is_not_there(name: str) -> None:
    assert refused("--rerank", name) == f"{name}: no such model folder"


def test_a_sentence_encoder_and_an_empty_name_are_no_reranker(tmp_path: Path) -> None:
    assert refused("--rerank", "all-MiniLM-L6-v2").endswith(f"model: not a cross-encoder; {CROSS_ENCODERS}")
    assert refused("--rerank", "") == f".: not a cross-encoder; {CROSS_ENCODERS}"
    assert refused("--rerank", str(tmp_path)) == f"{tmp_path}: not a cross-encoder; {CROSS_ENCODERS}"


def test_a_hub_that_does_not_answer_names_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, **options: object) -> str:
        raise ConnectionError("no route to the hub\nand a long explanation")

    monkeypatch.setattr("huggingface_hub.snapshot_download", refuse)
    assert refused("--rerank", "acme/reranker") == (
        "model acme/reranker is not on this machine and the hub did not give it (no route to the hub);"
        " give a folder with --rerank, or connect once"
    )


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--rerank-top", "5"], "--rerank-top needs --rerank MODEL."),
        (["--rerank", "x", "--rerank-top", "0"], "--rerank-top"),
        (["--rerank"], "--rerank"),
    ],
)
def test_wrong_usage(args: list[str], message: str) -> None:
    assert message in refused(*args, code=2)
