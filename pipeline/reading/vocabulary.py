"""The words of a document, which decide what a hyphen at a line's end is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from pipeline.datatypes.page import Line
from pipeline.reading.languages import guess_language

WORD = re.compile(r"[^\W\d_]+(?:[-‐][^\W\d_]+)*")
LAST_WORD = re.compile(r"([^\W\d_]+)[-‐]$")
FIRST_WORD = re.compile(r"[^\W\d_]+")
CLITIC = 2  # letters of the longest word that only joins others: "à", "t", "de"


class Vocabulary:
    """The words of a document, which decide what a hyphen at a line's end is."""

    def __init__(self, lines: Iterable[Line]) -> None:
        """Count all words that are not themselves broken over two lines."""
        self.words: Counter[str] = Counter()
        broken = False
        for line in lines:
            found = WORD.findall(line.text)
            starts_broken, broken = broken, bool(LAST_WORD.search(line.text))
            if starts_broken:
                found = found[1:]
            if broken:
                found = found[:-1]
            self.words.update(word.lower().replace("‐", "-") for word in found)
            self.words.update(part for word in found if "-" in word for part in word.lower().split("-"))

        self._language = guess_language(self.words)

    def is_compound(self, left: str, right: str, *, chained: bool = False) -> bool:
        """Tell whether the hyphen between two halves belongs to the word ("Inter-Agency") or to the line ("traf-").

        The document's own spelling elsewhere decides; else a hyphen before a capital is part of the word, and so is one
        where the document's language wants it.

        :param chained: whether another hyphen stands before the left half ("c'est-à-dire", "a-t-il").
        """
        if not right[0].islower() or (chained and len(left) <= CLITIC):
            return True
        left, right = left.lower(), right.lower()
        compound, joined = self.words[f"{left}-{right}"], self.words[f"{left}{right}"]
        if compound or joined:
            return compound >= joined
        language = self._language
        if left in language.after or (right in language.before and self.words[left]):
            return True
        return language.compounds and self.words[left] > 0 and self.words[right] > 0

    def hangs(self, left: str, right: str) -> bool:
        """Tell a hyphen that stands for the end of the next word but one: "short- and long-term"."""
        return right.lower() in self._language.conjunctions and not self.words[f"{left}{right}".lower()]
