"""The whole of reading: what holds for every paper, however odd."""

from __future__ import annotations

import unicodedata
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.datatypes import Passage
from pipeline.datatypes.page import Document, Glyph, RawPage
from pipeline.errors import NoText
from pipeline.reading.document import parse_pages
from tests.papers import Text, paragraph
from tests.reading.records import EDITION, STEP, glyphs, letters, raw_page, read


def test_paper_without_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoText, match=r"scan\.pdf: no text on its 2 pages; .*--ocr"):
        read(tmp_path / "scan.pdf", [[], []])


def test_paper_of_nothing_but_page_numbers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoText, match=r"scan\.pdf: "):
        read(tmp_path / "scan.pdf", [[Text("1", 800)], [Text("2", 800)], [Text("3", 800)]])


def test_page_without_text_is_warned_about(tmp_path: Path) -> None:
    text = paragraph(["The text of a page", "goes on here."], 300)
    document, _ = read(tmp_path / "paper.pdf", [text, [], text])
    assert f"{tmp_path / 'paper.pdf'}: page 2 has no text; if it is a scan, --ocr reads it" in document.warnings
    assert [page.number for page in document.pages] == [1, 2, 3]


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    pages = [[Text("Main part", 100, size=16), *paragraph(["The text of a page", "goes on here."], 140)]]
    assert read(tmp_path / "paper.pdf", pages) == read(tmp_path / "paper.pdf", pages)


class Row(NamedTuple):
    """A row of a random page: words in one style, perhaps with a superscript after them."""

    words: str
    size: float
    bold: bool
    gap: float
    raised: str

    def glyphs(self, top: float) -> list[Glyph]:
        font = "Helvetica-Bold" if self.bold else "Helvetica"
        made = glyphs(self.words, top=top, size=self.size, font=font)
        return made + glyphs(self.raised, x=made[-1].box.x1, top=top, size=0.6 * self.size)


WORDS = st.lists(
    st.sampled_from(["the", "Agency", "(ABC)", "meets", "in", "2018.", "1", "12", "•", "Net,", "says:", "é", "日本"]),
    min_size=1,
    max_size=7,
).map(" ".join)
ROWS = st.builds(
    Row,
    WORDS,
    st.sampled_from([11.0, 11.0, 11.0, 8.0, 16.0]),
    st.sampled_from([False, False, True]),
    st.sampled_from([1.0, 1.0, 2.0]),
    st.sampled_from(["", "", "", "1", "2", "1, 2"]),
)
PAPERS = st.lists(st.lists(ROWS, max_size=9), min_size=1, max_size=4)


def lay_out(pages: list[list[Row]], bottom: bool) -> list[RawPage]:
    """Set rows below each other, from the top of the page or down to its bottom."""
    made = []
    for number, rows in enumerate(pages, start=1):
        top = 600.0 if bottom else 60.0
        page: list[Glyph] = []
        for row in rows:
            page += row.glyphs(top)
            top += row.gap * max(STEP, 1.24 * row.size)
        made.append(raw_page(page, number))
    return made


def parse(pages: list[RawPage]) -> tuple[Document, list[Passage]] | None:
    try:
        return parse_pages(pages, EDITION, "paper.pdf")
    except NoText:
        return None


@settings(max_examples=300, deadline=None)
@given(pages=PAPERS, bottom=st.booleans())
def test_nothing_of_any_paper_is_lost_in_silence(pages: list[list[Row]], bottom: bool) -> None:
    raw = lay_out(pages, bottom)
    parsed = parse(raw)
    if parsed is None:
        return
    document, passages = parsed
    heads = [section.heading for section in document.sections if section.heading and not section.heading.run_in]
    kept = [passage.text for passage in passages]
    spans = [span for heading in heads for line in heading.lines for span in line.spans]
    kept += [span.text for span in spans if span.note is None]  # the marks are left out, and listed so
    kept += [note.mark for page in document.pages for note in page.footnotes]
    kept += [item.text for item in document.left_out]
    drawn = "".join(glyph.text for page in raw for glyph in page.glyphs)
    assert Counter(unicodedata.normalize("NFKC", letters("".join(kept)))) == Counter(letters(drawn))


@settings(max_examples=300, deadline=None)
@given(pages=PAPERS, bottom=st.booleans())
def test_passages_of_any_paper_cite_the_pages_their_words_stand_on(pages: list[list[Row]], bottom: bool) -> None:
    raw = lay_out(pages, bottom)
    for passage in (parse(raw) or (None, []))[1]:
        drawn = Counter("".join(letters(glyph.text) for page in passage.pages for glyph in raw[page - 1].glyphs))
        assert not Counter(unicodedata.normalize("NFKC", letters(passage.text))) - drawn


@settings(max_examples=200, deadline=None)
@given(pages=PAPERS, bottom=st.booleans())
def test_ids_of_any_paper_are_unique(pages: list[list[Row]], bottom: bool) -> None:
    ids = [passage.id for passage in (parse(lay_out(pages, bottom)) or (None, []))[1]]
    assert len(ids) == len(set(ids))
