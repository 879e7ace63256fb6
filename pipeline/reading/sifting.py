"""What looks like a heading and is none: lines of a cover, its title once more, entries of a list of references."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from pipeline.datatypes import Line
from pipeline.reading.candidates import LINE, Body, Candidate
from pipeline.reading.titles import title_key

PROSE_LINES = 3  # of a page with running text; a cover has an imprint of one or two
PROSE_WORDS = 6  # of a line of running text; addresses and dates have fewer
MOST_COVERS = 3  # pages: a cover, its blank or picture, a half-title
REFERENCE = re.compile(r"\b(1[89]|20)\d\d[a-z]?[).,:]*$|\((1[89]|20)\d\d[a-z]?\)")
AROUND = 3  # headings to either side that are looked at
REFERENCE_LINES = 8  # of an entry; a section is longer
ENOUGH = 4  # of these six, references: titles that end with a year ("Review of 2015") stand alone


def sift(candidates: Sequence[Candidate], lines: Sequence[Line], body: Body) -> list[Candidate]:
    """Take out the candidates that are no headings; their lines stay text."""
    covers = _covers(lines, body)
    titles = {title_key(item.text) for item in candidates if lines[item.start].page in covers}
    kept = [item for item in candidates if lines[item.start].page not in covers and title_key(item.text) not in titles]
    return _without_references(kept)


def _covers(lines: Sequence[Line], body: Body) -> set[int]:
    """Give the leading pages that have no running text, if most of the others have."""
    prose: dict[int, int] = defaultdict(int)
    for line in lines:
        prose[line.page] += line.size < 1.1 * body.size and len(line.text.split()) >= PROSE_WORDS
    covers: set[int] = set()
    for page in sorted(prose)[:MOST_COVERS]:
        if prose[page] >= PROSE_LINES:
            return covers
        covers.add(page)
    others = [prose[page] >= PROSE_LINES for page in prose if page not in covers]
    # A paper of a heading and a sentence a page has no cover of three pages.
    return covers if sum(others) > len(others) / 2 else set()


def _without_references(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Drop entries of a list of references that are set like headings ("Smith 2012"): others of the kind are near."""
    titles = [item for item in candidates if item.style.kind == LINE]
    dated = [bool(REFERENCE.search(item.text)) for item in titles]
    dropped = set()
    for index, item in enumerate(titles):
        before, after = range(max(0, index - AROUND), index), range(index + 1, min(index + AROUND + 1, len(titles)))
        sides = [sum(dated[n] and _follow(titles, n, index) for n in side) for side in (before, after)]
        if sum(sides) >= ENOUGH or (dated[index] and max(sides) == AROUND):
            dropped.add(item)
    return [item for item in candidates if item not in dropped]


def _follow(titles: Sequence[Candidate], one: int, other: int) -> bool:
    """Tell whether two candidates look alike and little stands between each of those from one to the other."""
    first, last = min(one, other), max(one, other)
    close = all(titles[n + 1].start - titles[n].end <= REFERENCE_LINES for n in range(first, last))
    return close and titles[one].style[:3] == titles[other].style[:3]
