"""Papers without pages: the same records as those of a PDF, cited by paragraph."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from pipeline import open_index
from pipeline.datatypes import Edition, Link, Passage
from pipeline.datatypes.page import Document
from pipeline.errors import NoText
from pipeline.indexing.build import build_index
from pipeline.reading.document import read_document
from pipeline.reading.unwrap import Prose
from tests.conftest import WordEncoder

EDITION = Edition("sea", "2020", "sea.html", "0" * 64)
PAGE = """<title>Who does what</title><nav>Home</nav><p>Before all.
<h1>World Lighthouse Agency (WLA)</h1><p>It counts <a href="https://example.org/l">lamps</a>.<ul><li>red<li>green</ul>
<h2>Keepers</h2><p>It trains keepers.
<h1>Harbour Office (HBO)</h1><p>It asks the WLA.</p>"""


def read(path: Path) -> tuple[Document, list[Passage]]:
    path.write_text(PAGE, encoding="utf-8")
    return read_document(path, EDITION)


def test_sections_passages_and_paragraphs(tmp_path: Path) -> None:
    _, passages = read(tmp_path / "sea.html")
    found = [(p.section, p.organization and p.organization.acronym, p.paragraphs, p.text) for p in passages]
    agency, office = "World Lighthouse Agency (WLA)", "Harbour Office (HBO)"
    assert found == [
        ((), None, (1, 1), "Before all."),
        ((agency,), "WLA", (2, 4), "It counts lamps.\n• red\n• green"),
        ((agency, "Keepers"), "WLA", (5, 5), "It trains keepers."),
        ((office,), "HBO", (6, 6), "It asks the WLA."),
    ]
    assert [str(p.citation) for p in passages[:2]] == ["sea.html (2020), ¶ 1", "WLA, sea.html (2020), ¶ 2–4"]
    assert {(p.pages, p.page_labels, p.boxes) for p in passages} == {((1,), ("",), ())}
    assert passages[1].links == (Link("lamps", "https://example.org/l"),)


def test_what_is_left_out_is_listed_and_what_it_says_of_itself_is_kept(tmp_path: Path) -> None:
    document, _ = read(tmp_path / "sea.html")
    assert [(item.kind, item.text) for item in document.left_out] == [("navigation", "Home")]
    assert document.edition.imprint.title == "Who does what"
    assert document.warnings == ()


def test_every_word_is_in_a_passage(tmp_path: Path) -> None:
    text = "\n\n".join(
        f"Paragraph {number} tells of lamps, " + "and of oil " * (7 * number % 60) for number in range(40)
    )
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    document, passages = read_document(tmp_path / "a.txt", EDITION)
    assert " ".join(passage.text for passage in passages).split() == text.split()
    ends = [passage.paragraphs for passage in passages]
    assert ends[0][0] == 1
    assert ends[-1][1] == 40
    assert all(first <= last for first, last in ends)
    assert all(after[0] in (before[1], before[1] + 1) for before, after in pairwise(ends))
    assert document.warnings == (f"{tmp_path / 'a.txt'}: no headings found; the paper is one section",)


@pytest.mark.parametrize("html", ["<nav>Home</nav><script>x</script>", "<h1>Lamps</h1><h2>Oil</h2>"])
def test_a_file_of_markup_or_headings_alone_has_no_text(tmp_path: Path, html: str) -> None:
    (tmp_path / "a.html").write_text(html, encoding="utf-8")
    with pytest.raises(NoText, match="no text in this file"):
        read_document(tmp_path / "a.html", EDITION)


def test_the_paragraphs_of_a_range() -> None:
    assert Prose("text").paragraphs(0, 4) == ()


def test_a_mixed_folder_is_one_index(tmp_path: Path, word_encoder: WordEncoder) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "sea-2020.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "papers" / "again-2020.html").write_text(PAGE, encoding="utf-8")
    report = build_index([tmp_path / "papers"], tmp_path / "index", WordEncoder)
    assert [item.edition.file for item in report.editions] == ["again-2020.html"]
    assert len(report.skipped) == 1
    with open_index(tmp_path / "index") as index:
        (hit, *_) = index.search("lamps", 1)
        (edition,) = index.catalog.editions()
        page = index.catalog.page(edition, 1)
    assert str(hit.passage.citation) == "WLA, again-2020.html (2020), ¶ 2–4"
    assert edition.copies == (str(tmp_path / "papers" / "sea-2020.html"),)
    assert edition.imprint.title == "Who does what"
    assert page is not None
    assert page.text.split("\n")[0] == "Before all."
    assert page.left_out == [("navigation", "Home")]
