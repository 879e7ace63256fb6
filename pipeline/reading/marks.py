"""What a PDF says itself about its headings: bookmarks, and headings of its structure tree.

``pdfium`` hands the library over, as ``raw``: its name stands in one file.
"""

from __future__ import annotations

import ctypes
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from pipeline.datatypes import Box
from pipeline.datatypes.page import Bookmark, TaggedHeading
from pipeline.reading.rows import around

MOST = 20_000  # entries of an outline, elements of a page's tree: a real one has hundreds, a loop has no end
DEEPEST = 32  # levels of an outline or tree
HEADING_TAGS = {"H": None, "Title": None, **{f"H{level}": level for level in range(1, 7)}}


def read_bookmarks(raw: Any, pdf: Any) -> dict[int, tuple[Bookmark, ...]]:
    """Read the outline: the entries that lead to each page, by its number from 1."""
    found: dict[int, list[Bookmark]] = defaultdict(list)
    for number, (level, item) in enumerate(_entries(raw, pdf)):
        target = raw.FPDFBookmark_GetDest(pdf, item)
        page = raw.FPDFDest_GetDestPageIndex(pdf, target) + 1 if target else 0
        title = _text(raw.FPDFBookmark_GetTitle, item)
        if page > 0 and title:
            found[page].append(Bookmark(number, level, title))
    return {page: tuple(marks) for page, marks in found.items()}


def read_tags(raw: Any, page: Any, place: Callable[[float, float, float, float], Box]) -> tuple[TaggedHeading, ...]:
    """Read the headings that a page's structure tree names.

    :param place: turns left, bottom, right and top of the PDF's own coordinates into a box of the page.
    """
    tree = raw.FPDF_StructTree_GetForPage(page)
    if not tree:
        return ()
    try:
        owners = dict(_marked_headings(raw, tree))
    finally:
        raw.FPDF_StructTree_Close(tree)
    boxes: dict[int, list[Box]] = defaultdict(list)
    levels: dict[int, int | None] = {}
    for index in range(raw.FPDFPage_CountObjects(page) if owners else 0):
        item = raw.FPDFPage_GetObject(page, index)
        owner = owners.get(raw.FPDFPageObj_GetMarkedContentID(item))
        sides = [ctypes.c_float() for _ in range(4)]
        if owner and raw.FPDFPageObj_GetBounds(item, *sides):
            boxes[owner[0]].append(place(*(side.value for side in sides)))
            levels[owner[0]] = owner[1]
    return tuple(TaggedHeading(levels[number], around(parts)) for number, parts in sorted(boxes.items()))


def _entries(raw: Any, pdf: Any) -> Iterator[tuple[int, Any]]:
    """Walk through the outline in its order; each entry once, whatever a broken file links in circles."""
    seen: set[int] = set()
    waiting = [(1, raw.FPDFBookmark_GetFirstChild(pdf, None))]
    while waiting and len(seen) < MOST:
        level, item = waiting.pop()
        address = ctypes.cast(item, ctypes.c_void_p).value
        if not address or address in seen:
            continue
        seen.add(address)
        yield level, item
        waiting.append((level, raw.FPDFBookmark_GetNextSibling(pdf, item)))
        if level < DEEPEST:
            waiting.append((level + 1, raw.FPDFBookmark_GetFirstChild(pdf, item)))


def _marked_headings(raw: Any, tree: Any) -> Iterator[tuple[int, tuple[int, int | None]]]:
    """Yield each marked content that belongs to a heading, with that heading's number and level."""
    waiting: list[tuple[Any, int, tuple[int, int | None] | None]] = [
        (raw.FPDF_StructTree_GetChildAtIndex(tree, index), 0, None)
        for index in reversed(range(raw.FPDF_StructTree_CountChildren(tree)))
    ]
    for number in range(MOST):
        if not waiting:
            return
        element, depth, owner = waiting.pop()
        if not element:
            continue
        tag = _text(raw.FPDF_StructElement_GetType, element)
        if owner is None and tag in HEADING_TAGS:
            owner = number, HEADING_TAGS[tag]
        count = raw.FPDF_StructElement_CountChildren(element)
        if owner is not None:
            marks = {raw.FPDF_StructElement_GetMarkedContentID(element)}
            marks |= {raw.FPDF_StructElement_GetChildMarkedContentID(element, index) for index in range(count)}
            yield from ((mark, owner) for mark in sorted(marks) if mark >= 0)
        if depth < DEEPEST:
            children = [raw.FPDF_StructElement_GetChildAtIndex(element, index) for index in reversed(range(count))]
            waiting += [(child, depth + 1, owner) for child in children]


def _text(function: Callable[..., int], subject: Any) -> str:
    length = function(subject, None, 0)
    buffer = ctypes.create_string_buffer(max(length, 2))
    function(subject, buffer, length)
    return " ".join(buffer.raw.decode("utf-16-le", "replace").replace("\0", " ").split())
