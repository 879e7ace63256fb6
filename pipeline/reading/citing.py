"""Which footnotes a section cites, and whose each footnote is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from pipeline.datatypes import Footnote
from pipeline.datatypes.page import Document, Page, Section
from pipeline.reading.footnotes import marks_of
from pipeline.reading.unwrap import NoteMark, Prose


def heading_notes(section: Section) -> list[NoteMark]:
    """List the footnotes that a heading cites; its words are no part of the section's text, its notes are."""
    if section.heading is None or section.heading.run_in:
        return []
    cited = [span for line in section.heading.lines for span in line.spans if span.note is not None]
    return [NoteMark(0, mark, span.note) for span in cited for mark in marks_of(span.text) if span.note is not None]


def cited_notes(pages: Sequence[Page], marks: Iterable[NoteMark]) -> tuple[Footnote, ...]:
    """Give the footnotes that marks cite, each once; of two on one page with the same mark, both.

    :param pages: all pages of the edition, page 1 first.
    """
    keys = dict.fromkeys((mark.page, mark.mark) for mark in marks)
    return tuple(note for page, mark in keys for note in pages[page - 1].footnotes if note.mark == mark)


def assign_notes(document: Document, proses: Sequence[Prose]) -> dict[int, list[Footnote]]:
    """Give each footnote to the section that cites it first, or else to the last section on its page.

    Two footnotes on one page may have the same mark, as where two columns count their own: the first mark cites the
    first of them.

    :param proses: the running text of each section.
    :return: footnotes by the number of their section.
    """
    free: dict[tuple[int, str], list[Footnote]] = defaultdict(list)
    for page in document.pages:
        for note in page.footnotes:
            free[note.page, note.mark].append(note)
    assigned: dict[int, list[Footnote]] = {section.number: [] for section in document.sections}
    for section, prose in zip(document.sections, proses, strict=True):
        for cited in [*heading_notes(section), *prose.notes]:
            if free[cited.page, cited.mark]:
                assigned[section.number].append(free[cited.page, cited.mark].pop(0))
    for note in (note for notes in free.values() for note in notes):
        before = [section.number for section in document.sections if section.pages and section.pages[0] <= note.page]
        assigned[before[-1] if before else 0].append(note)
    return assigned
