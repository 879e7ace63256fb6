"""Scans: pages without text are read from a copy with a text layer, here one made by hand and not by Tesseract."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.errors import DamagedPdf, NoText, OcrFailed
from pipeline.reading import ocr
from pipeline.reading.document import read_document, read_sheets
from tests.papers import make_pdf, paragraph
from tests.reading.records import EDITION

PAGE = paragraph(["A page of text that stands before the scan", "and needs no OCR."], 100)
SCAN = paragraph(["What the picture shows, as it was", "recognized by the engine."], 120)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Sequence[int], str]]:
    """Stand in for OCRmyPDF: recognize the same words on every page but the third one; tell what was asked."""
    calls: list[tuple[Sequence[int], str]] = []

    def add_text_layer(path: Path, copy: Path, numbers: Sequence[int], languages: str) -> None:
        calls.append((numbers, languages))
        make_pdf(copy, [SCAN if number != 3 else [] for number in range(1, 5)])

    monkeypatch.setattr(ocr, "add_text_layer", add_text_layer)
    return calls


def test_scan_is_read_from_its_text_layer_and_says_so(tmp_path: Path, engine: list[tuple[Sequence[int], str]]) -> None:
    path = make_pdf(tmp_path / "scan.pdf", [PAGE, [], [], []])
    before = path.read_bytes()
    document, passages = read_document(path, EDITION, ocr="eng+fra")
    assert engine == [([2, 3, 4], "eng+fra")]
    assert [page.ocr for page in document.pages] == [False, True, False, True]
    assert [(passage.pages, passage.ocr) for passage in passages] == [((1, 2, 4), True)]
    assert "What the picture shows, as it was recognized by the engine." in passages[0].text
    assert document.warnings[0] == f"{path}: page 3 has no text; OCR finds none either"
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["scan.pdf"]


def test_some_pages_of_a_long_scan(tmp_path: Path, engine: list[tuple[Sequence[int], str]]) -> None:
    path = make_pdf(tmp_path / "scan.pdf", [PAGE, [], [], []])
    sheets = read_sheets(path, None, 3, 4, "eng")
    assert [(sheet.page.number, len(sheet.lines)) for sheet in sheets] == [(3, 0), (4, 2)]
    assert engine == [([3, 4], "eng")]


def test_paper_with_text_needs_no_engine(tmp_path: Path, engine: list[tuple[Sequence[int], str]]) -> None:
    _, passages = read_document(make_pdf(tmp_path / "a.pdf", [PAGE]), EDITION, ocr="eng")
    assert not engine
    assert not any(passage.ocr for passage in passages)


def test_without_ocr_a_scan_is_reported(tmp_path: Path) -> None:
    with pytest.raises(NoText, match=r"scan.pdf: no text on its 2 pages; it looks scanned, --ocr reads it$"):
        read_document(make_pdf(tmp_path / "scan.pdf", [[], []]), EDITION)
    document, _ = read_document(make_pdf(tmp_path / "part.pdf", [PAGE, []]), EDITION)
    assert document.warnings[0] == f"{tmp_path / 'part.pdf'}: page 2 has no text; if it is a scan, --ocr reads it"


def test_where_no_engine_is_installed_the_error_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(OcrFailed, match=r"scan.pdf: no OCR here; pip install .* apt install tesseract-ocr"):
        read_document(make_pdf(tmp_path / "scan.pdf", [[], []]), EDITION, ocr="eng")


def test_where_ocr_fails_a_paper_keeps_the_text_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, copy: Path, numbers: Sequence[int], languages: str) -> None:
        raise OcrFailed(f"{path}: OCR cannot read it (it is signed)")

    monkeypatch.setattr(ocr, "add_text_layer", fail)
    path = make_pdf(tmp_path / "a.pdf", [PAGE, []])
    document, (passage,) = read_document(path, EDITION, ocr="eng")
    assert passage.text.startswith("A page of text")
    assert document.warnings[0] == f"{path}: page 2 has no text; OCR cannot read it (it is signed)"


def test_broken_copy_is_the_engines_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoil(path: Path, copy: Path, numbers: Sequence[int], languages: str) -> None:
        copy.write_bytes(b"%PDF-1.7 cut")

    monkeypatch.setattr(ocr, "add_text_layer", spoil)
    with pytest.raises(OcrFailed, match=r"OCR made no PDF of it \(the PDF is truncated") as caught:
        read_document(make_pdf(tmp_path / "scan.pdf", [[]]), EDITION, ocr="eng")
    assert isinstance(caught.value.__cause__, DamagedPdf)
