"""Footnotes: small type at the foot of a page, each starting with the mark that a superscript above it cites."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from pipeline.datatypes.page import Line, Span

SMALLER = 0.93  # share of the body's size; notes are set at 0.7 to 0.9 of it
MARK = re.compile(r"\s*(\d{1,3}|[*†‡§¶#]{1,3}|[a-z](?=\s))(?=[\s\w“‘«\"'(])")
FOOT = 0.3  # a note starts below this share of the page's height


class NoteLines(NamedTuple):
    """The lines of one footnote as they stand on the page, mark included."""

    mark: str
    lines: tuple[Line, ...]


def split_footnotes(lines: Sequence[Line], body_size: float, page_height: float) -> tuple[list[Line], list[NoteLines]]:
    """Part a page's lines, furniture taken off, into running text and footnotes.

    :return: the text lines, with every citing superscript pointing to its note's page, and the notes in order.
    """
    cited = {mark for line in lines for span in line.spans if span.raised for mark in marks_of(span.text)}
    text: list[Line] = []
    notes: list[NoteLines] = []
    for column in columns_of(lines):
        start = len(column)
        while start and column[start - 1].size <= SMALLER * body_size and column[start - 1].cell is None:
            start -= 1
        found = _notes(column[start:], cited, FOOT * page_height)
        text += column[: len(column) - sum(len(note.lines) for note in found)]
        notes += found
    marks = {note.mark for note in notes}
    return [_cite(line, marks) for line in text], notes


def columns_of(lines: Sequence[Line]) -> list[Sequence[Line]]:
    """Part the lines of a page where they go on higher up: there another column begins, if not another cell."""
    starts = [n for n, (above, line) in enumerate(pairwise(lines), start=1) if _goes_up(above, line)]
    return [lines[start:end] for start, end in pairwise([0, *starts, len(lines)])]


def _goes_up(above: Line, line: Line) -> bool:
    in_table = above.cell is not None and line.cell is not None and above.cell.table == line.cell.table
    return line.box.bottom < above.box.top and not in_table


def marks_of(text: str) -> list[str]:
    """Part the marks of one superscript.

    >>> marks_of("5, 6")
    ['5', '6']
    """
    return [mark for mark in re.split(r"[,;\s]+", text) if mark]


def strip_mark(note: NoteLines) -> tuple[Line, ...]:
    """Take the mark off the first line of a note."""
    first, rest = note.lines[0], note.lines[1:]
    head = first.spans[0]
    text = head.text.lstrip()[len(note.mark) :].lstrip() if head.text.strip() != note.mark else ""
    spans = (replace(head, text=text), *first.spans[1:]) if text else first.spans[1:]
    if spans and not text:
        spans = (replace(spans[0], text=spans[0].text.lstrip()), *spans[1:])
    return (replace(first, spans=spans), *rest) if spans else rest


def _notes(lines: Sequence[Line], cited: set[str], highest: float) -> list[NoteLines]:
    """Cut the small lines at the foot into notes: each starts with a cited mark, the numbers in rising order."""
    notes: list[NoteLines] = []
    for line in lines:
        mark = _mark(line)
        if mark in cited and line.box.top > highest and _follows(notes[-1].mark if notes else None, mark):
            notes.append(NoteLines(mark, (line,)))
        elif notes:
            notes[-1] = NoteLines(notes[-1].mark, (*notes[-1].lines, line))
    return notes


def _mark(line: Line) -> str:
    head = line.spans[0]
    if head.raised:
        return head.text.strip()
    match = MARK.match(line.text)
    return match[1] if match else ""


def _follows(previous: str | None, mark: str) -> bool:
    """Tell whether a mark may start a new note: a number follows the last one, so that a year or a date does not."""
    if previous is None or not (previous.isdigit() and mark.isdigit()):
        return mark != previous
    return int(mark) == int(previous) + 1


def _cite(line: Line, marks: set[str]) -> Line:
    def cite(span: Span) -> Span:
        cited = span.raised and set(marks_of(span.text)) <= marks
        return replace(span, note=line.page) if cited and span.text.strip() else span

    return replace(line, spans=tuple(cite(span) for span in line.spans))
