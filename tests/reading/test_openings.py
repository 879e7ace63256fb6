"""Papers of which all headings look alike; the numbers are places in a list of headings."""

from __future__ import annotations

import pytest

from pipeline.reading.candidates import LINE, Candidate, Style
from pipeline.reading.openings import below_openings

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


def test_two_openings_are_no_habit() -> None:
    assert below_openings(headings(CHAPTERS[:2])) == set()
