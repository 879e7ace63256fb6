"""The words of a document, which decide what a hyphen at a line's end is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from pipeline.datatypes import Line

WORD = re.compile(r"[^\W\d_]+(?:[-‐][^\W\d_]+)*")
LAST_WORD = re.compile(r"([^\W\d_]+)[-‐]$")
FIRST_WORD = re.compile(r"[^\W\d_]+")


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

    def is_compound(self, left: str, right: str) -> bool:
        """Tell whether the hyphen between two halves belongs to the word ("Inter-Agency") or to the line ("traf-").

        The document's own spelling elsewhere decides; else a hyphen before a capital, or between two words that the
        document uses on their own, is part of the word.
        """
        if not right[0].islower():
            return True
        compound, joined = self.words[f"{left}-{right}".lower()], self.words[f"{left}{right}".lower()]
        if compound or joined:
            return compound >= joined
        return self.words[left.lower()] > 0 and self.words[right.lower()] > 0
