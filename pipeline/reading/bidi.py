"""Right-to-left scripts: a row of characters as it is seen, from the left, → the order in which it is read.

The Unicode bidirectional algorithm (UAX #9) turns text as it is read into what is seen. Its last step, to reverse runs
from the innermost outward, also leads back: here from what is seen, with levels told from the characters themselves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TypeVar

# Hebrew, Arabic, Syriac, Thaana, N'Ko and their presentation forms.
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
STRONG = {"R": "R", "AL": "R", "L": "L", "EN": "N", "AN": "N"}
IN_NUMBERS = frozenset({"ES", "CS", "ET"})  # classes of signs that belong to a number beside them: + , : / % €
PAIRS = ("()", "[]", "{}", "«»", "<>")
S = TypeVar("S")


def is_right_to_left(text: str) -> bool:
    """Tell whether most letters of a text run from right to left.

    >>> is_right_to_left("שלום"), is_right_to_left("ICAT 2018"), is_right_to_left("2018")
    (True, False, False)
    """
    return bool(RIGHT_TO_LEFT.search(text)) and _base([_kind(char) for char in text]) == "R"


def in_reading_order(seen: Sequence[tuple[str, S]]) -> list[tuple[str, S]]:
    """Put characters, each with anything that belongs to it, from the order they are seen in into that of reading.

    >>> "".join(char for char, _ in in_reading_order([(char, 0) for char in "8102 TACI (םולש)"]))
    '(שלום) TACI 8102'
    """
    clusters: list[list[tuple[str, S]]] = []
    for item in seen:
        if clusters and all(unicodedata.category(char) == "Mn" for char in item[0]):
            clusters[-1].append(item)  # a mark stays behind its letter
        else:
            clusters.append([item])
    levels = _levels([_kind(cluster[0][0]) for cluster in clusters])
    for level in range(max(levels, default=0), 0, -1):
        start = 0
        while start < len(levels):
            end = start
            while end < len(levels) and levels[end] >= level:
                end += 1
            clusters[start:end], levels[start:end] = clusters[start:end][::-1], levels[start:end][::-1]
            start = max(end, start + 1)
    return _pair_brackets([item for cluster in clusters for item in cluster])


def _kind(text: str) -> str:
    """Tell a character's direction: R, L, N of a number, "n" of a sign that numbers take in, "" of any other."""
    found = unicodedata.bidirectional(text[0])
    return STRONG.get(found, "n" if found in IN_NUMBERS else "")


def _base(kinds: Sequence[str]) -> str:
    return "R" if kinds.count("R") >= kinds.count("L") else "L"


def _levels(kinds: Sequence[str]) -> list[int]:
    """Give the embedding level of each character: even from left to right."""
    base = _base(kinds)
    found = list(kinds)
    for n, kind in enumerate(kinds):
        if kind == "n":
            beside = [found[n - 1] if n else "", kinds[n + 1] if n + 1 < len(kinds) else ""]
            found[n] = "N" if "N" in beside else ""
    strong = "R" if base == "R" else "L"
    for n, kind in enumerate(found):
        if kind in ("R", "L"):
            strong = kind
        elif kind == "N" and strong == "L":
            found[n] = "L"
    before = _nearest(found, base)
    after = _nearest(found[::-1], base)[::-1]
    for n, kind in enumerate(found):
        if not kind:
            found[n] = before[n] if before[n] == after[n] else base
    right = {"R": 1, "L": 2, "N": 2}
    return [right[kind] if base == "R" or kind != "L" else 0 for kind in found]


def _nearest(kinds: Sequence[str], base: str) -> list[str]:
    """Give for each character the direction before it; a number counts as right to left."""
    made, last = [], base
    for kind in kinds:
        made.append(last)
        last = {"N": "R"}.get(kind, kind) or last
    return made


def _pair_brackets(items: list[tuple[str, S]]) -> list[tuple[str, S]]:
    """Turn brackets so that each pair opens first: a PDF may tell their shape or their meaning, or each in turn."""
    for pair in PAIRS:
        places = [n for n, (text, _) in enumerate(items) if text in tuple(pair)]
        if len(places) % 2 == 0:
            for turn, n in enumerate(places):
                items[n] = (pair[turn % 2], items[n][1])
    return items
