"""Topic → which organizations cover it, which only mention it, and which say nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Unpack

from pipeline.datatypes import Hit, Organization
from pipeline.searching.rank import squash
from pipeline.searching.search import Filters, Index

# Deviations above a passage taken at random, as in ``pipeline.searching.rank``.
COVERS = 2.5  # at least this: a passage of the organization's section is about the topic
MENTIONS = 1.9  # at least this: it touches on it
REACH = 0.6  # of the deviations that the best of n passages can have at all, which is little in a very short paper
FOREIGN = 2.0  # deviations above questions foreign to the papers; a topic that comes no nearer is not theirs
LOOKED_AT = 2000  # best passages; who has none among these has none above chance, and a million take minutes to rank
NEAR_BEST = 0.5  # and this share of the best organization's score: a topic with one clear owner has few others


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the paper shows of one organization and a topic; ``coverage`` is "covers", "mentions" or "none"."""

    organization: Organization
    score: float
    coverage: str
    hits: tuple[Hit, ...]


def who_covers(index: Index, topic: str, top_k: int = 3, **filters: Unpack[Filters]) -> list[Coverage]:
    """Rank all organizations by their best passage on a topic; those without a section come last, with none.

    Evidence counts for the organization whose section holds it, whoever else it names.

    :param top_k: how many passages to show for each organization.
    """
    hits = index.search(topic, min(max(len(index.catalog), 1), LOOKED_AT), **filters)
    by_owner: dict[str, list[Hit]] = {}
    for hit in hits:
        if hit.passage.organization:
            by_owner.setdefault(hit.passage.organization.acronym, []).append(hit)
    foreign = index.closeness(topic) < FOREIGN
    best = max((found[0].score for found in by_owner.values()), default=0.0)
    reach = REACH * (len(hits) - 1) / math.sqrt(max(len(hits), 1))
    covers, mentions = (squash(min(level, reach)) for level in (COVERS, MENTIONS))
    mentions = math.inf if foreign else max(mentions, NEAR_BEST * best)
    editions = index.editions(**filters)
    # An organization of several editions is one, as the last of them names it.
    organizations = {
        entry.organization.acronym: entry.organization
        for entry in index.catalog.organizations()
        if entry.edition in editions
    }
    covered = [
        _coverage(organization, by_owner.get(acronym, []), covers, mentions, top_k)
        for acronym, organization in organizations.items()
    ]
    return sorted(covered, key=lambda item: -item.score)


def with_evidence(covered: Sequence[Coverage]) -> list[Coverage]:
    """Keep the organizations of which the paper says something."""
    return [item for item in covered if item.coverage != "none"]


def _coverage(organization: Organization, hits: Sequence[Hit], covers: float, mentions: float, top_k: int) -> Coverage:
    score = hits[0].score if hits else 0.0
    level = "none"
    if hits and score >= mentions:
        level = "covers" if score >= covers else "mentions"
    return Coverage(organization, score, level, tuple(hits[:top_k]) if level != "none" else ())
