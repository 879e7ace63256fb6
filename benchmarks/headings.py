"""How well headings and their levels are found, against the bookmarks of real papers.

    python benchmarks/headings.py FOLDER [--bookmarks] [--errors]

FOLDER holds PDFs and ``outlines.jsonl``: for each file its bookmarks (level, title, 1-based page, whether the title
stands on that page). Bookmarks and tags are hidden from the program unless ``--bookmarks`` shows them to it.

A heading found matches a bookmark if both are on the same page and have the same title: letters and digits alone, after
NFKC and case folding, with or without the numbering before it ("2.1", "IV.", "Annex A"), and one may lack up to a tenth
of the other at its end (a footnote's mark). Each matches once. A bookmark whose title does not stand on its page cannot
be found there: it is left out, and a heading found that matches it counts neither as right nor as wrong.

Levels are compared as depths, for numbers of levels mean nothing across documents: of the matched headings alone, each
lies below the nearest one before it of a higher level, and its depth is how many lie above it so. Level agreement is
the share of matched headings whose depth by the program's levels is that by the bookmarks'. A first heading that holds
all others is the paper's title and nobody's parent. "parents" is stricter: the share that lie below the same heading.
"""

from __future__ import annotations

import json
import re
import statistics
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import click

from pipeline.datatypes import Edition
from pipeline.datatypes.page import Heading
from pipeline.reading.document import parse_pages
from pipeline.reading.extract import read_pages

SHORTER = 0.9  # share of the longer title that the shorter one must have
NUMBERING = re.compile(
    r"\s*([^\W\d_]+\s+)?(\d+(\.\d+)+[.):]?|\d+[.):])\s*|"  # 3.2 · Tip 3. · Chapter 3:
    r"\s*(annex|bijlage|appendix|anexo|annexe)\s+(\d+|[IVXLC]+|[A-Z])[.):]?\s+|"
    r"\s*(\d+|[IVXLC]+[.):]|[A-Z][.):]|\(?[a-z]\))\s+",  # 3 · IV. · A. · (b)
    re.IGNORECASE,
)


class Bookmark(NamedTuple):
    """An entry of an outline: ``on_page`` tells whether its title stands on its page."""

    level: int
    title: str
    page: int
    on_page: bool


class Score(NamedTuple):
    """What became of one document."""

    name: str
    found: int
    expected: int
    matched: int
    levels: float
    parents: float

    @property
    def precision(self) -> float:
        """Share of the headings found that are bookmarks."""
        return self.matched / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """Share of the bookmarks that were found."""
        return self.matched / self.expected if self.expected else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.matched / (self.found + self.expected) if self.found + self.expected else 0.0


def read_headings(file: Path, *, bookmarks: bool) -> list[Heading]:
    """Read a paper's headings, with or without what it says itself about them."""
    pages = read_pages(file)
    shown = pages if bookmarks else (replace(page, bookmarks=(), tags=()) for page in pages)
    document, _ = parse_pages(shown, Edition("paper", "1", file.name, ""), file.name)
    return [section.heading for section in document.sections if section.heading]


def keys(title: str) -> list[str]:
    """Give the spellings of a title that compare: with and without its numbering."""
    bare = NUMBERING.sub("", title, count=1)
    return [key for key in dict.fromkeys((_key(title), _key(bare))) if key]


def same_title(one: str, other: str) -> bool:
    """Tell whether two titles are the same.

    >>> same_title("2.1  Border control", "BORDER CONTROL*"), same_title("Prosecution", "Protection")
    (True, False)
    """
    return any(
        long.startswith(short) and len(short) >= SHORTER * len(long)
        for a in keys(one)
        for b in keys(other)
        for short, long in [sorted((a, b), key=len)]
    )


def match(headings: Sequence[Heading], outline: Sequence[Bookmark]) -> tuple[list[tuple[int, int]], set[int]]:
    """Pair headings with bookmarks, in order; and give the headings that match only what cannot be found."""
    pairs: list[tuple[int, int]] = []
    free = set(range(len(headings)))
    for position, mark in sorted(enumerate(outline), key=lambda item: not item[1].on_page):
        fits = (n for n in sorted(free) if headings[n].page == mark.page and same_title(headings[n].text, mark.title))
        if (found := next(fits, None)) is not None:
            free.discard(found)
            pairs.append((found, position))
    lost = {heading for heading, position in pairs if not outline[position].on_page}
    return sorted(pair for pair in pairs if pair[0] not in lost), lost


def parents(levels: Sequence[int]) -> list[int | None]:
    """Give for each heading the nearest one before it of a higher level."""
    return [
        next((above for above in range(n - 1, -1, -1) if levels[above] < levels[n]), None) for n in range(len(levels))
    ]


def depths(above: Sequence[int | None]) -> list[int]:
    """Give for each heading how many lie above it.

    >>> depths(parents([1, 3, 5, 3, 2]))
    [0, 1, 2, 1, 1]
    """
    found: list[int] = []
    for parent in above:
        found.append(0 if parent is None else found[parent] + 1)
    return found


def agreement(ours: Sequence[int], theirs: Sequence[int]) -> tuple[float, float]:
    """Compare levels of the same headings: the share of equal depths, and of equal parents."""
    if not ours:
        return 0.0, 0.0
    sides = parents(_without_title(ours)), parents(_without_title(theirs))
    shallow = [depths(side) for side in sides]
    return tuple(statistics.mean(a == b for a, b in zip(*pair, strict=True)) for pair in (shallow, sides))


def score(name: str, headings: Sequence[Heading], outline: Sequence[Bookmark]) -> Score:
    """Score one document."""
    pairs, lost = match(headings, outline)
    levels = agreement([headings[n].level for n, _ in pairs], [outline[n].level for _, n in pairs])
    expected = sum(mark.on_page for mark in outline)
    return Score(name, len(headings) - len(lost), expected, len(pairs), *levels)


def read_outlines(folder: Path) -> Iterator[tuple[Path, list[Bookmark]]]:
    """Read the truth."""
    for line in (folder / "outlines.jsonl").read_text(encoding="utf-8").splitlines():
        item: dict[str, Any] = json.loads(line)
        yield (
            folder / item["file"],
            [
                Bookmark(mark["level"], mark["title"], mark["page_1based"] or 0, bool(mark["title_on_page"]))
                for mark in item["outline"]
            ],
        )


def _without_title(levels: Sequence[int]) -> list[int]:
    """Lower a first heading that holds all others to their level."""
    rest = levels[1:]
    return [min(rest), *rest] if rest and levels[0] < min(rest) else list(levels)


def _key(title: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", title).casefold())


def _tell_errors(headings: Sequence[Heading], outline: Sequence[Bookmark]) -> None:
    pairs, lost = match(headings, outline)
    right, known = {n for n, _ in pairs}, {n for _, n in pairs}
    for n, heading in enumerate(headings):
        if n not in right and n not in lost:
            run_in = " run-in" if heading.run_in else ""
            click.echo(f"    false   p. {heading.page:3} level {heading.level}{run_in}  {heading.text[:100]}")
    for n, mark in enumerate(outline):
        if mark.on_page and n not in known:
            click.echo(f"    missed  p. {mark.page:3} level {mark.level}  {mark.title[:100]}")
    for n, position in pairs:
        click.echo(f"    levels  {headings[n].level} {outline[position].level}  {outline[position].title[:80]}")


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option("--bookmarks", is_flag=True, help="Show bookmarks and tags to the program.")
@click.option("--errors", is_flag=True, help="List false and missed headings, and the levels of the others.")
@click.option("--only", default="", help="Files whose name holds this.")
def main(folder: Path, *, bookmarks: bool, errors: bool, only: str) -> None:
    """Score the headings of all papers of a folder against their bookmarks."""
    scores = []
    click.echo(f"{'file':50} found marks match precision recall    F1 levels parents")
    for file, outline in read_outlines(folder):
        if only not in file.name:
            continue
        headings = read_headings(file, bookmarks=bookmarks)
        scores.append(made := score(file.name, headings, outline))
        click.echo(
            f"{made.name[:50]:50} {made.found:5} {made.expected:5} {made.matched:5} {made.precision:9.3f} "
            f"{made.recall:6.3f} {made.f1:5.3f} {made.levels:6.3f} {made.parents:7.3f}"
        )
        if errors:
            _tell_errors(headings, outline)
    means = [statistics.mean(getattr(made, name) for made in scores) for name in ("precision", "recall", "f1")]
    levels = [statistics.mean(getattr(made, name) for made in scores) for name in ("levels", "parents")]
    click.echo(f"{'mean':68} {means[0]:9.3f} {means[1]:6.3f} {means[2]:5.3f} {levels[0]:6.3f} {levels[1]:7.3f}")


if __name__ == "__main__":
    main()
