"""Mutated papers and indexes: whatever a file is made to be, it ends in passages or in one clear error.

    python -m benchmarks.fuzz FOLDER... [--index FOLDER] --minutes 60 --keep FOLDER

Three things are done by turns. **Files**: the bytes of a real PDF are flipped, cut, doubled, its numbers and names
changed, inside its compressed streams too, and a worker process reads it, as an ingest does. **Pages**: the glyphs of
real pages are moved, blown up, replaced by odd letters and mixed with those of another paper; reading them must keep
the laws: no letter is lost in silence, each passage cites pages that are there, no two have one id. **Indexes**: a file
of an index is changed, and with it its checksum, as a stranger's index may be; it is opened and asked.

A finding is any error that is not the program's own, a reader that crashes or takes longer than ``PATIENCE``, and a
broken law. What led to it is kept in a folder, with the seed that makes it again.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.mutants import ask_mutated_index, mutate_bytes, read_mutated_file, read_mutated_pages
from pipeline.datatypes.page import RawPage
from pipeline.errors import MandatesError, ReaderFailed
from pipeline.reading.extract import read_pages
from pipeline.reading.workers import Workers

PATIENCE = 60.0  # seconds
LARGEST = 400_000  # bytes of a paper that is mutated; a larger one takes seconds each time
PAGES = 12  # of a paper, that are mutated at once


class Campaign:
    """Runs and counts; what is found is kept."""

    def __init__(self, keep: Path) -> None:
        """Start workers; two calls are never made at once."""
        self.outcomes: Counter[str] = Counter()
        self.findings: Counter[str] = Counter()
        self.slowest = 0.0
        self._keep, self._workers = keep, Workers(1, PATIENCE)
        keep.mkdir(parents=True, exist_ok=True)

    def call(self, kind: str, seed: int, function: Callable[..., str], *args: object, data: bytes = b"") -> None:
        """Do one thing in a worker and count what became of it."""
        start = time.perf_counter()
        try:
            outcome = self._workers.call(f"{kind} {seed}", function, *args)
        except ReaderFailed as error:
            outcome = ""
            self._find(kind, seed, re.sub(r"^\S+ \d+: ", "", str(error)), data)
        except Exception as error:  # noqa: BLE001 - the very thing that is looked for
            outcome = ""
            self._find(kind, seed, f"{type(error).__name__}: {error}", data)
        self.slowest = max(self.slowest, time.perf_counter() - start)
        self.outcomes[f"{kind}: {outcome or 'finding'}"] += 1

    def _find(self, kind: str, seed: int, what: str, data: bytes) -> None:
        self.findings[f"{kind}: {what}"[:200]] += 1
        if self.findings[f"{kind}: {what}"[:200]] == 1:
            sys.stderr.write(f"{kind} {seed}: {what}\n")
            (self._keep / f"{kind}-{seed}.txt").write_text(what)
            if data:
                (self._keep / f"{kind}-{seed}.pdf").write_bytes(data)

    def table(self, minutes: float) -> str:
        """Give how often each thing came of it, and the findings."""
        slowest = f"the slowest {self.slowest:.1f} s"
        lines = [f"{self.outcomes.total()} in {minutes:g} minutes, {slowest}, {len(self.findings)} findings", ""]
        lines += [f"| {name} | {count} |" for name, count in sorted(self.outcomes.items())]
        lines += [f"finding, {count} times: {name}" for name, count in self.findings.most_common()]
        return "\n".join(lines) + "\n"

    def close(self) -> None:
        """Stop the workers."""
        self._workers.close()


def gather_papers(folders: Sequence[Path]) -> tuple[list[bytes], list[list[RawPage]]]:
    """Read the bytes of all papers that are not too large, and the pages of those that can be read."""
    files = [file for folder in folders for file in sorted(folder.rglob("*.pdf")) if file.stat().st_size <= LARGEST]
    pages = []
    for file in files:
        try:
            pages.append([page for _, page in zip(range(PAGES), read_pages(file), strict=False)])
        except (MandatesError, OSError):
            continue
    return [file.read_bytes() for file in files], [paper for paper in pages if paper]


def main() -> None:
    """Run until the time is over, and tell what was found; exit code 1 if anything was."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--index", type=Path, help="a small index whose files are changed")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"))
    options = parser.parse_args()
    files, papers = gather_papers(options.folders)
    sample = random.Random(options.seed).sample(papers, min(len(papers), 24))
    campaign, end = Campaign(options.keep), time.monotonic() + 60 * options.minutes
    seed = options.seed
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "mutated.pdf"
        while time.monotonic() < end:
            seed += 1
            rng = random.Random(seed)
            data = mutate_bytes(rng.choice(files), rng.choice(files), rng)
            path.write_bytes(data)
            campaign.call("file", seed, read_mutated_file, path, data=data)
            campaign.call("pages", seed, read_mutated_pages, seed, [rng.choice(sample), rng.choice(sample)])
            if options.index and seed % 4 == 0:
                campaign.call("index", seed, ask_mutated_index, seed, options.index)
    campaign.close()
    sys.stdout.write(campaign.table(options.minutes))
    sys.exit(bool(campaign.findings))


if __name__ == "__main__":
    main()
