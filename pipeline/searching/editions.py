"""Two editions that a user names, and what changed from one to the other."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.comparing.changes import EditionDiff
from pipeline.comparing.compare import compare_editions
from pipeline.datatypes import Edition
from pipeline.errors import QueryError
from pipeline.searching.search import Index


def diff_editions(index: Index, old: str, new: str, organization: str | None = None) -> EditionDiff:
    """Tell what changed from one edition to another.

    :param organization: keep only what became of this one, by any name of it.
    :raises QueryError: if an edition or the organization is not in the index, or has no passages.
    """
    editions = find_editions(index.catalog.editions(), old, new)
    passages = [index.catalog.passages_of(edition) for edition in editions]
    for edition, its in zip(editions, passages, strict=True):
        if not its:
            raise QueryError(f"{edition.id} has no passages to compare")
    entries = index.catalog.organizations()
    first, second = ([e.organization for e in entries if e.edition.id == edition.id] for edition in editions)
    found = compare_editions(passages[0], passages[1], (first, second))
    return found.about(index.directory.resolve(organization)) if organization else found


def find_editions(editions: Sequence[Edition], old: str, new: str) -> tuple[Edition, Edition]:
    """Find the two editions that a user names; of several documents the one that has both.

    :raises QueryError: if there are none or several; the message lists what there is.
    """
    first, second = ([e for e in editions if name.casefold() in (e.id, e.label)] for name in (old, new))
    for name, matches in ((old, first), (new, second)):
        if not matches:
            held = ", ".join(edition.id for edition in editions)
            raise QueryError(f"no edition {name!r} in the index, which holds: {held}; mandates ingest adds one")
    pairs = [(one, other) for one in first for other in second]
    same = [pair for pair in pairs if pair[0].document == pair[1].document]
    if len(same) != 1 and len(pairs) != 1:
        choices = ", ".join(edition.id for edition in dict.fromkeys([*first, *second]))
        raise QueryError(f"which editions? {old} and {new} may be: {choices}")
    return (same or pairs)[0]
