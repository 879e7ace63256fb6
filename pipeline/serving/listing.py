"""What an index holds, in the shape of ``--json``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from pipeline.datatypes import Edition
from pipeline.indexing.catalog import Catalog
from pipeline.reading.labels import label_order, latest
from pipeline.serving.imprint import imprint_record


def in_order(editions: Iterable[Edition]) -> list[Edition]:
    """Order editions by document, the latest of each first."""
    latest_first = sorted(editions, key=lambda edition: label_order(edition.label), reverse=True)
    return sorted(latest_first, key=lambda edition: edition.document)


def edition_records(catalog: Catalog) -> list[dict[str, Any]]:
    """List the editions in order, each with what it says of itself and what the index holds of it."""
    found = in_order(catalog.editions())
    newest = latest(found)
    return [
        asdict(edition)
        | {"imprint": imprint_record(edition), "latest": edition in newest}
        | catalog.summary(edition)._asdict()
        for edition in found
    ]
