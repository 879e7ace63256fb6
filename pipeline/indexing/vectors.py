"""Vectors of sentences and tokens in 8 bits, read from disk only where they are asked for, and late interaction."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import IndexDamaged

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]
    Bytes = npt.NDArray[np.int8]
    Rows = npt.NDArray[np.int64]

LONGEST_HEADER = 10_000  # bytes; that of a matrix takes 128
CACHED = 128  # rows that are compared at once: in 32 bits they stay in a core's own cache from step to step
WRITTEN = 4096  # rows that are brought to 8 bits and written at once


def quantize(vectors: Vectors) -> Bytes:
    """Bring each row to 8 bits, its largest part to 127: of a vector of norm 1 the direction is all that is needed."""
    import numpy as np

    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0)
    quantized: Bytes = np.round(vectors * (127 / np.where(largest == 0, 1, largest))).astype(np.int8)
    return quantized


def write_packed(path: Path, vectors: Iterable[npt.NDArray[Any]], shape: tuple[int, int]) -> None:
    """Write vectors below each other as one matrix of numpy, quantized unless they are so already.

    :param vectors: matrices of any height, ``shape[0]`` rows in all.
    :raises OSError: if the file cannot be written.
    """
    import numpy as np

    # Not by np.save: it hands the file to the C library, and does not notice a disk that is full when that flushes.
    with path.open("wb") as stream:
        header = {"descr": "|i1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(stream, header)
        for rows in _gathered(vectors):
            stream.write(np.ascontiguousarray(rows).data)


def _gathered(vectors: Iterable[npt.NDArray[Any]]) -> Iterator[Bytes]:
    """Quantize, and put small matrices together: a passage at a time is a write at a time."""
    import numpy as np

    waiting: list[Bytes] = []
    for matrix in vectors:
        for start in range(0, len(matrix), WRITTEN):
            piece = matrix[start : start + WRITTEN]
            waiting.append(piece if piece.dtype == np.int8 else quantize(piece))
        if sum(map(len, waiting)) >= WRITTEN:
            yield np.concatenate(waiting)
            waiting = []
    if waiting:
        yield np.concatenate(waiting)


class PackedVectors:
    """A matrix of vectors in 8 bits; what is asked for is read, not mapped, so that memory does not fill with it."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        :raises IndexDamaged: if it is not a matrix of bytes, or cut.
        """
        import numpy as np

        try:
            self._stream = path.open("rb", buffering=0)
            if np.lib.format.read_magic(self._stream) != (1, 0):
                raise ValueError("another format")
            header = np.lib.format.read_array_header_1_0(self._stream, max_header_size=LONGEST_HEADER)
            self._start = self._stream.tell()
            size = os.fstat(self._stream.fileno()).st_size
            (rows, dimensions), by_column, dtype = header
            if by_column or dtype != np.int8 or size != self._start + rows * dimensions:
                raise ValueError("another shape")
        except Exception as error:
            raise IndexDamaged(f"{path}: not a matrix; rebuild it: mandates ingest") from error
        self.shape: tuple[int, int] = (rows, dimensions)
        self._path, self._lock = path, threading.Lock()

    def close(self) -> None:
        """Give the file back."""
        self._stream.close()

    def gather(self, firsts: Rows, counts: Rows) -> Bytes:
        """Give the rows of several spans below each other; neighbouring spans are read at once.

        :param firsts: the first row of each span.
        :param counts: how many rows each span has.
        """
        import numpy as np

        dimensions = self.shape[1]
        ends = firsts + counts
        breaks = np.flatnonzero(firsts[1:] != ends[:-1]) + 1
        starts = firsts[np.concatenate([[0], breaks])] if len(firsts) else firsts
        stops = ends[np.concatenate([breaks - 1, [len(ends) - 1]])] if len(firsts) else ends
        data = bytearray(int((stops - starts).sum()) * dimensions)
        view, place = memoryview(data), 0
        for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
            length = (stop - start) * dimensions
            self._fill(view[place : place + length], self._start + start * dimensions)
            place += length
        return np.frombuffer(data, dtype=np.int8).reshape(-1, dimensions)

    def rows(self, first: int, count: int) -> Bytes:
        """Give one span."""
        import numpy as np

        return self.gather(np.array([first]), np.array([count]))

    def _fill(self, view: memoryview, offset: int) -> None:
        with self._lock:  # the place in the file is one for all threads
            self._stream.seek(offset)
            while view:
                count = self._stream.readinto(view)
                if not count:
                    raise IndexDamaged(f"{self._path}: cut; rebuild it: mandates ingest")
                view = view[count:]


def in_blocks(
    matrix: npt.NDArray[Any],
    width: int | None = None,
    unpack: Callable[[npt.NDArray[Any], Vectors], None] | None = None,
) -> Iterator[tuple[slice, Vectors]]:
    """Give a matrix in 32 bits, block by block, and which rows each one is; the next block takes the same memory.

    :param width: of the blocks; by default that of the matrix.
    :param unpack: writes rows of the matrix into a block; by default they are copied.
    """
    import numpy as np

    write = unpack or (lambda rows, block: np.copyto(block, rows))
    block = np.empty((min(CACHED, len(matrix)), width or matrix.shape[1]), dtype=np.float32)
    for start in range(0, len(matrix), CACHED):
        rows = slice(start, min(start + CACHED, len(matrix)))
        write(matrix[rows], block[: rows.stop - start])
        yield rows, block[: rows.stop - start]


def row_norms(matrix: npt.NDArray[Any]) -> Vectors:
    """Give the norm of each row; 1 for zeros, which stay zeros when they are divided by it."""
    import numpy as np

    norms = np.empty(len(matrix), dtype=np.float32)
    for rows, block in in_blocks(matrix):
        norms[rows] = _norms(block)
    return norms


def unit_rows(matrix: npt.NDArray[Any]) -> Vectors:
    """Bring each row to norm 1; zeros stay zeros."""
    import numpy as np

    rows: Vectors = matrix.astype(np.float32)
    rows /= _norms(rows)[:, None]
    return rows


def cosines(query: Vectors, vectors: npt.NDArray[Any]) -> Vectors:
    """Give the cosine of a unit vector with each of other vectors, of any length; 0 for zeros."""
    import numpy as np

    found = np.empty(len(vectors), dtype=np.float32)
    for rows, block in in_blocks(vectors):
        np.divide(block @ query, _norms(block), out=found[rows])
    return found


def best_match(query: Vectors, passages: Sequence[npt.NDArray[Any]]) -> Vectors:
    """Score passages by late interaction: each token of the query takes its best match, and these are averaged.

    Khattab and Zaharia, "ColBERT: efficient and effective passage search via contextualized late interaction",
    SIGIR 2020.

    :param query: unit vectors of the query's tokens, shape (tokens, dimensions).
    :param passages: the token vectors of each passage, of any length, shape (pieces, dimensions).
    :return: scores, shape (len(passages),), from -1 to 1; 0 for a passage without tokens.
    """
    import numpy as np

    lengths = np.array([len(passage) for passage in passages], dtype=np.int64)
    pieces = np.concatenate(passages) if lengths.any() else np.zeros((0, query.shape[1]), dtype=np.float32)
    return best_matches(query, pieces, lengths)


def best_matches(query: Vectors, pieces: npt.NDArray[Any], counts: Rows, norms: Vectors | None = None) -> Vectors:
    """Score passages as ``best_match`` does.

    :param pieces: the token vectors of all passages below each other, of any length.
    :param counts: how many each passage has.
    :param norms: of the vectors, if they are known.
    """
    import numpy as np

    similarities = np.empty((len(pieces), len(query)), dtype=np.float32)
    columns = np.ascontiguousarray(query.T)
    for rows, vectors in in_blocks(pieces):
        np.matmul(vectors, columns, out=similarities[rows])
        similarities[rows] /= (_norms(vectors) if norms is None else norms[rows])[:, None]
    return mean_of_best(similarities, counts)


def _norms(vectors: Vectors) -> Vectors:
    import numpy as np

    norms: Vectors = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    return np.where(norms == 0, np.float32(1), norms)


def mean_of_best(similarities: Vectors, counts: Rows) -> Vectors:
    """Give for each passage the mean, over the query's tokens, of the best of its token vectors.

    :param similarities: shape (vectors of all passages, tokens of the query).
    :param counts: how many vectors each passage has.
    """
    import numpy as np

    scores = np.zeros(len(counts), dtype=np.float32)
    filled = np.flatnonzero(counts)
    if not similarities.size:
        return scores
    starts = np.cumsum(counts[filled]) - counts[filled]
    scores[filled] = np.maximum.reduceat(similarities, starts, axis=0).mean(axis=1)
    return scores
