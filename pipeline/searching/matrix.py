"""Topics × organizations: who covers what, and on which page it is told best."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

from pipeline.datatypes import Edition, Hit, Organization
from pipeline.errors import QueryError
from pipeline.searching.locate import Coverage, who_covers
from pipeline.searching.search import Filters, Index


@dataclass(frozen=True, slots=True)
class Cell:
    """What an organization's section shows of a topic; ``coverage`` and ``score`` are those of ``who_covers``.

    ``hit`` is its best passage, None if the coverage is "none".
    """

    coverage: str
    score: float
    hit: Hit | None


@dataclass(frozen=True, slots=True)
class Matrix:
    """The coverage of topics (rows) by organizations (columns, in the order of the paper, then bodies that it names).

    Organizations ``without_section`` have no column: nothing was looked at, which is not the same as nothing found.
    """

    topics: tuple[str, ...]
    organizations: tuple[Organization, ...]
    cells: tuple[tuple[Cell, ...], ...]
    editions: tuple[Edition, ...]
    without_section: tuple[Organization, ...]

    @property
    def is_empty(self) -> bool:
        """Tell whether no organization covers or mentions any of the topics."""
        return all(cell.coverage == "none" for row in self.cells for cell in row)


def make_matrix(
    index: Index, topics: Sequence[str], progress: Callable[[int], None] | None = None, **filters: Unpack[Filters]
) -> Matrix:
    """Ask who covers each of the topics.

    :param progress: called with 1 after each topic.
    :raises QueryError: for an empty topic.
    """
    asked = [" ".join(topic.split()) for topic in topics]
    if not all(asked):
        raise QueryError("a topic is empty; name something")
    editions = index.editions(**filters)  # those that answer; by default the latest of each document
    answering = {edition.id for edition in editions}
    entries = [entry for entry in index.catalog.organizations() if entry.edition.id in answering]
    # An organization of several documents is one, as the last of them names it, with a section in any of them.
    organizations = {entry.organization.acronym: entry.organization for entry in entries}
    owners = {entry.organization.acronym for entry in entries if entry.organization.pages}
    rows: list[dict[str, Coverage]] = []
    for topic in asked:
        rows.append({item.organization.acronym: item for item in who_covers(index, topic, top_k=1, **filters)})
        if progress:
            progress(1)
    # Bodies that own no section have a column if they have anything on one of the topics.
    known = organizations | {acronym: item.organization for row in rows for acronym, item in row.items()}
    columns = [acronym for acronym in known if acronym in owners or acronym not in organizations]
    cells = tuple(tuple(_cell(row.get(acronym)) for acronym in columns) for row in rows)
    return Matrix(
        topics=tuple(asked),
        organizations=tuple(known[acronym] for acronym in columns),
        cells=cells,
        editions=tuple(editions),
        without_section=tuple(item for acronym, item in organizations.items() if acronym not in owners),
    )


def _cell(covered: Coverage | None) -> Cell:
    if covered is None:
        return Cell("none", 0.0, None)
    return Cell(covered.coverage, covered.score, covered.hits[0] if covered.hits else None)


def read_topics(path: Path) -> list[str]:
    """Read topics from a file: one a line, or JSON lines, objects with ``topic``, if the first line starts with ``{``.

    :raises QueryError: if the file cannot be read, holds no topic, or a line is no such object.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise QueryError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start})") from error
    except OSError as error:
        raise QueryError(f"{path}: cannot be read ({error.strerror})") from error
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if not lines:
        raise QueryError(f"{path}: no topics in this file")
    if lines[0][1].startswith("{"):
        return [_topic(path, number, line) for number, line in lines]
    return [line for _, line in lines]


def _topic(path: Path, number: int, line: str) -> str:
    try:
        topic = json.loads(line)["topic"]
    except (ValueError, KeyError, TypeError) as error:
        raise QueryError(f'{path}: line {number} is no object with "topic" ({error!r})') from error
    if not isinstance(topic, str) or not topic.strip():
        raise QueryError(f'{path}: line {number} has no text as its "topic"')
    return topic
