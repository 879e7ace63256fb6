"""Question → ranked, cited passages."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self, TypedDict, Unpack

from pipeline.datatypes import Absence, Answer, Hit, Manifest, Organization, Passage
from pipeline.errors import IndexDamaged, QueryError
from pipeline.indexing import store
from pipeline.indexing.catalog import Catalog
from pipeline.indexing.encode import Encoder, load_encoder
from pipeline.indexing.vectors import TokenVectors, VectorIndex
from pipeline.reading.organizations import name_key
from pipeline.searching.confidence import ANSWERED, RIVALS, UNNAMED, confidence
from pipeline.searching.duplicates import part_duplicates
from pipeline.searching.names import Names
from pipeline.searching.rank import MODES, Query, Ranked, Ranker, squash

TOP_K = 5
TWINS = 20  # more passages than asked for are looked at: some of them may say the same


def open_index(folder: str | Path = "index", model: str | None = None) -> Index:
    """Open the current generation of an index; a context manager.

    :param model: where the index's model lies, if it is not found by its name.
    :raises IndexMissing, IndexDamaged, IndexOutdated: if there is no usable index.
    """
    return Index(store.open_generation(Path(folder)), model)


class Filters(TypedDict, total=False):
    """What passages must be to be ranked at all.

    ``organizations``: acronyms, names or aliases; the passage's section is owned by one of them.
    ``section``: text that one of its headings holds. ``page``: a physical page it stands on.
    """

    organizations: Sequence[str]
    section: str | None
    page: int | None


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
        self._names = Names(entry.organization for entry in self.catalog.organizations())
        self._ranker = Ranker(self.catalog, vectors, sentence_vectors, token_vectors, self._names)
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

    def ask(self, question: str, top_k: int = TOP_K, mode: str = "hybrid", **filters: Unpack[Filters]) -> Answer:
        """Answer a question: its best passages, near-duplicates folded, and how likely the first one answers it.

        The confidence is calibrated for the mode "hybrid". For the other parameters see ``search``.
        """
        query, rows = self._prepare(question, top_k, filters)
        absences = self._absences(question)
        wanted, depth = max(top_k, RIVALS + 1), 0
        groups: list[list[int]] = []
        ranked: list[Ranked] = []
        passages: list[Passage] = []
        while len(groups) < wanted and depth <= len(ranked):
            depth = 2 * depth or wanted + TWINS
            ranked = self._ranker.rank(query, depth, rows, MODES[mode])
            passages = self.catalog.passages([item.row for item in ranked])
            groups = part_duplicates(passages)
        if not ranked:
            return Answer(question, (), 0.0, answered=False, absences=absences)
        hits = tuple(
            replace(
                _hit(rank, ranked[first], passages[first]),
                mentions=self._mentions(passages[first]),
                also=tuple(passages[other] for other in others),
            )
            for rank, (first, *others) in enumerate(groups[:top_k], start=1)
        )
        scores = [ranked[group[0]].score for group in groups]
        likely = confidence(scores, self._ranker.closeness(query, ranked[0].row), self.manifest.foreign)
        if any(absence.organization.acronym not in hits[0].mentions for absence in absences):
            likely = min(likely, UNNAMED)
        return Answer(question, hits, likely, likely >= ANSWERED, absences)

    def search(self, query: str, top_k: int = TOP_K, mode: str = "hybrid", **filters: Unpack[Filters]) -> list[Hit]:
        """Rank passages by a question, best first; near-duplicates are hits of their own.

        Filters narrow before ranking, so ``top_k`` hits come back if that many passages pass them.

        :param mode: which signals count: "hybrid", "dense" or "lexical".
        :raises QueryError: for an empty query, ``top_k`` under 1, or an unknown organization.
        """
        prepared, rows = self._prepare(query, top_k, filters)
        ranked = self._ranker.rank(prepared, top_k, rows, MODES[mode])
        passages = self.catalog.passages([item.row for item in ranked])
        return [_hit(rank, *found) for rank, found in enumerate(zip(ranked, passages, strict=True), start=1)]

    def closeness(self, text: str) -> float:
        """Tell how near a question or topic comes to its best passage, in deviations above foreign questions."""
        query, _ = self._prepare(text, 1, {})
        ranked = self._ranker.rank(query, 1, None, MODES["hybrid"])
        foreign = self.manifest.foreign
        return max(
            ((self._ranker.closeness(query, item.row) - foreign.mean) / foreign.deviation for item in ranked),
            default=-math.inf,
        )

    def _prepare(self, text: str, top_k: int, filters: Filters) -> tuple[Query, list[int] | None]:
        """Check and encode a question, and find the rows that pass the filters: None for all."""
        if not text.strip():
            raise QueryError("the question is empty; ask something")
        if top_k < 1:
            raise QueryError(f"-k must be 1 or more, not {top_k}")
        names = filters.get("organizations", ())
        acronyms = [acronym for name in names for acronym in self.resolve_organization(name)]
        rows = self.catalog.rows(acronyms, filters.get("section"), filters.get("page"))
        vectors, tokens = self.encoder.encode_tokens([text], is_query=True)
        return Query(text, vectors[0], tokens[0]), rows

    def _mentions(self, passage: Passage) -> tuple[str, ...]:
        owner = {passage.organization.acronym} if passage.organization else set()
        return tuple(sorted(self._names.named(passage.text) - owner))

    def _absences(self, question: str) -> tuple[Absence, ...]:
        """Find the organizations that a question names and no section is about, each with its most telling passage."""
        named = self._names.named(question)
        entries = [entry for entry in self.catalog.organizations() if entry.organization.acronym in named]
        present = {entry.organization.acronym for entry in entries if entry.passages}
        absent = {entry.organization.acronym: entry.organization for entry in entries}
        return tuple(
            Absence(organization, self._explanation(organization))
            for acronym, organization in absent.items()
            if acronym not in present
        )

    def _explanation(self, organization: Organization) -> Passage | None:
        """Find the first passage that names an organization; a footnote before running text, since notes explain."""
        names = Names([organization])
        rows = sorted(self.catalog.match([organization.acronym, *organization.aliases, organization.name]))
        naming = [passage for passage in self.catalog.passages(rows) if names.named(passage.text)]
        return min(naming, key=lambda passage: passage.note is None, default=None)

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


def _hit(rank: int, ranked: Ranked, passage: Passage) -> Hit:
    return Hit(rank, squash(ranked.score), passage, passage.sentences[ranked.sentence], ranked.signals)
