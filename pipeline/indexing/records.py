"""The tables of a catalog, and records as their rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.datatypes import Box, Edition, Footnote, Imprint, Link, Organization, PageBox, Passage
from pipeline.reading.names import Definition, definition_key

if TYPE_CHECKING:
    from pipeline.datatypes.page import Document

TABLES = """
CREATE TABLE editions (
    id TEXT PRIMARY KEY, document TEXT, label TEXT, file TEXT, sha256 TEXT, first_row INTEGER, passages INTEGER,
    copies TEXT);
CREATE TABLE imprints (edition TEXT PRIMARY KEY, title TEXT, symbol TEXT, date TEXT, author TEXT, publishers TEXT);
CREATE TABLE pages (edition TEXT, number INTEGER, label TEXT, text TEXT, PRIMARY KEY (edition, number));
CREATE TABLE warnings (edition TEXT, text TEXT);
CREATE TABLE left_out (edition TEXT, page INTEGER, kind TEXT, text TEXT);
CREATE TABLE organizations (
    edition TEXT, acronym TEXT, name TEXT, aliases TEXT, first_page INTEGER, last_page INTEGER, passages INTEGER,
    PRIMARY KEY (edition, acronym));
CREATE TABLE names (acronym TEXT, name TEXT, aliases TEXT);
CREATE TABLE bodies (acronym TEXT PRIMARY KEY, name TEXT, aliases TEXT, passages INTEGER);
CREATE TABLE mentions (acronym TEXT, row INTEGER, PRIMARY KEY (acronym, row)) WITHOUT ROWID;
CREATE TABLE published (edition TEXT, acronym TEXT, PRIMARY KEY (edition, acronym)) WITHOUT ROWID;
CREATE TABLE definitions (key TEXT, short TEXT, full TEXT, times INTEGER, PRIMARY KEY (key, short, full)) WITHOUT ROWID;
CREATE TABLE owners (acronym TEXT PRIMARY KEY, number INTEGER);
CREATE TABLE sections (
    edition TEXT, number INTEGER, level INTEGER, path TEXT, organization TEXT, first_page INTEGER, last_page INTEGER,
    PRIMARY KEY (edition, number));
CREATE TABLE headings (number INTEGER PRIMARY KEY, path TEXT, folded TEXT);
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, id TEXT UNIQUE, edition TEXT, organization TEXT, section INTEGER, text TEXT, pages TEXT,
    page_labels TEXT, boxes TEXT, links TEXT, footnotes TEXT, note TEXT, sentences TEXT, paragraphs TEXT, ocr INTEGER,
    table_head TEXT);
CREATE TABLE passage_pages (page INTEGER, row INTEGER, PRIMARY KEY (page, row)) WITHOUT ROWID;
CREATE INDEX warnings_by_edition ON warnings (edition);
CREATE INDEX left_out_by_page ON left_out (edition, page);
CREATE INDEX mentions_by_row ON mentions (row);
CREATE INDEX organizations_by_acronym ON organizations (acronym);
"""
# With the columns that are taken over when an edition is copied from another catalog.
COPIED_TABLES = {
    "imprints": "title, symbol, date, author, publishers",
    "pages": "number, label, text",
    "warnings": "text",
    "left_out": "page, kind, text",
    "organizations": "acronym, name, aliases, first_page, last_page, passages",
    "sections": "number, level, path, organization, first_page, last_page",
}
PARTED = "\x1f"  # between folded headings: the unit separator, which no heading holds


def edition_row(edition: Edition) -> tuple[Any, ...]:
    """Give the row of an edition; where its passages are is known once they are written."""
    copies = to_json(edition.copies)
    return (edition.id, edition.document, edition.label, edition.file, edition.sha256, 0, 0, copies)


def to_edition(row: Sequence[Any], imprint: Imprint) -> Edition:
    """Make an edition of its row and its imprint."""
    return Edition(row[1], row[2], row[3], row[4], imprint, tuple(json.loads(row[7])))


def imprint_row(edition: Edition) -> tuple[Any, ...]:
    """Give the row of what an edition says of itself."""
    imprint = edition.imprint
    return (edition.id, imprint.title, imprint.symbol, imprint.date, imprint.author, to_json(imprint.publishers))


def to_imprint(row: Sequence[Any]) -> Imprint:
    """Make an imprint of its title, symbol, date, author and publishers."""
    title, symbol, date, author, publishers = row
    return Imprint(title, symbol, date, author, tuple(json.loads(publishers)))


def document_rows(document: Document) -> dict[str, list[tuple[Any, ...]]]:
    """Give the rows of a document by table."""
    edition = document.edition.id
    pages = []
    for page in document.pages:
        notes = "".join(f"\n[{note.mark}] {note.text}" for note in page.footnotes)
        pages.append((edition, page.number, page.label, page.text + notes))
    return {
        "editions": [edition_row(document.edition)],
        "imprints": [imprint_row(document.edition)],
        "pages": pages,
        "warnings": [(edition, text) for text in document.warnings],
        "left_out": [(edition, item.page, item.kind, item.text) for item in document.left_out],
        "organizations": [
            (edition, item.acronym, item.name, to_json(item.aliases), *(item.pages or (None, None)), 0)
            for item in document.organizations
        ],
        "sections": [
            (edition, item.number, item.level, to_json(item.path), item.organization, item.pages[0], item.pages[-1])
            for item in document.sections
        ],
    }


def definition_rows(definition: Definition) -> list[tuple[Any, ...]]:
    """Give the rows of a definition: it is found by either name."""
    return [(definition_key(name), *definition) for name in (definition.short, definition.full)]


def passage_row(row: int, passage: Passage, section: int) -> tuple[Any, ...]:
    """Give the row of a passage.

    :param section: the number of its headings.
    """
    return (
        row,
        passage.id,
        passage.edition.id,
        passage.organization.acronym if passage.organization else None,
        section,
        passage.text,
        to_json(passage.pages),
        to_json(passage.page_labels),
        to_json([(page, *(round(side, 2) for side in box)) for page, box in passage.boxes]),
        to_json(passage.links),
        to_json([(note.mark, note.page, note.text, note.links) for note in passage.footnotes]),
        passage.note,
        to_json(passage.sentences),
        to_json(passage.paragraphs),
        int(passage.ocr),
        passage.table_head,
    )


def to_passage(row: Sequence[Any], path: str, edition: Edition, organization: Organization | None) -> Passage:
    """Make a passage of its row and what its numbers stand for."""
    return Passage(
        id=row[1],
        edition=edition,
        organization=organization,
        section=tuple(json.loads(path)),
        text=row[5],
        pages=tuple(map(int, json.loads(row[6]))),
        page_labels=tuple(json.loads(row[7])),
        boxes=_boxes(json.loads(row[8])),
        links=tuple(Link(*link) for link in json.loads(row[9])),
        footnotes=tuple(_footnote(note) for note in json.loads(row[10])),
        note=row[11],
        sentences=tuple((int(start), int(end)) for start, end in json.loads(row[12])),
        paragraphs=tuple(map(int, json.loads(row[13]))),
        ocr=bool(row[14]),
        table_head=row[15],
    )


def to_organization(row: Sequence[Any]) -> Organization:
    """Make an organization of its acronym, name, aliases and, if they are there, its pages."""
    pages = (row[3], row[4]) if len(row) > 3 and row[3] is not None else None
    return Organization(row[0], row[1], tuple(json.loads(row[2])), pages)


def folded_headings(path: Sequence[str]) -> str:
    """Put headings together so that a part of one can be looked for, case aside."""
    return PARTED.join(heading.casefold() for heading in path)


def to_json(value: object) -> str:
    """Write a value shortly."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _footnote(note: Sequence[Any]) -> Footnote:
    return Footnote(note[0], note[1], note[2], links=tuple(Link(*link) for link in note[3]))


def _boxes(boxes: Iterable[Sequence[float]]) -> tuple[PageBox, ...]:
    return tuple(PageBox(int(page), Box(*sides)) for page, *sides in boxes)
