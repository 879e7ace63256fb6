"""An index: what it was made with, and what a build of it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.datatypes.paper import Edition


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """Which model made the vectors: its name, hub revision (or where it came from) and the sha256 of its weights."""

    name: str
    revision: str
    sha256: str
    dimensions: int


class ForeignScores(NamedTuple):
    """How near questions foreign to the corpus come to its nearest passage: mean and standard deviation, cosines."""

    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation of the index holds, which release made it, and what its bytes must be."""

    schema: int
    release: str
    encoder: EncoderInfo
    foreign: ForeignScores
    editions: tuple[Edition, ...]
    counts: dict[str, int]
    checksums: dict[str, str]
    built_at: str


@dataclass(frozen=True, slots=True)
class EditionReport:
    """What the index holds of one file: counts of what is in it and of what was left out, by kind.

    ``status`` is "new", "changed" (the same edition, other bytes), "read anew" (the same bytes, another release),
    "renamed" (the same bytes, another name), "unchanged" or "kept" (the file cannot be read now). ``label_from`` tells
    where the edition's label comes from.
    ``changes`` counts what is different from the edition ``compared_with``, if this one was read now and there is one.
    """

    edition: Edition
    status: str
    label_from: str
    pages: int
    sections: int
    organizations: int
    passages: int
    left_out: dict[str, int]
    warnings: tuple[str, ...]
    compared_with: str | None = None
    changes: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did.

    ``removed`` holds the editions that are no longer in the index, ``skipped`` the reason for every file that is not;
    ``reused`` and ``computed`` count vectors of passages and sentences; ``seconds`` go by stage. ``published`` is false
    if the index was already as it should be.
    """

    editions: tuple[EditionReport, ...]
    removed: tuple[str, ...]
    skipped: tuple[str, ...]
    passages: int
    sentences: int
    reused: int
    computed: int
    encoder: EncoderInfo
    seconds: dict[str, float]
    published: bool = True
