"""Lines + headings → sections: a heading path and the consecutive lines under it."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.datatypes.page import Heading, Line, Section
from pipeline.reading.body import find_body
from pipeline.reading.candidates import Candidate
from pipeline.reading.evidence import NONE, Evidence
from pipeline.reading.headings import find_headings
from pipeline.reading.levels import rank_levels


def find_sections(lines: Sequence[Line], evidence: Evidence = NONE) -> list[Section]:
    """Cut a document's text lines into sections at its headings.

    Text before the first heading, or all of a document without headings, is a section with an empty path. A heading
    directly followed by a lower one still makes a section, without lines.
    """
    if not lines:
        return []
    candidates = find_headings(lines, find_body(lines), evidence)
    levels = rank_levels(candidates) if candidates else []
    first = candidates[0].start if candidates else len(lines)
    sections = [Section(0, 1, (), None, tuple(lines[:first]))] if first else []
    path: list[tuple[int, str]] = []
    for position, (candidate, level) in enumerate(zip(candidates, levels, strict=True)):
        path = [(upper, text) for upper, text in path if upper < level] + [(level, candidate.text)]
        end = candidates[position + 1].start if position + 1 < len(candidates) else len(lines)
        sections.append(_section(len(sections), candidate, level, path, lines[candidate.start : end]))
    return sections


def _section(
    number: int, candidate: Candidate, level: int, path: Sequence[tuple[int, str]], lines: Sequence[Line]
) -> Section:
    heading_lines = tuple(lines[: candidate.end - candidate.start])
    heading = Heading(candidate.text, level, heading_lines, candidate.run_in)
    text = lines if candidate.run_in else lines[len(heading_lines) :]
    return Section(number, level, tuple(text for _, text in path), heading, tuple(text))
