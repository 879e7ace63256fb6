"""Text without the characters that nobody sees, which hide words or steer a terminal."""

from __future__ import annotations

import unicodedata

JOINERS = "\u200c\u200d"  # which letters of Persian and Indic scripts need


def visible(text: str) -> str:
    r"""Drop controls, bidi overrides and halves of surrogate pairs; spaces of all kinds become one kind, lines stay.

    >>> visible("a\u202eb\x1b[1m\u00a0c")
    'ab[1m c'
    """
    kept = []
    for char in text:
        category = unicodedata.category(char)
        if char == "\n" or char in JOINERS or category not in ("Cc", "Cf", "Cs", "Zs"):
            kept.append(char)
        elif category == "Zs" or char.isspace():
            kept.append(" ")
    return "".join(kept)
