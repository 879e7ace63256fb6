"""Which organizations a text names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline.datatypes import Organization
from pipeline.reading.names import definition_key

SHORT_NAME = 8  # letters; a shorter alias must be written as the paper writes it: "WHO", not "who"
TYPED_NAME = (
    4  # letters; from here on also in small letters, where a question has no capitals at all: "what does unhcr do"
)
START = re.compile(r"(?<!\w)(?:\w+|\W)")  # a name starts with a word, or with a sign that no word goes before


class Names:
    """The acronyms, names and aliases of organizations, to be found in texts; ``keys`` are their ``definition_key``."""

    def __init__(self, organizations: Iterable[Organization]) -> None:
        """Take the organizations; one name may stand for several."""
        exact: dict[str, set[str]] = {}
        folded: dict[str, set[str]] = {}
        for organization in organizations:
            for name in filter(None, (organization.acronym, organization.name, *organization.aliases)):
                if len(name) < SHORT_NAME:
                    exact.setdefault(name, set()).add(organization.acronym)
                else:
                    folded.setdefault(name.casefold(), set()).add(organization.acronym)
        typed = {name.casefold(): acronyms for name, acronyms in exact.items() if len(name) >= TYPED_NAME} | folded
        self.keys = frozenset(map(definition_key, [*exact, *folded]))
        self._typed, self._exact, self._folded = _Finder(typed), _Finder(exact), _Finder(folded)

    def named(self, text: str) -> set[str]:
        """Give the acronyms of the organizations that a text names; of overlapping names the longest counts."""
        longer = list(self._folded.find(text.casefold()))
        found = [item.acronyms for item in longer]
        for item in self._exact.find(text):
            # Casefolding may lengthen a text: "ß" becomes "ss".
            start, end = (len(text[:place].casefold()) for place in (item.start, item.end))
            if all(end <= other.start or other.end <= start for other in longer):
                found.append(item.acronyms)
        return set().union(*found)

    def asked_for(self, question: str) -> set[str]:
        """Give the acronyms of the organizations that a question names; people often type without capitals."""
        found = self.named(question)
        if question == question.casefold():
            found = found.union(*(item.acronyms for item in self._typed.find(question)))
        return found


class _Found(NamedTuple):
    """Where a name stands in a text, and whose it is."""

    start: int
    end: int
    acronyms: set[str]


class _Finder:
    """Finds names in texts, by their first words: a corpus knows thousands, too many to try each at every word."""

    def __init__(self, names: dict[str, set[str]]) -> None:
        self._acronyms = names
        self._by_start: dict[str, list[str]] = defaultdict(list)
        for name in sorted(names, key=lambda name: (-len(name), name)):
            if match := START.match(name):
                self._by_start[match[0]].append(name)

    def find(self, text: str) -> Iterator[_Found]:
        """Give the names in a text from left to right, none over another; of those that start together the longest."""
        end = 0
        for match in START.finditer(text) if self._by_start else ():
            start = match.start()
            for name in self._by_start.get(match[0], ()) if start >= end else ():
                stop = start + len(name)
                if (
                    text.startswith(name, start)
                    and not text[stop : stop + 1].isalnum()
                    and text[stop : stop + 1] != "_"
                ):
                    end = stop
                    yield _Found(start, stop, self._acronyms[name])
                    break
