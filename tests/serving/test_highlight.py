"""What is highlighted of a passage: its own words, or nothing."""

from __future__ import annotations

from dataclasses import replace

from pipeline.datatypes import Box, Edition, PageBox, Passage
from pipeline.datatypes.page import Glyph, RawPage
from pipeline.serving.highlight import Mark, find_marks

EDITION = Edition("sea", "2018", "sea-2018.pdf", "0" * 64)
WIDTH = 5.0  # points, of every character
TOPS = (100.0, 112.0)


def line(text: str, top: float, x: float = 50.0) -> list[Glyph]:
    return [
        Glyph(char, Box(x + n * WIDTH, top, x + (n + 1) * WIDTH, top + 10), "Times", 10, "000000")
        for n, char in enumerate(text)
    ]


def page(*texts: str, number: int = 1) -> RawPage:
    glyphs = [glyph for text, top in zip(texts, TOPS, strict=False) for glyph in line(text, top)]
    return RawPage(number, None, 600, 800, tuple(glyphs))


def passage(text: str, *lines: tuple[int, float, int]) -> Passage:
    """A passage whose boxes are lines: page, top, and how many characters they hold."""
    boxes = tuple(PageBox(number, Box(50, top, 50 + count * WIDTH, top + 10)) for number, top, count in lines)
    pages = tuple(dict.fromkeys(number for number, _, _ in lines))
    return Passage("sea/2018/0/0", EDITION, None, (), text, pages, ("",) * len(pages), boxes)


FIRST, SECOND = "Boats leave. Guards count", "them all. Lamps are lit."
PAGE = page(FIRST, SECOND)
GUARDS = "Guards count them all."
LINES = (1, TOPS[0], len(FIRST)), (1, TOPS[1], len(SECOND))


def test_only_the_passages_own_words_of_a_line_are_marked() -> None:
    start, end = FIRST.index("Guards"), len("them all.")
    assert find_marks(passage(GUARDS, *LINES), {1: PAGE}) == [
        Mark(1, Box(50 + start * WIDTH, 100, 50 + len(FIRST) * WIDTH, 110), is_best=False),
        Mark(1, Box(50, 112, 50 + end * WIDTH, 122), is_best=False),
    ]


def test_the_best_sentence_comes_after_the_line_it_lies_on() -> None:
    text = "Boats leave. Guards count them all."
    best = (text.index("Guards"), len(text))
    marks = find_marks(passage(text, *LINES), {1: PAGE}, best)
    assert [(mark.box.top, mark.is_best) for mark in marks] == [(100, False), (100, True), (112, False), (112, True)]
    assert marks[1].box.x0 == 50 + best[0] * WIDTH


def test_a_word_broken_at_a_lines_end_and_a_footnote_mark_are_the_same_words() -> None:
    broken = page("The guar-", "ds¹ count")
    found = find_marks(passage("The guards count", (1, TOPS[0], 9), (1, TOPS[1], 9)), {1: broken})
    assert [mark.box.x1 for mark in found] == [50 + 8 * WIDTH, 50 + 9 * WIDTH]


def test_ligatures_and_case_are_no_other_words() -> None:
    assert find_marks(passage("oﬃce", (1, TOPS[0], 6)), {1: page("OFFICE")})


def test_other_words_under_the_boxes_are_not_marked() -> None:
    assert find_marks(passage("Guards paint them all.", *LINES), {1: PAGE}) == []
    assert find_marks(passage(GUARDS, *LINES), {1: page("", "")}) == []
    shifted = replace(PAGE, glyphs=tuple(g._replace(box=g.box._replace(top=500, bottom=510)) for g in PAGE.glyphs))
    assert find_marks(passage(GUARDS, *LINES), {1: shifted}) == []


def test_a_passage_over_two_pages_is_marked_on_both() -> None:
    pages = {1: page(FIRST), 2: page(SECOND, number=2)}
    marks = find_marks(passage(GUARDS, (1, TOPS[0], len(FIRST)), (2, TOPS[0], len(SECOND))), pages)
    assert [mark.page for mark in marks] == [1, 2]


def test_a_passage_without_boxes_has_no_marks() -> None:
    assert find_marks(passage(GUARDS), {}) == []
