"""Conditions as Milvus reads them."""

from __future__ import annotations

import json
from typing import Any


def quote(value: object) -> str:
    r"""Write a value, or a list of them, as a condition holds it.

    >>> quote(["icat/2018", 'a "name"'])
    '["icat/2018", "a \\"name\\""]'
    """
    return json.dumps(value, ensure_ascii=False)


def holding(text: str) -> str:
    r"""Write the pattern that texts with a part like this match.

    >>> holding("50%_")
    '"%50\\\\%\\\\_%"'
    """
    return quote("%" + "".join(f"\\{char}" if char in "%_\\" else char for char in text) + "%")


def condition_of(rows: Any) -> str:
    """Give the condition that a passage is among these rows: none, what a filter says, or a list of numbers."""
    if rows is None:
        return ""
    condition = getattr(rows, "condition", None)
    return condition if isinstance(condition, str) else f"row in {[int(row) for row in rows]}"
