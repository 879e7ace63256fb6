"""What a paper says itself about its headings, each on a small PDF."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from pipeline.datatypes.page import Document
from pipeline.reading.document import CONTENTS, read_document
from pipeline.reading.extract import read_pages
from tests.papers import BOLD, HEIGHT, Text, make_pdf, paragraph
from tests.reading.records import EDITION

PROSE = [
    "The members of the group work together on many questions and meet",
    "several times a year, which has led to a common understanding of what",
    "each of them can do, and what they can only do if others help them.",
    "They report to the council, whose decisions are binding for them all.",
]


def headings(document: Document) -> list[tuple[int, int, str]]:
    found = [section.heading for section in document.sections if section.heading]
    return [(heading.level, heading.page, heading.text) for heading in found]


def outlined(path: Path, pages: list[list[Text]], marks: list[tuple[int, int, str]]) -> Document:
    """Make a PDF with bookmarks: page, level from 0, title."""
    canvas = Canvas(str(path), pagesize=A4, invariant=1)
    for number, texts in enumerate(pages, start=1):
        for text in texts:
            canvas.setFont(text.font, text.size)
            canvas.drawString(text.x, HEIGHT - text.top - text.size, text.words)
        for place, (page, level, title) in enumerate(marks):
            if page == number:
                canvas.bookmarkPage(str(place))
                canvas.addOutlineEntry(title, str(place), level)
        canvas.showPage()
    canvas.save()
    return read_document(path, EDITION)[0]


PAGES = [
    [Text("Border control", 100), *paragraph(PROSE, 130), Text("Not in the outline", 220, font=BOLD)],
    [Text("Training", 100), *paragraph(PROSE, 130), Text("Courses", 220), *paragraph(PROSE, 250)],
]


def test_bookmarks_make_headings_of_plain_lines_and_are_all_there_are(tmp_path: Path) -> None:
    marks = [(1, 0, "BORDER  CONTROL"), (2, 0, "Training"), (2, 1, "Courses"), (2, 1, "Not on the page")]
    document = outlined(tmp_path / "a.pdf", PAGES, marks)
    assert headings(document) == [(1, 1, "Border control"), (1, 2, "Training"), (2, 2, "Courses")]


def test_a_bookmark_that_begins_with_a_number_of_its_own_names_a_numbered_heading(tmp_path: Path) -> None:
    titles = ["Step 1: Ask", "Step 2: Look", "Step 3: Write"]
    pages = [[Text(f"4.{n} {title}", 200), *paragraph(PROSE, 230)] for n, title in enumerate(titles, start=5)]
    document = outlined(tmp_path / "a.pdf", pages, [(n, 0, title) for n, title in enumerate(titles, start=1)])
    assert [text for _, _, text in headings(document)] == ["4.5 Step 1: Ask", "4.6 Step 2: Look", "4.7 Step 3: Write"]


@pytest.mark.parametrize(
    "marks",
    [
        [(1, 0, "report-final.indd")],
        [(1, 0, "Border control"), (1, 0, "Training"), (1, 0, "Courses")],
        [(1, 0, "Chapter one"), (1, 0, "Chapter two"), (2, 0, "Chapter three")],
    ],
    ids=["a file name", "all on the first page", "of another paper"],
)
def test_a_plainly_wrong_outline_is_ignored(tmp_path: Path, marks: list[tuple[int, int, str]]) -> None:
    assert headings(outlined(tmp_path / "a.pdf", PAGES, marks)) == [(1, 1, "Not in the outline")]


def test_bookmarks_stay_with_their_pages_whichever_are_read(tmp_path: Path) -> None:
    outlined(tmp_path / "a.pdf", PAGES, [(1, 0, "One"), (2, 0, "Two"), (2, 1, "Three")])
    (page,) = read_pages(tmp_path / "a.pdf", first=2)
    assert [(mark.number, mark.level, mark.title) for mark in page.bookmarks] == [(1, 1, "Two"), (2, 2, "Three")]


def listed(tmp_path: Path, entries: list[Text]) -> Document:
    chapters = [
        [Text(title, 100), *paragraph(PROSE, 130), *paragraph(PROSE, 200), Text(str(number), 790, 290, 9)]
        for number, title in enumerate(["Border control", "Training of guards", "Fines and fees"], start=2)
    ]
    contents = [Text("Contents", 80, size=18, font=BOLD), *entries, Text("1", 790, 290, 9)]
    return read_document(make_pdf(tmp_path / "a.pdf", [contents, *chapters]), EDITION)[0]


def test_contents_list_names_headings_and_is_none_itself(tmp_path: Path) -> None:
    entries = [
        Text("Border control ............................ 2", 120, font=BOLD),
        Text("Training of guards ........................ 3", 140, 90.0, font=BOLD),
        Text("Fines and fees ............................ 4", 160, font=BOLD),
    ]
    document = listed(tmp_path, entries)
    assert headings(document) == [(1, 2, "Border control"), (2, 3, "Training of guards"), (1, 4, "Fines and fees")]
    left_out = [item.text for item in document.left_out if item.kind == CONTENTS]
    assert left_out == ["Contents", *(entry.words for entry in entries)]


def test_contents_list_without_leaders_is_known_by_its_titles_and_edge(tmp_path: Path) -> None:
    titles = ["Border control", "Training of guards", "Fines and fees"]
    entries = [Text(title, 120 + 20 * n) for n, title in enumerate(titles)]
    entries += [Text(str(n + 2), 120 + 20 * n, 500) for n in range(3)]
    assert [heading[1:] for heading in headings(listed(tmp_path, entries))] == list(zip((2, 3, 4), titles, strict=True))


def test_table_with_rising_numbers_is_no_contents_list(tmp_path: Path) -> None:
    rows = [Text(name, 120 + 20 * n) for n, name in enumerate(["Ships", "Boats", "Rafts", "Ferries"])]
    rows += [Text(str(30 + n), 120 + 20 * n, 500) for n in range(4)]
    document = read_document(make_pdf(tmp_path / "a.pdf", [[*rows, *paragraph(PROSE, 300)]]), EDITION)[0]
    assert [item for item in document.left_out if item.kind == CONTENTS] == []
