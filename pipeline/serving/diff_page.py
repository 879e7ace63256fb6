"""A comparison of two editions → one HTML file that needs no other: no script, no request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from pipeline.comparing.changes import EditionDiff, PartDiff, SentenceChange
from pipeline.serving.diff import (
    blocks,
    heading_place,
    heading_titles,
    part_title,
    percent,
    segments,
    summary,
    title,
)

# Deletions are struck through and insertions underlined: colour alone would be lost on paper and to the colour-blind.
STYLE = """
:root { color-scheme: light dark; --ink: #1c2733; --ground: #fff; --soft: #5c6b78; --line: #d3dae0;
  --del: #8c1d18; --del-ground: #fdecea; --ins: #0b5c2b; --ins-ground: #e6f4ea;
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, Arial, sans-serif; color: var(--ink); background: var(--ground); }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e8ec; --ground: #14191e; --soft: #9aa8b4; --line: #37424c;
  --del: #ffb4ab; --del-ground: #4a1d1a; --ins: #8fe0a8; --ins-ground: #143d22; } }
body { margin: 1.5rem auto; padding: 0 1rem; max-width: 60rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; line-height: 1.25; }
h2 { font-size: 1.1rem; margin: 2rem 0 .3rem; border-bottom: 1px solid var(--line); }
h2 small { font-weight: normal; color: var(--soft); white-space: nowrap; }
dl, .change { display: grid; grid-template-columns: 11rem 1fr; gap: .2rem 1rem; }
dt, .place { color: var(--soft); font-size: .9rem; }
dd, p { margin: 0; }
dd { grid-column: 2; }
a { color: inherit; }
del + ins { margin-left: .2em; }
.change { padding: .4rem 0; }
del { color: var(--del); background: var(--del-ground); text-decoration: line-through; }
ins { color: var(--ins); background: var(--ins-ground); text-decoration: underline; }
@media (max-width: 40rem) { body { margin: .5rem auto; } dl, .change { grid-template-columns: 1fr; gap: 0; }
  dd { grid-column: 1; } dt { margin-top: .6rem; } }
@media print { :root { font-size: 10pt; --ink: #000; --ground: #fff; --soft: #444; --line: #888;
  --del: #700; --del-ground: #fff; --ins: #040; --ins-ground: #fff; }
  body { margin: 0; max-width: none; } h2 { break-after: avoid; } .change { break-inside: avoid; } }
"""


def to_html(diff: EditionDiff) -> str:
    """Give a comparison as a web page: a summary, then each section's changes, with the pages at their side."""
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title(diff))}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>",
        f"<h1>{escape(title(diff))}</h1>",
        *body(diff),
        "</main>\n</body>\n</html>\n",
    ]
    return "\n".join(parts)


def body(diff: EditionDiff) -> Iterator[str]:
    """Give a comparison as HTML to stand under a heading: a summary, then each section's changes."""
    yield from _summary_rows(diff)
    for number, part in enumerate(diff.parts):
        yield from _section(part, number)


def _summary_rows(diff: EditionDiff) -> Iterator[str]:
    links = {part.label: f"#section-{number}" for number, part in enumerate(diff.parts) if _is_shown(part)}
    yield "<dl>"
    for topic in summary(diff):
        yield f"<dt>{escape(topic.title)}</dt>"
        for item in topic.items:
            label, colon, rest = item.partition(": ")
            linked = f'<a href="{links[label]}">{escape(label)}</a>' if colon and label in links else escape(label)
            yield f'<dd dir="auto">{linked}{colon}{escape(rest)}</dd>'
    yield "</dl>"


def _section(part: PartDiff, number: int) -> Iterator[str]:
    if _is_shown(part):
        share = f"{percent(part.share)} changed" if part.old and part.new else ""
        yield f'<section id="section-{number}">\n<h2 dir="auto">{escape(part_title(part))} <small>{share}</small></h2>'
        for heading in part.headings:
            yield _row(heading_place(heading), [escape(heading_titles(heading))])
        for where, changes in blocks(part):
            yield _row(where, [_words(change) for change in changes])
        yield "</section>"


def _is_shown(part: PartDiff) -> bool:
    return bool(part.changes or part.headings)


def _row(where: str, paragraphs: Iterable[str]) -> str:
    words = "".join(f'<p dir="auto">{paragraph}</p>' for paragraph in paragraphs)
    kept = escape(where).replace("p. ", "p.&nbsp;")  # a page never stands alone on a line
    return f'<div class="change"><p class="place">{kept}</p><div>{words}</div></div>'


def _words(change: SentenceChange) -> str:
    tags = {"": ("", ""), "delete": ("<del>", "</del>"), "insert": ("<ins>", "</ins>")}
    return "".join(f"{tags[mark][0]}{escape(text)}{tags[mark][1]}" for mark, text in segments(change))
