"""What an index holds, in the shape of ``--json``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pipeline.indexing.catalog import Catalog
from pipeline.reading.corpus import label_order, latest


def edition_records(catalog: Catalog) -> list[dict[str, Any]]:
    """List the editions by document, the latest of each first."""
    found = catalog.editions()
    newest = latest(found)
    records = [
        asdict(edition) | {"latest": edition in newest} | catalog.summary(edition)._asdict()
        for edition in sorted(found, key=lambda item: label_order(item.label), reverse=True)
    ]
    return sorted(records, key=lambda record: str(record["document"]))
