"""One score from several signals.

Four signals see different things: the passage's vector its gist, the best sentence's vector one claim in it, late
interaction over token vectors every word of the question, BM25 rare names and numbers. Each is counted in standard
deviations above a passage taken at random (z-score), which makes them comparable, and the weighted mean is the score.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NamedTuple

from pipeline.indexing.catalog import fold
from pipeline.searching.names import Names

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from pipeline.indexing.catalog import Catalog, VectorPlace
    from pipeline.indexing.vectors import TokenVectors, VectorIndex

    Scores = npt.NDArray[np.float32]

WORD = re.compile(r"\w+")


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

CANDIDATES = 100  # passages that each signal proposes; all proposed ones get all signals
EXHAUSTIVE = 3  # times as many passages as candidates are all ranked: proposing would save nothing
SAMPLE = 256  # passages, evenly spread, from which a signal's mean and deviation are taken
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


class Ranker:
    """Ranks the passages of one generation."""

    def __init__(
        self,
        catalog: Catalog,
        vectors: VectorIndex,
        sentence_vectors: VectorIndex,
        token_vectors: TokenVectors,
        names: Names,
    ) -> None:
        """Take the open files of a generation."""
        self._catalog, self._vectors = catalog, vectors
        self._sentence_vectors, self._token_vectors = sentence_vectors, token_vectors
        self._places: Sequence[VectorPlace] = catalog.places()
        self._names = names

    def rank(self, query: Query, top_k: int, rows: Sequence[int] | None, weights: Weights) -> list[Ranked]:
        """Rank passages, best first; equal scores in order of row.

        :param rows: rank these only.
        """
        import numpy as np

        matches = self._match(query.text) if weights.lexical else {}
        candidates = self._candidates(query, max(top_k, CANDIDATES), rows, matches)
        if not candidates:
            return []
        spread = np.linspace(0, len(self._places) - 1, min(SAMPLE, len(self._places)))
        sample = [int(row) for row in spread]
        scores, best = self._scores(query, candidates, weights)
        sampled, _ = self._scores(query, sample, weights)
        signals = {name: _z(scores[name], sampled[name].mean(), sampled[name].std()) for name in scores}
        if matches:
            values = np.fromiter(matches.values(), dtype=np.float32)
            mean = values.sum() / len(self._places)
            deviation = np.sqrt(max(float((values**2).sum()) / len(self._places) - mean**2, 0.0))
            signals["lexical"] = _z(np.array([matches.get(row, 0.0) for row in candidates]), mean, deviation)
        fused = sum((getattr(weights, name) * values for name, values in signals.items()), np.zeros(len(candidates)))
        fused = fused / weights.total
        named = self._names.asked_for(query.text) if weights.named else set()
        if named:
            signals["named"] = np.array([float(self._places[row].organization in named) for row in candidates])
            fused = fused + weights.named * signals["named"]
        order = sorted(range(len(candidates)), key=lambda index: (-fused[index], candidates[index]))[:top_k]
        return [
            Ranked(
                candidates[index],
                float(fused[index]),
                int(best[index]),
                {name: round(float(values[index]), 3) for name, values in signals.items()},
            )
            for index in order
        ]

    def closeness(self, query: Query, row: int) -> float:
        """Give the cosine, by late interaction, of a question and a passage."""
        place = self._places[row]
        return float(self._token_vectors.best_match(query.tokens, [(place.first_token, place.tokens)])[0])

    def _candidates(
        self, query: Query, count: int, rows: Sequence[int] | None, matches: Mapping[int, float]
    ) -> list[int]:
        """Give the rows that any signal finds among its best; all rows if that is not many more."""
        available = range(len(self._places)) if rows is None else rows
        if len(available) <= EXHAUSTIVE * count:
            return sorted(available)
        found = {row for row, _ in self._vectors.search(query.vector, count, rows)}
        allowed = None if rows is None else set(rows)
        matching = [row for row in matches if allowed is None or row in allowed]
        found.update(sorted(matching, key=lambda row: (-matches[row], row))[:count])
        sentences = None if rows is None else [row for passage in rows for row in self._sentence_rows(passage)]
        owners = self._sentence_owners()
        found.update(int(owners[row]) for row, _ in self._sentence_vectors.search(query.vector, count, sentences))
        return sorted(found)

    def _scores(self, query: Query, rows: Sequence[int], weights: Weights) -> tuple[dict[str, Scores], list[int]]:
        """Give the vector signals that have a weight, and the best sentence of each passage."""
        import numpy as np

        sentence_rows = [self._sentence_rows(row) for row in rows]
        flat = [row for passage in sentence_rows for row in passage]
        similarities = self._sentence_vectors.vectors(flat) @ query.vector
        ends = np.cumsum([len(passage) for passage in sentence_rows])
        parts = np.split(similarities, ends[:-1])
        scores: dict[str, Scores] = {}
        if weights.passage:
            scores["passage"] = self._vectors.vectors(rows) @ query.vector
        if weights.sentence:
            scores["sentence"] = np.array([part.max() for part in parts])
        if weights.tokens:
            ranges = [(self._places[row].first_token, self._places[row].tokens) for row in rows]
            scores["tokens"] = self._token_vectors.best_match(query.tokens, ranges)
        return scores, [int(part.argmax()) for part in parts]

    def _sentence_rows(self, passage: int) -> range:
        place = self._places[passage]
        return range(place.first_sentence, place.first_sentence + place.sentences)

    def _sentence_owners(self) -> Scores:
        import numpy as np

        return np.repeat(np.arange(len(self._places)), [place.sentences for place in self._places])

    def _match(self, text: str) -> dict[int, float]:
        """Score by words; a word that the paper does not have is taken for a misspelling of the nearest it has."""
        known: list[str] = []
        for word in dict.fromkeys(WORD.findall(fold(text))):
            if self._catalog.holds(word):
                known.append(word)
            elif len(word) > 3:
                known += difflib.get_close_matches(word, self._catalog.words(), n=1, cutoff=TYPO)
        return self._catalog.match(list(dict.fromkeys(known)))


def signal_names() -> list[str]:
    """List the signals in the order of their weights."""
    return [item.name for item in fields(Weights)]


def _z(values: Scores, mean: float, deviation: float) -> Scores:
    result: Scores = (values - mean) / (deviation or 1.0)
    return result


def squash(score: float) -> float:
    """Bring a mean z-score into 0 to 1 for display; 2 deviations above chance is the middle."""
    import math

    return 1 / (1 + math.exp(-(score - 2)))
