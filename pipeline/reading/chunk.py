"""Sections → passages of about one idea.

Whole paragraphs, short lists with their lead-in sentence, long paragraphs cut at sentence ends.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.datatypes import Footnote, Link, PageBox, Passage
from pipeline.datatypes.page import Document, Section
from pipeline.reading.citing import cited_notes, heading_notes
from pipeline.reading.scripts import SOUTH_EAST_ASIAN, count_words, words_in
from pipeline.reading.sentences import sentence_ranges
from pipeline.reading.unwrap import Block, NoteMark, Prose, TableRange

# Where a sentence may be cut: at a semicolon; at a comma of Chinese and Japanese; in Thai, where a space is a comma.
PAUSE = re.compile(f"[;；，、؛]|[{SOUTH_EAST_ASIAN}](?=\\s)")


@dataclass(frozen=True, slots=True)
class ChunkLimits:
    """Passage lengths, in words."""

    target: int = 100  # what a passage aims at: one paragraph of a policy paper
    most: int = 150  # a longer paragraph is cut
    least: int = 25  # a shorter last passage of a section joins the one before it

    def __post_init__(self) -> None:
        """Refuse limits that contradict each other."""
        if not 0 < self.least < self.target <= self.most:
            raise ValueError(f"need 0 < least < target <= most, got {self.least}, {self.target}, {self.most}")


LIMITS = ChunkLimits()


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is never cut: a block or some sentences of one. ``glued`` units want to stay with the next one."""

    start: int
    end: int
    words: int
    is_item: bool
    glued: bool = False


def chunk_ranges(prose: Prose, limits: ChunkLimits = LIMITS) -> list[tuple[int, int]]:
    """Cut running text into passages: (start, end) offsets that cover every character but white space."""
    units = _units(prose, limits)
    groups: list[list[_Unit]] = []
    for unit in units:
        if groups and _fits(groups[-1], unit, limits):
            groups[-1].append(unit)
        else:
            groups.append([*_moving(groups[-1] if groups else [], unit, limits), unit])
    if len(groups) > 1 and _words(groups[-1]) < limits.least:
        # At most ``least`` words over ``most``, which beats a passage of half a sentence.
        groups[-2:] = [groups[-2] + groups[-1]]
    return [(group[0].start, group[-1].end) for group in groups]


def _moving(group: list[_Unit], unit: _Unit, limits: ChunkLimits) -> list[_Unit]:
    """Take from the end of a passage what wants to stay with the unit that begins the next one."""
    start = len(group)
    while start > 1 and group[start - 1].glued and _words(group[start - 1 :]) + unit.words <= limits.most:
        start -= 1
    moved = group[start:]
    del group[start:]
    return moved


class _Piece(NamedTuple):
    """What becomes a passage: a slice of a section, or of the footnote ``note``; ``cited`` are the marks in it."""

    text: str
    pages: tuple[int, ...]
    boxes: tuple[PageBox, ...]
    links: tuple[Link, ...]
    cited: Sequence[NoteMark] = ()
    paragraphs: tuple[int, ...] = ()
    note: str | None = None
    table_head: str = ""


def make_passages(
    document: Document,
    section: Section,
    prose: Prose,
    own_notes: Sequence[Footnote] = (),
    limits: ChunkLimits = LIMITS,
) -> list[Passage]:
    """Cut a section of a document into passages, followed by those of its own footnotes.

    :param own_notes: the footnotes that belong to this section and no other.
    """
    pieces = [*_text_pieces(section, prose, limits), *_note_pieces(own_notes, limits)]
    owner = document.owner_of(section)
    return [
        Passage(
            id=f"{document.edition.id}/{section.number}/{ordinal}",
            edition=document.edition,
            organization=owner,
            section=section.path,
            text=piece.text,
            pages=piece.pages,
            page_labels=tuple(document.pages[number - 1].label_at(piece.boxes) for number in piece.pages),
            boxes=piece.boxes,
            links=piece.links,
            footnotes=cited_notes(document.pages, piece.cited),
            sentences=tuple(sentence_ranges(piece.text)),
            note=piece.note,
            paragraphs=piece.paragraphs,
            ocr=any(document.pages[number - 1].ocr for number in piece.pages),
            table_head=piece.table_head,
        )
        for ordinal, piece in enumerate(pieces)
    ]


def _text_pieces(section: Section, prose: Prose, limits: ChunkLimits) -> Iterator[_Piece]:
    marks = heading_notes(section)
    tables = prose.tables()
    for start, end in chunk_ranges(prose, limits):
        marks += [mark for mark in prose.notes if start < mark.offset <= end]
        place = prose.text[start:end], prose.pages(start, end), prose.boxes(start, end), prose.links_in(start, end)
        yield _Piece(*place, marks, prose.paragraphs(start, end), table_head=_table_head(prose, tables, start, limits))
        marks = []


def _table_head(prose: Prose, tables: Sequence[TableRange], start: int, limits: ChunkLimits) -> str:
    """Give the first row of the table that a passage goes on with, if that row stands before it and is a short one."""
    index = bisect_right(tables, start, key=lambda table: table.end)
    if index == len(tables) or start < tables[index].start or start < tables[index].head[1]:
        return ""
    head = prose.text[slice(*tables[index].head)]
    again = prose.text.startswith(f"{head}\n", start)
    return head if not again and count_words(head) < limits.target / 2 else ""


def _note_pieces(notes: Iterable[Footnote], limits: ChunkLimits) -> Iterator[_Piece]:
    for note in notes:
        whole = Prose(note.text, (Block(0, len(note.text), is_item=False),))
        for start, end in chunk_ranges(whole, limits):
            yield _Piece(note.text[start:end], (note.page,), note.boxes, note.links, note=note.mark)


def _words(units: Iterable[_Unit]) -> int:
    return sum(unit.words for unit in units)


def _fits(group: Sequence[_Unit], unit: _Unit, limits: ChunkLimits) -> bool:
    words = _words(group)
    if words + unit.words > limits.most:
        return False
    if group[-1].glued or (unit.is_item and group[-1].is_item):
        return True
    if unit.glued:
        return words < limits.target / 2
    return words + unit.words / 2 <= limits.target


def _units(prose: Prose, limits: ChunkLimits) -> list[_Unit]:
    units: list[_Unit] = []
    for index, block in enumerate(prose.blocks):
        follows_item = index + 1 < len(prose.blocks) and prose.blocks[index + 1].is_item
        leads_in = follows_item and prose.text[block.start : block.end].rstrip().endswith(":")
        whole = _unit(prose.text, block.start, block.end, is_item=block.is_item, glued=True)
        if block.leads and follows_item and whole.words < limits.target / 2:
            units.append(whole)
            continue
        units += _block_units(prose.text, block, leads_in=leads_in, limits=limits)
    return units


def _block_units(text: str, block: Block, *, leads_in: bool, limits: ChunkLimits) -> list[_Unit]:
    """Keep a block whole if it is short enough, else cut it at sentence ends into parts of about equal length."""
    whole = [(block.start + a, block.start + b) for a, b in sentence_ranges(text[block.start : block.end])]
    sentences = [piece for start, end in whole for piece in _pieces(text, start, end, limits)]
    last: list[_Unit] = []
    if leads_in:
        start, end = sentences.pop()
        last = [_unit(text, start, end, is_item=block.is_item, glued=True)]
    if not sentences:
        return last
    counts = [count_words(text[start:end]) for start, end in sentences]
    groups = _in_parts(counts, limits)
    return [
        _unit(text, sentences[group.start][0], sentences[group.stop - 1][1], is_item=block.is_item) for group in groups
    ] + last


def _in_parts(counts: Sequence[int], limits: ChunkLimits) -> list[range]:
    """Part sentences of these lengths into runs of about equal length, none longer than ``limits.most``."""
    total = sum(counts)
    parts = 1 if total <= limits.most else max(2, round(total / limits.target))
    runs: list[range] = []
    done = length = 0
    for index, count in enumerate(counts):
        part = min(parts - 1, int((done + count / 2) * parts / max(total, 1)))
        if runs and part < len(runs) and length + count <= limits.most:
            runs[-1] = range(runs[-1].start, index + 1)
            length += count
        else:
            runs.append(range(index, index + 1))
            length = count
        done += count
    return runs


def _pieces(text: str, start: int, end: int, limits: ChunkLimits) -> list[tuple[int, int]]:
    """Cut a sentence that is longer than a passage: at pauses, or else between words."""
    if count_words(text[start:end]) <= limits.most:
        return [(start, end)]
    pieces: list[tuple[int, int]] = []
    piece_start, words, pause = start, 0, 0
    for match in words_in(text[start:end]):
        words += 1
        word_end = start + match.end()
        if PAUSE.match(text, word_end - 1):
            pause = word_end
        if (words >= limits.target and pause > piece_start) or words >= limits.most:
            cut = pause if pause > piece_start else word_end
            pieces.append((piece_start, cut))
            piece_start = cut + len(text[cut:end]) - len(text[cut:end].lstrip())
            words = count_words(text[piece_start:word_end])
    return [*pieces, (piece_start, end)] if piece_start < end else pieces


def _unit(text: str, start: int, end: int, *, is_item: bool, glued: bool = False) -> _Unit:
    return _Unit(start, end, count_words(text[start:end]), is_item, glued)
