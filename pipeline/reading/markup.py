"""HTML → blocks: headings, paragraphs, list items and rows of tables, in reading order.

Every other format that flows is brought to HTML first, so this is the one place that knows what a paragraph is. What a
browser would not show as text (scripts, styles) is none; what leads through a site (``nav``) is told apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import NamedTuple

from pipeline.datatypes import Imprint
from pipeline.reading.layout import BULLET
from pipeline.reading.visible import visible

INVISIBLE = {"script", "style", "template", "noscript", "svg", "math", "head", "iframe", "object", "select", "textarea"}
NAVIGATION = "navigation"
HEADINGS = {f"h{level}": level for level in range(1, 7)}
# Elements that begin and end a block; what stands in others is part of the block around it.
BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "html", "legend", "li", "main", "nav",
    "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul", *HEADINGS,
}  # fmt: skip
CELLS = {"td", "th"}
CELL_END = " | "
VOID = {"br", "hr", "img", "input", "link", "meta", "wbr", "area", "base", "col", "embed", "source", "track", "param"}
SAFE_LINK = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
DATE = re.compile(r"(?:19|20)\d\d(?:-[01]\d(?:-[0-3]\d)?)?")


class Anchor(NamedTuple):
    """The characters of a block that carry a hyperlink."""

    start: int
    end: int
    url: str


class FlowBlock(NamedTuple):
    """A heading (``level`` 1 to 6) or a paragraph (0); ``left_out`` says why it is no part of the text, if so."""

    text: str
    level: int = 0
    is_item: bool = False
    links: tuple[Anchor, ...] = ()
    left_out: str = ""


class Flow(NamedTuple):
    """A paper without pages, and what it says of itself."""

    blocks: tuple[FlowBlock, ...]
    imprint: Imprint


def read_html(html: str) -> Flow:
    """Read a whole HTML page or a piece of one; tags that are not closed or not known do no harm."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    blocks = tuple(parser.finish())
    first = next((block.text for block in blocks if block.level == 1), "")
    meta = parser.meta
    date = DATE.match(_first(meta, ("dcterms.issued", "dcterms.date", "dc.date", "article:published_time", "date")))
    author = _first(meta, ("author", "dc.creator", "dcterms.creator"))
    publisher = _first(meta, ("dc.publisher", "dcterms.publisher", "publisher"))
    title = " ".join(parser.title.split()) or _first(meta, ("dc.title", "og:title")) or first
    return Flow(blocks, Imprint(title, "", date[0] if date else "", author, (publisher,) if publisher else ()))


def _first(meta: Mapping[str, str], names: Sequence[str]) -> str:
    return next((meta[name] for name in names if meta.get(name)), "")


class _Parser(HTMLParser):
    """Builds blocks as tags and text go by; ``convert_charrefs`` has made characters of all entities."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.meta: dict[str, str] = {}
        self._blocks: list[FlowBlock] = []
        self._open: list[str] = []
        self._text = ""
        self._links: list[Anchor] = []
        self._link: tuple[int, str] | None = None
        self._is_item = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "meta":
            name = (values.get("name") or values.get("property") or "").lower()
            self.meta.setdefault(name, " ".join(visible(values.get("content", "")).split()))
        if tag in BLOCKS:
            self._end_block()
            self._is_item = tag == "li" or (self._is_item and tag == "p")
        elif tag in CELLS:
            self._end_cell()
        elif tag == "br" and self._text:
            self._text = self._text.rstrip() + "\n"
        elif tag == "a" and SAFE_LINK.match(values.get("href", "").strip()):
            self._end_link()
            self._link = (len(self._text), visible(values["href"]).strip())
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._end_link()
        if tag in CELLS:
            self._end_cell()
        if tag in BLOCKS:
            self._end_block()
            self._is_item = False
        if tag in self._open:  # with all that were left open in it
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        data = visible(data)
        if "title" in self._open and "body" not in self._open and "svg" not in self._open:
            self.title += data
        elif not INVISIBLE.intersection(self._open):
            self._add(data)

    def finish(self) -> list[FlowBlock]:
        """Give the blocks once all is fed."""
        self._end_block()
        return self._blocks

    def _end_cell(self) -> None:
        """Part the cells of a row; those that are not closed end where the next one begins."""
        self._end_link()
        if self._text and not self._text.endswith(CELL_END):
            self._text = self._text.rstrip() + CELL_END

    def _end_link(self) -> None:
        if self._link and self._text[self._link[0] :].strip():
            self._links.append(Anchor(self._link[0], len(self._text), self._link[1]))
        self._link = None

    def _add(self, data: str) -> None:
        """Take text; white space that markup leaves is one space, or one line break where lines are kept."""
        kept = (
            re.sub(r"\s*\n\s*", "\n", re.sub(r"[^\S\n]+", " ", data))
            if "pre" in self._open
            else re.sub(r"\s+", " ", data)
        )
        self._text += kept.lstrip() if not self._text or self._text[-1].isspace() else kept

    def _end_block(self) -> None:
        self._end_link()
        text, links = self._text.rstrip().removesuffix(CELL_END.rstrip()).rstrip(), self._links
        self._text, self._links = "", []
        if not text:
            return
        level = next((HEADINGS[tag] for tag in reversed(self._open) if tag in HEADINGS), 0)
        is_item = self._is_item and not level
        bullet = f"{BULLET} " if is_item else ""
        self._blocks.append(
            FlowBlock(
                bullet + (text.replace("\n", " ") if level else text),
                level,
                is_item,
                tuple(Anchor(start + len(bullet), min(end, len(text)) + len(bullet), url) for start, end, url in links),
                NAVIGATION if "nav" in self._open else "",
            )
        )
