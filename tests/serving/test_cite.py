"""A passage as a quotation with its source."""

from __future__ import annotations

from dataclasses import replace

from pipeline.datatypes import Edition, Organization, Passage
from pipeline.serving.cite import FORMS

PASSAGE = Passage(
    "sea_x/2018/1/0",
    Edition("sea_x", "2018", "sea_x-2018.pdf", "0" * 64),
    Organization("IFO", "Fishing Office"),
    ("Fishing",),
    "Boats & nets cost 5%.\n• they *sink*",
    (3, 4),
    ("1", "2"),
)


def test_plain() -> None:
    assert (
        FORMS["plain"](PASSAGE)
        == "“Boats & nets cost 5%. • they *sink*” (IFO, sea_x-2018.pdf (2018), pp. 1–2 [PDF 3–4])"
    )


def test_markdown() -> None:
    assert FORMS["markdown"](PASSAGE) == (
        "> Boats & nets cost 5%.  \n> • they \\*sink\\*  \n>\n> — IFO, sea\\_x-2018.pdf (2018), pp. 1–2 \\[PDF 3–4\\]"
    )


def test_bibtex() -> None:
    assert FORMS["bibtex"](PASSAGE) == (
        "@misc{sea-x-2018-1-0,\n  title = {{sea\\_x-2018.pdf}},\n  year = {2018},\n  pages = {1--2},\n"
        "  note = {IFO, sea\\_x-2018.pdf (2018), pp. 1–2 [PDF 3–4]},\n}"
    )


def test_ris() -> None:
    assert FORMS["ris"](PASSAGE).split("\n") == [
        "TY  - RPRT",
        "TI  - sea_x-2018.pdf",
        "PY  - 2018",
        "ET  - 2018",
        "SP  - 1",
        "EP  - 2",
        "AB  - Boats & nets cost 5%. • they *sink*",
        "N1  - IFO, sea_x-2018.pdf (2018), pp. 1–2 [PDF 3–4]",
        "ER  - ",
    ]


def test_a_version_is_no_year_and_pages_without_labels_are_those_of_the_pdf() -> None:
    other = replace(PASSAGE, edition=replace(PASSAGE.edition, label="v2.1"), page_labels=("", ""))
    assert "PY  - " not in FORMS["ris"](other)
    assert "SP  - 3\nEP  - 4" in FORMS["ris"](other)
    assert "edition = {v2.1}" in FORMS["bibtex"](other)
    assert "year" not in FORMS["bibtex"](other)
