"""Answers → JSON records, CSV, Markdown and terminal text. Pure functions; nothing is printed here."""

from __future__ import annotations

import csv
import io
import json
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pipeline.datatypes import Absence, Answer, Edition, Footnote, Hit, Link, Passage
from pipeline.indexing.entries import PageText
from pipeline.searching.confidence import ANSWERED
from pipeline.searching.locate import Coverage
from pipeline.serving.imprint import imprint_line, imprint_record
from pipeline.serving.organizations import in_column

BAR_WIDTH = 10
BEST = "▌"  # stands before the lines that hold the best-matching sentence, where bold type may not show
BULLET_INDENT = "  "
CSV_FIELDS = (
    "rank", "score", "confidence", "answered", "organization", "organization_name", "section", "document", "edition",
    "file", "pages", "page_labels", "text", "passage", "citation", "paragraphs", "title", "symbol", "date",
    "publishers", "mentions",
)  # fmt: skip
# A spreadsheet takes a cell that starts so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

# Makes a text bold, or leaves it as it is where that does not show.
Bold = Callable[[str], str]


def to_json(record: object) -> str:
    """Give a record as indented JSON."""
    return json.dumps(record, ensure_ascii=False, indent=2)


def passage_record(passage: Passage) -> dict[str, Any]:
    """Give a passage in the shape of ``--json``; ``ocr`` is there if its text was recognized from a picture."""
    organization = passage.organization
    return {
        "organization": organization.acronym if organization else None,
        "organization_name": organization.name if organization else None,
        "section": list(passage.section),
        "document": passage.edition.document,
        "edition": passage.edition.label,
        "file": passage.edition.file,
        "pages": list(passage.pages),
        "page_labels": list(passage.page_labels),
        "text": passage.text,
        "links": [link_record(link) for link in passage.links],
        "footnotes": [footnote_record(note) for note in passage.footnotes],
        "passage": passage.id,
        "citation": str(passage.citation),
        "paragraphs": list(passage.paragraphs),
        "ocr": passage.ocr,
        "table_head": passage.table_head or None,
        "imprint": imprint_record(passage.edition),
    }


def hit_record(hit: Hit, *, explain: bool = False) -> dict[str, Any]:
    """Give a hit in the shape of ``--json``; ``explain`` adds its signals."""
    record = {"rank": hit.rank, "score": round(hit.score, 4)} | passage_record(hit.passage)
    keys = list(record)
    after_text = keys.index("text") + 1
    ordered = {key: record[key] for key in keys[:after_text]} | {"highlight": list(hit.highlight)}
    also = [{"passage": passage.id, "citation": str(passage.citation)} for passage in hit.also]
    return (
        ordered
        | record
        | {"mentions": list(hit.mentions), "also": also}
        | ({"signals": hit.signals} if explain else {})
    )


def answer_record(answer: Answer, *, explain: bool = False) -> dict[str, Any]:
    """Give the answer to one question in the shape of ``--json``."""
    return {
        "query": answer.query,
        "confidence": round(answer.confidence, 3),
        "answered": answer.answered,
        "without_section": [absence_record(absence) for absence in answer.absences],
        "hits": [hit_record(hit, explain=explain) for hit in answer.hits],
    }


def absence_record(absence: Absence) -> dict[str, Any]:
    """Give an organization without a section in the shape of ``--json``; citation and text are null if unexplained."""
    organization, passage = absence
    return {
        "organization": organization.acronym,
        "organization_name": organization.name,
        "passage": passage.id if passage else None,
        "citation": str(passage.citation) if passage else None,
        "text": passage.text if passage else None,
    }


def coverage_record(topic: str, covered: Sequence[Coverage]) -> dict[str, Any]:
    """Give the answer of ``who`` in the shape of ``--json``."""
    return {
        "topic": topic,
        "organizations": [
            {
                "organization": item.organization.acronym,
                "organization_name": item.organization.name,
                "score": round(item.score, 4),
                "coverage": item.coverage,
                "through": item.through or None,
                "hits": [hit_record(hit) for hit in item.hits],
            }
            for item in covered
        ],
    }


def coverage_lines(covered: Sequence[Coverage], width: int, bold: Bold) -> Iterator[str]:
    """Give the answer of ``who`` for people: each organization, its coverage, and its passages' best sentences."""
    for item in covered:
        yield f"{bold(in_column(item.organization))} {score_bar(item.score)} {item.coverage:9} {item.organization.name}"
        for hit in item.hits:
            yield f"   {hit.passage.citation}"
            sentence = hit.passage.text[slice(*hit.highlight)]
            yield from wrap(sentence, (0, 0), width, bold)


def page_record(page: PageText) -> dict[str, Any]:
    """Give a page in the shape of ``--json``."""
    return {
        "document": page.edition.document,
        "edition": page.edition.label,
        "file": page.edition.file,
        "page": page.number,
        "page_label": page.label,
        "text": page.text,
        "left_out": [{"kind": kind, "text": text} for kind, text in page.left_out],
    }


def page_lines(page: PageText, bold: Bold) -> Iterator[str]:
    """Give a page for people, with what was left out of its passages."""
    label = f", printed {page.label}" if page.label not in ("", str(page.number)) else ""
    yield bold(f"{page.edition.file} ({page.edition.label}), page {page.number}{label}")
    yield page.text
    for kind, text in page.left_out:
        yield f"[{kind}: {text}]"


def link_record(link: Link) -> dict[str, str]:
    """Give a link in the shape of ``--json``."""
    return {"text": link.text, "url": link.url}


def footnote_record(note: Footnote) -> dict[str, Any]:
    """Give a footnote in the shape of ``--json``."""
    return {"mark": note.mark, "page": note.page, "text": note.text}


def to_csv(answer: Answer) -> str:
    """Give an answer as CSV with a header; lists are joined by semicolons, headings by ``>``."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, CSV_FIELDS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for hit in answer.hits:
        record = {"confidence": round(answer.confidence, 3), "answered": answer.answered} | hit_record(hit)
        record["section"] = " > ".join(record["section"])
        record["pages"] = ";".join(str(page) for page in record["pages"])
        record |= record["imprint"]
        record["paragraphs"] = ";".join(map(str, record["paragraphs"]))
        for field in ("page_labels", "publishers", "mentions"):
            record[field] = ";".join(record[field])
        writer.writerow({field: inert(record[field]) for field in CSV_FIELDS})
    return stream.getvalue()


def to_markdown(answer: Answer, editions: Sequence[Edition]) -> str:
    """Give an answer as a Markdown list of quotations with the best sentence in bold."""
    parts = [f"## {escape(' '.join(answer.query.split()))}", *map(escape, verdict_lines(answer, editions))]
    for hit in answer.hits:
        start, end = hit.highlight
        text = hit.passage.text
        best = f"{escape(text[:start])}**{escape(text[start:end])}**{escape(text[end:])}"
        head = [f"[{hit.passage.table_head}]"] if hit.passage.table_head else []
        quoted = "\n".join(f"> {line}  " for line in [*map(escape, head), *best.split("\n")])
        places = "; also ".join(str(passage.citation) for passage in (hit.passage, *hit.also))
        parts.append(f"{hit.rank}. {escape(places)}\n\n{quoted}")
    return "\n\n".join(parts) + "\n"


def to_text(answer: Answer, editions: Sequence[Edition], width: int, bold: Bold, *, explain: bool = False) -> str:
    """Give an answer for people: how sure it is, then each hit's rank, score bar, citation, section, and the passage.

    :param width: columns to wrap at.
    """
    blocks = []
    for line in verdict_lines(answer, editions):
        blocks.append("\n".join(textwrap.wrap(line, width)))
    blocks += ["\n".join(_hit_lines(hit, width, bold, explain=explain)) for hit in answer.hits]
    return "\n\n".join(blocks)


def verdict_lines(answer: Answer, editions: Sequence[Edition]) -> Iterator[str]:
    """Say how sure an answer is, what is missing, and where the papers tell why."""
    where = f"the {editions[0].label} edition" if len(editions) == 1 else "these papers"
    for organization, passage in answer.absences:
        yield f"No section of {where} is on {organization.acronym} ({organization.name})." + (
            f" {passage.citation}: {passage.text}" if passage else ""
        )
    if answer.hits:
        verdict = "" if answer.answered else f"Nothing in {where} answers this clearly; the closest passages:"
        # 0.499 is no answer, and must not be shown as 0.50.
        shown = answer.confidence if answer.answered else min(answer.confidence, ANSWERED - 0.01)
        yield f"Confidence {shown:.2f}. {verdict}".rstrip()


def passage_lines(passage: Passage, width: int, bold: Bold) -> list[str]:
    """Give a passage for people, with its footnotes and links."""
    imprint = imprint_line(passage.edition)
    lines = [bold(str(passage.citation)), *([imprint] if imprint else [])]
    lines += [" > ".join(passage.section), passage.id, ""]
    lines += _head_lines(passage, width)
    lines += wrap(passage.text, (0, 0), width, bold)
    lines += [f"   [{note.mark}] p. {note.page}: {note.text}" for note in passage.footnotes]
    lines += [f"   {link.text} <{link.url}>" for link in passage.links]
    return lines


def score_bar(score: float) -> str:
    """Draw a score from 0 to 1.

    >>> score_bar(0.42)
    '████░░░░░░'
    """
    filled = round(BAR_WIDTH * min(max(score, 0.0), 1.0))
    return "█" * filled + "░" * (BAR_WIDTH - filled)


def wrap(text: str, highlight: tuple[int, int], width: int, bold: Bold) -> list[str]:
    """Wrap a passage, one paragraph or list item after the other, and emphasise the highlighted characters."""
    lines = []
    for block in re.finditer(r"[^\n]+", text):
        hanging = BULLET_INDENT if block[0].startswith("•") else ""
        for number, (start, end) in enumerate(line_ranges(text, block.start(), block.end(), width - 5)):
            indent = hanging if number else ""
            low, high = max(start, highlight[0]), min(end, highlight[1])
            if low >= high:
                lines.append(f"   {indent}{text[start:end]}")
                continue
            best = bold(text[low:high])
            lines.append(f" {BEST} {indent}{text[start:low]}{best}{text[high:end]}")
    return lines


def _hit_lines(hit: Hit, width: int, bold: Bold, *, explain: bool) -> Iterator[str]:
    yield f"{hit.rank:>2} {score_bar(hit.score)} {hit.score:.2f}  {bold(str(hit.passage.citation))}"
    yield from (f"   also {passage.citation}" for passage in hit.also)
    if hit.passage.section:
        yield f"   {' > '.join(hit.passage.section)}"
    if explain:
        yield "   " + ", ".join(f"{name} {value:+.1f}" for name, value in hit.signals.items())
    yield from _head_lines(hit.passage, width)
    yield from wrap(hit.passage.text, hit.highlight, width, bold)


def _head_lines(passage: Passage, width: int) -> list[str]:
    """Give the head of the table that a passage goes on with, in brackets: it is no part of the passage."""
    return wrap(f"[{passage.table_head}]", (0, 0), width, str) if passage.table_head else []


def line_ranges(text: str, start: int, end: int, width: int) -> list[tuple[int, int]]:
    """Cut the characters from ``start`` to ``end`` into lines of at most ``width``, at white space."""
    ranges: list[tuple[int, int]] = []
    for word in re.finditer(r"\S+", text[start:end]):
        first, last = start + word.start(), start + word.end()
        if ranges and last - ranges[-1][0] <= width:
            ranges[-1] = (ranges[-1][0], last)
        else:
            ranges.append((first, last))
    return ranges


def inert(value: object) -> object:
    """Keep a spreadsheet from taking a cell for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def escape(text: str) -> str:
    """Keep Markdown from taking any sign of a text for its own."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", text)
