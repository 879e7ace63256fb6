"""Words and word 5-grams, by which texts are told to be alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

GRAM = 5  # words


def words(text: str) -> list[str]:
    """Part a text into words that compare: case, hyphens, quotes and bullets are made alike.

    >>> words("• Anti-trafficking “Guidelines”")
    ['antitrafficking', 'guidelines']
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.findall(r"\w+", re.sub(r"[-‐‑–—'’‘`]", "", folded))


def grams(text_words: Sequence[str]) -> set[tuple[str, ...]]:
    """Give the word 5-grams; of fewer words, all of them as one."""
    if len(text_words) < GRAM:
        return {tuple(text_words)}
    return set(zip(*(text_words[start:] for start in range(GRAM)), strict=False))
