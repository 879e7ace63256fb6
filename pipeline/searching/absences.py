"""Organizations that a question names and no section is about, each with the passage that tells why."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pipeline.datatypes import Absence, Edition, Organization, Passage
from pipeline.indexing.stores import Reader
from pipeline.reading.mentions import Names

EXPLAINING = 1000  # passages with an organization's name among which the one that explains its absence is looked for


def find_absences(files: Reader, named: Collection[str], editions: Iterable[Edition]) -> tuple[Absence, ...]:
    """Find those of some organizations that own no passage of these editions, each with its most telling passage.

    :param named: acronyms.
    """
    ids = {edition.id for edition in editions}
    absent = set(named) - files.catalog.owners_in(ids, named)
    organizations = {
        entry.organization.acronym: entry.organization
        for entry in files.catalog.organizations(absent)
        if entry.edition.id in ids
    }
    return tuple(Absence(found, _explanation(files, found)) for found in organizations.values())


def _explanation(files: Reader, organization: Organization) -> Passage | None:
    """Find the first passage that names an organization; a footnote before running text, since notes explain."""
    names = Names([organization])
    called = (organization.acronym, *organization.aliases, organization.name)
    rows = sorted({row for name in called for row in files.words.rows_with(name).tolist()})
    naming = [passage for passage in files.catalog.passages(rows[:EXPLAINING]) if names.named(passage.text)]
    return min(naming, key=lambda passage: passage.note is None, default=None)
