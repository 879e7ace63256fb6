"""The real paper set anew, in typographies that it does not have.

Its words, headings, lists and footnotes stay; fonts, paper, columns, heads and numbers change. Each organization starts
a page, as in the paper.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import NamedTuple

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from pipeline.datatypes.page import Document
from pipeline.reading.body import find_body
from pipeline.reading.unwrap import unwrap
from pipeline.reading.vocabulary import Vocabulary
from tests.typeset import Block

TOP, MARGIN, NOTE = 80.0, 64.0, 8.0  # points; the size of footnotes too
ROMANS = ["i", "ii", "iii", "iv", "v"]


@dataclass(frozen=True)
class Typography:
    """How to set the paper. ``headings``: "size", "bold" (of the body's size) or "caps"."""

    regular: str = "Helvetica"
    bold: str = "Helvetica-Bold"
    paper: tuple[float, float] = A4
    size: float = 11.0
    headings: str = "size"
    columns: int = 1
    front: bool = False  # a cover and a contents page with roman numbers
    number_above: bool = False

    @property
    def width(self) -> float:
        """Of a column: 24 points part two."""
        return (self.paper[0] - 2 * MARGIN - 24 * (self.columns - 1)) / self.columns

    def heading_size(self, level: int) -> float:
        return self.size * (1.9 - 0.3 * level) if self.headings == "size" else self.size


class Row(NamedTuple):
    """A line: its words and whether each is bold, the notes it cites, and the room above it."""

    words: list[tuple[str, bool, tuple[int, ...]]]
    indent: float
    size: float
    gap: float
    level: int
    starts: bool
    bullet: bool


class Reset(NamedTuple):
    """What was made: the file, and for each top heading its physical page and its label."""

    file: Path
    tops: list[tuple[str, int, str]]


def retype(document: Document) -> tuple[list[Block], list[str]]:
    """Make a manuscript of a paper that was read, and its footnotes in order."""
    lines = [line for section in document.sections for line in section.lines]
    vocabulary, body = Vocabulary(lines), find_body(lines)
    texts = {(note.page, note.mark): note.text for page in document.pages for note in page.footnotes}
    blocks: list[Block] = []
    for section in document.sections:
        heading = section.heading
        if heading and not heading.run_in:
            cited = {(span.note, span.text.strip()) for line in heading.lines for span in line.spans if span.note}
            notes = tuple((len(heading.text), texts[key]) for key in sorted(cited))
            blocks.append(Block(heading.text, heading.level, notes=notes))
        bold = len(heading.text) if heading and heading.run_in else 0
        prose = unwrap(section.lines, vocabulary, body)
        for block in prose.blocks:
            text = prose.text[block.start : block.end]
            plain = text.removeprefix("•").strip()
            shift = block.end - len(plain)
            cites = tuple(
                (mark.offset - shift, texts[mark.page, mark.mark])
                for mark in prose.notes
                if block.start < mark.offset <= block.end
            )
            blocks.append(Block(plain, 0, text.startswith("•"), cites, bold))
            bold = 0
    return blocks, list(texts.values())


def reset(path: Path, blocks: Sequence[Block], look: Typography) -> Reset:
    """Set a manuscript."""
    numbers = count(1)
    notes: dict[int, str] = {}
    rows = [row for block in blocks for row in _rows(block, look, numbers, notes)]
    pages = list(_pages(rows, look, notes))
    front = 2 if look.front else 0
    titles = iter([block.text for block in blocks if block.level == 1])
    tops = [
        (next(titles), number + front, str(number))
        for number, page in enumerate(pages, start=1)
        if page[0][0].level == 1 and page[0][0].starts
    ]
    canvas = Canvas(str(path), pagesize=look.paper, invariant=1)
    if look.front:
        _front(canvas, look, tops)
    for number, page in enumerate(pages, start=1):
        _draw(canvas, page, number, look, notes)
    canvas.save()
    return Reset(path, tops)


def _rows(block: Block, look: Typography, numbers: Iterator[int], notes: dict[int, str]) -> Iterator[Row]:
    size = look.heading_size(block.level) if block.level else look.size
    indent = 18.0 if block.is_item else 0.0
    words: list[tuple[str, bool, tuple[int, ...]]] = []
    start = 0
    for word in block.text.split(" "):
        end = start + len(word)
        own = []
        for offset, text in block.notes:
            if start < offset <= end:
                own.append(next(numbers))
                notes[own[-1]] = text
        shown = word.upper() if block.level == 1 and look.headings == "caps" else word
        words.append((shown, bool(block.level) or start < block.bold, tuple(own)))
        start = end + 1
    for number, line in enumerate(_fill(words, look, size, look.width - indent)):
        gap = 1.24 * size if number else (1.24 if block.is_item else 1.9) * max(size, look.size) + 3
        yield Row(line, indent, size, gap, block.level, not number, block.is_item and not number)


def _fill(
    words: Sequence[tuple[str, bool, tuple[int, ...]]], look: Typography, size: float, width: float
) -> Iterator[list[tuple[str, bool, tuple[int, ...]]]]:
    line: list[tuple[str, bool, tuple[int, ...]]] = []
    used = 0.0
    for word in words:
        font = look.bold if word[1] else look.regular
        wide = stringWidth(word[0], font, size) + 4 * len(word[2])
        if line and used + wide > width:
            yield line
            line, used = [], 0.0
        line.append(word)
        used += wide + stringWidth(" ", font, size)
    yield line


def _note_lines(number: int, text: str, look: Typography) -> list[str]:
    words = [(word, False, ()) for word in text.split(" ")]
    width = look.paper[0] - 2 * MARGIN - 12
    return [" ".join(word for word, _, _ in line) for line in _fill(words, look, NOTE, width)]


def _pages(rows: Sequence[Row], look: Typography, notes: dict[int, str]) -> Iterator[list[list[Row]]]:
    """Fill pages; a top heading starts one."""
    start = 0
    while start < len(rows):
        room = look.paper[1] - TOP - 90.0
        page = _page(rows, start, look, room)
        # Notes stand below all columns: what the last one cites takes room from the first one as well.
        for _ in range(9):
            need = sum(_note_room(row, look, notes) for column in page for row in column)
            page = _page(rows, start, look, room - need)
            if sum(_note_room(row, look, notes) for column in page for row in column) <= need:
                break
        start += sum(map(len, page))
        yield page


def _note_room(row: Row, look: Typography, notes: dict[int, str]) -> float:
    return sum(1.2 * NOTE * len(_note_lines(n, notes[n], look)) for _, _, own in row.words for n in own)


def _page(rows: Sequence[Row], start: int, look: Typography, room: float) -> list[list[Row]]:
    """Fill the columns of a page; no heading ends one."""
    page: list[list[Row]] = []
    while len(page) < look.columns and start < len(rows):
        top, end = 0.0, start
        while end < len(rows):
            row = rows[end]
            fresh = row.level == 1 and row.starts and (page or end > start)
            if fresh or (top + row.gap > room and end > start):
                break
            top += row.gap
            end += 1
        while end < len(rows) and end > start + 1 and rows[end - 1].level:
            end -= 1
        if end == start:
            break
        page.append(list(rows[start:end]))
        start = end
    return page


def _draw(canvas: Canvas, page: list[list[Row]], number: int, look: Typography, notes: dict[int, str]) -> None:
    height = look.paper[1]
    cited: list[int] = []
    for place, column in enumerate(page):
        left, y = MARGIN + place * (look.width + 24), height - TOP
        for index, row in enumerate(column):
            y -= row.gap if index else row.size
            x = left + row.indent
            if row.bullet:
                canvas.setFont(look.regular, row.size)
                canvas.drawString(x - 14, y, "•")
            for word, bold, own in row.words:
                font = look.bold if bold else look.regular
                canvas.setFont(font, row.size)
                canvas.drawString(x, y, word)
                x += stringWidth(word, font, row.size)
                if own:
                    mark = ", ".join(map(str, own))
                    canvas.setFont(look.regular, 6.5)
                    canvas.drawString(x, y + 4, mark)
                    x += stringWidth(mark, look.regular, 6.5)
                    cited += own
                x += stringWidth(" ", font, row.size)
    lines = [(n, line, k) for n in cited for k, line in enumerate(_note_lines(n, notes[n], look))]
    for place, (n, line, k) in enumerate(reversed(lines)):
        y = 70 + 1.2 * NOTE * place
        if not k:
            canvas.setFont(look.regular, 5)
            canvas.drawString(MARGIN, y + 3, str(n))
        canvas.setFont(look.regular, NOTE)
        canvas.drawString(MARGIN + 8, y, line)
    canvas.setFont(look.regular, 9)
    canvas.drawCentredString(look.paper[0] / 2, height - 40 if look.number_above else 40, str(number))
    canvas.showPage()


def _front(canvas: Canvas, look: Typography, tops: Sequence[tuple[str, int, str]]) -> None:
    width, height = look.paper
    canvas.setFont(look.bold, 28)
    canvas.drawString(MARGIN, height - 250, "Mandates against trafficking")
    canvas.setFont(look.regular, 16)
    canvas.drawString(MARGIN, height - 290, "A background paper, April 2018")
    canvas.showPage()
    canvas.setFont(look.bold, 20)
    canvas.drawString(MARGIN, height - 90, "Contents")
    y = height - 130
    for title, _, label in tops:
        words = [(word, False, ()) for word in title.split(" ")]
        lines = [
            " ".join(word for word, _, _ in line) for line in _fill(words, look, look.size, width - 2 * MARGIN - 60)
        ]
        for line in lines:
            y -= 1.5 * look.size
            canvas.setFont(look.regular, look.size)
            canvas.drawString(MARGIN, y, line)
        right = width - MARGIN
        dots = int((right - 24 - MARGIN - stringWidth(lines[-1], look.regular, look.size)) / 6)
        canvas.drawRightString(right - 24, y, ". " * dots)
        canvas.drawRightString(right, y, label)
    canvas.setFont(look.regular, 9)
    canvas.drawCentredString(width / 2, 40, "ii")
    canvas.showPage()


PLAIN = Typography()
SERIF = replace(PLAIN, regular="Times-Roman", bold="Times-Bold", paper=(612.0, 792.0), size=12.0)
