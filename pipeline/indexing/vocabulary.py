"""Words in order, mapped from disk: found by halving, and by their letters where they are misspelt."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Bytes = npt.NDArray[np.uint8]

BINS = 32  # letters that share one are taken for the same, which can only make words look more alike: a to z do not
LONGEST = 255  # letters that are counted, the most that a byte can say
LOOKED_AT = 500  # most alike words that are compared letter by letter: 20 µs each, so 10 ms


class Vocabulary:
    """A sorted list of words."""

    def __init__(self, text: Bytes, ends: npt.NDArray[np.uint32], letters: Bytes | None = None) -> None:
        """Take the words in UTF-8 below each other, the end of each, and how often each has the letters of each bin."""
        self._text, self._ends, self._letters = text, ends, letters

    def __len__(self) -> int:
        """Count the words."""
        return len(self._ends)

    def __getitem__(self, number: int) -> str:
        """Give a word by its place, from 0."""
        return self._bytes(number).decode(errors="surrogatepass")

    def find(self, word: str) -> int | None:
        """Give the place of a word, None if it is not there."""
        wanted = word.encode(errors="surrogatepass")
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._bytes(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self._bytes(low) == wanted else None

    def nearest(self, word: str, least: float) -> str | None:
        """Find the word that is most alike, by difflib's ratio; of equal ones the last.

        A million words are ruled out in milliseconds by the letters that they have in common, in whatever order, since
        the ratio can be no higher than these allow.

        :param least: the ratio it must have.
        """
        import numpy as np

        if self._letters is None or not len(self):
            return None
        asked = count_letters([word])[:, 0]
        common = np.zeros(len(self), dtype=np.uint16)
        for letter in np.flatnonzero(asked[:BINS]):
            common += np.minimum(self._letters[letter], asked[letter])
        most = 2 * common / (self._letters[BINS].astype(np.float32) + len(word))
        alike = np.flatnonzero(most >= least)
        alike = alike[np.argsort(-most[alike], kind="stable")][:LOOKED_AT]
        matcher = difflib.SequenceMatcher(b=word)
        best = (least, "")
        for number in alike.tolist():
            if most[number] < best[0]:
                break
            other = self[number]
            matcher.set_seq1(other)
            best = max(best, (matcher.ratio(), other))
        return best[1] or None

    def _bytes(self, number: int) -> bytes:
        start = self._ends[number - 1] if number else 0
        return self._text[start : self._ends[number]].tobytes()


def pack_words(words: Iterable[str]) -> tuple[Bytes, npt.NDArray[np.uint32]]:
    """Put words, in order, as a ``Vocabulary`` takes them."""
    import numpy as np

    packed = [word.encode(errors="surrogatepass") for word in words]
    ends = np.cumsum([len(word) for word in packed], dtype=np.uint32)
    return np.frombuffer(b"".join(packed), dtype=np.uint8), ends


def count_letters(words: Iterable[str]) -> Bytes:
    """Count the letters of each word by bin, shape (BINS + 1, words); the last row is the words' length."""
    import numpy as np

    listed = list(words)
    counts = np.zeros((BINS + 1, len(listed)), dtype=np.uint8)
    for place, word in enumerate(listed):
        letters = np.frombuffer(word.encode("utf-32-le", errors="surrogatepass"), dtype=np.uint32) % BINS
        counts[:BINS, place] = np.minimum(np.bincount(letters, minlength=BINS), LONGEST)
        counts[BINS, place] = min(len(word), LONGEST)
    return counts
