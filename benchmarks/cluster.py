"""What a cluster gains and costs, and whether it ends with the same index whatever dies meanwhile.

    python -m benchmarks.cluster [--papers DIR] [--kill DIR] [--model M] [--work DIR]

All workers are on this machine, one core each. First the papers are ingested by one process on one core, by this
machine as it does without a cluster, and on Ray with 1 and 2 workers. Then on a cluster of two machines of one core
each, those of --kill: an encoder is killed when a quarter of the papers is done, a machine and the driver at half.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from benchmarks.machine import describe
from benchmarks.processes import ROOT, run
from pipeline.indexing import store
from pipeline.indexing.files import open_files

RESULTS = ROOT / "benchmarks" / "results"
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled", "PYTHONPATH": str(ROOT)}
WAYS = {
    "one process, one core": ["--workers", "1"],
    "this machine, two cores": ["--workers", "2"],
    "Ray, 1 worker": ["--workers", "1", "--on", "ray"],
    "Ray, 2 workers": ["--workers", "2", "--on", "ray"],
}


def command(papers: Sequence[Path], index: Path, model: str, more: Sequence[str]) -> list[str]:
    """Give the command of an ingest."""
    program = [sys.executable, str(ROOT / "search_cli.py"), "ingest", *map(str, papers), "--model", model, "--json"]
    return [*program, "--index", str(index), *more]


def timed(papers: Sequence[Path], index: Path, model: str, way: str) -> dict[str, Any]:
    """Ingest, and tell what that took; one core is one for all processes of it."""
    shutil.rmtree(index, ignore_errors=True)
    pinned = ["taskset", "-c", "0"] if way == "one process, one core" else []
    ended = run([*pinned, *command(papers, index, model, WAYS[way])], QUIET)
    report = json.loads(ended.output)
    pages = sum(edition["pages"] for edition in report["editions"])
    return {
        "seconds": round(ended.seconds, 2),
        "stages": report["seconds"],
        "pages": pages,
        "passages": report["passages"],
        "sentences": report["sentences"],
        "skipped": len(report["skipped"]),
    }


@contextmanager
def two_machines() -> Iterator[Any]:
    """Start a cluster of two machines of one core each, and a head that works on nothing."""
    from ray.cluster_utils import Cluster

    os.environ |= QUIET
    node = {"include_dashboard": False, "object_store_memory": 200 << 20}
    cluster = Cluster(initialize_head=True, head_node_args=node | {"num_cpus": 0})
    machines = [cluster.add_node(num_cpus=1, object_store_memory=200 << 20) for _ in range(2)]
    yield cluster, machines
    cluster.shutdown()


def killed(papers: Sequence[Path], index: Path, model: str) -> dict[str, Any]:
    """Ingest while an encoder, a machine and the driver are killed, then again; what was done twice."""
    shutil.rmtree(index, ignore_errors=True)
    count = sum(1 for folder in papers for _ in folder.glob("*.pdf"))
    with two_machines() as (cluster, machines):
        on = ["--on", f"ray:{cluster.address}"]
        driver = subprocess.Popen(command(papers, index, model, on), stdout=subprocess.DEVNULL, env=os.environ)
        wait(lambda: len(parts(index)) >= count // 4, driver)
        encoder = subprocess.run(
            ["pgrep", "-f", "ray::MapWorker.*Encoding"], capture_output=True, text=True, check=True
        )
        os.kill(int(encoder.stdout.split()[0]), signal.SIGKILL)
        at_kill = len(parts(index))
        wait(lambda: len(parts(index)) >= count // 2, driver)
        cluster.remove_node(machines[1], allow_graceful=False)
        time.sleep(5)
        driver.kill()
        driver.wait()
        time.sleep(2)
        finished = parts(index)
        start = time.perf_counter()
        seen, before, most, size = dict(finished), 0.0, 0.0, 0
        with tempfile.TemporaryFile() as output:  # a pipe that nobody reads meanwhile would get full
            resumed = subprocess.Popen(command(papers, index, model, on), stdout=output, env=os.environ)
            while resumed.poll() is None:
                found, most = parts(index), max(most, peak_mb(resumed.pid))
                if found.keys() - seen.keys():  # parts are still made, and none is gathered yet
                    before, size = most, sum(file.stat().st_size for file in (index / store.WORK).glob("*.part"))
                seen |= found
                time.sleep(0.05)
            took = time.perf_counter() - start
            output.seek(0)
            report = json.load(output)
    return {
        "parts when the encoder was killed": at_kill,
        "parts when the driver was killed": len(finished),
        "of these written again": sum(seen[name] != when for name, when in finished.items()),
        "parts in the end": len(seen),
        "seconds of the second run": round(took, 1),
        "skipped": len(report["skipped"]),
        "MB of the parts": round(size / 1e6),
        "MB of the driver before it gathers them": round(before),
        "MB of the driver at its most": round(most),
    }


def peak_mb(process: int) -> float:
    """Give the most memory that a process has held so far; nothing of one that has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM")), 0.0)


def wait(until: Callable[[], bool], driver: subprocess.Popen[bytes]) -> None:
    """Wait for something while the driver lives."""
    while not until():
        if driver.poll() is not None:
            raise SystemExit(f"the driver ended too early: {driver.returncode}")
        time.sleep(0.05)


def parts(index: Path) -> dict[str, int]:
    """List the parts there are, and when each was written."""
    found = {}
    for file in (index / store.WORK).glob("*.part"):
        with suppress(FileNotFoundError):  # deleted meanwhile
            found[file.name] = file.stat().st_mtime_ns
    return found


def compare(index: Path, plain: Path) -> dict[str, Any]:
    """Compare what two indexes hold: texts and places to the last bit, vectors by cosine."""
    import numpy as np

    one, other = (open_files(store.open_generation(folder).path) for folder in (index, plain))
    rows = np.arange(len(one.catalog))
    passages = [files.catalog.passages(range(len(files.catalog))) for files in (one, other)]
    cosines = np.sum(one.vectors.vectors(rows) * other.vectors.vectors(rows), axis=1)
    names = (store.SENTENCE_VECTORS, store.TOKEN_VECTORS, store.PASSAGE_VECTORS)
    same = [
        (store.open_generation(index).path / name).read_bytes()
        == (store.open_generation(plain).path / name).read_bytes()
        for name in names
    ]
    return {
        "passages": len(passages[0]),
        "same ids, texts and places": passages[0] == passages[1],
        "least cosine of a passage's vectors": round(float(cosines.min()), 7),
        "files of vectors the same to the last bit": f"{sum(same)} of {len(same)}",
    }


def measure_speed(papers: Sequence[Path], work: Path, model: str) -> dict[str, Any]:
    """Ingest each way, and one small paper to tell what a cluster takes to start."""
    small = min((file for folder in papers for file in folder.glob("*.pdf")), key=lambda file: file.stat().st_size)
    count = timed([small], work / "single", model, next(iter(WAYS)))["pages"]
    ways = {way: timed(papers, work / way.replace(" ", "-"), model, way) for way in WAYS}
    single = {way: timed([small], work / "single", model, way)["seconds"] for way in (*WAYS,)[1:3]}
    return {"smallest": f"{count} pages", "ways": ways, "single": single}


def measure_deaths(papers: Sequence[Path], work: Path, model: str) -> dict[str, Any]:
    """Ingest on this machine, and on a cluster that is killed; compare."""
    index, plain = work / "killed", work / "plain"
    alive = timed(papers, plain, model, "this machine, two cores")
    deaths = killed(papers, index, model)
    same = compare(index, plain)
    return {"alive": alive, "killed": deaths, "compared": same}


def to_markdown(found: dict[str, Any]) -> str:
    """Write the tables."""
    ways, machine = found["ways"], found["machine"]
    base = next(iter(ways.values()))
    plain, on_ray = found["single"].values()
    start = on_ray - plain
    work = {way: row["seconds"] - start * way.startswith("Ray") for way, row in ways.items()}

    def line(name: str, values: Iterable[str]) -> str:
        return f"| {name} | {' | '.join(values)} |"

    seconds = [row["seconds"] for row in ways.values()]
    alive = found["alive"]
    return "\n".join(
        [
            "# Ingest on a Ray cluster\n",
            f"Commit {found['commit']}, {found['date']}. {machine['processor']}, {machine['cores']} cores,"
            f" {machine['memory_gb']} GB, {machine['system']}; load {machine['load_before']} before the run,"
            f" {found['load_after']} after it. Ray {found['ray']}, model {found['model']}.\n",
            f"{base['pages']} pages, {base['passages']} passages, {base['sentences']} sentences; {base['skipped']}"
            " copies of files are left out. Each way once. `python -m benchmarks.cluster` makes this page.\n",
            line("", ways),
            "|---" * (len(ways) + 1) + "|",
            line("whole command, s", (f"{value:.1f}" for value in seconds)),
            line("speed-up", (f"×{seconds[0] / value:.2f}" for value in seconds)),
            line("without the start of the cluster, s", (f"{value:.1f}" for value in work.values())),
            line("speed-up", (f"×{seconds[0] / value:.2f}" for value in work.values())),
            line("passages/s", (f"{base['passages'] / value:.2f}" for value in work.values())),
            "",
            f"A paper of {found['smallest']} takes {plain:.1f} s on this machine and {on_ray:.1f} s on Ray: to start"
            f" and to end a cluster, its conductor and its workers takes {start:.1f} s.\n",
            f"Killed in the middle and run again, on a head and two machines of one core each: {alive['pages']} pages,"
            f" {alive['passages']} passages, {alive['skipped']} copies of files left out. This machine by its two"
            f" cores took {alive['seconds']:.0f} s for them (load {found['load_killed']}).\n",
            *(f"- {name}: {value}" for name, value in (found["killed"] | found["compared"]).items()),
            "",
        ]
    )


@click.command(help=__doc__)
@click.option("--papers", multiple=True, type=click.Path(path_type=Path, exists=True), help="Whose ingest is timed.")
@click.option("--kill", multiple=True, type=click.Path(path_type=Path, exists=True), help="Whose ingest is killed.")
@click.option("--model", default="all-MiniLM-L6-v2", show_default=True)
@click.option("--work", type=click.Path(path_type=Path), default=Path("index/cluster"), show_default=True)
def main(papers: tuple[Path, ...], kill: tuple[Path, ...], model: str, work: Path) -> None:
    """Measure one or both, and write the results beside the others."""
    import ray

    file = RESULTS / "cluster.json"
    found = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    found |= describe() | {"ray": ray.__version__, "model": model}
    if kill:
        found |= measure_deaths(kill, work, model) | {"load_killed": round(os.getloadavg()[0], 1)}
    if papers:
        found |= measure_speed(papers, work, model) | {"load_after": round(os.getloadavg()[0], 1)}
    file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if {"ways", "killed"} <= set(found):
        (RESULTS / "cluster.md").write_text(to_markdown(found), encoding="utf-8")


if __name__ == "__main__":
    main()
