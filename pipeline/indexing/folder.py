"""The store that needs no server: a folder of generations, see ``pipeline.indexing.store``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from pipeline.datatypes import Edition, EncoderInfo, ForeignScores, Manifest
from pipeline.indexing import store
from pipeline.indexing.files import open_files
from pipeline.indexing.pointer import KEPT, read_pointer
from pipeline.indexing.reuse import Before
from pipeline.indexing.stores import Opened, Store, Used, Verification
from pipeline.indexing.verify import verify_index


class FolderStore:
    """Generations in a folder, for the meaning of each method see ``Store``."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; it is looked at when something is asked of it."""
        self.folder = folder

    def __str__(self) -> str:
        """Give the folder."""
        return str(self.folder)

    def writing(self) -> AbstractContextManager[None]:
        """Lock the folder."""
        return store.writing(self.folder)

    @property
    def work(self) -> Path:
        """Give the folder in it that no writer sweeps."""
        return self.folder / store.WORK

    def drop_work(self) -> None:
        """Delete that folder."""
        store.drop_work(self.folder)

    def before(self) -> Before:
        """Open the files of the current generation, whose bytes are all as written."""
        return Before(store.open_generation(self.folder))

    def publish(
        self,
        write_files: Callable[[Path], None],
        encoder: EncoderInfo,
        foreign: ForeignScores,
        editions: tuple[Edition, ...],
        counts: dict[str, int],
        kept: int = KEPT,
    ) -> None:
        """Write a folder aside and point to it."""
        store.publish(self.folder, write_files, encoder, foreign, editions, counts, kept)

    def current(self) -> object:
        """Give the first entry of the pointer."""
        return read_pointer(self.folder)[0]

    def current_model(self) -> str | None:
        """Ask the manifest."""
        return store.current_model(self.folder)

    def open_current(self, use: Callable[[Opened], Used]) -> Used:
        """Open the files."""

        def opened(generation: store.Generation) -> Used:
            return use(Opened(str(generation.path), generation.manifest, open_files(generation.path)))

        return store.open_current(self.folder, opened)

    def roll_back(self) -> Manifest:
        """Point to the generation before."""
        return store.roll_back(self.folder).manifest

    def collect_garbage(self) -> str:
        """Delete folders."""
        return f"{store.collect_garbage(self.folder) / 1e6:.1f} MB freed"

    def clear(self) -> None:
        """Delete the pointer, then all folders."""
        store.clear(self.folder)

    def rubbish(self) -> list[str]:
        """List folders and files that the pointer does not name."""
        return [str(path) for path in store.rubbish(self.folder)]

    def verify(self) -> Verification:
        """Read every byte."""
        return verify_index(self.folder)


def as_store(place: Path | Store) -> Store:
    """Take a path for the folder of an index."""
    return FolderStore(place) if isinstance(place, Path) else place
