"""A second look at the first hits: a model that reads a question and a passage together puts them in order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from pipeline.datatypes import Hit
from pipeline.indexing.encode import Reranker
from pipeline.indexing.reuse import embedded_text

RERANKED = 20  # hits; each costs the model a reading, and what ranks lower is seldom the answer


def rerank(question: str, hits: Sequence[Hit], reranker: Reranker, top: int = RERANKED) -> list[Hit]:
    """Order the first hits by what a reranker gives to their passages; equal ones stay in the order they come in.

    Their score becomes the reranker's, brought into 0 to 1, and ``signals`` gets it as "rerank", as the model gave it.
    The hits after them stay as they are, but none scores above the last of the reranked: the two scores mean different
    things, and scores never rise down a list.

    :param hits: best first.
    :param top: how many to read again.
    """
    first, rest = hits[:top], hits[top:]
    logits = reranker.score(question, [embedded_text(hit.passage) for hit in first])
    read = sorted(zip(logits, first, strict=True), key=lambda pair: -pair[0])
    found = [
        replace(hit, score=sigmoid(logit), signals={**hit.signals, "rerank": round(logit, 3)}) for logit, hit in read
    ]
    lowest = min((hit.score for hit in found), default=1.0)
    found += [replace(hit, score=min(hit.score, lowest)) for hit in rest]
    return [replace(hit, rank=rank) for rank, hit in enumerate(found, start=1)]


def sigmoid(logit: float) -> float:
    """Bring a number of any size into 0 to 1.

    >>> sigmoid(0.0), sigmoid(-1000.0), sigmoid(1000.0)
    (0.5, 0.0, 1.0)
    """
    if logit < 0:  # where exp(-logit) would overflow
        return math.exp(logit) / (1 + math.exp(logit))
    return 1 / (1 + math.exp(-logit))
