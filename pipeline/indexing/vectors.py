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

    def problems(self, count: int, dimensions: int, tolerance: float = 1e-3) -> list[str]:
        """Tell what is wrong: number, length or norm of the vectors; a norm is 1, or 0 where a text has no words.

        :param tolerance: how far from 1 a norm may be; rounding gives a thousandth of the default.
        """
        import numpy as np

        if (len(self), self.dimensions) != (count, dimensions):
            return [f"{len(self)} vectors of {self.dimensions}, expected {count} of {dimensions}"]
        norms = np.linalg.norm(self.vectors(range(count)), axis=1)
        wrong = np.flatnonzero(~((np.abs(norms - 1) <= tolerance) | (norms == 0)))
        return [f"vector {wrong[0]} has norm {norms[wrong[0]]:.3f}, not 1 ({len(wrong)} like it)"] if len(wrong) else []

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

    def vectors(self, rows: Sequence[int]) -> Vectors:
        """Give the vectors of these rows, shape (len(rows), dimensions)."""
        import numpy as np

        found: Vectors = self._index.reconstruct_batch(np.asarray(rows, dtype=np.int64))
        return found


def quantize(vectors: Vectors) -> npt.NDArray[np.int8]:
    """Bring each row to 8 bits, its largest part to 127: of a token vector the direction is all that is needed."""
    import numpy as np

    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0)
    quantized: npt.NDArray[np.int8] = np.round(vectors * (127 / np.where(largest == 0, 1, largest))).astype(np.int8)
    return quantized


def write_token_vectors(path: Path, vectors: Sequence[npt.NDArray[Any]], dimensions: int) -> None:
    """Write the token vectors of all passages below each other, quantized unless they are so already."""
    import numpy as np

    pieces = [found if found.dtype == np.int8 else quantize(found) for found in vectors]
    matrix = np.concatenate([*pieces, np.zeros((0, dimensions), dtype=np.int8)])
    # Not by np.save: it hands the file to the C library, and does not notice a disk that is full when that flushes.
    with path.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, np.lib.format.header_data_from_array_1_0(matrix))
        stream.write(np.ascontiguousarray(matrix).data)


class TokenVectors:
    """The token vectors of all passages, read from disk only where they are asked for."""

    def __init__(self, path: Path) -> None:
        """Map the file.

        :raises IndexDamaged: if it is not a matrix.
        """
        import numpy as np

        try:
            self._matrix = np.load(path, mmap_mode="r", allow_pickle=False)
        except Exception as error:
            raise IndexDamaged(f"{path}: not a matrix; rebuild it: mandates ingest") from error

    @property
    def shape(self) -> tuple[int, int]:
        """The number of vectors and their length."""
        return int(self._matrix.shape[0]), int(self._matrix.shape[1])

    def rows(self, first: int, count: int) -> npt.NDArray[np.int8]:
        """Give the token vectors of one passage, quantized, shape (count, dimensions)."""
        found: npt.NDArray[np.int8] = self._matrix[first : first + count]
        return found

    def best_match(self, query: Vectors, ranges: Sequence[tuple[int, int]]) -> Vectors:
        """Score passages by late interaction.

        :param query: unit vectors of the query's tokens, shape (tokens, dimensions).
        :param ranges: the first row and the number of rows of each passage.
        :return: as ``best_match``.
        """
        return best_match(query, [self._matrix[first : first + count] for first, count in ranges])


def best_match(query: Vectors, passages: Sequence[npt.NDArray[Any]]) -> Vectors:
    """Score passages by late interaction: each token of the query takes its best match, and these are averaged.

    Khattab and Zaharia, "ColBERT: efficient and effective passage search via contextualized late interaction",
    SIGIR 2020.

    :param query: unit vectors of the query's tokens, shape (tokens, dimensions).
    :param passages: the token vectors of each passage, of any length, shape (pieces, dimensions).
    :return: scores, shape (len(passages),), from -1 to 1; 0 for a passage without tokens.
    """
    import numpy as np

    scores = np.zeros(len(passages), dtype=np.float32)
    filled = [index for index, tokens in enumerate(passages) if len(tokens)]
    if not filled or not len(query):
        return scores
    pieces = np.concatenate([passages[index] for index in filled]).astype(np.float32)
    norms = np.sqrt(np.einsum("ij,ij->i", pieces, pieces))
    similarities = pieces @ query.T / np.where(norms == 0, 1, norms)[:, None]
    starts = np.cumsum([0, *(len(passages[index]) for index in filled[:-1])])
    scores[filled] = np.maximum.reduceat(similarities, starts, axis=0).mean(axis=1)
    return scores


def _only(rows: npt.NDArray[np.int64]) -> Any:
    """Make search parameters that let only these rows through."""
    import faiss

    parameters: Any = faiss.SearchParameters
    return parameters(sel=faiss.IDSelectorBatch(rows))
