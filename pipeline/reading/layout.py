"""Glyphs → lines in reading order, with their spans."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from typing import NamedTuple

from pipeline.datatypes import Box
from pipeline.datatypes.page import Cell, Glyph, Line, RawPage, Span
from pipeline.reading.bidi import RIGHT_TO_LEFT, in_reading_order
from pipeline.reading.cells import Table
from pipeline.reading.columns import is_wide, may_have_columns, part_columns, part_halves
from pipeline.reading.rows import group_rows
from pipeline.reading.scripts import IDEOGRAPH
from pipeline.reading.tables import find_tables, may_have_tables
from pipeline.reading.turns import Mirror, find_mirror, find_turn

# Shares of the font size unless said otherwise.
WORD_GAP = 0.13  # wider by this than the gaps in words is a space: justified lines have 0.16 to 0.3, kerning under 0.1
SPACED_OUT = 0.2  # the widest gap within words; a row of wider ones only is one of single letters
RAISED_SIZE = 0.8  # a superscript is set at 0.5 to 0.75; small capitals at 0.8 and more
IDEOGRAPH_GAP = 0.4  # between Chinese and Japanese characters, which are set apart to fill a line
SMALL_CAPS = 0.65  # small capitals are set at 0.7 to 0.85 of the large ones
RAISED_BY = 0.15  # and its foot is lifted by this much; small capitals stand on the line
DOUBLE_STRIKE = 0.1  # the same character twice, nearer than this, is one character printed bold by overstriking

LABEL = 10  # characters of the number, letter or bullet that opens a line: "3.10.2.1", "Chapter12"
# "•", "12.", "3.1.2", "(iv)", "B.", "Annex4"
LABELS = re.compile(
    r"\W|(?:[^\W\d_]{3,})?\(?\d+(?:[.\-]\d+)*[.):]?|\(?(?:[IVXLC]+|[ivxlc]+|[^\W\d_])[.):]?|"
    r"[^\W\d_]+[a-z](?:[IVXLC]+|[A-Z])[.):]?"
)

BOLD_NAME = re.compile(r"bold|black|heavy|demi|(?<=[-,])bd", re.IGNORECASE)
ITALIC_NAME = re.compile(r"italic|oblique|(?<=[-,])it\b", re.IGNORECASE)
NAMES, LETTERS = 256, 4096  # of fonts and characters that are remembered: more than all but a dictionary uses
PRESENTATION = re.compile("[\ufb00-\ufb06\ufb1d-\ufdff\ufe70-\ufefc]")  # ligatures, shapes of Hebrew and Arabic letters
SOFT_HYPHEN = "\u00ad"
BULLETS = frozenset("•‣⁃∙▪▫■□●○◦◆◇►▸➢➤✓✔❖·")
BULLET = "•"
# Symbol fonts (Wingdings, Symbol) put their marks here; the first one of a line is its bullet.
SYMBOL_FONT = re.compile("[\uf020-\uf0ff]")


def build_lines(page: RawPage) -> list[Line]:
    """Order the glyphs of a page into lines, top to bottom, column by column; sideways text comes last.

    Tables are read row by row, cell by cell. A page that is set sideways is read as if it were turned.
    """
    if turn := find_turn(page):
        return [replace(line, box=turn.back(line.box)) for line in build_lines(turn.page(page))]
    if mirror := find_mirror(page):
        found = _page_lines(mirror.page(page), View(page.number, mirror))
        return [replace(line, box=mirror.turned(line.box)) for line in found]
    return _page_lines(page, View(page.number))


class View(NamedTuple):
    """A page's number, and the mirror that it is seen in, if any."""

    page: int
    mirror: Mirror | None = None


def _page_lines(page: RawPage, view: View) -> list[Line]:
    seen = [glyph for glyph in page.glyphs if _clean(glyph.text)]
    rows = group_rows([glyph for glyph in seen if glyph.upright])
    lines = _lines(view, rows)
    tables = find_tables(seen, rows, page.rules) if may_have_tables(lines, page.rules) else []
    if tables:
        held = {id(glyph) for table in tables for row in table.rows for entry in row for glyph in entry.glyphs}
        seen = [glyph for glyph in seen if id(glyph) not in held]
        rows = [rest for row in rows if (rest := [glyph for glyph in row if id(glyph) not in held])]
        lines = _lines(view, rows)
    placed = [*rows, *([table.stand_in] for table in tables)]
    halves = part_halves(placed, page.width) if is_wide(page) else []
    in_parts = halves or may_have_columns(lines)
    width = None if halves else page.width
    parts = [part for half in halves or [placed] for part in part_columns(half, width)] if in_parts else []
    if len(parts) > 1:
        lines = [line for part in parts for line in _part_lines(view, part, tables)]
    elif tables:
        lines = _with_tables(view, lines, list(enumerate(tables)))
    return lines + _lines(view, _columns([glyph for glyph in seen if not glyph.upright]))


def _part_lines(view: View, part: Sequence[Glyph], tables: Sequence[Table]) -> list[Line]:
    """Make the lines of a part of a page, with the tables for their stand-ins."""
    held = {id(glyph) for glyph in part}
    inside = [(number, table) for number, table in enumerate(tables) if id(table.stand_in) in held]
    stand_ins = {id(table.stand_in) for _, table in inside}
    lines = _lines(view, group_rows([glyph for glyph in part if id(glyph) not in stand_ins]))
    return _with_tables(view, lines, inside)


def _with_tables(view: View, lines: Sequence[Line], tables: Sequence[tuple[int, Table]]) -> list[Line]:
    """Put tables, numbered, among the lines around them.

    What stands to the left of a table comes before it, what stands to the right after it.
    """
    placed = [(_place(line.box, [table.box for _, table in tables]), [line]) for line in lines]
    placed += [(table.box.top, _table_lines(view, number, table)) for number, table in tables]
    return [line for _, group in sorted(placed, key=lambda item: item[0]) for line in group]


def _place(box: Box, tables: Sequence[Box]) -> float:
    middle = (box.top + box.bottom) / 2
    for table in tables:
        if table.top < middle < table.bottom:
            return table.top if box.x1 <= table.x0 else table.bottom
    return box.top


def _table_lines(view: View, number: int, table: Table) -> list[Line]:
    """Make the lines of each cell of a table in turn."""
    return [
        replace(line, cell=Cell(number, n, entry.first, entry.last))
        for n, row in enumerate(table.rows)
        for entry in row
        for line in _upright_and_sideways(view, entry.glyphs)
    ]


def _upright_and_sideways(view: View, glyphs: Sequence[Glyph]) -> list[Line]:
    upright = group_rows([glyph for glyph in glyphs if glyph.upright])
    return _lines(view, [*upright, *_columns([glyph for glyph in glyphs if not glyph.upright])])


@functools.lru_cache(maxsize=NAMES)
def is_bold(font: str) -> bool:
    """Tell from its name whether a font is bold."""
    return bool(BOLD_NAME.search(font))


@functools.lru_cache(maxsize=NAMES)
def _is_italic(font: str) -> bool:
    return bool(ITALIC_NAME.search(font))


@functools.lru_cache(maxsize=LETTERS)
def _clean(text: str) -> str:
    """Resolve ligatures, unify spaces and drop characters that nobody sees (controls, bidi overrides, joiners).

    >>> _clean("ﬁ"), _clean("\u00a0"), _clean("\u202e"), _clean("’")
    ('fi', ' ', '', '’')
    """
    kept = []
    for char in text:
        category = unicodedata.category(char)
        if char.isspace() or category == "Zs":
            kept.append(" ")
        elif PRESENTATION.match(char):
            kept.append(unicodedata.normalize("NFKC", char))
        elif category not in ("Cc", "Cf", "Cs") or char in (SOFT_HYPHEN, "\u200c", "\u200d"):
            kept.append(char)
    return "".join(kept)


def _columns(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """Group sideways glyphs into the lines they make, in the order the PDF draws them."""
    columns: list[list[Glyph]] = []
    for glyph in glyphs:
        last = columns[-1][-1].box if columns else None
        if last and min(last.x1, glyph.box.x1) - max(last.x0, glyph.box.x0) > 0:
            columns[-1].append(glyph)
        else:
            columns.append([glyph])
    return columns


def _lines(view: View, rows: Sequence[Sequence[Glyph]]) -> list[Line]:
    made = (_mirrored_line(view.page, row, view.mirror) if view.mirror else _line(view.page, row) for row in rows)
    return [line for line in made if line is not None]


def _mirrored_line(page: int, row: Sequence[Glyph], mirror: Mirror) -> Line | None:
    """Make a line of a mirrored page, whose words must be seen as they are."""
    seen = [glyph._replace(box=mirror.turned(glyph.box)) for glyph in row]
    line = _line(page, seen[::-1] if row[0].upright else seen)
    return replace(line, box=mirror.turned(line.box)) if line else None


def _line(page: int, row: Sequence[Glyph]) -> Line | None:
    inked = [glyph for glyph in row if not glyph.text.isspace()]
    if not inked:
        return None
    size = _size(inked)
    foot = Counter(round(glyph.box.bottom, 1) for glyph in inked if round(glyph.size, 1) == size).most_common(1)[0][0]
    styled = [(text, style) for text, style in _styled(row, size, foot) if text]
    if RIGHT_TO_LEFT.search("".join(text for text, _ in styled)):
        styled = in_reading_order(styled)
    spans = tuple(
        Span("".join(text for text, _ in group), *style[:3], *style[3:])
        for style, group in groupby(styled, key=lambda item: item[1])
    )
    spans = _trim(_mark_bullet(spans))
    if not spans:
        return None
    letters = [span for span in spans if not span.raised and any(char.isalnum() for char in span.text)]
    bold = bool(letters) and all(span.bold for span in letters)
    box = Box(
        min(glyph.box.x0 for glyph in inked),
        min(glyph.box.top for glyph in inked),
        max(glyph.box.x1 for glyph in inked),
        max(glyph.box.bottom for glyph in inked),
    )
    return Line(page, box, spans, size, bold, _widest_gap(inked))


def _size(inked: Sequence[Glyph]) -> float:
    """Give the size that most of a row is set in; of small capitals, that of the large ones among them."""
    size = Counter(round(glyph.size, 1) for glyph in inked).most_common(1)[0][0]
    letters = [glyph for glyph in inked if glyph.text.isalpha()]
    if letters and size < letters[0].size <= size / SMALL_CAPS and not any(glyph.text.islower() for glyph in letters):
        return round(letters[0].size, 1)
    return size


def _widest_gap(inked: Sequence[Glyph]) -> float:
    """Measure the widest white space of a row; what parts a bullet or number from its text is none."""
    gaps = [right.box.x0 - left.box.x1 for left, right in pairwise(inked)]
    if not gaps:
        return 0.0
    widest = max(range(len(gaps)), key=gaps.__getitem__)
    if widest < LABEL and LABELS.fullmatch("".join(glyph.text for glyph in inked[: widest + 1])):
        gaps = gaps[widest + 1 :]
    return max(round(max(gaps, default=0.0), 1), 0.0)


def _letter_gap(row: Sequence[Glyph]) -> float:
    """Measure the gap within the words of a row, as a share of the size: letters may be spaced out."""
    inked = [glyph for glyph in row if not glyph.text.isspace()]
    gaps = sorted((right.box.x0 - left.box.x1) / (left.size or 1.0) for left, right in pairwise(inked))
    gap = gaps[len(gaps) // 4] if gaps else 0.0
    return gap if 0 < gap <= SPACED_OUT else 0.0


_Style = tuple[str, float, bool, bool, str, bool, str | None]


def _styled(row: Sequence[Glyph], size: float, foot: float) -> list[tuple[str, _Style]]:
    """Give each character of a row its style; a space takes the style of what stands before it."""
    styled: list[tuple[str, _Style]] = []
    last: Glyph | None = None
    space = False
    word_gap = WORD_GAP + _letter_gap(row)
    for glyph in row:
        text = _clean(glyph.text)
        if text.isspace():
            space = bool(styled)
            continue
        raised = glyph.size <= RAISED_SIZE * size and foot - glyph.box.bottom >= RAISED_BY * size
        if last is not None:
            shift = abs(glyph.box.x0 - last.box.x0) + abs(glyph.box.top - last.box.top)
            if shift < DOUBLE_STRIKE * glyph.size and glyph.text == last.text:
                continue
            # A footnote's mark may stand off a little; what is measured is the text it stands in.
            gap = glyph.box.x0 - last.box.x1
            space = space or gap > word_gap * (size if raised else min(glyph.size, last.size))
            if space and IDEOGRAPH.match(last.text) and IDEOGRAPH.match(text):
                space = gap > IDEOGRAPH_GAP * glyph.size
        font = glyph.font
        style = (font, round(glyph.size, 1), is_bold(font), _is_italic(font), glyph.color, raised, glyph.url)
        if space and styled:
            before = styled[-1][1]
            url = before[6] if before[6] == glyph.url else None
            styled.append((" ", (*before[:6], url) if not before[5] else style))
        styled.append((text, style))
        last, space = glyph, False
    return styled


def _mark_bullet(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Write every kind of bullet at the start of a line as one sign."""
    if not spans:
        return spans
    first = spans[0].text.lstrip()
    if first and (first[0] in BULLETS or SYMBOL_FONT.match(first)) and (len(first) == 1 or first[1] == " "):
        return (replace(spans[0], text=BULLET + first[1:]), *spans[1:])
    return spans


def _trim(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Strip the white space at both ends of a line."""
    kept = list(spans)
    while kept and not kept[0].text.strip():
        kept.pop(0)
    while kept and not kept[-1].text.strip():
        kept.pop()
    if kept:
        kept[0] = replace(kept[0], text=kept[0].text.lstrip())
        kept[-1] = replace(kept[-1], text=kept[-1].text.rstrip())
    return tuple(kept)
