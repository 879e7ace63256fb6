"""Vectors on disk and their nearest neighbours. The only file that names FAISS."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import IndexDamaged

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]


def write_vectors(path: Path, vectors: Vectors) -> None:
    """Write unit vectors, shape (n, dimensions), as a flat inner-product index; row i keeps number i."""
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    # Not by FAISS itself: it does not notice a disk that is full when it closes the file.
    with path.open("wb") as stream:
        stream.write(faiss.serialize_index(index).data)


class VectorIndex:
    """A flat index opened for reading; scores are cosines, since all vectors have norm 1."""

    def __init__(self, path: Path) -> None:
        """Open an index file.

        :raises IndexDamaged: if FAISS cannot read it.
        """
        import faiss

        try:
            self._index: Any = faiss.read_index(str(path))
        except RuntimeError as error:
            raise IndexDamaged(f"{path}: not a FAISS index; rebuild it: mandates ingest") from error

    def __len__(self) -> int:
        """Count the vectors."""
        return int(self._index.ntotal)

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return int(self._index.d)

    def search(self, query: Vectors, top_k: int, rows: Sequence[int] | None = None) -> list[tuple[int, float]]:
        """Find the rows nearest to one query vector, best first; equal scores in order of row.

        :param rows: search among these only; the filter works before the ranking.
        :return: (row, score) pairs, as many as there are up to ``top_k``: FAISS's padding is taken off.
        """
        import numpy as np

        available = len(self) if rows is None else len(rows)
        wanted = min(top_k, available)
        if wanted == 0:
            return []
        parameters = None
        if rows is not None:
            parameters = _only(np.asarray(rows, dtype=np.int64))
        pairs: list[tuple[int, float]] = []
        # FAISS cuts equal scores anywhere; so look beyond the cut until the scores there are lower.
        for depth in (wanted + 8, available):
            scores, found = self._index.search(query.reshape(1, -1), min(depth, available), params=parameters)
            pairs = [(int(row), float(score)) for row, score in zip(found[0], scores[0], strict=True) if row >= 0]
            if len(pairs) <= wanted or pairs[-1][1] < pairs[wanted - 1][1]:
                break
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:wanted]

    def vectors(self, first: int, count: int) -> Vectors:
        """Give ``count`` vectors from row ``first`` on, shape (count, dimensions)."""
        found: Vectors = self._index.reconstruct_n(first, count)
        return found


def _only(rows: npt.NDArray[np.int64]) -> Any:
    """Make search parameters that let only these rows through."""
    import faiss

    parameters: Any = faiss.SearchParameters
    return parameters(sel=faiss.IDSelectorBatch(rows))
