"""Everybody that an index knows of: owners of sections, members and bodies, and what they are called."""

from __future__ import annotations

import difflib
import functools

from pipeline.datatypes import Organization
from pipeline.errors import QueryError
from pipeline.indexing.catalog import Catalog
from pipeline.reading.mentions import Names
from pipeline.reading.names import name_key

NEAR = 0.5  # difflib's ratio, from which on a name may be a misspelt one


class Directory:
    """The organizations of an index by all their names."""

    def __init__(self, catalog: Catalog) -> None:
        """Take the catalog; nothing is read before it is asked for."""
        self._catalog = catalog

    def named(self, text: str) -> set[str]:
        """Give the acronyms of all organizations that a text names."""
        return self._names.named(text)

    def asked_for(self, question: str) -> set[str]:
        """Give the acronyms of all organizations that a question names; people often type without capitals."""
        return self._names.asked_for(question)

    def resolve(self, name: str) -> list[str]:
        """Find the acronyms that a name, acronym or alias stands for, case, articles and punctuation aside.

        :raises QueryError: if nobody is called so; the message suggests the nearest.
        """
        known: dict[str, list[str]] = {}
        for organization in self._organizations():
            for alias in (organization.acronym, organization.name, *organization.aliases):
                known.setdefault(name_key(alias), []).append(organization.acronym)
        key = name_key(name)
        if key in known:
            return list(dict.fromkeys(known[key]))
        near = difflib.get_close_matches(key, known, n=1, cutoff=NEAR)
        hint = f"did you mean {known[near[0]][0]}?" if near else "mandates orgs lists them"
        raise QueryError(f"no organization is called {name!r}; {hint}")

    @functools.cached_property
    def _names(self) -> Names:
        return Names(self._organizations())

    def _organizations(self) -> list[Organization]:
        return [*self._catalog.named_organizations(), *(entry.organization for entry in self._catalog.bodies())]
