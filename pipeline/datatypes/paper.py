"""What an index keeps of a paper: who is in it, its editions, notes and links, and where things stand on its pages.

Lengths are in PDF points with the origin at the top left of the page. Page numbers are physical and 1-based.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle on a page, in points from the top left corner."""

    x0: float
    top: float
    x1: float
    bottom: float


class PageBox(NamedTuple):
    """A rectangle and the physical page it lies on."""

    page: int
    box: Box


class Link(NamedTuple):
    """Words that carry a hyperlink, and its target."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Imprint:
    """What a paper says of itself on its first pages: who published it, under which title, symbol and date.

    ``date`` is ISO 8601, of a day, month or year. What it does not say is empty.
    """

    title: str = ""
    symbol: str = ""
    date: str = ""
    author: str = ""
    publishers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edition:
    """One published version of one document; what it says of itself is known once it is read.

    ``copies`` are the paths of other files of the same bytes.
    """

    document: str
    label: str
    file: str
    sha256: str
    imprint: Imprint = field(default=Imprint(), compare=False)
    copies: tuple[str, ...] = field(default=(), compare=False)

    @property
    def id(self) -> str:
        """``document/label``, the first half of every passage id."""
        return f"{self.document}/{self.label}"


@dataclass(frozen=True, slots=True)
class Footnote:
    """A note at the foot of a page, cited by its mark."""

    mark: str
    page: int
    text: str
    boxes: tuple[PageBox, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Organization:
    """Who owns a section: canonical acronym or short name, full name, and every alias the paper uses.

    ``pages`` are the first and last page of its section, None for a member without one.
    """

    acronym: str
    name: str
    aliases: tuple[str, ...] = ()
    pages: tuple[int, int] | None = None
