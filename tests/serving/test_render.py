"""What people and programs read, character by character."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datatypes import Absence, Answer, Edition, Footnote, Hit, Link, Organization, Passage
from pipeline.datatypes.page import Document
from pipeline.serving.render import (
    BEST,
    CSV_FIELDS,
    absence_record,
    answer_record,
    hit_record,
    passage_lines,
    passage_record,
    score_bar,
    to_csv,
    to_markdown,
    to_text,
    verdict_lines,
    wrap,
)

UNICEF = Organization("UNICEF", "United Nations Children's Fund", ("Children’s Fund",), (33, 37))
TEXT = "UNICEF trains guards. It helps children at sea.\n• Boats are counted."
PASSAGE = Passage(
    id="icat/2018/14/3",
    edition=Edition("icat", "2018", "icat-2018.pdf", "f" * 64),
    organization=UNICEF,
    section=("United Nations Children's Fund (UNICEF)", "Main Activities", "The 4 Ps"),
    text=TEXT,
    pages=(34, 35),
    page_labels=("32", "33"),
    links=(Link("children", "https://example.org/c"),),
    footnotes=(Footnote("9", 34, "See “Boats”, 2016."),),
    sentences=((0, 21), (22, 47), (48, 68)),
)
PLAIN = Passage(
    "sea/1/0/0", Edition("sea", "1", "sea.pdf", "0"), None, (), "=SUM(A1)", (1,), ("",), sentences=((0, 8),)
)
HIT = Hit(1, 0.714249, PASSAGE, (22, 47))
PLAIN_HIT = Hit(2, -0.05, PLAIN, (0, 8))
EDITIONS = [PASSAGE.edition]
UNESCO = Organization("UNESCO", "United Nations Educational, Scientific and Cultural Organization")
NOTE = Passage(
    "icat/2018/0/9", PASSAGE.edition, None, ("Introduction",), "UNESCO [is] a member.", (4,), ("2",), note="6"
)
TWIN = replace(PASSAGE, id="icat/2018/20/0", pages=(44,), page_labels=("42",))


def answered(*hits: Hit, query: str = "who helps?", confidence: float = 0.9) -> Answer:
    return Answer(query, hits, confidence, answered=confidence >= 0.5)


def unstyled(text: str) -> str:
    return text


def starred(text: str) -> str:
    return f"*{text}*"


def test_an_answer_has_the_keys_and_values_of_the_issue_in_this_order() -> None:
    expected = {
        "query": "who helps at sea?",
        "confidence": 0.877,
        "answered": True,
        "without_section": [],
        "hits": [
            {
                "rank": 1,
                "score": 0.7142,
                "organization": "UNICEF",
                "organization_name": "United Nations Children's Fund",
                "section": ["United Nations Children's Fund (UNICEF)", "Main Activities", "The 4 Ps"],
                "document": "icat",
                "edition": "2018",
                "file": "icat-2018.pdf",
                "pages": [34, 35],
                "page_labels": ["32", "33"],
                "text": TEXT,
                "highlight": [22, 47],
                "links": [{"text": "children", "url": "https://example.org/c"}],
                "footnotes": [{"mark": "9", "page": 34, "text": "See “Boats”, 2016."}],
                "passage": "icat/2018/14/3",
                "citation": "UNICEF, icat-2018.pdf (2018), pp. 32–33 [PDF 34–35]",
                "paragraphs": [],
                "ocr": False,
                "table_head": None,
                "imprint": {"title": None, "symbol": None, "date": None, "author": None, "publishers": []},
                "mentions": [],
                "also": [],
            }
        ],
    }
    answer = answered(HIT, query="who helps at sea?", confidence=0.87654)
    assert json.dumps(answer_record(answer)) == json.dumps(expected)


def test_an_answer_tells_who_has_no_section_and_why() -> None:
    answer = Answer("what does UNESCO do?", (), 0.0, answered=False, absences=(Absence(UNESCO, NOTE),))
    assert answer_record(answer) == {
        "query": "what does UNESCO do?",
        "confidence": 0.0,
        "answered": False,
        "without_section": [
            {
                "organization": "UNESCO",
                "organization_name": "United Nations Educational, Scientific and Cultural Organization",
                "passage": "icat/2018/0/9",
                "citation": "icat-2018.pdf (2018), p. 2 [PDF 4], note 6",
                "text": "UNESCO [is] a member.",
            }
        ],
        "hits": [],
    }
    unexplained = absence_record(Absence(UNESCO, None))
    assert [unexplained[key] for key in ("organization", "passage", "citation", "text")] == ["UNESCO", None, None, None]


def test_a_hit_tells_whom_it_mentions_and_where_else_the_same_is_said() -> None:
    record = hit_record(replace(HIT, mentions=("IOM", "UNODC"), also=(TWIN, PLAIN)))
    assert record == hit_record(HIT) | {
        "mentions": ["IOM", "UNODC"],
        "also": [
            {"passage": "icat/2018/20/0", "citation": "UNICEF, icat-2018.pdf (2018), p. 42 [PDF 44]"},
            {"passage": "sea/1/0/0", "citation": "sea.pdf (1), PDF p. 1"},
        ],
    }


def test_a_passage_record_is_a_hit_record_without_what_the_question_adds() -> None:
    record = hit_record(HIT)
    added = [record.pop(key) for key in ("rank", "score", "highlight", "mentions", "also")]
    assert added == [1, 0.7142, [22, 47], [], []]
    assert json.dumps(passage_record(PASSAGE)) == json.dumps(record)


def test_without_organization_the_names_are_null() -> None:
    record = passage_record(PLAIN)
    assert (record["organization"], record["organization_name"], record["section"]) == (None, None, [])
    assert record["citation"] == "sea.pdf (1), PDF p. 1"


SIGNALS = {"sentence": 2.346, "named": 1.0, "tokens": -0.04}


def test_signals_are_shown_on_request_only() -> None:
    hit = Hit(HIT.rank, HIT.score, HIT.passage, HIT.highlight, SIGNALS)
    assert hit_record(hit) == hit_record(HIT)
    assert hit_record(hit, explain=True) == hit_record(HIT) | {"signals": SIGNALS}
    assert list(hit_record(hit, explain=True))[-3:] == ["mentions", "also", "signals"]
    assert answer_record(answered(hit), explain=True)["hits"] == [hit_record(hit, explain=True)]
    lines = to_text(answered(hit), EDITIONS, 80, unstyled).split("\n")
    explained = to_text(answered(hit), EDITIONS, 80, unstyled, explain=True).split("\n")
    assert lines == to_text(answered(HIT), EDITIONS, 80, unstyled).split("\n")
    assert explained == [*lines[:4], "   sentence +2.3, named +1.0, tokens -0.0", *lines[4:]]


def test_csv_reads_back() -> None:
    header, first, second = csv.reader(io.StringIO(to_csv(answered(HIT, PLAIN_HIT, confidence=0.98765))))
    assert header == list(CSV_FIELDS)
    assert first == [
        "1", "0.7142", "0.988", "True", "UNICEF", "United Nations Children's Fund",
        "United Nations Children's Fund (UNICEF) > Main Activities > The 4 Ps", "icat", "2018", "icat-2018.pdf",
        "34;35", "32;33", TEXT, "icat/2018/14/3", "UNICEF, icat-2018.pdf (2018), pp. 32–33 [PDF 34–35]",
        "", "", "", "", "", "",
    ]  # fmt: skip
    assert second == [
        "2", "-0.05", "0.988", "True", "", "", "", "sea", "1", "sea.pdf", "1", "", "'=SUM(A1)", "sea/1/0/0",
        "sea.pdf (1), PDF p. 1", "", "", "", "", "", "",
    ]  # fmt: skip


def test_csv_without_hits_is_its_header() -> None:
    assert to_csv(answered(confidence=0.0)) == ",".join(CSV_FIELDS) + "\n"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_looks_like_a_formula_is_made_inert(start: str) -> None:
    text = f'{start}HYPERLINK("http://x","y")'
    passage = Passage("a/1/0/0", PLAIN.edition, Organization(text, text), (text,), text, (1,), ("1",))
    (row,) = csv.DictReader(io.StringIO(to_csv(answered(Hit(1, 0.5, passage, (0, 1)), confidence=0.1))))
    for field in ("organization", "organization_name", "section", "text"):
        assert row[field] == f"'{text}", field
    assert (row["score"], row["confidence"], row["answered"]) == ("0.5", "0.1", "False")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1))
def test_any_text_survives_csv_but_for_the_quote_before_a_formula(text: str) -> None:
    passage = Passage("a/1/0/0", PLAIN.edition, None, (), text, (1,), ("1",))
    row = list(csv.reader(io.StringIO(to_csv(answered(Hit(1, 0.5, passage, (0, 1)))), newline="")))[1]
    assert row[CSV_FIELDS.index("text")] == ("'" + text if text[0] in "=+-@\t\r" else text)


def test_markdown_is_a_list_of_quotations_with_the_best_sentence_in_bold() -> None:
    assert to_markdown(answered(HIT, PLAIN_HIT), EDITIONS) == (
        "## who helps?\n\n"
        "Confidence 0.90.\n\n"
        "1. UNICEF, icat-2018.pdf (2018), pp. 32–33 \\[PDF 34–35\\]\n\n"
        "> UNICEF trains guards. **It helps children at sea.**  \n"
        "> • Boats are counted.  \n\n"
        "2. sea.pdf (1), PDF p. 1\n\n"
        "> **=SUM(A1)**  \n"
    )


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a*b*", r"a\*b\*"),
        ("<script>", r"\<script\>"),
        ("[x](javascript:y)", r"\[x\](javascript:y)"),
        ("# `code` a_b | c {d} \\", r"\# \`code\` a\_b \| c \{d\} \\"),
    ],
)
def test_markdown_of_the_paper_is_escaped(text: str, escaped: str) -> None:
    passage = Passage("a/1/0/0", PLAIN.edition, None, (), f"{text}.{text}", (1,), ("1",))
    hit = Hit(1, 0.5, passage, (0, len(text) + 1))
    answer = to_markdown(answered(hit, query=text), EDITIONS)
    assert answer == f"## {escaped}\n\nConfidence 0.90.\n\n1. sea.pdf (1), p. 1\n\n> **{escaped}.**{escaped}  \n"


def test_markdown_of_an_answer_that_is_not_sure() -> None:
    hit = replace(HIT, also=(TWIN,))
    answer = Answer("who\n helps?", (hit,), 0.1, answered=False, absences=(Absence(UNESCO, NOTE),))
    assert to_markdown(answer, EDITIONS) == (
        "## who helps?\n\n"
        "No section of the 2018 edition is on UNESCO (United Nations Educational, Scientific and Cultural"
        " Organization). icat-2018.pdf (2018), p. 2 \\[PDF 4\\], note 6: UNESCO \\[is\\] a member.\n\n"
        "Confidence 0.10. Nothing in the 2018 edition answers this clearly; the closest passages:\n\n"
        "1. UNICEF, icat-2018.pdf (2018), pp. 32–33 \\[PDF 34–35\\]; also UNICEF, icat-2018.pdf (2018), p. 42"
        " \\[PDF 44\\]\n\n"
        "> UNICEF trains guards. **It helps children at sea.**  \n"
        "> • Boats are counted.  \n"
    )


def test_without_hits_only_absences_are_told() -> None:
    answer = Answer("x", (), 0.0, answered=False)
    assert (to_markdown(answer, EDITIONS), to_text(answer, EDITIONS, 80, unstyled)) == ("## x\n", "")
    absent = replace(answer, absences=(Absence(UNESCO, None),))
    (line,) = verdict_lines(absent, EDITIONS)
    assert line == f"No section of the 2018 edition is on UNESCO ({UNESCO.name})."
    assert to_markdown(absent, EDITIONS) == f"## x\n\n{line}\n"
    assert to_text(absent, EDITIONS, 60, unstyled) == (
        "No section of the 2018 edition is on UNESCO (United Nations\n"
        "Educational, Scientific and Cultural Organization)."
    )


@pytest.mark.parametrize(
    ("confidence", "editions", "line"),
    [
        (0.5, EDITIONS, "0.50."),
        (0.999, EDITIONS, "1.00."),
        (0.499, EDITIONS, "0.49. Nothing in the 2018 edition answers this clearly; the closest passages:"),
        (0.12, EDITIONS, "0.12. Nothing in the 2018 edition answers this clearly; the closest passages:"),
        (0.0, [*EDITIONS, PLAIN.edition], "0.00. Nothing in these papers answers this clearly; the closest passages:"),
    ],
)
def test_the_verdict(confidence: float, editions: list[Edition], line: str) -> None:
    assert list(verdict_lines(answered(HIT, confidence=confidence), editions)) == [f"Confidence {line}"]


@pytest.mark.parametrize(
    ("score", "bar"),
    [
        (1.0, "██████████"),
        (0.42, "████░░░░░░"),
        (0.0, "░░░░░░░░░░"),
        (-0.3, "░░░░░░░░░░"),
        (1.2, "██████████"),
        (0.96, "██████████"),
        (0.94, "█████████░"),
    ],
)
def test_score_bar(score: float, bar: str) -> None:
    assert score_bar(score) == bar


def test_text_for_people() -> None:
    assert to_text(answered(replace(HIT, also=(TWIN,)), PLAIN_HIT), EDITIONS, 35, starred).split("\n") == [
        "Confidence 0.90.",
        "",
        " 1 ███████░░░ 0.71  *UNICEF, icat-2018.pdf (2018), pp. 32–33 [PDF 34–35]*",
        "   also UNICEF, icat-2018.pdf (2018), p. 42 [PDF 44]",
        "   United Nations Children's Fund (UNICEF) > Main Activities > The 4 Ps",
        " ▌ UNICEF trains guards. *It helps*",
        " ▌ *children at sea.*",
        "   • Boats are counted.",
        "",
        " 2 ░░░░░░░░░░ -0.05  *sea.pdf (1), PDF p. 1*",
        " ▌ *=SUM(A1)*",
    ]


def test_list_items_hang() -> None:
    text = "• One two three four.\nFive six seven eight."
    assert wrap(text, (0, 0), 17, unstyled) == [
        "   • One two",
        "     three four.",
        "   Five six",
        "   seven eight.",
    ]


def test_a_passage_for_people_has_its_notes_and_links() -> None:
    assert passage_lines(PASSAGE, 80, starred) == [
        "*UNICEF, icat-2018.pdf (2018), pp. 32–33 [PDF 34–35]*",
        "United Nations Children's Fund (UNICEF) > Main Activities > The 4 Ps",
        "icat/2018/14/3",
        "",
        "   UNICEF trains guards. It helps children at sea.",
        "   • Boats are counted.",
        "   [9] p. 34: See “Boats”, 2016.",
        "   children <https://example.org/c>",
    ]


WORDS = st.text(alphabet="abc•.-é’“ \n", min_size=1, max_size=300)


@given(text=WORDS, width=st.integers(10, 60), ends=st.tuples(st.integers(0, 300), st.integers(0, 300)))
def test_wrapping_keeps_all_words_and_never_exceeds_the_width(text: str, width: int, ends: tuple[int, int]) -> None:
    highlight = (min(ends), max(ends))
    lines = wrap(text, highlight, width, unstyled)
    bodies = [line[3:].strip(" ") for line in lines]
    assert " ".join(bodies).split() == text.split()
    for line, body in zip(lines, bodies, strict=True):
        assert len(line) <= width or " " not in body, "only a word that is too long itself may stand out"
        assert line[:3] in ("   ", f" {BEST} ")


@given(text=WORDS, width=st.integers(10, 60), ends=st.tuples(st.integers(0, 300), st.integers(0, 300)))
def test_wrapping_emphasises_the_highlighted_characters_and_no_others(
    text: str, width: int, ends: tuple[int, int]
) -> None:
    start, end = min(ends), max(ends)
    lines = wrap(text, (start, end), width, lambda part: f"<{part}>")
    marked = [part for line in lines for part in re.findall("<([^>]*)>", line)]
    assert re.sub(r"\s", "", "".join(marked)) == re.sub(r"\s", "", text[start:end])
    for line in lines:
        assert line.startswith(f" {BEST} ") == ("<" in line)


def test_no_passage_of_the_paper_is_wider_than_the_terminal(paper: tuple[Document, list[Passage]]) -> None:
    for passage in paper[1]:
        for line in wrap(passage.text, passage.sentences[0], 80, unstyled):
            assert len(line) <= 80 or " " not in line[3:].strip(" ")  # a web address may stand out


def test_head_of_a_table_stands_before_a_passage_that_goes_on_with_it() -> None:
    passage = replace(PASSAGE, table_head="Country | Year")
    answer = answered(replace(HIT, passage=passage))
    assert answer_record(answer)["hits"][0]["table_head"] == "Country | Year"
    lines = to_text(answer, EDITIONS, 80, unstyled).splitlines()
    assert lines[lines.index("   [Country | Year]") + 1].endswith("UNICEF trains guards. It helps children at sea.")
    assert "> \\[Country \\| Year\\]  \n> UNICEF" in to_markdown(answer, EDITIONS)
    assert "   [Country | Year]" in passage_lines(passage, 80, unstyled)
    assert "[" not in to_text(answered(PLAIN_HIT), EDITIONS, 80, unstyled)
