"""Passages that say the same in nearly the same words: one hit, all places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipeline.datatypes import Passage
from pipeline.reading.grams import grams, words

ALIKE = 0.8  # of the word 5-grams of both; Broder, "On the resemblance and containment of documents", 1997


def part_duplicates(passages: Sequence[Passage]) -> list[list[int]]:
    """Part passages, best first, into groups that say the same; each group by rank, the groups by their first.

    Only passages of one owner fall together: the same boilerplate of two organizations is two answers.
    """
    groups: list[list[int]] = []
    holders: dict[tuple[str, ...], list[int]] = {}  # which groups' first passages hold a gram
    # By acronym: the records of an organization differ from edition to edition, in their pages if in nothing else.
    owners = [passage.organization.acronym if passage.organization else None for passage in passages]
    found = [grams(words(passage.text)) for passage in passages]
    for index, own in enumerate(found):
        shared = Counter(group for gram in own for group in holders.get(gram, ()))
        for group in sorted(shared):
            first = groups[group][0]
            if owners[first] == owners[index] and _alike(shared[group], len(own), len(found[first])):
                groups[group].append(index)
                break
        else:
            for gram in own:
                holders.setdefault(gram, []).append(len(groups))
            groups.append([index])
    return groups


def _alike(shared: int, one: int, other: int) -> bool:
    return shared >= ALIKE * (one + other - shared)
