"""All records that flow through the pipeline: frozen, slotted, no I/O.

Those that only reading and building need are imported from ``page`` and ``report``: to make the class of a record takes
a third of a millisecond, and a question is to be answered in a blink.
"""

from pipeline.datatypes.index import EncoderInfo, ForeignScores, Manifest
from pipeline.datatypes.paper import Box, Edition, Footnote, Imprint, Link, Organization, PageBox
from pipeline.datatypes.passage import Absence, Answer, Citation, Hit, Passage

__all__ = [
    "Absence", "Answer", "Box", "Citation", "Edition", "EncoderInfo", "Footnote", "ForeignScores", "Hit", "Imprint",
    "Link", "Manifest", "Organization", "PageBox", "Passage",
]  # fmt: skip
