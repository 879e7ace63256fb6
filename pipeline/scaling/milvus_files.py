"""A generation in Milvus, opened for reading: stands where ``pipeline.indexing.files.Files`` does.

Nothing is kept here but tables of few rows and what was asked for before, so a reader is open in milliseconds whatever
the number of passages. Filters and rankings by one signal are Milvus's work, and what goes over the wire is what comes
near: a few hundred passages' vectors a question.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.datatypes import EncoderInfo
from pipeline.indexing.files import Pieces
from pipeline.indexing.records import PARTED
from pipeline.indexing.vectors import best_match
from pipeline.scaling.conditions import condition_of, holding, quote
from pipeline.scaling.entities import AXES, PASSAGES, PIECES, RECORDS, to_axes, unpack
from pipeline.scaling.milvus import MOST, Database
from pipeline.scaling.milvus_catalog import MilvusCatalog, Records
from pipeline.scaling.milvus_words import MilvusWords

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]
    Rows = npt.NDArray[np.int64]

LISTED = 2_048  # rows that pass a filter; where there are more, they are not looked at one by one
REMEMBERED = 256  # filters whose rows are known
KEPT_BYTES = 256_000_000  # of pieces that were read before


class Chosen:
    """The rows that pass a filter, as ``Selection`` says: listed if they are few."""

    def __init__(self, files: MilvusFiles, condition: str) -> None:
        """Look for the first of them."""
        self.condition, self._files = condition, files
        self._rows = files.listed(condition, LISTED + 1)

    def __len__(self) -> int:
        """Count them, if they are listed; else count all passages."""
        return len(self._rows) if len(self._rows) <= LISTED else len(self._files.catalog)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Rows:
        """Give the rows, in order."""
        import numpy as np

        if len(self._rows) > LISTED:
            self._rows = self._files.listed(self.condition)
        return np.array(sorted(self._rows), dtype=dtype or np.int64)


class MilvusVectors:
    """The vectors of passages, see ``VectorIndex``."""

    def __init__(self, database: Database, collection: str) -> None:
        """Take the collection they are in."""
        self._database, self._collection = database, collection

    def search(self, query: Vectors, top_k: int, rows: Any = None) -> list[tuple[int, float]]:
        """Find the rows nearest to one query vector, best first; equal scores in order of row."""
        return self._database.search(self._collection, "vector", query, top_k, condition_of(rows))

    def vectors(self, rows: Rows) -> Vectors:
        """Give the vectors of these rows, shape (len(rows), dimensions)."""
        import numpy as np

        entities = self._database.get(self._collection, rows.tolist(), ["row", "vector"])
        found = {int(entity["row"]): entity["vector"] for entity in entities}
        return np.array([found[row] for row in rows.tolist()], dtype=np.float32)


class MilvusFiles:
    """A generation in Milvus, for the meaning of each method see ``Reader`` and ``Files``."""

    def __init__(self, database: Database, names: Mapping[str, str], encoder: EncoderInfo) -> None:
        """Read the small tables."""
        self._database, self._names = database, names
        records = Records(database, names[RECORDS])
        self.catalog = MilvusCatalog(database, names, records)
        self.words = MilvusWords(database, names[PASSAGES], records, len(self.catalog))
        self.vectors = MilvusVectors(database, names[PASSAGES])
        axes = records.get(AXES, [()])
        self.axes = to_axes(axes[0]) if axes else None
        self.dimensions = encoder.dimensions
        self._filters: OrderedDict[str, Chosen] = OrderedDict()
        self._pieces: OrderedDict[int, tuple[Any, Any]] = OrderedDict()
        self._kept, self._lock = 0, threading.Lock()

    def rows(
        self,
        organizations: Sequence[str] = (),
        section: str | None = None,
        page: int | None = None,
        editions: Sequence[str] | None = None,
    ) -> Chosen | None:
        """Give the rows of the passages that pass all filters; None for all of them."""
        conditions = []
        if editions is not None:
            documents = sorted({self.catalog.edition(edition).document for edition in editions})
            conditions.append(f"document in {quote(documents)} and edition in {quote(sorted(editions))}")
        if organizations:
            conditions.append(self._of(organizations))
        if section is not None:
            conditions.append("row < 0" if PARTED in section else f"headings like {holding(section.casefold())}")
            conditions.append('headings != ""')
        if page is not None:
            conditions.append(f"array_contains(pages, {page})")
        return self._chosen(" and ".join(f"({part})" for part in conditions)) if conditions else None

    def _of(self, organizations: Sequence[str]) -> str:
        """Give the condition that a passage is of these organizations; see ``Files.rows``."""
        with_section = [acronym for acronym in organizations if self.catalog.owner_numbers([acronym])]
        without = [acronym for acronym in organizations if acronym not in with_section]
        published = [
            edition.id for edition in self.catalog.editions() if {*without} & {*self.catalog.publishers(edition)}
        ]
        conditions = [f"organization in {quote(with_section)}"] if with_section else []
        if without:
            conditions.append(f"array_contains_any(mentions, {quote(without)})")
        if published:
            conditions.append(f'organization == "" and edition in {quote(published)}')
        return " or ".join(f"({condition})" for condition in conditions)

    def _chosen(self, condition: str) -> Chosen:
        with self._lock:
            known = self._filters.get(condition)
        chosen = known or Chosen(self, condition)
        with self._lock:
            self._filters[condition] = chosen
            self._filters.move_to_end(condition)
            while len(self._filters) > REMEMBERED:
                self._filters.popitem(last=False)
        return chosen

    def listed(self, condition: str, most: int = 0) -> list[int]:
        """List the rows that meet a condition, all of them if no most is given."""
        if most:
            found: Iterable[Mapping[str, Any]] = self._database.query(self._names[PASSAGES], condition, ["row"], most)
        else:
            found = self._database.every(self._names[PASSAGES], ["row"], condition)
        return [int(entity["row"]) for entity in found]

    def owned(self, rows: Rows, acronyms: Collection[str]) -> npt.NDArray[np.bool_]:
        """Tell of each of these passages whether one of these organizations owns it."""
        import numpy as np

        condition = f"organization in {quote(sorted(acronyms))}"
        owned = [
            row
            for start in range(0, len(rows), MOST)
            for row in self.listed(f"{condition} and {condition_of(rows[start : start + MOST])}", MOST)
        ]
        return np.isin(rows, np.array(owned, dtype=np.int64))

    def pieces(self, rows: Rows, *, tokens: bool = True) -> Pieces:
        """Read the vectors of these passages' sentences, and of their tokens if they are wanted."""
        import numpy as np

        found = self._read_pieces(rows.tolist())
        sentences, codes = zip(*(found[row] for row in rows.tolist()), strict=True)
        counts, lengths = (np.array([len(part) for part in parts], dtype=np.int64) for parts in (sentences, codes))
        gathered = np.concatenate(codes) if tokens else codes[0][:0]
        return Pieces(rows, np.concatenate(sentences), counts, gathered, lengths)

    def _read_pieces(self, rows: list[int]) -> dict[int, tuple[Any, Any]]:
        """Give what was read before, and read the rest."""
        with self._lock:
            found = {row: self._pieces[row] for row in rows if row in self._pieces}
        missing = [row for row in rows if row not in found]
        width = self.axes.width if self.axes else self.dimensions
        new = {
            int(entity["row"]): (unpack(entity["sentences"], self.dimensions), unpack(entity["tokens"], width))
            for entity in self._database.get(self._names[PIECES], missing, ["row", "sentences", "tokens"])
        }
        with self._lock:
            for row, (sentences, tokens) in new.items():
                if row not in self._pieces:
                    self._pieces[row] = (sentences, tokens)
                    self._kept += sentences.nbytes + tokens.nbytes
            while self._kept > KEPT_BYTES:
                _, (sentences, tokens) = self._pieces.popitem(last=False)
                self._kept -= sentences.nbytes + tokens.nbytes
        return found | new

    def closeness(self, query: Vectors, row: int) -> float:
        """Give the cosine, by late interaction, of a question's tokens and a passage's."""
        codes = self._read_pieces([row])[row][1]
        return float(best_match(query, [self.axes.decode(codes) if self.axes else codes])[0])

    def are_in_step(self, passages: int, sentences: int) -> bool:
        """Tell whether all passages are there; ``verify`` counts their sentences."""
        return len(self.catalog) == passages == self._database.count(self._names[PASSAGES])

    def close(self) -> None:
        """Give the connection back."""
        self.catalog.close()
        self._database.close()
