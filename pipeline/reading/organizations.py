"""Who owns a section, and under which names the paper knows it. All names come from the paper itself.

Three places tell: headings ("Full Name (ACR)"), a list of members in a section that nobody owns, and definitions in
the text. Sections with the same sub-headings are profiles: if some are of organizations, so are the others.

Definitions are found with the algorithm of Schwartz and Hearst, "A simple algorithm for identifying abbreviation
definitions in biomedical text", PSB 2003.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from pipeline.datatypes import Organization
from pipeline.datatypes.page import Section
from pipeline.reading.layout import BULLET
from pipeline.reading.names import bare_name, name_key
from pipeline.reading.titles import NUMBERING, bare_key
from pipeline.reading.unwrap import Prose


@dataclass(frozen=True, slots=True)
class OrganizationThresholds:
    """All numbers that decide what names an organization."""

    list_items: int = 3  # a shorter list may mention some organizations, but does not list members
    list_share: float = 0.6  # share of its items that must read "Name (SHORT)"; members without one are few
    pattern_share: float = 0.5  # share of "Name (SHORT)" headings known as organizations that makes the rest ones too
    own_mentions: int = 2  # times a section must write the name in its heading for a heading without a short name
    short_words: int = 4  # a short name with more words is an explanation in brackets
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
NAME_AND_SHORT = re.compile(r"^(?P<name>.+?)\s*\((?P<short>[^()]{2,40})\)$", re.DOTALL)
IN_BRACKETS = re.compile(r"\(([^()]{2,25})\)")
CAPITALISED_BEFORE = re.compile(r"(?<![^\s])(?!(?:The|A|An|In|At|On|By|For|As|And)\s)[A-Z][\w-]*\s+$")
LIST_TAIL = re.compile(r"[\s;,.]+((and|et|y|und|en)\s*)?[;,.]*\s*$")
TOLD_OF = re.compile(r"(?P<what>.+?)\s+of\s+(the\s+)?(?P<name>[^\W\d_].+)", re.IGNORECASE)  # Mandate of the …
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
    level, owners = _owning_sections(sections, proses, limits)
    definitions = _definitions(prose.text for prose in proses)
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


def find_definitions(text: str) -> list[tuple[str, str]]:
    """Find "Full Name (ACR)" in running text.

    :return: (short, full name) pairs; two for one place where a shorter name spells the acronym as well.

    >>> find_definitions("It is led by the World Health Organization (WHO) with others.")
    [('WHO', 'World Health Organization')]
    """
    found = []
    for match in IN_BRACKETS.finditer(text):
        short = match[1].strip()
        if _is_short_name(short):
            found += [(short, full) for full in _expansions(short, text[: match.start()])]
    return found


def _expansions(short: str, before: str) -> list[str]:
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


def _owning_sections(
    sections: Sequence[Section], proses: Sequence[Prose], limits: OrganizationThresholds
) -> tuple[int, dict[int, Entry]]:
    """Find the highest level at which headings name organizations, and those headings by section number."""
    members = _members(proses, limits)
    for level in sorted({section.level for section in sections if section.heading}):
        found = _organization_headings(sections, level, proses, members, limits)
        if len(found) > (0 if level == 1 else 1):
            return level, found
    return 1, {}


def _organization_headings(
    sections: Sequence[Section],
    level: int,
    proses: Sequence[Prose],
    members: Sequence[Entry],
    limits: OrganizationThresholds,
) -> dict[int, Entry]:
    listed = {name_key(name) for member in members for name in (member.name, *member.shorts)}
    entries = {s.number: _heading_entry(s.path[-1]) for s in sections if s.level == level and s.heading}
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
    for profiles in _profiles(sections, level, limits):
        if sum(number in certain for number in profiles) >= limits.alike_certain:
            certain |= {number: entries[number] for number in profiles}
    return dict(sorted(certain.items()))


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


def _definitions(texts: Iterable[str]) -> Mapping[str, list[str]]:
    """Collect what each short name stands for: full names and their short names' spelling, by key."""
    found: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        for short, full in find_definitions(text):
            name = bare_name(full)
            found[name_key(short)].append(name)
            found[name_key(name)].append(short)
    return found


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
    if match and _is_short_name(match["short"]):
        short = match["short"].strip()
        parts = [part for part in SEVERAL_SHORTS.split(short) if part]
        return Entry(bare_name(match["name"]), tuple(dict.fromkeys([short, *parts])))
    return Entry(bare_name(text), ())


def _heading_entry(text: str) -> Entry:
    """Part a heading as ``_entry`` does, without its numbering and what it tells of the organization.

    >>> _heading_entry("8. Mandate of the World Lamp Office (WLO)"), _heading_entry("Friends of the Lamp Office (FLO)")
    (Entry(name='World Lamp Office', shorts=('WLO',)), Entry(name='Friends of the Lamp Office', shorts=('FLO',)))
    """
    numbering = NUMBERING.match(text)
    if numbering and numbering[0][-1].isspace() and text[numbering.end() :]:
        text = text[numbering.end() :]
    entry = _entry(text)
    told = TOLD_OF.match(entry.name)
    if not (told and entry.shorts) or KINDS.search(told["what"]) or not KINDS.search(told["name"]):
        return entry
    # What spells the short name is the name: "Friends of" is a part of it, "Mandate of" is none.
    if told["name"] in _expansions(entry.shorts[0], told["name"]):
        return entry._replace(name=told["name"])
    return entry


def _acronym(entry: Entry) -> str:
    return entry.shorts[0] if entry.shorts else entry.name


def _is_short_name(text: str, limits: OrganizationThresholds = THRESHOLDS) -> bool:
    """Tell an acronym or short name from a remark in brackets: few words, all with a capital, one with two.

    >>> [_is_short_name(text) for text in ("CoE", "UN Women", "2017", "see below", "PDF, 2 MB")]
    [True, True, False, False, False]
    """
    words = [word for word in re.split(r"[\s–—/]+", text.strip()) if word not in ("", "-")]
    if not 0 < len(words) <= limits.short_words or any(char.isdigit() for char in text[:1]):
        return False
    capitals = [sum(char.isupper() for char in word) for word in words]
    return all(capitals) and max(capitals) >= 2 and text[0].isalnum()


def _is_proper_name(text: str) -> bool:
    """Tell whether every longer word of a phrase is written with a capital."""
    words = [word for word in text.split() if len(word) > 3]
    return bool(words) and len(text.split()) > 1 and all(word[0].isupper() for word in words)
