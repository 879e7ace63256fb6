"""Where a page's links lie, and which of them may be cited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.datatypes import Box

# Other schemes (javascript:, file:) are not citations and could act when clicked.
CITABLE = ("http://", "https://", "mailto:", "ftp://")


class Target(NamedTuple):
    """An area of a page that leads to an address."""

    area: Box
    url: str


def is_citable(url: str) -> bool:
    """Tell whether an address may be kept.

    >>> is_citable("HTTPS://example.org"), is_citable("javascript:alert(1)")
    (True, False)
    """
    return url.lower().startswith(CITABLE)


def url_at(box: Box, targets: Sequence[Target]) -> str | None:
    """Give the address of the first target that holds the middle of a box."""
    x, y = (box.x0 + box.x1) / 2, (box.top + box.bottom) / 2
    inside = (url for area, url in targets if area.x0 <= x <= area.x1 and area.top <= y <= area.bottom)
    return next(inside, None)
