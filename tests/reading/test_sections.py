from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfbase.pdfmetrics import stringWidth

from pipeline.datatypes.page import Line, Section
from pipeline.reading.sections import find_sections
from tests.papers import BOLD, LEFT, REGULAR, Text, paragraph
from tests.reading.records import STEP, line, read, span, stack

TEXT = ["The members of the group work together on many questions and meet", "several times a year", "in one place."]

TEXT_LINES = [line(text) for text in TEXT[1:]]
KINDS = ("top", "lower", "bullet", "run-in", "text", "text", "text", "bold item")


def lines_of(kinds: Sequence[str]) -> list[Line]:
    """Make a paper of headings and paragraphs of three lines, ten to a page, each with a gap above it."""
    made: list[Line] = []
    for number, kind in enumerate(kinds):
        if number % 10 == 0:
            top = 100.0
        made += stack(_lines(kind, number), top=top, page=1 + number // 10)
        top = made[-1].box.top + 2 * STEP
    return made


def _lines(kind: str, number: int) -> list[Line]:
    if kind == "top":
        return [line(f"Organization {number}", size=16, bold=True)]
    if kind == "lower":
        return [line(f"Topic {number}", bold=True)]
    if kind in ("bullet", "bold item"):
        return [line(f"• Point {number}", bold=True)]
    if kind == "run-in":
        return [line(span(f"Lead {number} here.", bold=True), span(" Text goes on.")), *TEXT_LINES]
    return [line(f"{number} {TEXT[0]}"), *TEXT_LINES]


def paths_of(sections: Sequence[Section]) -> list[tuple[str, ...]]:
    return [section.path for section in sections]


@given(st.lists(st.sampled_from(KINDS), max_size=30))
def test_every_line_is_in_exactly_one_section(kinds: list[str]) -> None:
    lines = lines_of(kinds)
    parted: list[Line] = []
    for section in find_sections(lines):
        own_heading = section.heading is not None and not section.heading.run_in
        parted += [*(section.heading.lines if section.heading and own_heading else ()), *section.lines]
    assert parted == lines


@given(st.lists(st.sampled_from(KINDS), max_size=30))
def test_sections_are_numbered_and_their_paths_lead_to_their_headings(kinds: list[str]) -> None:
    sections = find_sections(lines_of(kinds))
    assert [section.number for section in sections] == list(range(len(sections)))
    for section in sections:
        if section.heading is None:
            assert (section.number, section.path) == (0, ())
        else:
            assert section.path[-1] == section.heading.text
            assert section.level == section.heading.level >= len(section.path)


def test_path_leads_from_the_top_to_the_heading() -> None:
    sections = find_sections(
        lines_of(["top", "text", "lower", "text", "bullet", "text", "lower", "text", "top", "text"])
    )
    assert paths_of(sections) == [
        ("Organization 0",),
        ("Organization 0", "Topic 2"),
        ("Organization 0", "Topic 2", "Point 4"),
        ("Organization 0", "Topic 6"),
        ("Organization 8",),
    ]
    assert [len(section.lines) for section in sections] == [3] * 5


def test_paper_without_headings_is_one_section_with_an_empty_path() -> None:
    lines = lines_of(["text"] * 12)
    (section,) = find_sections(lines)
    assert (section.path, section.heading, section.lines, section.pages) == ((), None, tuple(lines), (1, 2))


def test_paper_without_lines_has_no_sections() -> None:
    assert find_sections([]) == []


def test_text_before_the_first_heading_is_a_section_with_an_empty_path() -> None:
    assert paths_of(find_sections(lines_of(["text", "text", "text", "top", "text"]))) == [(), ("Organization 3",)]


def test_heading_directly_below_another_leaves_a_section_without_lines() -> None:
    sections = find_sections(lines_of(["top", "lower", "text", "text", "text", "top", "text"]))
    assert [(section.path, len(section.lines)) for section in sections] == [
        (("Organization 0",), 0),
        (("Organization 0", "Topic 1"), 9),
        (("Organization 5",), 3),
    ]


def test_run_in_heading_stays_in_the_text_of_its_section() -> None:
    sections = find_sections(lines_of(["top", "text", "run-in", "text"]))
    assert [(section.path[-1], section.lines[0].text) for section in sections] == [
        ("Organization 0", f"1 {TEXT[0]}"),
        ("Lead 2 here.", "Lead 2 here. Text goes on."),
    ]


def test_heading_alone_on_its_line_is_not_in_the_text() -> None:
    (section,) = find_sections(lines_of(["top", "text"]))
    assert [item.text for item in section.lines] == [f"1 {TEXT[0]}", *TEXT[1:]]


def test_title_does_not_swallow_the_paper() -> None:
    title = line("Mandates of the members", size=24, top=60)
    rest = lines_of(["top", "text", "text", "top", "text", "text"])
    assert paths_of(find_sections([title, *rest])) == [
        ("Mandates of the members",),
        ("Organization 0",),
        ("Organization 3",),
    ]


def test_pages_of_a_section_are_those_of_heading_and_lines() -> None:
    lines = lines_of(["text"] * 9 + ["top"] + ["text"] * 11)
    assert [section.pages for section in find_sections(lines)] == [(1,), (1, 2, 3)]


def test_sections_of_a_pdf_are_warned_about_if_there_is_only_one(tmp_path: Path) -> None:
    document, passages = read(tmp_path / "paper.pdf", [paragraph(TEXT, 300)])
    assert document.warnings == (f"{tmp_path / 'paper.pdf'}: no headings found; the paper is one section",)
    assert [(passage.section, passage.text) for passage in passages] == [((), " ".join(TEXT))]


def test_run_in_heading_is_searchable_text(tmp_path: Path) -> None:
    page = [
        *paragraph(TEXT, 200),
        Text("Capacity building.", 260, font=BOLD),
        Text("It is offered to all members of the group and to others", 260, x=176),
        *paragraph(["who ask for it."], 273.6),
    ]
    document, passages = read(tmp_path / "paper.pdf", [page])
    assert paths_of(document.sections) == [(), ("Capacity building.",)]
    assert [passage.text for passage in passages] == [
        " ".join(TEXT),
        "Capacity building. It is offered to all members of the group and to others who ask for it.",
    ]


def small_capitals(words: str, top: float, small: float) -> list[Text]:
    """Set words in capitals, all but the first letter of each one smaller."""
    texts, x = [], LEFT
    for char in words:
        size = 11.0 if char.isupper() or char == " " else small
        texts.append(Text(char.upper(), top + 0.8 * (11.0 - size), x, size))
        x += stringWidth(char.upper(), REGULAR, size)
    return texts


@pytest.mark.parametrize("small", [7.7, 8.5, 9.3])
def test_heading_in_small_capitals(small: float, tmp_path: Path) -> None:
    page = []
    for n, title in enumerate(["Prevention of Trafficking", "Protection", "Prosecution and Partnership"]):
        page += [*small_capitals(title, 100 + 100 * n, small), *paragraph(TEXT, 125 + 100 * n)]
    document, _ = read(tmp_path / "paper.pdf", [page])
    assert [section.path for section in document.sections] == [
        ("PREVENTION OF TRAFFICKING",),
        ("PROTECTION",),
        ("PROSECUTION AND PARTNERSHIP",),
    ]
