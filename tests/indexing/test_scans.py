"""Scans in an index: what OCR read stays marked, also when it is taken over, and ``verify`` does not look for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.datatypes import Passage
from pipeline.errors import NoText
from pipeline.indexing import store
from pipeline.indexing.catalog import Catalog
from pipeline.indexing.gather import Options
from pipeline.indexing.verify_papers import verify_papers
from pipeline.reading import ocr
from pipeline.serving.render import passage_record
from tests.indexing.editions import ingest
from tests.papers import make_pdf, paragraph

WORDS = ["What the picture shows, as it was", "recognized by the engine."]


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def add_text_layer(path: Path, copy: Path, numbers: Sequence[int], languages: str) -> None:
        make_pdf(copy, [paragraph(WORDS, 120) for _ in numbers])

    monkeypatch.setattr(ocr, "add_text_layer", add_text_layer)


def passages(index: Path) -> list[Passage]:
    generation = store.open_generation(index)
    catalog = Catalog(generation.path / store.CATALOG)
    found = [passage for edition in generation.manifest.editions for passage in catalog.passages_of(edition)]
    catalog.close()
    return found


def test_scan_is_indexed_marked_and_taken_over(tmp_path: Path) -> None:
    papers, index = tmp_path / "papers", tmp_path / "index"
    papers.mkdir()
    make_pdf(papers / "plain-2020.pdf", [paragraph(["A page of text that is no scan."], 100)])
    make_pdf(papers / "scan-2019.pdf", [[]])
    ingest(papers, index, Options(ocr="eng"))
    marked = [(passage.edition.document, passage.ocr) for passage in passages(index)]
    assert marked == [("plain", False), ("scan", True)]
    assert [passage_record(passage)["ocr"] for passage in passages(index)] == [False, True]
    report, _ = ingest(papers, index)
    assert [item.status for item in report.editions] == ["unchanged", "unchanged"]
    assert [passage.ocr for passage in passages(index)] == [False, True]


def test_scan_without_ocr_is_no_edition(tmp_path: Path) -> None:
    with pytest.raises(NoText, match=r"scan-2019.pdf: no text on its 1 pages; it looks scanned, --ocr reads it"):
        ingest(make_pdf(tmp_path / "scan-2019.pdf", [[]]), tmp_path / "index")


def test_passages_of_a_scan_are_not_looked_for(tmp_path: Path) -> None:
    scan = make_pdf(tmp_path / "scan-2019.pdf", [[]])
    ingest(scan, tmp_path / "index", Options(ocr="eng"))
    found = verify_papers(tmp_path / "index", [scan])
    assert found.damage == ()
    assert found.checked == ("scan/2019: read by OCR, its passages were not looked for",)
