"""Scans: pages without text → text by OCRmyPDF and Tesseract. The only file that names ocrmypdf.

A copy of the PDF gets a layer of unseen text in the place of what is seen; the paper itself stays as it is, and it is
the paper that is cited.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.datatypes.page import RawPage
from pipeline.errors import CorpusError, OcrFailed
from pipeline.reading.extract import read_pages

SLOWER = 10  # times as long as a page of text, at least, takes a page whose text must be recognized
INSTALL = "pip install 'mandates[ocr]', and apt install tesseract-ocr ghostscript"


def read_scans(path: Path, numbers: Sequence[int], languages: str) -> Iterator[RawPage]:
    """Yield pages of a PDF as they are recognized.

    :raises OcrFailed: if there is no OCR, or it cannot read this file.
    """
    with TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        add_text_layer(path, copy, numbers, languages)
        try:
            yield from (page for page in read_pages(copy, None, numbers[0], numbers[-1]) if page.number in numbers)
        except CorpusError as error:
            raise OcrFailed(f"{path}: OCR made no PDF of it ({str(error).removeprefix(f'{copy}: ')})") from error


def add_text_layer(path: Path, copy: Path, numbers: Sequence[int], languages: str) -> None:
    """Write a copy of a PDF with a text layer on these pages, in these languages ("eng+fra").

    :raises OcrFailed: if OCRmyPDF, Tesseract or a language is missing, or the file is encrypted or damaged.
    """
    if importlib.util.find_spec("ocrmypdf") is None:
        raise OcrFailed(f"{path}: no OCR here; {INSTALL}")
    import ocrmypdf
    from ocrmypdf.exceptions import ExitCodeException, MissingDependencyError

    logging.getLogger("ocrmypdf").setLevel(logging.CRITICAL)
    try:
        ocrmypdf.ocr(
            path,
            copy,
            language=languages.split("+"),
            pages=",".join(map(str, numbers)),
            force_ocr=False,
            skip_text=True,
            output_type="pdf",
            optimize=0,
            jobs=1,
            use_threads=True,
            progress_bar=False,
        )
    except MissingDependencyError as error:
        raise OcrFailed(f"{path}: OCR lacks something ({_line(error)}); {INSTALL}") from error
    except ExitCodeException as error:
        raise OcrFailed(f"{path}: OCR cannot read it ({_line(error)})") from error


def _line(error: Exception) -> str:
    """Give the first line of an error."""
    return next(iter(str(error).strip().splitlines()), "") or type(error).__name__
