"""The server under load: ``python -m benchmarks.serving``; needs ``wrk`` (Debian: apt install wrk).

Starts ``mandates serve`` on a copy of an index, times the first answer and the first picture, and lets wrk ask the API:
16 clients as fast as they are answered while three generations are published, then about 20 questions a second, both
with questions that were never asked before, and last the same few questions over and over.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import quote

import click

from benchmarks.machine import describe

ROOT = Path(__file__).parent.parent
QUESTIONS = ROOT / "tests" / "data" / "questions.jsonl"
# wrk takes a delay before each request of a connection: 20 clients that wait 0.9 s on average, and for an answer less
# than 0.1 s, ask 20 times a second or more.
SCRIPT = """
local questions = {%s}
local at = 0
local known = %s
function request()
  at = at + 1
  local other = known and "" or "%%20" .. math.random(1000000000)
  return wrk.format("GET", "/api/v1/search?k=5&q=" .. questions[at %% #questions + 1] .. other)
end
%s
function done(summary, latency, requests)
  local errors = summary.errors
  io.stderr:write(string.format("%%d %%f %%d %%f %%f %%f %%f\\n", summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
"""
PACED = "function delay() return math.random(600, 1200) end"


class Load(NamedTuple):
    """What wrk saw: requests a second, how many failed, and how long they took, in milliseconds.

    ``cpu_ms``: what the server computed for each, whatever else the machine did, of which the load average tells.
    """

    requests: int
    per_second: float
    failed: int
    p50: float
    p95: float
    p99: float
    longest: float
    cpu_ms: float
    load_average: float


class Server(NamedTuple):
    """A server that runs, and how long it took until its first answer, in seconds."""

    address: str
    process: int
    start: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path, help="an index of raw/; it is copied")
    parser.add_argument("--seconds", type=int, default=60)
    given = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed: apt install wrk")
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        shutil.copytree(given.index, index)
        with serving(index, Path(folder) / "log") as server:
            click.echo(json.dumps(measure(server, index, given.seconds), indent=2))


def measure(server: Server, index: Path, seconds: int) -> dict[str, Any]:
    """Ask everything of a running server."""
    picture = f"{server.address}/api/v1/pages/icat/2018/11.png?passage=icat/2018/8/6"
    pictures = [timed(picture) for _ in range(2)]
    others = [timed(picture.replace("11.png", f"{number}.png")) for number in range(20, 30)]
    load(server, 5, 4)  # warm
    used = [memory(server)]
    publishing = Publisher(index, seconds)
    publishing.start()
    busy = load(server, seconds, 16)
    publishing.join()
    used.append(memory(server))
    paced = load(server, seconds, 20, PACED)
    known = load(server, seconds // 4, 16, known=True)
    return {
        "start_s": round(server.start, 2),
        "first_picture_ms": round(1000 * pictures[0]),
        "kept_picture_ms": round(1000 * pictures[1]),
        "other_first_pictures_ms": sorted(round(1000 * value) for value in others),
        "sixteen_clients": busy._asdict(),
        "generations_published": publishing.published,
        "about_20_a_second": paced._asdict(),
        "sixteen_clients_known_questions": known._asdict(),
        "memory_mb": [*used, memory(server)],
        "made_of": describe(),
    }


class Publisher(Thread):
    """Publishes three generations, spread over the load."""

    def __init__(self, index: Path, seconds: int) -> None:
        """Take the index and how long the load lasts."""
        super().__init__()
        self._index, self._pause = index, seconds / 4
        self.published = 0

    def run(self) -> None:
        """Publish by ingesting the same paper under another label, which takes its vectors over."""
        for label in ("2018", "2019", "2018"):
            time.sleep(self._pause)
            command = [sys.executable, "search_cli.py", "ingest", "raw/icat-2018.pdf", "--edition", label]
            done = subprocess.run([*command, "--index", str(self._index)], cwd=ROOT, capture_output=True, check=False)
            self.published += done.returncode == 0


def load(server: Server, seconds: int, clients: int, pace: str = "", *, known: bool = False) -> Load:
    """Let wrk ask the judged questions in turn, each as it is if ``known``, else as one never asked before."""
    asked = [json.loads(line)["question"] for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        questions = ",".join(f'"{quote(question)}"' for question in asked)
        script.write(SCRIPT % (questions, str(known).lower(), pace))
        script.flush()
        command = ["wrk", "-t2", f"-c{clients}", f"-d{seconds}s", "--timeout", "10s", "--latency", "-s", script.name]
        before = computed(server)
        done = subprocess.run([*command, server.address], capture_output=True, text=True, check=True)
    count, lasted, failed, *times = done.stderr.split()[-7:]
    p50, p95, p99, longest = (round(float(value), 1) for value in times)
    spent = round(1000 * (computed(server) - before) / max(int(count), 1), 1)
    rate, busy = round(int(count) / float(lasted), 1), round(os.getloadavg()[0], 1)
    return Load(int(count), rate, int(failed), p50, p95, p99, longest, spent, busy)


@contextmanager
def serving(index: Path, log: Path) -> Iterator[Server]:
    """Run the server until the end of the ``with`` statement."""
    options = ["--index", str(index), "--port", "0", "--rate", "0"]
    began = time.perf_counter()
    with log.open("w") as stream:
        process = subprocess.Popen([sys.executable, "search_cli.py", "serve", *options], cwd=ROOT, stderr=stream)
        try:
            while not (lines := log.read_text().splitlines()):
                time.sleep(0.005)
            address = lines[0].split()[0].rstrip("/")
            timed(f"{address}/healthz")
            yield Server(address, process.pid, time.perf_counter() - began)
        finally:
            process.terminate()
            process.wait()


def timed(address: str) -> float:
    """Give how long an answer takes, in seconds."""
    began = time.perf_counter()
    for _ in range(100):
        try:
            with urllib.request.urlopen(address) as answer:
                answer.read()
            return time.perf_counter() - began
        except ConnectionError:
            time.sleep(0.01)
    raise TimeoutError(address)


def memory(server: Server) -> int:
    """Give the resident memory of a server, in megabytes."""
    status = Path(f"/proc/{server.process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1000


def computed(server: Server) -> float:
    """Give the seconds that a server has computed."""
    fields = Path(f"/proc/{server.process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
