"""Passages by the million, made of real ones, with all their vectors.

Random vectors are a false test: in 384 dimensions they are all equally far from each other, and a graph or a list of
clusters finds nothing in them (measured: recall 0.07 on a million random vectors, 0.95 on structured ones).

A made passage starts from a real one and a near neighbour of it. Some of its sentences are the neighbour's, and so are
that share of its token vectors; its vector lies between the two, moved by the difference of another pair of neighbours,
so that it is as far from the next and in such directions as real passages are. Sentences' vectors are moved likewise.
Headings and owners are those of the real passage. A word in five is another real one, drawn as often as it is found,
for passages that say the same in the same words are folded into one answer. One word in a passage is coined, from as
many as a large corpus has (Heaps' law: half a million), so that the list of words grows as well. Passages fill
documents, numbered ones, of two editions each.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from pipeline.datatypes import Edition, Passage
from pipeline.datatypes.page import Document
from pipeline.indexing import store
from pipeline.indexing.files import open_files
from pipeline.indexing.nearest import MANY
from pipeline.indexing.vectors import quantize

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]
    Rows = npt.NDArray[np.int64]

BLOCK = 10_000  # passages made at once
NEIGHBOURS = 8  # of a real passage, from which the other half is taken
MIXED = 0.35  # of the sentences are the neighbour's, on average
MOVED = 0.6  # of the difference of a pair of neighbours is added
SWAPPED = 0.2  # of the words are others, or hundreds of passages would be folded into one answer
VARIANTS = 32  # of each sentence
COINED = 2  # passages for each coined word
COPY = 200  # passages in a document
SYLLABLES = "ba ko ri tu ne sa lo mi da fe gu ho ja ke lu mo".split()


class Source(NamedTuple):
    """Real passages with all their vectors, from several indexes."""

    passages: list[Passage]
    vectors: Vectors
    sentences: Vectors
    first_sentence: Rows
    tokens: npt.NDArray[Any]
    first_token: Rows
    neighbours: Rows
    pairs: Rows


def read_source(folders: Sequence[Path]) -> Source:
    """Read indexes whole."""
    import numpy as np

    parts = []
    for folder in folders:
        with closing(open_files(store.open_generation(folder).path)) as files:
            if files.axes:
                raise click.UsageError(f"{folder}: give an index of fewer than {MANY} passages")
            rows = np.arange(len(files.columns))
            pieces = files.pieces(rows)
            parts.append((files.catalog.passages(rows), np.array(files.vectors.vectors(rows)), *pieces[1:5]))
    passages, vectors, sentences, sentence_counts, tokens, token_counts = zip(*parts, strict=True)
    joined = np.concatenate(vectors)
    alike = joined @ joined.T
    np.fill_diagonal(alike, -1)
    neighbours = np.argsort(-alike, axis=1)[:, :NEIGHBOURS]
    starts = [np.concatenate([[0], np.cumsum(np.concatenate(counts))]) for counts in (sentence_counts, token_counts)]
    pairs = np.stack([np.arange(len(joined)), neighbours[:, 0]], axis=1)
    return Source(
        [item for part in passages for item in part], joined, np.concatenate(sentences), starts[0],
        np.concatenate(tokens), starts[1], neighbours, pairs,
    )  # fmt: skip


class Made(NamedTuple):
    """A block of made passages, before their texts are written: what each is made of."""

    first: int
    one: Rows
    other: Rows
    share: Vectors
    coined: Rows


def make_blocks(source: Source, size: int) -> Iterator[Made]:
    """Draw what passages are made of; the same size gives the same."""
    import numpy as np

    dice = np.random.default_rng(size)
    for first in range(0, size, BLOCK):
        count = min(BLOCK, size - first)
        one = dice.integers(0, len(source.passages), count)
        other = source.neighbours[one, dice.integers(0, NEIGHBOURS, count)]
        share = dice.uniform(0, 2 * MIXED, count).astype(np.float32)
        # Zipf: few coined words are frequent, most stand once or twice.
        coined = (dice.pareto(0.7, count) * 20).astype(np.int64) % max(size // COINED, 1)
        yield Made(first, one, other, share, coined)


def coin(number: int) -> str:
    """Make a word of a number."""
    word = ""
    while number or not word:
        number, digit = divmod(number, len(SYLLABLES))
        word += SYLLABLES[digit]
    return word + "n"


def mixed_sentences(source: Source, made: Made, place: int) -> list[tuple[int, int]]:
    """Give the sentences of a made passage as (passage, sentence of it); the neighbour's come last."""
    one, other = int(made.one[place]), int(made.other[place])
    own = source.passages[one].sentences
    taken = min(round(float(made.share[place]) * len(own)), len(source.passages[other].sentences), len(own) - 1)
    return [(one, n) for n in range(len(own) - taken)] + [(other, n) for n in range(taken)]


def make_passages(source: Source, size: int) -> Iterator[Passage]:
    """Make the passages, one edition after the other."""
    edition = Edition("", "", "", "")
    texts = vary(source)
    dice = random.Random(size)
    for made in make_blocks(source, size):
        for place in range(len(made.one)):
            row = made.first + place
            if row % COPY == 0:
                edition = make_edition(row // COPY)
            pieces = [dice.choice(texts[passage][number]) for passage, number in mixed_sentences(source, made, place)]
            pieces[0] = f"{coin(int(made.coined[place])).capitalize()}: {pieces[0]}"
            spans, end = [], 0
            for piece in pieces:
                spans.append((end, end + len(piece)))
                end += len(piece) + 1
            passage = source.passages[made.one[place]]
            owner = replace(passage.organization, pages=None) if passage.organization else None
            yield Passage(
                f"{edition.id}/{row % COPY}/0", edition, owner, passage.section, " ".join(pieces), passage.pages,
                passage.page_labels, passage.boxes[:2], sentences=tuple(spans),
            )  # fmt: skip


def vary(source: Source) -> list[list[list[str]]]:
    """Write every sentence of every passage in some ways, a word in five another word of the real passages."""
    dice = random.Random(0)
    words = [word for passage in source.passages for word in passage.text.split()]

    def varied(sentence: str) -> str:
        return " ".join(dice.choice(words) if dice.random() < SWAPPED else word for word in sentence.split())

    return [
        [[varied(passage.text[start:end]) for _ in range(VARIANTS)] for start, end in passage.sentences]
        for passage in source.passages
    ]


def make_edition(number: int) -> Edition:
    """Name a document: two editions of each, so that by default half of the passages are searched."""
    return Edition(f"paper-{number // 2}", str(2018 + number % 2), f"paper-{number}.pdf", f"{number:064x}")


def make_documents(source: Source, size: int) -> Iterator[Document]:
    """Make the documents, each with every organization that the real ones have."""
    owners = {p.organization.acronym: replace(p.organization, pages=None) for p in source.passages if p.organization}
    for number in range(-(-size // COPY)):
        yield Document(make_edition(number), (), (), tuple(owners.values()))


def make_vectors(source: Source, size: int) -> Vectors:
    """Make the vectors of the passages."""
    import numpy as np

    dice, found = np.random.default_rng(1), []
    for made in make_blocks(source, size):
        share = made.share[:, None] / 2
        between = source.vectors[made.one] * (1 - share)
        between += source.vectors[made.other] * share
        found.append(_moved(source, between.astype(np.float32), source.vectors, dice))
    return np.concatenate(found)


def make_sentences(source: Source, size: int) -> Iterator[npt.NDArray[Any]]:
    """Make the vectors of the sentences, block by block."""
    import numpy as np

    dice = np.random.default_rng(2)
    for made in make_blocks(source, size):
        rows = [
            source.first_sentence[passage] + number
            for place in range(len(made.one))
            for passage, number in mixed_sentences(source, made, place)
        ]
        yield quantize(_moved(source, source.sentences[rows], source.vectors, dice))


def make_tokens(source: Source, size: int, codes: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    """Make the token vectors of each passage: the first of one, and the last of the other."""
    import numpy as np

    for made in make_blocks(source, size):
        for (start, cut), (begin, stop) in _token_spans(source, made):
            yield np.concatenate([codes[start:cut], codes[begin:stop]])


def count_tokens(source: Source, size: int) -> Iterator[int]:
    """Count the token vectors of each passage."""
    for made in make_blocks(source, size):
        for (start, cut), (begin, stop) in _token_spans(source, made):
            yield cut - start + stop - begin


def count_sentences(source: Source, size: int) -> int:
    """Count the sentences of all passages."""
    return sum(
        len(mixed_sentences(source, made, place))
        for made in make_blocks(source, size)
        for place in range(len(made.one))
    )


def _token_spans(source: Source, made: Made) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    firsts = source.first_token
    starts, stops = firsts[made.one], firsts[made.one + 1]
    cuts = stops - ((stops - starts) * made.share).astype(int)
    ends = firsts[made.other + 1]
    begins = ends - ((ends - firsts[made.other]) * made.share).astype(int)
    for start, cut, begin, end in zip(starts.tolist(), cuts.tolist(), begins.tolist(), ends.tolist(), strict=True):
        yield (start, cut), (begin, end)


def _moved(source: Source, vectors: Vectors, real: Vectors, dice: np.random.Generator) -> Vectors:
    import numpy as np

    one, other = source.pairs[dice.integers(0, len(source.pairs), len(vectors))].T
    sign = dice.choice(np.array([-1, 1], dtype=np.float32), len(vectors))[:, None]
    moved = vectors + MOVED * sign * (real[one] - real[other])
    units: Vectors = (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)
    return units
