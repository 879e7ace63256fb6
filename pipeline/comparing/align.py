"""Which sentences of one text are which of another.

The units are sentences, not passages: one more sentence shifts the borders of all passages after it. Nor is a
sentence's own border to be relied on: an abbreviation at a page's end parts a sentence in one edition only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple

from pipeline.comparing.changes import Place
from pipeline.comparing.wording import folded_words, sentence_key
from pipeline.datatypes import Passage

ALIKE = 0.5  # of the words of both sentences; with fewer in common, two sentences read better than one in pieces
PART_OF = 0.5  # of the words of a neighbour, found in what a pair leaves unmatched: then the neighbour belongs to it
CANDIDATES = 10  # sentences; of a block only those with most word pairs in common are looked at, which bounds the time


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage: verbatim, its number there from 0, its normal form, and its words, case aside."""

    passage: Passage
    number: int
    text: str
    key: str
    words: tuple[str, ...]

    @property
    def place(self) -> Place:
        """Where it is."""
        return Place(self.passage.id, self.number)


class Match(NamedTuple):
    """Positions of sentences that are the same, or alike if not ``same``; several where they were cut otherwise."""

    old: tuple[int, ...]
    new: tuple[int, ...]
    same: bool


def sentences_of(passages: Iterable[Passage]) -> list[Sentence]:
    """List the sentences of passages."""
    return [
        Sentence(passage, number, text, sentence_key(text), folded_words(text))
        for passage in passages
        for number, text in enumerate(passage.text[start:end] for start, end in passage.sentences)
    ]


def align_sentences(old: Sequence[Sentence], new: Sequence[Sentence]) -> list[Match]:
    """Match the sentences of two texts; those without a match were removed or added, or stand elsewhere.

    Sentences keep their order, but for changed ones between two unchanged ones.
    """
    keys = [sentence.key for sentence in old], [sentence.key for sentence in new]
    steps = SequenceMatcher(None, *keys, autojunk=False).get_opcodes()
    blocks = [(range(i, i_end), range(j, j_end)) for op, i, i_end, j, j_end in steps if op != "equal"]
    # What stands elsewhere in the same words has moved there, and is not the former wording of something alike.
    moved = {keys[0][n] for block, _ in blocks for n in block} & {keys[1][n] for _, block in blocks for n in block}
    matches = [
        Match((i + step,), (j + step,), same=True)
        for op, i, i_end, j, _ in steps
        if op == "equal"
        for step in range(i_end - i)
    ]
    for block, other in blocks:
        recut = list(_recut(*keys, block, other))
        matches += [Match(tuple(run), tuple(run_other), same=True) for run, run_other in recut]
        free = (
            {n for n in block if keys[0][n] not in moved}.difference(*(run for run, _ in recut)),
            {n for n in other if keys[1][n] not in moved}.difference(*(run for _, run in recut)),
        )
        matches += _match_alike((old, new), free)
    return sorted(matches)


def _recut(old: Sequence[str], new: Sequence[str], block: range, other: range) -> Iterator[tuple[range, range]]:
    """Find in two blocks the runs of sentences that give the same text when joined, in order."""
    by_start: dict[str, list[int]] = defaultdict(list)
    for j in other:
        by_start[new[j][:1]].append(j)
    i, first = block.start, other.start
    while i < block.stop:
        taken = 0
        for j in by_start[old[i][:1]]:
            taken, matched = _common_run(old, new, range(i, block.stop), range(j, other.stop)) if j >= first else (0, 0)
            if taken:
                yield range(i, i + taken), range(j, j + matched)
                first = j + matched
                break
        i += taken or 1


def _common_run(old: Sequence[str], new: Sequence[str], block: range, other: range) -> tuple[int, int]:
    """Count how many keys from the start of two blocks give the same text when joined: (0, 0) if no number does."""
    left, right = old[block.start], new[other.start]
    i, j = block.start + 1, other.start + 1
    while left != right:
        if left.startswith(right) and j < other.stop:
            right, j = right + new[j], j + 1
        elif right.startswith(left) and i < block.stop:
            left, i = left + old[i], i + 1
        else:
            return 0, 0
    return i - block.start, j - other.start


def _match_alike(sides: tuple[Sequence[Sentence], Sequence[Sentence]], free: tuple[set[int], set[int]]) -> list[Match]:
    """Match the free sentences of a block that are alike, with the neighbours that belong to them."""
    pairs = _pair_alike(sides, (sorted(free[0]), sorted(free[1])))
    for pair in pairs:
        free[0].discard(pair[0])
        free[1].discard(pair[1])
    matches = []
    for pair in pairs:
        runs = _grow(sides, pair, free)
        texts = [" ".join(side[n].text for n in run) for side, run in zip(sides, runs, strict=True)]
        matches.append(Match(*runs, same=sentence_key(texts[0]) == sentence_key(texts[1])))
    return matches


def _pair_alike(
    sides: tuple[Sequence[Sentence], Sequence[Sentence]], free: tuple[Sequence[int], Sequence[int]]
) -> list[tuple[int, int]]:
    """Pair sentences one to one, the most alike first, in the order of the old ones."""
    old, new = sides
    ranks = {j: rank for rank, j in enumerate(free[1])}
    holders: dict[tuple[str, str], list[int]] = defaultdict(list)
    for j in free[1]:
        for pair in _word_pairs(new[j]):
            holders[pair].append(j)
    scored = []
    for rank, i in enumerate(free[0]):
        common = Counter(j for pair in _word_pairs(old[i]) for j in holders.get(pair, ()))
        for j, _ in common.most_common(CANDIDATES):
            matcher = SequenceMatcher(None, old[i].words, new[j].words, autojunk=False)
            if matcher.quick_ratio() >= ALIKE and (likeness := matcher.ratio()) >= ALIKE:
                scored.append((-likeness, abs(rank - ranks[j]), i, j))
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, i, j in sorted(scored):
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return sorted(pairs.items())


def _word_pairs(sentence: Sentence) -> set[tuple[str, str]]:
    """Give the pairs of neighbouring words; the start and the end of the sentence count as words."""
    words = ["", *sentence.words, ""]
    return set(pairwise(words))


def _grow(
    sides: tuple[Sequence[Sentence], Sequence[Sentence]], pair: tuple[int, int], free: tuple[set[int], set[int]]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Take in the free neighbours that belong to a pair: one sentence became two, or two became one."""
    runs = [range(pair[0], pair[0] + 1), range(pair[1], pair[1] + 1)]
    grown = True
    while grown:
        grown = False
        for side in (0, 1):
            for wider in (range(runs[side].start - 1, runs[side].stop), range(runs[side].start, runs[side].stop + 1)):
                (neighbour,) = set(wider) - set(runs[side])
                other = _words(sides[1 - side], runs[1 - side])
                if neighbour in free[side] and _belongs(sides[side], runs[side], wider, other):
                    runs[side], grown = wider, True
                    free[side].discard(neighbour)
    return tuple(runs[0]), tuple(runs[1])


def _belongs(side: Sequence[Sentence], run: range, wider: range, other: Sequence[str]) -> bool:
    words, more = _words(side, run), _words(side, wider)
    return _matched(more, other) - _matched(words, other) >= PART_OF * (len(more) - len(words))


def _words(side: Sequence[Sentence], run: range) -> list[str]:
    return [word for position in run for word in side[position].words]


def _matched(words: Sequence[str], other: Sequence[str]) -> int:
    matcher = SequenceMatcher(None, words, other, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks())
