"""A small matrix made by hand: two topics, three organizations, one without a section."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.datatypes import Edition, Hit, Organization, Passage
from pipeline.searching.matrix import Cell, Matrix

EDITION = Edition("sea", "2020", "sea-2020.pdf", "a" * 64)
LATER = Edition("sea", "2021", "sea-2021.pdf", "b" * 64)
IFO = Organization("IFO", "International Fishing Office", (), (5, 9))
WLA = Organization("WLA", "World <Lighthouse> Agency", (), (10, 12))
HBA = Organization("HBA", "Harbour Agency", (), (13, 13))
FOO = Organization("FOO", "Forest Office")
NOTHING = Cell("none", 0.1234567, None)


def cell(
    coverage: str, owner: Organization, pages: Sequence[int], labels: Sequence[str], edition: Edition = EDITION
) -> Cell:
    text = "An office of the sea. It trains\nguards & <b>keepers</b>. Boats are counted."
    passage = Passage(f"{edition.id}/1/0", edition, owner, (owner.name,), text, tuple(pages), tuple(labels))
    score = {"covers": 0.912345, "mentions": 0.5}[coverage]
    return Cell(coverage, score, Hit(1, score, passage, (22, 56)))


MATRIX = Matrix(
    topics=("Training of guards", "=cost of $5 and $10 <nets>"),
    organizations=(IFO, WLA, HBA),
    cells=(
        (cell("covers", IFO, (7,), ("5",)), cell("mentions", WLA, (11, 12), ("9", "10")), NOTHING),
        (NOTHING, cell("covers", WLA, (10,), ("",)), NOTHING),
    ),
    editions=(EDITION,),
    without_section=(FOO,),
)
# The first cell is told in the second of two editions.
TWO_EDITIONS = replace(
    MATRIX,
    editions=(EDITION, LATER),
    cells=((cell("covers", IFO, (7,), ("5",), LATER), *MATRIX.cells[0][1:]), MATRIX.cells[1]),
    without_section=(),
)


def repeated(topics: int, organizations: int) -> Matrix:
    """Give a matrix of this size, whose names all differ."""
    owners = tuple(replace(IFO, acronym=f"OFFICE-{number}") for number in range(organizations))
    row = tuple(MATRIX.cells[0][number % 3] for number in range(organizations))
    names = tuple(f"Topic {number} of many, and all of them are long ones" for number in range(topics))
    return replace(MATRIX, topics=names, organizations=owners, cells=(row,) * topics)
