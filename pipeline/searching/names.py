"""Which organizations a text names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.datatypes import Organization

SHORT_NAME = 8  # letters; a shorter alias must be written as the paper writes it: "ILO", not the end of "kilo"


class Names:
    """The acronyms, names and aliases of organizations, to be found in texts."""

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
        self._exact_pattern = _any_of(self._exact)
        self._folded_pattern = _any_of(self._folded)

    def named(self, text: str) -> set[str]:
        """Give the acronyms of the organizations that a text names; of overlapping names the longest counts."""
        folded = text.casefold()
        exact = [self._exact[match[0]] for match in self._exact_pattern.finditer(text)]
        longer = [self._folded[match[0]] for match in self._folded_pattern.finditer(folded)]
        return set().union(*exact, *longer)


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    alternatives = "|".join(re.escape(name) for name in longest_first) or r"\Z(?!\Z)"
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)")
