"""The vectors of passages and their nearest neighbours. The only file that names FAISS.

Few passages are a flat index, whose vectors numpy maps: to import FAISS takes longer than to compare them all. From
``MANY`` on they lie in inverted lists around the means of clusters, in 16 bits and mapped, and a search looks into the
lists that are nearest to the question.
"""

from __future__ import annotations

import functools
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.errors import IndexDamaged

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]
    Rows = npt.NDArray[np.int64]

MANY = 50_000  # passages; to compare them all takes 10 ms, to import FAISS 100, once
# A flat index in FAISS's own format: "IxFI", dimensions, vectors, two words of no meaning, trained, metric, numbers.
FLAT, HEADER = b"IxFI", struct.Struct("<4siqqq?iq")
INNER_PRODUCT = 0
LISTS = 4  # times the root of the number of passages: 4,000 for a million
TRAINED = 40  # passages for each list from which its mean is learnt; FAISS warns below 39
PROBED = 1 / 32  # of the lists are looked into, more where a filter lets fewer through
FEWEST_PROBED = 32  # lists
WIDENED = (
    0.75  # power of how few a filter lets through, by which more lists are looked into; one organization in 23 of a
)
# million passages: 98 % of the true first ten, with 1 twice the lists and 99.8 %, with 0.5 half of them and 91 %
EXACT = 15_000  # rows that a filter lets through; so few are all compared
BY_ROW = 1 / 4  # of all rows; of a filter that lets fewer through, those in near lists are compared one by one
READ = 2_048  # rows that are compared at once
THINNED = 16  # one score in so many is looked at to tell which of them can be among the best
BLOCK = 65_536  # vectors that are looked at at once


class VectorIndex(Protocol):
    """Passages' vectors, opened for reading; scores are cosines, since all vectors have norm 1."""

    dimensions: int

    def __len__(self) -> int:
        """Count the vectors."""

    def search(self, query: Vectors, top_k: int, rows: Rows | None = None) -> list[tuple[int, float]]:
        """Find the rows nearest to one query vector, best first; equal scores in order of row.

        :param rows: search among these only, given in order; the filter works before the ranking.
        :return: (row, score) pairs, as many as there are up to ``top_k``.
        """

    def vectors(self, rows: Rows) -> Vectors:
        """Give the vectors of these rows, shape (len(rows), dimensions)."""


def write_vectors(path: Path, vectors: Vectors) -> None:
    """Write unit vectors, shape (n, dimensions); row i keeps number i.

    :raises OSError: if the file cannot be written.
    """
    import faiss

    index = _clustered(vectors) if len(vectors) >= MANY else faiss.IndexFlatIP(vectors.shape[1])
    if len(vectors) < MANY:
        index.add(vectors)
    # Not by FAISS itself: it does not notice a disk that is full when it closes the file.
    with path.open("wb") as stream:
        stream.write(faiss.serialize_index(index).data)


def open_vectors(path: Path) -> VectorIndex:
    """Open an index of either kind.

    :raises IndexDamaged: if it is not one.
    """
    try:
        with path.open("rb") as stream:
            is_flat = stream.read(len(FLAT)) == FLAT
    except OSError as error:
        raise IndexDamaged(f"{path}: {error.strerror}; rebuild it: mandates ingest") from error
    return FlatVectors(path) if is_flat else ClusteredVectors(path)


def problems(index: VectorIndex, count: int, dimensions: int, tolerance: float = 1e-3) -> list[str]:
    """Tell what is wrong: number, length or norm of the vectors; a norm is 1, or 0 where a text has no words.

    :param tolerance: how far from 1 a norm may be; rounding to 16 bits gives a fifth of the default.
    """
    import numpy as np

    if (len(index), index.dimensions) != (count, dimensions):
        return [f"{len(index)} vectors of {index.dimensions}, expected {count} of {dimensions}"]
    blocks = (np.arange(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK))
    norms = np.concatenate([np.zeros(0), *(np.linalg.norm(index.vectors(rows), axis=1) for rows in blocks)])
    wrong = np.flatnonzero(~((np.abs(norms - 1) <= tolerance) | (norms == 0)))
    return [f"vector {wrong[0]} has norm {norms[wrong[0]]:.3f}, not 1 ({len(wrong)} like it)"] if len(wrong) else []


class FlatVectors:
    """A flat index of FAISS, read without FAISS."""

    def __init__(self, path: Path) -> None:
        """Map the file.

        :raises IndexDamaged: if its header is none, or the vectors are not all there.
        """
        import numpy as np

        try:
            data = np.memmap(path, dtype=np.uint8, mode="r")
            kind, self.dimensions, count, _, _, trained, metric, numbers = HEADER.unpack(data[: HEADER.size].tobytes())
            if (kind, trained, metric, numbers) != (FLAT, True, INNER_PRODUCT, count * self.dimensions):
                raise ValueError("another header")
            self._matrix: Vectors = data[HEADER.size :].view(np.float32).reshape(count, self.dimensions)
        except (OSError, ValueError, struct.error) as error:
            raise IndexDamaged(f"{path}: not a FAISS index; rebuild it: mandates ingest") from error
        self._aligned: Vectors | None = None

    def __len__(self) -> int:
        """Count the vectors."""
        return len(self._matrix)

    def search(self, query: Vectors, top_k: int, rows: Rows | None = None) -> list[tuple[int, float]]:
        """Compare all vectors, see ``VectorIndex``."""
        import numpy as np

        if self._aligned is None:  # the header has 45 bytes, and a product of numbers at odd places copies them first
            self._aligned = np.array(self._matrix)
        scores = (self._aligned if rows is None else self._aligned[rows]) @ query
        best = best_places(scores, top_k)
        found = best if rows is None else rows[best]
        return list(zip(found.tolist(), scores[best].tolist(), strict=True))

    def vectors(self, rows: Rows) -> Vectors:
        """Give vectors, see ``VectorIndex``."""
        return self._matrix[rows]


class ClusteredVectors:
    """Inverted lists of FAISS, mapped."""

    def __init__(self, path: Path) -> None:
        """Map the file.

        :raises IndexDamaged: if FAISS cannot read it.
        """
        import faiss

        try:
            index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY)
            self._index, self._lists = index, int(index.nlist)
        except (RuntimeError, AttributeError) as error:
            raise IndexDamaged(f"{path}: not a FAISS index; rebuild it: mandates ingest") from error
        self.dimensions = int(self._index.d)
        self._by_row = False

    def __len__(self) -> int:
        """Count the vectors."""
        return int(self._index.ntotal)

    def search(self, query: Vectors, top_k: int, rows: Rows | None = None) -> list[tuple[int, float]]:
        """Compare the vectors of the nearest lists, see ``VectorIndex``; of all lists, if these hold too few.

        Under a filter more lists are looked into: an organization's passages may all lie far from the question.
        """
        available = len(self) if rows is None else len(rows)
        wanted = min(top_k, available)
        if wanted == 0:
            return []
        if rows is not None and available <= EXACT:
            return self._compare(query, wanted, rows)
        share = PROBED * (len(self) / available) ** WIDENED
        lists = min(self._lists, max(round(self._lists * share), FEWEST_PROBED))
        if rows is not None and available <= BY_ROW * len(self):
            near = self._in_lists(query, rows, lists)
            return self._compare(query, wanted, near if len(near) >= wanted else rows)
        found = self._probe(query, wanted, rows, lists)
        return found if len(found) == wanted else self._probe(query, wanted, rows, self._lists)

    def _probe(self, query: Vectors, wanted: int, rows: Rows | None, lists: int) -> list[tuple[int, float]]:
        """Let FAISS look into lists: it meets all of their rows and asks of each whether it passes the filter."""
        import faiss

        options: dict[str, Any] = {"nprobe": lists}
        if rows is not None:
            selector: Any = faiss.IDSelectorBitmap
            options["sel"] = selector(_bitmap(rows, len(self)))
        parameters = faiss.SearchParametersIVF(**options)
        scores, found = self._index.search(query.reshape(1, -1), wanted, params=parameters)
        pairs = [(int(row), float(score)) for row, score in zip(found[0], scores[0], strict=True) if row >= 0]
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))

    def _in_lists(self, query: Vectors, rows: Rows, lists: int) -> Rows:
        """Give those of these rows that lie in the nearest lists."""
        import numpy as np

        _, nearest = self._index.quantizer.search(query.reshape(1, -1), lists)
        is_near = np.zeros(self._lists, dtype=bool)
        is_near[nearest[0]] = True
        chosen = np.asarray(rows)
        return chosen[is_near[self._list_of[chosen]]]

    def _compare(self, query: Vectors, wanted: int, rows: Rows) -> list[tuple[int, float]]:
        """Compare the vectors of these rows, one block after the other."""
        import numpy as np

        chosen = np.asarray(rows)
        blocks = [chosen[start : start + READ] for start in range(0, len(chosen), READ)]
        scores = np.concatenate([self.vectors(block) @ query for block in blocks])
        best = best_places(scores, wanted)
        return list(zip(chosen[best].tolist(), scores[best].tolist(), strict=True))

    @functools.cached_property
    def _list_of(self) -> npt.NDArray[np.int32]:
        """The list that each row lies in."""
        import faiss
        import numpy as np

        self._map_rows()
        places = faiss.vector_to_array(self._index.direct_map.array)  # the list in the upper half
        return (places >> 32).astype(np.int32)

    def _map_rows(self) -> None:
        """Look up where each row lies, once."""
        if not self._by_row:
            self._index.make_direct_map()
            self._by_row = True

    def vectors(self, rows: Rows) -> Vectors:
        """Give vectors, see ``VectorIndex``; the first time it is looked up where all of them lie."""
        self._map_rows()
        found: Vectors = self._index.reconstruct_batch(rows)
        return found


def best_places(scores: npt.NDArray[Any], top_k: int) -> Rows:
    """Give the places of the best scores, best first; equal ones in order."""
    import numpy as np

    some = scores[::THINNED]
    if not 0 < top_k < len(some):
        return np.argsort(-scores, kind="stable")[:top_k]
    # At least as many scores of all are as high as this, so that the others need not be put in order.
    least = np.partition(some, len(some) - top_k)[len(some) - top_k]
    places = np.flatnonzero(scores > least)
    if len(places) < top_k:
        ties = np.flatnonzero(scores == least)[: top_k - len(places)]
        places = np.sort(np.concatenate([places, ties]))
    return places[np.argsort(-scores[places], kind="stable")][:top_k]


def _clustered(vectors: Vectors) -> Any:
    """Make inverted lists. The same vectors give the same bytes, and so do those that were read from such an index."""
    import faiss
    import numpy as np

    count, dimensions = vectors.shape
    lists = 2 ** round(np.log2(LISTS * count**0.5))
    index: Any = faiss.index_factory(dimensions, f"IVF{lists},SQfp16", faiss.METRIC_INNER_PRODUCT)
    index.cp.seed, index.cp.spherical = 1, True
    index.by_residual = False  # else what is read is not, to the last bit, what a new index would be made of

    def rounded(rows: Rows) -> Vectors:
        result: Vectors = vectors[rows].astype(np.float16).astype(np.float32)
        return result

    index.train(rounded(np.linspace(0, count - 1, min(count, TRAINED * lists)).astype(np.int64)))
    for start in range(0, count, BLOCK):
        index.add(rounded(np.arange(start, min(start + BLOCK, count))))
    return index


def _bitmap(rows: Rows, count: int) -> npt.NDArray[np.uint8]:
    import numpy as np

    mask = np.zeros(-(-count // 8) * 8, dtype=bool)
    mask[rows] = True
    return np.packbits(mask, bitorder="little")
