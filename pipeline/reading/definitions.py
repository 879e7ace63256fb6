"""Definitions of short names in running text: "Full Name (ACR)".

They are found with the algorithm of Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions
in biomedical text", PSB 2003.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from pipeline.reading.names import bare_name, name_key

SHORT_WORDS = 4  # a short name with more words is an explanation in brackets
IN_BRACKETS = re.compile(r"\(([^()]{2,25})\)")
CAPITALISED_BEFORE = re.compile(r"(?<![^\s])(?!(?:The|A|An|In|At|On|By|For|As|And)\s)[A-Z][\w-]*\s+$")


def find_definitions(text: str) -> list[tuple[str, str]]:
    """Find "Full Name (ACR)" in running text.

    :return: (short, full name) pairs; two for one place where a shorter name spells the acronym as well.

    >>> find_definitions("It is led by the World Health Organization (WHO) with others.")
    [('WHO', 'World Health Organization')]
    """
    found = []
    for match in IN_BRACKETS.finditer(text):
        short = match[1].strip()
        if is_short_name(short):
            found += [(short, full) for full in expansions(short, text[: match.start()])]
    return found


def expansions(short: str, before: str) -> list[str]:
    """Schwartz and Hearst: match the letters of the short name backwards; its first letter must start a word.

    The match may begin too late ("Committee Executive Directorate" for CTED, after "Counter-Terrorism"), so the
    capitalised words before it are taken in; the shorter name stays if its own capitals spell the short name.
    """
    letters = [char.lower() for char in short if char.isalnum()]
    window = " ".join(before.split()[-(min(len(letters) + 5, len(letters) * 2) + 2) :])
    position = len(window) - 1
    for index in range(len(letters) - 1, -1, -1):
        while position >= 0 and (
            window[position].lower() != letters[index]
            or (index == 0 and position > 0 and window[position - 1].isalnum())
        ):
            position -= 1
        if position < 0:
            return []
        position -= 1
    start = position + 1
    names = [window[start:].strip()]
    while match := CAPITALISED_BEFORE.search(window, 0, start):
        start = match.start()
    whole = window[start:].strip()
    capitals = "".join(word[0] for word in re.split(r"[\s-]+", names[0]) if word[:1].isupper())
    names = [whole] if capitals != short else list(dict.fromkeys([whole, *names]))
    return [full for full in names if full[0].isupper() and len(full) > len(short) and "(" not in full]


def collect_definitions(texts: Iterable[str]) -> Mapping[str, list[str]]:
    """Collect what each short name stands for: full names and their short names' spelling, by key."""
    found: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        for short, full in find_definitions(text):
            name = bare_name(full)
            found[name_key(short)].append(name)
            found[name_key(name)].append(short)
    return found


def is_short_name(text: str) -> bool:
    """Tell an acronym or short name from a remark in brackets: few words, all with a capital, one with two.

    >>> [is_short_name(text) for text in ("CoE", "UN Women", "2017", "see below", "PDF, 2 MB")]
    [True, True, False, False, False]
    """
    words = [word for word in re.split(r"[\s–—/]+", text.strip()) if word not in ("", "-")]
    if not 0 < len(words) <= SHORT_WORDS or any(char.isdigit() for char in text[:1]):
        return False
    capitals = [sum(char.isupper() for char in word) for word in words]
    return all(capitals) and max(capitals) >= 2 and text[0].isalnum()
