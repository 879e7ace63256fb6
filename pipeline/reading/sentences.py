"""Where sentences end.

Own rules instead of a library: pysbd is no longer kept up and sentencex 1.0 swallows all text after an unpaired
quotation mark, which policy papers are full of. Both miss "para. 35".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

END = re.compile(r"""(?:[.!?…؟۔।]+["'”’»)\]]*(?=\s)|[。！？．｡]["”’」』）]*|\n)\s*""")
# The next sentence starts with a capital, a figure, a bracket, a quotation mark or a letter without case.
OPENS = re.compile(r"""["'“‘«(\[•]*\s*(?:[^\W\d_a-zß-öø-ÿа-яα-ω]|\d|•)""")
TOKEN = 40  # characters before a full stop, enough for any abbreviation; to look at all of them is slow
LAST_TOKEN = re.compile(r"(\S+)\s*$")
# Abbreviations that stand before a name or a number, so that a capital or figure after them proves nothing.
ABBREVIATIONS = frozenset(
    (
        "no nos nr núm art arts para paras par p pp pg vol ch chap sec sect fig figs tab ed eds rev v vs cf ca c e.g"
        " i.e viz mr mrs ms dr prof st sr jr hon gen col amb rt inc ltd co corp dept univ u.s u.n e.u u.k resp approx"
        " est jan feb mar apr jun jul aug sep sept oct nov dec"
    ).split()
)
INITIAL = re.compile(r"[^\W\d_]|(?:[^\W\d_]\.)+[^\W\d_]")


def sentence_ranges(text: str) -> list[tuple[int, int]]:
    """Cut a text into sentences: (start, end) offsets without the white space around them.

    A line break always ends a sentence.

    >>> sentence_ranges("Adopted in 2006. See para. 35.")
    [(0, 16), (17, 30)]
    """
    ranges = []
    start = 0
    for cut in [*_cuts(text), len(text)]:
        stripped = text[start:cut].strip()
        if stripped:
            begin = text.index(stripped[0], start)
            ranges.append((begin, begin + len(stripped)))
        start = cut
    return ranges


def ends_with_abbreviation(text: str) -> bool:
    """Tell whether a text ends with a full stop that belongs to a word: "No." or "para.", for one."""
    stripped = text.rstrip()
    if not stripped.endswith(".") or stripped.endswith(".."):
        return False
    return _is_abbreviation(stripped, len(stripped) - 1)


def _cuts(text: str) -> Iterator[int]:
    for match in END.finditer(text):
        if "\n" in match[0] or match[0][0] in "。！？．｡" or _is_end(text, match):
            yield match.end()


def _is_end(text: str, match: re.Match[str]) -> bool:
    if not OPENS.match(text, match.end()):
        return False
    if match[0][0] != "." or match[0].startswith(".."):
        return True
    return not _is_abbreviation(text, match.start())


def _is_abbreviation(text: str, end: int) -> bool:
    """Tell whether what stands before a full stop is an abbreviation or an initial."""
    token = LAST_TOKEN.search(text, max(0, end - TOKEN), end)
    word = token[1].lstrip("(\"'“‘«[").lower() if token else ""
    return word in ABBREVIATIONS or bool(INITIAL.fullmatch(word))
