"""Printed pages: one on each sheet, or two side by side, as in a brochure that was made a PDF sheet by sheet.

A wide sheet is looked at as two printed pages if more page numbers rise by one from half to half so than from sheet to
sheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from pipeline.datatypes.page import Line, RawPage
from pipeline.reading.columns import is_wide
from pipeline.reading.furniture import count_printed, find_furniture, find_labels


class Leaf(NamedTuple):
    """A printed page: its number counts leaves, ``places`` tells which of its sheet's lines stand on it."""

    page: RawPage
    lines: list[Line]
    sheet: int
    places: list[int]


def find_leaves(pages: Sequence[RawPage], lines: Sequence[Sequence[Line]]) -> list[Leaf]:
    """Part sheets into printed pages.

    :param lines: the lines of each sheet.
    """
    whole = _leaves(pages, lines, halved=False)
    if not any(map(is_wide, pages)):
        return whole
    halves = _leaves(pages, lines, halved=True)
    return halves if _printed(halves) > _printed(whole) else whole


def furniture_of(leaves: Sequence[Leaf], sheets: int) -> list[dict[int, str]]:
    """Give for each sheet the indices of its furniture lines and their kind."""
    furniture: list[dict[int, str]] = [{} for _ in range(sheets)]
    found = find_furniture([leaf.page for leaf in leaves], [leaf.lines for leaf in leaves])
    for leaf, own in zip(leaves, found, strict=True):
        furniture[leaf.sheet].update({leaf.places[index]: kind for index, kind in own.items()})
    return furniture


def labels_of(leaves: Sequence[Leaf], sheets: int) -> list[tuple[str, ...]]:
    """Give for each sheet the label of its printed page, or of both."""
    labels: list[tuple[str, ...]] = [() for _ in range(sheets)]
    found = find_labels([leaf.page for leaf in leaves], [leaf.lines for leaf in leaves])
    for leaf, label in zip(leaves, found, strict=True):
        labels[leaf.sheet] += (label,)
    return labels


def _leaves(pages: Sequence[RawPage], lines: Sequence[Sequence[Line]], *, halved: bool) -> list[Leaf]:
    leaves: list[Leaf] = []
    for sheet, (page, own) in enumerate(zip(pages, lines, strict=True)):
        if not (halved and is_wide(page)):
            # Of sheets with two pages, a label tree counts the sheets.
            kept = replace(page, number=len(leaves) + 1, label=None) if halved else page
            leaves.append(Leaf(kept, list(own), sheet, list(range(len(own)))))
            continue
        for right in (False, True):
            places = [n for n, line in enumerate(own) if (line.box.x0 + line.box.x1 >= page.width) == right]
            leaf = replace(page, number=len(leaves) + 1, label=None)
            leaves.append(Leaf(leaf, [own[n] for n in places], sheet, places))
    return leaves


def _printed(leaves: Sequence[Leaf]) -> int:
    return count_printed([leaf.page for leaf in leaves], [leaf.lines for leaf in leaves])
