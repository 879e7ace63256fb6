"""Passages that say the same in nearly the same words: one hit, all places."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from pipeline.datatypes import Passage

GRAM = 5  # words
ALIKE = 0.8  # of the word 5-grams of both; Broder, "On the resemblance and containment of documents", 1997


def words(text: str) -> list[str]:
    """Part a text into words that compare: case, hyphens, quotes and bullets are made alike.

    >>> words("• Anti-trafficking “Guidelines”")
    ['antitrafficking', 'guidelines']
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.findall(r"\w+", re.sub(r"[-‐‑–—'’‘`]", "", folded))


def grams(text_words: Sequence[str]) -> set[tuple[str, ...]]:
    """Give the word 5-grams; of fewer words, all of them as one."""
    return {tuple(text_words[start : start + GRAM]) for start in range(max(1, len(text_words) - GRAM + 1))}


def part_duplicates(passages: Sequence[Passage]) -> list[list[int]]:
    """Part passages, best first, into groups that say the same; each group by rank, the groups by their first.

    Only passages of one owner fall together: the same boilerplate of two organizations is two answers.
    """
    groups: list[list[int]] = []
    found = [grams(words(passage.text)) for passage in passages]
    for index, passage in enumerate(passages):
        twin = next(
            (
                group
                for group in groups
                if passages[group[0]].organization == passage.organization and _alike(found[group[0]], found[index])
            ),
            None,
        )
        if twin is None:
            groups.append([index])
        else:
            twin.append(index)
    return groups


def _alike(one: set[tuple[str, ...]], other: set[tuple[str, ...]]) -> bool:
    smaller, larger = sorted((len(one), len(other)))
    return smaller >= ALIKE * larger and len(one & other) >= ALIKE * len(one | other)
