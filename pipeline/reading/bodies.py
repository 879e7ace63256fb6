"""Which of the names that papers abbreviate are those of organizations: "World Bank Group (WBG)", but no "SDGs".

A name is a body's if its head noun is what bodies are called ("Office of … for Refugees", "Children's Fund"). Some
nouns name plans as often as bodies ("Programme", "Initiative"), and some bodies are called like nothing of the kind
("Médecins Sans Frontières"): there the papers must also show somebody, who acts as only somebody can ("MSF trained")
or stands in a row with organizations ("UNHCR, UNEP and the ILO").
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.datatypes import Organization
from pipeline.reading.names import Definition, bare_name, definition_key, name_key

SIGNS = 2  # times that a name which may also be a plan's must act, or stand beside an organization
LONG_WORD = 3  # letters; longer words of a name have a capital
ALIKE = 0.5  # of the words of two names: else a short name stands for two things, and the rarer one is left

# Heads of names, in the languages policy papers are written in most.
HEADS = re.compile(
    r"(academ(y|ia)|administration|agenc(y|ies)|alliance|assembly|association|authority|bank|board|bureau|cent(re|er)"
    r"|chamber|coalition|college|conference|commission(er)?|(sub)?committee|commonwealth|community|confederation|consortium|corporation|council|court"
    r"|delegation|department|directorate|division|entity|facilitator|federation|force|foundation|fund|government|group"
    r"|inspectorate|institut(e|ion)|league|ministry|mission|movement|network|office|ombuds(man|person)|organi[sz]ation"
    r"|panel|parliament|police|prosecutor|rapporteur|representative|school|secretariat|society"
    r"|task ?force|team"
    r"|tribunal|union|unit|university|watch|coordinator|envoy|forum|service"
    r"|\w*(amt|ministerium|verband|gesellschaft|behörde|kommission|anstalt|bund|stiftung|verein|zentrum)"
    r"|\w*(raad|ministerie|dienst|commissie|stichting|vereniging|kantoor|politie|bestuur))",
    re.IGNORECASE,
)
# Nouns that begin a name in Romance languages, where its adjectives follow: "Organisation internationale pour …".
FIRST_HEADS = re.compile(
    r"(agence|alliance|assemblée|association|banque|bureau|centre|comité|commission|conseil|cour|fédération|fondation"
    r"|fonds|groupe|haut-commissariat|institut|ligue|ministère|mission|mouvement|office|organisation|secrétariat|tribunal"
    r"|union|université"
    r"|agencia|asamblea|asociación|banco|centro|comisión|comité|consejo|corte|federación|fondo|fundación|grupo|instituto"
    r"|ministerio|misión|oficina|organización|secretaría|unión|universidad"
    r"|agência|assembleia|associação|banco|comissão|comitê|conselho|federação|fundação|fundo|ministério|organização"
    r"|secretaria|união|agenzia|associazione|banca|commissione|comitato|consiglio|fondazione|istituto|ministero"
    r"|organizzazione|unione)",
    re.IGNORECASE,
)
# Those of them that English has too, where they begin other names: "Union Road", "Commission Regulation".
SHARED_HEADS = {"alliance", "association", "bureau", "commission", "mission", "office", "tribunal", "union"}
UNSURE_HEADS = re.compile(
    r"(campaign|cluster|collective|facility|fonds|hub|initiative|mechanism|partnership|platform|program(me)?"
    r"|programa)",
    re.IGNORECASE,
)
# What ends the part of a name that its head is the last word of.
AFTER_HEAD = re.compile(
    r"\s+(?:of|for|on|in|to|at|against|with|from|under|by|and its"
    r"|de|des|du|pour|contre|sur|aux?|del|para|contra|sobre|da|do|dos|di|della|per|für|gegen|der|van|voor|tegen)\s|\s+d['’]"
)
SMALL_WORDS = ("against", "and", "from", "with", "para", "pour", "contre", "contra", "sobre")
ADJECTIVE_AFTER = re.compile(r"^\S+\s+[a-zà-ÿ]")
VERBS = (
    "advise|advocate|assist|collaborate|conduct|convene|cooperate|coordinate|deliver|deploy|facilitate|finance|fund"
    "|help|host|implement|investigate|launch|monitor|organize|organise|partner|publish|recommend|report|respond|support"
    "|train|urge|work"
)
ACTING = re.compile(
    r"(?<![\w/-])(?P<short>[A-Z][\w&.-]{1,14})(?:"
    r"['’]s (?:staff|personnel|members|partners|experts|mandate|headquarters)\b"
    rf"|(?: (?:also|jointly|further))* (?:{VERBS})(?:d|ed|s)\b"
    rf"|(?: (?:also|jointly|further))* (?:has|have|had|will|can|should|must|continues to|continued to)"
    rf"(?: (?:also|been))* (?:{VERBS})(?:d|ed|ing)?\b)"
)
# Two short names beside each other in a row: "UNDP, UNEP", "(UNDP) and the United Nations Environment Programme (UNEP".
IN_ROW = re.compile(
    r"(?<![\w/-])([A-Z][\w&.-]{1,14})\)?(?:, (?:and )?| and |/)(?:the )?(?:[A-Z][^(),;]{5,90}\()?"
    r"(?=([A-Z][\w&-]{1,14})\b)"
)
IN_BRACKETS = re.compile(r"\(([A-Z][^()\s/\d]{1,14})\)")
# The words before a bracket that may be a name: with capitals, joined by small ones.
PHRASE = re.compile(
    r"(?:[A-ZÀ-Þ][\w’'.,/-]*\s+(?:(?:of|for|on|in|the|and|to|against|with|de|des|du|la|et|y|und|für)\s+){0,3})+$"
)
POSSESSIVE = re.compile(r"['’]s?$")


@dataclass(slots=True)
class Evidence:
    """What the texts of a corpus show of short names: what they stand for, that they act, beside whom they stand."""

    definitions: Counter[Definition] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    rows: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, text: str, definitions: Iterable[tuple[str, str]]) -> None:
        """Take the next text, and the names that it abbreviates."""
        found = dict(definitions) | dict(_phrases(text))
        self.definitions.update(Definition(short, POSSESSIVE.sub("", bare_name(full))) for short, full in found.items())
        self.acts.update(find_actors(text))
        for match in IN_ROW.finditer(text):
            self.rows.update([(match[1], match[2]), (match[2], match[1])])


def find_actors(text: str) -> list[str]:
    """List the short names that act in a text, each as often as it does.

    >>> find_actors("In 2024 IOM trained guards, and IOM's staff grew. The SDGs are not met.")
    ['IOM', 'IOM']
    """
    return [match["short"] for match in ACTING.finditer(text)]


def find_bodies(evidence: Evidence) -> list[Organization]:
    """Tell which definitions are of organizations: one for each name, in the order of their short names."""
    definitions = [item._replace(times=times) for item, times in evidence.definitions.items()]
    sure: list[Definition] = []
    signs = evidence.acts
    # Who stands in a row with an organization is one, and so is who stands in a row with that one.
    while len(found := [item for item in definitions if is_body(item.full, item.short, signs[item.short])]) > len(sure):
        sure, shorts = found, {item.short for item in found}
        signs = Counter(evidence.acts)
        for (short, other), times in evidence.rows.items():
            signs[short] += times if other in shorts else 0
    by_short: dict[str, list[Definition]] = defaultdict(list)
    for definition in sure:
        by_short[definition_key(definition.short)].append(definition)
    by_name: dict[str, Organization] = {}
    for body in map(_body, by_short.values()):
        # A second short name of a body that is known: "UN Women" and "UN-Women".
        first = by_name.setdefault(name_key(body.name), body)
        names = dict.fromkeys((*first.aliases, body.acronym, *body.aliases))
        aliases = tuple(name for name in names if name not in (first.acronym, first.name))
        by_name[name_key(body.name)] = Organization(first.acronym, first.name, aliases)
    return sorted(by_name.values(), key=lambda body: body.acronym)


def is_body(name: str, short: str = "", signs: int = 0) -> bool:
    """Tell whether a name is an organization's.

    :param signs: how often its short name acts or stands beside an organization.

    >>> [is_body(name) for name in ("World Food Council", "Council Regulation", "Fonds monétaire international")]
    [True, False, True]
    >>> is_body("Médecins Sans Frontières", "MSF", signs=2), is_body("Sustainable Development Goals")
    (True, False)
    """
    part = AFTER_HEAD.split(name, maxsplit=1)[0]
    words = part.split()
    if not words or len(name.split()) < 2 or ". " in name:
        return False
    if FIRST_HEADS.fullmatch(words[0]) and (
        len(words) == 1 or words[0].casefold() not in SHARED_HEADS or ADJECTIVE_AFTER.match(part)
    ):
        return True
    if not _is_capitalized(name):
        return False
    unsure = bool(UNSURE_HEADS.fullmatch(words[-1])) or _initials(name, short)
    return bool(HEADS.fullmatch(words[-1].rpartition("-")[2])) or (unsure and signs >= SIGNS)


def _phrases(text: str) -> Iterable[tuple[str, str]]:
    """Give short names and what the words before them spell, or what is a body's name.

    That is for letters that are not in order, as in "United Nations Population Fund (UNFPA)", and for those that begin
    two words, as in "Investigation and Identification Team (IIT)".
    """
    for match in IN_BRACKETS.finditer(text):
        phrase = PHRASE.search(text[max(match.start() - 150, 0) : match.start()])
        if not phrase or not any(char.isupper() for char in match[1][1:]):
            continue
        starts = [start.start() for start in re.finditer(r"(?<!\S)[A-ZÀ-Þ]", phrase[0])]
        names = [POSSESSIVE.sub("", phrase[0][start:].strip()) for start in reversed(starts)]
        spelled = [name for name in names if _capitals(name) == match[1].casefold()]
        whole = names[-1]
        if spelled:
            yield match[1], spelled[0]
        elif is_body(whole) and whole[0] == match[1][0] and len(whole) > 2 * len(match[1]):
            yield match[1], whole


def _capitals(name: str) -> str:
    return "".join(word[0] for word in re.findall(r"\w+", name) if word[0].isupper()).casefold()


def _body(definitions: list[Definition]) -> Organization:
    """Make one organization of what a short name stands for: the name given most often, the longest of those."""
    best = max(definitions, key=lambda item: (item.times, not item.full.isupper(), len(item.full), item.full))
    words = _words(best.full)
    alike = [
        item
        for item in definitions
        if len(words & _words(item.full)) >= ALIKE * min(len(words), len(_words(item.full)))
    ]
    names = sorted(alike, key=lambda item: (-item.times, item.full))
    # What stood before the name in its sentence may have been taken for its beginning.
    fulls = [item.full for item in names if not item.full.endswith(f" {best.full}")]
    aliases = dict.fromkeys([*fulls, *(item.short for item in names)])
    return Organization(best.short, best.full, tuple(name for name in aliases if name not in (best.short, best.full)))


def _words(name: str) -> set[str]:
    return {word for word in re.findall(r"\w+", name.casefold()) if len(word) > LONG_WORD}


def _is_capitalized(name: str) -> bool:
    words = [word for word in re.findall(r"(?<![\w-])[^\W\d_]+", name) if len(word) > LONG_WORD]
    return bool(words) and all(word[0].isupper() for word in words if word not in SMALL_WORDS)


def _initials(name: str, short: str) -> bool:
    """Tell whether the letters of a short name are initials of the words of the name, in order."""
    initials = iter(word[0].casefold() for word in re.findall(r"[^\W\d_]+", name))
    letters = [char.casefold() for char in short if char.isalpha()]
    return bool(letters) and all(letter in initials for letter in letters)
