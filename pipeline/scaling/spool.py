"""Finished files of an ingest that has not ended: each with its passages and vectors in one part.

A part is named after all that it was made from: the edition and its bytes, the model, the release. Who finds it need
not make it again, and who makes it twice writes the same. Once a generation holds them all, the parts are deleted.
"""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.datatypes import Edition, EncoderInfo, Passage
from pipeline.datatypes.page import Document
from pipeline.indexing import manifests
from pipeline.indexing.reuse import embedded_text, sentence_texts
from pipeline.scaling.remote import Folder

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]
    Tokens = npt.NDArray[np.int8]

FORMAT = 1  # of a part; raised whenever older parts cannot be read any more
DIGEST = 32  # bytes of a sha256, which a part begins with


class Part(NamedTuple):
    """A file, read and encoded: vector and token vectors of each passage's text, vector of each sentence's, by text."""

    document: Document
    passages: list[Passage]
    contexts: dict[str, tuple[Vectors, Tokens]]
    sentences: dict[str, Tokens]


@dataclass(frozen=True, slots=True)
class Spool:
    """The parts of one ingest: their folder, the model, and the languages that scans are recognized in."""

    folder: Folder
    encoder: EncoderInfo
    ocr: str | None = None

    def name(self, edition: Edition) -> str:
        """Name the part of an edition."""
        made_from = [FORMAT, manifests.SCHEMA, manifests.release(), self.encoder.sha256, self.ocr, asdict(edition)]
        return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest() + ".part"

    def holds(self, edition: Edition) -> bool:
        """Tell whether an edition's part is there, to the last byte."""
        return self._read(edition) is not None

    def load(self, edition: Edition) -> Part | None:
        """Give an edition's part; none if it is missing or damaged."""
        data = self._read(edition)
        return None if data is None else unpacked(data)

    def save(self, edition: Edition, part: Part) -> None:
        """Write an edition's part."""
        data = packed(part)
        self.folder.write(self.name(edition), hashlib.sha256(data).digest() + data)

    def _read(self, edition: Edition) -> memoryview | None:
        data = memoryview(self.folder.read(self.name(edition)) or b"")
        digest, data = data[:DIGEST], data[DIGEST:]
        return data if digest and hashlib.sha256(data).digest() == digest else None


def texts_of(passages: Sequence[Passage]) -> tuple[list[str], list[str]]:
    """List the texts that are encoded for passages and for their sentences, each once."""
    return list(dict.fromkeys(map(embedded_text, passages))), list(dict.fromkeys(sentence_texts(passages)))


def packed(part: Part) -> bytes:
    """Put a part into bytes: its records, then its vectors row by row in the order of ``texts_of``."""
    import numpy as np

    contexts, sentences = texts_of(part.passages)
    tokens = [part.contexts[text][1] for text in contexts]
    records = (part.document, part.passages, [len(pieces) for pieces in tokens])
    stream = io.BytesIO()
    np.savez(
        stream,
        records=np.frombuffer(zlib.compress(pickle.dumps(records), level=1), dtype=np.uint8),
        vectors=np.array([part.contexts[text][0] for text in contexts], dtype=np.float32),
        tokens=np.concatenate(tokens) if tokens else np.zeros((0, 0), dtype=np.int8),
        sentences=np.array([part.sentences[text] for text in sentences], dtype=np.int8),
    )
    return stream.getvalue()


def unpacked(data: memoryview | bytes) -> Part:
    """Make the part of its bytes."""
    import numpy as np

    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        records, vectors, tokens, sentences = (file[name] for name in ("records", "vectors", "tokens", "sentences"))
    document, passages, counts = _Records(io.BytesIO(zlib.decompress(records.tobytes()))).load()
    pieces = np.split(tokens, np.cumsum(counts[:-1], dtype=np.int64))
    by_context, by_sentence = texts_of(passages)
    return Part(
        document,
        passages,
        dict(zip(by_context, zip(vectors, pieces, strict=False), strict=True)),  # of nothing there is an empty piece
        dict(zip(by_sentence, sentences, strict=True)),
    )


class _Records(pickle.Unpickler):
    """Reads records of ours and nothing else: a work folder may be shared with others."""

    def find_class(self, module: str, name: str) -> Any:
        """Find a class.

        :raises pickle.UnpicklingError: if it is none of our records.
        """
        if not module.startswith("pipeline.datatypes.") or "." in name:
            raise pickle.UnpicklingError(f"{module}.{name} is no record")
        return super().find_class(module, name)
