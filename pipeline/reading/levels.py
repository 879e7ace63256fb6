"""Which level each heading is of: as the paper says, else by its numbering, else by its typography."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

from pipeline.reading.candidates import LINE, Candidate
from pipeline.reading.openings import below_openings
from pipeline.reading.titles import decimal_depth

T = TypeVar("T", bound=Hashable)

# A place among all headings: the rank of a typography, and how far below it.
Place = tuple[int, int]

LETTERED = re.compile(r"([IVXLC]+|[A-Z])[.)]?(?=\s)|\(?([a-z])\)(?=\s)")
ROMAN_AFTER = {"I": "H", "V": "U", "X": "W"}  # the letter before which each stands, if it is a letter
ROMANS = frozenset("IVX")  # single letters that may be numbers: nobody counts to chapter L, C or D
LOWER = 0.1  # points; less than two sizes differ
ALIKE = 0.1  # share of the size: "1." of a smaller heading is a step of a list, not a chapter
OWN = 0.5  # share of a typography's headings that must be numbered alike, for its others to rank with them


def rank_levels(candidates: Sequence[Candidate]) -> list[int]:
    """Give each heading its level, 1 the top.

    Typographies rank by kind, then size, weight, capitals. Headings numbered alike are on one level, each decimal point
    one lower. A level that the paper tells goes before both.

    A style that opens the document, occurs once and outranks all others is the document's title: it heads its own
    section, but not the rest of the document. So is a first heading that the paper itself puts above all others.
    """
    places = _places(_lower(candidates))
    ranks = {place: rank for rank, place in enumerate(sorted(set(places)))}
    levels = [ranks[place] for place in places]
    if any(candidate.told is not None for candidate in candidates):
        levels = _with_told(candidates, levels)
    elif _opens_with_title(candidates, levels):
        levels = [max(0, level - 1) for level in levels]
    if levels[1:] and levels[0] < min(levels[1:]):
        levels[0] = min(levels[1:])
    lowest = {level: rank for rank, level in enumerate(sorted(set(levels)), start=1)}
    return [lowest[level] for level in levels]


def _lower(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Give headings that look like chapters, but open no page as these do, a style of their own below."""
    below = below_openings(candidates)
    twins = {item.style for n, item in enumerate(candidates) if n not in below}
    lowered = []
    for n, item in enumerate(candidates):
        style = item.style
        if n in below:
            plain = style._replace(caps=False)
            style = plain if style.caps and plain in twins else style._replace(size=style.size - LOWER)
        lowered.append(item._replace(style=style))
    return lowered


def _opens_with_title(candidates: Sequence[Candidate], levels: Sequence[int]) -> bool:
    below = [candidate.style.kind for candidate, level in zip(candidates, levels, strict=True) if level == 1]
    return levels[0] == 0 and levels.count(0) == 1 and LINE in below


def _places(candidates: Sequence[Candidate]) -> list[Place]:
    styles = sorted({candidate.style for candidate in candidates}, reverse=True)
    ranks = {style: rank for rank, style in enumerate(styles)}
    kinds = numbering_kinds([candidate.text if candidate.style.kind == LINE else "" for candidate in candidates])
    usual: dict[str, list[int]] = defaultdict(list)
    for candidate, kind in zip(candidates, kinds, strict=True):
        if kind:
            usual[kind].append(ranks[candidate.style])
    ranked = {kind: _most_common(found) for kind, found in usual.items()}
    sizes = {kind: styles[rank].size for kind, rank in ranked.items()}
    kinds = [
        kind if kind and (kind.startswith("..") or _near(item.style.size, sizes[kind])) else ""
        for item, kind in zip(candidates, kinds, strict=True)
    ]
    of_kind = _kind_places(ranked)
    by_style: dict[int, list[str]] = defaultdict(list)
    for candidate, kind in zip(candidates, kinds, strict=True):
        by_style[ranks[candidate.style]].append(kind)
    of_style: dict[int, Place] = {}
    for rank, found in by_style.items():
        kind = _most_common(found)
        alike = kind and found.count(kind) >= OWN * len(found)
        of_style[rank] = of_kind[kind] if alike else (rank, 0)
    return [
        of_kind[kind] if kind else of_style[ranks[item.style]] for item, kind in zip(candidates, kinds, strict=True)
    ]


def _near(size: float, usual: float) -> bool:
    return abs(size - usual) <= ALIKE * usual


def _kind_places(ranks: dict[str, int]) -> dict[str, Place]:
    """Place the kinds of numbering; those of one typography are below each other, as they first appear."""
    places: dict[str, Place] = {}
    for kind, rank in ranks.items():
        same = [place for other, place in places.items() if ranks[other] == rank]
        places[kind] = (rank, len(same))
    above: Place | None = None
    for kind in sorted(kind for kind in places if kind.startswith(".")):
        if above is not None and places[kind] <= above:
            places[kind] = (above[0], above[1] + 1)
        above = places[kind]
    return places


def numbering_kinds(titles: Iterable[str]) -> list[str]:
    """Name the kind of numbering of each title, "" for none; a letter that may be a number follows its neighbours.

    >>> numbering_kinds(["I. One", "A. Two", "2.1 Three", "H. Four", "I. Five", "None"])
    ['I', 'A', '..', 'A', 'A', '']
    """
    kinds = []
    letter = ""
    for title in titles:
        kind = "." * decimal_depth(title)
        match = None if kind else LETTERED.match(title)
        if match and match[2]:
            kind = "a"
        elif match and (match[0] != match[1] or len(match[1]) > 1):
            single = len(match[1]) == 1
            roman = match[1] in ROMANS and ROMAN_AFTER[match[1]] != letter if single else True
            kind = "I" if roman else "A"
            letter = letter if roman else match[1]
        kinds.append(kind)
    return kinds


def _with_told(candidates: Sequence[Candidate], levels: Sequence[int]) -> list[int]:
    """Take the levels that are told; an untold heading ranks with its typography's told ones, or below those above."""
    told: dict[int, list[int]] = defaultdict(list)
    for candidate, level in zip(candidates, levels, strict=True):
        if candidate.told is not None:
            told[level].append(candidate.told)
    known: dict[int, int] = {}
    below = 0
    for level in sorted(set(levels)):
        known[level] = below = _most_common(told[level]) if told[level] else below + 1
    pairs = zip(candidates, levels, strict=True)
    return [known[level] if candidate.told is None else candidate.told for candidate, level in pairs]


def _most_common(items: Sequence[T]) -> T:
    return Counter(items).most_common(1)[0][0]
