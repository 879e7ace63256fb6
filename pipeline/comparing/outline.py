"""Which headings of a part are which of its other edition's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.comparing.align import Sentence
from pipeline.comparing.parts import fold_heading

Heading = tuple[str, ...]  # the path from the top heading down to it


def pair_headings(
    old: Sequence[Sentence], new: Sequence[Sentence], matched: Iterable[tuple[Sentence, Sentence]]
) -> list[tuple[Heading | None, Heading | None]]:
    """Pair the headings over two texts by the sentences below them, or else by their words; some have no partner.

    :param matched: sentences of the two texts that are the same or alike.
    :return: in the order of the new text, then the old ones without partner.
    """
    headings = list(first_sentences(old)), list(first_sentences(new))
    votes: Counter[tuple[Heading, Heading]] = Counter()
    for one, other in matched:
        for pair in _votes(one.passage.section, other.passage.section):
            votes[pair] += len(one.text)
    for path in headings[0]:  # headings that no sentence pairs, but their words do
        twin = next((other for other in headings[1] if _folded(other) == _folded(path)), None)
        if twin is not None:
            votes[path, twin] += 0
    ranked = sorted(votes, key=lambda pair: (not _are_alike(*pair), -votes[pair]))
    partners: dict[Heading, Heading] = {}
    for one_path, other_path in ranked:
        if other_path not in partners and one_path not in partners.values():
            partners[other_path] = one_path
    pairs: list[tuple[Heading | None, Heading | None]] = [(partners.get(path), path) for path in headings[1]]
    return pairs + [(path, None) for path in headings[0] if path not in partners.values()]


def first_sentences(sentences: Iterable[Sentence]) -> Mapping[Heading, Sentence]:
    """List the headings over these sentences, each with the first sentence below it, lower headings' included."""
    found: dict[Heading, Sentence] = {}
    for sentence in sentences:
        path = sentence.passage.section
        for depth in range(1, len(path) + 1):
            found.setdefault(path[:depth], sentence)
    return found


def _votes(one: Heading, other: Heading) -> Iterator[tuple[Heading, Heading]]:
    """Pair the headings over a sentence level by level; if a level came or went, only those that read alike."""
    for depth in range(1, len(one) + 1):
        for level in range(1, len(other) + 1):
            pair = one[:depth], other[:level]
            lowest = (depth, level) == (len(one), len(other))
            if _are_alike(*pair) or lowest or (len(one) == len(other) and depth == level):
                yield pair


def _are_alike(one: Heading, other: Heading) -> bool:
    return fold_heading(one[-1]) == fold_heading(other[-1])


def _folded(path: Heading) -> tuple[str, ...]:
    return tuple(fold_heading(title) for title in path)
