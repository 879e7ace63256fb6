from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datatypes import Link, PageBox
from pipeline.datatypes.page import Cell, Line, Span
from pipeline.reading.candidates import Body
from pipeline.reading.unwrap import unwrap
from pipeline.reading.vocabulary import Vocabulary
from tests.papers import Text
from tests.reading.records import RIGHT, SIZE, STEP, after, letters, line, prose_of, read, span, stack

WORDS = st.lists(st.text("abcdé,;7", min_size=1, max_size=6), min_size=1, max_size=8).map(" ".join)


def unwrapped(*texts: str | Line, others: Sequence[str] = ()) -> str:
    return prose_of(stack(texts), others).text


def block_texts(lines: Sequence[Line]) -> list[str]:
    prose = prose_of(lines)
    return [prose.text[block.start : block.end] for block in prose.blocks]


def test_lines_of_a_paragraph_are_joined_by_spaces() -> None:
    assert unwrapped("The members of the group", "work together.") == "The members of the group work together."


def test_no_lines_make_no_text() -> None:
    prose = prose_of([])
    assert (prose.text, prose.blocks, prose.lines) == ("", (), ())


@pytest.mark.parametrize(
    ("above", "below", "text", "others"),
    [
        ("the Inter-", "Agency Group", "the Inter-Agency Group", []),
        ("against traf-", "ficking in persons", "against trafficking in persons", []),
        ("a long-", "term plan", "a long-term plan", ["the term is long"]),
        ("a long-", "term plan", "a long-term plan", ["another long-term plan"]),
        ("their co-", "operation is", "their co-operation is", ["the Co-operation Office"]),
        ("their co-", "operation is", "their cooperation is", ["good cooperation"]),
        ("their co-", "operation is", "their cooperation is", ["cooperation, cooperation and co-operation"]),
        ("their co-", "operation is", "their co-operation is", ["co-operation, co-operation and cooperation"]),
        ("non-", "UN entities", "non-UN entities", []),
        ("in 2017-", "2018 it", "in 2017-2018 it", []),
        ("protection- and", "gender-based", "protection- and gender-based", []),
        ("this – or", "that", "this – or that", []),
        ("this –", "or that", "this – or that", []),
        ("from 2017–", "2018 on", "from 2017–2018 on", []),
        ("and/", "or", "and/or", []),
        ("traf\u2010", "ficking", "trafficking", []),
    ],
)
def test_hyphen_at_a_lines_end(above: str, below: str, text: str, others: list[str]) -> None:
    assert unwrapped(above, below, others=others) == text


def test_soft_hyphen_at_a_lines_end_is_dropped() -> None:
    assert unwrapped("against traf\u00ad", "ficking in per\u00adsons") == "against trafficking in persons"


@pytest.mark.parametrize(
    "lines",
    [
        ["co\u00adoperation and per\u00adsons"],
        ["it ends in a soft hyphen\u00ad"],
        [line(span("co\u00ad"), span("operation", bold=True))],
    ],
)
def test_no_soft_hyphen_is_left(lines: list[str | Line]) -> None:
    assert "\u00ad" not in unwrapped(*lines)


def test_broken_words_are_no_witness_of_their_own_spelling() -> None:
    vocabulary = Vocabulary(stack(["against traf-", "ficking in long-term", "care"]))
    assert vocabulary.words["traf"] == vocabulary.words["ficking"] == 0
    assert vocabulary.words["long-term"] == 1


def test_paragraphs_are_parted_by_a_gap() -> None:
    lines = [*stack(["One paragraph of", "two lines."]), *stack(["Another."], top=100 + 3.6 * STEP)]
    assert block_texts(lines) == ["One paragraph of two lines.", "Another."]
    assert prose_of(lines).text == "One paragraph of two lines.\nAnother."


def test_paragraph_without_a_gap_starts_after_a_short_last_line_with_an_indent() -> None:
    lines = [*stack(["One paragraph of", "two lines."]), line("Another one", top=100 + 2 * STEP, x0=90)]
    assert block_texts(lines) == ["One paragraph of two lines.", "Another one"]


def test_sentence_end_at_a_full_line_does_not_end_the_paragraph() -> None:
    lines = [line("A full line that ends.", top=100), line("And goes on", top=100 + STEP)]
    assert block_texts(lines) == ["A full line that ends. And goes on"]


def test_short_line_without_a_full_stop_does_not_end_the_paragraph() -> None:
    lines = [line("The Group of", top=100, x1=RIGHT / 2), line("Friends met", top=100 + STEP)]
    assert block_texts(lines) == ["The Group of Friends met"]


def test_list_items_are_blocks_of_their_own() -> None:
    item = line("goes on below it", top=100 + 2 * STEP, x0=88)
    lines = [*stack(["The pillars are:", "• Prevention, which"]), item, line("• Protection", top=100 + 3 * STEP)]
    assert block_texts(lines) == ["The pillars are:", "• Prevention, which goes on below it", "• Protection"]
    assert [block.is_item for block in prose_of(lines).blocks] == [False, True, True]


def test_numbered_items_are_list_items() -> None:
    lines = stack([line(text, x1=RIGHT / 2) for text in ("1. Prevention.", "2. Protection.", "3. Prosecution.")])
    assert block_texts(lines) == ["1. Prevention.", "2. Protection.", "3. Prosecution."]
    assert [block.is_item for block in prose_of(lines).blocks] == [True] * 3


def test_line_that_happens_to_start_with_a_number_is_no_item() -> None:
    lines = [line("It was adopted by all the members in", top=100), line("2018. It holds.", top=100 + STEP)]
    assert block_texts(lines) == ["It was adopted by all the members in 2018. It holds."]


def test_other_type_size_is_another_block() -> None:
    lines = [line("Text of the body", top=100), line("source: a survey", top=100 + STEP, size=9)]
    assert block_texts(lines) == ["Text of the body", "source: a survey"]


@pytest.mark.parametrize(
    ("above", "below", "blocks"),
    [
        ("The sentence goes", "on over the page.", ["The sentence goes on over the page."]),
        ("The Council of", "Europe met.", ["The Council of Europe met."]),
        ("against traf-", "ficking", ["against trafficking"]),
        ("The sentence fills its line.", "Another begins.", ["The sentence fills its line. Another begins."]),
        ("as in e.g.", "the annex.", ["as in e.g. the annex."]),
        ("as in Guidelines No.", "7 and others.", ["as in Guidelines No. 7 and others."]),
        ("It says so in", "b) of the annex.", ["It says so in b) of the annex."]),
        ("The sentence fills its line.", "b) Another item.", ["The sentence fills its line.", "b) Another item."]),
        ("The pillars are", "• Prevention", ["The pillars are", "• Prevention"]),
    ],
)
def test_page_break(above: str, below: str, blocks: list[str]) -> None:
    assert block_texts([line(above, top=770, page=1), line(below, top=70, page=2)]) == blocks


@pytest.mark.parametrize(("room", "joined"), [(0, True), (60, True), (120, False), (200, False)])
def test_a_last_line_with_room_for_the_next_word_ends_its_paragraph(room: int, joined: bool) -> None:
    above = [line("words " * 12, top=770 - STEP, page=1), line("The sentence ends.", top=770, page=1, x1=RIGHT - room)]
    below = line("Organizations begin another one here, and go on to the line's end.", top=70, page=2)
    assert ("ends. Organizations" in prose_of([*above, below]).text) is joined


def test_a_line_at_the_columns_edge_ends_an_indented_item_above() -> None:
    above = [
        line("words " * 12, top=770 - STEP, page=1),
        line("The item's last sentence ends.", top=770, page=1, x0=88),
    ]
    below = [
        line("The paragraph after it fills the line to its very end.", top=70, page=2),
        line("end", top=84, page=2),
    ]
    assert "ends.\nThe paragraph" in prose_of(above + below).text


def test_a_raised_mark_lifts_no_line_out_of_its_paragraph() -> None:
    marked = line("The Council", span("4", raised=True), " met", top=100 + STEP)
    marked = replace(marked, box=marked.box._replace(top=marked.box.top - 3))
    assert block_texts([line("One line", top=100), marked, line("goes on", top=100 + 2 * STEP)]) == [
        "One line The Council⁴ met goes on"
    ]


def test_pages_and_boxes_are_those_of_the_lines_in_the_range() -> None:
    lines = [line("one two", top=770, page=4), line("three four", top=70, page=5), line("five", top=84, page=5)]
    prose = prose_of(lines)
    assert prose.text == "one two three four five"
    assert prose.pages(0, 7) == (4,)
    assert prose.pages(0, 9) == (4, 5)
    assert prose.pages(8, 23) == (5,)
    assert prose.boxes(0, 9) == (PageBox(4, lines[0].box), PageBox(5, lines[1].box))


def test_joined_word_stands_on_both_of_its_pages() -> None:
    prose = prose_of([line("against traf-", top=770, page=4), line("ficking", top=70, page=5)])
    start = prose.text.index("trafficking")
    assert prose.pages(start, len(prose.text)) == (4, 5)


@pytest.mark.parametrize(("raised", "text"), [("6", "10⁶ people"), ("-3", "10⁻³ people"), ("12", "10¹² people")])
def test_superscript_that_cites_nothing_stays_as_unicode(raised: str, text: str) -> None:
    assert unwrapped(line(span("10"), span(raised, size=6.5, raised=True), span(" people"))) == text


def test_footnote_mark_is_taken_out_and_remembered() -> None:
    cited = line(span("the Protocol"), span("3, 4", size=6.5, raised=True, note=1), span(" and others."))
    prose = prose_of([cited])
    assert prose.text == "the Protocol and others."
    assert [(mark.mark, mark.page, prose.text[: mark.offset]) for mark in prose.notes] == [
        ("3", 1, "the Protocol"),
        ("4", 1, "the Protocol"),
    ]


def linked(text: str, url: str = "https://example.org/guide") -> Span:
    return span(text, url=url)


def test_link_over_two_lines_is_one() -> None:
    prose = prose_of(stack([line(span("See the "), linked("Practical")), line(linked("Guide"), span(" of 2017."))]))
    assert prose.text == "See the Practical Guide of 2017."
    assert prose.links_in(0, len(prose.text)) == (Link("Practical Guide", "https://example.org/guide"),)


def test_two_links_next_to_each_other_stay_two() -> None:
    prose = prose_of([line(linked("One"), span(" "), linked("Two", "https://example.org/two"))])
    assert [link.text for link in prose.links_in(0, len(prose.text))] == ["One", "Two"]


def test_links_outside_the_range_are_not_given() -> None:
    prose = prose_of([line(linked("One"), span(" and "), linked("Two", "https://example.org/two"))])
    assert [link.text for link in prose.links_in(4, 11)] == ["Two"]


@pytest.mark.parametrize(
    ("above", "below", "text"),
    [
        ("see http://example.org/", "guide.pdf.", "see http://example.org/guide.pdf."),
        ("see http://example.org/a-", "guide.pdf.", "see http://example.org/a-guide.pdf."),
    ],
)
def test_url_over_two_lines_is_joined_as_it_is(above: str, below: str, text: str) -> None:
    assert unwrapped(above, below) == text


def test_cjk_lines_are_joined_without_a_space() -> None:
    assert unwrapped("人身取引を", "防ぐ") == "人身取引を防ぐ"


def test_links_of_a_pdf_reach_the_passage(tmp_path: Path) -> None:
    url = "https://example.org/guide"
    page = [
        Text("Read the guide of the", 300),
        Text("members", 313.6, url=url),
        Text("of the group.", 313.6, x=after("members ")),
    ]
    _, (passage,) = read(tmp_path / "paper.pdf", [page])
    assert passage.text == "Read the guide of the members of the group."
    assert passage.links == (Link("members", url),)


@given(st.lists(WORDS, min_size=1, max_size=8), st.sampled_from([STEP, 2 * STEP]))
def test_every_character_of_the_lines_is_in_one_block(texts: list[str], step: float) -> None:
    lines = stack(texts, step=step)
    prose = prose_of(lines)
    assert letters(prose.text) == letters("".join(texts))
    assert letters("".join(block_texts(lines))) == letters(prose.text)
    assert all(line.size == SIZE for _, _, line in prose.lines)


@given(st.lists(WORDS, min_size=1, max_size=8))
def test_every_character_knows_its_line(texts: list[str]) -> None:
    prose = prose_of([line(text, top=100, page=number) for number, text in enumerate(texts, start=1)])
    for item in prose.lines:
        assert letters(prose.text[item.start : item.end]) == letters(item.line.text)


def test_text_of_no_size_is_text() -> None:
    lines = [line("One line of letters", top=100, size=0.0), line("and one more.", top=120, size=0.0)]
    body = Body(0.0, bold=False, step=0.0)
    assert letters(unwrap(lines, Vocabulary(lines), body).text) == letters("One line of letters and one more.")


def test_a_table_over_thousands_of_pages_has_one_head() -> None:
    # Each page was looked up from the one before, which ended in too deep a recursion.
    rows = ["Country", *map(str, range(1, 4001))]
    lines = [replace(line(text, page=2 + n // 2), cell=Cell(0, n % 2, 0, 0)) for n, text in enumerate(rows)]
    prose = prose_of([line("Prose."), *lines, line("Prose.", page=3000), replace(lines[0], page=3001)])
    tables = prose.tables()
    assert len(tables) == 2002
    assert {prose.text[slice(*table.head)] for table in tables} == {"Country"}
    assert len({table.head for table in tables}) == 2
    assert prose.text[tables[0].start : tables[0].end] == "Country\n1"


def test_a_table_with_other_columns_on_the_next_page_is_another() -> None:
    one = [replace(line(text), cell=Cell(0, 0, n, n)) for n, text in enumerate(("Country", "Year"))]
    other = [replace(line(text, page=2), cell=Cell(0, 0, n, n)) for n, text in enumerate(("State", "From", "To"))]
    prose = prose_of([*one, *other])
    assert [prose.text[slice(*table.head)] for table in prose.tables()] == ["Country | Year", "State | From | To"]
