"""Ranked passages → hits."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.datatypes import Hit, Passage
from pipeline.searching.confidence import has_address, is_wordless
from pipeline.searching.rank import Ranked, squash

WORDLESS = 0.3  # deviations less for what is hardly more than an address, as many as a named organization gives


def worded_first(ranked: Sequence[Ranked], passages: Sequence[Passage]) -> list[tuple[Ranked, Passage]]:
    """Put passages that are hardly more than an address behind others that come as near, which say something.

    The name of a file may hold every word of a question: ".../preventing-sexual-exploitation-and-abuse". One that is
    asked for still stands out.
    """
    pairs = []
    for item, passage in zip(ranked, passages, strict=True):
        less = WORDLESS if has_address(passage.text) and is_wordless(passage.text) else 0.0
        pairs.append((item._replace(score=item.score - less), passage))
    return sorted(pairs, key=lambda pair: -pair[0].score)


def to_hit(rank: int, ranked: Ranked, passage: Passage, mentions: tuple[str, ...]) -> Hit:
    """Make a hit."""
    best = passage.sentences[ranked.sentence]
    return Hit(rank, squash(ranked.score), passage, best, ranked.signals, mentions, cosine=ranked.cosine)
