"""A small typesetter: a manuscript becomes a PDF with lines, pages, footnotes, running heads and page numbers.

Two layouts of one manuscript break its lines and pages at other places, as two editions of a paper do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import NamedTuple

from reportlab.pdfbase.pdfmetrics import stringWidth

from pipeline.datatypes import Passage
from pipeline.datatypes.page import Document
from tests.papers import BOLD, HEIGHT, LEFT, REGULAR, Text, make_pdf

NOTE_SIZE = 8.0
SHORTEST_PIECE = 3  # letters before and after a hyphen at a line's end


class Block(NamedTuple):
    """A heading (``level`` 1 is the top), paragraph or list item of a manuscript.

    ``notes`` are footnotes cited after the character at an offset. The first ``bold`` characters are a run-in heading.
    """

    text: str
    level: int = 0
    is_item: bool = False
    notes: tuple[tuple[int, str], ...] = ()
    bold: int = 0


@dataclass(frozen=True)
class Layout:
    """How to set a manuscript: sizes in points."""

    size: float = 11.0
    width: float = 450.0
    bottom: float = 740.0
    head: str = ""
    hyphenate: bool = False

    @property
    def step(self) -> float:
        return 1.24 * self.size

    def heading_size(self, level: int) -> float:
        return self.size * (1.9 - 0.3 * level)


class Word(NamedTuple):
    text: str
    bold: bool
    notes: tuple[str, ...]


@dataclass
class Row:
    """A line and the space above it; ``notes`` are the footnotes it cites, by number."""

    words: list[Word]
    x: float
    size: float
    gap: float
    notes: list[tuple[int, str]] = field(default_factory=list)
    is_heading: bool = False
    bullet: bool = False


def read_markup(markup: str) -> list[Block]:
    """Make a manuscript of lines: ``# heading``, ``## lower one``, ``* list item``, text with ``[[a footnote]]``."""
    blocks = []
    for line in filter(None, map(str.strip, markup.splitlines())):
        signs, text = re.match(r"(#+|\*|) ?(.*)", line).groups()  # type: ignore[union-attr]
        plain, notes = "", []
        for piece in re.split(r"(\[\[.*?\]\])", text):
            if piece.startswith("[["):
                notes.append((len(plain), piece[2:-2]))
            else:
                plain += piece
        blocks.append(Block(plain, signs.count("#"), signs == "*", tuple(notes)))
    return blocks


def manuscript(document: Document, passages: Sequence[Passage]) -> list[Block]:
    """Make a manuscript of a paper that was read; its footnotes are cited at the end of the passages that cite them."""
    blocks = []
    for section in document.sections:
        heading = section.heading
        bold = len(heading.text) if heading and heading.run_in else 0
        if heading and not heading.run_in:
            blocks.append(Block(heading.text, heading.level))
        for passage in passages:
            if passage.note is not None or passage.id.split("/")[2] != str(section.number):
                continue
            *others, last = passage.text.split("\n")
            for text in [*others, last]:
                plain = text.removeprefix("•").strip()
                notes = tuple((len(plain), note.text) for note in passage.footnotes) if text is last else ()
                blocks.append(Block(plain, 0, text.startswith("•"), notes, bold))
                bold = 0
    return blocks


def typeset(path: Path, blocks: Sequence[Block], layout: Layout = Layout()) -> Path:
    """Write a manuscript as a PDF."""
    numbers = count(1)
    rows = [row for block in blocks for row in _rows(block, layout, numbers)]
    pages: list[list[Text]] = []
    start = 0
    while start < len(rows):
        end = _page_end(rows, start, layout)
        pages.append(_page(rows[start:end], len(pages) + 1, layout))
        start = end
    return make_pdf(path, pages)


def _page_end(rows: Sequence[Row], start: int, layout: Layout) -> int:
    """How many rows fit: footnotes take their room from the page, and no heading stands at its foot."""
    top, notes, end = 80.0, 0.0, start
    while end < len(rows):
        row = rows[end]
        top += row.gap if end > start else 0.0
        notes += sum(1.2 * NOTE_SIZE * len(_note_rows(text, layout)) for _, text in row.notes)
        if top + 1.3 * row.size + notes > layout.bottom and end > start:
            break
        end += 1
    while end < len(rows) and end > start + 1 and rows[end - 1].is_heading:
        end -= 1
    return end


def _page(rows: Sequence[Row], number: int, layout: Layout) -> list[Text]:
    texts = [Text(layout.head, 36, size=9)] if layout.head else []
    top = 80.0
    for position, row in enumerate(rows):
        top += row.gap if position else 0.0
        texts += _row_texts(row, top, layout)
    noted = [(mark, line) for row in rows for mark, text in row.notes for line in _with_mark(mark, text, layout)]
    foot = layout.bottom + 20 - 1.2 * NOTE_SIZE * len(noted)
    for position, (mark, line) in enumerate(noted):
        at = foot + 1.2 * NOTE_SIZE * position
        x = LEFT
        if line.startswith("\0"):
            texts.append(Text(str(mark), at, size=5))
            x += 8
        texts.append(Text(line.removeprefix("\0"), at, x, size=NOTE_SIZE))
    return [*texts, Text(str(number), HEIGHT - 50, LEFT + layout.width / 2, size=9)]


def _with_mark(mark: int, text: str, layout: Layout) -> list[str]:
    first, *rest = _note_rows(text, layout)
    return [f"\0{first}", *rest]


def _note_rows(text: str, layout: Layout) -> list[str]:
    return [" ".join(word.text for word in line) for line in _lines(_words(Block(text)), layout, NOTE_SIZE, 10)]


def _row_texts(row: Row, top: float, layout: Layout) -> Iterator[Text]:
    x = row.x
    if row.bullet:
        yield Text("·", top, x - 14, size=row.size)
    marks = iter(row.notes)
    for word in row.words:
        font = BOLD if word.bold else REGULAR
        yield Text(word.text, top, x, size=row.size, font=font)
        x += stringWidth(word.text, font, row.size)
        if word.notes:
            mark = ", ".join(str(next(marks)[0]) for _ in word.notes)
            yield Text(mark, top, x, size=6.5)
            x += stringWidth(mark, REGULAR, 6.5)
        x += stringWidth(" ", font, row.size)


def _rows(block: Block, layout: Layout, numbers: Iterator[int]) -> Iterator[Row]:
    size = layout.heading_size(block.level) if block.level else layout.size
    words = [word._replace(bold=True) for word in _words(block)] if block.level else _words(block)
    indent = 18.0 if block.is_item else 0.0
    for position, line in enumerate(_lines(words, layout, size, indent)):
        gap = 1.24 * size if position else (1.24 if block.is_item else 1.9) * max(size, layout.size) + 3
        notes = [(next(numbers), note) for word in line for note in word.notes]
        first = block.is_item and position == 0
        yield Row(line, LEFT + indent, size, gap, notes, is_heading=block.level > 0, bullet=first)


def _words(block: Block) -> list[Word]:
    found = []
    start = 0
    for text in block.text.split(" "):
        end = start + len(text)
        notes = tuple(note for offset, note in block.notes if start < offset <= end)
        found.append(Word(text, start < block.bold, notes))
        start = end + 1
    return found


def _lines(words: Sequence[Word], layout: Layout, size: float, indent: float) -> list[list[Word]]:
    """Fill lines with words; a long word that does not fit is broken if the layout hyphenates."""
    lines: list[list[Word]] = [[]]
    used = indent
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        font = BOLD if word.bold else REGULAR
        width = stringWidth(word.text, font, size)
        if used + width > layout.width and lines[-1]:
            fits = [n for n in _breaks(word) if used + stringWidth(word.text[:n] + "-", font, size) <= layout.width]
            if layout.hyphenate and fits and size == layout.size:
                lines[-1].append(Word(word.text[: fits[-1]] + "-", word.bold, ()))
                word = word._replace(text=word.text[fits[-1] :])
                width = stringWidth(word.text, font, size)
            lines.append([])
            used = indent
        lines[-1].append(word)
        used += width + stringWidth(" ", font, size)
    return lines


def _breaks(word: Word) -> range:
    letters = word.text.rstrip(".,;:)”’")
    return range(SHORTEST_PIECE, len(letters) - SHORTEST_PIECE) if letters.isalpha() else range(0)
