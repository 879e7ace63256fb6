"""Headings that open a page: where all of a paper's headings look alike, the page break tells which are chapters.

A break is forced where the heading and some lines more would have fit on the page before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from itertools import groupby, pairwise

from pipeline.datatypes.page import Line
from pipeline.reading.candidates import LINE, Body, Candidate, Style
from pipeline.reading.footnotes import columns_of
from pipeline.reading.titles import title_key

KEPT = 3.0  # lines that typesetters keep below a heading at a page's foot, at most, and the space above it
FEWEST = 3  # openings that show a habit
ALWAYS = 0.8  # share of the forced breaks that must come before these headings
# Share of the openings of which something must hold for it to be a sign of one. In papers with a chapter for each
# organization the introduction lists these, or the headings end with an acronym, as "Lamp Agency (LA)" does. A
# sub-heading that chances to begin a page is in no list and has no acronym.
HABIT = 0.7
OTHERS = 0.5  # of them for each opening; where levels differ in size, the few that open no page are chapters too
ACRONYM = re.compile(r"\((?P<acronym>\w[\w .&/–-]{1,14})\)\W*$")
ITEM_END = re.compile(r"[;,.]?(?:\s+(?:and|or|et|ou|y|o|e|und|oder|en|of))?\s*$")
THE = re.compile(r"\W*(?:the|les?|la|los?|las|el|die|der|das|de|het|os?|as?|gli|il)\s+", re.IGNORECASE)


def mark_openings(
    candidates: Sequence[Candidate], lines: Sequence[Line], body: Body, feet: Mapping[int, float]
) -> list[Candidate]:
    """Tell of each heading whether it is the first of its page, and after a forced break.

    :param feet: where the text of a page ends at the latest, if footnotes follow.
    """
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
            last = lines[before[-1]] if before else None
            room = min(foot, feet.get(last.page, foot)) - last.box.bottom if last else foot
            needed = (item.end - item.start + KEPT) * body.step * max(1.0, item.style.size / (body.size or 1.0))
            forced = room > needed or (before is not None and _columns(lines, before) < usual)
            marked[position] = item._replace(first=True, opens=forced)
    return _mark_listed(marked, lines)


def _mark_listed(candidates: Sequence[Candidate], lines: Sequence[Line]) -> list[Candidate]:
    """Tell of each heading whether its name or acronym stands before the second heading that opens a page."""
    openings = [item.start for item in candidates if item.opens]
    if len(openings) < FEWEST:
        return list(candidates)
    headed = {index for item in candidates for index in range(item.start, item.end)}
    front = [line.text for index, line in enumerate(lines[: openings[1]]) if index not in headed]
    text, names = " ".join(front), {_name_key(part) for part in [*front, *map(" ".join, pairwise(front))]}
    return [item._replace(listed=_is_listed(item.text, text, names)) for item in candidates]


def _is_listed(title: str, text: str, names: Set[str]) -> bool:
    acronym = ACRONYM.search(title)
    case = re.IGNORECASE if title.isupper() else re.NOFLAG  # "(COE)" in capitals is "CoE" elsewhere
    stands = acronym and re.search(rf"(?<!\w){re.escape(acronym['acronym'])}(?!\w)", text, case)
    return bool(stands) or _name_key(title) in names - {""}


def _name_key(text: str) -> str:
    """Give the key of a name as a heading or an item of a list has it, without article, acronym and what follows."""
    return title_key(THE.sub("", ACRONYM.sub("", ITEM_END.sub("", text)), count=1))


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
    chapter_like = _habit(openings[1:])
    others = {n for n, item in own if not (item.opens or (item.first and chapter_like(item)))}
    if len(others) >= OTHERS * len(openings):
        return others
    # A few in capitals are acronyms, where others of their level are not.
    return {n for n in others if style.caps and style._replace(caps=False) in {item.style for _, item in tops}}


def _habit(openings: Sequence[Candidate]) -> Callable[[Candidate], bool]:
    """Find out by what a paper's chapters are known, if they do not open a page for all to see."""
    signs: list[Callable[[Candidate], bool]] = [
        lambda item: item.listed,
        lambda item: bool(ACRONYM.search(item.text)),
    ]
    return next((sign for sign in signs if sum(map(sign, openings)) >= HABIT * len(openings)), lambda _: True)


def _chapter_style(items: Sequence[Candidate]) -> Style:
    """Give the highest style that is more than the title's."""
    counts = Counter(item.style for item in items)
    return max((style for style in counts if counts[style] > 1), default=items[0].style)


def _columns(lines: Sequence[Line], page: Sequence[int]) -> int:
    return len(columns_of([lines[index] for index in page]))
