"""The current generation of an index for many readers at once, and newer ones as they are published."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import IndexUnusable
from pipeline.indexing.stores import Store
from pipeline.scaling.stores import open_store
from pipeline.searching.search import Index, open_index


@dataclass(slots=True, eq=False)
class Held:
    """An open index, the tag of its generation, and how many readers use it now."""

    index: Index
    tag: str
    generation: object
    users: int = 0


class CurrentIndex:
    """One open index, shared by threads.

    Whoever asks first after a publication opens the new generation; the others go on with the one before, which is
    closed when its last reader is done. What cannot be opened is left alone: ``trouble`` says why.
    """

    def __init__(self, place: str | Path | Store, model: str | None = None) -> None:
        """Open the index and load its model, so that the first question is as fast as any.

        :param place: see ``open_index``, as for ``model``.
        :raises IndexUnusable: if there is no usable index.
        :raises EncoderError: if its model cannot be had.
        """
        self._store, self._model = open_store(place), model
        self._opening, self._counting = threading.Lock(), threading.Lock()
        self.trouble: str | None = None
        self._held = self._open(self._store.current())

    @contextmanager
    def use(self) -> Iterator[Held]:
        """Hold the current generation as long as the ``with`` statement lasts."""
        self._renew()
        with self._counting:
            held = self._held
            held.users += 1
        try:
            yield held
        finally:
            with self._counting:
                held.users -= 1
                is_done = held is not self._held and not held.users
            if is_done:
                held.index.close()

    def close(self) -> None:
        """Give the files back; nobody reads any more."""
        self._held.index.close()

    def _renew(self) -> None:
        """Open the current generation if it is another one, unless another thread is at it."""
        if not self._opening.acquire(blocking=False):
            return
        try:
            generation = self._store.current()
            if generation != self._held.generation:
                self._replace(self._open(generation))
            self.trouble = None
        except IndexUnusable as error:
            self.trouble = str(error)
        finally:
            self._opening.release()

    def _replace(self, held: Held) -> None:
        with self._counting:
            former, self._held = self._held, held
            is_done = not former.users
        if is_done:
            former.index.close()

    def _open(self, generation: object) -> Held:
        index = open_index(self._store, self._model)
        if index.manifest.counts["passages"]:
            index.closeness("what is this about?")
        return Held(index, hashlib.sha256(repr(index.manifest).encode()).hexdigest()[:16], generation)
