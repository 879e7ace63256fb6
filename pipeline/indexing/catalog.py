"""Passages, pages, sections, organizations and editions, in one SQLite file. The only file that names SQLite.

``passages.row`` is the row of a passage's vector; an edition's passages have consecutive rows.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.datatypes import Edition, Imprint, Organization, Passage
from pipeline.errors import IndexDamaged
from pipeline.indexing.entries import BodyEntry, EditionSummary, OrganizationEntry, PageText, SectionEntry
from pipeline.indexing.records import PARTED, TABLES, to_edition, to_imprint, to_json, to_organization, to_passage
from pipeline.reading.names import Definition

PASSAGES = "SELECT passages.*, headings.path FROM passages LEFT JOIN headings ON headings.number = passages.section"

# What SQLite raises; it tells of a damaged schema in the words of that schema, which may be no text.
BROKEN = (sqlite3.DatabaseError, UnicodeDecodeError)
SERIALIZED = 3  # of ``sqlite3.threadsafety``: threads may share a connection


@contextmanager
def new_catalog(path: Path) -> Iterator[sqlite3.Connection]:
    """Make the file with its tables, to be written to.

    :raises OSError: if the disk is full or the file cannot be written.
    """
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rwc", uri=True)
        try:
            # Nobody reads the file before it is whole and on the disk; a build that dies leaves a draft to be deleted.
            connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + TABLES)
            with connection:
                yield connection
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        raise OSError(str(error)) from error


class Catalog:
    """The records of one generation, opened for reading only."""

    def __init__(self, path: Path, tables: Mapping[str, Sequence[Sequence[Any]]] | None = None) -> None:
        """Open the file without any lock: nobody ever changes it.

        :param tables: the rows of all tables instead of a file; ``path`` is then but a name.
        """
        self._path = path
        try:
            # Several threads may read at once where SQLite was built to let them, as it nearly always is.
            one_thread = sqlite3.threadsafety < SERIALIZED
            address = f"{path.resolve().as_uri()}?mode=ro&immutable=1" if tables is None else ":memory:"
            self._connection = sqlite3.connect(address, uri=True, check_same_thread=one_thread)
            if tables is not None:
                self._fill(tables)
        except BROKEN as error:
            raise IndexDamaged(f"{path}: {error}; rebuild it: mandates ingest") from error
        rows = self._rows("SELECT * FROM editions ORDER BY id")
        with self._making("an edition"):
            imprints = {row[0]: to_imprint(row[1:]) for row in self._rows("SELECT * FROM imprints")}
            self._editions = {row[0]: to_edition(row, imprints.get(row[0], Imprint())) for row in rows}
            self._spans = {row[0]: range(row[5], row[5] + row[6]) for row in rows}
        self._organizations: dict[tuple[str, str], Organization | None] = {}

    def definitions(self, keys: Sequence[str]) -> list[Definition]:
        """List what the papers say these names stand for; a key is that of a short or a full name."""
        found = self._rows(
            "SELECT DISTINCT short, full, times FROM definitions WHERE key IN (SELECT value FROM json_each(?))",
            [to_json(list(keys))],
        )
        return [Definition(*row) for row in found]

    def _fill(self, tables: Mapping[str, Sequence[Sequence[Any]]]) -> None:
        self._connection.executescript(TABLES)
        for table, rows in ((table, rows) for table, rows in tables.items() if rows):
            places = ",".join("?" * len(rows[0]))
            self._connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - our own names

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    def table(self, name: str) -> list[tuple[Any, ...]]:
        """Give all rows of a table, in order."""
        return self._rows(f"SELECT * FROM {name}")  # noqa: S608 - the name of one of our tables

    def __len__(self) -> int:
        """Count the passages."""
        return sum(map(len, self._spans.values()))

    def passages(self, rows: Iterable[int]) -> list[Passage]:
        """Give the passages of these rows, in this order."""
        wanted = [int(row) for row in rows]
        query = f"{PASSAGES} WHERE row IN (SELECT value FROM json_each(?))"  # noqa: S608 - a constant
        found = {row[0]: row for row in self._rows(query, [to_json(wanted)])}
        missing = [row for row in wanted if row not in found]
        if missing:
            raise IndexDamaged(f"{self._path}: there is no passage {missing[0]}; rebuild it: mandates ingest")
        return [self._passage(found[row]) for row in wanted]

    def passage_records(self, rows: Iterable[int]) -> list[tuple[Any, ...]]:
        """Give the rows of these passages as they are in the table, and their headings, in order of row."""
        query = f"{PASSAGES} WHERE row IN (SELECT value FROM json_each(?)) ORDER BY row"  # noqa: S608 - a constant
        return self._rows(query, [to_json([int(row) for row in rows])])

    def passages_of(self, edition: Edition) -> list[Passage]:
        """Give the passages of an edition in reading order."""
        rows = self._rows(f"{PASSAGES} WHERE edition = ? AND row BETWEEN ? AND ? ORDER BY row", self._bounds(edition))
        return [self._passage(row) for row in rows]

    def passage(self, passage_id: str) -> Passage | None:
        """Give the passage with this id."""
        found = self._rows(f"{PASSAGES} WHERE id = ?", [passage_id])
        return self._passage(found[0]) if found else None

    def span(self, edition_id: str) -> range:
        """Give the rows of an edition's passages."""
        return self._spans[edition_id]

    def owned_shares(self) -> dict[str, float]:
        """Give of each edition, by its id, the share of passages that an organization owns; none of what owns none."""
        owned = self._rows("SELECT edition, sum(passages) FROM organizations GROUP BY edition")
        return {edition: passages / max(len(self._spans[edition]), 1) for edition, passages in owned}

    def owner_numbers(self, acronyms: Iterable[str]) -> list[int]:
        """Give the numbers that the columns have for organizations; 0 stands for none and is never among them."""
        query = "SELECT number FROM owners WHERE acronym IN (SELECT value FROM json_each(?))"
        return [row[0] for row in self._rows(query, [to_json(list(acronyms))])]

    def section_numbers(self, text: str) -> list[int]:
        """Give the numbers that the columns have for headings of which one holds a text, case aside."""
        if PARTED in text:
            return []
        query = "SELECT number FROM headings WHERE instr(folded, ?) AND path != '[]'"
        return [row[0] for row in self._rows(query, [text.casefold()])]

    def rows_on(self, page: int) -> list[int]:
        """Give the rows of the passages on a page, of whatever edition."""
        return [row[0] for row in self._rows("SELECT row FROM passage_pages WHERE page = ? ORDER BY row", [page])]

    def measures(self) -> Iterator[tuple[Any, ...]]:
        """Give what the columns and vectors must agree with: of each passage, in order of row, a tuple.

        That is its row, its edition's id, its owner's number, its headings' number, and how many sentences it has.
        """
        yield from self._stream(
            "SELECT row, edition, coalesce(owners.number, 0), section, json_array_length(sentences) FROM passages"
            " LEFT JOIN owners ON owners.acronym = organization ORDER BY row"
        )

    def integrity(self) -> list[str]:
        """List what SQLite finds wrong; empty if all is well."""
        return [row[0] for row in self._rows("PRAGMA integrity_check") if row[0] != "ok"]

    def edition(self, edition_id: str) -> Edition:
        """Give the edition of this id."""
        return self._editions[edition_id]

    def editions(self) -> list[Edition]:
        """List the editions."""
        return list(self._editions.values())

    def summary(self, edition: Edition) -> EditionSummary:
        """Count what the index holds of an edition."""
        pages, sections, organizations = (
            int(self._rows(f"SELECT count(*) FROM {table} WHERE edition = ?", [edition.id])[0][0])  # noqa: S608
            for table in ("pages", "sections", "organizations")
        )
        left = self._rows("SELECT kind, count(*) FROM left_out WHERE edition = ? GROUP BY kind", [edition.id])
        warnings = self._rows("SELECT text FROM warnings WHERE edition = ? ORDER BY rowid", [edition.id])
        messages = tuple(row[0] for row in warnings)
        passages = len(self._spans[edition.id])
        return EditionSummary(pages, sections, organizations, passages, dict(sorted(left)), messages)

    def row(self, passage_id: str) -> int:
        """Give the row of a passage that is there."""
        (found,) = self._rows("SELECT row FROM passages WHERE id = ?", [passage_id])
        return int(found[0])

    def organizations(self, acronyms: Iterable[str] | None = None) -> list[OrganizationEntry]:
        """List organizations, all or these, of every edition in the order of the paper, members without a section last.

        :param acronyms: list these only.
        """
        query = "SELECT acronym, name, aliases, first_page, last_page, edition, passages FROM organizations"
        values = []
        if acronyms is not None:
            query += " WHERE acronym IN (SELECT value FROM json_each(?))"
            values = [to_json(sorted(acronyms))]
        rows = self._rows(f"{query} ORDER BY edition, rowid", values)
        with self._making("an organization"):
            return [OrganizationEntry(self._editions[row[5]], to_organization(row), row[6]) for row in rows]

    def members(self, editions: Container[str]) -> dict[str, Organization]:
        """Give each organization of these editions, by their ids, once and as the last of them names it."""
        query = "SELECT acronym, name, aliases, first_page, last_page, edition FROM organizations"
        rows = self._stream(f"{query} ORDER BY edition, rowid")
        last = {row[0]: row for row in rows if row[5] in editions}  # of 100,000 rows few are worth a record
        with self._making("an organization"):
            return {acronym: to_organization(row) for acronym, row in last.items()}

    def owners(self) -> set[str]:
        """Give the acronyms of the organizations that own a passage of any edition."""
        return {row[0] for row in self._rows("SELECT acronym FROM owners")}

    def owners_in(self, editions: Container[str], acronyms: Iterable[str]) -> set[str]:
        """Give those of some organizations that own a passage of these editions, by their ids."""
        query = (
            "SELECT acronym, edition FROM organizations WHERE passages > 0"
            " AND acronym IN (SELECT value FROM json_each(?))"
        )
        wanted = sorted(acronyms)
        found: set[str] = set()
        for acronym, edition in self._stream(query, [to_json(wanted)]):  # of thousands of editions the first few tell
            if edition in editions:
                found.add(acronym)
                if len(found) == len(wanted):
                    break
        return found

    def named_organizations(self) -> list[Organization]:
        """List each organization once for every way in which editions name it, without pages."""
        rows = self._rows("SELECT acronym, name, aliases FROM names ORDER BY rowid")
        with self._making("an organization"):
            return [to_organization(row) for row in rows]

    def bodies(self) -> list[BodyEntry]:
        """List the organizations that own no section: those that papers name in full once, and those that publish."""
        rows = self._rows("SELECT acronym, name, aliases, passages FROM bodies ORDER BY acronym")
        with self._making("a body"):
            return [BodyEntry(to_organization(row[:3]), row[3]) for row in rows]

    def mentions(self, rows: Iterable[int]) -> dict[int, tuple[str, ...]]:
        """Give the acronyms of the organizations that each of these passages names, its owner aside."""
        found: dict[int, list[str]] = {int(row): [] for row in rows}
        query = "SELECT row, acronym FROM mentions WHERE row IN (SELECT value FROM json_each(?)) ORDER BY acronym"
        for row, acronym in self._rows(query, [to_json(list(found))]):
            found[row].append(acronym)
        return {row: tuple(acronyms) for row, acronyms in found.items()}

    def publishers(self, edition: Edition) -> tuple[str, ...]:
        """Give the acronyms of the organizations that published an edition."""
        query = "SELECT acronym FROM published WHERE edition = ? ORDER BY acronym"
        return tuple(row[0] for row in self._rows(query, [edition.id]))

    def rows_naming(self, acronyms: Iterable[str]) -> list[int]:
        """Give the rows of the passages that name one of these organizations, or stand in a paper it published.

        A passage that somebody else owns is his, whoever published the paper.
        """
        query = (
            "WITH asked AS (SELECT value AS acronym FROM json_each(?))"
            " SELECT row FROM mentions JOIN asked USING (acronym) UNION"
            # In this order: else SQLite looks at every passage there is, which takes 0.1 s for 200,000.
            " SELECT passages.row FROM asked CROSS JOIN published USING (acronym)"
            " CROSS JOIN editions ON editions.id = published.edition"
            " CROSS JOIN passages ON passages.row BETWEEN first_row AND first_row + editions.passages - 1"
            " WHERE organization IS NULL ORDER BY row"
        )
        return [row[0] for row in self._rows(query, [to_json(list(acronyms))])]

    def sections(self) -> list[SectionEntry]:
        """List the sections of every edition in reading order."""
        entries: list[SectionEntry] = []
        for row in reversed(self._rows("SELECT * FROM sections ORDER BY edition, number")):
            with self._making("a section"):
                entry = SectionEntry(row[0], row[1], row[2], tuple(json.loads(row[3])), row[4], (row[5], row[6]))
            below = itertools.takewhile(partial(_is_below, entry), reversed(entries))
            last = max([row[6], *(later.pages[1] for later in below)])
            entries.append(entry._replace(pages=(row[5], last)))
        return entries[::-1]

    def page(self, edition: Edition, number: int) -> PageText | None:
        """Give the text of a page and what was left out of it, as (kind, text)."""
        found = self._rows("SELECT label, text FROM pages WHERE edition = ? AND number = ?", [edition.id, number])
        if not found:
            return None
        query = "SELECT kind, text FROM left_out WHERE edition = ? AND page = ? ORDER BY rowid"
        left = self._rows(query, [edition.id, number])
        return PageText(edition, number, found[0][0], found[0][1], [(kind, text) for kind, text in left])

    def _bounds(self, edition: Edition) -> list[Any]:
        span = self._spans[edition.id]
        return [edition.id, span.start, span.stop - 1]

    @contextmanager
    def _making(self, what: str) -> Iterator[None]:
        """Make records of rows; where that fails, the rows are not what was written."""
        try:
            yield
        except (ValueError, TypeError, KeyError, IndexError) as error:
            raise IndexDamaged(f"{self._path}: {what} cannot be read; rebuild it: mandates ingest") from error

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        return list(self._stream(sql, values))

    def _stream(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        try:
            yield from self._connection.execute(sql, list(values))
        except BROKEN as error:
            raise IndexDamaged(f"{self._path}: {error}; rebuild it: mandates ingest") from error

    def _passage(self, row: Sequence[Any]) -> Passage:
        with self._making(f"passage {row[0]}"):
            return to_passage(row, row[-1], self._editions[row[2]], self._organization(row[2], row[3]))

    def _organization(self, edition: str, acronym: str | None) -> Organization | None:
        if acronym is None:
            return None
        key = (edition, acronym)
        if key not in self._organizations:
            query = (
                "SELECT acronym, name, aliases, first_page, last_page FROM organizations"
                " WHERE edition = ? AND acronym = ?"
            )
            found = self._rows(query, key)
            with self._making(f"organization {acronym}"):
                self._organizations[key] = to_organization(found[0]) if found else None
        return self._organizations[key]


def _is_below(upper: SectionEntry, section: SectionEntry) -> bool:
    return section.edition == upper.edition and bool(upper.path) and section.path[: len(upper.path)] == upper.path
