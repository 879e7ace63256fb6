"""txtai: an Embeddings database that keeps the texts."""

from __future__ import annotations

from pathlib import Path

from txtai import Embeddings

from benchmarks.baselines import papers as reading
from benchmarks.baselines.program import TOP_K, Found, main

FIND = f"select text, file, page, score from txtai where similar(:question) limit {TOP_K}"


def ingest(papers: list[Path], passages: Path | None, model: Path, index: Path) -> None:
    """Write an index."""
    embeddings = Embeddings(path=str(model), content=True, gpu=False)
    embeddings.index(reading.load(papers, passages))
    embeddings.save(str(index))


class Txtai:
    """The database, open. It remembers its model's folder itself."""

    def __init__(self, model: Path, index: Path) -> None:
        """Load all of it."""
        self._embeddings = Embeddings()
        self._embeddings.load(str(index))

    def encode(self, question: str) -> object:
        """Encode a question."""
        return self._embeddings.transform(question)

    def search(self, question: str) -> list[Found]:
        """Give the best passages."""
        rows = self._embeddings.search(FIND, TOP_K, parameters={"question": question})
        return [Found(row["score"], row["file"], row["page"], row["text"]) for row in rows]


if __name__ == "__main__":
    main(ingest, Txtai)
