"""Topics × organizations → JSON record, CSV, terminal text and one HTML file. Pure functions, nothing is printed."""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from pipeline.datatypes import Edition, Organization
from pipeline.searching.matrix import Cell, Matrix
from pipeline.serving.render import Bold, inert

MEANINGS = {"covers": "covers", "mentions": "mentions", "none": "nothing found"}
SIGNS = {"covers": "●", "mentions": "○", "none": "–"}
# Ground and ink of a cell: one hue in three lightnesses, which every colour vision and every grey printer keeps apart.
COLOURS = {"covers": ("#0b4f8a", "#ffffff"), "mentions": ("#bcd9ee", "#10304a"), "none": ("#ffffff", "#66707a")}
LABELS = "numbers are pages as printed"
TOPIC_WIDTH = (16, 40)  # columns of a terminal for the topics of a table: at least, at most
GAP = "  "
FEW_NAMES = 8  # up to so many organizations their names lie flat, more of them stand upright

STYLE = """
:root { color-scheme: light; font: 15px/1.35 system-ui, "Segoe UI", Roboto, Arial, sans-serif; color: #1c2733; }
body { margin: 1.2rem; background: #fff; }
figure, figcaption { margin: 0; }
h1 { font-size: 1.25rem; margin: 0 0 .4rem; }
p { margin: 0 0 .4rem; max-width: 60rem; }
.key { display: inline-block; white-space: nowrap; margin-right: 1.2rem; }
.key b { display: inline-block; min-width: 2rem; margin-right: .3rem; text-align: center; border: 1px solid #8795a1; }
.scroll { overflow: auto; max-height: 90vh; max-width: max-content; border: 1px solid #8795a1; }
table { border-collapse: separate; border-spacing: 0; }
th, td { border: solid #d3dae0; border-width: 0 1px 1px 0; padding: .3rem .4rem; font-weight: normal; }
thead th { position: sticky; top: 0; z-index: 1; background: #eef2f5; vertical-align: bottom; font-weight: bold; }
tbody th { position: sticky; left: 0; background: #f7f9fa; text-align: start; min-width: 15rem; max-width: 20rem; }
thead th:first-child { left: 0; z-index: 2; text-align: start; }
.upright th abbr { writing-mode: vertical-rl; transform: rotate(180deg); }
abbr { text-decoration: none; white-space: nowrap; }
td { text-align: center; white-space: nowrap; font-variant-numeric: tabular-nums; cursor: default; }
.upright td { min-width: 1.9rem; }
.upright td span { display: block; line-height: 1; }
.covers { background: COVERS_GROUND; color: COVERS_INK; font-weight: bold; }
.mentions { background: MENTIONS_GROUND; color: MENTIONS_INK; }
.none { background: NONE_GROUND; color: NONE_INK; }
tbody tr:hover th { background: #e3eaf0; }
@media (max-width: 40rem) { body { margin: .6rem; } tbody th { min-width: 8rem; font-size: .9rem; } }
@media print {
  @page { size: landscape; margin: 10mm; }
  :root { font-size: 9px; }
  body { margin: 0; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .scroll { overflow: visible; max-height: none; max-width: none; border: 0; }
  table { width: 100%; }
  thead th { position: static; border-top-width: 1px; }
  tbody th, thead th:first-child { position: static; border-left-width: 1px; }
  th, td { padding: .2rem; }
  td { white-space: normal; }
  .upright td span { display: inline; }
  tbody th { min-width: 0; }
  tr { break-inside: avoid; }
}
"""


def to_record(matrix: Matrix) -> dict[str, Any]:
    """Give a matrix in the shape of ``--json``: a list of cells for each topic, one for each organization."""
    return {
        "topics": list(matrix.topics),
        "organizations": [_named(organization) for organization in matrix.organizations],
        "editions": [
            {"document": edition.document, "edition": edition.label, "file": edition.file, "sha256": edition.sha256}
            for edition in matrix.editions
        ],
        "cells": [[_cell_record(cell) for cell in row] for row in matrix.cells],
        "without_section": [_named(organization) for organization in matrix.without_section],
    }


def to_csv(matrix: Matrix) -> str:
    """Give a matrix as CSV: a line for each topic, cells such as ``covers p. 25`` and ``none``."""
    several = len(matrix.editions) > 1
    marks = {edition.id: f" ({edition.id})" if several else "" for edition in matrix.editions}
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["topic", *(inert(organization.acronym) for organization in matrix.organizations)])
    for topic, row in zip(matrix.topics, matrix.cells, strict=True):
        cells = (f"{cell.coverage} {_place(cell, marks)}".rstrip() for cell in row)
        writer.writerow([inert(topic), *cells])
    return stream.getvalue()


def to_text(matrix: Matrix, width: int, bold: Bold) -> str:
    """Give a matrix for people: a table where it fits into ``width`` columns, else the organizations of each topic."""
    lines = list(_table_lines(matrix, width, bold)) or list(_list_lines(matrix, width, bold))
    return "\n".join([*lines, "", *textwrap.wrap(source(matrix), width)])


def to_html(matrix: Matrix) -> str:
    """Give a matrix as one HTML file that needs no other: no script, no request; a cell's title is its evidence."""
    title = f"Who covers what: {', '.join(edition_name(edition) for edition in matrix.editions)}"
    upright = ' class="upright"' if len(matrix.organizations) > FEW_NAMES else ""
    names = "".join(
        f'<th scope="col"><abbr title="{escape(organization.name)}">{escape(organization.acronym)}</abbr></th>'
        for organization in matrix.organizations
    )
    keys = " ".join(
        f'<span class="key"><b class="{coverage}">{SIGNS[coverage]}</b>{meaning}</span>'
        for coverage, meaning in MEANINGS.items()
    )
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>\n<style>{_style()}</style>\n</head>\n<body>\n<figure>\n<figcaption>",
        f"<h1>Who covers what</h1>\n<p>{keys} {LABELS}</p>\n<p>{escape(source(matrix))}</p>\n</figcaption>",
        f'<div class="scroll" role="region" aria-label="Who covers what" tabindex="0">\n<table{upright}>',
        f'<thead><tr><th scope="col">Topic</th>{names}</tr></thead>\n<tbody>',
        *_html_rows(matrix),
        "</tbody>\n</table>\n</div>\n</figure>\n</body>\n</html>\n",
    ]
    return "\n".join(parts)


def source(matrix: Matrix) -> str:
    """Say which editions the pages are of, and which organizations were not looked at."""
    marks = edition_marks(matrix)
    names = (f"{edition_name(edition)}{marks[edition.id]}" for edition in matrix.editions)
    return f"Pages are those of {', '.join(names)}. {not_looked_at(matrix)}".rstrip()


def not_looked_at(matrix: Matrix) -> str:
    """Name the organizations that have no column, or nothing if all have one."""
    names = ", ".join(organization.acronym for organization in matrix.without_section)
    return f"Not looked at, since no section is theirs: {names}." if names else ""


def edition_name(edition: Edition) -> str:
    """Name an edition as citations do: ``icat-2018.pdf (2018)``."""
    return f"{edition.file} ({edition.label})"


def edition_marks(matrix: Matrix) -> dict[str, str]:
    """Give what follows a page to tell its edition, `` [2]``: nothing if there is but one."""
    several = len(matrix.editions) > 1
    return {edition.id: f" [{number}]" if several else "" for number, edition in enumerate(matrix.editions, start=1)}


def page_label(cell: Cell, marks: Mapping[str, str]) -> str:
    """Give a cell's pages as printed: ``25``, ``36–37 [2]``; nothing if it has none."""
    return f"{cell.hit.passage.citation.label}{marks[cell.hit.passage.edition.id]}" if cell.hit else ""


def _table_lines(matrix: Matrix, width: int, bold: Bold) -> Iterator[str]:
    """Draw a table, or nothing if it is too wide."""
    names = [organization.acronym for organization in matrix.organizations]
    marks = edition_marks(matrix)
    cells = [[_sign(cell, marks) for cell in row] for row in matrix.cells]
    columns = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    least, most = TOPIC_WIDTH
    room = min(width - sum(columns) - len(GAP) * len(columns), most, max(map(len, matrix.topics)))
    if room < min(least, max(map(len, matrix.topics))) or not names:
        return
    heads = (GAP + bold(name) + " " * (size - len(name)) for name, size in zip(names, columns, strict=True))
    yield f"{'':{room}}{''.join(heads)}".rstrip()
    for topic, row in zip(matrix.topics, cells, strict=True):
        first, *others = textwrap.wrap(topic, room)
        line = f"{first:{room}}" + "".join(f"{GAP}{cell:{size}}" for cell, size in zip(row, columns, strict=True))
        yield line.rstrip()
        yield from others
    yield ""
    legend = "  ".join(f"{SIGNS[coverage]} {meaning}" for coverage, meaning in MEANINGS.items())
    yield from textwrap.wrap(f"{legend}; {LABELS}", width)


def _list_lines(matrix: Matrix, width: int, bold: Bold) -> Iterator[str]:
    """List for each topic who covers and who mentions it, best first."""
    marks = edition_marks(matrix)
    for topic, row in zip(matrix.topics, matrix.cells, strict=True):
        yield from (bold(line) for line in textwrap.wrap(topic, width))
        ranked = sorted(zip(matrix.organizations, row, strict=True), key=lambda item: -item[1].score)
        for coverage in ("covers", "mentions"):
            found = ", ".join(
                f"{organization.acronym} {_place(cell, marks)}".replace(" ", "\0")
                for organization, cell in ranked
                if cell.coverage == coverage
            )
            if found:  # a line never ends between an organization and its page
                lines = textwrap.wrap(found, width - 13, break_long_words=False, break_on_hyphens=False)
                heads = [f"{coverage}:", *[""] * (len(lines) - 1)]
                yield from (f"   {head:9} {line}".replace("\0", " ") for head, line in zip(heads, lines, strict=True))
        if all(cell.coverage == "none" for cell in row):
            yield f"   {MEANINGS['none']}"


def _html_rows(matrix: Matrix) -> Iterator[str]:
    marks = edition_marks(matrix)
    for topic, row in zip(matrix.topics, matrix.cells, strict=True):
        cells = []
        for organization, cell in zip(matrix.organizations, row, strict=True):
            sign, _, label = _sign(cell, marks).partition(" ")
            title = escape(_evidence(organization, cell))
            sign = f'<span role="img" aria-label="{MEANINGS[cell.coverage]}">{sign}</span>'
            cells.append(f'<td class="{cell.coverage}" title="{title}">{sign} {escape(label)}</td>')
        yield f'<tr><th scope="row" dir="auto">{escape(topic)}</th>{"".join(cells)}</tr>'


def _style() -> str:
    style = STYLE
    for coverage, (ground, ink) in COLOURS.items():
        style = style.replace(f"{coverage.upper()}_GROUND", ground).replace(f"{coverage.upper()}_INK", ink)
    return style


def _sign(cell: Cell, marks: Mapping[str, str]) -> str:
    """Give a cell in few characters: ``● 25``."""
    return f"{SIGNS[cell.coverage]} {page_label(cell, marks)}".rstrip()


def _place(cell: Cell, marks: Mapping[str, str]) -> str:
    """Give a cell's pages: ``p. 25``."""
    return f"{cell.hit.passage.citation.place}{marks[cell.hit.passage.edition.id]}" if cell.hit else ""


def _evidence(organization: Organization, cell: Cell) -> str:
    """Give the citation and the best sentence of a cell."""
    if cell.hit is None:
        return f"{organization.acronym}: {MEANINGS['none']}"
    sentence = cell.hit.passage.text[slice(*cell.hit.highlight)]
    return f"{MEANINGS[cell.coverage]}: {cell.hit.passage.citation}\n{' '.join(sentence.split())}"


def _named(organization: Organization) -> dict[str, str]:
    return {"organization": organization.acronym, "organization_name": organization.name}


def _cell_record(cell: Cell) -> dict[str, Any]:
    passage = cell.hit.passage if cell.hit else None
    return {
        "coverage": cell.coverage,
        "score": round(cell.score, 4),
        "pages": list(passage.pages) if passage else [],
        "page_labels": list(passage.page_labels) if passage else [],
        "passage": passage.id if passage else None,
        "citation": str(passage.citation) if passage else None,
    }
