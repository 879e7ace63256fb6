"""What new editions change, in figures, for the report of a build."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.comparing.compare import compare_editions, count_passages
from pipeline.datatypes import Edition, Organization, Passage
from pipeline.indexing.gather import Reading
from pipeline.indexing.reuse import Before
from pipeline.reading.labels import label_order


class Comparison(NamedTuple):
    """The edition that one was compared with, and what changed: names as in ``EditionCounts``."""

    former: str
    counts: dict[str, int]


def compare_read(reading: Reading, before: Before | None) -> dict[str, Comparison]:
    """Compare every edition that was read anew with the one before it.

    That is what the index had under the same id, else the edition of the document with the next lower label.

    :return: by id of the edition; one without a predecessor, or without passages, is not in it.
    """
    found = {}
    for document in reading.documents:
        edition = document.edition
        replaced = before.edition_named(edition.id) if before else None
        former = replaced or _predecessor(edition, reading.editions)
        if former is None:
            continue
        if before and replaced:
            old = before.catalog.passages_of(replaced)
            known: Sequence[Organization] = _known(before, replaced)
        else:
            old = _passages(reading, former)
            known = _organizations(reading, before, former)
        new = _passages(reading, edition)
        if old and new:
            diff = compare_editions(old, new, (known, document.organizations))
            found[edition.id] = Comparison(former.id, count_passages(diff)._asdict())
    return found


def _predecessor(edition: Edition, editions: Sequence[Edition]) -> Edition | None:
    earlier = [
        other
        for other in editions
        if other.document == edition.document and label_order(other.label) < label_order(edition.label)
    ]
    return max(earlier, key=lambda other: label_order(other.label), default=None)


def _passages(reading: Reading, edition: Edition) -> list[Passage]:
    return [passage for passage in reading.passages if passage.edition == edition]


def _organizations(reading: Reading, before: Before | None, edition: Edition) -> Sequence[Organization]:
    for document in reading.documents:
        if document.edition == edition:
            return document.organizations
    copied = next(item.former for item in reading.copied if item.edition == edition)
    return _known(before, copied) if before else ()


def _known(before: Before, edition: Edition) -> list[Organization]:
    return [entry.organization for entry in before.catalog.organizations() if entry.edition == edition]
