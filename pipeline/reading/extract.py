"""PDF file → raw pages of glyphs: by pdfium, and by pdfplumber where pdfium finds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

from pipeline.datatypes.page import RawPage
from pipeline.errors import CorpusError, DamagedPdf, FileMissing, NotAPdf
from pipeline.reading import pdfium, plumber

# A reader must find the header in the first 1,024 bytes and the end in the last 1,024 (PDF 32000-1, annex H.3.4).
HEADER_WINDOW = END_WINDOW = 1024
UNNAMED = "(cid:"


def read_pages(path: Path, password: str | None = None, first: int = 1, last: int | None = None) -> Iterator[RawPage]:
    """Yield the pages of a PDF in order, one at a time so that a long paper does not fill the memory.

    :param last: the last page to give; without it, that of the PDF.
    :raises FileMissing, NotAPdf, DamagedPdf, PasswordNeeded: with the file, the page and what to do about it.
    """
    _check_file(path)
    with ExitStack() as stack:
        reader = _open(path, password)
        stack.callback(reader.close)
        second: _Second | None = None
        for number in range(first, min(last or reader.count, reader.count) + 1):
            page = reader.page(number)
            if isinstance(reader, pdfium.Reader) and (not page.glyphs or _unnamed(page)):
                if second is None:
                    second = _Second(path, password)
                    stack.callback(second.close)
                page = second.opinion(page)
            yield page


def count_pages(path: Path, password: str | None = None) -> int:
    """Count the pages of a PDF.

    :raises FileMissing, NotAPdf, DamagedPdf, PasswordNeeded: with the file and what to do about it.
    """
    _check_file(path)
    with closing(_open(path, password)) as reader:
        return reader.count


class _Second:
    """A second opinion, by pdfplumber, on pages that pdfium reads in part.

    pdfium leaves a broken page empty in silence: pdfplumber finds some text, or agrees, or tells what is wrong. And it
    knows the letters of some fonts that pdfium does not.
    """

    def __init__(self, path: Path, password: str | None) -> None:
        self._reader: plumber.Reader | None = None
        try:
            self._reader = plumber.Reader(path, password)
        except CorpusError as error:
            self._refusal = error

    def opinion(self, page: RawPage) -> RawPage:
        """Give the page as pdfplumber reads it, if there is more on it."""
        if self._reader is None and not page.glyphs:
            raise self._refusal
        if self._reader is None or page.number > self._reader.count:
            return page
        other = self._reader.page(page.number)
        better = not page.glyphs or _unnamed(other) < _unnamed(page)
        return replace(other, bookmarks=page.bookmarks, tags=page.tags) if better else page

    def close(self) -> None:
        if self._reader:
            self._reader.close()


def _unnamed(page: RawPage) -> int:
    """Count the glyphs of which no font tells the letter."""
    return sum(glyph.text.startswith(UNNAMED) for glyph in page.glyphs)


def _open(path: Path, password: str | None) -> pdfium.Reader | plumber.Reader:
    """Open a PDF; if pdfium cannot, pdfplumber either can or tells why."""
    try:
        return pdfium.Reader(path, password)
    except DamagedPdf:
        return plumber.Reader(path, password)


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise FileMissing(f"{path}: no such file")
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(HEADER_WINDOW)
            stream.seek(max(0, size - END_WINDOW))
            has_end = b"%%EOF" in stream.read() or b"%%EOF" in path.read_bytes()
    except OSError as error:
        raise FileMissing(f"{path}: cannot be read ({error.strerror})") from error
    if not size:
        raise NotAPdf(f"{path}: the file is empty; get a fresh copy")
    if b"%PDF-" not in head:
        raise NotAPdf(f"{path}: not a PDF (it does not start with %PDF-)")
    if not has_end:
        raise DamagedPdf(f"{path}: the PDF is truncated (its end is missing); get a fresh copy")
