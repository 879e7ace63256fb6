"""A question in both spellings that the papers use: "SDGs" is also "Sustainable Development Goals".

A paper writes "Sustainable Development Goals (SDGs)" once, and one of the two from then on. A question that uses the
other one finds less of it, whichever signal ranks. So what a question abbreviates is written out, what it writes out
is abbreviated, as the papers define it. A short name that the papers define in two ways stays as it is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from pipeline.reading.names import Definition, definition_key

WORD = re.compile(r"\w+(?:[-&/.]\w+|['’](?!s\b)\w+)*")  # a name without the 's of its genitive
LONGEST = 12  # words of a full name that a question may hold


class _Found(NamedTuple):
    """A defined name in a question: where it stands, and what to write there."""

    start: int
    end: int
    text: str


def expand(question: str, look_up: Callable[[Sequence[str]], Iterable[Definition]]) -> str:
    """Write "full name (short name)" for each defined name in a question; of overlapping ones for the longest.

    :param look_up: gives the definitions whose short or full name has one of these keys (``definition_key``).
    """
    words = list(WORD.finditer(question))
    spans = [
        (words[first].start(), words[last].end())
        for first in range(len(words))
        for last in range(first, min(first + LONGEST, len(words)))
    ]
    keys = {span: definition_key(question[slice(*span)]) for span in spans}
    by_key: dict[str, set[Definition]] = defaultdict(set)
    for definition in look_up(sorted(set(keys.values()))):
        for name in (definition.short, definition.full):
            by_key[definition_key(name)].add(definition)
    found = [_written(question, span, by_key[key]) for span, key in keys.items() if key in by_key]
    return _replaced(question, [item for item in found if item is not None])


def _written(question: str, span: tuple[int, int], definitions: Iterable[Definition]) -> _Found | None:
    """Tell what to write for the words of a span, None if they are no defined name, or one that is not clear."""
    text = question[slice(*span)]
    key = definition_key(text)
    # A short name must be written with its capitals: "who" is no WHO.
    shorts = [item for item in definitions if definition_key(item.short) == key and item.short[:2] == text[:2]]
    fulls = [item for item in definitions if definition_key(item.full) == key]
    if fulls:
        best = max(fulls, key=lambda item: (item.times, item.short))
        return None if best.short in question else _Found(*span, f"{text} ({best.short})")
    if not shorts or len({definition_key(item.full) for item in shorts}) > 1:
        return None
    return None if shorts[0].full.casefold() in question.casefold() else _Found(*span, f"{shorts[0].full} ({text})")


def _replaced(question: str, found: Iterable[_Found]) -> str:
    end, parts = 0, []
    # The longest of those that start at one place comes first, and what overlaps it is left.
    for item in sorted(found, key=lambda item: (item.start, -item.end)):
        if item.start >= end:
            parts += [question[end : item.start], item.text]
            end = item.end
    return "".join([*parts, question[end:]])
