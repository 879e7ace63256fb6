"""Which lines are headings, and of which level: by layout, never by a list of names.

A heading differs from the body in size, weight, capitals or colour, stands apart from the text above it, is short, and
shares its typography with other headings. Three kinds are told apart, from high to low:

- a *line* heading has its lines to itself;
- a *bullet* heading is a list item in bold with nothing else on its line ("• The 4 Ps"), followed by text;
- a *run-in* heading is the bold start of a paragraph; its words stay part of the text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from pipeline.datatypes import Line
from pipeline.reading.layout import BULLET


@dataclass(frozen=True, slots=True)
class HeadingThresholds:
    """All numbers that decide about headings, each with the kind of page that forced it."""

    larger: float = 1.06  # times the body's size; 12 on 11 is 1.09, rounding noise of one font stays under 1.03
    max_words: int = 30  # titles of resolutions and projects run to 25; bold paragraphs start at 35
    max_lines: int = 5  # a title wrapped at 20 points on A4 took 4
    line_step: float = 1.6  # times its size: a wider step between two heading lines makes two headings
    apart: float = 1.15  # times the body's line step: what stands this far above the text is no wrapped bold phrase
    run_in_words: int = 3  # a shorter bold start without a full stop or colon is emphasis on a name
    caps_letters: int = 4  # a shorter line in capitals is an acronym in a list or table

    def __post_init__(self) -> None:
        """Refuse numbers that would make every line a heading."""
        if self.larger <= 1 or self.line_step <= 1 or self.apart <= 0:
            raise ValueError("heading thresholds must exceed the body's own measures")
        if min(self.max_words, self.max_lines, self.run_in_words, self.caps_letters) < 1:
            raise ValueError("heading thresholds count from 1")


THRESHOLDS = HeadingThresholds()

CAPTION = re.compile(r"(fig(ure|\.)?|table|tableau|tabel|tabla|chart|graph|map|box|source)\s*[\d.:IVX]", re.IGNORECASE)
NUMBERED = re.compile(r"(\d+(\.\d+)*[.)]?|[IVXL]+[.)]|[A-Z][.)]|\(?[a-z]\))\s+\S")
SENTENCE_END = (".", "!", "?", ";", ":", "…", "。")


class Style(NamedTuple):
    """What makes two headings look alike; the order of its fields is the order of rank (see ``rank_styles``)."""

    kind: int  # 2 line, 1 bullet, 0 run-in
    size: float
    bold: bool
    caps: bool
    color: str


class Candidate(NamedTuple):
    """A heading before levels are known: its lines ``start`` to ``end`` (exclusive) of the document's text lines."""

    start: int
    end: int
    text: str
    style: Style

    @property
    def run_in(self) -> bool:
        """Whether the heading is the beginning of a paragraph."""
        return self.style.kind == 0


class Body(NamedTuple):
    """The typography of running text: font size in points, boldness, distance from line to line in points."""

    size: float
    bold: bool
    step: float


def find_body(lines: Sequence[Line]) -> Body:
    """Find the typography that most characters of the document are set in."""
    styles: Counter[tuple[float, bool]] = Counter()
    for line in lines:
        styles[round(line.size, 1), line.bold] += len(line.text)
    size, bold = styles.most_common(1)[0][0]
    steps: Counter[float] = Counter()
    for above, line in pairwise(lines):
        same = above.page == line.page and round(above.size, 1) == round(line.size, 1) == size
        step = line.box.top - above.box.top
        if same and step > 0:
            steps[round(step * 2) / 2] += 1
    return Body(size, bold, steps.most_common(1)[0][0] if steps else 1.2 * size)


def find_headings(lines: Sequence[Line], body: Body, limits: HeadingThresholds = THRESHOLDS) -> list[Candidate]:
    """Find all headings of a document.

    :param lines: every text line of the document in reading order, furniture and footnotes taken off.
    """
    candidates: list[Candidate] = []
    index = 0
    while index < len(lines):
        after_heading = bool(candidates) and candidates[-1].end == index
        found = (
            _run_in_heading(lines, index, body, limits)
            or _bullet_heading(lines, index, body)
            or _line_heading(lines, index, body, limits, after_heading=after_heading)
        )
        if found:
            candidates.append(found)
        index = found.end if found and not found.run_in else index + 1
    return _drop_lone_caps(candidates)


def rank_levels(candidates: Sequence[Candidate]) -> list[int]:
    """Give each heading its level, 1 the top: by kind, then size, weight, capitals.

    A style that opens the document, occurs once and outranks all others is the document's title: it heads its own
    section, but not the rest of the document.
    """
    styles = sorted({candidate.style for candidate in candidates}, reverse=True)
    counts = Counter(candidate.style for candidate in candidates)
    levels = {style: level for level, style in enumerate(styles, start=1)}
    is_title = len(styles) > 1 and counts[styles[0]] == 1 and candidates[0].style == styles[0] and styles[1].kind == 2
    if is_title:
        levels = {style: max(1, level - 1) for style, level in levels.items()}
    return [levels[candidate.style] for candidate in candidates]


def _line_heading(
    lines: Sequence[Line], index: int, body: Body, limits: HeadingThresholds, *, after_heading: bool
) -> Candidate | None:
    style = _line_style(lines[index], body, limits)
    if style is None or not (after_heading or _stands_apart(lines, index, body, limits)):
        return None
    end = index + 1
    while end < len(lines) and _continues(lines, end, style, body, limits):
        end += 1
    text = _joined(lines[index:end])
    too_long = len(text.split()) > limits.max_words or end - index > limits.max_lines
    sentence = text.endswith((".", ";", ",")) and len(text.split()) > limits.max_words / 3
    if too_long or sentence or CAPTION.match(text):
        return None
    return Candidate(index, end, text, style)


def _line_style(line: Line, body: Body, limits: HeadingThresholds) -> Style | None:
    """Give the heading style of a line, or None if it looks like body text."""
    letters = [char for char in line.text if char.isalpha()]
    if not letters or line.text.startswith(BULLET):
        return None
    caps = len(letters) >= limits.caps_letters and all(not char.islower() for char in letters)
    larger = line.size >= limits.larger * body.size
    bolder = line.bold and not body.bold and line.size >= 0.9 * body.size
    shouts = caps and line.size >= 0.9 * body.size and letters[0].isupper() and len(letters) > 2 * limits.caps_letters
    if not (larger or bolder or shouts):
        return None
    color = Counter(span.color for span in line.spans for _ in span.text).most_common(1)[0][0]
    return Style(2, round(line.size * 2) / 2, line.bold, caps, color)


def _stands_apart(lines: Sequence[Line], index: int, body: Body, limits: HeadingThresholds) -> bool:
    """Tell a heading from a bold phrase that happens to fill a line of its paragraph."""
    if index == 0 or lines[index - 1].page != lines[index].page:
        return True
    above, line = lines[index - 1], lines[index]
    if line.size >= limits.larger * body.size and above.size < line.size:
        return True
    ended = above.text.rstrip().endswith(SENTENCE_END)
    step = line.box.top - above.box.top
    return step <= 0 or step >= limits.apart * body.step or ended


def _continues(lines: Sequence[Line], index: int, style: Style, body: Body, limits: HeadingThresholds) -> bool:
    above, line = lines[index - 1], lines[index]
    near = line.page == above.page and 0 < line.box.top - above.box.top <= limits.line_step * line.size
    alike = _line_style(line, body, limits)
    return near and alike is not None and alike._replace(caps=style.caps) == style and not NUMBERED.match(line.text)


def _drop_lone_caps(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Take capitals for a style of their own only where they repeat: one such heading is an acronym ("ICSE V4")."""
    counts = Counter(candidate.style for candidate in candidates)
    plain = {style: style._replace(caps=False) for style in counts if style.caps}
    lone = {style: twin for style, twin in plain.items() if counts[style] == 1 and counts[twin]}
    return [candidate._replace(style=lone.get(candidate.style, candidate.style)) for candidate in candidates]


def _bullet_heading(lines: Sequence[Line], index: int, body: Body) -> Candidate | None:
    """Find a bold list item, alone on its line and followed by text that is not bold."""
    line = lines[index]
    text = line.text.removeprefix(BULLET).strip()
    if body.bold or not (line.text.startswith(BULLET) and line.bold and text):
        return None
    if index + 1 == len(lines) or lines[index + 1].bold or lines[index + 1].text.startswith(BULLET):
        return None
    return Candidate(index, index + 1, text, Style(1, round(line.size * 2) / 2, bold=True, caps=False, color=""))


def _run_in_heading(lines: Sequence[Line], index: int, body: Body, limits: HeadingThresholds) -> Candidate | None:
    """Find a paragraph's bold start of a few words, up to the first span that is not bold."""
    line = lines[index]
    if body.bold or not _opens_paragraph(lines, index, body, limits):
        return None
    words, end = "", index
    while _next_in_paragraph(lines, index, end, body, limits) and lines[end].bold:
        words = _join_words(words, lines[end].text)
        end += 1
    lead = _bold_start(lines[end]) if _next_in_paragraph(lines, index, end, body, limits) else ""
    if not lead:
        return None
    words = _join_words(words, lead)
    text = words.removeprefix(BULLET).strip()
    count = len(text.split())
    complete = text.endswith((".", ":", "–", "—")) or count >= limits.run_in_words
    if not text or count > limits.max_words or not complete:
        return None
    return Candidate(index, end + 1, text, Style(0, round(line.size * 2) / 2, bold=True, caps=False, color=""))


def _next_in_paragraph(lines: Sequence[Line], start: int, index: int, body: Body, limits: HeadingThresholds) -> bool:
    """Tell whether line ``index`` goes on with the paragraph that starts at line ``start``."""
    if index == len(lines) or index - start >= limits.max_lines or lines[index].page != lines[start].page:
        return False
    return index == start or lines[index].box.top - lines[index - 1].box.top < limits.apart * body.step


def _opens_paragraph(lines: Sequence[Line], index: int, body: Body, limits: HeadingThresholds) -> bool:
    if lines[index].text.startswith(BULLET) or index == 0:
        return True
    above, line = lines[index - 1], lines[index]
    if above.page != line.page:
        return above.text.rstrip().endswith(SENTENCE_END)
    return line.box.top - above.box.top >= limits.apart * body.step


def _bold_start(line: Line) -> str:
    text = ""
    for span in line.spans:
        if not span.bold and span.text.strip() not in ("", BULLET):
            break
        text += span.text
    return text.rstrip() if text != line.text else text


def _joined(lines: Sequence[Line]) -> str:
    text = ""
    for line in lines:
        text = _join_words(text, "".join(span.text for span in line.spans if span.note is None))
    return text.strip()


def _join_words(text: str, more: str) -> str:
    glue = "" if not text or (text.endswith("-") and text[-2:-1].isalpha()) else " "
    return text + glue + more.strip()
