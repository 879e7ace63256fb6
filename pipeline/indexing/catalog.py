"""Everything about passages but their vectors, in one SQLite file. The only file that names SQLite.

``passages.row`` and ``sentences.row`` are the rows of the vectors; a passage's sentences have consecutive rows.
"""

from __future__ import annotations

import itertools
import json
import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.datatypes import (
    Box,
    Document,
    Edition,
    Footnote,
    Link,
    Organization,
    PageBox,
    Passage,
)
from pipeline.errors import IndexDamaged

WORD = re.compile(r"\w+")
TABLES = """
CREATE TABLE editions (id TEXT PRIMARY KEY, document TEXT, label TEXT, file TEXT, sha256 TEXT);
CREATE TABLE pages (edition TEXT, number INTEGER, label TEXT, text TEXT, PRIMARY KEY (edition, number));
CREATE TABLE warnings (edition TEXT, text TEXT);
CREATE TABLE left_out (edition TEXT, page INTEGER, kind TEXT, text TEXT);
CREATE TABLE organizations (
    edition TEXT, acronym TEXT, name TEXT, aliases TEXT, first_page INTEGER, last_page INTEGER,
    PRIMARY KEY (edition, acronym));
CREATE TABLE sections (
    edition TEXT, number INTEGER, level INTEGER, path TEXT, organization TEXT, first_page INTEGER, last_page INTEGER,
    PRIMARY KEY (edition, number));
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, id TEXT UNIQUE, edition TEXT, organization TEXT, section TEXT, text TEXT, pages TEXT,
    page_labels TEXT, boxes TEXT, links TEXT, footnotes TEXT, note TEXT, first_sentence INTEGER, sentences TEXT,
    first_token INTEGER, tokens INTEGER);
CREATE TABLE passage_pages (row INTEGER, page INTEGER);
CREATE INDEX passages_by_organization ON passages (organization);
CREATE INDEX passages_by_page ON passage_pages (page);
CREATE TABLE words (word TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE VIRTUAL TABLE lexical USING fts5(
    headings, names, text, content='', tokenize='porter unicode61 remove_diacritics 2');
"""


COPIED_TABLES = {
    "pages": "number, label, text",
    "warnings": "text",
    "left_out": "page, kind, text",
    "organizations": "acronym, name, aliases, first_page, last_page",
    "sections": "number, level, path, organization, first_page, last_page",
}


class PageText(NamedTuple):
    """A page as the index keeps it."""

    edition: Edition
    number: int
    label: str
    text: str
    left_out: list[tuple[str, str]]


class SectionEntry(NamedTuple):
    """A section as the index keeps it; ``pages`` are its first and last, the sections below it included."""

    edition: str
    number: int
    level: int
    path: tuple[str, ...]
    organization: str | None
    pages: tuple[int, int]


class VectorPlace(NamedTuple):
    """Where the vectors of a passage's sentences and tokens are, and whose passage it is."""

    first_sentence: int
    sentences: int
    first_token: int
    tokens: int
    edition: str
    organization: str | None


class OrganizationEntry(NamedTuple):
    """An organization in one edition, with the number of its passages."""

    edition: Edition
    organization: Organization
    passages: int


class Copied(NamedTuple):
    """An edition that another catalog holds, and what it is called now."""

    catalog: Path
    former: Edition
    edition: Edition


class EditionSummary(NamedTuple):
    """How much the index holds of an edition, what was left out by kind, and the warnings of reading it."""

    pages: int
    sections: int
    organizations: int
    passages: int
    left_out: dict[str, int]
    warnings: tuple[str, ...]


def write_catalog(
    path: Path,
    documents: Iterable[Document],
    passages: Sequence[Passage],
    tokens: Sequence[int],
    copied: Iterable[Copied] = (),
) -> None:
    """Write all records of a generation.

    :param passages: in the order of their vectors' rows, those of copied editions too.
    :param tokens: how many token vectors each passage has.
    :param copied: editions whose pages, sections and organizations are taken from the catalog of another generation.
    :raises OSError: if the disk is full or the file cannot be written.
    """
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rwc", uri=True)
        try:
            connection.executescript(TABLES)
            with connection:
                for document in documents:
                    _write_document(connection, document)
                _write_passages(connection, passages, tokens)
            for item in copied:
                _copy_edition(connection, item)
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        raise OSError(str(error)) from error


class Catalog:
    """The records of one generation, opened for reading only."""

    def __init__(self, path: Path) -> None:
        """Open the file without any lock: nobody ever changes it."""
        self._path = path
        self._words: list[str] | None = None
        try:
            self._connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(f"{path}: {error}; rebuild it: mandates ingest") from error
        self._editions = {row[0]: Edition(*row[1:]) for row in self._rows("SELECT * FROM editions ORDER BY id")}
        self._organizations = {
            (row[0], row[1]): _organization(row)
            for row in self._rows("SELECT * FROM organizations ORDER BY edition, rowid")
        }

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    def __len__(self) -> int:
        """Count the passages."""
        return int(self._rows("SELECT count(*) FROM passages")[0][0])

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """Give the passages of these rows, in this order."""
        wanted = "SELECT * FROM passages WHERE row IN (SELECT value FROM json_each(?))"
        found = {row[0]: row for row in self._rows(wanted, [_json(list(rows))])}
        return [self._passage(found[row]) for row in rows]

    def passages_of(self, edition: Edition) -> list[Passage]:
        """Give the passages of an edition in reading order."""
        return [
            self._passage(row)
            for row in self._rows("SELECT * FROM passages WHERE edition = ? ORDER BY row", [edition.id])
        ]

    def places(self) -> list[VectorPlace]:
        """Give for each passage, in order of row, where its sentences' and tokens' vectors are."""
        return [
            VectorPlace(*row)
            for row in self._rows(
                "SELECT first_sentence, json_array_length(sentences), first_token, tokens, edition, organization"
                " FROM passages ORDER BY row"
            )
        ]

    def match(self, words: Sequence[str]) -> dict[int, float]:
        """Score by BM25 the passages that hold any of these words, in any inflection; higher is better."""
        query = " OR ".join(_quoted(word) for word in words)
        if not query:
            return {}
        return {row: -score for row, score in self._rows("SELECT rowid, bm25(lexical) FROM lexical(?)", [query])}

    def holds(self, word: str) -> bool:
        """Tell whether any passage holds a word, in any inflection."""
        return bool(self._rows("SELECT 1 FROM lexical(?) LIMIT 1", [_quoted(word)]))

    def words(self) -> list[str]:
        """List all words in the passages, their headings and owners' names, folded."""
        if self._words is None:
            self._words = [row[0] for row in self._rows("SELECT word FROM words ORDER BY word")]
        return self._words

    def passage(self, passage_id: str) -> Passage | None:
        """Give the passage with this id."""
        found = self._rows("SELECT * FROM passages WHERE id = ?", [passage_id])
        return self._passage(found[0]) if found else None

    def rows(
        self,
        organizations: Sequence[str] = (),
        section: str | None = None,
        page: int | None = None,
        editions: Sequence[str] | None = None,
    ) -> list[int] | None:
        """Give the rows of the passages that pass all filters, None for all of them.

        :param organizations: acronyms; a passage needs one of them as its section's owner.
        :param section: text that a heading of the passage's path holds, case aside.
        :param page: a page the passage stands on.
        :param editions: ids of the editions the passage may be from.
        """
        conditions: list[str] = []
        values: list[Any] = []
        if organizations:
            conditions.append(f"organization IN ({','.join('?' * len(organizations))})")
            values += organizations
        if editions is not None:
            conditions.append("edition IN (SELECT value FROM json_each(?))")
            values.append(_json(list(editions)))
        if page is not None:
            conditions.append("row IN (SELECT row FROM passage_pages WHERE page = ?)")
            values.append(page)
        if not conditions and section is None:
            return None
        where = " AND ".join(conditions) or "1"
        found = self._rows(f"SELECT row, section FROM passages WHERE {where} ORDER BY row", values)  # noqa: S608
        if section is None:
            return [row for row, _ in found]
        wanted = section.casefold()
        return [row for row, path in found if any(wanted in heading.casefold() for heading in json.loads(path))]

    def integrity(self) -> list[str]:
        """List what SQLite finds wrong, and passages without words to be found by; empty if all is well."""
        problems = [row[0] for row in self._rows("PRAGMA integrity_check") if row[0] != "ok"]
        missing = self._rows("SELECT id FROM passages WHERE row NOT IN (SELECT rowid FROM lexical)")
        rows = [row[0] for row in self._rows("SELECT row FROM passages ORDER BY row")]
        if rows != list(range(len(rows))):
            problems.append("the numbers of the passages' vectors have gaps")
        return problems + [f"{row[0]} is not in the index of words" for row in missing]

    def editions(self) -> list[Edition]:
        """List the editions."""
        return list(self._editions.values())

    def summary(self, edition: Edition) -> EditionSummary:
        """Count what the index holds of an edition."""
        pages, sections, organizations, passages = (
            int(self._rows(f"SELECT count(*) FROM {table} WHERE edition = ?", [edition.id])[0][0])  # noqa: S608
            for table in ("pages", "sections", "organizations", "passages")
        )
        left = self._rows("SELECT kind, count(*) FROM left_out WHERE edition = ? GROUP BY kind", [edition.id])
        warnings = self._rows("SELECT text FROM warnings WHERE edition = ? ORDER BY rowid", [edition.id])
        messages = tuple(row[0] for row in warnings)
        return EditionSummary(pages, sections, organizations, passages, dict(sorted(left)), messages)

    def organizations(self) -> list[OrganizationEntry]:
        """List the organizations of every edition in the order of the paper, members without a section last."""
        counts = {
            (edition, acronym): count
            for edition, acronym, count in self._rows(
                "SELECT edition, organization, count(*) FROM passages GROUP BY edition, organization"
            )
        }
        return [
            OrganizationEntry(self._editions[key[0]], organization, counts.get(key, 0))
            for key, organization in self._organizations.items()
        ]

    def sections(self) -> list[SectionEntry]:
        """List the sections of every edition in reading order."""
        entries: list[SectionEntry] = []
        for row in reversed(self._rows("SELECT * FROM sections ORDER BY edition, number")):
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
        left = self._rows("SELECT kind, text FROM left_out WHERE edition = ? AND page = ?", [edition.id, number])
        return PageText(edition, number, found[0][0], found[0][1], [(kind, text) for kind, text in left])

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        try:
            return self._connection.execute(sql, list(values)).fetchall()
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(f"{self._path}: {error}; rebuild it: mandates ingest") from error

    def _passage(self, row: Sequence[Any]) -> Passage:
        return Passage(
            id=row[1],
            edition=self._editions[row[2]],
            organization=self._organizations.get((row[2], row[3])),
            section=tuple(json.loads(row[4])),
            text=row[5],
            pages=tuple(json.loads(row[6])),
            page_labels=tuple(json.loads(row[7])),
            boxes=_boxes(json.loads(row[8])),
            links=tuple(Link(*link) for link in json.loads(row[9])),
            footnotes=tuple(_footnote(note) for note in json.loads(row[10])),
            note=row[11],
            sentences=tuple((start, end) for start, end in json.loads(row[13])),
        )


def _write_document(connection: sqlite3.Connection, document: Document) -> None:
    edition = document.edition
    connection.execute(
        "INSERT INTO editions VALUES (?, ?, ?, ?, ?)",
        (edition.id, edition.document, edition.label, edition.file, edition.sha256),
    )
    for page in document.pages:
        text = "\n".join(line.text for line in page.lines)
        notes = "".join(f"\n[{note.mark}] {note.text}" for note in page.footnotes)
        connection.execute("INSERT INTO pages VALUES (?, ?, ?, ?)", (edition.id, page.number, page.label, text + notes))
    connection.executemany("INSERT INTO warnings VALUES (?, ?)", [(edition.id, text) for text in document.warnings])
    connection.executemany(
        "INSERT INTO left_out VALUES (?, ?, ?, ?)",
        [(edition.id, item.page, item.kind, item.text) for item in document.left_out],
    )
    connection.executemany(
        "INSERT INTO organizations VALUES (?, ?, ?, ?, ?, ?)",
        [
            (edition.id, item.acronym, item.name, _json(item.aliases), *(item.pages or (None, None)))
            for item in document.organizations
        ],
    )
    connection.executemany(
        "INSERT INTO sections VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (edition.id, item.number, item.level, _json(item.path), item.organization, item.pages[0], item.pages[-1])
            for item in document.sections
        ],
    )


def _copy_edition(connection: sqlite3.Connection, copied: Copied) -> None:
    former, edition = copied.former, copied.edition
    connection.execute("ATTACH ? AS other", [f"{copied.catalog.resolve().as_uri()}?mode=ro&immutable=1"])
    with connection:
        connection.execute(
            "INSERT INTO editions VALUES (?, ?, ?, ?, ?)",
            (edition.id, edition.document, edition.label, edition.file, edition.sha256),
        )
        for table, columns in COPIED_TABLES.items():
            connection.execute(
                f"INSERT INTO {table} SELECT ?, {columns} FROM other.{table} WHERE edition = ? ORDER BY rowid",  # noqa: S608
                [edition.id, former.id],
            )
    connection.execute("DETACH other")


def _write_passages(connection: sqlite3.Connection, passages: Sequence[Passage], tokens: Sequence[int]) -> None:
    first_sentence = first_token = 0
    words: set[str] = set()
    for row, (passage, count) in enumerate(zip(passages, tokens, strict=True)):
        record = (
            row,
            passage.id,
            passage.edition.id,
            passage.organization.acronym if passage.organization else None,
            _json(passage.section),
            passage.text,
            _json(passage.pages),
            _json(passage.page_labels),
            _json([(page, *(round(side, 2) for side in box)) for page, box in passage.boxes]),
            _json(passage.links),
            _json([(note.mark, note.page, note.text, note.links) for note in passage.footnotes]),
            passage.note,
            first_sentence,
            _json(passage.sentences),
            first_token,
            count,
        )
        connection.execute(f"INSERT INTO passages VALUES ({','.join('?' * len(record))})", record)  # noqa: S608
        connection.executemany("INSERT INTO passage_pages VALUES (?, ?)", [(row, page) for page in passage.pages])
        owner = passage.organization
        names = " ; ".join((owner.acronym, owner.name, *owner.aliases)) if owner else ""
        fields = [fold(field) for field in (" ; ".join(passage.section), names, passage.text)]
        connection.execute("INSERT INTO lexical (rowid, headings, names, text) VALUES (?, ?, ?, ?)", (row, *fields))
        words.update(word for field in fields for word in WORD.findall(field))
        first_sentence += len(passage.sentences)
        first_token += count
    connection.executemany("INSERT INTO words VALUES (?)", [(word,) for word in sorted(words)])


def fold(text: str) -> str:
    """Take away what does not tell two words apart: case and accents.

    >>> fold("Straße in São Tomé"), fold("STRASSE")
    ('strasse in sao tome', 'strasse')
    """
    parted = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in parted if unicodedata.category(char) != "Mn")


def _quoted(word: str) -> str:
    """Write a word so that FTS5 takes nothing in it for an operator."""
    escaped = fold(word).replace('"', '""').replace("\0", " ")
    return f'"{escaped}"'


def _is_below(upper: SectionEntry, section: SectionEntry) -> bool:
    return section.edition == upper.edition and bool(upper.path) and section.path[: len(upper.path)] == upper.path


def _organization(row: Sequence[Any]) -> Organization:
    pages = None if row[4] is None else (row[4], row[5])
    return Organization(row[1], row[2], tuple(json.loads(row[3])), pages)


def _footnote(note: Sequence[Any]) -> Footnote:
    return Footnote(note[0], note[1], note[2], links=tuple(Link(*link) for link in note[3]))


def _boxes(boxes: Iterable[Sequence[float]]) -> tuple[PageBox, ...]:
    return tuple(PageBox(int(page), Box(*sides)) for page, *sides in boxes)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
