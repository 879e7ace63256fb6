"""Tell who does what, and where it is written.

    raw/*.pdf ─► reading ─► indexing ─► index/ ─► searching ─► serving ─► commands · search_cli.py

    reading    PDF → glyphs → lines → sections → passages, each with its organization, pages and edition
    indexing   passages → vectors and records → one published generation of the index
    searching  question → ranked hits
    serving    hits → text, JSON, CSV, Markdown
    commands   arguments → printed answers and exit codes

Each stage imports only earlier ones. ``open_index`` is the way in for programs:

    from pipeline import open_index
    with open_index("index") as index:
        hits = index.search("who trains cabin crew?", top_k=10, organizations=["ICAO"])
"""

from pipeline.datatypes import Citation, Hit, Organization, Passage
from pipeline.errors import MandatesError
from pipeline.searching.search import Index, open_index

__all__ = ["Citation", "Hit", "Index", "MandatesError", "Organization", "Passage", "open_index"]
