"""A matrix as JSON, CSV, terminal text and HTML, character by character."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from pipeline.serving.matrix import COLOURS, not_looked_at, source, to_csv, to_html, to_record, to_text
from tests.serving.matrices import HBA, MATRIX, TWO_EDITIONS, repeated


def starred(text: str) -> str:
    return f"*{text}*"


# --- JSON and CSV


def test_json_has_a_row_for_each_topic_and_a_cell_for_each_organization() -> None:
    nothing = {"coverage": "none", "score": 0.1235, "pages": [], "page_labels": [], "passage": None, "citation": None}
    covers = {
        "coverage": "covers",
        "score": 0.9123,
        "pages": [7],
        "page_labels": ["5"],
        "passage": "sea/2020/1/0",
        "citation": "IFO, sea-2020.pdf (2020), p. 5 [PDF 7]",
    }
    record = to_record(MATRIX)
    assert json.loads(json.dumps(record)) == record
    assert list(record) == ["topics", "organizations", "editions", "cells", "without_section"]
    assert record["topics"] == ["Training of guards", "=cost of $5 and $10 <nets>"]
    assert record["organizations"] == [
        {"organization": "IFO", "organization_name": "International Fishing Office"},
        {"organization": "WLA", "organization_name": "World <Lighthouse> Agency"},
        {"organization": "HBA", "organization_name": "Harbour Agency"},
    ]
    assert record["editions"] == [
        {"document": "sea", "edition": "2020", "file": "sea-2020.pdf", "sha256": "a" * 64},
    ]
    assert record["without_section"] == [{"organization": "FOO", "organization_name": "Forest Office"}]
    assert json.dumps(record["cells"][0][0]) == json.dumps(covers), "the order of the keys counts"
    assert record["cells"][0][1]["citation"] == "WLA, sea-2020.pdf (2020), pp. 9–10 [PDF 11–12]"
    assert record["cells"][0][2] == nothing
    assert [[cell["coverage"] for cell in row] for row in record["cells"]] == [
        ["covers", "mentions", "none"],
        ["none", "covers", "none"],
    ]


def test_csv_has_coverage_and_page_in_a_cell_and_no_formula() -> None:
    assert list(csv.reader(io.StringIO(to_csv(MATRIX)))) == [
        ["topic", "IFO", "WLA", "HBA"],
        ["Training of guards", "covers p. 5 [PDF 7]", "mentions pp. 9–10 [PDF 11–12]", "none"],
        ["'=cost of $5 and $10 <nets>", "none", "covers PDF p. 10", "none"],
    ]
    formula = replace(MATRIX, organizations=(replace(HBA, acronym="@HBA"), *MATRIX.organizations[1:]))
    assert to_csv(formula).splitlines()[0] == "topic,'@HBA,WLA,HBA"


def test_csv_names_the_edition_where_there_are_several() -> None:
    first = list(csv.reader(io.StringIO(to_csv(TWO_EDITIONS))))[1]
    assert first[1:] == ["covers p. 5 [PDF 7] (sea/2021)", "mentions pp. 9–10 [PDF 11–12] (sea/2020)", "none"]


# --- terminal


def test_a_table_where_it_fits() -> None:
    assert to_text(MATRIX, 60, starred).split("\n") == [
        "                            *IFO*  *WLA*       *HBA*",
        "Training of guards          ● 5  ○ 9–10    –",
        "=cost of $5 and $10 <nets>  –    ● PDF 10  –",
        "",
        "● covers  ○ mentions  – nothing found; numbers are pages as",
        "printed",
        "",
        "Pages are those of sea-2020.pdf (2020). Not looked at, since",
        "no section is theirs: FOO.",
    ]


def test_topics_are_wrapped_in_a_narrower_table() -> None:
    lines = to_text(MATRIX, 42, str).split("\n")
    assert lines[:4] == [
        "                        IFO  WLA       HBA",
        "Training of guards      ● 5  ○ 9–10    –",
        "=cost of $5 and $10     –    ● PDF 10  –",
        "<nets>",
    ]


def test_a_list_where_a_table_does_not_fit() -> None:
    assert to_text(MATRIX, 34, starred).split("\n") == [
        "*Training of guards*",
        "   covers:   IFO p. 5 [PDF 7]",
        "   mentions: WLA pp. 9–10 [PDF 11–12]",
        "*=cost of $5 and $10 <nets>*",
        "   covers:   WLA PDF p. 10",
        "",
        "Pages are those of sea-2020.pdf",
        "(2020). Not looked at, since no",
        "section is theirs: FOO.",
    ]


def test_a_list_has_the_best_organization_first_and_says_where_nothing_is_found() -> None:
    best = replace(MATRIX.cells[0][0], score=0.99)
    other = replace(MATRIX.cells[0][0], score=0.95)
    third = replace(MATRIX.cells[0][0], score=0.97)
    nothing = MATRIX.cells[0][2]
    lines = to_text(replace(MATRIX, cells=((other, best, third), (nothing,) * 3)), 30, str).split("\n")
    assert lines[:5] == [
        "Training of guards",
        "   covers:   WLA p. 5 [PDF 7],",
        "             HBA p. 5 [PDF 7],",
        "             IFO p. 5 [PDF 7]",
        "=cost of $5 and $10 <nets>",
    ]
    assert lines[5] == "   nothing found"


@pytest.mark.parametrize("width", [50, 80, 110])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for size in ((3, 3), (10, 7), (5, 30)):
        assert max(map(len, to_text(repeated(*size), width, str).split("\n"))) <= width


def test_marks_tell_the_editions_apart() -> None:
    assert source(TWO_EDITIONS) == "Pages are those of sea-2020.pdf (2020) [1], sea-2021.pdf (2021) [2]."
    lines = to_text(TWO_EDITIONS, 80, str).split("\n")
    assert lines[1] == "Training of guards          ● 5 [2]  ○ 9–10 [1]    –"


def test_who_was_not_looked_at_is_named() -> None:
    assert not_looked_at(MATRIX) == "Not looked at, since no section is theirs: FOO."
    assert not_looked_at(TWO_EDITIONS) == ""


def test_without_any_organization_nothing_is_found() -> None:
    empty = replace(MATRIX, organizations=(), cells=((), ()))
    assert to_text(empty, 80, str).split("\n")[:2] == ["Training of guards", "   nothing found"]
    assert to_csv(empty) == "topic\nTraining of guards\n'=cost of $5 and $10 <nets>\n"
    assert '<thead><tr><th scope="col">Topic</th></tr></thead>' in to_html(empty)


# --- HTML


class Page(HTMLParser):
    """Gathers what a browser would see: tags, attributes, the rows of the table, and the text by tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.rows and data.strip():
            self.rows[-1][-1] = f"{self.rows[-1][-1]} {data.strip()}".strip()

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self.rows.append([""])

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_html_is_a_table_with_the_text_in_its_cells() -> None:
    page = Page(to_html(MATRIX))
    assert page.rows[:3] == [
        ["Topic", "IFO", "WLA", "HBA"],
        ["Training of guards", "● 5", "○ 9–10", "–"],
        ["=cost of $5 and $10 <nets>", "–", "● PDF 10", "–"],
    ]
    assert [cell["class"] for cell in page.all("td")] == ["covers", "mentions", "none", "none", "covers", "none"]
    assert [cell["scope"] for cell in page.all("th")] == ["col"] * 4 + ["row"] * 2
    assert page.all("abbr")[1] == {"title": "World <Lighthouse> Agency"}


def test_the_title_of_a_cell_is_its_citation_and_best_sentence() -> None:
    titles = [cell["title"] for cell in Page(to_html(MATRIX)).all("td")]
    sentence = "It trains guards & <b>keepers</b>."
    assert titles == [
        f"covers: IFO, sea-2020.pdf (2020), p. 5 [PDF 7]\n{sentence}",
        f"mentions: WLA, sea-2020.pdf (2020), pp. 9–10 [PDF 11–12]\n{sentence}",
        "HBA: nothing found",
        "IFO: nothing found",
        f"covers: WLA, sea-2020.pdf (2020), PDF p. 10\n{sentence}",
        "HBA: nothing found",
    ]


def test_html_has_a_caption_with_legend_and_source() -> None:
    html = to_html(MATRIX)
    caption = Page(re.search("<figcaption>(.*)</figcaption>", html, re.DOTALL)[1]).text  # type: ignore[index]
    assert caption.split("\n")[2:] == [
        "●covers ○mentions –nothing found numbers are pages as printed",
        "Pages are those of sea-2020.pdf (2020). Not looked at, since no section is theirs: FOO.",
        "",
    ]


def test_html_asks_nobody_and_runs_nothing() -> None:
    html = to_html(MATRIX)
    page = Page(html)
    assert not {"script", "link", "img", "iframe", "object", "base", "form", "b>"} & {tag for tag, _ in page.tags}
    assert not re.search(r"url\(|@import|https?:|\bsrc=|\bhref=|\bon\w+=", html)
    policy = next(item for item in page.all("meta") if "http-equiv" in item)
    assert policy == {
        "http-equiv": "Content-Security-Policy",
        "content": "default-src 'none'; style-src 'unsafe-inline'",
    }


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", '" onmouseover="alert(1)', "</style><script>", "&lt;"])
def test_whatever_is_in_a_topic_or_paper_stays_text(evil: str) -> None:
    owner = replace(MATRIX.organizations[0], acronym=evil, name=evil)
    edition = replace(MATRIX.editions[0], file=evil)
    matrix = replace(
        MATRIX,
        topics=(evil, "b"),
        organizations=(owner, *MATRIX.organizations[1:]),
        editions=(edition,),
        without_section=(owner,),
    )
    plain = Page(to_html(MATRIX))
    page = Page(to_html(matrix))
    assert [(tag, sorted(attributes)) for tag, attributes in page.tags] == [
        (tag, sorted(attributes)) for tag, attributes in plain.tags
    ]
    assert page.rows[0][1] == page.rows[1][0] == page.all("abbr")[0]["title"] == evil


def test_many_names_stand_upright() -> None:
    assert Page(to_html(repeated(2, 8))).all("table") == [{}]
    assert Page(to_html(repeated(2, 9))).all("table") == [{"class": "upright"}]


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_colours_differ_in_lightness_and_texts_can_be_read_on_them() -> None:
    for ground, ink in COLOURS.values():
        assert contrast(ground, ink) >= 4.5
    covers, mentions, none = (COLOURS[coverage][0] for coverage in ("covers", "mentions", "none"))
    assert contrast(covers, mentions) >= 3, "without any hue"
    assert contrast(mentions, none) >= 1.4
    style = re.search("<style>(.*)</style>", to_html(MATRIX), re.DOTALL)[1]  # type: ignore[index]
    assert f".covers {{ background: {covers};" in style
    assert "_GROUND" not in style
    assert "_INK" not in style
