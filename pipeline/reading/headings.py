"""Which lines are headings, and of which level: by layout, never by a list of names.

A heading differs from the body in size, weight, capitals or colour, stands apart from the text above it, is short, and
shares its typography with other headings. Three kinds are told apart, from high to low:

- a *line* heading has its lines to itself;
- a *bullet* heading is a list item in bold with nothing else on its line ("• The 4 Ps"), followed by text;
- a *run-in* heading is the bold start of a paragraph; its words stay part of the text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipeline.datatypes.page import Line
from pipeline.reading.blocks import first_word
from pipeline.reading.body import NUMBERED, SENTENCE_END, face_of
from pipeline.reading.candidates import (
    BULLETED,
    LINE,
    RUN_IN,
    THRESHOLDS,
    Body,
    Candidate,
    HeadingThresholds,
    Style,
)
from pipeline.reading.evidence import NONE, Evidence, Named
from pipeline.reading.layout import BULLET
from pipeline.reading.openings import mark_openings
from pipeline.reading.sifting import sift
from pipeline.reading.titles import CAPTION, decimal_depth

OPENING = "“‘\"'«„(¿¡[§#"  # signs that a title may open with


def find_headings(
    lines: Sequence[Line], body: Body, evidence: Evidence = NONE, limits: HeadingThresholds = THRESHOLDS
) -> list[Candidate]:
    """Find all headings of a document: those that the paper names, and those that look like one.

    :param lines: every text line of the document in reading order, furniture, footnotes and contents lists taken off.
    """
    named = {item.start: item for item in evidence.named}
    if evidence.complete:
        return [_named_heading(lines, item, body, limits) for item in evidence.named]
    taken = {index for item in evidence.named for index in range(item.start, item.end)}
    candidates: list[Candidate] = []
    index = 0
    while index < len(lines):
        if index in named:
            candidates.append(_named_heading(lines, named[index], body, limits))
            index = named[index].end
            continue
        if lines[index].cell is not None:
            index += 1
            continue
        if CAPTION.match(lines[index].text):
            index = _caption_end(lines, index, body, limits)
            continue
        after_heading = bool(candidates) and candidates[-1].end == index
        found = (
            _run_in_heading(lines, index, body, limits)
            or _bullet_heading(lines, index, body)
            or _line_heading(lines, index, body, limits, after_heading=after_heading)
        )
        if found and not taken & set(range(found.start, found.end)):
            candidates.append(found)
            index = found.end
        else:
            index += 1
    kept = sift([item for item in candidates if item.start not in named], lines, body)
    kept += [item for item in candidates if item.start in named]
    return mark_openings(_drop_lone_caps(sorted(kept)), lines, body, evidence.feet)


def _named_heading(lines: Sequence[Line], named: Named, body: Body, limits: HeadingThresholds) -> Candidate:
    """Make a heading of lines that the paper says are one, whatever they look like."""
    first = lines[named.start]
    style = _line_style(first, body, limits) or Style(LINE, round(first.size * 2) / 2, first.bold, caps=False, color="")
    return Candidate(named.start, named.end, _joined(lines[named.start : named.end]), style, named.level)


def _caption_end(lines: Sequence[Line], index: int, body: Body, limits: HeadingThresholds) -> int:
    """Give the line after a caption: one that looks like a heading may go on over several lines."""
    style = _line_style(lines[index], body, limits)
    end = index + 1
    while style and end < len(lines) and _continues(lines, end, style, body, limits):
        end += 1
    return end


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
    sentence = text.endswith((";", ",")) or (text.endswith(".") and len(text.split()) > limits.max_words / 3)
    if too_long or sentence or not _opens_like_title(text) or _heads_table(lines, index, end, limits):
        return None
    return Candidate(index, end, text, style)


def _line_style(line: Line, body: Body, limits: HeadingThresholds) -> Style | None:
    """Give the heading style of a line, or None if it looks like body text."""
    letters = [char for char in line.text if char.isalpha()]
    if not letters or line.text.startswith(BULLET) or _is_row(line, limits) or _is_link(line):
        return None
    caps = len(letters) >= limits.caps_letters and all(not char.islower() for char in letters)
    larger = line.size >= limits.larger * body.size
    bolder = line.bold and not body.bold and line.size >= 0.9 * body.size
    shouts = caps and line.size >= 0.9 * body.size and letters[0].isupper() and len(letters) > 2 * limits.caps_letters
    quiet = decimal_depth(line.text) > 1 and face_of(line) in body.faces
    if not (larger or bolder or shouts or quiet):
        return None
    color = Counter(span.color for span in line.spans for _ in span.text).most_common(1)[0][0]
    return Style(LINE, round(line.size * 2) / 2, line.bold, caps, color)


def _is_row(line: Line, limits: HeadingThresholds) -> bool:
    """Tell a row of a table, or a letterhead's two ends, from words."""
    return line.cell is not None or line.gap > limits.cell_gap * line.size


def _heads_table(lines: Sequence[Line], start: int, end: int, limits: HeadingThresholds) -> bool:
    """Tell a heading of a table's column: rows of cells follow it at once, or it is the end of one."""
    line = lines[end - 1]
    below = lines[end] if end < len(lines) else line
    above = lines[start - 1] if start else lines[start]
    step = limits.line_step * line.size
    return (_is_row(below, limits) and below.page == line.page and below.box.top - line.box.top <= step) or (
        _is_row(above, limits) and above.page == line.page and lines[start].box.top - above.box.top <= step
    )


def _opens_like_title(text: str) -> bool:
    """Tell words from code, addresses and signs."""
    return bool(text) and "://" not in text and (text[0].isalnum() or text[0] in OPENING)


def _is_link(line: Line) -> bool:
    """Tell a line that only leads elsewhere: it is an item of a list of links."""
    return all(span.url for span in line.spans if span.text.strip())


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
    return Candidate(index, index + 1, text, Style(BULLETED, round(line.size * 2) / 2, bold=True, caps=False, color=""))


def _run_in_heading(lines: Sequence[Line], index: int, body: Body, limits: HeadingThresholds) -> Candidate | None:
    """Find a paragraph's bold start of a few words, up to the first span that is not bold."""
    line = lines[index]
    if body.bold or not _opens_paragraph(lines, index, body, limits):
        return None
    words, end = "", index
    while _next_in_paragraph(lines, index, end, body, limits) and lines[end].bold:
        words = _join_words(words, lines[end].text)
        end += 1
    goes_on = _next_in_paragraph(lines, index, end, body, limits)
    lead = _bold_start(lines[end]) if goes_on else ""
    if not lead and goes_on and words.endswith(".") and _fills_line(lines[end - 1], lines[end]):
        end -= 1  # a sentence in bold that ends with its line
    elif not lead:
        return None
    if any(_is_row(lead_line, limits) for lead_line in lines[index : end + 1]):
        return None
    words = _join_words(words, lead)
    text = words.removeprefix(BULLET).strip()
    count = len(text.split())
    complete = text.endswith((".", ":", "–", "—")) or count >= limits.run_in_words
    if not any(map(str.isalpha, text)) or not _opens_like_title(text) or count > limits.max_words or not complete:
        return None
    return Candidate(index, end + 1, text, Style(RUN_IN, round(line.size * 2) / 2, bold=True, caps=False, color=""))


def _next_in_paragraph(lines: Sequence[Line], start: int, index: int, body: Body, limits: HeadingThresholds) -> bool:
    """Tell whether line ``index`` goes on with the paragraph that starts at line ``start``."""
    if index == len(lines) or index - start >= limits.max_lines:
        return False
    if index == start:
        return True
    above, line = lines[index - 1], lines[index]
    if line.page != above.page:  # a heading may end its page, and a lower case letter tells that it goes on
        return line.text[:1].islower() and not above.text.rstrip().endswith(SENTENCE_END)
    return line.box.top - above.box.top < limits.apart * body.step


def _fills_line(line: Line, below: Line) -> bool:
    """Tell whether the next line's first word had no room at the end of this one, if that one is as long as others."""
    return line.box.x1 + first_word(below) > below.box.x1


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
