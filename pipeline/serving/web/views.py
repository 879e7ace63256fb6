"""Records → what the templates of the web page show. Pure functions; they know no framework and no HTML."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from pipeline.comparing.pages import sentence_pages
from pipeline.datatypes import Hit, Passage

FACETED = 50  # best passages whose organizations and sections are counted
MOST_FACETS = 12
BULLET = "•"
URL = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:)\]]")
Params = Sequence[tuple[str, str]]


class Run(NamedTuple):
    """Characters of a passage in one emphasis."""

    text: str
    is_best: bool


class Block(NamedTuple):
    """A paragraph or list item of a passage."""

    runs: tuple[Run, ...]
    is_item: bool


class Facet(NamedTuple):
    """A value to filter by: how many of the best passages have it, the address with and without it."""

    name: str
    found: int
    is_chosen: bool
    address: str


def blocks(text: str, best: tuple[int, int] = (0, 0)) -> Iterator[Block]:
    """Part a passage into paragraphs and list items, and each into what is emphasised and what is not."""
    for match in re.finditer(r"[^\n]+", text):
        is_item = match[0].startswith(BULLET)
        start = match.start() + (len(match[0]) - len(match[0].removeprefix(BULLET).lstrip()) if is_item else 0)
        cuts = [start, *(min(max(edge, start), match.end()) for edge in sorted(best)), match.end()]
        runs = (Run(text[a:b], number == 1) for number, (a, b) in enumerate(pairwise(cuts)) if a < b)
        yield Block(tuple(runs), is_item)


def address(path: str, params: Params, **changes: str | int | None) -> str:
    """Give an address with the parameters there are, some of them changed; None takes one away."""
    kept = [(name, value) for name, value in params if name not in changes]
    kept += [(name, str(value)) for name, value in changes.items() if value is not None]
    return f"{path}?{urlencode(kept)}" if kept else path


def passage_address(passage_id: str, params: Params = (), best: tuple[int, int] = (0, 0)) -> str:
    """Give the address of a passage's own page, which remembers what was asked."""
    span = f"{best[0]}-{best[1]}" if best[1] else None
    return address(f"/passage/{quote(passage_id)}", params, highlight=span, view=None)


def facets(values: Iterable[str], name: str, params: Params) -> list[Facet]:
    """Count values, the most frequent first; those that are chosen are always there."""
    chosen = [value for key, value in params if key == name]
    counts = Counter(values)
    shown = dict.fromkeys([*chosen, *(value for value, _ in counts.most_common(MOST_FACETS))])
    return [Facet(value, counts[value], value in chosen, toggled(name, value, params)) for value in shown]


def toggled(name: str, value: str, params: Params) -> str:
    """Give the address with a filter put on, or taken off where it is on."""
    is_on = (name, value) in params
    several = name == "org"  # of the others one can hold at a time
    kept = [(k, v) for k, v in params if (k, v) != (name, value) and k != "offset" and (k != name or several)]
    return address("/", kept if is_on else [*kept, (name, value)])


def last_two(editions: Sequence[dict[str, Any]]) -> tuple[str | None, str | None]:
    """Choose what to compare: the former and the latest edition of the first document that has two.

    :param editions: by document, the latest of each first.
    """
    for new, old in pairwise(editions):
        if new["document"] == old["document"]:
            return f"{old['document']}/{old['label']}", f"{new['document']}/{new['label']}"
    return None, None


def owners(hits: Iterable[Hit]) -> list[str]:
    """List the organizations whose sections hold the hits, one for each hit."""
    return [hit.passage.organization.acronym for hit in hits if hit.passage.organization]


def top_sections(hits: Iterable[Hit]) -> list[str]:
    """List the top headings above the hits, one for each hit."""
    return [hit.passage.section[0] for hit in hits if hit.passage.section]


def shown_page(passage: Passage, best: tuple[int, int], wanted: int | None, last: int) -> int:
    """Choose the page to show: the one asked for, else the one on which the best sentence begins.

    :param last: how many pages there are.
    """
    start = sentence_pages(passage, *best)[:1] or passage.pages
    return min(max(wanted or start[0], 1), last)


def picture_address(passage: Passage, number: int, best: tuple[int, int]) -> str:
    """Give the address of a page's picture with a passage highlighted."""
    span = f"{best[0]}-{best[1]}" if best[1] else None
    path = f"/api/v1/pages/{quote(passage.edition.id)}/{number}.png"
    return address(path, (), passage=passage.id, highlight=span)


def linked(text: str) -> Iterator[tuple[str, str | None]]:
    """Part a text into addresses and what stands between them."""
    end = 0
    for match in URL.finditer(text):
        yield text[end : match.start()], None
        yield match[0], match[0]
        end = match.end()
    yield text[end:], None


def is_safe(url: str) -> bool:
    """Tell whether a link of a paper leads to a page or an address, and runs nothing."""
    return re.match(r"(?:https?://|mailto:)", url, re.IGNORECASE) is not None


def operations(openapi: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List the routes of an OpenAPI document, for people."""
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            parameters = map(_parameter, operation.get("parameters", ()))
            yield {
                "path": path,
                "method": method.upper(),
                "summary": operation.get("description", ""),
                "parameters": sorted(parameters, key=lambda one: not one["required"]),
            }


def _parameter(item: dict[str, Any]) -> dict[str, Any]:
    schema = item["schema"]
    kinds = [kind for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null"]
    enum = next((kind["enum"] for kind in kinds if "enum" in kind), None)
    kind = " | ".join(enum) if enum else "/".join(kind.get("type", "") for kind in kinds)
    return {
        "name": item["name"],
        "in": item["in"],
        "kind": kind,
        "required": item.get("required", False),
        "default": schema.get("default"),
    }
