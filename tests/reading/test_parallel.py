"""Files read by worker processes: the same as by this one, whatever their number and whatever befalls one of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from pipeline.errors import DamagedPdf, NoText, ReaderFailed
from pipeline.reading import parallel
from pipeline.reading.document import read_document
from pipeline.reading.extract import count_pages
from pipeline.reading.parallel import Job, Outcome, read_all
from tests.papers import Text, make_pdf, paragraph
from tests.reading.records import EDITION
from tests.reading.test_workers import ROOT, is_alive

DEADLINE = 30.0


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A paper of three pages, one of forty, a broken one and an empty one."""

    def pages(name: str, count: int) -> list[list[Text]]:
        return [
            [Text(f"{name} {number}", 80, size=16), *paragraph([f"The text of page {number}", "goes on here."], 120)]
            for number in range(1, count + 1)
        ]

    short = make_pdf(tmp_path / "a.pdf", pages("Short", 3))
    long = make_pdf(tmp_path / "b.pdf", pages("Long", 40))
    broken = tmp_path / "c.pdf"
    broken.write_bytes(short.read_bytes()[:20] + short.read_bytes()[-20:])
    return [short, long, broken, make_pdf(tmp_path / "d.pdf", [[], []])]


def jobs_of(files: list[Path]) -> list[Job]:
    return [Job(file, EDITION) for file in files]


def plain(outcomes: list[Outcome]) -> list[object]:
    """Make outcomes comparable: errors are not."""
    return [(type(item), str(item)) if isinstance(item, Exception) else item for item in outcomes]


def test_the_number_of_workers_changes_nothing(files: list[Path]) -> None:
    made = [plain(list(read_all(jobs_of(files), count, DEADLINE))) for count in (1, 2, 5)]
    assert made[0] == made[1] == made[2]
    assert made[0][:2] == [read_document(file, EDITION) for file in files[:2]]
    assert [item[0] for item in made[0][2:]] == [DamagedPdf, NoText]  # type: ignore[index]


def test_one_paper_is_cut_over_the_workers(files: list[Path]) -> None:
    steps: list[tuple[int, int]] = []
    (outcome,) = read_all(jobs_of(files[1:2]), 2, DEADLINE, lambda done, total: steps.append((done, total)))
    assert outcome == read_document(files[1], EDITION)
    assert steps == [(0, 40), (20, 40), (20, 40)]


def test_progress_ends_where_all_pages_are_read(files: list[Path]) -> None:
    steps: list[tuple[int, int]] = []
    list(read_all(jobs_of(files[:2]), 1, DEADLINE, lambda done, total: steps.append((done, total))))
    assert steps == [(3, 6), (40, 43)]


def test_a_long_paper_is_read_in_pieces(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "LARGEST", 16)
    assert list(read_all(jobs_of(files[:2]), 2, DEADLINE)) == [read_document(file, EDITION) for file in files[:2]]


def crash(job: Job, most: int) -> int:
    if job.file.name == "a.pdf":
        os._exit(7)
    if job.file.name == "b.pdf":
        raise ValueError("nobody foresaw this")
    if job.file.name == "c.pdf":
        time.sleep(60)
    return count_pages(job.file)


def test_what_a_file_does_to_its_worker_leaves_the_others_alone(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = files[3].with_name("e.pdf")
    good.write_bytes(files[0].read_bytes())
    monkeypatch.setattr(parallel, "read_short", crash)
    *failed, outcome = read_all(jobs_of([*files[:3], good]), 2, 2.0)
    assert outcome == read_document(good, EDITION)
    assert {type(item) for item in failed} == {ReaderFailed}
    assert [str(item).removeprefix(str(files[0].parent)) for item in failed] == [
        "/a.pdf: its reader crashed (exit code 7); get a fresh copy",
        "/b.pdf: cannot be read (ValueError: nobody foresaw this)",
        "/c.pdf: not read within 2 seconds; give it more with --timeout",
    ]


def linger(job: Job, most: int) -> int:
    job.file.with_suffix(".process").write_text(str(os.getpid()))
    time.sleep(60)
    return most


INTERRUPTED = """
import sys; from pathlib import Path
from pipeline.reading import parallel
from tests.reading.records import EDITION
from tests.reading.test_parallel import linger
parallel.read_short = linger
list(parallel.read_all([parallel.Job(Path(name), EDITION) for name in sys.argv[1:]], 2, 60.0))
"""


def test_an_interrupt_stops_everything_at_once(files: list[Path]) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", INTERRUPTED, *map(str, files)]
    default = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell's background ignores it
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment, preexec_fn=default) as program:  # noqa: PLW1509
        told = [files[0].with_suffix(".process"), files[1].with_suffix(".process")]
        wait_until(lambda: all(file.exists() and file.read_text() for file in told))
        program.send_signal(signal.SIGINT)
        program.wait(DEADLINE)
    workers = [int(file.read_text()) for file in told]
    wait_until(lambda: not any(map(is_alive, workers)))


def wait_until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_leaving_early_stops_the_workers(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "read_short", crash)
    began = time.monotonic()
    with closing(read_all(jobs_of([files[0], files[2]]), 2, 60.0)) as outcomes:
        assert isinstance(next(outcomes), ReaderFailed)
    assert time.monotonic() - began < DEADLINE


def lack(job: Job, most: int) -> int:
    raise ModuleNotFoundError("No module named 'pypdfium2'", name="pypdfium2")


def test_a_library_that_is_missing_is_no_fault_of_the_file(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "read_short", lack)
    with pytest.raises(ModuleNotFoundError) as caught, closing(read_all(jobs_of(files), 2, 60)) as outcomes:
        next(outcomes)
    assert caught.value.name == "pypdfium2"
