"""Lists of organizations → JSON records and terminal text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.datatypes import Edition, Organization
from pipeline.indexing.entries import BodyEntry, OrganizationEntry

COLUMN = 12  # characters of an acronym


def organization_record(entry: OrganizationEntry) -> dict[str, Any]:
    """Give an organization in the shape of ``--json``."""
    return _named(entry.organization) | {
        "pages": list(entry.organization.pages) if entry.organization.pages else None,
        "passages": entry.passages,
        "document": entry.edition.document,
        "edition": entry.edition.label,
    }


def organization_lines(entries: list[OrganizationEntry]) -> Iterator[str]:
    """Give the organizations for people, under a heading for each edition."""
    edition: Edition | None = None
    for entry in entries:
        if entry.edition != edition:
            edition = entry.edition
            yield f"{edition.id}: organization, pages, passages, name"
        organization = entry.organization
        pages = "–".join(str(page) for page in dict.fromkeys(organization.pages or ())) or "no section"
        yield f"{in_column(organization)} {pages:>10} {entry.passages:>4}  {organization.name}"
        if organization.aliases:
            yield f"{'':30}also: {'; '.join(organization.aliases)}"


def body_record(entry: BodyEntry) -> dict[str, Any]:
    """Give an organization that owns no section in the shape of ``--json``; ``mentions`` counts what names it."""
    nowhere = {"pages": None, "passages": 0, "document": None, "edition": None}
    return _named(entry.organization) | nowhere | {"mentions": entry.mentions}


def body_lines(entries: Sequence[BodyEntry]) -> Iterator[str]:
    """Give the organizations that own no section for people, under a heading of their own."""
    if entries:
        yield "without a section: organization, passages that name it, name"
    for organization, mentions in entries:
        yield f"{in_column(organization)} {mentions:>15}  {organization.name}"
        if organization.aliases:
            yield f"{'':30}also: {'; '.join(organization.aliases)}"


def in_column(organization: Organization) -> str:
    """Fill the column of acronyms; a long name that stands for one is left to the column of names."""
    is_long_name = organization.acronym == organization.name and len(organization.name) > COLUMN
    return f"{'' if is_long_name else organization.acronym:{COLUMN}}"


def _named(organization: Organization) -> dict[str, Any]:
    return {
        "organization": organization.acronym,
        "name": organization.name,
        "aliases": list(organization.aliases),
    }
