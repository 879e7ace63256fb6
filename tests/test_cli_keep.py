"""The commands that keep an index: what they print, refuse and change."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline.indexing import store
from pipeline.indexing.pointer import POINTER, read_pointer
from search_cli import main
from tests.conftest import WordEncoder
from tests.indexing.editions import BUA, IFO, WLA, make_edition, names, snapshot
from tests.papers import make_pdf, paragraph

NEW = "It counts umbrellas in harbours."


def run(*args: str) -> Result:
    result = CliRunner().invoke(main, list(args))
    assert "Traceback" not in result.output
    return result


def done(*args: str) -> str:
    result = run(*args)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def refused(*args: str) -> tuple[int, str]:
    result = run(*args)
    assert result.stdout == ""
    return result.exit_code, result.stderr


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word_encoder: WordEncoder) -> Path:
    """A folder with ``raw/sea-2020.pdf``, ``raw/sea-2021.pdf`` and an index of two generations; commands run in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MANDATES_INDEX", raising=False)
    monkeypatch.setattr("pipeline.indexing.models.model_sha256", lambda name: word_encoder.info.sha256)
    make_edition(tmp_path / "raw" / "sea-2020.pdf", IFO, WLA)
    done("ingest")
    make_edition(tmp_path / "raw" / "sea-2021.pdf", (*IFO, NEW), BUA)
    done("ingest")
    word_encoder.encoded.clear()
    return tmp_path


# --- ingest


def test_an_ingest_that_has_nothing_to_do_says_so(workplace: Path, word_encoder: WordEncoder) -> None:
    before = snapshot(workplace / "index")
    lines = done("ingest").splitlines()
    assert [line for line in lines if "unchanged" in line] == [
        "sea/2020 (sea-2020.pdf), unchanged, edition from the file name:",
        "sea/2021 (sea-2021.pdf), unchanged, edition from the file name:",
    ]
    assert re.fullmatch(r"  nothing changed \(reading \d\.\d s\)", lines[-1])
    assert (word_encoder.encoded, snapshot(workplace / "index") == before) == ([], True)


def test_the_report_as_json(workplace: Path) -> None:
    (workplace / "raw" / "sea-2020.pdf").rename(workplace / "raw" / "ocean-2020.pdf")
    make_edition(workplace / "raw" / "sea-2021.pdf", IFO, BUA)
    make_edition(workplace / "raw" / "lake-2022.pdf", WLA)
    report = json.loads(done("ingest", "--json"))
    assert [(item["edition"]["label"], item["edition"]["document"], item["status"]) for item in report["editions"]] == [
        ("2022", "lake", "new"), ("2020", "ocean", "renamed"), ("2021", "sea", "changed"),
    ]  # fmt: skip
    first = report["editions"][0]
    assert list(first) == [
        *("edition", "status", "label_from", "pages", "sections", "organizations", "passages", "left_out", "warnings"),
        *("compared_with", "changes"),
    ]
    assert (first["label_from"], first["pages"], first["passages"]) == ("file name", 1, 1)
    assert (report["removed"], report["skipped"], report["published"]) == ([], [], True)
    assert (report["passages"], report["sentences"], report["reused"], report["computed"]) == (5, 5, 10, 0)
    assert list(report["seconds"]) == ["reading", "encoding", "comparing", "writing"]
    report = json.loads(done("ingest", "--json"))
    assert (report["published"], report["computed"], list(report["seconds"])) == (False, 0, ["reading"])


def test_a_removed_file_is_told(workplace: Path) -> None:
    (workplace / "raw" / "sea-2020.pdf").unlink()
    assert "sea/2020: removed, its file is not there any more" in done("ingest").splitlines()


def test_fresh_reads_and_encodes_everything(workplace: Path, word_encoder: WordEncoder) -> None:
    assert "9 vectors computed, 0 reused" in done("ingest", "--fresh")
    assert set(word_encoder.encoded) >= {IFO[1], WLA[1], BUA[1], NEW}


def test_a_broken_replacement_is_a_warning(workplace: Path) -> None:
    (workplace / "raw" / "sea-2021.pdf").write_bytes(b"%PDF-1.4 half")
    result = run("ingest")
    assert result.exit_code == 0
    assert result.stderr.startswith("warning: raw/sea-2021.pdf: the PDF is truncated")
    assert result.stderr.endswith("; the index keeps what it has of it\n")
    assert "sea/2021 (sea-2021.pdf), kept" in result.stdout


# --- editions, and questions to one of them


def test_editions_lists_the_latest_first(workplace: Path) -> None:
    make_edition(workplace / "raw" / "lake-v9.pdf", WLA)
    make_edition(workplace / "raw" / "lake-v10.pdf", WLA, BUA)
    done("ingest")
    assert done("editions").splitlines() == [
        "lake/v10  lake-v10.pdf  2 pages, 2 sections, 2 passages  (latest)",
        "lake/v9  lake-v9.pdf  1 pages, 1 sections, 1 passages",
        "sea/2021  sea-2021.pdf  2 pages, 2 sections, 2 passages  (latest)",
        "sea/2020  sea-2020.pdf  2 pages, 2 sections, 2 passages",
    ]
    records = json.loads(done("editions", "--json"))
    assert [(item["document"], item["label"], item["latest"]) for item in records] == [
        ("lake", "v10", True), ("lake", "v9", False), ("sea", "2021", True), ("sea", "2020", False),
    ]  # fmt: skip
    assert records[0]["passages"] == 2


def hits(*args: str) -> set[str]:
    result = run("search", *args, "-k", "20", "--json")
    assert (result.exit_code in (0, 1), result.stderr) == (True, "")
    return {f"{hit['document']}/{hit['edition']}" for hit in json.loads(result.stdout)["hits"]}


def test_search_answers_from_the_latest_edition_unless_told(workplace: Path) -> None:
    question = "who counts herring boats?"
    assert hits(question) == {"sea/2021"}
    assert hits(question, "--edition", "2020") == {"sea/2020"}
    assert hits(question, "--edition", "sea/2020") == {"sea/2020"}
    make_edition(workplace / "raw" / "lake-2019.pdf", WLA, IFO)
    done("ingest")
    assert hits(question, "--document", "lake") == {"lake/2019"}
    assert hits(question, "--document", "lake", "--document", "sea") == {"lake/2019", "sea/2021"}
    assert hits(question, "--edition", "all", "--document", "sea") <= {"sea/2020", "sea/2021"}


def test_who_answers_from_the_latest_edition_unless_told(workplace: Path) -> None:
    def told(*args: str) -> dict[str, set[str]]:
        found = json.loads(run("who", "repairs foghorns along dangerous coasts", "--all", "--json", *args).stdout)
        return {
            item["organization"]: {f"{hit['document']}/{hit['edition']}" for hit in item["hits"]}
            for item in found["organizations"]
        }

    latest, former = told(), told("--edition", "2020")
    assert set(latest) == {"IFO", "BUA"}
    assert set().union(*latest.values()) <= {"sea/2021"}
    assert set(former) == {"IFO", "WLA"}
    assert set().union(*former.values()) <= {"sea/2020"}
    assert set(told("--edition", "all")) == {"IFO", "WLA", "BUA"}
    assert told("--document", "sea") == latest


@pytest.mark.parametrize("command", ["search", "who"])
def test_unknown_editions_and_documents_are_wrong_usage(workplace: Path, command: str) -> None:
    assert refused(command, "boats", "--edition", "1999") == (
        2, "error: no edition is called '1999'; there is sea/2020, sea/2021\n",
    )  # fmt: skip
    code, message = refused(command, "boats", "--document", "lake")
    assert (code, message.startswith("error: no document is called 'lake'; ")) == (2, True)


# --- verify


def test_verify_a_whole_index(workplace: Path) -> None:
    lines = ["generation-000002: 4 passages, 5 sentences", "generation-000001: 2 passages, 2 sentences"]
    assert done("verify").splitlines() == [*lines, "whole"]
    found = [f"sea/{year}: 2 passages found on their pages of raw/sea-{year}.pdf" for year in (2020, 2021)]
    assert done("verify", "--deep").splitlines() == [*lines, *found, "whole"]
    assert json.loads(done("verify", "--json")) == {"checked": lines, "damage": [], "whole": True}


def test_verify_a_damaged_index(workplace: Path) -> None:
    file = workplace / "index" / "generation-000002" / store.TOKEN_VECTORS
    file.write_bytes(file.read_bytes()[:-1])
    result = run("verify", "--deep")
    assert result.exit_code == 3
    assert result.stdout.splitlines()[-1] == "damaged"
    message = (
        f"index/generation-000002/{store.TOKEN_VECTORS}: not the bytes that were written; rebuild it: mandates ing"
    )
    assert result.stderr == f"error: {message}est\n"
    code, message = refused("search", "boats")
    assert (code, message.rstrip().endswith(": mandates rollback")) == (3, True)
    done("rollback")
    assert run("search", "herring boats").exit_code == 0
    assert done("verify").splitlines()[-1] == "whole"


def test_verify_deep_tells_what_a_paper_does_not_say(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.indexing.verify_papers.read_document", lambda *_: (None, []))
    result = run("verify", "--deep")
    assert (result.exit_code, len(result.stderr.splitlines())) == (3, 4)
    assert result.stderr.splitlines()[0] == (
        "error: sea/2020/0/0: not what raw/sea-2020.pdf says on IFO, sea-2020.pdf (2020), p. 1; "
        "rebuild it: mandates ingest --fresh"
    )


def test_verify_deep_of_a_locked_paper(workplace: Path) -> None:
    make_pdf(workplace / "raw" / "sea-2022.pdf", [paragraph([IFO[1]], 100)], password="cod")
    run("ingest", "--password", "cod")
    assert "needs a password; give it with --password" in done("verify", "--deep")
    assert "sea/2022: 1 passages found on their pages" in done("verify", "--deep", "--password", "cod")


# --- rollback, gc, forget


def test_rollback(workplace: Path) -> None:
    built_at = store.check_generation(workplace / "index", read_pointer(workplace / "index")[1]).manifest.built_at
    assert done("rollback") == f"index: back at the generation of {built_at}, with sea/2020\n"
    assert hits("herring boats") == {"sea/2020"}
    assert refused("rollback") == (3, "error: index: there is no generation before the current one to go back to\n")
    assert "sea/2021 (sea-2021.pdf), new" in done("ingest")


def test_gc(workplace: Path) -> None:
    assert re.fullmatch(r"index: 0\.[1-9] MB freed\n", done("gc"))
    assert names(workplace / "index") == [POINTER, "generation-000002"]
    assert done("gc") == "index: 0.0 MB freed\n"


def test_forget(workplace: Path) -> None:
    result = run("forget", "sea", "--edition", "2020")
    assert (result.exit_code, result.stdout) == (0, "index: sea/2020 forgotten\n")
    assert result.stderr == "its file is still where it was: an ingest that is given it brings it back\n"
    assert names(workplace / "index") == [POINTER, "generation-000003"]
    assert done("editions").splitlines() == ["sea/2021  sea-2021.pdf  2 pages, 2 sections, 2 passages  (latest)"]
    message = "error: the index does not hold sea/2020; it holds sea/2021\n"
    assert refused("forget", "sea", "--edition", "2020") == (2, message)
    assert run("forget", "sea").exit_code == 0
    assert refused("editions") == (3, "error: index: no index here; build it: mandates ingest\n")


@pytest.mark.parametrize("command", [["rollback"], ["gc"], ["forget", "sea"], ["verify"], ["editions"]])
def test_without_an_index(workplace: Path, command: list[str]) -> None:
    expected = (3, "error: nowhere: no index here; build it: mandates ingest\n")
    assert refused(*command, "--index", "nowhere") == expected
    assert not (workplace / "nowhere").exists()
