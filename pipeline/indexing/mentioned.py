"""Who is mentioned where: what the papers abbreviate, the organizations among it, and the passages that name them.

An organization that owns a section is known from its paper; a body is one that the papers define ("Full Name (ACR)")
or that published one of them. Both are looked for in all passages of the corpus.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from pipeline.datatypes import Organization
from pipeline.indexing.records import definition_rows, to_json, to_organization
from pipeline.reading.mentions import Names
from pipeline.reading.names import Definition, name_key


class MentionsWriter:
    """Takes the text of passage after passage, and writes what only all of them together tell."""

    def __init__(self) -> None:
        """Start with no passage."""
        from pipeline.reading.bodies import Evidence  # only a writer needs it, and it takes 10 ms

        self._defined = Counter[tuple[str, str]]()
        self._evidence = Evidence()

    def add(self, text: str) -> None:
        """Take the text of the next passage."""
        from pipeline.reading.definitions import find_definitions

        found = find_definitions(text)
        self._defined.update(found)
        self._evidence.add(text, found)

    def write(self, connection: Any) -> None:
        """Write definitions, bodies and mentions, once passages, organizations and imprints are written."""
        from pipeline.reading.bodies import find_bodies

        definitions = (Definition(*names, times) for names, times in self._defined.items())
        rows = sorted({row for item in definitions for row in definition_rows(item)})
        connection.executemany("INSERT INTO definitions VALUES (?, ?, ?, ?)", rows)
        known = [to_organization(row) for row in connection.execute("SELECT acronym, name, aliases FROM names")]
        bodies = _without(known, find_bodies(self._evidence))
        bodies += _write_publishers(connection, [*known, *bodies])
        passages = _write_mentions(connection, Names([*known, *bodies]))
        connection.executemany(
            "INSERT INTO bodies VALUES (?, ?, ?, ?)",
            [(body.acronym, body.name, to_json(body.aliases), passages[body.acronym]) for body in bodies],
        )


def _without(known: Iterable[Organization], bodies: Iterable[Organization]) -> list[Organization]:
    """Leave out bodies that share a name with an organization that has a paper's word for it."""
    taken = {key for organization in known for key in _keys(organization)}
    return [body for body in bodies if not taken & _keys(body)]


def _keys(organization: Organization) -> set[str]:
    return {name_key(name) for name in (organization.acronym, organization.name, *organization.aliases)}


def _write_publishers(connection: Any, known: Iterable[Organization]) -> list[Organization]:
    """Write who published which edition, and give the publishers that are not known by another name."""
    acronyms = {key: organization.acronym for organization in known for key in _keys(organization)}
    new: list[Organization] = []
    for edition, names in connection.execute("SELECT edition, publishers FROM imprints ORDER BY edition").fetchall():
        for name in json.loads(names):
            key = name_key(name)
            if key not in acronyms:
                acronyms[key] = name
                new.append(Organization(name, name))
            connection.execute("INSERT OR IGNORE INTO published VALUES (?, ?)", (edition, acronyms[key]))
    return new


def _write_mentions(connection: Any, names: Names) -> Counter[str]:
    """Write which passages name whom, their owners aside, and count them."""
    counts = Counter[str]()
    for row, text, owner in connection.execute("SELECT row, text, organization FROM passages ORDER BY row"):
        named = sorted(names.named(text) - {owner})
        counts.update(named)
        connection.executemany("INSERT INTO mentions VALUES (?, ?)", [(acronym, row) for acronym in named])
    return counts
