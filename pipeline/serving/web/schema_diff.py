"""The shape of a comparison of two editions, as in ``diff --json``."""

from __future__ import annotations

from typing import Literal

from pipeline.serving.web.schema import EditionName, Named, Record


class Cited(Record):
    """Pages of one edition."""

    pages: list[int]
    page_labels: list[str]
    citation: str


class Part(Cited):
    """A top section of one edition."""

    organization: str | None
    organization_name: str | None
    heading: str


class Pair(Record):
    """A section in both editions; one is null where it came or went."""

    old: Part | None
    new: Part | None


class Figure(Cited):
    """A number or date and the words it is read with."""

    number: str
    context: str


class NumberChange(Record):
    """A number that another one took the place of."""

    old: Figure
    new: Figure


class SectionNumber(NumberChange):
    """A changed number and the section it stands in."""

    section: str


class Excerpt(Cited):
    """Sentences of one edition; each by its passage and its number there from 0."""

    text: str
    section: list[str]
    sentences: list[tuple[str, int]]
    passage: str


class Heading(Cited):
    """A heading as one edition has it."""

    section: list[str]


class HeadingChange(Record):
    """A heading that came, went or is spelled otherwise."""

    old: Heading | None
    new: Heading | None


class Change(Record):
    """One difference; ``words`` are steps from the old words to the new ones."""

    kind: Literal["changed", "added", "removed", "moved"]
    old: Excerpt | None
    new: Excerpt | None
    words: list[tuple[Literal["equal", "replace", "delete", "insert"], str, str]]
    numbers: list[NumberChange]


class SectionChange(Pair):
    """What became of a section; ``share`` of its characters changed."""

    renamed: bool
    moved: bool
    share: float
    headings: list[HeadingChange]
    changes: list[Change]


class DiffAnswer(Record):
    """What changed from one edition to another."""

    old: EditionName
    new: EditionName
    added: list[Part]
    gone: list[Part]
    renamed: list[Pair]
    moved: list[Pair]
    members_added: list[Named]
    members_gone: list[Named]
    numbers: list[SectionNumber]
    sections: list[SectionChange]
    counts: dict[str, int]
