"""Contents lists: which lines are entries of one, and what they tell about headings.

An entry ends with a page number, after a leader ("Mandates ...... 12") or at the column's right edge, and the numbers
do not fall from entry to entry. A table's column of numbers looks like that too: so the titles of most entries must
stand again, as lines of their own, elsewhere in the paper. Lists of figures and tables are contents lists as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from pipeline.datatypes.page import Line
from pipeline.reading.titles import CAPTION, decimal_depth, title_key

FEWEST = 3  # entries on a page that make a list; a table has two numbers below each other by chance
FEWEST_ON = 1  # on the page after one: what did not fit
RISING = 0.8  # share of neighbours whose numbers do not fall; roman front matter before arabic breaks one
KNOWN = 0.5  # share of the entries that must be lines elsewhere: wrapped and abridged titles are not
DENSE = 0.4  # share of the lines from first to last that must be entries: titles of three lines are seen
EDGE = 4.0  # points; the numbers of a list end at one edge, but for a ragged comma or full stop
STEP = 1.6  # times its size: a line this near above an entry without an end of its own is that entry's start
TITLE_WORDS = 4  # of a list's own title, or the label of its column: "Table of contents", "Page"
LEAST_KEY = 8  # letters that a line must share with an entry that goes on: less is any word
INDENT = 5.0  # points; a level is indented by 8 and more, a numeral's side bearing shifts by one
NUMBERED = 0.5  # share of the entries; forewords and annexes carry no number
MOST_LEVELS = 4  # indentations; more are centred lines, or left and right pages with margins of their own
LEADERS = " .…·_‥"  # what leads from a title to its number
DOTS = 3  # of them that make a leader
# 12 · xiv · 2-14 · A-3
NUMBER = re.compile(r"(?<!\w)(\d{1,4}|[ivxlc]{1,7}|\d{1,2}[-–]\d{1,3}|[A-Z]-?\d{1,3})$")
LONGEST = 8  # characters of a number, and the one before it


class Entry(NamedTuple):
    """An entry of a contents list: its title, the page it names as printed there, its level where the list shows it."""

    title: str
    label: str
    level: int | None = None


class Contents(NamedTuple):
    """The lines of all contents lists, by their place among the lines looked at, and the entries they make."""

    lines: frozenset[int]
    entries: tuple[Entry, ...]
    titles: frozenset[int] = frozenset()  # of ``lines``, those above the first entry: "Contents", "Page"


class _Row(NamedTuple):
    """A line that looks like the end of an entry."""

    place: int
    title: str
    label: str
    leader: bool
    right: float


def find_contents(lines: Sequence[Line]) -> Contents:
    """Find the contents lists of a document.

    :param lines: every text line of the document in reading order.
    """
    keys: Counter[str] = Counter()
    found: set[int] = set()
    titles: set[int] = set()
    starts: list[tuple[Line, str]] = []
    labels: list[str] = []
    last_page = -1
    for page, group in groupby(enumerate(lines), key=lambda item: item[1].page):
        indices = [index for index, _ in group]
        goes_on = last_page == page - 1
        rows = _list_rows([row for index in indices if (row := _row(lines[index], index))])
        if len(rows) < (FEWEST_ON if goes_on else FEWEST):
            continue
        keys = keys or Counter(title_key(line.text) for line in lines)
        if not _is_list(rows, indices, keys, goes_on=goes_on):
            continue
        made = list(_starts(lines, indices, rows))
        first = _with_title(lines, indices, made[0][0])
        found.update(range(first, rows[-1].place + 1))
        titles.update(range(first, made[0][0]))
        starts += [(lines[start], title) for start, title in made]
        labels += [row.label for row in rows]
        last_page = page
    levels = _depths(starts) if starts else []
    entries = [Entry(title, label, level) for (_, title), label, level in zip(starts, labels, levels, strict=True)]
    plain = tuple(entry for entry in entries if not CAPTION.match(entry.title))
    return Contents(frozenset(found), plain, frozenset(titles))


def _row(line: Line, index: int) -> _Row | None:
    text = line.text
    match = NUMBER.search(text[-LONGEST:])
    if not match:
        return None
    before = text[: len(text) - len(match[0])]
    title = before.rstrip(LEADERS)
    if title == before or not any(map(str.isalpha, title)):
        return None
    leader = len(before[len(title) :].replace(" ", "")) >= DOTS
    return _Row(index, title, match[0], leader, line.box.x1)


def _list_rows(rows: Sequence[_Row]) -> list[_Row]:
    """Keep the rows that end where most of them do; a leader is proof enough."""
    edges = Counter(round(row.right / EDGE) for row in rows)
    if not edges:
        return []
    edge = EDGE * edges.most_common(1)[0][0]
    return [row for row in rows if row.leader or abs(row.right - edge) <= EDGE]


def _is_list(rows: Sequence[_Row], indices: Sequence[int], keys: Counter[str], *, goes_on: bool) -> bool:
    values = [int(row.label) for row in rows if row.label.isdigit()]
    rising = [one <= other for one, other in pairwise(values)]
    if rising and sum(rising) < RISING * len(rising):
        return False
    first = indices[0] if goes_on else rows[0].place
    if len(rows) < DENSE * (rows[-1].place - first + 1):
        return False
    leaders = sum(row.leader for row in rows) >= len(rows) / 2
    return leaders or sum(_is_known(row.title, keys) for row in rows) >= KNOWN * len(rows)


def _is_known(title: str, keys: Counter[str]) -> bool:
    """Tell whether a title, or at least its start, is a line of its own."""
    key = title_key(title)
    return bool(key) and (keys[key] > 0 or any(keys[key[:end]] for end in range(LEAST_KEY, len(key))))


def _starts(lines: Sequence[Line], indices: Sequence[int], rows: Sequence[_Row]) -> Iterator[tuple[int, str]]:
    """Yield the line that each entry begins with, and its title; it may begin some lines above its number."""
    floor = indices[0]
    for row in rows:
        start = row.place
        while start > floor and _leads_to(lines[start - 1], lines[start]):
            start -= 1
        floor = row.place + 1
        yield start, " ".join([*(line.text for line in lines[start : row.place]), row.title])


def _leads_to(above: Line, line: Line) -> bool:
    step = line.box.top - above.box.top
    return 0 < step <= STEP * line.size and above.size == line.size and above.bold == line.bold


def _with_title(lines: Sequence[Line], indices: Sequence[int], start: int) -> int:
    """Take in the list's own title, and what stands over its column of numbers."""
    while start > indices[0] and len(lines[start - 1].text.split()) <= TITLE_WORDS:
        start -= 1
    return start


def _depths(starts: Sequence[tuple[Line, str]]) -> list[int | None]:
    """Tell the level of each entry of a list: from its numbering, or from its indentation where few are numbered."""
    numbered = [decimal_depth(title) for _, title in starts]
    if max(numbered) > 1 and sum(map(bool, numbered)) >= NUMBERED * len(starts):
        tops = {_look(line) for (line, _), depth in zip(starts, numbered, strict=True) if depth == 1}
        below = {_look(line) for (line, _), depth in zip(starts, numbered, strict=True) if depth > 1}
        return [
            depth or (1 if _look(line) in tops - below else None)
            for (line, _), depth in zip(starts, numbered, strict=True)
        ]
    edges = sorted({line.box.x0 for line, _ in starts})
    steps = [edges[0], *(right for left, right in pairwise(edges) if right - left > INDENT)]
    if not 1 < len(steps) <= MOST_LEVELS:
        return [None for _ in starts]
    return [sum(line.box.x0 >= step for step in steps) for line, _ in starts]


def _look(line: Line) -> tuple[float, bool, str]:
    return line.size, line.bold, line.spans[0].font
