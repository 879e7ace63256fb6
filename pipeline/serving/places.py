"""What people and programs name: a passage's id, a page."""

from __future__ import annotations

from pipeline.datatypes import Passage
from pipeline.errors import NotThere, QueryError
from pipeline.indexing.entries import PageText
from pipeline.searching.search import Index

MOST_DIGITS = 9  # of a page number; SQLite takes no integer of 20


def find_passage(index: Index, passage_id: str) -> Passage:
    """Find a passage by its id.

    :raises NotThere: if there is none.
    """
    passage = index.catalog.passage(passage_id)
    if passage is None:
        raise NotThere(f"no passage has the id {passage_id}; search hits carry theirs")
    return passage


def find_page(index: Index, place: str) -> PageText:
    """Find a page by its number, after ``document/edition:`` or ``document:`` where several editions are held.

    :raises NotThere: if there is none.
    :raises QueryError: if several may be meant.
    """
    name, _, number = place.rpartition(":")
    if not (number.isascii() and number.isdecimal()):
        raise QueryError(f"{place!r} is neither a page number nor a passage id such as icat/2018/14/3")
    editions = [e for e in index.catalog.editions() if name in ("", e.id, e.document)]
    if len(editions) != 1:
        choices = ", ".join(edition.id for edition in editions or index.catalog.editions())
        raise QueryError(f"which edition? write EDITION:{number} with one of: {choices}")
    page = index.catalog.page(editions[0], int(number)) if len(number) <= MOST_DIGITS else None
    if page is None:
        raise NotThere(f"{editions[0].file} has no page {number}")
    return page
