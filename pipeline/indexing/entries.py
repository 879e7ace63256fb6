"""What an index tells of pages, sections, organizations and editions, wherever it is kept."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.datatypes import Edition, Organization


class PageText(NamedTuple):
    """A page as the index keeps it."""

    edition: Edition
    number: int
    label: str
    text: str
    left_out: list[tuple[str, str]]


class SectionEntry(NamedTuple):
    """A section as the index keeps it; ``pages`` are its first and last, the sections below it included."""

    edition: str
    number: int
    level: int
    path: tuple[str, ...]
    organization: str | None
    pages: tuple[int, int]


class OrganizationEntry(NamedTuple):
    """An organization in one edition, with the number of its passages."""

    edition: Edition
    organization: Organization
    passages: int


class BodyEntry(NamedTuple):
    """An organization that owns no section of any paper, and how many passages name it."""

    organization: Organization
    mentions: int


class EditionSummary(NamedTuple):
    """How much the index holds of an edition, what was left out by kind, and the warnings of reading it."""

    pages: int
    sections: int
    organizations: int
    passages: int
    left_out: dict[str, int]
    warnings: tuple[str, ...]
