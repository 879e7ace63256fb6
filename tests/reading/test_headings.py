from __future__ import annotations

from collections.abc import Sequence

import pytest

from pipeline.datatypes.page import Line
from pipeline.reading.body import find_body
from pipeline.reading.candidates import Body, HeadingThresholds
from pipeline.reading.headings import find_headings
from pipeline.reading.levels import rank_levels
from tests.reading.records import BODY, STEP, line, span, stack

TEXT = [
    "The members of the group work together on many questions and meet",
    "several times a year, which has led to a common understanding of what",
    "each of them can do.",
]
GAP = 2 * STEP  # the distance that parts a heading from the paragraph above it


def paper(*parts: Sequence[str | Line], gap: float = GAP) -> list[Line]:
    """Set parts below each other, with a gap between them."""
    made: list[Line] = []
    top = 100.0
    for part in parts:
        lines = stack(part, top=top)
        made += lines
        top = lines[-1].box.top + gap
    return made


def headings_of(lines: Sequence[Line]) -> list[str]:
    return [candidate.text for candidate in find_headings(lines, find_body(lines))]


def levels_of(*parts: Sequence[str | Line]) -> list[tuple[int, str]]:
    lines = paper(*parts)
    candidates = find_headings(lines, find_body(lines))
    return list(zip(rank_levels(candidates), [candidate.text for candidate in candidates], strict=True))


def test_body_is_what_most_characters_are_set_in() -> None:
    lines = paper([line("A Big Title", size=20)], TEXT, [line("A bold line", bold=True)], TEXT)
    assert find_body(lines) == Body(11.0, bold=False, step=13.5)


def test_body_of_a_single_line_has_a_usual_step() -> None:
    assert find_body([line("Only one line", size=10)]) == Body(10.0, bold=False, step=12.0)


@pytest.mark.parametrize("size", [12.0, 14.0, 20.0])
def test_larger_line_is_a_heading(size: float) -> None:
    assert headings_of(paper([line("Main activities", size=size)], TEXT)) == ["Main activities"]


@pytest.mark.parametrize("size", [11.0, 11.3, 9.0])
def test_plain_line_of_the_bodys_size_is_no_heading(size: float) -> None:
    assert headings_of(paper([line("Main activities", size=size)], TEXT)) == []


def test_bold_line_of_the_bodys_size_is_a_heading() -> None:
    assert headings_of(paper(TEXT, [line("Capacity building", bold=True)], TEXT)) == ["Capacity building"]


def test_line_in_capitals_is_a_heading() -> None:
    assert headings_of(paper(TEXT, ["MAIN ACTIVITIES"], TEXT)) == ["MAIN ACTIVITIES"]


@pytest.mark.parametrize("text", ["UNODC", "WHO ILO", "A/RES/61/180"])
def test_acronym_on_a_line_is_no_heading_in_capitals(text: str) -> None:
    assert headings_of(paper(TEXT, [text], TEXT)) == []


def test_bold_text_in_a_bold_body_is_no_heading() -> None:
    assert headings_of(stack([line(text, bold=True) for text in TEXT])) == []


def test_heading_over_several_lines_is_one() -> None:
    heading = [line("Office of the Special", size=14, bold=True), line("Representative (OSR)", size=14, bold=True)]
    assert headings_of(paper(TEXT, heading, TEXT)) == ["Office of the Special Representative (OSR)"]


def test_heading_broken_at_a_hyphen_is_joined_without_a_space() -> None:
    heading = [line("The Inter-", size=14), line("Agency Group", size=14)]
    assert headings_of(paper(heading, TEXT)) == ["The Inter-Agency Group"]


def test_two_headings_apart_are_two() -> None:
    assert headings_of(paper([line("One", size=14)], [line("Two", size=14)], TEXT)) == ["One", "Two"]


def test_headings_of_two_sizes_are_two() -> None:
    lines = paper(
        [line("Council of Europe", size=16, bold=True)], [line("Mandate", size=12, bold=True)], TEXT, gap=19.2
    )
    assert headings_of(lines) == ["Council of Europe", "Mandate"]


@pytest.mark.parametrize(("size", "step"), [(14.0, 16.8), (11.0, STEP)])
def test_numbered_headings_below_each_other_are_two(size: float, step: float) -> None:
    headings = [line(text, size=size, bold=True) for text in ("1. Introduction", "1.1 Background")]
    lines = [*paper(TEXT, TEXT), *stack(headings, top=300, step=step), *stack(TEXT, top=300 + 3 * step)]
    assert headings_of(lines) == ["1. Introduction", "1.1 Background"]


def test_footnote_mark_is_no_part_of_a_heading() -> None:
    heading = line(span("Mandate", size=14), span("3", size=8, raised=True, note=1), size=14)
    assert headings_of(paper([heading], TEXT)) == ["Mandate"]


def test_footnote_mark_alone_on_its_line_is_no_heading() -> None:
    # Found by mutated pages: a heading of no words ended the run.
    assert headings_of(paper(TEXT, [line(span("b", size=20, bold=True, note=1), size=20)], TEXT)) == []


def test_bold_bullet_alone_on_its_line_is_a_heading() -> None:
    lines = paper(TEXT, [line("• The 4 Ps", bold=True)], TEXT)
    assert headings_of(lines) == ["The 4 Ps"]
    assert [candidate.run_in for candidate in find_headings(lines, BODY)] == [False]


def test_list_of_bold_items_has_no_headings() -> None:
    items = [line(f"• {word}", bold=True) for word in ("Prevention", "Protection", "Prosecution")]
    assert headings_of(paper(TEXT, items)) == []


def test_run_in_heading_is_the_bold_start_of_a_paragraph() -> None:
    lead = line(span("Capacity building.", bold=True), span(" The members work together on many things"))
    lines = paper(TEXT, [lead, *TEXT[1:]])
    assert headings_of(lines) == ["Capacity building."]
    assert [(found.run_in, found.start, found.end) for found in find_headings(lines, BODY)] == [(True, 3, 4)]


def test_run_in_heading_may_go_on_over_the_page() -> None:
    lead = line("The members work together on many questions and", top=700, bold=True)
    rest = line(span("meet often in all places.", bold=True), span(" This has led to a"), top=70, page=2)
    lines = [*paper(TEXT, TEXT), lead, rest, *stack(TEXT[1:], top=84, page=2)]
    assert headings_of(lines) == ["The members work together on many questions and meet often in all places."]
    assert [found.run_in for found in find_headings(lines, BODY)] == [True]


def test_bold_sentence_that_ends_with_its_line_is_a_run_in_heading() -> None:
    lead = line("The members work together on many questions.", bold=True)
    lines = paper(TEXT, [lead, line("Organizations of all kinds have part in it and"), *TEXT[1:]])
    assert [(found.text, found.run_in) for found in find_headings(lines, BODY)] == [(lead.text, True)]


def test_bold_words_that_leave_room_on_their_line_are_a_line_heading() -> None:
    lead = line("On many questions.", bold=True, x1=200)
    lines = paper(TEXT, [lead, line("Organizations of all kinds have part in it and"), *TEXT[1:]])
    assert [(found.text, found.run_in) for found in find_headings(lines, BODY)] == [(lead.text, False)]


def test_run_in_heading_may_take_two_lines() -> None:
    lead = [line("The members work together on many questions and", bold=True)]
    lead += [line(span("meet often.", bold=True), span(" This has led to a"))]
    assert headings_of(paper(TEXT, [*lead, *TEXT[1:]])) == [
        "The members work together on many questions and meet often."
    ]


@pytest.mark.parametrize("words", ["The Fund", "UNICEF"])
def test_bold_name_at_a_paragraphs_start_is_no_heading(words: str) -> None:
    lead = line(span(words, bold=True), span(" works together with others on many things"))
    assert headings_of(paper(TEXT, [lead, *TEXT[1:]])) == []


def test_bold_phrase_inside_a_paragraph_is_no_heading() -> None:
    middle = line(span("several times", bold=True), span(" a year, which has led to a common understanding"))
    assert headings_of(stack([TEXT[0], middle, TEXT[2]])) == []


def test_bold_phrase_that_fills_a_line_of_a_paragraph_is_no_heading() -> None:
    assert headings_of(stack([TEXT[0], line(TEXT[1], bold=True), TEXT[2]])) == []


def test_long_bold_paragraph_is_no_heading() -> None:
    bold = [line(text, bold=True) for text in [*TEXT, *TEXT]]
    assert headings_of(paper(TEXT, bold, TEXT, TEXT)) == []


def test_bold_sentence_is_no_heading() -> None:
    bold = [line("All members have agreed to meet again in the coming year.", bold=True)]
    assert headings_of(paper(TEXT, bold, TEXT)) == []


@pytest.mark.parametrize(
    "text", ["Figure 1: Victims by region", "Table 2. Members", "Fig. 3 Trend", "Box 4 – An example"]
)
def test_caption_is_no_heading(text: str) -> None:
    assert headings_of(paper(TEXT, [line(text, bold=True)], TEXT)) == []


@pytest.mark.parametrize("text", ["Table talks", "Sources and methods", "Figures of speech", "Mapping the members"])
def test_heading_that_starts_like_a_caption_is_one(text: str) -> None:
    assert headings_of(paper(TEXT, [line(text, bold=True)], TEXT)) == [text]


def test_line_without_letters_is_no_heading() -> None:
    assert headings_of(paper(TEXT, [line("* * *", size=16)], TEXT, [line("2018", size=16)])) == []


def test_level_follows_size_then_weight_then_kind() -> None:
    lead = line(span("Services.", bold=True), span(" They are offered to all who need them"))
    assert levels_of(
        [line("Council", size=16, bold=True)],
        TEXT,
        [line("Mandate", size=12, bold=True)],
        TEXT,
        [line("• The 4 Ps", bold=True)],
        TEXT,
        [lead, *TEXT[1:]],
        [line("Court", size=16, bold=True)],
        TEXT,
    ) == [(1, "Council"), (2, "Mandate"), (3, "The 4 Ps"), (4, "Services."), (1, "Court")]


def test_bold_is_above_plain_of_the_same_size() -> None:
    assert levels_of(
        [line("Upper", size=14, bold=True)],
        TEXT,
        [line("Lower", size=14)],
        TEXT,
        [line("Upper again", size=14, bold=True)],
        TEXT,
    ) == [(1, "Upper"), (2, "Lower"), (1, "Upper again")]


def test_title_that_occurs_once_is_on_the_level_of_the_sections_below_it() -> None:
    title, one, two = (line("The Title", size=24), line("One", size=16), line("Two", size=16))
    assert levels_of([title], TEXT, [one], TEXT, [two], TEXT) == [(1, "The Title"), (1, "One"), (1, "Two")]


def test_lone_heading_in_capitals_is_a_sibling_of_the_others() -> None:
    assert levels_of(
        [line("The database", bold=True)],
        TEXT,
        [line("ICSE-CARE", bold=True)],
        TEXT,
        [line("The list", bold=True)],
        TEXT,
    ) == [(1, "The database"), (1, "ICSE-CARE"), (1, "The list")]


@pytest.mark.parametrize(
    "wrong", [{"larger": 1.0}, {"line_step": 0.5}, {"apart": 0.0}, {"max_words": 0}, {"run_in_words": 0}]
)
def test_thresholds_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="heading thresholds"):
        HeadingThresholds(**wrong)  # type: ignore[arg-type]
