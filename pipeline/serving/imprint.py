"""What a paper says of itself → JSON record and terminal text."""

from __future__ import annotations

from typing import Any

from pipeline.datatypes import Edition


def imprint_record(edition: Edition) -> dict[str, Any]:
    """Give what a paper says of itself in the shape of ``--json``; what it does not say is null."""
    imprint = edition.imprint
    said = {"title": imprint.title, "symbol": imprint.symbol, "date": imprint.date, "author": imprint.author}
    return {name: value or None for name, value in said.items()} | {"publishers": list(imprint.publishers)}


def imprint_line(edition: Edition) -> str:
    """Give for people what a paper says of itself, in one line; empty if that is nothing."""
    imprint = edition.imprint
    return ", ".join(filter(None, (imprint.symbol, "; ".join(imprint.publishers), imprint.date, imprint.title)))
