"""What stands before a text, and what becomes of the vectors of a question: the same whatever runs the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.indexing.models import LOCAL, ModelFolder

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

# The names of the prompt for passages, in the order in which sentence-transformers looks for them.
DOCUMENT_PROMPTS = ("document", "passage", "corpus")
POOLED_TOKENS = 2  # neighbouring token vectors that become one: half the space, and measured no worse
# Models of the hub that need prompts but do not bring them along (their model cards tell).
MISSING_PROMPTS = {"multilingual-e5": {"query": "query: ", "document": "passage: "}}


def all_prompts(model: ModelFolder, own: Mapping[str, str]) -> dict[str, str]:
    """Add to a model's own prompts those it is known to need; empty ones are none."""
    hub_name = "" if model.revision == LOCAL else model.name.rpartition("/")[2]
    missing = next((prompts for start, prompts in MISSING_PROMPTS.items() if hub_name.startswith(start)), {})
    return {**missing, **{kind: text for kind, text in own.items() if text}}


def of_query(tokens: Vectors, prompt_tokens: int) -> Vectors:
    """Take the marks and the prompt off the tokens of a query, and give the rest their norm 1.

    :param tokens: shape (tokens, dimensions), marks and prompt included.
    :param prompt_tokens: how many tokens the prompt alone has, with the marks before and after it.
    """
    kept = tokens[prompt_tokens - 1 : -1]
    return unit(kept if len(kept) else tokens)


def of_passage(tokens: Vectors) -> Vectors:
    """Pool the tokens of a passage by neighbours.

    :param tokens: shape (tokens, dimensions), marks and prompt included.
    :return: shape (half as many, dimensions), every row of norm 1.
    """
    import numpy as np

    tokens = unit(tokens)
    return unit(np.add.reduceat(tokens, np.arange(0, len(tokens), POOLED_TOKENS), axis=0))


def unit(vectors: Vectors) -> Vectors:
    """Give rows their norm 1; a row of zeros stays one."""
    import numpy as np

    vectors = np.asarray(vectors, dtype=np.float32)  # norms in 16 bits are wrong by a thousandth
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    units: Vectors = (vectors / np.where(norms == 0, 1, norms)).astype(np.float32, copy=False)
    return units


def valid(text: str) -> str:
    """Replace halves of characters, which a terminal can hand over and a tokenizer refuses."""
    return text.encode("utf-8", "replace").decode("utf-8")
