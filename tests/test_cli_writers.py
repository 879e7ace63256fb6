"""Processes that write an index: two of them, one that dies, one that watches, and folders that cannot be written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

import pipeline.indexing.forget  # noqa: F401 - another user may not read where modules lie
from pipeline.indexing import store
from search_cli import main
from tests.conftest import WordEncoder
from tests.indexing.editions import BUA, IFO, WLA, answers, make_edition, names, snapshot

ROOT = Path(__file__).parents[1]
DEADLINE = 30  # seconds
NOBODY = 65534  # a user without rights
HOLD = """
import sys, time; from pathlib import Path; from pipeline.indexing import store
with store.writing(Path(sys.argv[1])):
    (Path(sys.argv[1]) / ".draft-000002").mkdir()
    print("held", flush=True); time.sleep(60)
"""


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word_encoder: WordEncoder) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MANDATES_INDEX", raising=False)
    monkeypatch.setattr("pipeline.indexing.models.model_sha256", lambda name: word_encoder.info.sha256)
    make_edition(tmp_path / "raw" / "sea-2020.pdf", IFO, WLA)
    assert mandates("ingest")[0] == 0
    make_edition(tmp_path / "raw" / "lake-2021.pdf", BUA)
    return tmp_path


def mandates(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(args))
    return result.exit_code, result.stderr


def process(*args: str, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, *args]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    # A run in the background of a shell has SIGINT ignored, and its children would inherit that.
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        command,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - one thread
        **options,
    )


@pytest.fixture
def other_writer(workplace: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the index for writing."""
    with process("-c", HOLD, str(workplace / "index")) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        yield other
        other.kill()


@pytest.mark.parametrize("command", [["ingest"], ["gc"], ["rollback"], ["forget", "sea"]])
def test_a_second_writer_is_told_to_wait(
    workplace: Path, other_writer: subprocess.Popen[str], command: list[str]
) -> None:
    before = snapshot(workplace / "index")
    message = "error: index: another ingest is writing this index; wait for it to end\n"
    assert mandates(*command) == (3, message)
    assert snapshot(workplace / "index") == before
    assert mandates("search", "herring boats")[0] == 0, "readers do not wait"


def test_a_writer_that_was_killed_holds_nobody_up(workplace: Path, other_writer: subprocess.Popen[str]) -> None:
    other_writer.kill()
    other_writer.wait()
    assert (workplace / "index" / ".draft-000002").exists()
    assert mandates("ingest") == (0, "")
    assert names(workplace / "index") == ["CURRENT", "generation-000001", "generation-000002"]


# --- folders that cannot be written


@contextmanager
def no_root() -> Iterator[None]:
    """Be another user for a while if this is root, who may write anywhere."""
    user = os.geteuid()
    os.seteuid(user or NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.mark.parametrize("command", [["ingest"], ["gc"], ["rollback"], ["forget", "sea"]])
def test_no_permission(workplace: Path, command: list[str]) -> None:
    before = snapshot(workplace / "index")
    workplace.chmod(0o755)
    for path in (workplace / "index", workplace / "index" / store.LOCK):
        path.chmod(path.stat().st_mode & 0o555)
    reason = "cannot write the index (Permission denied); free space or permissions, or choose another --index"
    with no_root():
        assert mandates(*command) == (3, f"error: index: {reason}\n")
        assert store.open_generation(Path("index")), "readers need not write"
    assert snapshot(workplace / "index") == before


def test_a_read_only_disk(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(workplace / "index")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refuse)
        code, message = mandates("ingest")
    assert (code, "cannot write the index (Read-only file system)" in message) == (3, True)
    assert snapshot(workplace / "index") == before


# --- --watch


def wait_for(condition: Callable[[], bool], child: subprocess.Popen[str]) -> None:
    until = time.monotonic() + DEADLINE
    while not condition():
        assert child.poll() is None, "the watcher ended"
        assert time.monotonic() < until, "nothing happened"
        time.sleep(0.05)


def held(folder: Path) -> list[str]:
    return [edition.id for edition in store.open_generation(folder).manifest.editions]


@pytest.fixture
def watcher(workplace: Path) -> Iterator[subprocess.Popen[str]]:
    with (workplace / "messages").open("w") as messages:
        child = process("-m", "tests.with_words", "ingest", "--watch", cwd=workplace, stderr=messages)
        with child:
            yield child
            child.kill()


def test_watch_keeps_the_index_current(workplace: Path, watcher: subprocess.Popen[str]) -> None:
    index, raw, messages = workplace / "index", workplace / "raw", workplace / "messages"
    wait_for(lambda: held(index) == ["lake/2021", "sea/2020"], watcher)
    whole = make_edition(workplace / "elsewhere" / "sky-2022.pdf", (IFO[0], "The office counts clouds.")).read_bytes()
    with (raw / "sky-2022.pdf").open("wb") as copy:  # by and by
        copy.write(whole[: len(whole) // 2])
        copy.flush()
        wait_for(lambda: "sky-2022.pdf: the PDF is truncated" in messages.read_text(), watcher)
        assert held(index) == ["lake/2021", "sea/2020"]
        copy.write(whole[len(whole) // 2 :])
    wait_for(lambda: held(index) == ["lake/2021", "sea/2020", "sky/2022"], watcher)
    (raw / "sea-2020.pdf").unlink()
    wait_for(lambda: held(index) == ["lake/2021", "sky/2022"], watcher)
    watcher.send_signal(signal.SIGINT)
    assert watcher.wait(DEADLINE) == 130
    assert messages.read_text().splitlines()[-1] == "interrupted; the index is as it was"
    assert "umbrellas" in str(answers(index))


def test_watch_waits_for_another_writer(workplace: Path, other_writer: subprocess.Popen[str]) -> None:
    with (workplace / "messages").open("w") as messages:
        child = process("-m", "tests.with_words", "ingest", "--watch", cwd=workplace, stderr=messages)
    with child:
        wait_for(lambda: "waiting: index: another ingest" in (workplace / "messages").read_text(), child)
        other_writer.kill()
        wait_for(lambda: held(workplace / "index") == ["lake/2021", "sea/2020"], child)
        child.kill()
    assert (workplace / "messages").read_text().count("waiting") == 1
