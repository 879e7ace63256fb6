"""Headings that open a page: where all of a paper's headings look alike, the page break tells which are chapters.

A break is forced where the heading and some lines more would have fit on the page before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from pipeline.datatypes import Line
from pipeline.reading.candidates import LINE, Body, Candidate, Style
from pipeline.reading.footnotes import columns_of

KEPT = 3.0  # lines that typesetters keep below a heading at a page's foot, at most, and the space above it
FEWEST = 3  # openings that show a habit
ALWAYS = 0.8  # share of the forced breaks that must come before these headings
NAMED = (
    0.7  # share of the openings that end with an acronym, for that to be a sign of one: "Lamp Agency (LA)". Papers with
)
# a chapter for each organization head them so, and a sub-heading that chances to begin a page does not
OTHERS = 0.5  # of them for each opening; where levels differ in size, the few that open no page are chapters too
ACRONYM = re.compile(r"\(\w[\w .&/–-]{1,14}\)\W*$")


def mark_openings(candidates: Sequence[Candidate], lines: Sequence[Line], body: Body) -> list[Candidate]:
    """Tell of each heading whether it is the first of its page, and after a forced break."""
    if not candidates:
        return []
    by_start = {item.start: position for position, item in enumerate(candidates)}
    pages = [list(group) for _, group in groupby(range(len(lines)), key=lambda index: lines[index].page)]
    foot = max(line.box.bottom for line in lines)
    usual = Counter(_columns(lines, page) for page in pages).most_common(1)[0][0]
    marked = list(candidates)
    for before, page in zip([None, *pages], pages, strict=False):
        position = by_start.get(page[0])
        if position is not None:
            item = marked[position]
            room = foot - lines[before[-1]].box.bottom if before else foot
            needed = (item.end - item.start + KEPT) * body.step * max(1.0, item.style.size / (body.size or 1.0))
            forced = room > needed or (before is not None and _columns(lines, before) < usual)
            marked[position] = item._replace(first=True, opens=forced)
    return marked


def below_openings(candidates: Sequence[Candidate]) -> set[int]:
    """Give the headings that look like the chapters of a paper but are none: the chapters open pages, these do not."""
    tops = [(n, item) for n, item in enumerate(candidates) if item.style.kind == LINE]
    if not tops:
        return set()
    style = _chapter_style([item for _, item in tops])
    own = [(n, item) for n, item in tops if item.style == style]
    openings = [item for _, item in own if item.opens]
    breaks = sum(item.opens for _, item in tops)
    if len(openings) < FEWEST or len(openings) < ALWAYS * breaks or not own[0][1].opens:
        return set()
    named = sum(bool(ACRONYM.search(item.text)) for item in openings) >= NAMED * len(openings)
    others = {n for n, item in own if not item.opens and not (item.first and (ACRONYM.search(item.text) or not named))}
    if len(others) >= OTHERS * len(openings):
        return others
    # A few in capitals are acronyms, where others of their level are not.
    return {n for n in others if style.caps and style._replace(caps=False) in {item.style for _, item in tops}}


def _chapter_style(items: Sequence[Candidate]) -> Style:
    """Give the highest style that is more than the title's."""
    counts = Counter(item.style for item in items)
    return max((style for style in counts if counts[style] > 1), default=items[0].style)


def _columns(lines: Sequence[Line], page: Sequence[int]) -> int:
    return len(columns_of([lines[index] for index in page]))
