"""All records that flow through the pipeline: frozen, slotted, no I/O."""

from pipeline.datatypes.index import BuildReport, EditionReport, EncoderInfo, ForeignScores, Manifest
from pipeline.datatypes.paper import (
    Bookmark,
    Box,
    Cell,
    Document,
    Edition,
    Footnote,
    Glyph,
    Heading,
    Imprint,
    LeftOut,
    Line,
    Link,
    Organization,
    Page,
    PageBox,
    RawPage,
    Section,
    Span,
    TaggedHeading,
)
from pipeline.datatypes.passage import Absence, Answer, Citation, Hit, Passage

__all__ = [
    "Absence", "Answer", "Bookmark", "Box", "BuildReport", "Cell", "Citation", "Document", "Edition", "EditionReport",
    "EncoderInfo", "Footnote", "ForeignScores", "Glyph", "Heading", "Hit", "Imprint", "LeftOut", "Line", "Link",
    "Manifest", "Organization", "Page", "PageBox", "Passage", "RawPage", "Section", "Span", "TaggedHeading",
]  # fmt: skip
