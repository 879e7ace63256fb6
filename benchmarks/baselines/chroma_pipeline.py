"""Chroma: a persistent collection with its embedding function for sentence-transformers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import chromadb
from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction

from benchmarks.baselines import papers as reading
from benchmarks.baselines.program import TOP_K, Found, main

NAME = "papers"


def ingest(papers: list[Path], passages: Path | None, model: Path, index: Path) -> None:
    """Write an index."""
    found = reading.load(papers, passages)
    client = chromadb.PersistentClient(str(index))
    collection: Any = client.create_collection(NAME, embedding_function=_embeddings(model))
    most = client.get_max_batch_size()
    for start in range(0, len(found), most):
        batch = found[start : start + most]
        collection.add(
            ids=[str(start + offset) for offset in range(len(batch))],
            documents=[passage["text"] for passage in batch],
            metadatas=[{"file": passage["file"], "page": passage["page"]} for passage in batch],
        )


class Chroma:
    """The collection, open."""

    def __init__(self, model: Path, index: Path) -> None:
        """Load all of it."""
        self._embeddings = _embeddings(model)
        client = chromadb.PersistentClient(str(index))
        self._collection: Any = client.get_collection(NAME, embedding_function=self._embeddings)

    def encode(self, question: str) -> object:
        """Encode a question."""
        return self._embeddings([question])

    def search(self, question: str) -> list[Found]:
        """Give the best passages; the collection's score is a distance."""
        found = self._collection.query(query_texts=[question], n_results=TOP_K)
        columns = (found[name][0] for name in ("distances", "metadatas", "documents"))
        return [
            Found(-distance, place["file"], place["page"], text) for distance, place, text in zip(*columns, strict=True)
        ]


def _embeddings(model: Path) -> Any:
    return SentenceTransformerEmbeddingFunction(model_name=str(model), device="cpu")


if __name__ == "__main__":
    main(ingest, Chroma)
