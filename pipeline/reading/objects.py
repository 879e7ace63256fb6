"""What a page draws: its text and path objects.

``pdfium`` hands the library over, as ``raw``: its name stands in one file.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Drawn(NamedTuple):
    """The objects of a page itself, those of its forms aside."""

    texts: list[Any]
    paths: list[Any]


def take_marks_off(raw: Any, holder: Any, *, is_form: bool = False) -> Drawn:
    """Take the marks from all text of a page or form, and give its own objects.

    Of marked text pdfium gives the mark's /ActualText, all letters of it in one place, and drops what else is marked.
    """
    count, get = raw.FPDFPage_CountObjects, raw.FPDFPage_GetObject
    if is_form:
        count, get = raw.FPDFFormObj_CountObjects, raw.FPDFFormObj_GetObject
    found = Drawn([], [])
    for index in range(count(holder)):
        item = get(holder, index)
        kind = raw.FPDFPageObj_GetType(item)
        if kind == raw.FPDF_PAGEOBJ_FORM:
            take_marks_off(raw, item, is_form=True)
        elif kind == raw.FPDF_PAGEOBJ_PATH:
            found.paths.append(item)
        elif kind == raw.FPDF_PAGEOBJ_TEXT:
            for _ in range(raw.FPDFPageObj_CountMarks(item)):
                raw.FPDFPageObj_RemoveMark(item, raw.FPDFPageObj_GetMark(item, 0))
            found.texts.append(item)
    return found
