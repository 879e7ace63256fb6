"""What looks like a heading and is none.

Lines of a cover, and its title once more; entries of a list of references; labels that stand again and again in one
section ("Note", "Tip"); terms of a list of definitions, with their explanation set in below them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence, Set

from pipeline.datatypes.page import Line
from pipeline.reading.body import NUMBERED
from pipeline.reading.candidates import LINE, THRESHOLDS, Body, Candidate
from pipeline.reading.layout import BULLET
from pipeline.reading.titles import title_key

PROSE_LINES = 3  # of a page with running text; a cover has an imprint of one or two
PROSE_WORDS = 6  # of a line of running text; addresses and dates have fewer
MOST_COVERS = 3  # pages: a cover, its blank or picture, a half-title
REFERENCE = re.compile(r"\b(1[89]|20)\d\d[a-z]?[).,:]*$|\((1[89]|20)\d\d[a-z]?\)")
AROUND = 3  # headings to either side that are looked at
REFERENCE_LINES = 8  # of an entry; a section is longer
ENOUGH = 4  # of these six, references: titles that end with a year ("Review of 2015") stand alone
AGAIN = 3  # times that a label stands once more in a section that has it already; a title may do so by mistake
OFTEN = 0.3  # share of a label's places that are such; "Mandate" heads a part of every chapter, and once in each
TERMS = 3  # of one typography, for it to be that of a list's terms
SET_IN = 0.8  # times the size: by which an explanation is set in below its term
LOOKED_AT = 2  # lines below a term, if it has as many; the first alone may be indented as that of a paragraph


def sift(candidates: Sequence[Candidate], lines: Sequence[Line], body: Body) -> list[Candidate]:
    """Take out the candidates that are no headings; their lines stay text."""
    covers = _covers(lines, body)
    titles = {title_key(item.text) for item in candidates if lines[item.start].page in covers}
    kept = [item for item in candidates if lines[item.start].page not in covers and title_key(item.text) not in titles]
    return _without_terms(_without_labels(_without_references(kept)), lines, body)


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


def _without_labels(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Drop what stands several times in one section: it says what kind of remark follows, not what it is about."""
    keys = [title_key(item.text) for item in candidates]
    places = Counter(keys)
    again = Counter[str]()
    seen: set[str] = set()
    for key in keys:
        # A title that the paper has but once begins a new section, in which others may stand once more.
        if places[key] == 1:
            seen.clear()
        again[key] += key in seen
        seen.add(key)
    labels = {key for key, times in again.items() if times >= max(AGAIN, OFTEN * places[key])}
    return [item for item, key in zip(candidates, keys, strict=True) if key not in labels]


def _without_terms(candidates: Sequence[Candidate], lines: Sequence[Line], body: Body) -> list[Candidate]:
    """Drop the terms of lists of definitions: bold words in the text's size, and what explains them set in below."""
    margins = [Counter(round(line.box.x0) for line in lines if line.page % 2 == side) for side in (0, 1)]
    usual = {left for margin in margins for left, _ in margin.most_common(1)}
    starts = [*(item.start for item in candidates[1:]), len(lines)]
    terms = [
        item
        for item, start in zip(candidates, starts, strict=False)
        if item.style.size < THRESHOLDS.larger * body.size
        and _is_term(lines[item.end - 1], lines[item.end : min(start, item.end + LOOKED_AT)], usual)
    ]
    counts = Counter(item.style for item in terms)
    dropped = {item for item in terms if counts[item.style] >= TERMS}
    return [item for item in candidates if item not in dropped]


def _is_term(term: Line, below: Sequence[Line], usual: Set[int]) -> bool:
    """Tell whether what stands below is set in, and is no list or running text."""
    explained = [line for line in below if line.page == term.page]
    return bool(explained) and all(
        line.box.x0 >= term.box.x0 + SET_IN * term.size
        and round(line.box.x0) not in usual
        and not line.text.startswith(BULLET)
        and not NUMBERED.match(line.text)
        for line in explained
    )


def _follow(titles: Sequence[Candidate], one: int, other: int) -> bool:
    """Tell whether two candidates look alike and little stands between each of those from one to the other."""
    first, last = min(one, other), max(one, other)
    close = all(titles[n + 1].start - titles[n].end <= REFERENCE_LINES for n in range(first, last))
    return close and titles[one].style[:3] == titles[other].style[:3]
