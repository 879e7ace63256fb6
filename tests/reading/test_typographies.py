"""The real paper in other typographies: the same sections, pages, labels and passages."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

from pipeline.datatypes import Passage
from pipeline.datatypes.page import Document
from pipeline.reading.document import read_document
from tests.reading.records import EDITION
from tests.resetting import PLAIN, SERIF, Typography, reset, retype

Paper = tuple[Document, list[Passage]]

LOOKS = {
    "other fonts and paper size": SERIF,
    "headings bold at body size": replace(PLAIN, headings="bold"),
    "headings in capitals": replace(PLAIN, headings="caps"),
    "two columns": replace(PLAIN, columns=2, size=9.5),
    "two columns, headings bold at body size": replace(PLAIN, columns=2, size=10.0, headings="bold"),
    "larger, headings bold at body size": replace(PLAIN, headings="bold", size=11.5),
    "cover and contents with roman numbers": replace(SERIF, front=True),
    "page numbers in the header": replace(PLAIN, number_above=True, size=10.0),
}


def squeezed(text: str) -> str:
    return "".join(text.split()).casefold()


def tops(document: Document) -> list[tuple[str, int, str]]:
    found = []
    named = [section for section in document.sections if section.heading]
    for top, group in groupby(named, key=lambda section: section.path[0]):
        page = next(iter(group)).pages[0]
        found.append((top.casefold(), page, document.pages[page - 1].label))
    return found


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_the_paper_in_another_typography(look: Typography, paper: Paper, tmp_path: Path) -> None:
    blocks, _ = retype(paper[0])
    made = reset(tmp_path / "paper-2018.pdf", blocks, look)
    document, passages = read_document(made.file, EDITION)
    assert tops(document) == [(title.casefold(), page, label) for title, page, label in made.tops]
    assert len(made.tops) == 22
    expected = [squeezed(passage.text) for passage in paper[1]]
    found = [squeezed(passage.text) for passage in passages]
    if look.front:
        found = found[1:]  # the cover's own
    assert found == expected
