from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datatypes.page import LeftOut, Line, RawPage
from pipeline.reading.furniture import PAGE_NUMBER, RUNNING_HEAD, find_furniture, find_labels
from tests.papers import Text, paragraph
from tests.reading.records import line, raw_page, read, span

BODY = ["The text of this page stands here.", "It is different from any other."]
NUMBERED = [("A.", ""), ("B.", ""), ("C.", "1"), ("D.", "2")]
Edges = tuple[str, str]  # the words at the top and at the bottom of a page, or ""


def paper(edges: Sequence[Edges], labels: Sequence[str | None] = ()) -> tuple[list[RawPage], list[list[Line]]]:
    pages = [raw_page([], number, label) for number, label in enumerate(labels or [None] * len(edges), start=1)]
    lines = []
    for number, (head, foot) in enumerate(edges, start=1):
        made = [line(head, top=50, page=number)] if head else []
        made += [line(f"Body {number * 7} of text.", top=300 + number, page=number)]
        made += [line(foot, top=800, page=number)] if foot else []
        lines.append(made)
    return pages, lines


def furniture_of(edges: Sequence[Edges]) -> list[list[tuple[str, str]]]:
    """For each page the words of its furniture and their kind."""
    pages, lines = paper(edges)
    found = find_furniture(pages, lines)
    return [
        [(page_lines[index].text, kind) for index, kind in sorted(page_found.items())]
        for page_lines, page_found in zip(lines, found, strict=True)
    ]


def labels_of(edges: Sequence[Edges], labels: Sequence[str | None] = ()) -> list[str]:
    return find_labels(*paper(edges, labels))


def feet(*words: str) -> list[Edges]:
    return [("", word) for word in words]


def test_head_that_repeats_is_furniture() -> None:
    assert furniture_of([("Annual report", "")] * 5) == [[("Annual report", RUNNING_HEAD)]] * 5


def test_two_pages_suffice_in_a_short_document() -> None:
    assert furniture_of([("Annual report", "")] * 2) == [[("Annual report", RUNNING_HEAD)]] * 2


def test_words_on_two_of_many_pages_are_no_running_head() -> None:
    edges = [("Overview", "") if number in (1, 4) else ("", "") for number in range(1, 7)]
    assert furniture_of(edges) == [[]] * 6


def test_heads_of_left_and_right_pages_are_both_found() -> None:
    edges = [("Left head", "") if number % 2 else ("Right head", "") for number in range(8)]
    assert furniture_of(edges) == [[(head, RUNNING_HEAD)] for head, _ in edges]


def test_words_that_repeat_in_the_middle_of_the_page_stay() -> None:
    pages = [raw_page([], number) for number in range(1, 6)]
    lines = [[line("The same words", top=400, page=number)] for number in range(1, 6)]
    assert find_furniture(pages, lines) == [{}] * 5


def test_text_that_changes_from_page_to_page_stays() -> None:
    words = ["alpha", "beta", "gamma", "delta", "epsilon"]
    assert furniture_of([(word, "") for word in words]) == [[]] * 5


@pytest.mark.parametrize(
    "form",
    ["{}", "Page {}", "Page {} of 40", "- {} -", "– {} –", "[{}]", "{} | Annual report", "{}/40", "Seite {} von 40"],
)
def test_page_number_is_found_in_every_form(form: str) -> None:
    edges = feet(*(form.format(number) for number in range(1, 7)))
    assert furniture_of(edges) == [[(foot, PAGE_NUMBER)] for _, foot in edges]
    assert labels_of(edges) == ["1", "2", "3", "4", "5", "6"]


def test_page_number_at_the_top_is_found() -> None:
    assert furniture_of([("1", ""), ("2", ""), ("3", "")]) == [[(str(number), PAGE_NUMBER)] for number in (1, 2, 3)]


def test_running_head_with_the_page_number_in_it_is_found() -> None:
    edges = [(f"Mandates of the members of the coordination group on persons {number}", "") for number in range(1, 6)]
    assert furniture_of(edges) == [[(head, RUNNING_HEAD)] for head, _ in edges]


def test_long_heads_that_change_from_chapter_to_chapter_are_told_by_the_number_they_begin_or_end_with() -> None:
    left = "{} Chapter {}. What the members of the group have agreed upon"
    right = "{}. {} Sentences of the agreement that nobody has put into effect {}"
    edges = [
        (
            (left if number % 2 else right).format(
                *(number + 10, number) if number % 2 else (number, number, number + 10)
            ),
            "",
        )
        for number in range(1, 9)
    ]
    assert furniture_of(edges) == [[(head, RUNNING_HEAD)] for head, _ in edges]
    assert labels_of(edges) == [str(number) for number in range(11, 19)]


def test_footnotes_numbered_like_their_pages_stay() -> None:
    pages, lines = paper([("", "")] * 5)
    words = ["alpha", "beta", "gamma", "delta", "epsilon"]
    texts = [f" says the council {word} in its report of that year on fleets" for word in words]
    lines = [
        [*made, line(span(str(page.number), raised=True, size=6), text, top=780, page=page.number)]
        for page, made, text in zip(pages, lines, texts, strict=True)
    ]
    assert find_furniture(pages, lines) == [{}] * 5


def test_a_long_first_line_that_begins_with_another_number_stays() -> None:
    edges = [(f"{(number * 37) % 100} ships were seen at the mouth of the river", "") for number in range(1, 9)]
    assert furniture_of(edges) == [[]] * 8


def test_page_number_above_a_running_foot_is_found() -> None:
    pages, lines = paper(feet(*["Annual report"] * 4))
    lines = [[*made, line(str(made[0].page), top=785, page=made[0].page)] for made in lines]
    lines = [sorted(made, key=lambda item: item.box.top) for made in lines]
    assert find_furniture(pages, lines) == [{1: PAGE_NUMBER, 2: RUNNING_HEAD}] * 4


def test_numbering_that_starts_on_a_later_page_gives_labels_with_an_offset() -> None:
    edges = feet("", "", "1", "2", "3", "4")
    assert labels_of(edges) == ["", "", "1", "2", "3", "4"]
    assert furniture_of(edges) == [[], [], *([(foot, PAGE_NUMBER)] for _, foot in edges[2:])]


def test_extract_of_a_longer_paper_keeps_its_printed_numbers() -> None:
    assert labels_of(feet("117", "118", "", "120")) == ["117", "118", "119", "120"]


def test_roman_front_matter_has_roman_labels() -> None:
    edges = feet("i", "ii", "iii", "1", "2", "3")
    assert labels_of(edges) == ["i", "ii", "iii", "1", "2", "3"]
    assert furniture_of(edges) == [[(foot, PAGE_NUMBER)] for _, foot in edges]


@pytest.mark.parametrize("word", ["mix", "civil", "I", "e.g."])
def test_word_of_roman_letters_is_no_page_number(word: str) -> None:
    assert labels_of(feet(word, "", "")) == ["1", "2", "3"]
    assert furniture_of(feet(word, "", "")) == [[]] * 3


def test_page_without_any_numbers_has_its_physical_number() -> None:
    assert labels_of([("", "")] * 3) == ["1", "2", "3"]


def test_the_pdfs_own_labels_win() -> None:
    assert labels_of(feet("1", "2", "3"), ["i", "ii", "A-1"]) == ["i", "ii", "A-1"]


def test_page_that_the_label_tree_leaves_out_has_no_label() -> None:
    assert labels_of(feet("1", "2", "3"), [None, "7", "8"]) == ["", "7", "8"]


def test_articles_that_do_not_follow_the_pages_stay() -> None:
    edges = [("Article 5", ""), ("", ""), ("", ""), ("Article 6", ""), ("", ""), ("", "")]
    assert furniture_of(edges) == [[]] * 6
    assert labels_of(edges) == ["1", "2", "3", "4", "5", "6"]


def test_articles_stay_next_to_real_page_numbers() -> None:
    edges = [("Article 8", "1"), ("Article 9", "2"), ("Article 11", "3"), ("Article 14", "4")]
    assert furniture_of(edges) == [[(foot, PAGE_NUMBER)] for _, foot in edges]


def test_article_whose_number_is_by_chance_that_of_its_page_stays() -> None:
    heads = ["Article 1", "", "Article 3", "Article 7", "Article 8", ""]
    edges = [(head, str(number)) for number, head in enumerate(heads, start=1)]
    assert furniture_of(edges) == [[(foot, PAGE_NUMBER)] for _, foot in edges]


@pytest.mark.parametrize("title", ["Global Report 2018", "Resolution 61", "Article 1"])
def test_title_of_a_paper_of_one_page_is_no_page_number(title: str) -> None:
    assert furniture_of([(title, "")]) == [[]]
    assert labels_of([(title, "")]) == ["1"]


def test_short_footnote_whose_mark_is_by_chance_the_page_number_stays() -> None:
    pages, lines = paper(feet("1", "2", "3", "4", "5", "6"))
    lines[2].insert(1, line("3 Ibid., para. 10.", top=780, page=3, size=8))
    assert find_furniture(pages, lines) == [
        {1: PAGE_NUMBER},
        {1: PAGE_NUMBER},
        {2: PAGE_NUMBER},
        *[{1: PAGE_NUMBER}] * 3,
    ]


def test_years_at_the_edges_are_no_page_numbers() -> None:
    edges = feet("Geneva, 12 May 2017", "", "", "Vienna, 3 March 2017", "", "")
    assert furniture_of(edges) == [[]] * 6
    assert labels_of(edges) == ["1", "2", "3", "4", "5", "6"]


@given(first=st.integers(1, 900), count=st.integers(3, 12), missing=st.sets(st.integers(1, 12), max_size=1))
def test_labels_follow_the_printed_numbers(first: int, count: int, missing: set[int]) -> None:
    words = ["" if number in missing else str(first + number - 1) for number in range(1, count + 1)]
    assert labels_of(feet(*words)) == [str(first + number) for number in range(count)]


def test_furniture_is_left_out_of_passages_and_listed(tmp_path: Path) -> None:
    pages = [
        [Text("Annual report", 40), *paragraph([f"{word} {BODY[0]}", BODY[1]], 300), Text(f"Page {number} of 3", 800)]
        for number, word in enumerate(["First:", "Second:", "Third:"], start=1)
    ]
    document, passages = read(tmp_path / "paper.pdf", pages)
    assert document.left_out == tuple(
        item
        for number in (1, 2, 3)
        for item in (
            LeftOut(RUNNING_HEAD, number, "Annual report"),
            LeftOut(PAGE_NUMBER, number, f"Page {number} of 3"),
        )
    )
    text = "\n".join(passage.text for passage in passages)
    assert text == "\n".join(f"{word}: {' '.join(BODY)}" for word in ("First", "Second", "Third"))


def test_labels_reach_pages_and_passages(tmp_path: Path) -> None:
    pages = [[*paragraph([f"{word} {BODY[0]}", BODY[1]], 300), Text(foot, 800)] for word, foot in NUMBERED]
    document, passages = read(tmp_path / "paper.pdf", pages)
    assert [page.label for page in document.pages] == ["", "", "1", "2"]
    assert [(passage.pages, passage.page_labels) for passage in passages] == [((1, 2, 3, 4), ("", "", "1", "2"))]


def test_numbers_that_count_anew_in_each_chapter_are_labels_and_furniture() -> None:
    edges = feet("1-1", "1-2", "1-3", "2-1", "2-2", "2–3")
    assert labels_of(edges) == ["1-1", "1-2", "1-3", "2-1", "2-2", "2–3"]
    assert [kinds for kinds in furniture_of(edges) if kinds != [] and kinds[0][1] != PAGE_NUMBER] == []


def test_range_at_a_pages_foot_is_no_label() -> None:
    assert labels_of([("", ""), ("", "3-4"), ("", "")]) == ["1", "2", "3"]


def test_label_tree_that_contradicts_the_printed_numbers_is_ignored() -> None:
    edges = feet("", "", "1", "2", "3", "4")
    assert labels_of(edges, ["1", "2", "3", "4", "5", "6"]) == ["", "", "1", "2", "3", "4"]
    assert labels_of(edges, ["i", "ii", "1", "2", "3", "4"]) == ["i", "ii", "1", "2", "3", "4"]


def test_label_tree_that_calls_all_pages_the_same_is_ignored() -> None:
    assert labels_of(feet("", "", ""), ["Cover", "Cover", "Cover"]) == ["1", "2", "3"]
