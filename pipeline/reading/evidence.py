"""What a paper says itself about its headings: bookmarks, tags, a contents list; and which lines they name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from types import MappingProxyType
from typing import NamedTuple

from pipeline.datatypes.page import Line, RawPage
from pipeline.reading.contents import Contents
from pipeline.reading.titles import CAPTION, bare_key, title_key

MOST_LINES = 6  # of a heading; a title in large type on a narrow page took 5
CUT = ("...", "…")  # how programs end a bookmark whose title is too long for them
FEWEST = 3  # bookmarks that make an outline; one or two name the file and its cover
SPREAD = 12.0  # pages for each bookmark, at most: an outline with fewer names the parts and not their sections
ALIKE = 0.85  # share of the characters; bookmarks keep a typing error that was mended on the page
ALIKE_START = 4  # letters and digits that must be the same at least
NAMED = 0.5  # share of the bookmarks that must be lines of their pages, or the outline is that of another paper


class Mention(NamedTuple):
    """A heading that the paper names: its title and page, and its level where that is told, 1 the top."""

    title: str
    page: int
    level: int | None = None


class Named(NamedTuple):
    """Lines ``start`` to ``end`` (exclusive) that a mention names as a heading."""

    start: int
    end: int
    level: int | None


class Evidence(NamedTuple):
    """The headings that a paper names; if they are ``complete``, there are no others.

    ``feet`` tells where the text of a page ends, in points from its top, if footnotes follow.
    """

    named: tuple[Named, ...] = ()
    complete: bool = False
    feet: Mapping[int, float] = MappingProxyType({})


NONE = Evidence()


def gather(
    pages: Sequence[RawPage], labels: Sequence[Sequence[str]], contents: Contents, lines: Sequence[Line]
) -> Evidence:
    """Weigh bookmarks, then tags, then contents lists, and find the lines they name.

    :param labels: those of the printed pages on each page.
    :param lines: every text line of the document in reading order, contents lists taken off.
    """
    by_page: dict[int, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        by_page[line.page].append(index)
    marks = sorted((mark.number, page.number, mark) for page in pages for mark in page.bookmarks)
    outline = [Mention(mark.title, page, mark.level) for _, page, mark in marks]
    found = _locate(outline, lines, by_page) if _is_outline(outline, len(pages)) else {}
    if found and len(found) >= NAMED * len(outline):
        return Evidence(tuple(found.values()), complete=len(pages) <= SPREAD * len(found))
    tagged = {named.start: named for named in _tagged(pages, lines, by_page)}
    listed = _locate(list(_listed(labels, contents)), lines, by_page)
    merged = {**listed, **tagged}
    plain = [merged[start] for start in sorted(merged) if not CAPTION.match(lines[start].text)]
    return Evidence(tuple(plain))


def without_bookmarked(contents: Contents, pages: Sequence[RawPage], lines: Sequence[Line]) -> Contents:
    """Take the titles of contents lists that a bookmark names ("Contents") for headings, not for lines of the list."""
    named = {(page.number, title_key(mark.title)) for page in pages for mark in page.bookmarks}
    kept = {index for index in contents.titles if (lines[index].page, title_key(lines[index].text)) in named}
    return contents._replace(lines=contents.lines - kept, titles=contents.titles - kept)


def _is_outline(outline: Sequence[Mention], pages: int) -> bool:
    """Tell an outline from a file name, and from entries that all lead to the first page."""
    places = {mention.page for mention in outline}
    return len(outline) >= FEWEST and (pages == 1 or len(places) > 1)


def _locate(mentions: Sequence[Mention], lines: Sequence[Line], by_page: Mapping[int, list[int]]) -> dict[int, Named]:
    """Find the lines that mentions name, in reading order; those that name none are left out."""
    found: dict[int, Named] = {}
    taken: set[int] = set()
    for mention in mentions:
        for start, end in _places(mention, lines, by_page.get(mention.page, [])):
            if not taken & set(range(start, end)):
                found[start] = Named(start, end, mention.level)
                taken.update(range(start, end))
                break
    return {start: found[start] for start in sorted(found)}


def _places(mention: Mention, lines: Sequence[Line], indices: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the runs of lines of a page that say what a mention does, the most alike first."""
    whole, bare = title_key(mention.title.rstrip("….")), bare_key(mention.title)
    cut = mention.title.endswith(CUT)
    likely: list[tuple[float, int, int]] = []
    for position, start in enumerate(indices):
        text = marked = ""
        for end in range(start + 1, start + 1 + min(MOST_LINES, len(indices) - position)):
            text += " " + _words(lines[end - 1])
            marked += " " + lines[end - 1].text
            key = title_key(text)
            if whole in (key, title_key(marked)) or (cut and key.startswith(whole)):
                yield start, end
            elif bare and bare_key(text.lstrip()) in (bare, whole):
                likely.append((1.0, start, end))
            elif key[:ALIKE_START] == whole[:ALIKE_START] and len(key) >= ALIKE * len(whole):
                likely.append((SequenceMatcher(None, key, whole, autojunk=False).ratio(), start, end))
            if len(key) > len(whole) / ALIKE:
                break
    yield from ((start, end) for ratio, start, end in sorted(likely, reverse=True) if ratio >= ALIKE)


def _words(line: Line) -> str:
    return "".join(span.text for span in line.spans if span.note is None and not span.raised)


def _tagged(pages: Sequence[RawPage], lines: Sequence[Line], by_page: Mapping[int, list[int]]) -> Iterator[Named]:
    for page in pages:
        for tag in page.tags:
            inside = [
                index
                for index in by_page.get(page.number, [])
                if tag.box.top - 1 <= (lines[index].box.top + lines[index].box.bottom) / 2 <= tag.box.bottom + 1
                and lines[index].box.x0 >= tag.box.x0 - lines[index].size
                and lines[index].box.x1 <= tag.box.x1 + lines[index].size
            ]
            if inside and len(inside) <= MOST_LINES and inside[-1] - inside[0] == len(inside) - 1:
                yield Named(inside[0], inside[-1] + 1, tag.level)


def _listed(labels: Sequence[Sequence[str]], contents: Contents) -> Iterator[Mention]:
    """Give the entries of contents lists with the pages whose labels they print."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, own in enumerate(labels, start=1):
        for label in own:
            numbers[label].append(number)
    for entry in contents.entries:
        for page in numbers.get(entry.label, []):
            yield Mention(entry.title, page, entry.level)
