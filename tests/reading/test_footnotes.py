from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.datatypes.page import Line, Span
from pipeline.reading.footnotes import NoteLines, marks_of, split_footnotes, strip_mark
from tests.papers import BOLD, Text, paragraph
from tests.reading.records import PAGE_HEIGHT, SIZE, after, line, prose_of, read, span

SMALL = 8.0


def body(*parts: str | Span, top: float = 300.0) -> Line:
    return line(*parts, top=top)


def mark(text: str) -> Span:
    return span(text, size=6.5, raised=True)


def note(text: str, top: float, number: str = "") -> Line:
    """A line in small type, its mark raised if it has one."""
    raised = [span(number, size=5, raised=True)] if number else []
    written = [span(text, size=SMALL)] if text else []
    return line(*raised, *written, top=top, size=SMALL)


def split(*lines: Line) -> tuple[list[Line], list[NoteLines]]:
    return split_footnotes(lines, SIZE, PAGE_HEIGHT)


def notes_of(*lines: Line) -> list[tuple[str, list[str]]]:
    return [(found.mark, [item.text for item in found.lines]) for found in split(*lines)[1]]


def cited(lines: Sequence[Line]) -> list[tuple[str, int]]:
    return [(part.text, part.note) for item in lines for part in item.spans if part.note is not None]


def test_mark_and_note_are_linked() -> None:
    text, notes = split(body("the resolution", mark("1"), " says so."), note(" UNGA Resolution 61/180.", 760, "1"))
    assert cited(text) == [("1", 1)]
    assert [(found.mark, len(found.lines)) for found in notes] == [("1", 1)]
    assert [item.text for item in text] == ["the resolution1 says so."]


def test_mark_of_a_note_need_not_be_raised() -> None:
    assert notes_of(body("here", mark("1")), note("1 See the annex.", 760)) == [("1", ["1 See the annex."])]


def test_note_runs_until_the_next_mark() -> None:
    lines = [body("one", mark("1"), " two", mark("2")), note(" first", 740, "1"), note("goes on", 750)]
    assert notes_of(*lines, note(" second", 760, "2")) == [("1", ["1 first", "goes on"]), ("2", ["2 second"])]


def test_year_at_the_start_of_a_line_starts_no_note() -> None:
    lines = [body("one", mark("1"), " two", mark("2")), note("1 Adopted on 20 December", 740)]
    lines += [note("2006 by the Assembly; since", 750), note("15 May it is in force.", 760), note("2 Ibid.", 770)]
    assert notes_of(*lines) == [
        ("1", ["1 Adopted on 20 December", "2006 by the Assembly; since", "15 May it is in force."]),
        ("2", ["2 Ibid."]),
    ]


@pytest.mark.parametrize("sign", ["*", "†", "‡", "§", "a"])
def test_signs_are_marks_as_well(sign: str) -> None:
    assert notes_of(body("here", mark(sign)), note(f"{sign} See the annex.", 760)) == [
        (sign, [f"{sign} See the annex."])
    ]


def test_one_superscript_may_cite_two_notes() -> None:
    text, notes = split(body("here", mark("5, 6")), note(" five", 750, "5"), note(" six", 760, "6"))
    assert cited(text) == [("5, 6", 1)]
    assert [found.mark for found in notes] == ["5", "6"]


@pytest.mark.parametrize(
    ("text", "marks"), [("5", ["5"]), ("5, 6", ["5", "6"]), ("5,6;7", ["5", "6", "7"]), (" 5 ", ["5"]), (" ", [])]
)
def test_marks_are_parted(text: str, marks: list[str]) -> None:
    assert marks_of(text) == marks


def test_small_type_without_marks_stays_in_the_text() -> None:
    text, notes = split(body("The text."), note("Source: annual survey, 2017.", 760))
    assert [item.text for item in text] == ["The text.", "Source: annual survey, 2017."]
    assert notes == []


def test_small_type_above_the_first_note_stays_in_the_text() -> None:
    text, notes = split(body("here", mark("1")), note("Source: survey.", 740), note(" Ibid.", 760, "1"))
    assert [item.text for item in text] == ["here1", "Source: survey."]
    assert [found.mark for found in notes] == ["1"]


def test_small_numbered_list_high_on_the_page_is_no_note() -> None:
    text, notes = split(body("here", mark("1"), top=60), note("1 A small list.", 100))
    assert [item.text for item in text] == ["here1", "1 A small list."]
    assert notes == []


def test_type_of_the_bodys_size_is_no_note() -> None:
    assert notes_of(body("here", mark("1")), line("1 This is a numbered paragraph.", top=760)) == []


def test_superscript_without_a_note_cites_nothing() -> None:
    text, _ = split(body("10", mark("6"), " people", mark("1")), note(" Ibid.", 760, "1"))
    assert cited(text) == [("1", 1)]
    assert prose_of(text).text == "10⁶ people"


def test_number_of_a_note_is_not_glued_to_a_word() -> None:
    text, _ = split(body("the Protocol", mark("1"), ", which"), note(" Ibid.", 760, "1"))
    prose = prose_of(text)
    assert prose.text == "the Protocol, which"
    assert [(found.offset, found.mark, found.page) for found in prose.notes] == [(len("the Protocol"), "1", 1)]


@pytest.mark.parametrize(
    ("first", "rest"),
    [
        (note(" See the annex.", 760, "1"), "See the annex."),
        (note("1 See the annex.", 760), "See the annex."),
        (note("12 See the annex.", 760), "See the annex."),
        (note("* See the annex.", 760), "See the annex."),
        (note("1 2017 was a year.", 760), "2017 was a year."),
    ],
)
def test_mark_is_stripped_from_its_note(first: Line, rest: str) -> None:
    number = first.text.split()[0]
    assert [item.text for item in strip_mark(NoteLines(number, (first, note("more", 770))))] == [rest, "more"]


def test_note_that_is_only_a_mark_has_no_first_line() -> None:
    assert [item.text for item in strip_mark(NoteLines("1", (note("", 760, "1"), note("text", 770))))] == ["text"]


NOTE_WORDS = "Resolution A/RES/61/180 of the Assembly on improving coordination."


@pytest.fixture
def page() -> list[Text]:
    """A page whose first section cites note 1, and its second section nothing."""
    return [
        Text("First section", 60, size=16, font=BOLD),
        Text("The members coordinate", 130),
        Text("1", 130, x=after("The members coordinate"), size=6),
        Text("their work.", 130, x=after("The members coordinate1")),
        Text("Second section", 200, size=16, font=BOLD),
        *paragraph(["Nothing is cited in this section,", "which has two lines."], 260),
        Text("1", 760, size=5),
        Text(NOTE_WORDS, 760, x=75, size=8),
    ]


def test_note_is_a_passage_that_cites_its_page_and_mark(tmp_path: Path, page: list[Text]) -> None:
    filler = [Text("Nothing to see on this page.", 300)]
    _, passages = read(tmp_path / "paper.pdf", [filler, page])
    (found,) = [passage for passage in passages if passage.note]
    assert (found.text, found.note, found.pages, found.section) == (NOTE_WORDS, "1", (2,), ("First section",))
    assert str(found.citation) == "paper-2018.pdf (2018), p. 2, note 1"
    assert [box.page for box in found.boxes] == [2]


def test_note_hangs_on_the_passage_that_cites_it_and_no_other(tmp_path: Path, page: list[Text]) -> None:
    _, passages = read(tmp_path / "paper.pdf", [page])
    assert [(passage.text, [item.mark for item in passage.footnotes]) for passage in passages] == [
        ("The members coordinate their work.", ["1"]),
        (NOTE_WORDS, []),
        ("Nothing is cited in this section, which has two lines.", []),
    ]
    (note,) = passages[0].footnotes
    assert (note.mark, note.page, note.text) == ("1", 1, NOTE_WORDS)


def test_mark_is_listed_as_left_out(tmp_path: Path, page: list[Text]) -> None:
    document, _ = read(tmp_path / "paper.pdf", [page])
    assert [(item.kind, item.page, item.text) for item in document.left_out] == [("footnote mark", 1, "1")]


def test_note_cited_by_a_heading_belongs_to_its_section(tmp_path: Path) -> None:
    page = [
        Text("First section", 60, size=16, font=BOLD),
        *paragraph(
            ["The first text has more characters than the note", "and therefore gives the size of the body."], 100
        ),
        Text("Second section", 200, size=16, font=BOLD),
        Text("1", 200, x=after("Second section", BOLD, 16), size=8),
        *paragraph(["The second text has", "two lines as well."], 260),
        Text("1", 760, size=5),
        Text(NOTE_WORDS, 760, x=75, size=8),
    ]
    document, passages = read(tmp_path / "paper.pdf", [page])
    assert [section.path for section in document.sections] == [("First section",), ("Second section",)]
    assert [(passage.section, passage.text) for passage in passages if passage.note] == [
        (("Second section",), NOTE_WORDS)
    ]
    assert [passage.section[0] for passage in passages if passage.footnotes] == ["Second section"]


def test_short_note_on_a_page_of_its_number_is_no_page_number(tmp_path: Path) -> None:
    body = paragraph(["The text goes on for", "some more lines of text."], 143.6)
    notes = [Text("1", 760, size=5), Text("Ibid.", 760, x=75, size=8)]
    cited = [Text("The text cites", 130), Text("1", 130, x=after("The text cites"), size=6)]
    pages = [[*cited, *body, *notes, Text("1", 800)], [*body, Text("2", 800)], [*body, Text("3", 800)]]
    _, passages = read(tmp_path / "paper.pdf", pages)
    assert [(passage.text, passage.pages) for passage in passages if passage.note == "1"] == [("Ibid.", (1,))]


def test_marks_of_the_same_number_on_two_pages_cite_their_own_notes(tmp_path: Path) -> None:
    pages = [
        [
            Text(f"The {word} page cites", 130),
            Text("1", 130, x=after(f"The {word} page cites"), size=6),
            *paragraph(["a note and goes on for", "some more lines of text."], 143.6),
            Text("1", 760, size=5),
            Text(f"The note of the {word} page is long enough.", 760, x=75, size=8),
        ]
        for word in ("first", "other")
    ]
    _, passages = read(tmp_path / "paper.pdf", pages)
    assert [(passage.text, passage.pages) for passage in passages if passage.note] == [
        ("The note of the first page is long enough.", (1,)),
        ("The note of the other page is long enough.", (2,)),
    ]


def test_day_of_a_date_that_is_also_a_cited_mark_starts_no_note() -> None:
    found = notes_of(
        body("one", mark("1"), " two", mark("2"), " three", mark("3")),
        note("1 Resolution of", 730),
        note("3 May 2017.", 740),
        note("2 See the annex.", 750),
        note("3 See the note.", 760),
    )
    assert found == [
        ("1", ["1 Resolution of", "3 May 2017."]),
        ("2", ["2 See the annex."]),
        ("3", ["3 See the note."]),
    ]
