"""Token vectors in 128 bytes: 256 axes, along which a corpus's tokens differ most, in 4 bits each.

In 8 bits and all dimensions they take 29 kB a passage, so 29 GB a million, more than memory holds. With 256 axes
Cranfield's nDCG@10 is 0.4665 for 0.4662 and the paper's MRR 0.804 for 0.808; with 128 it falls by 0.009.
The axes are the principal ones of a sample of the corpus (Jolliffe, "Principal component
analysis", 2002), as in ColBERTv2's residual codes (Santhanam et al., NAACL 2022) without the centroids.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import IndexDamaged
from pipeline.indexing.arrays import open_arrays, write_arrays
from pipeline.indexing.vectors import in_blocks, unit_rows

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]
    Bytes = npt.NDArray[np.int8]

KEPT = 256  # axes; an even number, since two share a byte
LEVELS = 7  # on either side of 0, which is what 4 bits can say
WIDEST = 3.0  # deviations from the mean that are told apart along an axis; farther out lies one value in 400
LEARNT = 100_000  # token vectors, evenly spread, that the axes are learnt from


class Axes:
    """The axes, and where along each the vectors lie."""

    def __init__(self, basis: Vectors, middle: Vectors, reach: Vectors) -> None:
        """Take the axes, shape (dimensions, axes), and the mean and deviation of the vectors along each."""
        self.basis, self.middle, self.reach = basis, middle, reach
        self._step = (reach * (WIDEST / LEVELS)).astype(basis.dtype)

    def encode(self, vectors: npt.NDArray[Any]) -> Bytes:
        """Bring vectors of any length to 4 bits an axis; the second half of the axes in the upper bits."""
        import numpy as np

        steps = np.rint((unit_rows(vectors) @ self.basis - self.middle) / self._step)
        levels = steps.clip(-LEVELS, LEVELS).astype(np.int16) + LEVELS
        half = levels.shape[1] // 2
        codes: Bytes = (levels[:, :half] | levels[:, half:] << 4).astype(np.uint8).view(np.int8)
        return codes

    def levels(self, codes: Bytes) -> Vectors:
        """Give the steps along each axis, from 0."""
        import numpy as np

        levels = np.empty((len(codes), len(self.reach)), dtype=np.float32)
        _unpack(codes, levels)
        return levels

    def similarities(self, query: Vectors, codes: Bytes) -> Vectors:
        """Give the products of vectors with those of a query, shape (vectors, tokens).

        What is left of a vector counts as if its norm were 1: it is 0.99, with a deviation of 0.007.
        """
        import numpy as np

        turned = query @ self.basis
        scaled, least = np.ascontiguousarray((turned * self._step).T), (self.middle - LEVELS * self._step) @ turned.T
        products = np.empty((len(codes), len(query)), dtype=np.float32)
        for rows, levels in in_blocks(codes, len(self.reach), _unpack):
            np.matmul(levels, scaled, out=products[rows])
            products[rows] += least
        return products

    def decode(self, codes: Bytes) -> Vectors:
        """Give vectors in all dimensions, nearly as they were."""
        import numpy as np

        turned: Vectors = self._step * (self.levels(codes) - np.float32(LEVELS)) + self.middle
        return turned @ self.basis.T

    @property
    def width(self) -> int:
        """The bytes of a vector; never as many as the dimensions it has otherwise."""
        return len(self.reach) // 2


def _unpack(codes: Bytes, levels: Vectors) -> None:
    import numpy as np

    half = codes.shape[1]
    pairs = codes.view(np.uint8)
    np.copyto(levels[:, :half], pairs & 15)
    np.copyto(levels[:, half:], pairs >> 4)


def learn_axes(sample: npt.NDArray[Any]) -> Axes:
    """Find the axes along which token vectors differ most from 0."""
    import numpy as np

    units = unit_rows(sample)
    _, found = np.linalg.eigh((units.T @ units).astype(np.float64))
    kept = min(KEPT, found.shape[1] // 2 * 2)
    basis = np.ascontiguousarray(found[:, ::-1][:, :kept])
    basis *= np.where(basis[np.abs(basis).argmax(axis=0), np.arange(kept)] < 0, -1, 1)  # eigh leaves the sign open
    turned = units @ basis
    middle, reach = turned.mean(axis=0), turned.std(axis=0)
    return Axes(*(part.astype(np.float32) for part in (basis, middle, np.where(reach == 0, 1, reach))))


def learn_from(passages: Sequence[npt.NDArray[Any]]) -> Axes:
    """Find the axes of passages' token vectors, of evenly spread ones if they are many."""
    import numpy as np

    step = max(1, sum(map(len, passages)) // LEARNT)
    return learn_axes(np.concatenate(passages[::step]))


class CodedPassages(Sequence["Vectors"]):
    """Passages' token vectors in all dimensions, made of their codes one passage at a time."""

    def __init__(self, codes: Sequence[Bytes], axes: Axes) -> None:
        """Take the codes of each passage."""
        self._codes, self._axes = codes, axes

    def __len__(self) -> int:
        """Count the passages."""
        return len(self._codes)

    def __getitem__(self, place: Any) -> Any:
        """Give the vectors of a passage."""
        return self._axes.decode(self._codes[place])


def write_axes(path: Path, axes: Axes) -> None:
    """Write axes.

    :raises OSError: if the file cannot be written.
    """
    write_arrays(path, {"basis": axes.basis, "middle": axes.middle, "reach": axes.reach})


def open_axes(path: Path) -> Axes | None:
    """Read axes; None if there is no such file, as in an index of few passages.

    :raises IndexDamaged: if it does not hold axes.
    """
    if not path.exists():
        return None
    names = ("basis", "middle", "reach")
    basis, middle, reach = (array.copy() for array in open_arrays(path, dict.fromkeys(names, "F32")).values())
    if basis.ndim != 2 or not basis.shape[1:] == middle.shape == reach.shape:
        raise IndexDamaged(f"{path}: the axes are not in step; rebuild it: mandates ingest")
    return Axes(basis, middle, reach)
