"""One score from several signals.

Four signals see different things: the passage's vector its gist, the best sentence's vector one claim in it, late
interaction over token vectors every word of the question, BM25 rare names and numbers. Each is counted in standard
deviations above a passage taken at random (z-score), which makes them comparable, and the weighted mean is the score.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NamedTuple

from pipeline.indexing.lexical import words_of
from pipeline.indexing.nearest import best_places
from pipeline.indexing.vectors import cosines
from pipeline.reading.mentions import Names

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from pipeline.indexing.files import Pieces
    from pipeline.indexing.stores import Matches, Reader, Selection

    Scores = npt.NDArray[np.float32]
    Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each signal counts; see the ablation in the README."""

    passage: float = 0.0  # proposes candidates; late interaction over its tokens says all it says, and more
    sentence: float = 0.5
    tokens: float = 1.0
    lexical: float = 0.3
    named: float = 0.3  # for a passage of an organization that the question names: prefers, but hides nobody

    def __post_init__(self) -> None:
        """Refuse weights that leave nothing to rank by."""
        if self.total <= 0:
            raise ValueError("at least one signal needs a weight")

    @property
    def total(self) -> float:
        """The sum of the weights of the signals that are averaged."""
        return self.passage + self.sentence + self.tokens + self.lexical


MODES = {
    "hybrid": Weights(),
    "dense": Weights(passage=1, sentence=0, tokens=0, lexical=0, named=0),
    "lexical": Weights(passage=0, sentence=0, tokens=0, lexical=1, named=0),
}

CANDIDATES = 100  # passages that words propose; all proposed ones get all signals
BY_VECTOR = (
    2  # times as many are proposed by the passages' vectors; so nothing is lost for want of sentences' proposals
)
FILTERED = 1200  # passages that a filter lets through and that are all ranked: what is left has its true order
EXHAUSTIVE = 3  # times as many passages as candidates are all ranked: proposing would save nothing
SAMPLE = 256  # passages, evenly spread, from which a signal's mean and deviation are taken
SAMPLE_OF_MANY = 128  # where token vectors are compact: 3 ms less; the paper's MRR is 0.811 with so few, not 0.808
NEARLY_0 = 1e-15  # a score that is shown
SHORT = 3  # letters of words that are too short to be misspelt
TYPO = 0.8  # share of letters that a misspelt word must have in common with one of the paper (difflib's ratio)


class Query(NamedTuple):
    """A question, encoded: unit vectors of the whole, shape (d,), and of its tokens, shape (n, d)."""

    text: str
    vector: Scores
    tokens: Scores


class Ranked(NamedTuple):
    """A passage's row, its score in deviations, its best sentence (counted from 0) and what each signal gave."""

    row: int
    score: float
    sentence: int
    signals: dict[str, float]
    cosine: float | None = None  # by late interaction, if it is a signal


class Ranker:
    """Ranks the passages of one generation."""

    def __init__(self, files: Reader, names: Names) -> None:
        """Take the open files of a generation."""
        self._files, self._names = files, names
        self._passages = len(files.catalog)

    def rank(
        self, query: Query, top_k: int, rows: Selection | None, weights: Weights, among: Rows | None = None
    ) -> list[Ranked]:
        """Rank passages, best first; equal scores in order of row.

        :param rows: rank these only, given in order.
        :param among: the passages from which one at random would be taken, in order; by default all there are.
        """
        import numpy as np

        matches = self._match(query.text) if weights.lexical else None
        candidates = self._candidates(query, max(top_k, CANDIDATES), rows, matches)
        if not len(candidates):
            return []
        whole = len(candidates) == self._passages
        in_sample = whole and self._passages == len(self._sample_rows)
        pieces = self._sample if in_sample else self._files.pieces(candidates, tokens=weights.tokens > 0)
        scores, best = self._scores(query, pieces, weights)
        if among is not None:
            sample = self._files.pieces(_spread(among, SAMPLE), tokens=weights.tokens > 0)
            sampled, _ = self._scores(query, sample, weights)
        elif whole:
            sampled = {name: values[self._sample_rows] for name, values in scores.items()}
        else:
            sampled, _ = self._scores(query, self._sample, weights)
        signals = {name: _z(scores[name], *_moments(sampled[name])) for name in scores}
        if matches is not None:
            mean, deviation = matches.mean, matches.deviation
            if among is not None:
                mean, deviation = _moments(matches.at(among))
            signals["lexical"] = _z(matches.at(candidates), mean, deviation)
        fused = sum((getattr(weights, name) * values for name, values in signals.items()), np.zeros(len(candidates)))
        fused = fused / weights.total
        named = self._names.asked_for(query.text) if weights.named else set()
        if named:
            signals["named"] = self._files.owned(candidates, named).astype(np.float64)
            fused = fused + weights.named * signals["named"]
        return [
            Ranked(
                int(candidates[index]),
                float(fused[index]),
                int(best[index]),
                {name: round(float(values[index]), 3) for name, values in signals.items()},
                float(scores["tokens"][index]) if "tokens" in scores else None,
            )
            for index in best_places(fused, top_k)
        ]

    def known_words(self, text: str) -> dict[str, str | None]:
        """Give each word of a text with what the papers have of it: itself, the nearest to a misspelt one, or None."""
        words = self._files.words
        return {
            word: word if words.holds(word) else words.nearest(word, TYPO) if len(word) > SHORT else None
            for word in words_of(text)
        }

    def closeness(self, query: Query, row: int) -> float:
        """Give the cosine, by late interaction, of a question and a passage."""
        return self._files.closeness(query.tokens, row)

    @functools.cached_property
    def _sample_rows(self) -> Rows:
        import numpy as np

        return _spread(np.arange(self._passages), SAMPLE_OF_MANY if self._files.axes else SAMPLE)

    @functools.cached_property
    def _sample(self) -> Pieces:
        pieces = self._files.pieces(self._sample_rows)
        return pieces if self._files.axes else pieces.with_norms()

    def _candidates(self, query: Query, count: int, rows: Selection | None, matches: Matches | None) -> Rows:
        """Give the rows that vectors or words find among their best; all rows if that is not many more."""
        import numpy as np

        available = self._passages if rows is None else len(rows)
        if available <= EXHAUSTIVE * count or (rows is not None and available <= FILTERED):
            return np.arange(self._passages) if rows is None else np.asarray(rows)
        found = [row for row, _ in self._files.vectors.search(query.vector, BY_VECTOR * count, rows)]
        if matches is not None:
            found += matches.best(count, rows).tolist()
        return np.unique(np.array(found, dtype=np.int64))

    def _scores(self, query: Query, pieces: Pieces, weights: Weights) -> tuple[dict[str, Scores], Rows]:
        """Give the vector signals that have a weight, and the best sentence of each passage."""
        import numpy as np

        counts = pieces.sentence_counts
        similarities = cosines(query.vector, pieces.sentences)
        starts = np.cumsum(counts) - counts
        highest = np.maximum.reduceat(similarities, starts)
        # The first place where a passage's sentence is as good as its best.
        is_best = np.flatnonzero(similarities == np.repeat(highest, counts))
        best = is_best[np.searchsorted(is_best, starts)] - starts
        scores: dict[str, Scores] = {}
        if weights.passage:
            scores["passage"] = self._files.vectors.vectors(pieces.rows) @ query.vector
        if weights.sentence:
            scores["sentence"] = highest
        if weights.tokens:
            scores["tokens"] = pieces.interaction(query.tokens, self._files.axes)
        return scores, best

    def _match(self, text: str) -> Matches | None:
        return self._files.words.match(list(dict.fromkeys(filter(None, self.known_words(text).values()))))


def signal_names() -> list[str]:
    """List the signals in the order of their weights."""
    return [item.name for item in fields(Weights)]


def _spread(rows: Rows, most: int) -> Rows:
    """Take so many rows, evenly spread over them all."""
    import numpy as np

    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(np.int64)]


def _moments(values: Scores) -> tuple[float, float]:
    # In 64 bits, or the mean of equal values may differ from them by as much as they seem to deviate.
    wide = values.astype("float64")
    return float(wide.mean()), float(wide.std())


def _z(values: Scores, mean: float, deviation: float) -> Scores:
    result: Scores = (values - mean) / (deviation or 1.0)
    return result


def squash(score: float) -> float:
    """Bring a mean z-score into 0 to 1 for display; 2 deviations above chance is the middle."""
    import math

    return 1 / (1 + math.exp(-(score - 2)))


def unsquash(shown: float) -> float:
    """Give the score that is shown as this; of 1.0, which stands for all that are high, a high one.

    >>> round(unsquash(squash(1.5)), 6)
    1.5
    """
    import math

    within = min(max(shown, NEARLY_0), 1 - NEARLY_0)
    return 2 + math.log(within / (1 - within))
