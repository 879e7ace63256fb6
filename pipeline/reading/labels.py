"""Labels of editions: in which order they come, and which is the latest.

A file of its own, since a question needs it and nothing else of how papers are found and read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.datatypes import Edition


def latest(editions: Iterable[Edition]) -> list[Edition]:
    """Give the latest edition of each document: the highest label, numbers in it compared as numbers.

    >>> [edition.label for edition in latest([Edition("icat", label, "", "") for label in ("v9", "v10", "v2")])]
    ['v10']
    """
    found: dict[str, Edition] = {}
    for edition in editions:
        other = found.get(edition.document)
        if other is None or label_order(edition.label) > label_order(other.label):
            found[edition.document] = edition
    return list(found.values())


def label_order(label: str) -> list[tuple[int, str]]:
    """Give a key that sorts labels of editions: numbers as numbers, words before them as words."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.findall(r"\d+|[^\W\d]+", label)]
