from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.datatypes.page import Cell, Document, Heading, Page, Section
from pipeline.reading.chunk import LIMITS, ChunkLimits, chunk_ranges, make_passages
from pipeline.reading.unwrap import Block, Prose
from tests.papers import BOLD, Text, paragraph
from tests.reading.records import EDITION, letters, line, prose_of, read, span, stack

SMALL = ChunkLimits(target=10, most=15, least=4)


class Paragraph(NamedTuple):
    text: str
    is_item: bool = False


def sentence(words: int, end: str = ".") -> str:
    """Make a sentence of so many words."""
    return " ".join(["Word", *["word"] * (words - 1)]) + end


def prose(*paragraphs: str | Paragraph) -> Prose:
    """Make running text; a paragraph that starts with a bullet is a list item."""
    text, blocks = "", []
    for item in paragraphs:
        words = item if isinstance(item, str) else item.text
        is_item = words.startswith("•") if isinstance(item, str) else item.is_item
        text += "\n" if text else ""
        blocks.append(Block(len(text), len(text) + len(words), is_item))
        text += words
    return Prose(text, tuple(blocks))


def chunked(*paragraphs: str | Paragraph, limits: ChunkLimits = LIMITS) -> list[str]:
    running = prose(*paragraphs)
    return [running.text[start:end] for start, end in chunk_ranges(running, limits)]


def word_counts(*paragraphs: str, limits: ChunkLimits = LIMITS) -> list[int]:
    return [len(text.split()) for text in chunked(*paragraphs, limits=limits)]


def test_no_text_has_no_passages() -> None:
    assert chunked() == []


def test_paragraph_is_a_passage() -> None:
    texts = [sentence(100), sentence(90), sentence(110)]
    assert chunked(*texts) == texts


def test_short_paragraphs_share_a_passage() -> None:
    assert chunked(sentence(30), sentence(40)) == [f"{sentence(30)}\n{sentence(40)}"]


def test_lead_in_stays_with_its_short_list() -> None:
    texts = [sentence(90), sentence(20, ":"), "• Prevention of it all;", "• Protection of all;", "• Prosecution."]
    assert chunked(*texts) == [texts[0], "\n".join(texts[1:])]


def test_only_the_last_sentence_of_a_paragraph_leads_in() -> None:
    items = [f"• {sentence(40)}"] * 3
    first, *rest = chunked(f"{sentence(100)} {sentence(8, ':')}", *items)
    assert first == sentence(100)
    assert rest[0].startswith(f"{sentence(8, ':')}\n{items[0]}")


def test_lead_in_moves_to_the_item_that_no_longer_fits_beside_it() -> None:
    texts = [sentence(45), sentence(5, ":"), f"• {sentence(140)}"]
    assert chunked(*texts) == [texts[0], f"{texts[1]}\n{texts[2]}"]


def test_long_paragraph_is_cut_at_sentence_ends_into_balanced_parts() -> None:
    text = " ".join([sentence(20)] * 11)
    assert word_counts(text) == [100, 120]
    assert " ".join(chunked(text)) == text
    assert word_counts(" ".join([sentence(20)] * 15)) == [100, 100, 100]


@pytest.mark.parametrize("words", [[20, 140, 50], [60, 140, 30], [20, 140, 140, 50]])
def test_parts_of_a_long_paragraph_are_short_enough(words: list[int]) -> None:
    assert max(word_counts(" ".join(sentence(count) for count in words))) <= LIMITS.most


@pytest.mark.parametrize("before", [40, 60])
def test_long_lead_in_does_not_make_an_over_long_passage(before: int) -> None:
    counts = word_counts(sentence(before), sentence(40, ":"), f"• {sentence(140)}")
    assert max(counts) <= LIMITS.most
    assert sum(counts) == before + 40 + 141


def test_paragraph_of_the_greatest_length_stays_whole() -> None:
    assert word_counts(" ".join([sentence(50)] * 3)) == [150]


def test_over_long_sentence_is_cut_at_semicolons() -> None:
    clauses = ["Clause " + "word " * 58 + "end;"] * 4
    assert chunked(" ".join(clauses)) == [" ".join(clauses[:2]), " ".join(clauses[2:])]


def test_over_long_sentence_without_semicolons_is_cut_between_words() -> None:
    text = sentence(400)
    parts = chunked(text)
    assert " ".join(parts) == text
    assert [len(part.split()) for part in parts] == [150, 150, 100]


def test_short_tail_joins_the_passage_before_it() -> None:
    assert word_counts(sentence(140), sentence(20)) == [160]


def test_tail_that_is_long_enough_stays_alone() -> None:
    assert word_counts(sentence(140), sentence(25)) == [140, 25]


@pytest.mark.parametrize(("target", "most", "least"), [(0, 10, 0), (10, 9, 3), (10, 20, 10), (10, 20, 0), (5, 5, 7)])
def test_limits_that_contradict_each_other_are_refused(target: int, most: int, least: int) -> None:
    with pytest.raises(ValueError, match="least < target <= most"):
        ChunkLimits(target=target, most=most, least=least)


WORD = st.sampled_from(["word", "and", "No.", "Big", "x;", "end.", "why?", "(so)", "so:", "“Yes.”", "über"])
SENTENCE = st.builds(sentence, st.integers(1, 18), st.sampled_from([".", ".", ":", ";", "?”"]))
PARAGRAPH = st.builds(
    Paragraph,
    st.lists(WORD, min_size=1, max_size=45).map(" ".join) | st.lists(SENTENCE, min_size=1, max_size=6).map(" ".join),
    st.sampled_from([False, False, True]),
)
PARAGRAPHS = st.lists(PARAGRAPH, max_size=8)
LIMITS_ANY = st.builds(
    lambda least, more, most: ChunkLimits(target=least + more, most=least + more + most, least=least),
    st.integers(1, 6),
    st.integers(1, 10),
    st.integers(0, 10),
)


@given(paragraphs=PARAGRAPHS, limits=LIMITS_ANY)
def test_passages_are_ordered_disjoint_and_lose_nothing(paragraphs: list[Paragraph], limits: ChunkLimits) -> None:
    running = prose(*paragraphs)
    ranges = chunk_ranges(running, limits)
    flat = [offset for pair in ranges for offset in pair]
    assert flat == sorted(flat)
    assert all(start < end and running.text[start:end] == running.text[start:end].strip() for start, end in ranges)
    assert letters("".join(running.text[start:end] for start, end in ranges)) == letters(running.text)


@settings(max_examples=400)
@given(paragraphs=PARAGRAPHS)
def test_no_passage_is_too_long_but_for_a_short_tail(paragraphs: list[Paragraph]) -> None:
    counts = [len(text.split()) for text in chunked(*paragraphs, limits=SMALL)]
    assert all(count <= SMALL.most for count in counts[:-1])
    assert not counts or counts[-1] < SMALL.most + SMALL.least


@given(paragraphs=PARAGRAPHS)
def test_no_passage_but_a_lone_one_ends_a_section_with_a_few_words(paragraphs: list[Paragraph]) -> None:
    counts = [len(text.split()) for text in chunked(*paragraphs, limits=SMALL)]
    assert len(counts) < 2 or counts[-1] >= SMALL.least


def page(number: int, label: str) -> Page:
    return Page(number, label, 595.0, 842.0, ())


def document(section: Section, *pages: Page) -> Document:
    return Document(EDITION, pages, (section,), ())


def test_passage_knows_section_pages_labels_and_sentences() -> None:
    lines = [line("One is here and goes", top=770, page=1), line("on. Two is here.", top=70, page=2)]
    section = Section(3, 2, ("Council (CoE)", "Mandate"), None, tuple(lines))
    (found,) = make_passages(document(section, page(1, "iv"), page(2, "1")), section, prose_of(lines))
    assert (found.id, found.section, found.text) == (
        "paper/2018/3/0",
        ("Council (CoE)", "Mandate"),
        "One is here and goes on. Two is here.",
    )
    assert (found.pages, found.page_labels) == ((1, 2), ("iv", "1"))
    assert [found.text[start:end] for start, end in found.sentences] == ["One is here and goes on.", "Two is here."]
    assert [box.page for box in found.boxes] == [1, 2]


def test_pages_are_those_of_the_passages_own_lines() -> None:
    lines = [*stack([sentence(90)], page=1), *stack([sentence(90)], page=2), *stack([sentence(90)], page=3)]
    section = Section(0, 1, (), None, tuple(lines))
    pages = [page(number, str(number)) for number in (1, 2, 3)]
    made = make_passages(document(section, *pages), section, prose_of(lines))
    assert [(found.id, found.pages) for found in made] == [
        ("paper/2018/0/0", (1,)),
        ("paper/2018/0/1", (2,)),
        ("paper/2018/0/2", (3,)),
    ]


def test_words_of_a_heading_are_not_in_the_text() -> None:
    head = Heading("Mandate", 1, (line(span("Mandate", bold=True)),))
    lines = stack(["It is told to help."], page=2)
    section = Section(0, 1, ("Mandate",), head, tuple(lines))
    (found,) = make_passages(document(section, page(1, "1"), page(2, "2")), section, prose_of(lines))
    assert (found.text, found.pages) == ("It is told to help.", (2,))


def test_section_without_lines_has_no_passages() -> None:
    head = Heading("Mandate", 1, (line("Mandate"),))
    section = Section(0, 1, ("Mandate",), head, ())
    assert make_passages(document(section, page(1, "1")), section, Prose("")) == []


def test_same_words_in_two_sections_are_two_passages(tmp_path: Path) -> None:
    text = ["Each member reports on its work once a year and", "keeps the others informed about its plans."]
    body = [
        Text("Northern Relief Agency (NRA)", 100, size=16, font=BOLD),
        *paragraph(text, 140),
        Text("Global Harbour Council (GHC)", 240, size=16, font=BOLD),
        *paragraph(text, 280),
    ]
    _, (first, second) = read(tmp_path / "paper.pdf", [body])
    assert first.text == second.text == " ".join(text)
    assert (first.id, second.id) == ("paper/2018/0/0", "paper/2018/1/0")
    assert [str(found.citation).split(",")[0] for found in (first, second)] == ["NRA", "GHC"]


def blocks_of(*parts: tuple[str, bool, bool]) -> Prose:
    """Make running text of (text, is_item, leads)."""
    text, blocks = "", []
    for words, is_item, leads in parts:
        text += "\n" if text else ""
        blocks.append(Block(len(text), len(text) + len(words), is_item, leads))
        text += words
    return Prose(text, tuple(blocks))


def test_caption_and_head_of_a_table_move_on_with_its_first_row() -> None:
    rows = [(sentence(40), True, False)] * 3
    made = blocks_of((sentence(45), False, False), ("Table 1. Two. Three.", False, True), ("A | B", True, True), *rows)
    ranges = chunk_ranges(made, ChunkLimits(target=60, most=90, least=4))
    assert [made.text[start:end].split("\n")[0] for start, end in ranges] == [
        sentence(45),
        "Table 1. Two. Three.",
        sentence(40),
    ]


def test_paragraph_that_begins_like_a_caption_is_cut_like_any_other() -> None:
    made = blocks_of((" ".join(["Table 1 shows this.", *[sentence(20)] * 15]), False, True), ("• one", True, False))
    assert all(len(made.text[start:end].split()) <= LIMITS.most for start, end in chunk_ranges(made))


@pytest.mark.parametrize(("words", "kept"), [(3, True), (9, True), (10, False), (30, False)])
def test_a_long_first_row_is_no_head_of_a_table(words: int, kept: bool) -> None:
    limits = ChunkLimits(target=20, most=30, least=4)
    texts = [sentence(words, ""), *(sentence(8, str(n)) for n in range(8))]
    rows = [replace(line(text), cell=Cell(0, n, 0, 0)) for n, text in enumerate(texts)]
    section = Section(0, 1, ("Numbers",), None, tuple(rows))
    page = Page(1, "1", 595, 842, tuple(rows))
    document = Document(EDITION, (page,), (section,), ())
    first, *others = make_passages(document, section, prose_of(rows), limits=limits)
    assert first.table_head == ""
    assert {passage.table_head for passage in others} == {texts[0] if kept else ""}
