"""Pages that read as any other once they are turned or mirrored.

Text may be set sideways, as a wide table is on an upright page; and it may run from right to left.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from pipeline.datatypes import Box
from pipeline.datatypes.page import RawPage
from pipeline.reading.bidi import is_right_to_left

FEWEST = 100  # glyphs; a word on the margin of a plate or of an empty page has fewer
MOSTLY = 0.5  # share of the glyphs that stand sideways on such a page; the others are its number and running head


class Turn(NamedTuple):
    """A quarter turn that makes sideways text upright: of a page so wide and high, of text that runs up or down it."""

    width: float
    height: float
    upward: bool

    def turned(self, box: Box) -> Box:
        """Give the place of a box on the turned page."""
        if self.upward:
            return Box(self.height - box.bottom, box.x0, self.height - box.top, box.x1)
        return Box(box.top, self.width - box.x1, box.bottom, self.width - box.x0)

    def back(self, box: Box) -> Box:
        """Give the place on the page itself of a box of the turned page."""
        if self.upward:
            return Box(box.top, self.height - box.x1, box.bottom, self.height - box.x0)
        return Box(self.width - box.bottom, box.x0, self.width - box.top, box.x1)

    def page(self, page: RawPage) -> RawPage:
        """Turn a page."""
        glyphs = tuple(glyph._replace(box=self.turned(glyph.box), upright=not glyph.upright) for glyph in page.glyphs)
        rules = tuple(map(self.turned, page.rules))
        return replace(page, width=self.height, height=self.width, glyphs=glyphs, rules=rules)


class Mirror(NamedTuple):
    """A page of that width, seen in a mirror: what is read from right to left is laid out from left to right."""

    width: float

    def turned(self, box: Box) -> Box:
        """Give the place of a box in the mirror; the way back is the same."""
        return box._replace(x0=self.width - box.x1, x1=self.width - box.x0)

    def page(self, page: RawPage) -> RawPage:
        """Mirror a page; its characters stay what they are."""
        glyphs = tuple(glyph._replace(box=self.turned(glyph.box)) for glyph in page.glyphs)
        return replace(page, glyphs=glyphs, rules=tuple(map(self.turned, page.rules)))


def find_mirror(page: RawPage) -> Mirror | None:
    """Give the mirror for a page, if most of its letters run from right to left."""
    return Mirror(page.width) if is_right_to_left("".join(glyph.text for glyph in page.glyphs)) else None


def find_turn(page: RawPage) -> Turn | None:
    """Give the turn that a page needs, if most of its text stands sideways."""
    sideways = [glyph.box for glyph in page.glyphs if not glyph.upright]
    if len(sideways) <= max(FEWEST, MOSTLY * len(page.glyphs)):
        return None
    upward = sum(after.top < box.top for box, after in pairwise(sideways) if after.x0 < box.x1 and box.x0 < after.x1)
    return Turn(page.width, page.height, upward > len(sideways) / 2)
