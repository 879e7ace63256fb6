from __future__ import annotations

from pipeline.datatypes import Footnote
from pipeline.datatypes.page import Document, Page, Section
from pipeline.reading.citing import assign_notes, cited_notes
from pipeline.reading.unwrap import NoteMark, Prose
from tests.reading.records import EDITION, line


def noted(*marks: str) -> Page:
    """Page 1 with notes that have these marks, and tell their place."""
    notes = tuple(Footnote(mark, 1, f"note {place}") for place, mark in enumerate(marks, start=1))
    return Page(1, "1", 595.0, 842.0, (), footnotes=notes)


def assigned(page: Page, *cited: tuple[str, ...]) -> list[list[str]]:
    """Give the notes of sections that cite these marks."""
    sections = tuple(Section(number, 1, (), None, (line("Text."),)) for number, _ in enumerate(cited))
    proses = [Prose("Text.", notes=tuple(NoteMark(5, mark, 1) for mark in marks)) for marks in cited]
    found = assign_notes(Document(EDITION, (page,), sections, ()), proses)
    return [[note.text for note in found[section.number]] for section in sections]


def test_note_belongs_to_the_section_that_cites_it_first() -> None:
    assert assigned(noted("1", "2"), ("2",), ("1", "2")) == [["note 2"], ["note 1"]]


def test_note_that_nobody_cites_belongs_to_the_last_section_on_its_page() -> None:
    assert assigned(noted("1", "2"), ("1",), ()) == [["note 1"], ["note 2"]]


def test_two_notes_with_the_same_mark_are_both_kept() -> None:
    # Found by mutated pages: the second took the first one's place, which was in no passage.
    assert assigned(noted("1", "1"), ("1",), ("1",)) == [["note 1"], ["note 2"]]
    assert assigned(noted("1", "1"), ("1",), ()) == [["note 1"], ["note 2"]]


def test_passage_has_the_notes_it_cites_each_once() -> None:
    marks = [NoteMark(3, "2", 1), NoteMark(9, "2", 1), NoteMark(12, "7", 1)]
    assert [note.text for note in cited_notes([noted("1", "2")], marks)] == ["note 2"]
