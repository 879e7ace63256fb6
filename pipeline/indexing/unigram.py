"""A Unigram (SentencePiece) tokenizer over a vocabulary that is mapped, not read.

Kudo, "Subword regularization: improving neural network translation models with multiple subword candidates", ACL 2018:
every piece has a score (a log probability), and a text is cut into the pieces with the largest sum, found by Viterbi.
Reading 250,000 pieces from a tokenizer.json takes the library ``tokenizers`` 0.8 s and 250 MB; a question needs a few
hundred of them. So the pieces are compiled once into a trie whose edges lie in a hash table, in one safetensors file:

    slots    u64  open addressing; 0 is empty, else parent node · character (21 bits) · child node (21 bits)
    pieces   i32  of each node the id of the piece that ends there, or -1
    scores   f64  of each id
    composed u32  first, end, first, end … of the characters that the library's NFKC changes or reorders

What comes out is what ``tokenizers`` gives, ties included, for the normalizer and pre-tokenizer of ``packed_e5``.
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.errors import EncoderError
from pipeline.indexing.tensors import Tensors

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FILE = "unigram.safetensors"
SPACE = "▁"
BITS = 21  # of a character, and of a node
LOW = (1 << BITS) - 1
GOLDEN = 0x9E3779B97F4A7C15  # 2⁶⁴ divided by the golden ratio: Knuth's multiplicative hashing
WORD = (1 << 64) - 1
UNKNOWN_PENALTY = 10  # below the lowest score, as in SentencePiece


class Rules(NamedTuple):
    """What is done with a text besides cutting it into pieces.

    ``gone`` and ``spaces``: characters that vanish, and that become spaces. ``special``: pieces that stand for
    themselves in a text, before anything else. ``first``, ``last``: the ids around a text. ``unknown``: that of
    characters without a piece.
    """

    gone: str
    spaces: str
    special: dict[str, int]
    first: int
    last: int
    unknown: int


class Unigram:
    """A compiled vocabulary, opened for reading."""

    def __init__(self, file: Path) -> None:
        """Map the file.

        :raises EncoderError: if it is not a compiled vocabulary.
        """
        tensors = Tensors(file)
        try:
            self._rules = Rules(**json.loads(tensors.metadata["rules"]))
            self._lowest = float(tensors.metadata["lowest"])
        except (KeyError, TypeError, ValueError) as error:
            raise EncoderError(f"{file}: not a compiled vocabulary ({error})") from error
        # Of a memoryview a single item is had three times as fast as of an array.
        self._slots, self._pieces, self._scores, self._composed = (
            memoryview(tensors.array(name).data) for name in ("slots", "pieces", "scores", "composed")
        )
        self._shift = 65 - len(self._slots).bit_length()
        self._table = str.maketrans(dict.fromkeys(self._rules.spaces, " ") | dict.fromkeys(self._rules.gone, ""))
        special = sorted(self._rules.special, key=len, reverse=True)
        self._special = re.compile("(" + "|".join(map(re.escape, special)) + ")") if special else None

    def encode(self, text: str) -> list[int]:
        """Give the ids of a text's pieces, with the marks before and after it."""
        parts = self._special.split(text) if self._special else [text]
        ids = [self._rules.first]
        for number, part in enumerate(parts):
            # Every second part is what the pattern found.
            ids += [self._rules.special[part]] if number % 2 else self._cut(self._normalize(part))
        return [*ids, self._rules.last]

    def _normalize(self, text: str) -> str:
        text = re.sub(" {2,}", " ", self._compose(text.translate(self._table))).replace(" ", SPACE)
        return text if text.startswith(SPACE) or not text else SPACE + text

    def _compose(self, text: str) -> str:
        """Bring a text to NFKC as the library knows it, whose Unicode is older than Python's.

        Characters that are newer stay as they are and, as it were, stand alone.
        """
        if unicodedata.is_normalized("NFKC", text):
            return text
        newer = [
            char
            for char in set(text)
            if not bisect_right(self._composed, ord(char)) % 2
            and (unicodedata.combining(char) or not unicodedata.is_normalized("NFKC", char))
        ]
        parts = re.split("([" + "".join(newer) + "])", text) if newer else [text]
        return "".join(part if number % 2 else unicodedata.normalize("NFKC", part) for number, part in enumerate(parts))

    def _cut(self, text: str) -> list[int]:
        """Find the best way through a text (Viterbi): of equal ones the first found, and what is unknown fused."""
        unknown, penalty = self._rules.unknown, self._lowest - UNKNOWN_PENALTY
        points = [ord(char) for char in text]
        best: list[tuple[float, int, int]] = [(0.0, 0, -1)] * (len(points) + 1)  # score, start of the piece, its id
        for start in range(len(points)):
            here = best[start][0]
            single = False
            for end, piece in self._pieces_from(points, start):
                score = self._scores[piece] + here
                if best[end][2] < 0 or score > best[end][0]:
                    best[end] = (score, start, piece)
                single = single or end == start + 1
            if not single and (best[start + 1][2] < 0 or penalty + here > best[start + 1][0]):
                best[start + 1] = (penalty + here, start, unknown)
        ids: list[int] = []
        end = len(points)
        while end:
            _, end, piece = best[end]
            if not (piece == unknown and ids and ids[-1] == unknown):
                ids.append(piece)
        return ids[::-1]

    def _pieces_from(self, points: Sequence[int], start: int) -> list[tuple[int, int]]:
        """Find the pieces that begin at a place, the shortest first: the end and the id of each."""
        slots, shift, last = self._slots, self._shift, len(self._slots) - 1
        found = []
        node = 0
        for end in range(start, len(points)):
            key = node << BITS | points[end]
            slot = (key * GOLDEN & WORD) >> shift
            while (entry := slots[slot]) and entry >> BITS != key:
                slot = (slot + 1) & last
            if not entry:
                break
            node = entry & LOW
            if (piece := self._pieces[node]) >= 0:
                found.append((end + 1, piece))
        return found


def compile_unigram(pieces: Sequence[tuple[str, float]], rules: Rules, file: Path) -> None:
    """Write a vocabulary (pieces and their scores, in order of id) so that it can be mapped."""
    import numpy as np
    from safetensors.numpy import save_file

    edges: dict[int, int] = {}
    ends = [-1]
    for number, (text, _) in enumerate(pieces):
        node = 0
        for char in text:
            key = node << BITS | ord(char)
            if (child := edges.get(key)) is None:
                child = edges[key] = len(ends)
                ends.append(-1)
            node = child
        ends[node] = number if node else -1
    if len(ends) > LOW:
        raise EncoderError(f"{file}: {len(ends)} nodes are too many for a compiled vocabulary")
    scores = np.array([score for _, score in pieces], dtype=np.float64)
    tensors: dict[str, npt.NDArray[Any]] = {
        "slots": _hash_table(edges),
        "pieces": np.array(ends, dtype=np.int32),
        "scores": scores,
        "composed": _composed(),
    }
    metadata = {"rules": json.dumps(rules._asdict()), "lowest": repr(float(scores.min()))}
    save_file(tensors, file, metadata=metadata)


def _hash_table(edges: dict[int, int]) -> npt.NDArray[np.uint64]:
    """Place edges by linear probing, at most half full; all that still look for a place move on together."""
    import numpy as np

    bits = max(2, (2 * len(edges)).bit_length())
    keys = np.fromiter(edges, dtype=np.uint64, count=len(edges))
    entries = keys << np.uint64(BITS) | np.fromiter(edges.values(), dtype=np.uint64, count=len(edges))
    places = (keys * np.uint64(GOLDEN) >> np.uint64(64 - bits)).astype(np.int64)
    slots = np.zeros(1 << bits, dtype=np.uint64)
    while len(entries):
        free = slots[places] == 0
        slots[places[free]] = entries[free]  # of several that want one place the last gets it
        left = slots[places] != entries
        entries, places = entries[left], (places[left] + 1) & (len(slots) - 1)
    return slots


@cache
def _composed() -> npt.NDArray[np.uint32]:
    """Find the characters that the library's NFKC changes, or moves past a mark of the lowest or highest class."""
    import numpy as np
    from tokenizers import normalizers

    points = [point for point in range(0x110000) if not 0xD800 <= point < 0xE000 and point != ord("\n")]
    changed = np.zeros(0x110001, dtype=np.int8)
    for before, after in (("", ""), ("a", "\u0334"), ("a\u0345", "")):
        lines = [before + chr(point) + after for point in points]
        normal = normalizers.NFKC().normalize_str("\n".join(lines)).split("\n")
        for point, old, new in zip(points, lines, normal, strict=True):
            changed[point] |= old != new
    return np.flatnonzero(np.diff(changed, prepend=np.int8(0))).astype(np.uint32)
