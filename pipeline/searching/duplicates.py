"""Passages that say the same in nearly the same words: one hit, all places."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.datatypes import Passage
from pipeline.reading.grams import grams, words

ALIKE = 0.8  # of the word 5-grams of both; Broder, "On the resemblance and containment of documents", 1997


def part_duplicates(passages: Sequence[Passage]) -> list[list[int]]:
    """Part passages, best first, into groups that say the same; each group by rank, the groups by their first.

    Only passages of one owner fall together: the same boilerplate of two organizations is two answers.
    """
    groups: list[list[int]] = []
    of_owner: dict[str | None, list[list[int]]] = {}
    # Most passages have few grams that any before them has, and are not compared with each of these.
    seen: set[tuple[str, ...]] = set()
    found = [grams(words(passage.text)) for passage in passages]
    for index, (passage, own) in enumerate(zip(passages, found, strict=True)):
        # By acronym: the records of an organization differ from edition to edition, in their pages if in nothing else.
        rivals = of_owner.setdefault(passage.organization.acronym if passage.organization else None, [])
        known = len(own & seen) >= ALIKE * len(own)
        group = next((group for group in rivals if known and _alike(own, found[group[0]])), None)
        if group is None:
            group = []
            groups.append(group)
            rivals.append(group)
            seen |= own
        group.append(index)
    return groups


def _alike(one: set[tuple[str, ...]], other: set[tuple[str, ...]]) -> bool:
    shared = len(one & other)
    return shared >= ALIKE * (len(one) + len(other) - shared)
