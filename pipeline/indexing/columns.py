"""What ranking must know of every passage, in arrays that are mapped: a million passages are opened as fast as ten."""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import IndexDamaged
from pipeline.indexing.arrays import open_arrays, write_arrays

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Rows = npt.NDArray[np.int64]
    Numbers = npt.NDArray[np.uint32]

ARRAYS = {"sentences": "U32", "tokens": "U32", "owners": "U32", "sections": "U32"}


class Columns:
    """Whose each passage is, under which headings it stands, and which rows its sentences' and tokens' vectors are.

    ``owners`` and ``sections`` are numbers of the catalog, see ``Catalog.owner_numbers`` and ``section_numbers``.
    """

    def __init__(self, path: Path) -> None:
        """Map the file.

        :raises IndexDamaged: if it is not one.
        """
        found = open_arrays(path, ARRAYS)
        self.owners: Numbers = found["owners"]
        self.sections: Numbers = found["sections"]
        # The first row of each passage, and after the last passage the number of all rows.
        self.first_sentences: Numbers = found["sentences"]
        self.first_tokens: Numbers = found["tokens"]
        lengths = {len(self.owners), len(self.sections), len(self.first_sentences) - 1, len(self.first_tokens) - 1}
        if len(lengths) > 1:
            raise IndexDamaged(f"{path}: the columns are not of one length; rebuild it: mandates ingest")

    def __len__(self) -> int:
        """Count the passages."""
        return len(self.owners)

    def are_in_order(self) -> bool:
        """Tell whether every passage has at least no sentences and tokens, and not fewer."""
        return all((firsts[1:] >= firsts[:-1]).all() for firsts in (self.first_sentences, self.first_tokens))

    def sentences(self, rows: Rows) -> tuple[Rows, Rows]:
        """Give the first sentence's row and the number of sentences of each of these passages."""
        return _spans(self.first_sentences, rows)

    def tokens(self, rows: Rows) -> tuple[Rows, Rows]:
        """Give the first token vector's row and the number of token vectors of each of these passages."""
        return _spans(self.first_tokens, rows)


class ColumnsWriter:
    """Takes passage after passage."""

    def __init__(self) -> None:
        """Start with no passage."""
        self._owners, self._sections = array("I"), array("I")
        self._sentences, self._tokens = [0], [0]

    def add(self, owner: int, section: int, sentences: int, tokens: int) -> None:
        """Take the next passage: its numbers, and how many sentences and token vectors it has."""
        self._owners.append(owner)
        self._sections.append(section)
        self._sentences.append(self._sentences[-1] + sentences)
        self._tokens.append(self._tokens[-1] + tokens)

    def write(self, path: Path) -> None:
        """Write all passages.

        :raises OverflowError: for more than 4 thousand million token vectors.
        """
        import numpy as np

        write_arrays(path, {
            "owners": np.array(self._owners, dtype=np.uint32),
            "sections": np.array(self._sections, dtype=np.uint32),
            "sentences": np.array(self._sentences, dtype=np.uint32),
            "tokens": np.array(self._tokens, dtype=np.uint32),
        })  # fmt: skip


def _spans(firsts: Numbers, rows: Rows) -> tuple[Rows, Rows]:
    import numpy as np

    starts = firsts[rows].astype(np.int64)
    return starts, firsts[rows + 1].astype(np.int64) - starts
