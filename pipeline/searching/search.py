"""Question → ranked, cited passages."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.datatypes import Hit, Manifest
from pipeline.errors import IndexDamaged, QueryError
from pipeline.indexing import store
from pipeline.indexing.catalog import Catalog
from pipeline.indexing.encode import Encoder, load_encoder
from pipeline.indexing.vectors import TokenVectors, VectorIndex
from pipeline.reading.organizations import name_key
from pipeline.searching.rank import MODES, Query, Ranker

TOP_K = 5


def open_index(folder: str | Path = "index", model: str | None = None) -> Index:
    """Open the current generation of an index; a context manager.

    :param model: where the index's model lies, if it is not found by its name.
    :raises IndexMissing, IndexDamaged, IndexOutdated: if there is no usable index.
    """
    return Index(store.open_generation(Path(folder)), model)


class Index:
    """One generation of an index, for as long as it is open."""

    def __init__(self, generation: store.Generation, model: str | None = None) -> None:
        """Open the files; the model is loaded at the first question."""
        self.manifest: Manifest = generation.manifest
        self.catalog = Catalog(generation.path / store.CATALOG)
        vectors = VectorIndex(generation.path / store.PASSAGE_VECTORS)
        sentence_vectors = VectorIndex(generation.path / store.SENTENCE_VECTORS)
        token_vectors = TokenVectors(generation.path / store.TOKEN_VECTORS)
        passages, sentences = self.manifest.counts["passages"], self.manifest.counts["sentences"]
        if not len(self.catalog) == len(vectors) == passages or len(sentence_vectors) != sentences:
            raise IndexDamaged(f"{generation.path}: vectors and passages do not match; {store.REBUILD}")
        organizations = [entry.organization for entry in self.catalog.organizations()]
        self._ranker = Ranker(self.catalog, vectors, sentence_vectors, token_vectors, organizations)
        self._model = model
        self._encoder: Encoder | None = None

    def __enter__(self) -> Self:
        """Use the index in a ``with`` statement."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the index."""
        self.close()

    def close(self) -> None:
        """Give the files back."""
        self.catalog.close()

    def search(
        self,
        query: str,
        top_k: int = TOP_K,
        organizations: Sequence[str] = (),
        section: str | None = None,
        page: int | None = None,
        mode: str = "hybrid",
    ) -> list[Hit]:
        """Rank the passages that answer a question, best first.

        Filters narrow before ranking, so ``top_k`` hits come back if that many passages pass them.

        :param organizations: acronyms, names or aliases; a hit's section is owned by one of them.
        :param section: text that one of a hit's headings holds.
        :param page: a physical page a hit stands on.
        :param mode: which signals count: "hybrid", "dense" or "lexical".
        :raises QueryError: for an empty query, ``top_k`` under 1, or an unknown organization.
        """
        if not query.strip():
            raise QueryError("the question is empty; ask something")
        if top_k < 1:
            raise QueryError(f"-k must be 1 or more, not {top_k}")
        acronyms = [acronym for name in organizations for acronym in self.resolve_organization(name)]
        rows = self.catalog.rows(acronyms, section, page)
        if rows is not None and not rows:
            return []
        vectors, tokens = self.encoder.encode_tokens([query], is_query=True)
        ranked = self._ranker.rank(Query(query, vectors[0], tokens[0]), top_k, rows, MODES[mode])
        passages = self.catalog.passages([item.row for item in ranked])
        return [
            Hit(rank, item.score, passage, passage.sentences[item.sentence], item.signals)
            for rank, (item, passage) in enumerate(zip(ranked, passages, strict=True), start=1)
        ]

    @property
    def encoder(self) -> Encoder:
        """The model the index was built with."""
        if self._encoder is None:
            self._encoder = load_encoder(self._model, expected=self.manifest.encoder)
        return self._encoder

    def resolve_organization(self, name: str) -> list[str]:
        """Find the acronyms that a name, acronym or alias stands for, case, articles and punctuation aside.

        :raises QueryError: if nobody is called so; the message suggests the nearest.
        """
        known: dict[str, list[str]] = {}
        for entry in self.catalog.organizations():
            organization = entry.organization
            for alias in (organization.acronym, organization.name, *organization.aliases):
                known.setdefault(name_key(alias), []).append(organization.acronym)
        key = name_key(name)
        if key in known:
            return list(dict.fromkeys(known[key]))
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
        hint = f"did you mean {known[near[0]][0]}?" if near else "mandates orgs lists them"
        raise QueryError(f"no organization is called {name!r}; {hint}")
