"""How likely the first passage answers the question, and whether to say that the paper does not.

A score tells how far a passage stands out among the others, not whether it answers: there is always a best passage.
Two things together tell more. **Margin**: the passage with the answer leaves the next ones behind; where the answer is
missing, several passages are equally beside the point. **Closeness**: a question foreign to the papers comes no nearer
to any passage than questions on cheese and piano keys do (``pipeline.indexing.foreign``).

The coefficients are a logistic regression on public questions whose answers are known, SciFact and Cranfield: each
asked of the whole corpus, asked again after the passages with the answer were taken out, and foreign questions. None
of them is about organizations, and the README tells how well the figures hold for the paper.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from pipeline.datatypes import ForeignScores

BIAS = -4.9
MARGIN = 0.85  # for each deviation between the first passage and the mean of its rivals
CLOSENESS = 1.7  # for each deviation above foreign questions ...
NEAR_ENOUGH = 2.5  # ... up to this: beyond, a question is surely of the papers' subject, answered or not
RIVALS = 5  # passages after the first
ANSWERED = 0.5  # from here on the first passage is likelier right than wrong
FEW_LETTERS = 20  # addresses aside; a footnote that is a bare address answers nothing, a short sentence in Chinese may
ADDRESS = re.compile(r"\b\S+(?:://|www\.)\S+|\bwww\.\S+")
WORDS = re.compile(rf"(?:[^\W\d_][\W\d_]*){{{FEW_LETTERS}}}")  # which most texts begin with
UNFIT = 0.1  # at most this, when the first passage has too few words, or when the question names an organization
# without a section and the passage does not


def confidence(scores: Sequence[float], closeness: float, foreign: ForeignScores) -> float:
    """Give the probability that the first passage answers the question.

    :param scores: of the first passage, then of its rivals, best first, in deviations above a passage taken at random;
        missing rivals count 0.
    :param closeness: cosine of late interaction between the question and the first passage.
    """
    if not scores:
        return 0.0
    margin = scores[0] - sum(scores[1 : RIVALS + 1]) / RIVALS
    nearness = min((closeness - foreign.mean) / foreign.deviation, NEAR_ENOUGH)
    return 1 / (1 + math.exp(-max(BIAS + MARGIN * margin + CLOSENESS * nearness, -50.0)))


def is_wordless(text: str) -> bool:
    """Tell whether a text is hardly more than an address.

    >>> is_wordless("https://example.org/files/CP_Strategy_English.pdf"), is_wordless("See the report at note 4 above")
    (True, False)
    >>> is_wordless("国际民用航空组织与人权事务高级专员办事处合作制定了客舱机组培训指南。")
    False
    """
    return not WORDS.search(ADDRESS.sub(" ", text) if has_address(text) else text)


def has_address(text: str) -> bool:
    """Tell whether a text may hold an address of the web."""
    return "://" in text or "www." in text
