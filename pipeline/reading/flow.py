"""A file without pages → document and passages: sections by headings, paragraphs counted through the paper.

Such a paper is one page without a label, so that pages, sections and passages are the same records as those of a PDF;
what tells a place in it is the paragraph.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from pathlib import Path

from pipeline.datatypes import Box, Edition, Passage
from pipeline.datatypes.page import Document, Heading, LeftOut, Line, Page, Section, Span
from pipeline.errors import NoText
from pipeline.reading.chunk import make_passages
from pipeline.reading.convert import read_flow
from pipeline.reading.markup import FlowBlock
from pipeline.reading.organizations import find_organizations
from pipeline.reading.unwrap import Block, LineRange, LinkRange, Prose

PAGE = 1
NOWHERE = Box(0, 0, 0, 0)  # nothing is laid out


def read_flowing(file: Path, edition: Edition) -> tuple[Document, list[Passage]]:
    """Read one edition from a file without pages.

    :raises CorpusError: if the file cannot be read or holds no text.
    """
    flow = read_flow(file)
    kept = [block for block in flow.blocks if not block.left_out]
    if all(block.level for block in kept):
        raise NoText(f"{file}: no text in this file, or nothing but headings")
    edition = replace(edition, imprint=flow.imprint)
    sections, proses = _sections(kept)
    sections, organizations = find_organizations(sections, proses)
    left_out = tuple(LeftOut(block.left_out, PAGE, block.text) for block in flow.blocks if block.left_out)
    page = Page(PAGE, "", 0, 0, tuple(map(_line, kept)), left_out=left_out)
    headed = any(section.heading for section in sections)
    warnings = () if headed else (f"{file}: no headings found; the paper is one section",)
    document = Document(edition, (page,), tuple(sections), tuple(organizations), warnings)
    return document, list(_passages(document, proses))


def _sections(blocks: Sequence[FlowBlock]) -> tuple[list[Section], list[Prose]]:
    """Cut blocks into sections at the headings, each with its running text."""
    starts = [number for number, block in enumerate(blocks) if block.level]
    bounds = [*([0] if not starts or starts[0] else []), *starts, len(blocks)]
    sections: list[Section] = []
    proses: list[Prose] = []
    path: list[tuple[int, str]] = []
    paragraph = 1
    for number, (start, end) in enumerate(pairwise(bounds)):
        head, body = (blocks[start], blocks[start + 1 : end]) if blocks[start].level else (None, blocks[start:end])
        heading = None
        if head:
            path = [(level, text) for level, text in path if level < head.level] + [(head.level, head.text)]
            heading = Heading(head.text, head.level, (_line(head),))
        titles = tuple(text for _, text in path)
        sections.append(Section(number, head.level if head else 1, titles, heading, tuple(map(_line, body))))
        proses.append(_prose(body, paragraph))
        paragraph += len(body)
    return sections, proses


def _prose(blocks: Sequence[FlowBlock], paragraph: int) -> Prose:
    """Put paragraphs below each other."""
    text = "\n".join(block.text for block in blocks)
    starts = [0, *accumulate(len(block.text) + 1 for block in blocks)][: len(blocks)]
    placed = list(zip(starts, blocks, strict=True))
    return Prose(
        text,
        tuple(Block(start, start + len(block.text), block.is_item) for start, block in placed),
        tuple(LineRange(start, start + len(block.text), _line(block)) for start, block in placed),
        links=tuple(LinkRange(start + a, start + b, url) for start, block in placed for a, b, url in block.links),
        first_paragraph=paragraph,
    )


def _line(block: FlowBlock) -> Line:
    bold = block.level > 0
    return Line(PAGE, NOWHERE, (Span(block.text, "", 0, bold, italic=False, color=""),), 0, bold)


def _passages(document: Document, proses: Sequence[Prose]) -> Iterable[Passage]:
    for section, prose in zip(document.sections, proses, strict=True):
        for passage in make_passages(document, section, prose):
            yield replace(passage, boxes=())
