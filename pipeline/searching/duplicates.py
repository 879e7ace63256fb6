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
    # By acronym: the records of an organization differ from edition to edition, in their pages if in nothing else.
    owners = [passage.organization.acronym if passage.organization else None for passage in passages]
    found = [grams(words(passage.text)) for passage in passages]
    for index in range(len(passages)):
        twin = next(
            (group for group in groups if owners[group[0]] == owners[index] and _alike(found[group[0]], found[index])),
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
