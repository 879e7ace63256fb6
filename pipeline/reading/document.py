"""From a paper to passages. Of a PDF: extract → layout → furniture, footnotes → sections → organizations → chunk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from pipeline.datatypes import Document, Edition, Footnote, LeftOut, Line, Page, PageBox, Passage, RawPage
from pipeline.errors import NoText
from pipeline.reading.body import find_body
from pipeline.reading.candidates import Body
from pipeline.reading.chunk import heading_notes, make_passages
from pipeline.reading.contents import find_contents
from pipeline.reading.convert import is_flowing
from pipeline.reading.evidence import gather, without_bookmarked
from pipeline.reading.extract import read_pages
from pipeline.reading.flow import read_flowing
from pipeline.reading.footnotes import NoteLines, split_footnotes, strip_mark
from pipeline.reading.furniture import find_furniture, find_labels
from pipeline.reading.imprint import FIRST_PAGES, find_imprint
from pipeline.reading.layout import build_lines
from pipeline.reading.organizations import find_organizations
from pipeline.reading.plumber import read_metadata
from pipeline.reading.sections import find_sections
from pipeline.reading.unwrap import Prose, Vocabulary, unwrap

FOOTNOTE_MARK = "footnote mark"
CONTENTS = "contents list"


class Sheet(NamedTuple):
    """A page whose glyphs have become lines; the raw page is kept without them."""

    page: RawPage
    lines: list[Line]


def read_document(file: Path, edition: Edition, password: str | None = None) -> tuple[Document, list[Passage]]:
    """Read one edition: its pages, sections, organizations, and the passages cut from them.

    :raises CorpusError: if the file cannot be read or holds no text.
    """
    if is_flowing(file):
        return read_flowing(file, edition)
    return parse_pages(read_pages(file, password), edition, str(file), read_metadata(file))


def read_sheets(file: Path, password: str | None = None, first: int = 1, last: int | None = None) -> list[Sheet]:
    """Read some pages of a file, up to the lines; ``parse_sheets`` takes those of a whole document."""
    return [_sheet(page) for page in read_pages(file, password, first, last)]


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
    empty = [page.number for page, page_lines in sheets if not page_lines]
    if len(empty) == len(raw_pages):
        raise NoText(f"{name}: no text on its {len(raw_pages)} pages; it looks scanned, run OCR on it first")
    furniture = find_furniture(raw_pages, lines)
    kept = [
        [line for index, line in enumerate(page_lines) if index not in found]
        for page_lines, found in zip(lines, furniture, strict=True)
    ]
    if not any(kept):
        raise NoText(f"{name}: nothing but page numbers and running heads; it looks scanned, run OCR on it first")
    body = find_body([line for page_lines in kept for line in page_lines])
    parted = [
        split_footnotes(page_lines, body.size, page.height) for page, page_lines in zip(raw_pages, kept, strict=True)
    ]
    all_lines = [line for page_text, _ in parted for line in page_text]
    contents = without_bookmarked(find_contents(all_lines), raw_pages, all_lines)
    text_lines = [line for index, line in enumerate(all_lines) if index not in contents.lines]
    listed = {id(all_lines[index]) for index in contents.lines}
    vocabulary = Vocabulary(text_lines)
    labels = find_labels(raw_pages, lines)
    evidence = gather(raw_pages, labels, contents, text_lines)
    pages = tuple(
        Page(
            raw.number,
            label,
            raw.width,
            raw.height,
            tuple(page_text),
            tuple(_footnote(note, vocabulary, body) for note in notes),
            tuple(_left_out(page_lines, found, page_text, listed)),
        )
        for raw, label, page_lines, found, (page_text, notes) in zip(
            raw_pages, labels, lines, furniture, parted, strict=True
        )
    )
    sections = find_sections(text_lines, evidence)
    proses = [unwrap(section.lines, vocabulary, body) for section in sections]
    sections, organizations = find_organizations(sections, proses)
    warnings = [f"{name}: page {number} has no text" for number in empty]
    if not any(section.heading for section in sections):
        warnings.append(f"{name}: no headings found; the paper is one section")
    imprint = find_imprint(lines[:FIRST_PAGES], raw_pages[0].height, body.size, metadata or {})
    edition = replace(edition, imprint=imprint)
    document = Document(edition, pages, tuple(sections), tuple(organizations), tuple(warnings))
    return document, _passages(document, proses)


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
    owners = {organization.acronym: organization for organization in document.organizations}
    notes = _assign_notes(document, proses)
    return [
        passage
        for section, prose in zip(document.sections, proses, strict=True)
        for passage in make_passages(
            document.edition,
            section,
            prose,
            owners.get(section.organization or ""),
            document.pages,
            notes[section.number],
        )
    ]


def _assign_notes(document: Document, proses: Sequence[Prose]) -> dict[int, list[Footnote]]:
    """Give each footnote to the section that cites it first, or else to the last section on its page."""
    free = {(note.page, note.mark): note for page in document.pages for note in page.footnotes}
    assigned: dict[int, list[Footnote]] = {section.number: [] for section in document.sections}
    for section, prose in zip(document.sections, proses, strict=True):
        for mark in [*heading_notes(section), *prose.notes]:
            if (mark.page, mark.mark) in free:
                assigned[section.number].append(free.pop((mark.page, mark.mark)))
    for note in free.values():
        before = [section.number for section in document.sections if section.pages and section.pages[0] <= note.page]
        assigned[before[-1] if before else 0].append(note)
    return assigned
