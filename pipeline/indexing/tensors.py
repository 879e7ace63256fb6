"""Tensors of a safetensors file, mapped into memory: only what is looked at is read from disk.

The format (https://github.com/huggingface/safetensors#format): the length of a header as 8 bytes, the header as JSON
(name → dtype, shape, first and last byte), the tensors. The format's own library copies every tensor it gives out.
"""

from __future__ import annotations

import json
import mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.errors import EncoderError

if TYPE_CHECKING:
    import numpy.typing as npt

# The dtypes that numpy has too.
DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1",
}  # fmt: skip
POPULATE_READ = 22  # MADV_POPULATE_READ of Linux 5.14, which Python has no name for


class Tensors:
    """A mapped safetensors file."""

    def __init__(self, file: Path) -> None:
        """Map the file and read its header.

        :raises EncoderError: if it is not such a file, or cut.
        """
        try:
            with file.open("rb") as stream:
                self._data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            length = int.from_bytes(self._data[:8], "little")
            header: dict[str, dict[str, Any]] = json.loads(self._data[8 : 8 + length])
            self.metadata: dict[str, str] = header.pop("__metadata__", {})
            self._entries = {name: Entry(8 + length, **entry) for name, entry in header.items()}
            whole = all(entry.end <= len(self._data) for entry in self._entries.values())
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise EncoderError(f"{file}: not a safetensors file ({error})") from error
        if not whole:
            raise EncoderError(f"{file}: a part of the tensors is missing")
        self.file = file

    def __contains__(self, name: str) -> bool:
        """Tell whether there is such a tensor."""
        return name in self._entries

    def names(self) -> list[str]:
        """List the tensors."""
        return list(self._entries)

    def dtype(self, name: str) -> str:
        """Tell a tensor's dtype, in the words of the format."""
        return self._entries[name].dtype

    def array(self, name: str) -> npt.NDArray[Any]:
        """Give a tensor as it lies in the file, without a copy.

        :raises EncoderError: if there is none, or numpy has no such dtype.
        """
        import numpy as np

        entry = self._entries.get(name)
        if entry is None or entry.dtype not in DTYPES:
            raise EncoderError(f"{self.file}: no tensor {name} that numpy can read")
        dtype = np.dtype(DTYPES[entry.dtype])
        try:
            flat = np.frombuffer(self._data, dtype, (entry.end - entry.start) // dtype.itemsize, entry.start)
            return flat.reshape(entry.shape)
        except (ValueError, TypeError) as error:
            raise EncoderError(f"{self.file}: tensor {name} is damaged ({error})") from error

    def prefetch(self, names: list[str]) -> None:
        """Map the pages of these tensors at once where the system can: a page at a time takes twice as long."""
        first = min(self._entries[name].start for name in names)
        end = max(self._entries[name].end for name in names)
        start = first - first % mmap.PAGESIZE
        try:
            self._data.madvise(POPULATE_READ, start, end - start)
        except (AttributeError, OSError, ValueError):
            return


class Entry(NamedTuple):
    """Where a tensor lies."""

    base: int
    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]

    @property
    def start(self) -> int:
        """Its first byte in the file."""
        return self.base + self.data_offsets[0]

    @property
    def end(self) -> int:
        """The byte after its last."""
        return self.base + self.data_offsets[1]
