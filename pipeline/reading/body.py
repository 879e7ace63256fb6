"""The typography of running text, by which headings are told from it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from pipeline.datatypes.page import Line
from pipeline.reading.candidates import THRESHOLDS, Body, HeadingThresholds
from pipeline.reading.layout import BULLET

NUMBERED = re.compile(
    r"(\d+(\.\d+)*[.)]?|[IVXL]+[.)]|[A-Z][.)]|\(?[a-z]\))\s+\S"
)  # the start of a list item or a numbered heading
SENTENCE_END = (".", "!", "?", ";", ":", "…", "。", "！", "？", "；", "：", "؟", "؛", "۔")
RARE = 0.05  # share of the text's characters; quotations and examples in italics are more
FACE_LINES = 3  # lines of a face that make it one of headings; a name or title in italics fills a line by chance
LONELY = 0.7  # share of a face's lines that must stand apart and not end a sentence; wrapped headings do not


def find_body(lines: Sequence[Line], limits: HeadingThresholds = THRESHOLDS) -> Body:
    """Find the typography that most characters of the document are set in, those of tables aside."""
    lines = [line for line in lines if line.cell is None] or lines
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
    body = Body(size, bold, steps.most_common(1)[0][0] if steps else 1.2 * size)
    return body._replace(faces=_heading_faces(lines, body, limits))


def face_of(line: Line) -> tuple[str, str] | None:
    """Give the one font and colour of a line; None if it has several."""
    faces = {(span.font, span.color) for span in line.spans if not span.raised and span.text.strip()}
    return next(iter(faces)) if len(faces) == 1 else None


def _heading_faces(lines: Sequence[Line], body: Body, limits: HeadingThresholds) -> frozenset[tuple[str, str]]:
    lonely: dict[tuple[str, str], list[bool]] = defaultdict(list)
    letters: Counter[tuple[str, str]] = Counter()
    for index, line in enumerate(lines):
        face = face_of(line)
        for span in line.spans:
            letters[span.font, span.color] += len(span.text)
        if face and 0.9 * body.size <= line.size < limits.larger * body.size:
            ended = line.text.rstrip().endswith(SENTENCE_END) or line.text.startswith(BULLET)
            above = lines[index - 1] if index and lines[index - 1].page == line.page else None
            step = line.box.top - above.box.top if above else 0.0
            lonely[face].append(not ended and (step <= 0 or step >= limits.apart * body.step))
    most = RARE * sum(letters.values())
    return frozenset(
        face
        for face, found in lonely.items()
        if len(found) >= FACE_LINES and sum(found) >= LONELY * len(found) and letters[face] <= most
    )
