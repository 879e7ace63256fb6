"""Passages by their words: BM25, computed when the index is built. The only file that names the stemmer.

For each stem the file holds the rows of the passages that have it, and what each of them gets for it: a question adds
up a few arrays. Robertson and Zaragoza, "The probabilistic relevance framework: BM25 and beyond", 2009.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import IndexDamaged
from pipeline.indexing.arrays import open_arrays, write_arrays
from pipeline.indexing.nearest import best_places
from pipeline.indexing.vocabulary import Vocabulary, count_letters, pack_words

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Scores = npt.NDArray[np.float32]
    Rows = npt.NDArray[np.int64]

WORD = re.compile(r"[^\W_]+")
SATURATION, LENGTH = 1.2, 0.75  # k1 and b of BM25, the values that every search engine starts with
LEAST_WEIGHT = 1e-6  # of a word that half of the passages have or more: it tells nothing, and takes nothing away
STEPS = 65_535  # that a gain is told in; the error of a step is a thousandth of what a word in a heading changes
COSTLY = 50_000  # passages; adding up more of them for a word of the least weight takes milliseconds, changes nothing
BLOCK = 65_536  # passages whose words are put in order at once: 100 MB
ARRAYS = {
    "stems": "U8", "stem_ends": "U32", "words": "U8", "word_ends": "U32", "letters": "U8",
    "firsts": "U64", "rows": "U32", "gains": "U16", "weights": "F32", "passages": "U32",
}  # fmt: skip


class Lexical:
    """The words of one generation, opened for reading."""

    def __init__(self, path: Path) -> None:
        """Map the file.

        :raises IndexDamaged: if it is not one.
        """
        found = open_arrays(path, ARRAYS)
        self._stems = Vocabulary(found["stems"], found["stem_ends"])
        self.words = Vocabulary(found["words"], found["word_ends"], found["letters"])
        self._firsts, self._rows, self._gains = found["firsts"], found["rows"], found["gains"]
        self._weights = found["weights"]
        if len(self._firsts) != len(self._stems) + 1 or found["passages"].shape != (1,):
            raise IndexDamaged(f"{path}: words and passages are not in step; rebuild it: mandates ingest")
        self._path, self._passages = path, int(found["passages"][0])

    def __len__(self) -> int:
        """Count the passages, those without words too."""
        return self._passages

    def holds(self, word: str) -> bool:
        """Tell whether any passage holds a word, in any inflection."""
        return any(self._stems.find(stem) is not None for stem in stems(word))

    def nearest(self, word: str, least: float) -> str | None:
        """Find the word of the passages that a misspelt one is most alike; see ``Vocabulary.nearest``."""
        try:
            return self.words.nearest(fold(word), least)
        except UnicodeDecodeError as error:
            raise IndexDamaged(f"{self._path}: a word is none; rebuild it: mandates ingest") from error

    def scores(self, words: Sequence[str]) -> Scores | None:
        """Score all passages by the words they hold, in any inflection; 0 for those that hold none of them.

        :return: shape (passages,); None if no passage holds any.
        """
        import numpy as np

        found = [number for word in words for stem in stems(word) if (number := self._stems.find(stem)) is not None]
        if not found:
            return None
        telling = [number for number in found if self._weights[number] > LEAST_WEIGHT or self._count(number) < COSTLY]
        scores = np.zeros(len(self), dtype=np.float32)
        for place, number in enumerate(sorted(telling or found, key=self._count, reverse=True)):
            first, end = self._range(number)
            gains = self._gains[first:end] * np.float32(self._weights[number] * (SATURATION + 1) / STEPS)
            try:
                if place:
                    scores[self._rows[first:end]] += gains
                else:  # the longest list is only written, not added to
                    scores[self._rows[first:end]] = gains
            except (IndexError, ValueError) as error:
                raise IndexDamaged(f"{self._path}: a word has no such passage; rebuild it: mandates ingest") from error
        return scores

    def match(self, words: Sequence[str]) -> DenseMatches | None:
        """Score all passages as ``scores`` does."""
        scores = self.scores(words)
        return None if scores is None else DenseMatches(scores)

    def postings(self) -> Iterator[tuple[str, float, Rows, Scores]]:
        """Give each stem with its weight, the rows of the passages that have it, and what each gains by it.

        What ``scores`` gives to a passage is the sum of the products of weight and gain.
        """
        import numpy as np

        for number in range(len(self._stems)):
            span = slice(*self._range(number))
            gains = self._gains[span] * np.float32((SATURATION + 1) / STEPS)
            yield self._stems[number], float(self._weights[number]), self._rows[span].astype(np.int64), gains

    def rows_with(self, text: str) -> Rows:
        """List the passages that hold every word of a text, in any inflection and order."""
        import numpy as np

        numbers = [self._stems.find(stem) for stem in dict.fromkeys(stems(text))]
        known = sorted((number for number in numbers if number is not None), key=self._count)
        if not known or len(known) < len(numbers):
            return np.zeros(0, dtype=np.int64)
        lists = [self._rows[slice(*self._range(number))] for number in known]
        common = functools.reduce(lambda one, other: one[np.isin(one, other, assume_unique=True)], lists)
        return common.astype(np.int64)

    def words_by_row(self) -> npt.NDArray[np.int64]:
        """Count the stems of each passage."""
        import numpy as np

        return np.bincount(self._rows, minlength=len(self))

    def _range(self, number: int) -> tuple[int, int]:
        return int(self._firsts[number]), int(self._firsts[number + 1])

    def _count(self, number: int) -> int:
        first, end = self._range(number)
        return end - first


class DenseMatches:
    """What every passage gets for its words, see ``pipeline.indexing.stores.Matches``."""

    def __init__(self, scores: Scores) -> None:
        """Take the scores of all passages, shape (passages,)."""
        import numpy as np

        self._scores = scores
        self.mean = float(scores.mean(dtype=np.float64))
        # Most scores are 0 and none is negative, so no digits are lost by not taking the mean off each.
        square = float(np.dot(scores, scores)) / len(scores)
        self.deviation = max(square - self.mean**2, 0.0) ** 0.5

    def best(self, count: int, rows: Any = None) -> Rows:
        """Give the rows that get most, best first; none that gets nothing."""
        best = best_places(self._scores if rows is None else self._scores[rows], count)
        found = best if rows is None else rows[best]
        return found[self._scores[found] > 0]

    def at(self, rows: Rows) -> Scores:
        """Give what these passages get."""
        return self._scores[rows]


class LexicalWriter:
    """Takes the words of passage after passage, and writes them as ``Lexical`` reads them."""

    def __init__(self) -> None:
        """Start with no passage."""
        self._numbers = _Numbers()
        self._terms, self._counts = array("I"), array("H")  # of passage after passage
        self._stems, self._lengths = array("I"), array("I")  # of each passage: how many stems, and how many words

    def add(self, *fields: str) -> None:
        """Take the next passage's texts."""
        words = [word for field in fields for word in words_of(field)]
        counts = Counter(map(self._numbers.__getitem__, words))
        self._terms.extend(counts)
        self._counts.extend(min(count, 65_535) for count in counts.values())
        self._stems.append(len(counts))
        self._lengths.append(len(words))

    def write(self, path: Path) -> None:
        """Write all passages.

        :raises OSError: if the file cannot be written.
        """
        import numpy as np

        known, words = self._numbers.stems, sorted(self._numbers)
        order = sorted(known)
        places = np.empty(len(order), dtype=np.uint32)  # from the order in which stems came to that of their letters
        places[[known[stem] for stem in order]] = np.arange(len(order), dtype=np.uint32)
        firsts, rows, gains = self._invert(places)
        holding = np.diff(firsts).astype(np.float64)
        weights = np.log((len(self._lengths) - holding + 0.5) / (holding + 0.5))
        stem_text, stem_ends = pack_words(order)
        word_text, word_ends = pack_words(words)
        write_arrays(path, {
            "stems": stem_text, "stem_ends": stem_ends, "words": word_text, "word_ends": word_ends,
            "letters": count_letters(words), "firsts": firsts, "rows": rows, "gains": gains,
            "weights": np.where(weights > 0, weights, LEAST_WEIGHT).astype(np.float32),
            "passages": np.array([len(self._lengths)], dtype=np.uint32),
        })  # fmt: skip

    def _invert(self, places: npt.NDArray[np.uint32]) -> tuple[npt.NDArray[np.uint64], Any, Any]:
        """Turn passages with their stems into stems with their passages, block by block, each in order of row."""
        import numpy as np

        terms = np.frombuffer(self._terms, dtype=np.uint32) if self._terms else np.zeros(0, dtype=np.uint32)
        counts = np.frombuffer(self._counts, dtype=np.uint16) if self._counts else np.zeros(0, dtype=np.uint16)
        lengths = np.array(self._lengths, dtype=np.float64)
        ends = np.concatenate([[0], np.cumsum(self._stems, dtype=np.int64)])
        held = np.bincount(terms, minlength=len(places))
        firsts = np.zeros(len(places) + 1, dtype=np.int64)
        firsts[1 + places.astype(np.int64)] = held
        firsts = np.cumsum(firsts)
        rows, gains = np.empty(len(terms), dtype=np.uint32), np.empty(len(terms), dtype=np.uint16)
        short = SATURATION * (1 - LENGTH + LENGTH * lengths / max(lengths.mean() if len(lengths) else 0.0, 1e-9))
        free = firsts[:-1].copy()
        for start in range(0, len(lengths), BLOCK):
            stop = min(start + BLOCK, len(lengths))
            block = places[terms[ends[start] : ends[stop]]]
            owners = np.repeat(np.arange(start, stop), np.diff(ends[start : stop + 1]))
            often = counts[ends[start] : ends[stop]]
            order = np.argsort(block, kind="stable")
            found, rank = np.unique(block[order], return_counts=True)
            target = np.arange(len(order)) + np.repeat(free[found] - np.cumsum(rank) + rank, rank)
            rows[target] = owners[order]
            gains[target] = np.maximum(np.rint(STEPS * (often / (often + short[owners]))), 1)[order]
            free[found] += rank
        return firsts.astype(np.uint64), rows, gains


class _Numbers(dict[str, int]):
    """The number of each word's stem, stems in the order in which they came."""

    def __init__(self) -> None:
        super().__init__()
        self.stems: dict[str, int] = {}

    def __missing__(self, word: str) -> int:
        number = self[word] = self.stems.setdefault(_stemmer()(word), len(self.stems))
        return number


def fold(text: str) -> str:
    """Take away what does not tell two words apart: case and accents.

    >>> fold("Straße in São Tomé"), fold("STRASSE")
    ('strasse in sao tome', 'strasse')
    """
    parted = unicodedata.normalize("NFKD", text.casefold())
    return parted if parted.isascii() else "".join(char for char in parted if unicodedata.category(char) != "Mn")


def words_of(text: str) -> list[str]:
    """List a text's words, folded.

    >>> words_of("Rule_61, São Tomé's")
    ['rule', '61', 'sao', 'tome', 's']
    """
    return WORD.findall(fold(text))


def stems(text: str) -> list[str]:
    """Give the stems of a text's words.

    >>> stems("Protecting the victims' rights")
    ['protect', 'the', 'victim', 'right']
    """
    return [_stemmer()(word) for word in words_of(text)]


@functools.cache
def _stemmer() -> Callable[[str], str]:
    """Load Porter's own stemmer, which no release will change: an index stays readable."""
    import Stemmer

    stem: Callable[[str], str] = Stemmer.Stemmer("porter").stemWord
    return stem
