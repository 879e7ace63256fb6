"""A comparison of two editions in figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Literal

from pipeline.comparing.changes import EditionCounts, EditionDiff, Excerpt


def count_passages(diff: EditionDiff) -> EditionCounts:
    """Put a comparison in figures."""
    old, new = _kinds_by_passage(diff, "old"), _kinds_by_passage(diff, "new")
    for passage in _shortened(diff):
        new[passage].add("removed")
    counts = Counter(_status(kinds) for kinds in new.values())
    both = [part for part in diff.parts if part.old and part.new]
    return EditionCounts(
        passages_unchanged=counts["unchanged"],
        passages_changed=counts["changed"],
        passages_added=counts["added"],
        passages_moved=counts["moved"],
        passages_removed=sum(kinds == {"removed"} for kinds in old.values()),
        sections_unchanged=sum(part.is_same for part in both),
        sections_changed=sum(bool(part.headings or part.changes) for part in both),
        sections_renamed=sum(part.renamed for part in both),
        sections_added=sum(part.old is None for part in diff.parts),
        sections_moved=sum(part.moved for part in both),
        sections_removed=sum(part.new is None for part in diff.parts),
    )


def _kinds_by_passage(diff: EditionDiff, side: Literal["old", "new"]) -> dict[str, set[str]]:
    """Tell for each passage of one edition what became of its sentences."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for part in diff.parts:
        for same in part.same:
            for place in getattr(same, side):
                kinds[place.passage].add("unchanged")
        for change in part.changes:
            excerpt: Excerpt | None = getattr(change, side)
            for place in excerpt.places if excerpt else ():
                kinds[place.passage].add(change.kind)
    return kinds


def _shortened(diff: EditionDiff) -> Iterator[str]:
    """Find the passages of the new edition that lost a sentence: those that hold the one nearest to it before."""
    kept: dict[str, list[tuple[int, str]]] = defaultdict(list)
    pairs = [(same.old, same.new) for part in diff.parts for same in part.same]
    changes = [change for part in diff.parts for change in part.changes]
    pairs += [(change.old.places, change.new.places) for change in changes if change.old and change.new]
    for before, after in pairs:
        for place in before if after else ():
            kept[place.passage].append((place.sentence, after[0].passage))
    for change in changes:
        if change.kind == "removed" and change.old:
            (passage, number) = change.old.places[0]
            if kept[passage]:
                yield min(kept[passage], key=lambda item: abs(item[0] - number))[1]


def _status(kinds: set[str]) -> str:
    if len(kinds) == 1:
        return next(iter(kinds))
    return "moved" if kinds == {"moved", "unchanged"} else "changed"
