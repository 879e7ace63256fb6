"""``--store`` on the command line, and that nobody who does not use it pays for it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from search_cli import main
from tests.conftest import WordEncoder
from tests.indexing.editions import IFO, WLA, make_edition

ROOT = Path(__file__).parents[2]
NOWHERE = "milvus://127.0.0.1:1/mandates"


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    make_edition(tmp_path / "papers" / "sea-2018.pdf", IFO, WLA)
    make_edition(tmp_path / "papers" / "sea-2021.pdf", (IFO[0], "The office counts herring boats in autumn."), WLA)
    return tmp_path / "papers"


def run(*arguments: str | Path, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], env=env)


def one_line(result: Result) -> str:
    assert result.exit_code in (2, 3), result.output
    assert len(result.stderr.splitlines()) == 1
    return result.stderr


@pytest.mark.parametrize("kind", ["faiss:{}/index", "milvus:{}/index.db", "milvus-lite:{}/index.db"])
def test_every_command_takes_a_store(tmp_path: Path, papers: Path, word_encoder: WordEncoder, kind: str) -> None:
    store = ("--store", kind.format(tmp_path))
    ingested = run("ingest", papers, *store)
    assert ingested.exit_code == 0, ingested.output
    assert "4 passages" in ingested.stdout
    assert "nothing changed" in run("ingest", papers, *store).stdout
    assert "herring boats in autumn" in run("who counts herring boats?", *store).stdout
    assert json.loads(run("search", "foghorns", "--json", *store).stdout)["hits"][0]["organization"] == "WLA"
    assert run("who", "herring boats", *store).stdout.startswith("IFO")
    assert "autumn" in run("diff", "2018", "2021", *store).stdout
    assert "IFO" in run("orgs", *store).stdout
    assert IFO[0] in run("sections", *store).stdout
    assert "herring" in run("show", "sea/2021:1", *store).stdout
    assert "sea/2021" in run("editions", *store).stdout
    assert "words" in run("info", *store).stdout
    assert "whole" in run("verify", "--deep", papers, *store).stdout
    assert "covers" in run("matrix", "herring boats", "--json", *store).stdout
    forgotten = run("forget", "sea", "--edition", "2018", *store)
    assert "sea/2018 forgotten" in forgotten.stdout
    assert "2018" not in run("editions", *store).stdout
    assert run("gc", *store).exit_code == 0
    assert "no generation before" in one_line(run("rollback", *store))


def test_the_environment_names_the_store_and_what_is_typed_beats_it(tmp_path: Path, papers: Path) -> None:
    assert "no Milvus answers there" in one_line(run("editions", env={"MANDATES_STORE": NOWHERE}))
    typed = run("editions", "--index", tmp_path / "none", env={"MANDATES_STORE": NOWHERE})
    assert "none: no index here" in one_line(typed)
    assert "no index here" in one_line(run("editions", "--store", "faiss", env={"MANDATES_INDEX": str(tmp_path)}))
    assert "only one of --index and --store" in one_line(run("editions", "--index", "a", "--store", NOWHERE))
    lite = ("--store", f"milvus:{tmp_path}/index.db")
    assert "one process at a time has a file of Milvus Lite" in one_line(run("serve", "--allow-ingest", *lite))
    assert "--store goes with QUESTIONS" in one_line(run("eval", "--beir", tmp_path, "--store", NOWHERE))


@pytest.mark.parametrize(
    "address",
    [
        "milvus:",
        "milvus://host/name",
        "milvus:index",
        "milvus://root:secret@h:1/a",
        "milvus://h:1/a-b",
        "milvus+ssl://h:1/a",
    ],
)
def test_what_is_no_address(address: str) -> None:
    said = one_line(run("editions", "--store", address))
    assert "give milvus://HOST:PORT/COLLECTION or milvus:PATH.db" in said
    assert "secret" not in said


@pytest.mark.parametrize("command", [("editions",), ("verify",), ("gc",), ("rollback",), ("forget", "sea"), ("x",)])
def test_a_server_that_does_not_answer(command: Sequence[str]) -> None:
    said = one_line(run(*command, "--store", NOWHERE, env={"MANDATES_MILVUS_TOKEN": "root:secret"}))
    assert said == f"error: {NOWHERE}: no Milvus answers there; start it, or mend --store\n"


def test_a_file_that_another_process_has_open(tmp_path: Path, word_encoder: WordEncoder) -> None:
    address = f"milvus:{tmp_path / 'index.db'}"
    script = (
        "import sys; from pipeline.scaling.stores import open_store\n"
        f"with open_store({address!r}).writing():\n    print('open', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as other:
        assert other.stdout
        assert other.stdout.readline() == "open\n"
        assert "another process has it open" in one_line(run("editions", "--store", address))
        other.kill()
    # The mark of the writer that died is in the file; no other process can have it open.
    assert "no index here" in one_line(run("editions", "--store", address))
    papers = make_edition(tmp_path / "papers" / "sea-2018.pdf", IFO, WLA)
    assert "2 passages" in run("ingest", papers, "--store", address).stdout


def test_nothing_is_imported_for_those_who_do_not_use_it(tmp_path: Path, paper_index: Path) -> None:
    script = (
        "import sys; sys.modules['pymilvus'] = sys.modules['milvus_lite'] = None\n"
        "from pipeline import open_index\n"
        f"print(len(open_index({str(paper_index)!r}).catalog))\n"
        "from search_cli import main\n"
        f"main(['editions', '--store', 'milvus:{tmp_path}/index.db'])"
    )
    (tmp_path / "index.db").mkdir()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stdout == "221\n"
    assert done.stderr == "error: this needs pymilvus; run: pip install 'mandates[cluster]'\n"
    assert done.returncode == 3
