"""The top sections of two editions: which is which, who was renamed, and what moved."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import product

from pipeline.comparing.changes import Part
from pipeline.datatypes import Citation, Organization, Passage
from pipeline.reading.grams import grams, words
from pipeline.reading.names import name_key

# Of the word 5-grams of the shorter part, found in the other. Parts of different organizations share up to 0.03 in the
# ICAT paper; a part whose every second sentence was edited keeps about half.
SAME_CONTENT = 0.2
SAME_SIZE = 0.2  # a part of less than this share of the other's 5-grams is a quotation from it
SPELLING = 0.8  # likeness of two words' letters: "Organisation" and "Organization", "Centre" and "Center" are above it

NUMBERING = re.compile(r"^\W*(?:\d+(?:\.\d+)+[.)]?|(?:\d+|[IVXLC]+|[A-Z])[.)])\s+")


@dataclass(frozen=True, slots=True)
class Group:
    """The passages of a part, in reading order."""

    part: Part
    passages: tuple[Passage, ...]


def group_parts(passages: Sequence[Passage]) -> list[Group]:
    """Part an edition's passages by the owner of their section, or else by its top heading."""
    by_key: dict[tuple[str, ...], list[Passage]] = {}
    for passage in passages:
        owner = passage.organization
        by_key.setdefault(("owner", owner.acronym) if owner else passage.section[:1], []).append(passage)
    return [Group(_part(run), tuple(run)) for run in by_key.values()]


def align_parts(old: Sequence[Group], new: Sequence[Group]) -> list[tuple[int, int]]:
    """Pair the parts of two editions: by acronym, by any name, by heading, and at last by content; in the new order."""
    pairs: dict[int, int] = {}
    for likenesses in (_by_acronym, _by_name, _by_heading, _by_content):
        free = [[n for n in range(len(old)) if n not in pairs.values()], [n for n in range(len(new)) if n not in pairs]]
        scored = likenesses([old[i] for i in free[0]], [new[j] for j in free[1]])
        for _, i, j in sorted((-score, free[0][i], free[1][j]) for score, i, j in scored):
            if j not in pairs and i not in pairs.values():
                pairs[j] = i
    return [(pairs[j], j) for j in sorted(pairs)]


def is_renamed(old: Organization | None, new: Organization | None) -> bool:
    """Tell whether an organization has another acronym or name, not only another spelling of it."""
    if old is None or new is None:
        return False
    return name_key(old.acronym) != name_key(new.acronym) or not same_but_for_spelling(old.name, new.name)


def know_each_other(one: Organization, other: Organization) -> bool:
    """Tell whether the acronym or name of one organization is among all names of the other."""
    main = [{name_key(name) for name in (item.acronym, item.name)} for item in (one, other)]
    every = [names | {name_key(name) for name in item.aliases} for names, item in zip(main, (one, other), strict=True)]
    return bool(main[0] & every[1] or main[1] & every[0])


def same_but_for_spelling(one: str, other: str) -> bool:
    """Tell whether two names have the same words, letters here and there aside.

    >>> same_but_for_spelling("Organisation for Labour", "Organization for Labor")
    True
    >>> same_but_for_spelling("Department of Peacekeeping Operations", "Department of Peace Operations")
    False
    """
    pairs = list(zip(words(one), words(other), strict=False))
    return name_key(one) == name_key(other) or (
        len(words(one)) == len(words(other))
        and all(SequenceMatcher(None, *pair, autojunk=False).ratio() >= SPELLING for pair in pairs)
    )


def fold_heading(heading: str) -> str:
    """Take away what does not tell two headings apart: case, punctuation, spaces, and the section's number.

    >>> fold_heading("3.2 Capacity-Building:"), fold_heading("IV. Capacity building")
    ('capacitybuilding', 'capacitybuilding')
    """
    return "".join(words(NUMBERING.sub("", heading)) or words(heading)) or heading


def find_moved(order: Sequence[int], sizes: Sequence[int]) -> set[int]:
    """Find what stands elsewhere in a new order: all but the longest run that kept its order.

    :param order: the old position of each item, in the new order.
    :param sizes: the length of each, in characters; of two runs of as many items the longer text stays in place.
    :return: positions in the new order.
    """
    best: list[tuple[int, int, int | None]] = []  # items and characters of the best run that ends here, and its last
    for n, position in enumerate(order):
        ahead = [(best[k][0], best[k][1], k) for k in range(n) if order[k] < position]
        items, size, last = max(ahead, default=(0, 0, None))
        best.append((items + 1, size + sizes[n], last))
    kept: set[int] = set()
    at: int | None = max(range(len(best)), key=lambda n: best[n][:2], default=None)
    while at is not None:
        kept.add(at)
        at = best[at][2]
    return set(range(len(order))) - kept


def joint_citation(passages: Iterable[Passage]) -> Citation:
    """Cite all pages of some passages of one edition and owner; they must not be none."""
    run = list(passages)
    labels = {page: label for passage in run for page, label in zip(passage.pages, passage.page_labels, strict=True)}
    pages = tuple(sorted(labels))
    first = run[0].citation
    return Citation(first.organization, first.file, first.edition, pages, tuple(labels[page] for page in pages))


def _part(passages: Sequence[Passage]) -> Part:
    owner, path = passages[0].organization, passages[0].section
    heading = path[0] if path else ""
    if owner:  # the owner's heading may stand under another one
        heading = next((title for title in path if name_key(owner.name) in name_key(title)), heading)
    return Part(owner, heading, joint_citation(passages))


def _by_acronym(old: Sequence[Group], new: Sequence[Group]) -> Iterator[tuple[float, int, int]]:
    for i, j, one, other in _owners(old, new):
        if name_key(one.acronym) == name_key(other.acronym):
            yield 1.0, i, j


def _by_name(old: Sequence[Group], new: Sequence[Group]) -> Iterator[tuple[float, int, int]]:
    for i, j, one, other in _owners(old, new):
        if know_each_other(one, other):
            yield 1.0, i, j


def _owners(old: Sequence[Group], new: Sequence[Group]) -> Iterator[tuple[int, int, Organization, Organization]]:
    for (i, one), (j, other) in product(enumerate(old), enumerate(new)):
        if one.part.organization and other.part.organization:
            yield i, j, one.part.organization, other.part.organization


def _by_heading(old: Sequence[Group], new: Sequence[Group]) -> Iterator[tuple[float, int, int]]:
    for (i, one), (j, other) in product(enumerate(old), enumerate(new)):
        if fold_heading(one.part.heading) == fold_heading(other.part.heading):
            yield 1.0, i, j


def _by_content(old: Sequence[Group], new: Sequence[Group]) -> Iterator[tuple[float, int, int]]:
    found = [
        [set().union(*(grams(words(passage.text)) for passage in group.passages)) for group in side]
        for side in (old, new)
    ]
    for (i, one), (j, other) in product(enumerate(found[0]), enumerate(found[1])):
        smaller, larger = sorted((len(one), len(other)))
        score = len(one & other) / smaller
        if score >= SAME_CONTENT and smaller >= SAME_SIZE * larger:
            yield score, i, j
