"""Papers of which all headings look alike; the numbers are places in a list of headings."""

from __future__ import annotations

import pytest

from pipeline.datatypes.page import Line
from pipeline.reading.candidates import LINE, Candidate, Style
from pipeline.reading.openings import below_openings, mark_openings
from tests.reading.records import BODY, line

STYLE = Style(LINE, 12.0, bold=True, caps=False, color="000000")
CHAPTERS = ("Lighthouse Board (LB)", "Harbour Council (HC)", "Net Menders' Union (NMU)", "Pilots' Guild (PG)")
PLAIN = ("Lighthouses", "Harbours", "Nets", "Pilots")


def headings(chapters: tuple[str, ...], *, chance: bool = False) -> list[Candidate]:
    """Give chapters that open pages, each with two headings below it; the last of all by chance on top of a page."""
    found: list[Candidate] = []
    for chapter in chapters:
        found.append(Candidate(0, 1, chapter, STYLE, first=True, opens=True))
        found += [Candidate(0, 1, text, STYLE) for text in ("Mandate", "Work at sea")]
    if chance:
        found[-1] = found[-1]._replace(first=True)
    return found


@pytest.mark.parametrize("chapters", [CHAPTERS, PLAIN])
def test_headings_inside_pages_are_below_those_that_open_them(chapters: tuple[str, ...]) -> None:
    assert below_openings(headings(chapters)) == {1, 2, 4, 5, 7, 8, 10, 11}


def test_heading_on_top_of_a_page_by_chance_may_be_a_chapter() -> None:
    assert below_openings(headings(PLAIN, chance=True)) == {1, 2, 4, 5, 7, 8, 10}


def test_heading_on_top_of_a_page_by_chance_is_no_chapter_where_chapters_have_short_names() -> None:
    assert below_openings(headings(CHAPTERS, chance=True)) == {1, 2, 4, 5, 7, 8, 10, 11}


def test_chapter_with_a_short_name_may_follow_a_full_page() -> None:
    found = headings(CHAPTERS)
    found[9] = found[9]._replace(opens=False)
    assert 9 not in below_openings(found)


def test_chapter_that_the_introduction_lists_may_follow_a_full_page() -> None:
    found = [item._replace(listed=item.text in CHAPTERS) for item in headings(CHAPTERS)]
    unlike = found[9]._replace(text="The Pilots", opens=False, first=True)
    by_chance = found[8]._replace(text="The Register of Nets (RON)", first=True)
    found[8:10] = [by_chance, unlike]
    assert 9 not in below_openings(found)
    assert 8 in below_openings(found)


CHAPTER_LINES = 40


def set_paper(introduction: list[str], chapters: list[str], notes: int = 0) -> list[Candidate]:
    """Set chapters of a page each, but for the last, which is full, and has a heading that follows on the next page."""
    texts = [[("Introduction", True), *((item, False) for item in introduction)]]
    texts += [[(title, True), ("Text of it.", False)] for title in chapters]
    lines: list[Line] = []
    candidates: list[Candidate] = []
    for page, own in enumerate(texts, start=1):
        for place, (text, is_heading) in enumerate(own):
            if is_heading:
                candidates.append(Candidate(len(lines), len(lines) + 1, text, STYLE))
            lines.append(line(text, top=80 + 14 * place, page=page))
    lines += [line("Text", top=80 + 14 * place, page=len(texts)) for place in range(2, CHAPTER_LINES - notes)]
    candidates.append(Candidate(len(lines), len(lines) + 1, "Next", STYLE))
    lines += [line("Next", top=80, page=len(texts) + 1), line("Text", top=94, page=len(texts) + 1)]
    lines += [line("Text", top=80 + 14 * place, page=len(texts) + 2) for place in range(CHAPTER_LINES)]
    foot = 80 + 14 * (CHAPTER_LINES - notes)
    return mark_openings(candidates, lines, BODY, {len(texts): foot} if notes else {})


def test_names_in_the_introduction_are_those_of_chapters() -> None:
    introduction = ["The members are:", "• Board of Lights (LB);", "• the Harbour Council; and", "• Net Menders'"]
    introduction += ["Union.", "The CoP of pilots and the Sea-Women meet."]
    listed = ["Lighthouse Board (LB)", "The Harbour Council", "Net Menders' Union (NMU)", "COURT OF PILOTS (COP)"]
    listed += ["Women at Sea (Sea-Women)", "The Meeting (meet)"]
    found = set_paper(introduction, [*listed, "Court of Nets (COP)", "Register of Nets (RON)", "Members"])
    assert [item.text for item in found if item.listed] == listed


@pytest.mark.parametrize("notes", [0, 20])
def test_heading_after_a_page_that_is_full_to_its_footnotes_opens_none(notes: int) -> None:
    found = set_paper([], ["One", "Two"], notes)
    assert [(item.first, item.opens) for item in found] == [(True, True)] * 3 + [(True, False)]


def test_two_openings_are_no_habit() -> None:
    assert below_openings(headings(CHAPTERS[:2])) == set()
