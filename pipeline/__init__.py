"""Tell who does what, and where it is written.

    raw/*.pdf ─► reading ─► indexing ─► index/ ─► searching ─► serving ─► commands · search_cli.py

    reading    PDF → glyphs → lines → sections → passages, each with its organization, pages and edition
    indexing   passages → vectors and records → one published generation of the index
    scaling    the same on many machines: reading and encoding on Ray, generations in Milvus
    searching  question → ranked hits
    serving    hits → text, JSON, CSV, Markdown
    commands   arguments → printed answers and exit codes

Each stage imports only earlier ones. ``open_index`` is the way in for programs:

    from pipeline import open_index
    with open_index("index") as index:
        hits = index.search("who trains cabin crew?", top_k=10, organizations=["ICAO"])

With hundreds of thousands of passages set ``OPENBLAS_NUM_THREADS=1`` before importing numpy, as the command line does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.datatypes import Citation, Hit, Organization, Passage
    from pipeline.errors import MandatesError
    from pipeline.searching.search import Index, open_index

__all__ = ["Citation", "Hit", "Index", "MandatesError", "Organization", "Passage", "open_index"]

_HOMES = {
    "pipeline.datatypes": {"Citation", "Hit", "Organization", "Passage"},
    "pipeline.errors": {"MandatesError"},
    "pipeline.searching.search": {"Index", "open_index"},
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562): ``mandates --help`` needs none of them."""
    home = next((module for module, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
