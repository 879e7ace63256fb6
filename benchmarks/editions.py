"""How long an ingest takes: the first one, one of an unchanged paper, and one when a new edition has come.

    python benchmarks/editions.py [--paper raw/icat-2018.pdf] [--model M]… [--times 3]

The new edition is the paper's PDF with a comment behind its end, so that its bytes are new, and with one line of every
n-th passage garbled (each letter by the 13th after it) in the raw pages, before anything is made of them. Each ingest
is a process of its own, as on the command line, and is timed from its start to its end.
"""

from __future__ import annotations

import codecs
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.indexing.models import DEFAULT_MODEL, MINILM

if TYPE_CHECKING:
    from pipeline.datatypes import Edition, PageBox, Passage
    from pipeline.datatypes.page import Document, RawPage

EVERY = 20  # one in so many passages is changed
MARK = b"\n% a new edition\n"


def garble(page: RawPage, boxes: list[PageBox]) -> RawPage:
    """Change the letters that lie in these boxes."""

    def is_inside(x: float, y: float) -> bool:
        return any(
            box.x0 <= x <= box.x1 and box.top <= y <= box.bottom for number, box in boxes if number == page.number
        )

    glyphs = (
        glyph._replace(text=codecs.encode(glyph.text, "rot13"))
        if is_inside((glyph.box.x0 + glyph.box.x1) / 2, (glyph.box.top + glyph.box.bottom) / 2)
        else glyph
        for glyph in page.glyphs
    )
    return replace(page, glyphs=tuple(glyphs))


def read_changed(
    file: Path, edition: Edition, password: str | None = None, ocr: str | None = None
) -> tuple[Document, list[Passage]]:
    """Read a paper; of one that carries the mark, some passages are changed."""
    from pipeline.reading.document import parse_pages
    from pipeline.reading.extract import read_pages

    pages = list(read_pages(file, password))
    if file.read_bytes().endswith(MARK):
        lines = json.loads(file.with_suffix(".json").read_text())
        boxes = [_box(line) for line in lines]
        pages = [garble(page, boxes) for page in pages]
    return parse_pages(pages, edition, str(file))


def _box(line: list[Any]) -> PageBox:
    from pipeline.datatypes import Box, PageBox

    return PageBox(line[0], Box(*line[1]))


def step(papers: str, index: str, model: str) -> None:
    """Be one ingest."""
    from pipeline.indexing import gather
    from search_cli import main as mandates

    gather.read_document = read_changed  # type: ignore[attr-defined]
    mandates(["ingest", papers, "--index", index, "--model", model, "--json"])


def timed(papers: Path, index: Path, model: str) -> tuple[float, dict[str, Any]]:
    """Ingest in a new process: seconds, and its report."""
    started = time.perf_counter()
    command = [sys.executable, __file__, "--step", str(papers), str(index), model]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return time.perf_counter() - started, json.loads(done.stdout)


def changed_lines(index: Path) -> list[PageBox]:
    """Choose the middle line of one in so many passages."""
    from pipeline.indexing import store
    from pipeline.indexing.catalog import Catalog

    catalog = Catalog(store.open_generation(index).path / store.CATALOG)
    passages = catalog.passages(range(EVERY // 2, len(catalog), EVERY))
    return [passage.boxes[len(passage.boxes) // 2] for passage in passages]


def measure(paper: Path, model: str, folder: Path) -> list[float]:
    """Time the three ingests once: first, unchanged, new edition."""
    papers, index = folder / "papers", folder / "index"
    papers.mkdir()
    (papers / "paper-2018.pdf").write_bytes(paper.read_bytes())
    first, report = timed(papers, index, model)
    again, unchanged = timed(papers, index, model)
    assert not unchanged["published"]
    assert not unchanged["computed"]
    (papers / "paper-2019.pdf").write_bytes(paper.read_bytes() + MARK)
    (papers / "paper-2019.json").write_text(json.dumps(changed_lines(index)))
    newer, new = timed(papers, index, model)
    passages, vectors = report["passages"], report["computed"]
    stages = [" ".join(f"{stage} {seconds}" for stage, seconds in found["seconds"].items()) for found in (report, new)]
    click.echo(
        f"  {passages} passages, {vectors} vectors; the new edition: {new['passages'] - passages} passages, "
        f"{new['computed']} vectors computed; first {first:.1f} s ({stages[0]}), unchanged {again:.1f} s, "
        f"new edition {newer:.1f} s ({stages[1]})"
    )
    return [first, again, newer]


@click.command()
@click.option("--paper", default="raw/icat-2018.pdf", type=click.Path(exists=True, path_type=Path))
@click.option("--model", "models", multiple=True, default=(DEFAULT_MODEL, MINILM), show_default=True)
@click.option("--times", default=3, show_default=True)
@click.option("--step", "own", type=(str, str, str), hidden=True)
def main(paper: Path, models: tuple[str, ...], times: int, own: tuple[str, str, str] | None) -> None:
    """Measure each model and print medians."""
    if own:
        step(*own)
        return
    for model in models:
        click.echo(model)
        found = []
        for _ in range(times):
            with tempfile.TemporaryDirectory() as folder:
                found.append(measure(paper, model, Path(folder)))
        first, again, newer = (statistics.median(column) for column in zip(*found, strict=True))
        click.echo(
            f"  medians of {times}: first {first:.1f} s, unchanged {again:.1f} s ({again / first:.0%}), ", nl=False
        )
        click.echo(f"new edition {newer:.1f} s ({newer / first:.0%})")


if __name__ == "__main__":
    main()
