"""Sections → passages of about one idea.

Whole paragraphs, short lists with their lead-in sentence, long paragraphs cut at sentence ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.datatypes import Edition, Footnote, Organization, Page, PageBox, Passage, Section
from pipeline.reading.footnotes import marks_of
from pipeline.reading.scripts import SOUTH_EAST_ASIAN, count_words, words_in
from pipeline.reading.sentences import sentence_ranges
from pipeline.reading.unwrap import Block, NoteMark, Prose

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


def heading_notes(section: Section) -> list[NoteMark]:
    """List the footnotes that a heading cites; its words are no part of the section's text, its notes are."""
    if section.heading is None or section.heading.run_in:
        return []
    cited = [span for line in section.heading.lines for span in line.spans if span.note is not None]
    return [NoteMark(0, mark, span.note) for span in cited for mark in marks_of(span.text) if span.note is not None]


def make_passages(
    edition: Edition,
    section: Section,
    prose: Prose,
    organization: Organization | None,
    pages: Sequence[Page],
    own_notes: Sequence[Footnote],
    limits: ChunkLimits = LIMITS,
) -> list[Passage]:
    """Cut a section into passages, followed by one passage for each of its own footnotes.

    :param pages: all pages of the edition, page 1 first.
    :param own_notes: the footnotes that belong to this section and no other.
    """
    notes = {(note.page, note.mark): note for page in pages for note in page.footnotes}

    def passage(
        ordinal: int, text: str, on_pages: tuple[int, ...], boxes: tuple[PageBox, ...], **fields: Any
    ) -> Passage:
        return Passage(
            id=f"{edition.id}/{section.number}/{ordinal}",
            edition=edition,
            organization=organization,
            section=section.path,
            text=text,
            pages=on_pages,
            page_labels=tuple(pages[number - 1].label_at(boxes) for number in on_pages),
            boxes=boxes,
            ocr=any(pages[number - 1].ocr for number in on_pages),
            sentences=tuple(sentence_ranges(text)),
            **fields,
        )

    made: list[Passage] = []
    for start, end in chunk_ranges(prose, limits):
        marks = heading_notes(section) if not made else []
        marks += [mark for mark in prose.notes if start < mark.offset <= end]
        keys = dict.fromkeys((mark.page, mark.mark) for mark in marks)
        made.append(
            passage(
                len(made),
                prose.text[start:end],
                prose.pages(start, end),
                prose.boxes(start, end),
                links=prose.links_in(start, end),
                paragraphs=prose.paragraphs(start, end),
                footnotes=tuple(notes[key] for key in keys if key in notes),
            )
        )
    for note in own_notes:
        whole = Prose(note.text, (Block(0, len(note.text), is_item=False),))
        made += [
            passage(len(made) + part, note.text[start:end], (note.page,), note.boxes, links=note.links, note=note.mark)
            for part, (start, end) in enumerate(chunk_ranges(whole, limits))
        ]
    return made


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
