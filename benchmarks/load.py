"""Many readers, one writer: readers ask without pause while generations are published.

    python benchmarks/load.py [--readers 4] [--generations 50]     (Linux)

Every passage of a generation carries its number, so a mixed answer would show. Each reader opens the index anew after
some questions; its file handles and memory are taken after a warm-up of 20 openings, at their most, and at the end.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).parents[1]))  # for the tests' papers and encoder


@click.command()
@click.option("--readers", default=4, show_default=True)
@click.option("--generations", default=50, show_default=True)
def main(readers: int, generations: int) -> None:
    """Run the load and print a line for each reader."""
    from tests.indexing.readers import run

    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        found = run(Path(folder), readers, generations)
        seconds = time.perf_counter() - started
    click.echo(f"{generations} generations published and read by {readers} processes in {seconds:.0f} s")
    for seen in found:
        handles, memory = zip(seen["warm"], seen["most"], seen["end"], strict=True)
        click.echo(
            f"{seen['answers']:6} answers, {seen['opened']:5} openings, {len(seen['numbers'])} generations seen, "
            f"{len(seen['errors'])} errors, {len(seen['mixed'])} mixed; warm, most, end: handles {handles}, "
            f"MB {tuple(round(kilobytes / 1000, 1) for kilobytes in memory)}"
        )
        for line in [*seen["errors"][:3], *seen["mixed"][:3]]:
            click.echo(f"  WRONG {line}")


if __name__ == "__main__":
    main()
