"""The one normaliser: lines → running text, with broken words joined and every character's line remembered."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from pipeline.datatypes import Line, Link, PageBox, Span
from pipeline.reading.body import NUMBERED, SENTENCE_END
from pipeline.reading.candidates import Body
from pipeline.reading.footnotes import columns_of, marks_of
from pipeline.reading.layout import BULLET, SOFT_HYPHEN

NEW_BLOCK_STEP = 1.2  # times the body's line step: list items stand 1.25 apart, paragraphs 1.4 and more
INDENT = 0.8  # times the font size: less is a glyph's side bearing
SHORT_LINE = 0.85  # share of the column: a line that ends before it and with a full stop ends its paragraph
SIZE_CHANGE = 0.06  # share of the font size: another size is another block

HYPHENS = "-‐"
WORD = re.compile(r"[^\W\d_]+(?:[-‐][^\W\d_]+)*")
LAST_WORD = re.compile(r"([^\W\d_]+)[-‐]$")
FIRST_WORD = re.compile(r"[^\W\d_]+")
URL_AT_END = re.compile(r"(://|www\.)\S*$")
SUPERSCRIPTS = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]")


class Block(NamedTuple):
    """A paragraph or list item: its character range in the text."""

    start: int
    end: int
    is_item: bool


class LineRange(NamedTuple):
    """The characters of the text that stand on one line of a page."""

    start: int
    end: int
    line: Line


class NoteMark(NamedTuple):
    """A footnote cited after the character at ``offset - 1``."""

    offset: int
    mark: str
    page: int


class LinkRange(NamedTuple):
    """The characters of the text that carry a hyperlink."""

    start: int
    end: int
    url: str


@dataclass(frozen=True, slots=True)
class Prose:
    """Running text: blocks are joined by line breaks, the lines of a block by spaces.

    ``first_paragraph`` is the number of the first block in a paper without pages, where each block is a paragraph.
    """

    text: str
    blocks: tuple[Block, ...] = ()
    lines: tuple[LineRange, ...] = ()
    notes: tuple[NoteMark, ...] = ()
    links: tuple[LinkRange, ...] = ()
    first_paragraph: int = 0

    def paragraphs(self, start: int, end: int) -> tuple[int, ...]:
        """Give the first and last paragraph of the range, counted through the paper; none where pages are counted."""
        if not self.first_paragraph:
            return ()
        held = [number for number, block in enumerate(self.blocks) if block.start < end and start < block.end]
        return (self.first_paragraph + held[0], self.first_paragraph + held[-1])

    def pages(self, start: int, end: int) -> tuple[int, ...]:
        """Every page that a character of the range stands on."""
        return tuple(sorted({item.line.page for item in self._lines_in(start, end)}))

    def boxes(self, start: int, end: int) -> tuple[PageBox, ...]:
        """Give the boxes of the lines that hold the range."""
        return tuple(PageBox(item.line.page, item.line.box) for item in self._lines_in(start, end))

    def links_in(self, start: int, end: int) -> tuple[Link, ...]:
        """Give the links whose words lie, at least in part, in the range."""
        return tuple(
            Link(self.text[item.start : item.end].strip(), item.url)
            for item in self.links
            if item.start < end and start < item.end
        )

    def _lines_in(self, start: int, end: int) -> list[LineRange]:
        """Find the lines of a range by halving: they follow each other, and a section may have a whole paper's."""
        first = bisect_right(self.lines, start, key=lambda item: item.end)
        last = bisect_left(self.lines, end, lo=first, key=lambda item: item.start)
        return [item for item in self.lines[first:last] if item.start < end and start < item.end]


class Vocabulary:
    """The words of a document, which decide what a hyphen at a line's end is."""

    def __init__(self, lines: Iterable[Line]) -> None:
        """Count all words that are not themselves broken over two lines."""
        self.words: Counter[str] = Counter()
        broken = False
        for line in lines:
            found = WORD.findall(line.text)
            starts_broken, broken = broken, bool(LAST_WORD.search(line.text))
            if starts_broken:
                found = found[1:]
            if broken:
                found = found[:-1]
            self.words.update(word.lower().replace("‐", "-") for word in found)
            self.words.update(part for word in found if "-" in word for part in word.lower().split("-"))

    def is_compound(self, left: str, right: str) -> bool:
        """Tell whether the hyphen between two halves belongs to the word ("Inter-Agency") or to the line ("traf-").

        The document's own spelling elsewhere decides; else a hyphen before a capital, or between two words that the
        document uses on their own, is part of the word.
        """
        if not right[0].islower():
            return True
        compound, joined = self.words[f"{left}-{right}".lower()], self.words[f"{left}{right}".lower()]
        if compound or joined:
            return compound >= joined
        return self.words[left.lower()] > 0 and self.words[right.lower()] > 0


def unwrap(lines: Sequence[Line], vocabulary: Vocabulary, body: Body) -> Prose:
    """Join lines to paragraphs and list items."""
    writer = _Writer(vocabulary)
    edges = _right_edges(lines)
    for index, line in enumerate(lines):
        above = lines[index - 1] if index else None
        if above is None or _starts_block(above, line, body, edges[index - 1]):
            writer.begin_block(is_item=_is_item(line))
        writer.add(line)
    return writer.prose()


def _right_edges(lines: Sequence[Line]) -> list[float]:
    """Give for each line the right edge of its page or column."""
    edges: list[float] = []
    for _, page in groupby(lines, key=lambda line: line.page):
        for column in columns_of(list(page)):
            edges += [max(line.box.x1 for line in column)] * len(column)
    return edges


def _is_item(line: Line) -> bool:
    return line.text.startswith(BULLET) or bool(NUMBERED.match(line.text))


def _starts_block(above: Line, line: Line, body: Body, right_edge: float) -> bool:
    if line.text.startswith(BULLET) or abs(line.size - above.size) > SIZE_CHANGE * above.size:
        return True
    ended = above.text.rstrip().endswith(SENTENCE_END)
    step = line.box.top - above.box.top
    short = above.box.x1 < SHORT_LINE * right_edge
    if line.page != above.page or step <= 0:
        return (ended or short) and not line.text[0].islower()
    if step > NEW_BLOCK_STEP * body.step * max(1.0, line.size / body.size):
        return True
    indent = line.box.x0 - above.box.x0
    if abs(indent) > INDENT * line.size and not (_is_item(above) and indent > 0):
        return ended or short
    return ended and (short or _is_item(line))


class _Writer:
    """Builds a ``Prose`` span by span; ``text`` is that of the block being written, all the others end at ``offset``.

    A section may be a whole paper: what is done for each span must not take longer the more there is before it.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.written: list[str] = []  # the blocks before, each with its line break
        self.offset = 0
        self.text = ""
        self.soft_break = False  # the last line ends in a hyphen that only its typesetter put there
        self.blocks: list[Block] = []
        self.lines: list[LineRange] = []
        self.notes: list[NoteMark] = []
        self.links: list[LinkRange] = []

    def begin_block(self, *, is_item: bool) -> None:
        self._end_block()
        self.blocks.append(Block(self.offset, self.offset, is_item))

    def add(self, line: Line) -> None:
        written = [span for span in line.spans if span.note is None]
        first = "".join(span.text for span in written).lstrip()
        if self.text:
            self._glue(first)
        start = self._end
        for span in line.spans:
            self._add_span(span)
        self.soft_break = "".join(span.text for span in written).rstrip().endswith(SOFT_HYPHEN)
        self.lines.append(LineRange(start, self._end, line))

    def prose(self) -> Prose:
        self._end_block()
        text = "".join(self.written).removesuffix("\n")
        return Prose(text, tuple(self.blocks), tuple(self.lines), tuple(self.notes), tuple(self.links))

    @property
    def _end(self) -> int:
        return self.offset + len(self.text)

    def _end_block(self) -> None:
        if not self.blocks:
            return
        self._cut(len(self.text.rstrip()))
        if not self.text:
            self.blocks.pop()
            return
        self.blocks[-1] = self.blocks[-1]._replace(end=self._end)
        self.written.append(self.text + "\n")
        self.offset += len(self.text) + 1
        self.text = ""

    def _cut(self, length: int) -> None:
        """Drop trailing characters of the block, and whatever pointed at them."""
        if length == len(self.text):
            return
        self.text = self.text[:length]
        if self.lines:
            self.lines[-1] = self.lines[-1]._replace(end=min(self.lines[-1].end, self._end))
        if self.links:
            self.links[-1] = self.links[-1]._replace(end=min(self.links[-1].end, self._end))

    def _glue(self, following: str) -> None:
        """Put between two lines of a block what the typesetter took out there."""
        self._cut(len(self.text.rstrip(" ")))
        last, before, first = self.text[-1:], self.text[-2:-1], following[:1]
        if self.soft_break:
            return
        if last and last in HYPHENS and before.isalpha() and first.isalpha():
            left, right = LAST_WORD.search(self.text), FIRST_WORD.match(following)
            in_url = URL_AT_END.search(self.text)
            if left and right and not in_url and not self.vocabulary.is_compound(left[1], right[0]):
                self._cut(len(self.text) - 1)
            return
        no_space = last in HYPHENS + "–—/" and not before.isspace()
        if not no_space and not (CJK.match(last) and CJK.match(first)):
            self.text += " "

    def _add_span(self, span: Span) -> None:
        if span.note is not None:
            # At a block's start the mark follows the end of the one before.
            offset = self.offset + len(self.text.rstrip()) if self.text.strip() else max(self.offset - 1, 0)
            self.notes += [NoteMark(offset, mark, span.note) for mark in marks_of(span.text)]
            return
        text = span.text.translate(SUPERSCRIPTS) if span.raised else span.text
        text = text.replace(SOFT_HYPHEN, "")
        if self.text.endswith(" ") or not self.text:
            text = text.lstrip(" ")
        start = self._end
        self.text += text
        if span.url:
            self._add_link(start, self._end, span.url)

    def _add_link(self, start: int, end: int, url: str) -> None:
        last = self.links[-1] if self.links else None
        # From the end of the block before only its line break lies between.
        between = self.text[max(last.end - self.offset, 0) : start - self.offset] if last else ""
        near = last is not None and last.end >= self.offset - 1
        if last is not None and last.url == url and near and not between.strip():
            self.links[-1] = self.links[-1]._replace(end=end)
        else:
            self.links.append(LinkRange(start, end, url))
