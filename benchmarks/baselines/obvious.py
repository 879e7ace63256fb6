"""The obvious script: pdfplumber, sentence-transformers, and a flat FAISS index beside a JSON file."""

from __future__ import annotations

import json
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
from sentence_transformers import SentenceTransformer

from benchmarks.baselines import papers as reading
from benchmarks.baselines.program import TOP_K, Found, main


def ingest(papers: list[Path], passages: Path | None, model: Path, index: Path) -> None:
    """Write an index."""
    found = reading.load(papers, passages)
    encoder = SentenceTransformer(str(model), device="cpu")
    vectors = encoder.encode([passage["text"] for passage in found], normalize_embeddings=True)
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    faiss.write_index(flat, str(index / "vectors.faiss"))
    (index / "passages.json").write_text(json.dumps(found), encoding="utf-8")


class Obvious:
    """The index, open."""

    def __init__(self, model: Path, index: Path) -> None:
        """Load all of it."""
        self._encoder = SentenceTransformer(str(model), device="cpu")
        self._vectors = faiss.read_index(str(index / "vectors.faiss"))
        self._passages: list[reading.Passage] = json.loads((index / "passages.json").read_text(encoding="utf-8"))

    def encode(self, question: str) -> npt.NDArray[np.float32]:
        """Encode a question."""
        return np.asarray(self._encoder.encode([question], normalize_embeddings=True))

    def search(self, question: str) -> list[Found]:
        """Give the best passages."""
        scores, rows = self._vectors.search(self.encode(question), TOP_K)
        return [
            Found(float(score), **self._passages[row])
            for score, row in zip(scores[0], rows[0], strict=True)
            if row >= 0
        ]


if __name__ == "__main__":
    main(ingest, Obvious)
