"""Tagged PDFs: headings that nothing but the structure tree tells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.datatypes.page import Document
from pipeline.reading import pdfium
from pipeline.reading.document import read_document
from tests.papers import HEIGHT, LEFT, WIDTH
from tests.reading.records import EDITION
from tests.scripts import stream, write_objects

SIZE, STEP = 11, 14
TEXT = "The members of the group work together on many questions and meet in the spring."
FIXED = 5  # objects before the pages: catalog, page tree, font, structure tree, its number tree


def make_tagged(path: Path, pages: Sequence[Sequence[tuple[str, str]]], roles: str = "") -> Path:
    """Write a PDF of one line for each (tag, words), all in one typography; an empty tag leaves the line untagged.

    :param roles: the role map of tags that the standard does not know.
    """
    page_ids = [FIXED + 1 + 2 * n for n in range(len(pages))]
    elements: list[bytes] = []
    parents: list[str] = []
    contents = []
    first = FIXED + 1 + 2 * len(pages)
    for page_id, page in zip(page_ids, pages, strict=True):
        drawn, owned = [], []
        for n, (tag, words) in enumerate(page):
            shown = " T* ".join(f"({line}) Tj" for line in words.split("\n"))
            text = f"BT /F {SIZE} Tf {STEP} TL {LEFT} {HEIGHT - 100 - STEP * n} Td {shown} ET"
            if tag:
                owned.append(f"{first + len(elements)} 0 R")
                drawn.append(f"/{tag} << /MCID {len(owned) - 1} >> BDC {text} EMC")
                elements.append(
                    f"<< /Type /StructElem /S /{tag} /P 4 0 R /Pg {page_id} 0 R /K {len(owned) - 1} >>".encode()
                )
            else:
                drawn.append(text)
        contents.append(stream("\n".join(drawn).encode()))
        parents.append(f"{len(parents)} [{' '.join(owned)}]")
    kids = " ".join(f"{number} 0 R" for number in page_ids)
    tree = " ".join(f"{first + n} 0 R" for n in range(len(elements)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /StructTreeRoot 4 0 R /MarkInfo << /Marked true >> >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} /MediaBox [0 0 {WIDTH} {HEIGHT}] "
        f"/Resources << /Font << /F 3 0 R >> >> >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Type /StructTreeRoot /K [{tree}] /ParentTree 5 0 R /RoleMap << {roles} >> >>".encode(),
        f"<< /Nums [{' '.join(parents)}] >>".encode(),
    ]
    for n, (page_id, content) in enumerate(zip(page_ids, contents, strict=True)):
        objects += [
            f"<< /Type /Page /Parent 2 0 R /Contents {page_id + 1} 0 R /StructParents {n} >>".encode(),
            content,
        ]
    return write_objects(path, [*objects, *elements])


PAGES = [
    [("H1", "Prevention"), ("P", TEXT), ("H2", "Prevention in schools"), ("P", TEXT), ("H3", "Teachers"), ("P", TEXT)],
    [("P", TEXT), ("H2", "Prevention at borders"), ("P", TEXT), ("H1", "Protection"), ("P", TEXT)],
]


def headings(document: Document) -> list[tuple[int, int, str]]:
    return [
        (section.heading.page, section.level, section.heading.text) for section in document.sections if section.heading
    ]


def test_tags_tell_headings_and_their_levels(tmp_path: Path) -> None:
    document, passages = read_document(make_tagged(tmp_path / "a.pdf", PAGES), EDITION)
    assert headings(document) == [
        (1, 1, "Prevention"),
        (1, 2, "Prevention in schools"),
        (1, 3, "Teachers"),
        (2, 2, "Prevention at borders"),
        (2, 1, "Protection"),
    ]
    assert [section.path for section in document.sections][2] == ("Prevention", "Prevention in schools", "Teachers")
    assert passages[2].pages == (1, 2)


def test_without_tags_the_same_pages_have_no_heading(tmp_path: Path) -> None:
    pages = [[("", words) for _, words in page] for page in PAGES]
    document, _ = read_document(make_tagged(tmp_path / "a.pdf", pages), EDITION)
    assert headings(document) == []


def test_heading_over_two_lines_is_one(tmp_path: Path) -> None:
    words = [("P", TEXT), ("H1", "Prevention of trafficking\nin persons"), ("", ""), ("P", TEXT)]
    document, _ = read_document(make_tagged(tmp_path / "a.pdf", [words]), EDITION)
    assert headings(document) == [(1, 1, "Prevention of trafficking in persons")]


@pytest.mark.parametrize(("tag", "level"), [("H1", 1), ("H6", 6), ("H", None), ("Title", None)])
def test_tag_of_a_heading_tells_its_level(tag: str, level: int | None, tmp_path: Path) -> None:
    reader = pdfium.Reader(make_tagged(tmp_path / "a.pdf", [[(tag, "Prevention"), ("P", TEXT)]]))
    (found,) = reader.page(1).tags
    assert found.level == level
    assert found.box.x0 == pytest.approx(LEFT, abs=2)
    assert found.box.bottom == pytest.approx(100, abs=3)


def test_table_cells_and_captions_are_no_headings(tmp_path: Path) -> None:
    words = [("P", TEXT), ("Caption", "Figure 1. Members"), ("TH", "Member"), ("TD", "Seat"), ("P", TEXT)]
    document, _ = read_document(make_tagged(tmp_path / "a.pdf", [words]), EDITION)
    assert headings(document) == []
