"""Records of the search for headings: a document's body, a style, a heading before its level is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

RUN_IN, BULLETED, LINE = 0, 1, 2  # kinds of headings, from low to high


@dataclass(frozen=True, slots=True)
class HeadingThresholds:
    """All numbers that decide about headings, each with the kind of page that forced it."""

    larger: float = 1.06  # times the body's size; 12 on 11 is 1.09, rounding noise of one font stays under 1.03
    max_words: int = 30  # titles of resolutions and projects run to 25; bold paragraphs start at 35
    max_lines: int = 5  # a title wrapped at 20 points on A4 took 4
    line_step: float = 1.6  # times its size: a wider step between two heading lines makes two headings
    apart: float = 1.15  # times the body's line step: what stands this far above the text is no wrapped bold phrase
    run_in_words: int = 3  # a shorter bold start without a full stop or colon is emphasis on a name
    caps_letters: int = 4  # a shorter line in capitals is an acronym in a list or table
    cell_gap: float = 2.0  # times its size: cells of a table stand 3 and more apart, justified words up to 1.5

    def __post_init__(self) -> None:
        """Refuse numbers that would make every line a heading."""
        if self.larger <= 1 or self.line_step <= 1 or self.apart <= 0 or self.cell_gap <= 0:
            raise ValueError("heading thresholds must exceed the body's own measures")
        if min(self.max_words, self.max_lines, self.run_in_words, self.caps_letters) < 1:
            raise ValueError("heading thresholds count from 1")


THRESHOLDS = HeadingThresholds()


class Style(NamedTuple):
    """What makes two headings look alike; the order of its fields is the order of rank (see ``rank_levels``)."""

    kind: int  # LINE, BULLETED or RUN_IN
    size: float
    bold: bool
    caps: bool
    color: str


class Candidate(NamedTuple):
    """A heading before levels are known: its lines ``start`` to ``end`` (exclusive) of the document's text lines.

    ``told`` is the level that the paper itself gives it; ``first`` tells that it is the first line of its page,
    ``opens`` that there was room for it on the page before, and ``listed`` that the introduction names it.
    """

    start: int
    end: int
    text: str
    style: Style
    told: int | None = None
    first: bool = False
    opens: bool = False
    listed: bool = False

    @property
    def run_in(self) -> bool:
        """Whether the heading is the beginning of a paragraph."""
        return self.style.kind == RUN_IN


class Body(NamedTuple):
    """The typography of running text: font size in points, boldness, distance from line to line in points.

    ``faces`` are other fonts and colours of its size that set only lines of their own: those of quiet headings.
    """

    size: float
    bold: bool
    step: float
    faces: frozenset[tuple[str, str]] = frozenset()
