"""Running heads and page numbers: found by repetition and position over the whole document.

A running head is a line near the top or bottom edge that stands at the same height on several pages with the same
words. A page number is a number there that grows by one from page to page: printed = physical + one offset. The same
offset gives every page its printed label.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pipeline.datatypes.page import Line, RawPage

EDGE = 0.15  # share of the page's height in which furniture is looked for; letterheads reach 0.12
HEIGHT_STEP = 8.0  # points; a running head moves by less than this from page to page
REPEATS = 3  # pages that must carry the same words; two suffice in a document of up to four pages
SHORT_DOCUMENT = 4  # pages
SUPPORT = 0.3  # share of the pages whose numbers must agree; chapter openings and plates often print none
CONTRADICTED = 0.5  # share of the pages with a printed number: a label tree that is wrong is wrong for all
COMPOUNDS = 0.4  # share of the pages that go on with their chapter's count; openings print none
NUMBER_WORDS = (
    6  # of a line that may be all about the number: "Page 3 of 40 | Annual report"; of a longer one the first
)
# or last word may be it, at the same height on the other pages: "32 Chapter 5. What the ministries have agreed upon"

BARE = "#"  # the form of a line that holds nothing but a page number
LONG = "…"  # the rest of a long line, which may be another on every page
BARE_NUMBER = re.compile(r"[\s\-–—|\[(]*(?:p(?:age|\.)?\s*)?(\d{1,4})[\s\-–—|\]).]*", re.IGNORECASE)
COMPOUND = re.compile(r"(?:\d{1,2}|[A-Z])[-–]\d{1,3}")  # 2-14 · A-3
ARABIC = re.compile(r"(?<![\w./-])\d{1,4}(?![\w.-])")
ROMAN = re.compile(r"[ivxlc]{1,7}")
ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}

PAGE_NUMBER = "page number"
RUNNING_HEAD = "running head"


class Numbering(NamedTuple):
    """One run of printed page numbers: ``printed = physical + offset``, in arabic or roman figures.

    ``forms`` are the lines that carry them, the number written ``#``: "#", "Page # of 40", "Annual report | #"; of long
    lines where the number stands, and the line's height.
    """

    offset: int
    roman: bool
    forms: frozenset[str]


class PrintedNumber(NamedTuple):
    """A number in a line that may be a page number."""

    value: int
    text: str
    form: str


def find_furniture(pages: Sequence[RawPage], lines: Sequence[Sequence[Line]]) -> list[dict[int, str]]:
    """Give for each page the indices of its furniture lines and their kind.

    :param lines: the lines of each page, top to bottom.
    """
    numberings = find_numberings(pages, lines)
    heads = _running_heads(pages, lines)
    compounds = _compounds(pages, lines)
    furniture: list[dict[int, str]] = []
    for page, page_lines in zip(pages, lines, strict=True):
        found: dict[int, str] = {}
        for edge in _edges(page, page_lines):
            for index in edge:
                own = page_lines[index].text.strip() == compounds.get(page.number)
                if own or _printed_number(page_lines[index], page.number, numberings) is not None:
                    found[index] = RUNNING_HEAD if _is_long(page_lines[index].text) else PAGE_NUMBER
                elif _head_key(page, page_lines[index]) in heads:
                    found[index] = RUNNING_HEAD
                else:
                    break
        furniture.append(found)
    return furniture


def find_labels(pages: Sequence[RawPage], lines: Sequence[Sequence[Line]]) -> list[str]:
    """Give each page its printed label: the PDF's own, else inferred from the printed numbers, else the physical one.

    A page before the first printed number has no label (``""``) once the others have one with an offset.
    """
    numberings = find_numberings(pages, lines)
    if any(page.label for page in pages) and not _is_wrong(pages, lines, numberings):
        return [page.label or "" for page in pages]
    if compounds := _compounds(pages, lines):
        return [compounds.get(page.number, "") for page in pages]
    arabic = next((numbering for numbering in numberings if not numbering.roman), None)
    labels = []
    for page, page_lines in zip(pages, lines, strict=True):
        roman = [
            _printed_number(page_lines[index], page.number, [numbering])
            for numbering in numberings
            if numbering.roman
            for edge in _edges(page, page_lines)
            for index in edge
        ]
        offset = arabic.offset if arabic else 0
        printed = str(page.number + offset) if page.number + offset > 0 else ""
        labels.append(next((label for label in roman if label), None) or printed)
    return labels


def count_printed(pages: Sequence[RawPage], lines: Sequence[Sequence[Line]]) -> int:
    """Count the pages that print their number."""
    return sum(label is not None for label in _printed(pages, lines, find_numberings(pages, lines)))


def _is_wrong(pages: Sequence[RawPage], lines: Sequence[Sequence[Line]], numberings: Sequence[Numbering]) -> bool:
    """Tell a label tree that calls all pages the same, or merely counts them where most print another number."""
    printed = {page.number: number for page, number in zip(pages, _printed(pages, lines, numberings), strict=True)}
    told = [page for page in pages if printed[page.number]]
    contradicted = [page for page in told if (page.label or "") != printed[page.number]]
    same = len(pages) > 1 and len({page.label for page in pages}) == 1
    counts = all(page.label == str(page.number) for page in pages)
    return same or (counts and len(contradicted) > CONTRADICTED * max(4, len(told)))


def _printed(
    pages: Sequence[RawPage], lines: Sequence[Sequence[Line]], numberings: Sequence[Numbering]
) -> Iterator[str | None]:
    for page, page_lines in zip(pages, lines, strict=True):
        edges = (index for edge in _edges(page, page_lines) for index in edge)
        numbers = (_printed_number(page_lines[index], page.number, numberings) for index in edges)
        yield next(filter(None, numbers), None)


def _compounds(pages: Sequence[RawPage], lines: Sequence[Sequence[Line]]) -> dict[int, str]:
    """Give the numbers of pages that count anew in each chapter ("2-14"), if most pages carry one."""
    found: dict[int, str] = {}
    for page, page_lines in zip(pages, lines, strict=True):
        for index in (index for edge in _edges(page, page_lines) for index in edge):
            if match := COMPOUND.fullmatch(page_lines[index].text.strip()):
                found[page.number] = match[0]
                break
    going_on = sum(
        _split(found[number]) == (_split(label)[0], _split(label)[1] + 1)
        for label, number in ((label, number + 1) for number, label in found.items())
        if number in found
    )
    return found if going_on >= max(2, COMPOUNDS * len(pages)) else {}


def _split(label: str) -> tuple[str, int]:
    chapter, _, number = label.replace("–", "-").partition("-")
    return chapter, int(number)


def find_numberings(pages: Sequence[RawPage], lines: Sequence[Sequence[Line]]) -> list[Numbering]:
    """Find the offsets that the numbers at the pages' edges agree on; at most one arabic and one roman."""
    found = []
    for roman in (False, True):
        by_form: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
        for page, page_lines in zip(pages, lines, strict=True):
            for index in (index for edge in _edges(page, page_lines) for index in edge):
                for number in _numbers(page_lines[index], roman=roman):
                    by_form[number.form][number.value - page.number].add(page.number)
        candidates = [
            _numbering(by_form, offset, roman=roman) for offset in {o for form in by_form.values() for o in form}
        ]
        offset, support, forms = max(candidates, key=lambda item: (item[1], -abs(item[0])), default=(0, 0, frozenset()))
        # A number that is the physical page's own is its own witness: one contents page "ii", one leaf "1".
        needed = 1 if offset == 0 else 2
        if not roman:
            needed = max(needed if len(pages) == 1 else 2, math.ceil(SUPPORT * len(pages)))
        if support >= needed:
            found.append(Numbering(offset, roman, forms))
    return found


def _numbering(
    by_form: Mapping[str, Mapping[int, set[int]]], offset: int, *, roman: bool
) -> tuple[int, int, frozenset[str]]:
    """Give an offset, the number of pages that print it, and the forms it is printed in.

    A form with words must repeat, and on most of its pages carry this offset: "Article #" on page 3 is no page number.
    """
    forms = set()
    for form, offsets in by_form.items():
        agreeing, all_pages = len(offsets.get(offset, ())), len(set().union(*offsets.values()))
        enough = REPEATS if LONG in form else 2
        if form == BARE or roman or (agreeing >= enough and agreeing > all_pages / 2):
            forms.add(form)
    support = set().union(*(by_form[form].get(offset, set()) for form in forms)) if forms else set()
    return offset, len(support), frozenset(forms)


def _edges(page: RawPage, lines: Sequence[Line]) -> Iterator[list[int]]:
    """Give the lines near the top edge, outermost first, then those near the bottom edge."""
    height = EDGE * page.height
    upper = [index for index, line in enumerate(lines) if line.box.bottom < height]
    lower = [index for index in range(len(lines) - 1, -1, -1) if lines[index].box.top > page.height - height]
    for edge in (upper, lower):
        inside = set(edge)
        # A table that reaches into the page is none, though its head may stand at the same place on several pages.
        held = {line.cell.table for index, line in enumerate(lines) if line.cell and index not in inside}
        edge[:] = [index for index in edge if (cell := lines[index].cell) is None or cell.table not in held]
    # Of a page with columns, the foot is not the last line.
    yield sorted(upper, key=lambda index: lines[index].box.top)
    yield sorted(lower, key=lambda index: -lines[index].box.top)


def _running_heads(pages: Sequence[RawPage], lines: Sequence[Sequence[Line]]) -> set[tuple[int, str]]:
    needed = REPEATS if len(pages) > SHORT_DOCUMENT else 2
    seen: Mapping[tuple[int, str], set[int]] = defaultdict(set)
    for page, page_lines in zip(pages, lines, strict=True):
        for edge in _edges(page, page_lines):
            for index in edge:
                seen[_head_key(page, page_lines[index])].add(page.number)
    return {key for key, numbers in seen.items() if len(numbers) >= needed}


def _head_key(page: RawPage, line: Line) -> tuple[int, str]:
    """Give a line's place and words without the page's own number, which changes under a running head."""
    words = re.sub(rf"(?<!\d){page.number}(?!\d)", "#", line.text)
    return round(line.box.top / HEIGHT_STEP), words


def _printed_number(line: Line, page: int, numberings: Sequence[Numbering]) -> str | None:
    for numbering in numberings:
        for number in _numbers(line, roman=numbering.roman):
            if number.value == page + numbering.offset and number.form in numbering.forms:
                return number.text
    return None


def _numbers(line: Line, *, roman: bool) -> list[PrintedNumber]:
    """List the numbers of a line that may be a page number."""
    text = line.text.strip()
    if roman:
        bare = text.strip("-–— |[]().")
        return [PrintedNumber(_roman_value(bare), bare, BARE)] if ROMAN.fullmatch(bare) else []
    if match := BARE_NUMBER.fullmatch(text):
        return [PrintedNumber(int(match[1]), match[1], BARE)]
    if _is_long(text):
        if line.spans[0].raised:  # a footnote, whose number may be that of its page
            return []
        height, words = round(line.box.top / HEIGHT_STEP), text.split()
        ends = ((words[0], f"{BARE}{LONG}{height}"), (words[-1], f"{LONG}{BARE}{height}"))
        return [PrintedNumber(int(word), word, form) for word, form in ends if ARABIC.fullmatch(word)]
    spaced = text.replace("/", " ")
    return [
        PrintedNumber(int(match[0]), match[0], f"{text[: match.start()]}{BARE}{text[match.end() :]}")
        for match in ARABIC.finditer(spaced)
    ]


def _is_long(text: str) -> bool:
    return len(text.split()) > NUMBER_WORDS


def _roman_value(text: str) -> int:
    """Read a roman numeral in small letters.

    >>> _roman_value("xiv")
    14
    """
    values = [ROMAN_VALUES[char] for char in text]
    return sum(-value if value < max(values[i + 1 :], default=0) else value for i, value in enumerate(values))
