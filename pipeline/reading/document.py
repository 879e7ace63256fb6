"""From a paper to passages. Of a PDF: extract → layout → furniture, footnotes → sections → organizations → chunk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from pipeline.datatypes import Edition, Footnote, PageBox, Passage
from pipeline.datatypes.page import Document, LeftOut, Line, Page, RawPage, Section
from pipeline.errors import NoText, OcrFailed
from pipeline.reading.body import find_body
from pipeline.reading.candidates import Body
from pipeline.reading.chunk import make_passages
from pipeline.reading.citing import assign_notes
from pipeline.reading.contents import find_contents
from pipeline.reading.convert import is_flowing
from pipeline.reading.evidence import gather, without_bookmarked
from pipeline.reading.extract import read_pages
from pipeline.reading.flow import read_flowing
from pipeline.reading.footnotes import NoteLines, split_footnotes, strip_mark
from pipeline.reading.imprint import FIRST_PAGES, find_imprint
from pipeline.reading.layout import build_lines
from pipeline.reading.ocr import read_scans
from pipeline.reading.organizations import find_organizations
from pipeline.reading.plumber import read_metadata
from pipeline.reading.sections import find_sections
from pipeline.reading.sheets import find_leaves, furniture_of, labels_of
from pipeline.reading.unwrap import Prose, unwrap
from pipeline.reading.vocabulary import Vocabulary

FOOTNOTE_MARK = "footnote mark"
CONTENTS = "contents list"


class Sheet(NamedTuple):
    """A page whose glyphs have become lines; the raw page is kept without them.

    ``advice`` is what to say if there are none.
    """

    page: RawPage
    lines: list[Line]
    advice: str = "if it is a scan, --ocr reads it"


def read_document(
    file: Path, edition: Edition, password: str | None = None, ocr: str | None = None
) -> tuple[Document, list[Passage]]:
    """Read one edition: its pages, sections, organizations, and the passages cut from them.

    :param ocr: the languages of pages without text, to be recognized ("eng+fra").
    :raises CorpusError: if the file cannot be read or holds no text.
    """
    if is_flowing(file):
        return read_flowing(file, edition)
    return parse_sheets(read_sheets(file, password, ocr=ocr), edition, str(file), read_metadata(file))


def read_sheets(
    file: Path, password: str | None = None, first: int = 1, last: int | None = None, ocr: str | None = None
) -> list[Sheet]:
    """Read some pages of a file, up to the lines; ``parse_sheets`` takes those of a whole document."""
    sheets = [_sheet(page) for page in read_pages(file, password, first, last)]
    return _recognized(sheets, file, ocr) if ocr else sheets


def _recognized(sheets: Sequence[Sheet], file: Path, languages: str) -> list[Sheet]:
    """Recognize the text of the sheets that have none; where OCR fails, a paper keeps what it has.

    :raises OcrFailed: if it has nothing.
    """
    empty = [sheet.page.number for sheet in sheets if not sheet.lines]
    advice = "OCR finds none either"
    scans: dict[int, list[Line]] = {}
    try:
        scans = {page.number: build_lines(page) for page in read_scans(file, empty, languages)} if empty else {}
    except OcrFailed as error:
        if len(empty) == len(sheets):
            raise
        advice = str(error).removeprefix(f"{file}: ")
    return [
        Sheet(replace(sheet.page, ocr=True), scans[sheet.page.number])
        if scans.get(sheet.page.number)
        else sheet._replace(advice=advice)
        for sheet in sheets
    ]


def parse_pages(
    raw_pages: Iterable[RawPage], edition: Edition, name: str, metadata: Mapping[str, str] | None = None
) -> tuple[Document, list[Passage]]:
    """Do all of reading that needs no PDF library, keeping the glyphs of one page at a time.

    :param name: what errors and warnings call the file.
    :param metadata: what the PDF says of the document: "Title", "Author".
    """
    return parse_sheets([_sheet(page) for page in raw_pages], edition, name, metadata)


def _sheet(page: RawPage) -> Sheet:
    return Sheet(replace(page, glyphs=()), build_lines(page))


def parse_sheets(
    sheets: Sequence[Sheet], edition: Edition, name: str, metadata: Mapping[str, str] | None = None
) -> tuple[Document, list[Passage]]:
    """Do all of reading that follows the lines: it looks at the document as a whole.

    :param name: what errors and warnings call the file.
    :param metadata: what the PDF says of the document: "Title", "Author".
    """
    raw_pages, lines = [sheet.page for sheet in sheets], [sheet.lines for sheet in sheets]
    if not any(lines):
        raise NoText(f"{name}: no text on its {len(raw_pages)} pages; it looks scanned, --ocr reads it")
    leaves = find_leaves(raw_pages, lines)
    furniture = furniture_of(leaves, len(sheets))
    kept = _without_furniture(lines, furniture, name)
    body = find_body([line for page_lines in kept for line in page_lines])
    parted = [split_footnotes(own, body.size, page.height) for page, own in zip(raw_pages, kept, strict=True)]
    all_lines = [line for page_text, _ in parted for line in page_text]
    contents = without_bookmarked(find_contents(all_lines), raw_pages, all_lines)
    text_lines = [line for index, line in enumerate(all_lines) if index not in contents.lines]
    listed = {id(all_lines[index]) for index in contents.lines}
    vocabulary = Vocabulary(text_lines)
    labels = labels_of(leaves, len(sheets))
    evidence = gather(raw_pages, labels, contents, text_lines)
    pages = tuple(
        _page(
            sheet.page,
            own,
            page_text,
            [_footnote(note, vocabulary, body) for note in notes],
            _left_out(sheet.lines, found, page_text, listed),
        )
        for sheet, own, found, (page_text, notes) in zip(sheets, labels, furniture, parted, strict=True)
    )
    feet = {notes[0].lines[0].page: min(note.lines[0].box.top for note in notes) for _, notes in parted if notes}
    sections = find_sections(text_lines, evidence._replace(feet=feet))
    proses = [unwrap(section.lines, vocabulary, body) for section in sections]
    sections, organizations = find_organizations(sections, proses)
    imprint = find_imprint(lines[:FIRST_PAGES], raw_pages[0].height, body.size, metadata or {})
    edition = replace(edition, imprint=imprint)
    document = Document(edition, pages, tuple(sections), tuple(organizations), _warnings(sheets, sections, name))
    return document, _passages(document, proses)


def _without_furniture(
    lines: Sequence[Sequence[Line]], furniture: Sequence[Mapping[int, str]], name: str
) -> list[list[Line]]:
    """Take page numbers and running heads off the lines of each page.

    :raises NoText: if nothing else is there.
    """
    kept = [
        [line for index, line in enumerate(page_lines) if index not in found]
        for page_lines, found in zip(lines, furniture, strict=True)
    ]
    if not any(kept):
        raise NoText(f"{name}: nothing but page numbers and running heads; it looks scanned, --ocr reads it")
    return kept


def _warnings(sheets: Sequence[Sheet], sections: Sequence[Section], name: str) -> tuple[str, ...]:
    """Tell which pages have no text, and whether there is no heading."""
    empty = [f"{name}: page {sheet.page.number} has no text; {sheet.advice}" for sheet in sheets if not sheet.lines]
    headed = any(section.heading for section in sections)
    return (*empty, *([] if headed else [f"{name}: no headings found; the paper is one section"]))


def _page(
    raw: RawPage,
    labels: tuple[str, ...],
    lines: Iterable[Line],
    footnotes: Iterable[Footnote],
    left_out: Iterable[LeftOut],
) -> Page:
    halves = labels if len(labels) > 1 else ()
    return Page(
        raw.number,
        "/".join(labels),
        raw.width,
        raw.height,
        tuple(lines),
        tuple(footnotes),
        tuple(left_out),
        halves,
        raw.ocr,
    )


def _footnote(note: NoteLines, vocabulary: Vocabulary, body: Body) -> Footnote:
    prose = unwrap(strip_mark(note), vocabulary, body)
    boxes = tuple(PageBox(line.page, line.box) for line in note.lines)
    text = " ".join(prose.text.split("\n"))
    return Footnote(note.mark, note.lines[0].page, text, boxes, prose.links_in(0, len(prose.text)))


def _left_out(
    lines: Sequence[Line], furniture: Mapping[int, str], text: Sequence[Line], listed: Set[int]
) -> Iterator[LeftOut]:
    """List what no passage of a page holds.

    :param listed: the identities of the lines of contents lists: two lines may be equal.
    """
    for index, kind in sorted(furniture.items()):
        yield LeftOut(kind, lines[index].page, lines[index].text)
    for line in text:
        if id(line) in listed:
            yield LeftOut(CONTENTS, line.page, line.text)
            continue
        for span in line.spans:
            if span.note is not None:
                yield LeftOut(FOOTNOTE_MARK, line.page, span.text.strip())


def _passages(document: Document, proses: Sequence[Prose]) -> list[Passage]:
    notes = assign_notes(document, proses)
    return [
        passage
        for section, prose in zip(document.sections, proses, strict=True)
        for passage in make_passages(document, section, prose, notes[section.number])
    ]
