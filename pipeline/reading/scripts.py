"""Scripts that write words without spaces between them: Chinese, Japanese, Thai, Lao, Khmer, Burmese."""

from __future__ import annotations

import re
from collections.abc import Iterator

EAST_ASIAN = "\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
SOUTH_EAST_ASIAN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
IDEOGRAPH = re.compile(f"[{EAST_ASIAN}]")
UNSPACED = re.compile(f"[{EAST_ASIAN}{SOUTH_EAST_ASIAN}]")
# A word has two characters on average in Chinese and Japanese, five in Thai.
WORD = re.compile(f"[{EAST_ASIAN}]{{1,2}}|[{SOUTH_EAST_ASIAN}]{{1,5}}|[^\\s{EAST_ASIAN}{SOUTH_EAST_ASIAN}]+")


def words_in(text: str) -> Iterator[re.Match[str]]:
    """Yield the words of a text, or what amounts to words where nothing parts them."""
    return WORD.finditer(text)


def count_words(text: str) -> int:
    """Count the words of a text.

    >>> count_words("Member States"), count_words("人身取引を防ぐ。"), count_words("กลุ่มประสานงาน")
    (2, 4, 3)
    """
    return sum(1 for _ in words_in(text)) if UNSPACED.search(text) else len(text.split())
