"""How fast each PDF library reads, on one core, and whether the lines are the same.

    python benchmarks/extraction.py [PAPERS…] [--times 5] [--agree FOLDER]…

A run is PDF file → list of raw pages, the same records from both, timed in CPU seconds: a machine that is busy with
other things does not distort them. Runs alternate between the libraries. A line is the same if its text is.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Iterator
from contextlib import closing
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

import click

from pipeline.datatypes.page import Line, RawPage
from pipeline.errors import CorpusError
from pipeline.reading import pdfium, plumber
from pipeline.reading.corpus import list_files
from pipeline.reading.extract import read_pages
from pipeline.reading.layout import build_lines

ENGINES: dict[str, type[plumber.Reader] | type[pdfium.Reader]] = {"pdfplumber": plumber.Reader, "pdfium": pdfium.Reader}


class Agreement(NamedTuple):
    """How the lines of the program's own reader compare with those of pdfplumber alone."""

    same: int
    spaces: int  # of those that differ, in white space only
    lines: int
    boxes: list[float]  # the largest difference of an edge, in points, of each line whose text is the same
    styles: int  # lines of the same text whose size, weight or fonts differ


def extract(engine: str, file: Path) -> list[RawPage]:
    """Read all pages by one library alone."""
    with closing(ENGINES[engine](file)) as reader:
        return [reader.page(number) for number in range(1, reader.count + 1)]


def seconds(engine: str, file: Path) -> float:
    """Time one run, in CPU seconds."""
    gc.collect()
    started = time.process_time()
    extract(engine, file)
    return time.process_time() - started


def compare(files: list[Path]) -> Agreement:
    """Read files both ways and compare the lines page by page."""
    same = spaces = lines = styles = 0
    boxes: list[float] = []
    for file in files:
        try:
            pairs = [
                (build_lines(page), build_lines(other))
                for page, other in zip(read_pages(file), extract("pdfplumber", file), strict=True)
            ]
        except (CorpusError, ValueError) as error:
            click.echo(f"  left out: {error}", err=True)
            continue
        for made, reference in pairs:
            lines += len(reference)
            for line, twin in _matched(made, reference):
                same += 1
                boxes.append(max(abs(a - b) for a, b in zip(line.box, twin.box, strict=True)))
                styles += _style(line) != _style(twin)
            spaces += _differ_in_spaces(made, reference)
    return Agreement(same, spaces, lines, sorted(boxes), styles)


def _matched(made: list[Line], reference: list[Line]) -> Iterator[tuple[Line, Line]]:
    matcher = SequenceMatcher(None, [line.text for line in made], [line.text for line in reference], autojunk=False)
    for start, other, length in matcher.get_matching_blocks():
        yield from zip(made[start : start + length], reference[other : other + length], strict=True)


def _differ_in_spaces(made: list[Line], reference: list[Line]) -> int:
    texts = {line.text for line in made}
    squeezed = {"".join(text.split()) for text in texts}
    return sum(line.text not in texts and "".join(line.text.split()) in squeezed for line in reference)


def _style(line: Line) -> tuple[object, ...]:
    # Sizes are rounded to a tenth of a point, where equal ones may fall to either side.
    return round(line.size), line.bold, [(span.text, span.font, span.raised, span.url) for span in line.spans]


@click.command()
@click.argument("papers", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--times", default=5, show_default=True, help="Runs of each library.")
@click.option("--agree", "folders", multiple=True, type=click.Path(exists=True, path_type=Path), help="Compare lines.")
def main(papers: tuple[Path, ...], times: int, folders: tuple[Path, ...]) -> None:
    """Time both libraries on each paper (default: raw/); compare the lines of all papers of a folder."""
    for file in list_files(papers or (Path("raw"),)):
        runs = [(engine, seconds(engine, file)) for _ in range(times) for engine in ENGINES]
        pages = len(extract("pdfium", file))
        medians = {name: statistics.median(taken for engine, taken in runs if engine == name) for name in ENGINES}
        speeds = "  ".join(f"{name} {pages / taken:.1f} pages/s" for name, taken in medians.items())
        click.echo(f"{file.name}, {pages} pages: {speeds}  ratio {medians['pdfplumber'] / medians['pdfium']:.1f}")
    for folder in folders:
        found = compare(list_files([folder]))
        boxes = found.boxes or [0.0]
        click.echo(
            f"{folder}: {found.same} of {found.lines} lines the same ({found.same / max(1, found.lines):.4f}), "
            f"{found.spaces} more but for spaces; boxes differ by {statistics.median(boxes):.5f} (median), "
            f"{boxes[-1]:.2f} (most) points; {found.styles} differ in style"
        )


if __name__ == "__main__":
    main()
