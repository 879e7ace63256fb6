"""Which organizations a text names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.datatypes import Organization
from pipeline.reading.names import definition_key

SHORT_NAME = 8  # letters; a shorter alias must be written as the paper writes it: "WHO", not "who"
TYPED_NAME = (
    4  # letters; from here on also in small letters, where a question has no capitals at all: "what does unhcr do"
)


class Names:
    """The acronyms, names and aliases of organizations, to be found in texts; ``keys`` are their ``definition_key``."""

    def __init__(self, organizations: Iterable[Organization]) -> None:
        """Take the organizations; one name may stand for several."""
        self._exact: dict[str, set[str]] = {}
        self._folded: dict[str, set[str]] = {}
        for organization in organizations:
            for name in (organization.acronym, organization.name, *organization.aliases):
                if len(name) < SHORT_NAME:
                    self._exact.setdefault(name, set()).add(organization.acronym)
                else:
                    self._folded.setdefault(name.casefold(), set()).add(organization.acronym)
        self._typed = {
            name.casefold(): acronyms for name, acronyms in self._exact.items() if len(name) >= TYPED_NAME
        } | self._folded
        self.keys = frozenset(map(definition_key, [*self._exact, *self._folded]))
        self._typed_pattern = _any_of(self._typed)
        self._exact_pattern = _any_of(self._exact)
        self._folded_pattern = _any_of(self._folded)

    def named(self, text: str) -> set[str]:
        """Give the acronyms of the organizations that a text names; of overlapping names the longest counts."""
        longer = list(self._folded_pattern.finditer(text.casefold()))
        found = [self._folded[match[0]] for match in longer]
        for match in self._exact_pattern.finditer(text):
            # Casefolding may lengthen a text: "ß" becomes "ss".
            start, end = (len(text[:place].casefold()) for place in match.span())
            if all(end <= other.start() or other.end() <= start for other in longer):
                found.append(self._exact[match[0]])
        return set().union(*found)

    def asked_for(self, question: str) -> set[str]:
        """Give the acronyms of the organizations that a question names; people often type without capitals."""
        found = self.named(question)
        if question == question.casefold():
            found = found.union(*(self._typed[match[0]] for match in self._typed_pattern.finditer(question)))
        return found


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    alternatives = "|".join(re.escape(name) for name in longest_first) or r"\Z(?!\Z)"
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)")
