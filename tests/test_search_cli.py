"""The command line as people and scripts meet it: output, messages, exit codes."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pipeline.errors import EncoderError, FileMissing, IndexMissing
from pipeline.indexing import manifests, store
from pipeline.indexing.build import build_index
from search_cli import COMMANDS, main
from tests.conftest import WordEncoder
from tests.papers import BOLD, Text, make_pdf, paragraph

ROOT = Path(__file__).parent.parent
IFO = [
    "The office inspects every harbour and counts the herring boats each spring.",
    "Its inspectors train coast guards to recognise forced labour aboard trawlers.",
]
WLA = [
    "The agency repairs lamps and foghorns along dangerous coasts.",
    "Keepers are trained to help shipwrecked children and their families.",
]
CITED = "WLA, sea-2020.pdf (2020), p. 2"


def make_paper(path: Path) -> Path:
    first = [Text("International Fishing Office (IFO)", 72, size=16, font=BOLD), *paragraph(IFO, 110)]
    second = [Text("World Lighthouse Agency (WLA)", 72, size=16, font=BOLD), *paragraph(WLA, 110)]
    return make_pdf(path, [first, second])


def snapshot(folder: Path) -> dict[str, bytes]:
    files = (item for item in folder.rglob("*") if item.is_file() and item.name != store.LOCK)
    return {str(item.relative_to(folder)): item.read_bytes() for item in files}


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word_encoder: WordEncoder) -> Path:
    """A folder with ``raw/sea-2020.pdf`` and its ``index``; commands run in it."""
    (tmp_path / "raw").mkdir()
    build_index([make_paper(tmp_path / "raw" / "sea-2020.pdf")], tmp_path / "index", WordEncoder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MANDATES_INDEX", raising=False)
    word_encoder.encoded.clear()
    return tmp_path


@pytest.fixture
def on_the_paper(paper_index: Path, word_encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands search the real paper."""
    monkeypatch.setenv("MANDATES_INDEX", str(paper_index))


def run(*args: str, stdin: str | bytes | None = None) -> Result:
    result = CliRunner().invoke(main, list(args), input=stdin)
    assert "\x1b" not in result.output, "no colour unless on a terminal"
    assert "Traceback" not in result.output
    return result


def found(*args: str, stdin: str | bytes | None = None) -> str:
    result = run(*args, stdin=stdin)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


# --- search


@pytest.mark.parametrize("command", [["search"], []])
def test_search_for_people(workplace: Path, command: list[str]) -> None:
    first, empty, *lines = found(*command, "who helps shipwrecked children?", "-k", "1").splitlines()
    assert re.fullmatch(r"Confidence 0\.[5-9]\d\.", first)
    assert empty == ""
    assert re.fullmatch(rf" 1 [█░]{{10}} 0\.\d\d  {re.escape(CITED)}", lines[0])
    assert lines[1:] == [
        "   World Lighthouse Agency (WLA)",
        " ▌ The agency repairs lamps and foghorns along dangerous coasts. Keepers are trained to help",
        " ▌ shipwrecked children and their families.",
    ]


def test_search_json_is_one_object(workplace: Path) -> None:
    answer = json.loads(found("who helps shipwrecked children?", "-k", "1", "--json"))
    (hit,) = answer.pop("hits")
    assert list(answer) == ["query", "confidence", "answered", "without_section"]
    assert 0.5 <= answer.pop("confidence") < 1
    assert answer == {"query": "who helps shipwrecked children?", "answered": True, "without_section": []}
    assert 0 < hit.pop("score") < 1
    text = " ".join(WLA)
    assert list(hit.items()) == [
        ("rank", 1),
        ("organization", "WLA"),
        ("organization_name", "World Lighthouse Agency"),
        ("section", ["World Lighthouse Agency (WLA)"]),
        ("document", "sea"),
        ("edition", "2020"),
        ("file", "sea-2020.pdf"),
        ("pages", [2]),
        ("page_labels", ["2"]),
        ("text", text),
        ("highlight", [text.index("Keepers"), len(text)]),
        ("links", []),
        ("footnotes", []),
        ("passage", "sea/2020/1/0"),
        ("citation", CITED),
        ("paragraphs", []),
        ("ocr", False),
        ("table_head", None),
        ("imprint", {"title": None, "symbol": None, "date": None, "author": None, "publishers": []}),
        ("mentions", []),
        ("also", []),
    ]


def test_search_csv_and_markdown(workplace: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(found("search", "lamps and foghorns", "--csv"))))
    assert [(row["rank"], row["organization"], row["pages"]) for row in rows] == [("1", "WLA", "2"), ("2", "IFO", "1")]
    assert {(row["answered"], row["confidence"]) for row in rows} == {("True", rows[0]["confidence"])}
    confidence = float(rows[0]["confidence"])
    assert found("lamps and foghorns", "--markdown", "-k", "1") == (
        f"## lamps and foghorns\n\nConfidence {confidence:.2f}.\n\n1. {CITED}\n\n> **{WLA[0]}** {WLA[1]}  \n"
    )


def asked(*args: str) -> dict[str, Any]:
    """The answer as JSON; the exit code tells whether it is one."""
    result = run(*args, "--json")
    answer: dict[str, Any] = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (0 if answer["answered"] else 1, "")
    assert answer["answered"] == (answer["confidence"] >= 0.5)
    return answer


def hits_of(*args: str) -> list[dict[str, Any]]:
    hits: list[dict[str, Any]] = asked(*args)["hits"]
    return hits


UNSURE = "Nothing in the 2018 edition answers this clearly; the closest passages:"


@pytest.mark.usefixtures("on_the_paper")
def test_a_question_that_the_paper_answers() -> None:
    answer = asked("who trains airline cabin crew?", "-k", "1")
    assert (answer["answered"], answer["confidence"] > 0.8, answer["without_section"]) == (True, True, [])
    assert answer["hits"][0]["mentions"] == ["OHCHR"]
    lines = found("who trains airline cabin crew?", "-k", "1").splitlines()
    assert lines[0] == f"Confidence {answer['confidence']:.2f}."
    assert lines[2].endswith("  ICAO, icat-2018.pdf (2018), p. 11")


@pytest.mark.usefixtures("on_the_paper")
def test_a_question_that_it_does_not_answer_exits_with_one_and_says_so() -> None:
    question = "Which painter cut off his ear?"
    answer = asked(question, "-k", "2")
    assert (answer["answered"], len(answer["hits"])) == (False, 2)
    verdict = f"Confidence {answer['confidence']:.2f}. {UNSURE}"
    result = run(question, "-k", "2")
    assert (result.exit_code, result.stderr) == (1, "")
    assert " ".join(result.stdout.split("\n\n")[0].split()) == verdict
    assert [line[:3] for line in result.stdout.splitlines() if re.match(r" \d ", line)] == [" 1 ", " 2 "]
    result = run(question, "-k", "2", "--markdown")
    assert (result.exit_code, result.stdout.split("\n\n")[:2]) == (1, [f"## {question}", verdict])
    result = run(question, "-k", "2", "--csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert (result.exit_code, [row["answered"] for row in rows]) == (1, ["False", "False"])


@pytest.mark.usefixtures("on_the_paper")
def test_a_question_on_a_member_without_a_section_is_told_why() -> None:
    answer = asked("what does UNESCO do about education?", "-k", "1")
    assert not answer["answered"]
    ((absence),) = answer["without_section"]
    assert (absence["organization"], absence["citation"]) == ("UNESCO", "icat-2018.pdf (2018), p. 2, note 6")
    text = run("what does UNESCO do about education?", "-k", "1").stdout
    told, verdict, hit = text.split("\n\n")[:3]
    name = "United Nations Educational, Scientific and Cultural Organization"
    expected = f"No section of the 2018 edition is on UNESCO ({name}). {absence['citation']}: {absence['text']}"
    assert told.split() == expected.split()
    assert verdict.split()[2:] == UNSURE.split()
    assert hit.startswith(" 1 ")


def test_a_batch_exits_with_zero_if_any_question_is_answered(workplace: Path) -> None:
    questions = ["zyx wvu?", "who helps shipwrecked children?", "and?"]
    answers = [json.loads(line) for line in found("--batch", "-", stdin="\n".join(questions)).splitlines()]
    assert [answer["answered"] for answer in answers] == [False, True, False]
    result = run("--batch", "-", stdin="zyx wvu?\nand?\n")
    assert (result.exit_code, result.stderr, len(result.stdout.splitlines())) == (1, "", 2)


def test_the_same_words_of_one_owner_are_one_hit(workplace: Path) -> None:
    page = [Text("World Lighthouse Agency (WLA)", 72, size=16, font=BOLD)]
    for number, top in enumerate((110, 250, 390)):
        page += [Text(f"Task {number}", top, size=13, font=BOLD), *paragraph(WLA, top + 30)]
    other = [Text("International Fishing Office (IFO)", 72, size=16, font=BOLD), *paragraph(WLA, 110)]
    build_index([make_pdf(workplace / "twins-2020.pdf", [page, other])], workplace / "index", WordEncoder)
    hits = {hit["organization"]: hit for hit in hits_of("who helps shipwrecked children?")}
    assert len(hits) == 2, "two owners are two hits"
    citation = "WLA, twins-2020.pdf (2020), p. 1"
    assert hits["WLA"]["passage"] == "twins/2020/1/0"
    assert hits["WLA"]["also"] == [{"passage": f"twins/2020/{number}/0", "citation": citation} for number in (2, 3)]
    assert hits["IFO"]["also"] == []
    lines = run("who helps shipwrecked children?").stdout.splitlines()
    assert [line for line in lines if "also" in line] == 2 * [f"   also {citation}"]
    assert f"{citation}; also {citation}; also {citation}" in run("who helps?", "--markdown").stdout


@pytest.mark.usefixtures("on_the_paper")
@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        (["--org", "iom"], lambda hit: hit["organization"] == "IOM"),
        (["--org", "ICPO", "--org", "UNICEF"], lambda hit: hit["organization"] in ("INTERPOL", "UNICEF")),
        (["--section", "main activities"], lambda hit: any("Main Activities" in part for part in hit["section"])),
        (["--page", "15"], lambda hit: 15 in hit["pages"]),
        (["--org", "INTERPOL", "--page", "17"], lambda hit: hit["organization"] == "INTERPOL" and 17 in hit["pages"]),
    ],
)
def test_filters(filters: list[str], passes: Callable[[dict[str, Any]], bool]) -> None:
    everything = hits_of("training", "-k", "100000")
    expected = {hit["passage"] for hit in everything if passes(hit)}
    hits = hits_of("training", "-k", "100000", *filters)
    assert 0 < len(hits) < len(everything)
    assert {hit["passage"] for hit in hits} == expected
    assert [hit["rank"] for hit in hits] == list(range(1, len(hits) + 1))


@pytest.mark.usefixtures("on_the_paper")
@pytest.mark.parametrize(("args", "count"), [([], 5), (["-k", "1"], 1), (["-k", "12"], 12)])
def test_how_many_hits(args: list[str], count: int) -> None:
    assert len(hits_of("training", *args)) == count


@pytest.mark.parametrize(
    ("mode", "signals"),
    [
        ([], ["sentence", "tokens", "lexical"]),
        (["--mode", "hybrid"], ["sentence", "tokens", "lexical"]),
        (["--mode", "dense"], ["passage"]),
        (["--mode", "lexical"], ["lexical"]),
    ],
)
def test_explain_shows_the_signals_of_the_mode(workplace: Path, mode: list[str], signals: list[str]) -> None:
    question = ["lamps and foghorns", *mode]
    first, second = hits_of(*question, "--explain")
    assert [list(hit["signals"]) for hit in (first, second)] == [signals, signals]
    assert list(first)[-1] == "signals"
    assert all(first["signals"][name] > second["signals"][name] for name in signals)
    assert [hit["organization"] for hit in (first, second)] == ["WLA", "IFO"]
    lines = run(*question, "--explain", "-k", "1").stdout.splitlines()
    assert lines[4] == "   " + ", ".join(f"{name} {first['signals'][name]:+.1f}" for name in signals)
    assert hits_of(*question) == [
        {key: value for key, value in hit.items() if key != "signals"} for hit in (first, second)
    ]


def test_explain_shows_who_was_named(workplace: Path) -> None:
    hits = hits_of("what does the WLA repair?", "--explain")
    assert [(hit["organization"], hit["signals"]["named"]) for hit in hits] == [("WLA", 1.0), ("IFO", 0.0)]


def test_batch_explains_too(workplace: Path) -> None:
    (line,) = run("--batch", "-", "--explain", "--mode", "dense", "-k", "1", stdin="lamps\n").stdout.splitlines()
    assert list(json.loads(line)["hits"][0]["signals"]) == ["passage"]


QUESTIONS = "who helps shipwrecked children?\n\n  who counts herring boats?  \n"


@pytest.mark.parametrize("source", ["file", "-", "default"])
def test_batch_prints_one_object_a_question(workplace: Path, source: str) -> None:
    (workplace / "questions.txt").write_text(QUESTIONS)
    if source == "file":
        output = found("search", "--batch", "questions.txt", "-k", "1")
    else:
        command = ["search"] if source == "-" else []
        output = found(*command, "--batch", "-", "-k", "1", "--json", stdin=QUESTIONS)
    answers = [json.loads(line) for line in output.splitlines()]
    assert [(answer["query"], [hit["citation"] for hit in answer["hits"]]) for answer in answers] == [
        ("who helps shipwrecked children?", [CITED]),
        ("who counts herring boats?", ["IFO, sea-2020.pdf (2020), p. 1"]),
    ]


def test_batch_takes_a_file_as_windows_writes_it(workplace: Path) -> None:
    (workplace / "questions.txt").write_bytes("who helps children?\r\n".encode("utf-8-sig"))
    (line,) = found("--batch", "questions.txt").splitlines()
    assert json.loads(line)["query"] == "who helps children?"


def test_batch_without_any_hit_exits_with_one(workplace: Path) -> None:
    result = run("search", "--batch", "-", "--page", "9", stdin="who?\nwhat?\n")
    assert result.exit_code == 1
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"query": query, "confidence": 0.0, "answered": False, "without_section": [], "hits": []}
        for query in ("who?", "what?")
    ]
    assert result.stderr == "nothing found: no passage passes these filters\n"


@pytest.mark.usefixtures("on_the_paper")
@pytest.mark.parametrize(
    ("form", "stdout"),
    [
        ([], ""),
        (
            ["--json"],
            '{\n  "query": "education",\n  "confidence": 0.0,\n  "answered": false,\n  "without_section": [],\n'
            '  "hits": []\n}\n',
        ),
        (["--markdown"], "## education\n"),
    ],
)
def test_nothing_found_for_a_member_without_a_section(form: list[str], stdout: str) -> None:
    result = run("education", "--org", "UNESCO", "--page", "11", *form)
    assert (result.exit_code, result.stdout) == (1, stdout)
    assert result.stderr == "nothing found: the paper names UNESCO, but has no section on it\n"


# --- the other commands


def test_ingest_for_people(workplace: Path) -> None:
    lines = found("ingest", "--index", "other").splitlines()
    assert lines[:3] == [
        "sea/2020 (sea-2020.pdf), new, edition from the file name:",
        "  2 pages, 2 sections, 2 organizations, 2 passages",
        "other: 2 passages, 4 sentences, words",
    ]
    assert re.fullmatch(r"  6 vectors computed, 0 reused \(reading .* s, encoding .* s, .*writing .* s\)", lines[3])
    assert found("--index", "other", "lamps", "-k", "1").count(CITED) == 1


def test_ingest_json(workplace: Path) -> None:
    report = json.loads(found("ingest", "raw/sea-2020.pdf", "--edition", "Final", "--json"))
    (edition,) = report["editions"]
    assert (edition["edition"]["document"], edition["edition"]["label"], edition["passages"]) == ("sea", "final", 2)
    assert (report["passages"], report["sentences"], report["skipped"]) == (2, 4, [])
    assert json.loads(found("info", "--json"))["editions"][0]["label"] == "final"


def test_ingest_reports_on_stderr_what_it_leaves_out(workplace: Path) -> None:
    (workplace / "raw" / "bad-2019.pdf").write_bytes(b"")
    result = run("ingest", "--json")
    assert result.exit_code == 0
    assert result.stderr == "warning: raw/bad-2019.pdf: the file is empty; get a fresh copy\n"
    assert json.loads(result.stdout)["skipped"] == ["raw/bad-2019.pdf: the file is empty; get a fresh copy"]


def test_a_paper_without_sections_is_one_section_with_a_warning(workplace: Path) -> None:
    make_pdf(workplace / "plain-2019.pdf", [paragraph(IFO, 100)])
    result = run("ingest", "plain-2019.pdf")
    assert (result.exit_code, result.stderr) == (
        0,
        "warning: plain-2019.pdf: no headings found; the paper is one section\n",
    )
    assert result.stdout.splitlines()[1] == "  1 pages, 1 sections, 0 organizations, 1 passages"
    (hit,) = hits_of("herring boats")
    assert (hit["organization"], hit["section"], hit["text"]) == (None, [], " ".join(IFO))


def test_a_password_opens_a_locked_paper(workplace: Path) -> None:
    make_pdf(workplace / "locked-2019.pdf", [paragraph(IFO, 100)], password="herring")
    result = run("ingest", "locked-2019.pdf", "--password", "herring")
    assert result.exit_code == 0
    assert hits_of("herring boats")[0]["file"] == "locked-2019.pdf"


@pytest.mark.usefixtures("on_the_paper")
def test_orgs() -> None:
    entries = json.loads(found("orgs", "--json"))
    by_name = {entry["organization"]: entry for entry in entries}
    assert len(by_name) == len(entries) == 23
    assert [entries[0]["organization"], entries[20]["organization"]] == ["CoE", "World Bank"]
    assert by_name["UNESCO"] == {
        "organization": "UNESCO",
        "name": "United Nations Educational, Scientific and Cultural Organization",
        "aliases": [],
        "pages": None,
        "passages": 0,
        "document": "icat",
        "edition": "2018",
    }
    assert by_name["INTERPOL"]["pages"] == [14, 17]
    assert "ICPO" in by_name["INTERPOL"]["aliases"]
    assert len(hits_of("x", "-k", "999", "--org", "IOM")) == by_name["IOM"]["passages"]
    text = found("orgs")
    assert re.search(r"^INTERPOL +14–17 +\d+  International Criminal Police Organization$", text, re.MULTILINE)
    assert re.search(r"^UNAIDS +no section +0  ", text, re.MULTILINE)
    assert re.search(r"^ILO +18 ", text, re.MULTILINE)


@pytest.mark.usefixtures("on_the_paper")
def test_orgs_lists_bodies_without_a_section_if_asked() -> None:
    records = {record["organization"]: record for record in json.loads(found("orgs", "--all", "--json"))}
    assert records["FATF"] == {
        "organization": "FATF",
        "name": "Financial Action Task Force",
        "aliases": [],
        "pages": None,
        "passages": 0,
        "document": None,
        "edition": None,
        "mentions": records["FATF"]["mentions"],
    }
    assert records["FATF"]["mentions"] > 0
    assert "FATF" not in found("orgs")
    assert re.search(r"^FATF +\d+  Financial Action Task Force$", found("orgs", "--all"), re.MULTILINE)


def test_orgs_of_a_paper_without_any(workplace: Path) -> None:
    make_pdf(workplace / "plain-2019.pdf", [paragraph(IFO, 100)])
    run("ingest", "plain-2019.pdf")
    result = run("orgs", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (1, [])
    assert result.stderr == "no section of this index is owned by an organization\n"


@pytest.mark.usefixtures("on_the_paper")
def test_sections() -> None:
    entries = json.loads(found("sections", "--json"))
    assert entries[0] == {
        "edition": "icat/2018",
        "number": 0,
        "level": 1,
        "path": ["Introduction"],
        "organization": None,
        "pages": [1, 2],
    }
    tops = [line for line in found("sections").splitlines() if not line[9:].startswith(" ")]
    assert tops[0] == "    1–2  Introduction"
    assert len(tops) == len([entry for entry in entries if entry["level"] == 1]) == 22


def test_info(workplace: Path) -> None:
    manifest = json.loads(found("info", "--json"))
    files = {"catalog.sqlite", "columns.safetensors", "passages.faiss"}
    files |= {"sentences.npy", "tokens.npy", "words.safetensors"}
    assert (manifest["schema"], set(manifest["checksums"])) == (manifests.SCHEMA, files)
    assert manifest["encoder"] == {"name": "words", "revision": "1", "sha256": "0" * 64, "dimensions": 512}
    assert manifest["counts"]["passages"] == 2
    lines = found("info").splitlines()
    assert lines[0] == f"built     {manifest['built_at']}, schema {manifests.SCHEMA}"
    assert lines[1] == "model     words (1, weights 000000000000)"
    assert lines[2].startswith("edition   sea/2020 (sea-2020.pdf, ")
    assert "        2 passages" in lines


@pytest.mark.parametrize("place", ["2", "sea/2020:2", "sea:2"])
def test_show_a_page(workplace: Path, place: str) -> None:
    expected = ["World Lighthouse Agency (WLA)", *WLA]
    assert found("show", place).splitlines() == ["sea-2020.pdf (2020), page 2", *expected]
    assert json.loads(found("show", place, "--json")) == {
        "document": "sea",
        "edition": "2020",
        "file": "sea-2020.pdf",
        "page": 2,
        "page_label": "2",
        "text": "\n".join(expected),
        "left_out": [],
    }


@pytest.mark.usefixtures("on_the_paper")
def test_show_a_page_with_what_was_left_out() -> None:
    assert "[page number: 1]" in found("show", "1").splitlines()
    assert {"kind": "page number", "text": "1"} in json.loads(found("show", "1", "--json"))["left_out"]


def test_show_a_passage(workplace: Path) -> None:
    shown = json.loads(found("show", "sea/2020/1/0", "--json"))
    hit = hits_of("lamps")[0]
    added = ("rank", "score", "highlight", "mentions", "also")
    assert shown == {key: value for key, value in hit.items() if key not in added}
    assert found("show", "sea/2020/1/0").splitlines()[:3] == [CITED, "World Lighthouse Agency (WLA)", "sea/2020/1/0"]


def test_a_page_number_alone_is_not_enough_for_two_editions(workplace: Path) -> None:
    make_pdf(workplace / "raw" / "sea-2021.pdf", [paragraph(IFO, 100)])
    run("ingest")
    result = run("show", "1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: which edition? write EDITION:1 with one of: sea/2020, sea/2021\n"
    assert found("show", "sea/2021:1").splitlines()[1:] == IFO


def test_the_index_may_be_named_by_the_environment(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (workplace / "index").rename(workplace / "elsewhere")
    monkeypatch.setenv("MANDATES_INDEX", str(workplace / "elsewhere"))
    assert CITED in found("lamps")


# --- bad input: one line, an exit code, an untouched index


def file_with(name: str, content: bytes) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return make


def nothing(folder: Path) -> None:
    """Leave the workplace as it is."""


def truncated(folder: Path) -> None:
    whole = (folder / "raw" / "sea-2020.pdf").read_bytes()
    (folder / "bad-2019.pdf").write_bytes(whole[: len(whole) // 2])


def damaged_middle(folder: Path) -> None:
    (folder / "bad-2019.pdf").write_bytes(b"%PDF-1.4\n" + b"rubbish " * 50 + b"\n%%EOF\n")


def locked(folder: Path) -> None:
    make_pdf(folder / "bad-2019.pdf", [paragraph(IFO, 100)], password="herring")


def scanned(folder: Path) -> None:
    make_pdf(folder / "bad-2019.pdf", [[], [], []])


def second_edition(folder: Path) -> None:
    make_paper(folder / "raw" / "sea-2021.pdf")


def wrong_pointer(folder: Path) -> None:
    (folder / "index" / "CURRENT").write_text("rubbish\n")


def damaged_catalog(folder: Path) -> None:
    file = folder / "index" / "generation-000001" / "catalog.sqlite"
    file.write_bytes(file.read_bytes()[:-1])


BAD = ["ingest", "bad-2019.pdf"]
BAD_INPUT: list[tuple[Callable[[Path], None], list[str], int, str]] = [
    (nothing, ["ingest", "nowhere.pdf"], 3, "nowhere.pdf: no such file or folder"),
    (lambda folder: (folder / "papers").mkdir(), ["ingest", "papers"], 3, "papers: no paper in this folder"),
    (file_with("bad-2019.pdf", b"<html>"), BAD, 3, "bad-2019.pdf: not a PDF"),
    (file_with("bad-2019.pdf", b""), BAD, 3, "bad-2019.pdf: the file is empty"),
    (truncated, BAD, 3, "bad-2019.pdf: the PDF is truncated"),
    (damaged_middle, BAD, 3, "bad-2019.pdf: the PDF"),
    (locked, BAD, 3, "bad-2019.pdf: the PDF needs a password; give it with --password"),
    (locked, [*BAD, "--password", "cod"], 3, "bad-2019.pdf: the password is wrong"),
    (scanned, BAD, 3, "bad-2019.pdf: no text on its 3 pages; it looks scanned"),
    (second_edition, ["ingest", "--edition", "x"], 3, "--edition x names one edition, but there are 2 files"),
    (nothing, [""], 2, "the question is empty"),
    (nothing, ["search", " \t"], 2, "the question is empty"),
    (nothing, ["lamps", "-k", "0"], 2, "-k"),
    (nothing, ["lamps", "--page", "0"], 2, "--page"),
    (nothing, ["lamps", "--org", "WAL"], 2, "no organization is called 'WAL'; did you mean WLA?"),
    (nothing, ["show", "9"], 2, "sea-2020.pdf has no page 9"),
    (nothing, ["show", "0"], 2, "sea-2020.pdf has no page 0"),
    (nothing, ["show", "two"], 2, "'two' is neither a page number nor a passage id"),
    (nothing, ["show", "sea/2020/9/9"], 2, "no passage has the id sea/2020/9/9"),
    (nothing, ["show", "lake:1"], 2, "which edition?"),
    (nothing, ["lamps", "--index", "nowhere"], 3, "nowhere: no index here; build it: mandates ingest"),
    (nothing, ["orgs", "--index", "nowhere"], 3, "build it: mandates ingest"),
    (nothing, ["sections", "--index", "nowhere"], 3, "build it: mandates ingest"),
    (nothing, ["info", "--index", "nowhere"], 3, "build it: mandates ingest"),
    (nothing, ["show", "1", "--index", "nowhere"], 3, "build it: mandates ingest"),
    (wrong_pointer, ["lamps"], 3, "CURRENT: not as it was written; rebuild it: mandates ingest"),
    (damaged_catalog, ["lamps"], 3, "catalog.sqlite: not the bytes that were written; rebuild it: mandates ingest"),
    (file_with("plain", b"file"), ["ingest", "--index", "plain"], 3, "plain: cannot write the index"),
    (file_with("plain", b"file"), ["ingest", "--index", "plain/index"], 3, "plain/index: cannot write the index"),
]


@pytest.mark.parametrize(
    ("make", "args", "code", "message"), BAD_INPUT, ids=[f"{' '.join(row[1])}-{row[3][:30]}" for row in BAD_INPUT]
)
def test_bad_input_is_one_line_and_leaves_the_index(
    workplace: Path, make: Callable[[Path], None], args: list[str], code: int, message: str
) -> None:
    make(workplace)
    before = snapshot(workplace)
    result = run(*args)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
    assert snapshot(workplace) == before
    assert result.stderr.count("\n") == 1, "one clear line"
    assert result.stderr.startswith("error: ")


@pytest.mark.parametrize(
    "args",
    [
        ["lamps", "--nonsense"],
        ["ingest", "--nonsense"],
        ["search"],
        ["search", "lamps", "--batch", "-"],
        ["search", "--batch", "-", "--csv"],
        ["search", "--batch", "nowhere.txt"],
        ["show"],
        ["lamps", "-k", "many"],
        ["lamps", "--mode", "magic"],
    ],
)
def test_wrong_usage_is_two(workplace: Path, args: list[str]) -> None:
    before = snapshot(workplace)
    result = run(*args, stdin="lamps\n")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "error: " in result.stderr.lower()
    assert snapshot(workplace) == before


def one_line(result: Result, code: int) -> str:
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("error: ")
    return result.stderr


def test_an_index_of_another_schema(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(workplace)
    monkeypatch.setattr(manifests, "SCHEMA", manifests.SCHEMA + 1)
    message = one_line(run("lamps"), 3)
    assert (
        f"schema {manifests.SCHEMA - 1}, this release reads {manifests.SCHEMA}; rebuild it: mandates ingest" in message
    )
    assert snapshot(workplace) == before


def test_an_index_of_another_model(paper_index: Path, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    before = snapshot(paper_index)
    message = one_line(run("lamps", "--index", str(paper_index), "--model", str(tmp_path)), 3)
    assert "the index was built with words" in message
    assert str(tmp_path) in message
    assert snapshot(paper_index) == before


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS], ids=["full", "read-only"])
@pytest.mark.parametrize("step", ["pathlib.Path.mkdir", "pathlib.Path.write_text", "os.fsync", "pathlib.Path.rename"])
def test_a_disk_that_takes_nothing(workplace: Path, monkeypatch: pytest.MonkeyPatch, code: int, step: str) -> None:
    before = snapshot(workplace)

    def refuse(*args: object, **options: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(step, refuse)
    message = one_line(run("ingest", "--fresh"), 3)
    monkeypatch.undo()
    assert message.startswith(f"error: index: cannot write the index ({os.strerror(code)});")
    assert snapshot(workplace) == before


def test_another_ingest_is_running(workplace: Path) -> None:
    with store.writing(workplace / "index"):
        assert "another ingest is writing" in one_line(run("ingest"), 3)


@pytest.mark.parametrize("error", [EncoderError("the model is gone"), ZeroDivisionError("by zero")])
def test_any_error_while_encoding_is_one_line(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    before = snapshot(workplace)

    def load(name: str | None = None, *, for_many: bool = False) -> WordEncoder:
        raise error

    monkeypatch.setattr("pipeline.indexing.encode.load_encoder", load)
    assert str(error) in one_line(run("ingest", "--fresh"), 3)
    assert snapshot(workplace) == before


@pytest.mark.parametrize(
    ("args", "error"),
    [(["ingest", "nowhere.pdf"], FileMissing), (["lamps", "--index", "nowhere"], IndexMissing)],
)
def test_debug_shows_the_traceback(workplace: Path, args: list[str], error: type[Exception]) -> None:
    result = CliRunner().invoke(main, ["--debug", *args])
    assert isinstance(result.exception, error)
    assert result.exc_info is not None
    assert result.exc_info[2] is not None


def test_interrupted(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(workplace)

    def interrupt(self: WordEncoder, *args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(WordEncoder, "encode", interrupt)
    result = run("ingest", "--fresh")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "interrupted; the index is as it was\n")
    assert snapshot(workplace) == before


# --- help and terminals


def test_every_command_has_an_example_in_its_help() -> None:
    assert sorted(COMMANDS) == [
        "diff", "editions", "eval", "forget", "gc", "info", "ingest", "matrix", "mcp", "orgs", "rollback", "search",
        "sections", "serve", "show", "verify", "who",
    ]  # fmt: skip
    for name in COMMANDS:
        output = found(name, "--help")
        assert re.search(rf"^ +mandates {name}\b", output, re.MULTILINE), name
    top = found("--help")
    assert re.search(r'^ +mandates "[^"]+\?"', top, re.MULTILINE)
    assert "Exit codes: 0 found, 1 nothing found or no clear answer, 2 wrong usage, 3" in top


def test_version() -> None:
    assert re.fullmatch(r".*\d+\.\d+\.\d+\n", found("--version"))


SCRIPT = """
import sys
from tests.conftest import WordEncoder
import pipeline.indexing.encode, pipeline.indexing.models, pipeline.searching.search
pipeline.indexing.models.model_sha256 = lambda name: "0" * 64
pipeline.indexing.encode.load_encoder = lambda *args, **options: WordEncoder()
pipeline.searching.search.load_encoder = lambda *args, **options: WordEncoder()
from search_cli import main
main(sys.argv[1:])
"""


def on_a_terminal(folder: Path, *args: str, **environment: str) -> tuple[str, str]:
    """Run with stdout and stderr on a terminal each, and give what they show."""
    shown = []
    for stream in ("stdout", "stderr"):
        ours, theirs = pty.openpty()
        other = "stderr" if stream == "stdout" else "stdout"
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, *args],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", **environment},
            **{stream: theirs, other: subprocess.DEVNULL},  # type: ignore[call-overload]
        )
        os.close(theirs)
        shown.append(b"".join(read_all(ours)).decode())
        os.close(ours)
        assert process.wait() == 0
    return shown[0], shown[1]


def read_all(handle: int) -> Iterator[bytes]:
    try:
        while data := os.read(handle, 65536):
            yield data
    except OSError:  # the other end of a terminal is closed
        return


def test_bold_on_a_terminal_only_where_wanted(workplace: Path) -> None:
    assert f"\x1b[1m{CITED}\x1b[0m" in on_a_terminal(workplace, "shipwrecked children", "-k", "1")[0]
    assert "\x1b" not in on_a_terminal(workplace, "shipwrecked children", "-k", "1", NO_COLOR="1")[0]


def test_progress_bars_on_a_terminal(workplace: Path) -> None:
    stdout, stderr = on_a_terminal(workplace, "ingest", "--fresh")
    for stage, unit in (("reading", "pages"), ("encoding", "texts")):
        assert re.search(rf"{stage} .*━.*100%.* \d+ {unit}/s .*\d:\d\d", stderr)
        assert stage not in stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("library", "args", "extra"),
    [
        ("watchfiles", ["ingest", "--watch"], "ingest"),
        ("ir_measures", ["eval", "questions.jsonl"], "eval"),
        ("pypdfium2", ["show", "1", "--image", "page.png"], "ingest"),
        ("PIL", ["show", "1", "--image", "page.png"], "ingest"),
    ],
)
def test_a_library_that_is_not_installed(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, library: str, args: list[str], extra: str
) -> None:
    shutil.copy(Path(__file__).parent / "data" / "questions.jsonl", workplace)
    before = snapshot(workplace)
    monkeypatch.setitem(sys.modules, library, None)
    assert one_line(run(*args), 3) == f"error: this needs {library}; run: pip install 'mandates[{extra}]'\n"
    assert snapshot(workplace) == before
