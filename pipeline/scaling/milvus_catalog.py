"""The records of a generation in Milvus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.datatypes import Edition, Passage
from pipeline.indexing.catalog import Catalog
from pipeline.indexing.entries import EditionSummary, PageText, SectionEntry
from pipeline.reading.names import Definition
from pipeline.scaling.conditions import quote
from pipeline.scaling.entities import PASSAGES, RECORDS, SMALL, SUMMARY, record_key, value_of
from pipeline.scaling.milvus import Database


class Records:
    """The records of one generation, by table and key."""

    def __init__(self, database: Database, collection: str) -> None:
        """Take the collection they are in."""
        self._database, self._collection = database, collection

    def get(self, table: str, keys: Iterable[tuple[Any, ...]]) -> list[Any]:
        """Give what the records with these keys say, as far as they are there, in order of number."""
        found = self._database.get(self._collection, [record_key(table, *key) for key in keys], ["number", "json"])
        return [value_of(entity) for entity in sorted(found, key=lambda entity: int(entity["number"]))]

    def keyed(self, table: str, keys: Sequence[tuple[Any, ...]]) -> dict[tuple[Any, ...], Any]:
        """Give what the records with these keys say, by key, as far as they are there."""
        found = self._database.get(self._collection, [record_key(table, *key) for key in keys], ["key", "json"])
        values = {entity["key"]: value_of(entity) for entity in found}
        return {key: values[record_key(table, *key)] for key in keys if record_key(table, *key) in values}

    def every(self, table: str) -> list[Any]:
        """Give what all records of a table say, in order."""
        found = self._database.every(self._collection, ["number", "json"], f"kind == {quote(table)}")
        return [value_of(entity) for entity in sorted(found, key=lambda entity: int(entity["number"]))]

    def tables(self, names: Sequence[str]) -> dict[str, list[Any]]:
        """Give the rows of tables, in order."""
        tables: dict[str, list[Any]] = {name: [] for name in names}
        found = self._database.every(self._collection, ["kind", "number", "json"], f"kind in {quote(list(names))}")
        for entity in sorted(found, key=lambda entity: int(entity["number"])):
            tables[entity["kind"]] += value_of(entity)
        return tables


class MilvusCatalog(Catalog):
    """Tables of few rows here in memory; passages, pages, sections and definitions are asked for."""

    def __init__(self, database: Database, names: Mapping[str, str], records: Records) -> None:
        """Read the tables."""
        super().__init__(Path(names[RECORDS]), records.tables(SMALL))
        self._database, self._passages, self._records = database, names[PASSAGES], records

    def passages(self, rows: Iterable[int]) -> list[Passage]:
        """See ``Catalog``."""
        wanted = [int(row) for row in rows]
        entities = self._database.get(self._passages, list(dict.fromkeys(wanted)), ["row", "json"])
        found = {int(entity["row"]): self._passage(value_of(entity)) for entity in entities}
        return [found[row] for row in wanted]

    def passages_of(self, edition: Edition) -> list[Passage]:
        """See ``Catalog``."""
        return self.passages(self.span(edition.id))

    def passage(self, passage_id: str) -> Passage | None:
        """See ``Catalog``."""
        found = self._database.query(self._passages, f"id == {quote(passage_id)}", ["json"], 1)
        return self._passage(value_of(found[0])) if found else None

    def row(self, passage_id: str) -> int:
        """See ``Catalog``."""
        (found,) = self._database.query(self._passages, f"id == {quote(passage_id)}", ["row"], 1)
        return int(found["row"])

    def mentions(self, rows: Iterable[int]) -> dict[int, tuple[str, ...]]:
        """See ``Catalog``."""
        wanted = [int(row) for row in rows]
        entities = self._database.get(self._passages, wanted, ["row", "mentions"])
        found = {int(entity["row"]): tuple(entity["mentions"]) for entity in entities}
        return {row: found[row] for row in wanted}

    def page(self, edition: Edition, number: int) -> PageText | None:
        """See ``Catalog``."""
        found = self._records.get("pages", [(edition.id, number)])
        if not found:
            return None
        ((_, _, label, text),) = found[0]
        left = [(kind, out) for rows in self._records.get("left_out", [(edition.id, number)]) for *_, kind, out in rows]
        return PageText(edition, number, label, text, left)

    def sections(self) -> list[SectionEntry]:
        """See ``Catalog``."""
        rows = [row for group in self._records.every("sections") for row in group]
        copy = Catalog(self._path, {"sections": rows})
        try:
            return copy.sections()
        finally:
            copy.close()

    def definitions(self, keys: Sequence[str]) -> list[Definition]:
        """See ``Catalog``."""
        found = self._records.get("definitions", [(key,) for key in keys])
        return list(dict.fromkeys(Definition(*row[1:]) for rows in found for row in rows))

    def summary(self, edition: Edition) -> EditionSummary:
        """See ``Catalog``."""
        found = EditionSummary(*self._records.get(SUMMARY, [(edition.id,)])[0])
        return found._replace(warnings=tuple(found.warnings))
