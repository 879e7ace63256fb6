"""Several numpy arrays in one file that is mapped, not read: the layout of safetensors, which ``Tensors`` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import EncoderError, IndexDamaged
from pipeline.indexing.tensors import DTYPES, Tensors

if TYPE_CHECKING:
    import numpy.typing as npt

ALIGNED = 64  # bytes: where the first array starts; numpy copies an array that starts at an odd place
NAMES = {dtype: name for name, dtype in DTYPES.items()}


def write_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays, the widest numbers first: each then starts at a multiple of its numbers' width.

    :raises OSError: if the file cannot be written.
    """
    import numpy as np

    ordered = sorted(arrays.items(), key=lambda item: (-item[1].itemsize, item[0]))
    header: dict[str, dict[str, Any]] = {}
    end = 0
    for name, array in ordered:
        start, end = end, end + array.nbytes
        dtype = NAMES[array.dtype.newbyteorder("<").str.replace("|", "<")]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % ALIGNED)
    with path.open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        for _, array in ordered:
            stream.write(np.ascontiguousarray(array).data)


def open_arrays(path: Path, names: Mapping[str, str]) -> dict[str, npt.NDArray[Any]]:
    """Map a file's arrays.

    :param names: the arrays that must be there, and the dtype of each in the words of safetensors.
    :raises IndexDamaged: if they are not.
    """
    try:
        tensors = Tensors(path)
        wrong = next((name for name, dtype in names.items() if tensors.dtype(name) != dtype), None)
        if wrong is None:
            return {name: tensors.array(name) for name in names}
    except (EncoderError, KeyError) as error:
        raise IndexDamaged(f"{path}: not the arrays of an index; rebuild it: mandates ingest") from error
    raise IndexDamaged(f"{path}: the numbers of {wrong} are of another kind; rebuild it: mandates ingest")
