"""What became of a paper from one edition to the next: records only.

"Old" and "new" are the two editions. Everything a record quotes is verbatim and carries the pages of its own edition.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from pipeline.datatypes import Citation, Edition, Organization

Kind = Literal["changed", "added", "removed", "moved"]
Op = Literal["equal", "replace", "delete", "insert"]


class Place(NamedTuple):
    """A sentence: the id of its passage, and its number there from 0."""

    passage: str
    sentence: int


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A sentence of one edition, or several that the other edition has as one.

    ``section`` is the heading path; ``citation`` gives the sentence's own pages where its passage stands on several.
    """

    text: str
    places: tuple[Place, ...]
    section: tuple[str, ...]
    citation: Citation

    @property
    def passage(self) -> str:
        """The id of the passage it starts in."""
        return self.places[0].passage


class WordChange(NamedTuple):
    """A step from the old words to the new ones, both verbatim with the white space after them.

    The steps of a sentence, one after the other, give all its old words and all its new ones. ``equal`` words may be
    written in different typography; ``old`` is empty for ``insert``, ``new`` for ``delete``.
    """

    op: Op
    old: str
    new: str


class Figure(NamedTuple):
    """A number or date, the words it is read with ("22 countries"), and where it is written."""

    number: str
    context: str
    citation: Citation


class NumberChange(NamedTuple):
    """A number or date that another one took the place of."""

    old: Figure
    new: Figure


@dataclass(frozen=True, slots=True)
class SentenceChange:
    """One difference. ``old`` is None if it was added, ``new`` if it was removed; ``words`` only if it was changed."""

    kind: Kind
    old: Excerpt | None
    new: Excerpt | None
    words: tuple[WordChange, ...] = ()
    numbers: tuple[NumberChange, ...] = ()


class Unchanged(NamedTuple):
    """Sentences that say the same in the same words, however they were cut; one side is empty for a bare bullet."""

    old: tuple[Place, ...]
    new: tuple[Place, ...]


class HeadingChange(NamedTuple):
    """A heading under the part's own that is spelled otherwise, or that only one edition has: path and first pages.

    The pages are those of the first sentence under it.
    """

    old: tuple[str, ...] | None
    new: tuple[str, ...] | None
    old_citation: Citation | None
    new_citation: Citation | None


@dataclass(frozen=True, slots=True)
class Part:
    """A top section of one edition, the sections below it included: its owner, or None, its heading and all its pages.

    ``heading`` is empty for the text before the first one. A heading with no text under it is no part.
    """

    organization: Organization | None
    heading: str
    citation: Citation

    @property
    def label(self) -> str:
        """What to call it in few words."""
        return self.organization.acronym if self.organization else self.heading or "(before the first heading)"


@dataclass(frozen=True, slots=True)
class PartDiff:
    """What became of a part. ``old`` is None if it was added, ``new`` if it is gone.

    ``renamed``: its organization has another acronym or name. ``moved``: it stands elsewhere among the other parts.
    ``share``: how much of its characters, of both editions together, were removed, added or changed, from 0 to 1. A
    sentence that moved here from another part is listed here only.
    """

    old: Part | None
    new: Part | None
    renamed: bool
    moved: bool
    share: float
    headings: tuple[HeadingChange, ...]
    changes: tuple[SentenceChange, ...]
    same: tuple[Unchanged, ...]

    @property
    def label(self) -> str:
        """What to call it in few words: as in the new edition, if it is there."""
        part = self.new or self.old
        return part.label if part else ""

    @property
    def is_same(self) -> bool:
        """Tell whether nothing at all became of it."""
        present = self.old is not None and self.new is not None
        return present and not (self.renamed or self.moved or self.headings or self.changes)

    @property
    def numbers(self) -> tuple[NumberChange, ...]:
        """The numbers and dates that changed."""
        return tuple(number for change in self.changes for number in change.numbers)


@dataclass(frozen=True, slots=True)
class EditionDiff:
    """What became of a paper: its parts in the order of the new edition, then those that are gone.

    ``members_added`` and ``members_gone`` are organizations without a section that only one edition names.
    """

    old: Edition
    new: Edition
    parts: tuple[PartDiff, ...]
    members_added: tuple[Organization, ...]
    members_gone: tuple[Organization, ...]

    @property
    def is_same(self) -> bool:
        """Tell whether the two editions say the same."""
        return all(part.is_same for part in self.parts) and not (self.members_added or self.members_gone)

    def about(self, acronyms: Collection[str]) -> EditionDiff:
        """Keep what became of these organizations: their sections, and the sentences that moved out of those."""
        return replace(
            self,
            parts=tuple(part for part in (_about(part, acronyms) for part in self.parts) if part),
            members_added=tuple(item for item in self.members_added if item.acronym in acronyms),
            members_gone=tuple(item for item in self.members_gone if item.acronym in acronyms),
        )


def _about(part: PartDiff, acronyms: Collection[str]) -> PartDiff | None:
    owners = {side.organization.acronym for side in (part.old, part.new) if side and side.organization}
    if owners & set(acronyms):
        return part
    came = tuple(change for change in part.changes if change.old and change.old.citation.organization in acronyms)
    return replace(part, changes=came, headings=()) if came else None


class EditionCounts(NamedTuple):
    """A comparison in figures: passages of the new edition by what became of them, and removed ones of the old.

    A passage is ``added`` or ``removed`` if all of its sentences are, ``moved`` if those that are not unchanged are.
    Sections are top sections; one may be changed, renamed and moved at once.
    """

    passages_unchanged: int
    passages_changed: int
    passages_added: int
    passages_moved: int
    passages_removed: int
    sections_unchanged: int
    sections_changed: int
    sections_renamed: int
    sections_added: int
    sections_moved: int
    sections_removed: int
