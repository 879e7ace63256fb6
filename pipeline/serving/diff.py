"""A comparison of two editions → terminal text and Markdown. Pure functions; nothing is printed here."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby, zip_longest
from typing import Literal, NamedTuple

from pipeline.comparing.changes import EditionDiff, Excerpt, HeadingChange, NumberChange, Part, PartDiff, SentenceChange
from pipeline.serving.render import escape, line_ranges

INDENT = "   "
KINDS = ("changed", "added", "removed", "moved")
Mark = Literal["", "delete", "insert"]

# Colours a deletion or insertion, or makes a heading bold; or leaves it as it is where that does not show.
Style = Callable[[Literal["delete", "insert", "bold"], str], str]


class Segment(NamedTuple):
    """Words of a sentence as they are shown: ``mark`` is "delete", "insert", or "" for what both editions have."""

    mark: Mark
    text: str


class Topic(NamedTuple):
    """A line of the summary: what it is about, and its items."""

    title: str
    items: list[str]


def to_text(diff: EditionDiff, width: int, style: Style) -> str:
    """Give a comparison for people: a summary, then each change word by word, ``[-old-]`` and ``{+new+}``.

    :param width: columns to wrap at.
    """
    topics = list(summary(diff))
    margin = max((len(topic.title) for topic in topics), default=0)
    lines = [*_titled(title(diff), width, style), ""]
    for topic in topics:
        for position, item in enumerate(topic.items):
            head = f"{topic.title if position == 0 else '':{margin}}  "
            lines += _wrapped([Segment("", item)], width, style, head)
    for part in diff.parts:
        if not part.is_same and (part.changes or part.headings):
            lines += ["", *_titled(part_title(part), width, style)]
            lines += [line for heading in part.headings for line in _heading_lines(heading, width, style)]
            for where, changes in blocks(part):
                lines += _wrapped([Segment("", where)], width, style, INDENT)
                lines += [line for each in changes for line in _wrapped(list(segments(each)), width, style, INDENT * 2)]
    return "\n".join(lines)


def to_markdown(diff: EditionDiff) -> str:
    """Give a comparison as Markdown: deletions are struck through, insertions bold."""
    parts = [f"# {_escape(title(diff))}"]
    parts.append("\n".join(f"- {topic.title}: {_escape('; '.join(topic.items))}" for topic in summary(diff)))
    for part in diff.parts:
        if part.changes or part.headings:
            parts.append(f"## {_escape(part_title(part))}")
            items = [
                f"- {_escape(heading_place(heading))}: {_escape(heading_titles(heading))}" for heading in part.headings
            ]
            items += [f"- {_escape(where)}: {' '.join(map(_marked_up, changes))}" for where, changes in blocks(part)]
            parts.append("\n".join(items))
    return "\n\n".join(parts) + "\n"


def title(diff: EditionDiff) -> str:
    """Name the two editions."""
    return f"{diff.old.file} ({diff.old.label}) → {diff.new.file} ({diff.new.label})"


def summary(diff: EditionDiff) -> Iterator[Topic]:
    """Say in few lines who came and went, how much of each section changed, and which numbers did."""
    both = [part for part in diff.parts if part.old and part.new]
    changed = [part for part in both if part.changes or part.headings]
    topics = [
        Topic("Added", [_named(part.new) for part in diff.parts if part.old is None]),
        Topic("Gone", [_named(part.old) for part in diff.parts if part.new is None]),
        Topic("Renamed", [f"{_named(part.old)} → {_named(part.new)}" for part in both if part.renamed]),
        Topic("Moved", [_journey(part) for part in both if part.moved]),
        Topic("Members added", [f"{item.acronym} {item.name}" for item in diff.members_added]),
        Topic("Members gone", [f"{item.acronym} {item.name}" for item in diff.members_gone]),
        Topic("Changed", [f"{part.label}: {percent(part.share)} ({tally(part)})" for part in changed]),
        Topic("Numbers, dates", [f"{part.label}: {read_number(number)}" for part in both for number in part.numbers]),
        Topic("Unchanged", [", ".join(part.label for part in both if part.is_same)]),
    ]
    return (topic for topic in topics if any(topic.items))


def percent(share: float) -> str:
    """Give a share for people; what is not nothing is never shown as nothing.

    >>> percent(0.004), percent(0.071)
    ('<1 %', '7 %')
    """
    return "<1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"


def tally(part: PartDiff) -> str:
    """Count the changes of a part by kind."""
    counts: Counter[str] = Counter(change.kind for change in part.changes)
    found = [f"{counts[kind]} {kind}" for kind in KINDS if counts[kind]]
    headings = [f"{len(part.headings)} heading{'s' if len(part.headings) > 1 else ''}"] if part.headings else []
    return ", ".join(found + headings)


def read_number(change: NumberChange) -> str:
    """Read a changed number: ``22 countries, p. 18 → 59 countries, p. 18``."""
    return " → ".join(f"{figure.context}, {figure.citation.place}" for figure in change)


def part_title(part: PartDiff) -> str:
    """Name a section with its pages in both editions and what became of it."""
    if part.old is None or part.new is None:
        return f"{_named(part.new or part.old)} ({'added' if part.new else 'gone'})"
    return (f"{_named(part.old, place=False)} → " if part.renamed else "") + _journey(part)


def place(change: SentenceChange, part: PartDiff) -> str:
    """Say what became of a sentence and where: ``changed, p. 18 → p. 19``; another section is named."""
    own = {side.organization.acronym for side in (part.old, part.new) if side and side.organization}
    sides = [_excerpt_place(excerpt, own) for excerpt in (change.old, change.new) if excerpt]
    return f"{change.kind}, {' → '.join(sides)}"


def segments(change: SentenceChange) -> Iterator[Segment]:
    """Part a sentence into what both editions have, what the old one has alone, and what the new one has alone."""
    if change.kind == "moved" and change.new:
        yield Segment("", change.new.text)
    elif change.new is None and change.old:
        yield Segment("delete", change.old.text)
    elif change.old is None and change.new:
        yield Segment("insert", change.new.text)
    for step, following in zip_longest(change.words, change.words[1:]):
        op, old, new = step
        # The space between two words is that of the edition that has both.
        decides = following.op if op == "equal" and following else op
        sides = {"insert": [new], "delete": [old]}.get(decides, [old, new])
        spaced = " " if any(side[-1:].isspace() for side in sides) else ""
        if op == "equal":
            yield Segment("", new.rstrip() + spaced)
            continue
        if old.strip():
            yield Segment("delete", old.rstrip())
        if new.strip():
            yield Segment("insert", new.rstrip())
        yield Segment("", spaced)


def blocks(part: PartDiff) -> Iterator[tuple[str, list[SentenceChange]]]:
    """Give the changes of a section in order, those of the same kind and pages together under these."""
    for where, run in groupby(part.changes, key=lambda change: place(change, part)):
        yield where, list(run)


def _wrapped(shown: list[Segment], width: int, style: Style, head: str) -> Iterator[str]:
    """Wrap words under a head, and style what is marked in each line."""
    brackets = {"": ("", ""), "delete": ("[-", "-]"), "insert": ("{+", "+}")}
    text = ""
    marks: list[Mark] = []
    for mark, words in shown:
        piece = f"{brackets[mark][0]}{words}{brackets[mark][1]}"
        text += piece
        marks += [mark] * len(piece)
    for number, (start, end) in enumerate(line_ranges(text, 0, len(text), width - len(head))):
        line, at = head if number == 0 else " " * len(head), start
        while at < end:
            stop = next((n for n in range(at, end) if marks[n] != marks[at]), end)
            mark = marks[at]
            line += style(mark, text[at:stop]) if mark else text[at:stop]
            at = stop
        yield line


def _titled(text: str, width: int, style: Style) -> list[str]:
    return [style("bold", line) for line in textwrap.wrap(text, width)]


def _heading_lines(heading: HeadingChange, width: int, style: Style) -> Iterator[str]:
    yield from _wrapped([Segment("", heading_place(heading))], width, style, INDENT)
    yield from _wrapped([Segment("", heading_titles(heading))], width, style, INDENT * 2)


def heading_place(heading: HeadingChange) -> str:
    """Say what became of a heading and where: ``heading, p. 18 → p. 19``."""
    what = "heading" if heading.old and heading.new else f"heading {'added' if heading.new else 'gone'}"
    return f"{what}, {' → '.join(cited.place for cited in (heading.old_citation, heading.new_citation) if cited)}"


def heading_titles(heading: HeadingChange) -> str:
    """Give a heading as both editions spell it."""
    return " → ".join(f"“{path[-1]}”" for path in (heading.old, heading.new) if path)


def _marked_up(change: SentenceChange) -> str:
    signs = {"": "", "delete": "~~", "insert": "**"}
    return "".join(f"{signs[mark]}{_escape(text)}{signs[mark]}" for mark, text in segments(change) if text).strip()


def _escape(text: str) -> str:
    return escape(text.replace("\n", " ")).replace("~", r"\~")


def _named(part: Part | None, *, place: bool = True) -> str:
    """Name a section: acronym and name of its owner, or its heading."""
    if part is None:
        return ""
    owner = part.organization
    name = f"{owner.acronym} {owner.name}" if owner and owner.name != owner.acronym else part.label
    return f"{name}, {part.citation.place}" if place else name


def _journey(part: PartDiff) -> str:
    return f"{_named(part.new, place=False)}, {_place(part.old)} → {_place(part.new)}"


def _place(part: Part | None) -> str:
    return part.citation.place if part else ""


def _excerpt_place(excerpt: Excerpt, own: set[str]) -> str:
    citation = excerpt.citation
    other = citation.organization if citation.organization not in own else None
    parts = [other, citation.place, f"note {citation.note}" if citation.note else None]
    return ", ".join(part for part in parts if part)
