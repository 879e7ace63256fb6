"""Where generations are kept: the protocol of a store, and what an opened generation offers to searching.

A store publishes whole generations and lets one open the current one; ``pipeline.indexing.folder`` keeps them in a
folder, with FAISS, ``pipeline.scaling.milvus_store`` in Milvus. What is found, and in which order, does not depend on
the store: it answers which passages come near and what is known of them, and ranking is the same code for all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from pipeline.datatypes import Edition, EncoderInfo, ForeignScores, Manifest
from pipeline.indexing.pointer import KEPT

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from pipeline.indexing.catalog import Catalog
    from pipeline.indexing.compact import Axes
    from pipeline.indexing.files import Pieces
    from pipeline.indexing.reuse import Before

    Scores = npt.NDArray[np.float32]
    Rows = npt.NDArray[np.int64]

Used = TypeVar("Used")


class Selection(Protocol):
    """The rows that filters let through: an array of them, in order, or what becomes one for ``numpy.asarray``."""

    def __len__(self) -> int:
        """Count the rows; where they are very many it may be the number of all passages."""

    def __array__(self, dtype: Any = ..., /) -> Any:
        """Give the rows, in order."""


class Matches(Protocol):
    """What passages get for the words they hold; ``mean`` and ``deviation`` are those of all passages."""

    mean: float
    deviation: float

    def best(self, count: int, rows: Any = None) -> Rows:
        """Give the rows that get most, best first; of these rows only, if any are given. None that gets nothing."""

    def at(self, rows: Rows) -> Scores:
        """Give what these passages get."""


class Words(Protocol):
    """The words of all passages."""

    def holds(self, word: str) -> bool:
        """Tell whether any passage holds a word, in any inflection."""

    def nearest(self, word: str, least: float) -> str | None:
        """Find the word of the passages that a misspelt one is most alike."""

    def match(self, words: Sequence[str]) -> Matches | None:
        """Score passages by the words they hold; None if none holds any."""

    def rows_with(self, text: str) -> Rows:
        """List the passages that hold every word of a text, in any inflection and order."""


class Neighbours(Protocol):
    """The vectors of passages."""

    def search(self, query: Scores, top_k: int, rows: Any = None) -> list[tuple[int, float]]:
        """Find the rows nearest to one query vector, see ``VectorIndex``."""

    def vectors(self, rows: Rows) -> Scores:
        """Give the vectors of these rows, shape (len(rows), dimensions)."""


class Reader(Protocol):
    """A generation, opened for reading: ``Files``, or what stands for them elsewhere; see there."""

    @property
    def catalog(self) -> Catalog:
        """The records."""

    @property
    def words(self) -> Words:
        """The words."""

    @property
    def vectors(self) -> Neighbours:
        """The vectors of passages."""

    @property
    def axes(self) -> Axes | None:
        """The axes of token vectors, if these are compact."""

    def rows(
        self,
        organizations: Sequence[str] = (),
        section: str | None = None,
        page: int | None = None,
        editions: Sequence[str] | None = None,
    ) -> Selection | None:
        """Give the rows of the passages that pass all filters; None for all of them."""

    def owned(self, rows: Rows, acronyms: Collection[str]) -> npt.NDArray[np.bool_]:
        """Tell of each of these passages whether one of these organizations owns it."""

    def pieces(self, rows: Rows, *, tokens: bool = True) -> Pieces:
        """Read the vectors of these passages' sentences, and of their tokens if they are wanted."""

    def closeness(self, query: Scores, row: int) -> float:
        """Give the cosine, by late interaction, of a question's tokens and a passage's."""

    def are_in_step(self, passages: int, sentences: int) -> bool:
        """Tell whether everything is there for so many passages and sentences."""

    def close(self) -> None:
        """Give everything back."""


class Opened(NamedTuple):
    """A generation that is open, and what it is called where it is kept."""

    name: str
    manifest: Manifest
    files: Reader


class Verification(NamedTuple):
    """What was checked, in words, and everything that is wrong."""

    checked: tuple[str, ...]
    damage: tuple[str, ...]


class Store(Protocol):
    """Keeps generations; ``str()`` of it is what the user calls it.

    Whatever needs the current generation raises ``IndexMissing``, ``IndexOutdated``, ``IndexDamaged`` or
    ``StoreUnreachable`` with the command that mends it, whatever writes ``IndexBusy`` or ``IndexNotWritable``.
    """

    def writing(self) -> AbstractContextManager[None]:
        """Hold the store for writing, rid of what dead writers left in it."""

    @property
    def work(self) -> Path | None:
        """The folder for what a cluster has finished of an ingest that has not ended; None if there is none."""

    def drop_work(self) -> None:
        """Delete what is in that folder."""

    def before(self) -> Before:
        """Open the current generation as a source of what need not be done again; only while the store is held."""

    def publish(
        self,
        write_files: Callable[[Path], None],
        encoder: EncoderInfo,
        foreign: ForeignScores,
        editions: tuple[Edition, ...],
        counts: dict[str, int],
        kept: int = KEPT,
    ) -> None:
        """Make a new generation the current one, in one step; see ``pipeline.indexing.store.publish``."""

    def current(self) -> object:
        """Give what is equal as long as the current generation is the same; cheap to ask for."""

    def current_model(self) -> str | None:
        """Give the name of the model of the current generation, None if there is no usable one."""

    def open_current(self, use: Callable[[Opened], Used]) -> Used:
        """Open the current generation."""

    def roll_back(self) -> Manifest:
        """Make the generation before the current one again."""

    def collect_garbage(self) -> str:
        """Delete everything but the current generation, and say how much that was."""

    def clear(self) -> None:
        """Delete all generations; the store is held for writing."""

    def rubbish(self) -> list[str]:
        """List what no reader can open and is still there."""

    def verify(self) -> Verification:
        """Check every generation."""
