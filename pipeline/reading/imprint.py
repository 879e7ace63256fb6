"""What a paper says of itself on its first page: publishing body, title, symbol, date and author.

    United Nations                      A/79/949–S/2025/386      symbol, in the top quarter
    General Assembly     Distr.: General                         bodies in the largest type that names any
    Security Council     16 June 2025                            a date that stands alone
    Letter dated 16 June 2025 from the Permanent …               the rest of the largest type

Nothing is guessed: where the page does not say it, the PDF's metadata may, and else it stays empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline.datatypes import Imprint
from pipeline.datatypes.page import Line
from pipeline.reading.bodies import is_body
from pipeline.reading.visible import visible


@dataclass(frozen=True, slots=True)
class ImprintThresholds:
    """All numbers that decide what a first page says."""

    large: float = 1.15  # times the body's size: smaller type is text, and names no publisher and no title
    same: float = 0.04  # share of the size: within it two lines are of one type
    step: float = 1.7  # times the size: a line further below begins another block
    apart: float = 2.0  # times the size: white space that parts a line's types into what stands beside each other
    unlike: float = 1.3  # times the smaller size: types that stand beside each other whatever lies between
    masthead: float = 0.25  # of the page's height, from the top: where a symbol stands
    title_words: int = 2  # a single large word is a part's heading: "Summary"
    longest: int = 60  # words of a title
    name_words: int = 12  # of an author's line: a longer one is text


LIMITS = ImprintThresholds()
FIRST_PAGES = 3  # that are looked at: a cover, its back, the first page of text

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january janvier enero januar januari janeiro gennaio",
            "february février febrero februar februari fevereiro febbraio", "march mars marzo märz maart março",
            "april avril abril aprile",
            "may mai mayo mei maio maggio",
            "june juin junio juni junho giugno", "july juillet julio juli julho luglio", "august août agosto augustus",
            "september septembre septiembre setembro settembre", "october octobre octubre oktober outubro ottobre",
            "november novembre noviembre novembro", "december décembre diciembre dezember dezembro dicembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
MONTH = rf"(?P<month>{'|'.join(MONTHS)})"
DATES = [
    re.compile(
        rf"(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|\.)? (?:de )?)?{MONTH},? (?:de )?(?P<year>(?:19|20)\d\d)", re.I
    ),
    re.compile(rf"{MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>(?:19|20)\d\d)", re.I),
    re.compile(r"(?P<year>(?:19|20)\d\d)-(?P<month>[01]\d)(?:-(?P<day>[0-3]\d))?"),
]
# "A/79/729-S/2025/40", "S/RES/2781 (2025)", "COM(2021) 171 final".
SYMBOL = re.compile(
    r"(?<!\S)((?=\S*\d)[A-Z][A-Za-z0-9.-]{0,14}(?:/[A-Za-z0-9.()-]+){1,9}(?: \((?:19|20)\d\d\))?"
    r"|[A-Z]{2,6}\((?:19|20)\d\d\) ?\d+(?: final)?)$"
)
AUTHOR = re.compile(
    r"(?:(?:Prepared|Written|Submitted|Presented) by|Authors?:|Rapporteurs?:|\(Signed\)|\(Firmado\)|\(Signé\))\s+"
)
COPYRIGHT = re.compile(
    r"(?:©|\([cC]\)|Copyright|Published by)\s*(?:©|\([cC]\))?\s*(?:(?:19|20)\d\d[,–-]?\s*)*(?:by )?(?P<name>[^.,;]+)"
)
REPORT = re.compile(
    r"(?:\w+ )?(?:[Rr]eport|Rapport|Informe) (?:of|by|de|du|del|van) (?:the |la |het |de )?(?P<name>.+)"
)
# What all papers of the United Nations carry, and headings of sections on one organization: "Lamp Agency (LA)".
OTHERS = re.compile(r"united nations|nations unies|naciones unidas|.+ \([\w–/ -]{2,20}\)", re.IGNORECASE)
# Headings of parts, in the languages the papers are written in most.
PARTS = re.compile(
    r"(executive )?summary|introduction|(table of )?contents|foreword|preface|acknowledge?ments|annex|abbreviations"
    r"|résumé|sommaire|avant-propos|resumen|índice|prólogo|zusammenfassung|inhalt|vorwort|samenvatting|inhoud|voorwoord",
    re.IGNORECASE,
)
UNFINISHED = re.compile(r"(?:\b(?:of|for|and|the|on|in|to|de|des|du|la|et|y|und|für|van)|,)$", re.IGNORECASE)
JUNK_TITLE = re.compile(r"\.\w{2,4}$|^Microsoft|untitled|^\W*$|^[\w-]+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Segment:
    """A line, or what stands beside other types on it."""

    text: str
    size: float
    top: float


def find_imprint(
    pages: Sequence[Sequence[Line]],
    height: float,
    body: float,
    metadata: Mapping[str, str],
    limits: ImprintThresholds = LIMITS,
) -> Imprint:
    """Read what a paper says of itself.

    :param pages: the lines of its first pages.
    :param height: of the first page, in points.
    :param body: size of the running text.
    :param metadata: what the PDF says: "Title" and "Author".
    """
    segments = [segment for line in (pages[0] if pages else ()) for segment in _segments(line, limits)]
    symbol = next(
        (
            (match[1], segment.top)
            for segment in segments
            if segment.top < limits.masthead * height and (match := SYMBOL.search(segment.text))
        ),
        None,
    )
    band = [segment for segment in segments if symbol is None or abs(segment.top - symbol[1]) > segment.size]
    large = [item for item in band if item.size >= limits.large * body and not OTHERS.fullmatch(item.text)]
    blocks = _blocks(large, limits)
    publishers = _publishers(blocks) or _reporting(blocks) or _copyright(pages)
    text = " ".join(line.text for page in pages[:2] for line in page)
    return Imprint(
        title=_title(blocks, limits) or _metadata_title(metadata),
        symbol=symbol[0] if symbol else "",
        date=next(filter(None, (_date(segment.text) for segment in segments)), ""),
        author=_author(pages, limits) or _metadata_author(metadata, text),
        publishers=tuple(dict.fromkeys(publishers)),
    )


def _segments(line: Line, limits: ImprintThresholds) -> list[Segment]:
    """Part a line where its type changes, if wide white space says that it is no one line."""
    sizes = [span.size for span in line.spans if span.text.strip()] or [line.size]
    if line.gap < limits.apart * line.size and max(sizes) < limits.unlike * min(sizes):
        return [Segment(" ".join(line.text.split()), line.size, line.box.top)]
    parts: list[tuple[str, float]] = []
    for size, spans in groupby(line.spans, lambda span: round(span.size)):
        text = "".join(span.text for span in spans)
        if parts and not parts[-1][0][-1:].isspace() and not text[:1].isspace():  # a large first letter
            letters, other = parts.pop()
            parts.append((letters + text, float(size) if len(text) > len(letters) else other))
        else:
            parts.append((text, float(size)))
    return [Segment(" ".join(text.split()), size, line.box.top) for text, size in parts if text.strip()]


def _blocks(segments: Iterable[Segment], limits: ImprintThresholds) -> list[list[Segment]]:
    """Put lines of one type below each other together, the largest type first."""
    blocks: list[list[Segment]] = []
    for segment in sorted(segments, key=lambda item: (-round(item.size), item.top)):
        above = blocks[-1][-1] if blocks else None
        alike = above is not None and abs(above.size - segment.size) <= limits.same * segment.size
        if above is not None and alike and 0 < segment.top - above.top <= limits.step * segment.size:
            blocks[-1].append(segment)
        else:
            blocks.append([segment])
    return blocks


def _publishers(blocks: list[list[Segment]]) -> list[str]:
    """Take the names of bodies in the largest type that has any out of the blocks, and give them."""
    found: list[str] = []
    size = 0.0
    for block in list(blocks):
        names = _names(block)
        if names and (not found or block[0].size == size):
            found, size = found + names, block[0].size
            blocks.remove(block)
    return found


def _names(block: Sequence[Segment]) -> list[str]:
    """Read a block as names of bodies, over one line or several; none if there is anything else in it."""
    names: list[str] = []
    name = ""
    for segment in block:
        if name and is_body(name) and not UNFINISHED.search(name) and is_body(segment.text):
            names.append(name)
            name = ""
        name = f"{name} {segment.text}".strip()
    names.append(name)
    return names if all(is_body(name) and not UNFINISHED.search(name) for name in names) else []


def _reporting(blocks: Sequence[Sequence[Segment]]) -> list[str]:
    """Find the body of which a line in large type says that this is its report."""
    for block in blocks:
        match = REPORT.fullmatch(" ".join(segment.text for segment in block))
        if match and is_body(match["name"]):
            return [match["name"]]
    return []


def _title(blocks: Sequence[Sequence[Segment]], limits: ImprintThresholds) -> str:
    """Give the first text in the largest type."""
    texts = [" ".join(segment.text for segment in block) for block in blocks]
    fit = [
        text
        for text in texts
        if limits.title_words <= len(text.split()) <= limits.longest and not PARTS.fullmatch(text) and not _date(text)
    ]
    return fit[0].rstrip("*†‡ ") if fit else ""


def _date(text: str) -> str:
    """Give a text that is a date and nothing else in ISO 8601."""
    for pattern in DATES:
        if match := pattern.fullmatch(text.strip(" .,")):
            month = match["month"].casefold()
            parts = [match["year"], f"{MONTHS.get(month) or int(month):02}"]
            return "-".join([*parts, f"{int(match['day']):02}"] if match["day"] else parts)
    return ""


def _author(pages: Sequence[Sequence[Line]], limits: ImprintThresholds) -> str:
    """Find a line that says who wrote or signed the paper, on its first two pages."""
    for line in (line for page in pages[:2] for line in page):
        match = AUTHOR.match(line.text)
        if match and len(line.text.split()) <= limits.name_words:
            return line.text[match.end() :].strip()
    return ""


def _copyright(pages: Sequence[Sequence[Line]]) -> list[str]:
    """Find who holds the copyright or says to publish, if that is a body."""
    for line in (line for page in pages for line in page):
        match = COPYRIGHT.search(line.text)
        if match and is_body(match["name"].strip()):
            return [match["name"].strip()]
    return []


def _metadata_title(metadata: Mapping[str, str]) -> str:
    title = " ".join(visible(metadata.get("Title", "")).split())
    return "" if JUNK_TITLE.search(title) else title


def _metadata_author(metadata: Mapping[str, str], text: str) -> str:
    """Take the PDF's author if he is on the first pages, or a body: else it is whoever typed the paper."""
    author = " ".join(visible(metadata.get("Author", "")).split())
    return author if author and (author.casefold() in text.casefold() or is_body(author)) else ""
