"""Who owns a section, and under which names the paper knows it. All names come from the paper itself.

Three places tell: headings ("Full Name (ACR)"), a list of members in a section that nobody owns, and definitions in
the text. Sections with the same sub-headings are profiles: if some are of organizations, so are the others.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from pipeline.datatypes import Organization
from pipeline.datatypes.page import Section
from pipeline.reading.definitions import collect_definitions, expansions, is_short_name
from pipeline.reading.layout import BULLET
from pipeline.reading.names import bare_name, name_key
from pipeline.reading.titles import NUMBERING, bare_key
from pipeline.reading.unwrap import Prose


@dataclass(frozen=True, slots=True)
class OrganizationThresholds:
    """All numbers that decide what names an organization."""

    list_items: int = 3  # a shorter list may mention some organizations, but does not list members
    list_share: float = 0.6  # share of its items that must read "Name (SHORT)"; members without one are few
    pattern_share: float = 0.5  # share of like headings (with a short name, or siblings) that makes the rest ones too
    own_mentions: int = 2  # times a section must write the name in its heading for a heading without a short name
    alike: int = 3  # sections with the same sub-headings; two may be alike by chance
    alike_headings: int = 2  # sub-headings that most of them share; each must have as many
    alike_certain: int = 2  # of them known as organizations; one may stand among countries, as a union of States


THRESHOLDS = OrganizationThresholds()

# What organizations are called, in the languages policy papers are written in most: kinds, not names.
KINDS = re.compile(
    r"\b(agenc(y|ies)|alliance|assembly|association|authority|bank|board|bureau|cent(re|er)|coalition|commission(er)?"
    r"|committee|community|confederation|conference|consortium|co-?operation|council|court|department|directorate"
    r"|division|entity|executive|federation|force|forum|foundation|fund|group|initiative|inspectorate|institut(e|ion)"
    r"|league|ministry|mission|network|office|organi[sz]ation|parliament|partnership|police|program(me)?|rapporteur"
    r"|representative|secretariat|service|society|taskforce|team|tribunal|union|unit|university"
    r"|agence|banque|bureau|centre|comité|commission|conseil|fonds|groupe|haut-commissariat|institut|ministère|office"
    r"|organisation|programme|secrétariat|union"
    r"|agencia|alto comisionado|banco|centro|comisión|comité|consejo|fondo|grupo|instituto|ministerio|oficina"
    r"|organización|programa|secretaría|unión)\b",
    re.IGNORECASE,
)
CALLED_SO = re.compile(
    rf"{KINDS.pattern}(?=$|\s+(of|for|on|in|against|de|des|du|del|pour|para|sur|sobre|contre|contra)\b)", re.IGNORECASE
)
NAME_AND_SHORT = re.compile(r"^(?P<name>.+?)\s*\((?P<short>[^()]{2,40})\)$", re.DOTALL)
LIST_TAIL = re.compile(r"[\s;,.]+((and|et|y|und|en)\s*)?[;,.]*\s*$")
TOLD_OF = re.compile(r"(?P<what>.+?)\s+of\s+(the\s+)?(?P<name>[^\W\d_].+)", re.IGNORECASE)  # Mandate of the …
BETWEEN_SIDES = re.compile(r"\s+[-–—]\s+|:\s+")
SEVERAL_SHORTS = re.compile(r"\s+[-–—]\s+|\s*/\s*|\s*,\s*|\s+or\s+")


class Entry(NamedTuple):
    """An organization as one place writes it: its name and its short names, the first as written."""

    name: str
    shorts: tuple[str, ...]


def find_organizations(
    sections: Sequence[Section], proses: Sequence[Prose], limits: OrganizationThresholds = THRESHOLDS
) -> tuple[list[Section], list[Organization]]:
    """Give every section its owner, and list the organizations in the order of their sections, then members without.

    :param proses: the running text of each section.
    """
    definitions = collect_definitions(prose.text for prose in proses)
    level, owners = _owning_sections(sections, proses, definitions, limits)
    owned: list[Section] = []
    owner: str | None = None
    for section in sections:
        if section.level <= level:
            owner = _acronym(owners[section.number]) if section.number in owners else None
        owned.append(replace(section, organization=owner))
    # A list in a section that somebody owns names that organization's partners, not the paper's members.
    members = _members([p for s, p in zip(owned, proses, strict=True) if s.organization is None], limits)
    organizations: dict[str, Organization] = {}
    known: set[str] = set()
    for entry in [*owners.values(), *members]:
        if known & {name_key(name) for name in (entry.name, *entry.shorts)}:
            continue
        acronym = _acronym(entry)
        own = [section for section in owned if section.organization == acronym]
        found = _organization(entry, own, members, definitions)
        organizations[acronym] = found
        known |= {name_key(name) for name in (acronym, found.name, *found.aliases)}
    return owned, list(organizations.values())


def _owning_sections(
    sections: Sequence[Section],
    proses: Sequence[Prose],
    definitions: Mapping[str, Sequence[str]],
    limits: OrganizationThresholds,
) -> tuple[int, dict[int, Entry]]:
    """Find the highest level at which headings name organizations, and those headings by section number."""
    members = _members(proses, limits)
    for level in sorted({section.level for section in sections if section.heading}):
        entries = {
            s.number: _heading_entry(s.path[-1], definitions) for s in sections if s.level == level and s.heading
        }
        found = _organization_headings(entries, proses, members, limits)
        for siblings in _siblings(sections, level):
            if sum(number in found for number in siblings) > limits.pattern_share * len(siblings):
                found |= {number: entries[number] for number in siblings if _is_called_so(entries[number].name)}
        for profiles in _profiles(sections, level, limits):
            if sum(number in found for number in profiles) >= limits.alike_certain:
                found |= {number: entries[number] for number in profiles}
        if len(found) > (0 if level == 1 else 1):
            return level, dict(sorted(found.items()))
    return 1, {}


def _organization_headings(
    entries: Mapping[int, Entry], proses: Sequence[Prose], members: Sequence[Entry], limits: OrganizationThresholds
) -> dict[int, Entry]:
    listed = {name_key(name) for member in members for name in (member.name, *member.shorts)}
    certain: dict[int, Entry] = {}
    for number, entry in entries.items():
        in_list = bool(listed & {name_key(name) for name in (entry.name, *entry.shorts)})
        written = len(re.findall(re.escape(entry.name), proses[number].text)) >= limits.own_mentions
        is_kind = bool(KINDS.search(entry.name)) and (bool(entry.shorts) or (written and _is_proper_name(entry.name)))
        if in_list or is_kind:
            certain[number] = entry
    shortened = [number for number, entry in entries.items() if entry.shorts]
    if sum(number in certain for number in shortened) > limits.pattern_share * len(shortened):
        certain |= {number: entries[number] for number in shortened}
    return certain


def _siblings(sections: Sequence[Section], level: int) -> list[list[int]]:
    """List the sections of a level, by their numbers, those under one heading together."""
    found: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for section in sections:
        if section.level == level and section.heading:
            found[section.path[:-1]].append(section.number)
    return list(found.values())


def _profiles(sections: Sequence[Section], level: int, limits: OrganizationThresholds) -> list[list[int]]:
    """Find the sections of a level, under one heading each time, that have the same sub-headings; by their numbers."""
    below: dict[tuple[str, ...], dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    upper: Section | None = None
    for section in sections:
        if section.level <= level:
            upper = section if section.level == level and section.heading else None
        elif upper and len(section.path) == len(upper.path) + 1:
            below[upper.path[:-1]][upper.number].add(bare_key(section.path[-1]))
    found = []
    for titles in below.values():
        counts = Counter(title for held in titles.values() for title in held)
        shared = {title for title, count in counts.items() if count >= limits.alike and 2 * count > len(titles)}
        found.append([number for number, held in titles.items() if len(held & shared) >= limits.alike_headings])
    return found


def _members(proses: Iterable[Prose], limits: OrganizationThresholds) -> list[Entry]:
    """Find the lists whose items are mostly "Name (SHORT)" and give their entries."""
    members: list[Entry] = []
    for prose in proses:
        run: list[Entry] = []
        for block in [*prose.blocks, None]:
            if block is not None and block.is_item:
                text = prose.text[block.start : block.end].removeprefix(BULLET).strip()
                run.append(_entry(LIST_TAIL.sub("", text)))
                continue
            shortened = sum(bool(entry.shorts) for entry in run)
            if len(run) >= limits.list_items and shortened >= limits.list_share * len(run):
                members += [entry for entry in run if entry.shorts or _is_proper_name(entry.name)]
            run = []
    return members


def _organization(
    entry: Entry, sections: Sequence[Section], members: Sequence[Entry], definitions: Mapping[str, list[str]]
) -> Organization:
    names = [entry.name, *entry.shorts]
    keys = {name_key(name) for name in names}
    for member in members:
        if keys & {name_key(name) for name in (member.name, *member.shorts)}:
            names += [member.name, *member.shorts]
    for name in list(names):
        names += definitions.get(name_key(name), [])
    acronym = _acronym(entry)
    aliases = [name for name in dict.fromkeys(names) if name not in (acronym, entry.name)]
    pages = [page for section in sections for page in section.pages]
    return Organization(acronym, entry.name, tuple(aliases), (min(pages), max(pages)) if pages else None)


def _entry(text: str) -> Entry:
    """Part "The Full Name (ACR – Other)" into its name and short names."""
    text = " ".join(text.split())
    match = NAME_AND_SHORT.match(text)
    if match and is_short_name(match["short"]):
        short = match["short"].strip()
        parts = [part for part in SEVERAL_SHORTS.split(short) if part]
        return Entry(bare_name(match["name"]), tuple(dict.fromkeys([short, *parts])))
    return Entry(bare_name(text), ())


def _heading_entry(text: str, definitions: Mapping[str, Sequence[str]]) -> Entry:
    """Part a heading as ``_entry`` does, without its numbering and what it tells of the organization.

    :param definitions: what the text says of a name by itself, see ``collect_definitions``.

    >>> _heading_entry("8. Mandate of the World Lamp Office (WLO)", {})
    Entry(name='World Lamp Office', shorts=('WLO',))
    >>> _heading_entry("WLO: World Lamp Office", {}) == _heading_entry("World Lamp Office – WLO", {})
    True
    """
    numbering = NUMBERING.match(text)
    if numbering and numbering[0][-1].isspace() and text[numbering.end() :]:
        text = text[numbering.end() :]
    entry = _entry(text)
    if entry.shorts:
        return _without_what_is_told(entry)
    return _both_sides(entry.name) or _as_defined(entry, definitions)


def _without_what_is_told(entry: Entry) -> Entry:
    told = TOLD_OF.match(entry.name)
    if not told or KINDS.search(told["what"]) or not KINDS.search(told["name"]):
        return entry
    # What spells the short name is the name: "Friends of" is a part of it, "Mandate of" is none.
    is_spelt = told["name"] in expansions(entry.shorts[0], told["name"])
    return entry._replace(name=told["name"]) if is_spelt else entry


def _both_sides(text: str) -> Entry | None:
    """Part "SHORT – Full Name" and "Full Name: SHORT", where one spells the other."""
    for match in BETWEEN_SIDES.finditer(text):
        sides = text[: match.start()], text[match.end() :]
        for short, name in (sides, sides[::-1]):
            if is_short_name(short) and bare_name(name) in expansions(short, bare_name(name)):
                return Entry(bare_name(name), (short,))
    return None


def _as_defined(entry: Entry, definitions: Mapping[str, Sequence[str]]) -> Entry:
    """Add what the text says that the name of an organization is short for, or is abbreviated to."""
    found = definitions.get(name_key(entry.name), ())
    if is_short_name(entry.name):
        return next((Entry(full, (entry.name,)) for full in found if KINDS.search(full)), entry)
    return entry._replace(shorts=tuple(found[:1])) if KINDS.search(entry.name) else entry


def _acronym(entry: Entry) -> str:
    return entry.shorts[0] if entry.shorts else entry.name


def _is_proper_name(text: str) -> bool:
    """Tell whether every longer word of a phrase is written with a capital."""
    words = [word for word in text.split() if len(word) > 3]
    return bool(words) and len(text.split()) > 1 and all(word[0].isupper() for word in words)


def _is_called_so(text: str) -> bool:
    """Tell whether a phrase reads as organizations are called.

    >>> [_is_called_so(text) for text in ("Northern Lamp Agency", "Council for Lamps", "Agency Reform", "the agency")]
    [True, True, False, False]
    """
    return _is_proper_name(text) and bool(CALLED_SO.search(text))
