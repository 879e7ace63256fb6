"""What a build of an index did."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.datatypes.index import EncoderInfo
from pipeline.datatypes.paper import Edition


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
