"""Question → ranked, cited passages."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self, TypedDict, Unpack

from pipeline.datatypes import Absence, Answer, Edition, Hit, Manifest, Passage
from pipeline.errors import IndexDamaged, QueryError
from pipeline.indexing.encode import Encoder, Reranker, load_encoder
from pipeline.indexing.pointer import REBUILD
from pipeline.indexing.stores import Opened, Selection, Store
from pipeline.reading.labels import latest
from pipeline.reading.mentions import Names
from pipeline.reading.names import Definition, definition_key
from pipeline.scaling.stores import open_store
from pipeline.searching.absences import find_absences
from pipeline.searching.confidence import ANSWERED, RIVALS, UNFIT, confidence, is_wordless
from pipeline.searching.directory import Directory
from pipeline.searching.duplicates import part_duplicates
from pipeline.searching.glossary import expand
from pipeline.searching.hits import to_hit, worded_first
from pipeline.searching.rank import CANDIDATES, MODES, Query, Ranked, Ranker
from pipeline.searching.rerank import RERANKED, rerank

TOP_K = 5
QUESTIONS = 128  # whose vectors are kept, of some 25 kB each: to encode one takes longer than to rank by it
SELECTIONS = 8  # filters whose rows are remembered, of a million passages 4 MB each
TWINS = 20  # more passages than asked for are looked at: some of them may say the same


def open_index(
    place: str | Path | Store = "index",
    model: str | None = None,
    reranker: Reranker | None = None,
    rerank_top: int = RERANKED,
) -> Index:
    """Open the current generation of an index; a context manager.

    :param place: its folder, or the address of another store: ``milvus://HOST:PORT/COLLECTION``, ``milvus:FILE.db``.
    :param model: where the index's model lies, if it is not found by its name.
    :param reranker: reads the first passages of an answer again, ``rerank_top`` of them, and puts them in order.
    :raises IndexMissing, IndexDamaged, IndexOutdated: if there is no usable index.
    """
    return open_store(place).open_current(lambda opened: Index(opened, model, reranker, rerank_top))


class Filters(TypedDict, total=False):
    """What passages must be to be ranked at all.

    ``organizations``: acronyms, names or aliases; the passage's section is owned by one of them. One that owns no
    section of any paper has instead the passages that name it, and those of the papers it published.
    ``section``: text that one of its headings holds. ``page``: a physical page it stands on. ``documents``: names, as
    in the first part of a passage's id. ``edition``: a label or "all"; by default the latest of each document.
    """

    organizations: Sequence[str]
    section: str | None
    page: int | None
    documents: Sequence[str]
    edition: str | None


class Index:
    """One generation of an index, for as long as it is open."""

    def __init__(
        self,
        opened: Opened,
        model: str | None = None,
        reranker: Reranker | None = None,
        rerank_top: int = RERANKED,
    ) -> None:
        """Take an open generation; the model is loaded at the first question. For the rest see ``open_index``."""
        self.manifest: Manifest = opened.manifest
        self._files = opened.files
        self.catalog = self._files.catalog
        if not self._files.are_in_step(self.manifest.counts["passages"], self.manifest.counts["sentences"]):
            raise IndexDamaged(f"{opened.name}: vectors and passages do not match; {REBUILD}")
        self.directory = Directory(self.catalog)
        self._names = Names(self.catalog.named_organizations())
        self._ranker = Ranker(self._files, self._names)
        self._model, self._reranker, self._rerank_top = model, reranker, rerank_top
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
        # These hold the index, whose files would else stay open for a while.
        for remembered in ("_encoded", "_selected"):
            self.__dict__.pop(remembered, None)
        self._files.close()

    def ask(self, question: str, top_k: int = TOP_K, mode: str = "hybrid", **filters: Unpack[Filters]) -> Answer:
        """Answer a question: its best passages, near-duplicates folded, and how likely the first one answers it.

        The confidence is calibrated for the mode "hybrid". A reranker changes which passage is first, not how that one
        is judged: by its own closeness, and by what the ranking gave to it and to its best rivals. Where the two
        disagree, the margin is small or negative, and so the confidence low; where they agree, it is as without a
        reranker. For the other parameters see ``search``.
        """
        rows = self._select(question, top_k, filters)
        absences = self._absences(question, filters)
        if not len(self.catalog) or (rows is not None and not len(rows)):
            return Answer(question, (), 0.0, answered=False, absences=absences)
        query = self._encoded(question)
        found = self._folded(query, max(top_k, RIVALS + 1), rows, mode)
        hits = [hit for _, hit in found]
        if self._reranker:
            hits = rerank(question, hits, self._reranker, self._rerank_top)
        first = next(ranked for ranked, hit in found if hit.passage is hits[0].passage)
        scores = [first.score, *(ranked.score for ranked, _ in found if ranked is not first)]
        likely = confidence(scores, self._ranker.closeness(query, first.row), self.manifest.foreign)
        # The note that tells why an organization has no section names it, and is no answer either.
        unnamed = any(
            absence.organization.acronym not in hits[0].mentions
            or (absence.passage == hits[0].passage and hits[0].passage.note is not None)
            for absence in absences
        )
        if unnamed or is_wordless(hits[0].passage.text):
            likely = min(likely, UNFIT)
        return Answer(question, tuple(hits[:top_k]), likely, likely >= ANSWERED, absences)

    def search(self, query: str, top_k: int = TOP_K, mode: str = "hybrid", **filters: Unpack[Filters]) -> list[Hit]:
        """Rank passages by a question, best first; near-duplicates are hits of their own, and no reranker has a say.

        Filters narrow before ranking, so ``top_k`` hits come back if that many passages pass them.

        :param mode: which signals count: "hybrid", "dense" or "lexical".
        :raises QueryError: for an empty query, ``top_k`` under 1, or an unknown organization.
        """
        return self._search(query, top_k, mode, None, filters)

    def search_edition(self, edition: Edition, query: str, top_k: int, filters: Filters) -> list[Hit]:
        """Rank passages of one edition, scored by how far they stand out in it, whatever else the index holds."""
        filters = {**filters, "documents": [edition.document], "edition": edition.label}
        return self._search(query, top_k, "hybrid", self._files.rows(editions=[edition.id]), filters)

    def _search(self, query: str, top_k: int, mode: str, among: Selection | None, filters: Filters) -> list[Hit]:
        import numpy as np

        rows = self._select(query, top_k, filters)
        if rows is not None and not len(rows):
            return []
        reference = None if among is None else np.asarray(among)
        ranked = self._ranker.rank(self._encoded(query), top_k + TWINS, rows, MODES[mode], reference)
        found = worded_first(ranked, self.catalog.passages([item.row for item in ranked]))[:top_k]
        mentions = self.catalog.mentions(item.row for item, _ in found)
        return [to_hit(rank, item, passage, mentions[item.row]) for rank, (item, passage) in enumerate(found, start=1)]

    def best_sentence(self, passage: Passage, question: str) -> tuple[int, int]:
        """Give the (start, end) of the sentence of a passage that comes nearest to a question."""
        import numpy as np

        row = np.array([self.catalog.row(passage.id)])
        return passage.sentences[self._ranker.rank(self._encoded(question), 1, row, MODES["hybrid"])[0].sentence]

    def editions(self, **filters: Unpack[Filters]) -> list[Edition]:
        """List the editions that a search with these filters looks at.

        :raises QueryError: if there is no such document or edition.
        """
        found = self.catalog.editions()
        documents, label = filters.get("documents", ()), filters.get("edition")
        known = {edition.document for edition in found} if documents else set()
        for name in documents:
            if name not in known:
                raise QueryError(f"no document is called {name!r}; mandates editions lists them")
        found = [edition for edition in found if not documents or edition.document in documents]
        if label is None:
            return latest(found) if documents else list(self._latest)
        if label == "all":
            return found
        chosen = [edition for edition in found if label in (edition.label, edition.id)]
        if not chosen:
            raise QueryError(f"no edition is called {label!r}; there is {', '.join(item.id for item in found)}")
        return chosen

    @functools.cached_property
    def _latest(self) -> tuple[Edition, ...]:
        return tuple(latest(self.catalog.editions()))

    def closeness(self, text: str) -> float:
        """Tell how near a question or topic comes to its best passage, in deviations above foreign questions."""
        return max((self.nearness(hit) for hit in self.search(text, 1)), default=-math.inf)

    def nearness(self, hit: Hit) -> float:
        """Tell how near a passage comes to its question, in deviations above foreign questions."""
        foreign = self.manifest.foreign
        return -math.inf if hit.cosine is None else (hit.cosine - foreign.mean) / foreign.deviation

    def known_words(self, text: str) -> dict[str, str | None]:
        """Give each word of a text with what the papers have of it: itself, the nearest to a misspelt one, or None."""
        return self._ranker.known_words(text)

    def _select(self, text: str, top_k: int, filters: Filters) -> Selection | None:
        """Check a question, and find the rows that pass the filters: None for all."""
        if not text.strip():
            raise QueryError("the question is empty; ask something")
        if top_k < 1:
            raise QueryError(f"-k must be 1 or more, not {top_k}")
        organizations, documents = tuple(filters.get("organizations", ())), tuple(filters.get("documents", ()))
        return self._selected(
            organizations, documents, filters.get("section"), filters.get("page"), filters.get("edition")
        )

    @functools.cached_property
    def _selected(self) -> Callable[..., Selection | None]:
        """Find the rows that pass filters, or remember them: of a million passages that takes milliseconds."""
        return functools.lru_cache(SELECTIONS)(self._find_selected)

    def _find_selected(
        self,
        organizations: tuple[str, ...],
        documents: tuple[str, ...],
        section: str | None,
        page: int | None,
        edition: str | None,
    ) -> Selection | None:
        acronyms = [acronym for name in organizations for acronym in self.directory.resolve(name)]
        editions = self.editions(documents=documents, edition=edition)
        everything = len(editions) == len(self.manifest.editions)
        ids = None if everything else [found.id for found in editions]
        return self._files.rows(acronyms, section, page, ids)

    @functools.cached_property
    def _encoded(self) -> Callable[[str], Query]:
        """Encode a question, or remember it: it is asked again with another filter, or for its next hits."""
        return functools.lru_cache(QUESTIONS)(self._encode)

    def _encode(self, text: str) -> Query:
        """Encode a question, asked in both spellings of what the papers abbreviate."""
        asked = expand(text, self._definitions)
        vectors, tokens = self.encoder.encode_tokens([asked], is_query=True)
        return Query(asked, vectors[0], tokens[0])

    def _definitions(self, keys: Sequence[str]) -> list[Definition]:
        """List definitions but those of organizations: whose section a passage is of says so in both spellings."""
        known = self._names.keys
        return [item for item in self.catalog.definitions(keys) if definition_key(item.short) not in known]

    def _folded(self, query: Query, count: int, rows: Selection | None, mode: str) -> list[tuple[Ranked, Hit]]:
        """Rank passages and fold those that say the same, until there are ``count`` that differ or no more at all.

        With a reranker there are as many as it reads.
        """
        wanted, depth = max(count, self._rerank_top if self._reranker else 0), 0
        groups: list[list[int]] = []
        known, found = 0, list[Ranked]()
        ranked: list[Ranked] = []
        passages: list[Passage] = []
        pairs: list[tuple[Ranked, Passage]] = []
        while len(groups) < wanted and depth <= len(ranked):
            depth = 2 * depth or wanted + TWINS
            if depth > known:  # as many as there are candidates are ranked for the price of one
                known = max(depth, CANDIDATES)
                found = self._ranker.rank(query, known, rows, MODES[mode])
            ranked = found[:depth]
            passages += self.catalog.passages([item.row for item in ranked[len(passages) :]])
            pairs = worded_first(ranked, passages)
            groups = part_duplicates([passage for _, passage in pairs])
        mentions = self.catalog.mentions(pairs[first][0].row for first, *_ in groups)
        return [
            (
                pairs[first][0],
                replace(
                    to_hit(rank, *pairs[first], mentions[pairs[first][0].row]),
                    also=tuple(pairs[other][1] for other in others),
                ),
            )
            for rank, (first, *others) in enumerate(groups[:wanted], start=1)
        ]

    def _absences(self, question: str, filters: Filters) -> tuple[Absence, ...]:
        named = self._names.asked_for(question)
        return find_absences(self._files, named, self.editions(**filters)) if named else ()

    @property
    def encoder(self) -> Encoder:
        """The model the index was built with."""
        if self._encoder is None:
            self._encoder = load_encoder(self._model, expected=self.manifest.encoder, thorough=False)
        return self._encoder
