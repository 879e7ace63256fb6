"""An index: what it was made with."""

from __future__ import annotations

from dataclasses import dataclass
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
