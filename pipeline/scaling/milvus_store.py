"""Generations in Milvus: collections aside, checked, published by one switch of an alias.

    mandates                              alias of mandates_g000002_4be8a1_passages: the current generation
    mandates_former                       alias of the one before, for readers that still hold it and to go back to
    mandates_g000002_4be8a1_passages, …   see ``pipeline.scaling.entities``
    mandates_writing                      alias of a collection of whoever writes: it cannot be there twice

A reader asks once what the alias stands for and stays with it, so no answer is of two generations. What no alias names
is rubbish: drafts of writers that died. Every writer sweeps it first.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from pipeline.datatypes import Edition, EncoderInfo, ForeignScores, Manifest
from pipeline.errors import IndexBusy, IndexDamaged, IndexMissing, IndexOutdated, IndexUnusable, StoreUnreachable
from pipeline.indexing import store
from pipeline.indexing.files import open_files
from pipeline.indexing.manifests import manifest_record, new_manifest, to_manifest
from pipeline.indexing.pointer import KEPT, file_system_errors
from pipeline.indexing.reuse import Before
from pipeline.indexing.stores import Opened, Used, Verification
from pipeline.scaling.entities import (
    MANIFEST,
    NOWHERE,
    PASSAGES,
    PIECES,
    RECORDS,
    Checksum,
    fields,
    manifest_entity,
    passage_entities,
    piece_entities,
    problems_of,
    record_entities,
    record_key,
    restore,
)
from pipeline.scaling.milvus import Database, Field
from pipeline.scaling.milvus_files import MilvusFiles

COLLECTIONS = (PASSAGES, PIECES, RECORDS)


class MilvusStore:
    """Generations in Milvus, for the meaning of each method see ``Store``."""

    _writers: ClassVar[set[str]] = set()  # of this process

    def __init__(self, shown: str, uri: str, name: str) -> None:
        """Take the address as the user gave it, that of the server or file, and the name of the alias."""
        self._shown, self._uri, self._name = shown, uri, name
        self._database = Database(shown, uri)
        self._mend = f"rebuild it: mandates ingest --store {shown}"
        self._folder: Path | None = None  # for files, while it is held for writing

    def __str__(self) -> str:
        """Give the address."""
        return self._shown

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Take the alias that only one writer can have."""
        alias, marker = f"{self._name}_writing", f"{self._name}_writing_{secrets.token_hex(4)}"
        if self._database.is_file and self._database.target(alias) not in (None, *self._writers):
            self._break_lock()  # a file is open in one process at a time, so that writer is dead
        self._database.create(marker, [Field("row", "row"), Field("nowhere", "vector", NOWHERE)])
        try:
            self._database.point(alias, marker, anew=True)
        except IndexBusy as error:
            self._database.drop(marker)
            hint = f"if it died: mandates gc --store {self}"
            raise IndexBusy(f"{self}: another ingest is writing this index; wait for it to end, or {hint}") from error
        self._writers.add(marker)
        try:
            with TemporaryDirectory(prefix="mandates-") as folder:
                self._folder = Path(folder)
                self._sweep()
                yield
        finally:
            self._folder = None
            self._writers.discard(marker)
            with suppress(StoreUnreachable):
                self._database.unname(alias)
                self._database.drop(marker)

    @property
    def work(self) -> None:
        """Say that there is no such folder."""

    def drop_work(self) -> None:
        """Do nothing: there is none."""

    def before(self) -> Before:
        """Copy the current generation into files."""
        if self._folder is None:
            raise RuntimeError("the store is not held for writing")
        generation = self._current()
        manifest = self._manifest(generation)
        folder = self._folder / "before"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        restore(self._database, self._collections(generation), manifest.encoder.dimensions, folder)
        return Before(store.Generation(folder, manifest))

    def publish(
        self,
        write_files: Callable[[Path], None],
        encoder: EncoderInfo,
        foreign: ForeignScores,
        editions: tuple[Edition, ...],
        counts: dict[str, int],
        kept: int = KEPT,
    ) -> None:
        """Write files aside, then collections of them, then switch the alias."""
        if self._folder is None:
            raise RuntimeError("the store is not held for writing")
        former = self._database.target(self._name)
        number = max((int(name[1]) for name in map(self._pattern.fullmatch, self._database.names()) if name), default=0)
        # Numbers come again where the last generation was taken back, and a reader must not take one for the other.
        generation = f"{self._name}_g{number + 1:06d}_{secrets.token_hex(3)}"
        draft = self._folder / "draft"
        draft.mkdir()
        try:
            with file_system_errors(self._folder):
                write_files(draft)
            manifest = new_manifest(encoder, foreign, editions, counts, {})
            self._upload(draft, generation, manifest)
            self._database.point(self._name, self._collections(generation)[PASSAGES])
            if former and kept > 1:
                self._database.point(self._former, former)
            elif self._database.target(self._former):
                self._database.unname(self._former)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
            self._sweep()

    def current(self) -> object:
        """Give the collection of the current generation's passages."""
        return self._current()

    def current_model(self) -> str | None:
        """Ask the manifest."""
        try:
            return self._manifest(self._current()).encoder.name
        except (IndexMissing, IndexDamaged, IndexOutdated):
            return None

    def open_current(self, use: Callable[[Opened], Used]) -> Used:
        """Open a connection of its own; again, if the generation was replaced and dropped meanwhile."""
        for _ in range(store.ATTEMPTS):
            generation = self._current()
            try:
                manifest = self._manifest(generation)
                names = self._collections(generation)
                database = Database(self._shown, self._uri)
                with ExitStack() as unless_used:
                    unless_used.callback(database.close)
                    files = MilvusFiles(database, names, manifest.encoder)
                    used = use(Opened(f"{self}, {generation}", manifest, files))
                    unless_used.pop_all()
                    return used
            except IndexUnusable:
                if self._current() == generation:
                    raise
        raise IndexBusy(f"{self}: new generations are published faster than one can be opened; try again")

    def roll_back(self) -> Manifest:
        """Let the alias stand for the generation before."""
        self._current()
        with self.writing():
            former = self._database.target(self._former)
            if former is None or former == self._database.target(self._name):
                raise IndexMissing(f"{self}: there is no generation before the current one to go back to")
            manifest = self._checked(self._generation(former))
            self._database.point(self._name, former)
            self._database.unname(self._former)
            self._sweep()
        return manifest

    def collect_garbage(self) -> str:
        """Drop collections; a writer that died, or lives, loses its hold and its draft."""
        self._checked(self._current())  # never delete the last good one
        self._break_lock()
        before = set(self._database.names())
        with self.writing():
            if self._database.target(self._former):
                self._database.unname(self._former)
            self._sweep()
        return f"{len(before - set(self._database.names()))} collections dropped"

    def clear(self) -> None:
        """Delete the aliases, then all collections."""
        for alias in (self._former, self._name):
            if self._database.target(alias):
                self._database.unname(alias)
        self._sweep()

    def rubbish(self) -> list[str]:
        """List collections of generations that no alias names."""
        named = {self._generation(name) for name in map(self._database.target, (self._name, self._former)) if name}
        found = ((name, self._pattern.fullmatch(name)) for name in self._database.names())
        return [name for name, match in found if match and self._generation(name) not in named]

    def verify(self) -> Verification:
        """Read every entity."""
        current, former = self._current(), self._database.target(self._former)
        checked: list[str] = []
        damage: list[str] = []
        for generation in [current, *([self._generation(former)] if former else [])]:
            # A damaged former generation is not mended by reading the papers again.
            mend = self._mend if generation == current else f"delete it: mandates gc --store {self}"
            try:
                manifest = self._manifest(generation)
                wrong = problems_of(self._database, self._collections(generation), manifest)
                problems = [f"{generation}: {problem}; {mend}" for problem in wrong]
            except (IndexDamaged, IndexOutdated) as error:
                problems = [str(error).replace(self._mend, mend)]
            else:
                counts = manifest.counts
                checked.append(f"{generation}: {counts['passages']} passages, {counts['sentences']} sentences")
            damage += problems
        return Verification(tuple(checked), tuple(damage))

    def _upload(self, draft: Path, generation: str, manifest: Manifest) -> None:
        """Write a generation's collections, the manifest last, and make them searchable."""
        names, counts = self._collections(generation), {}
        dimensions = manifest.encoder.dimensions
        with closing(open_files(draft)) as files:
            entities = {
                PASSAGES: passage_entities(files, dimensions),
                PIECES: piece_entities(files),
                RECORDS: record_entities(files),
            }
            for collection, made in entities.items():
                checksum = Checksum()
                self._database.create(names[collection], fields(collection, dimensions))
                counts[collection] = self._database.insert(names[collection], checksum.over(made))
                manifest.checksums[collection] = str(checksum)
        record = manifest_entity(manifest_record(manifest))
        counts[RECORDS] += self._database.insert(names[RECORDS], [record])
        for collection, name in names.items():
            self._database.finish(name, fields(collection, dimensions), counts[collection])
        self._database.wait({names[collection]: count for collection, count in counts.items()})

    @property
    def _former(self) -> str:
        return f"{self._name}_former"

    @property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(rf"{re.escape(self._name)}_g(\d{{6,}})_[0-9a-f]{{6}}_(?:{'|'.join(COLLECTIONS)})")

    def _current(self) -> str:
        """Give the current generation.

        :raises IndexMissing: if there is none.
        """
        name = self._database.target(self._name) if self._database.exists else None
        if name is None:
            raise IndexMissing(f"{self}: no index here; build it: mandates ingest --store {self}")
        return self._generation(name)

    def _generation(self, collection: str) -> str:
        if not self._pattern.fullmatch(collection):
            raise IndexDamaged(f"{self}: {self._name} stands for {collection}, which mandates did not write")
        return collection.rpartition("_")[0]

    def _collections(self, generation: str) -> dict[str, str]:
        return {collection: f"{generation}_{collection}" for collection in COLLECTIONS}

    def _manifest(self, generation: str) -> Manifest:
        found = self._database.get(self._collections(generation)[RECORDS], [record_key(MANIFEST)], ["json"])
        if not found:
            raise IndexDamaged(f"{self}: {generation} has no manifest; {self._mend}")
        return to_manifest("".join(found[0]["json"]), f"{self}, {generation}", self._mend)

    def _checked(self, generation: str) -> Manifest:
        """Give the manifest of a generation whose passages are all there."""
        manifest = self._manifest(generation)
        if self._database.count(self._collections(generation)[PASSAGES]) != manifest.counts["passages"]:
            raise IndexDamaged(f"{self}: passages of {generation} are missing; {self._mend}")
        return manifest

    def _break_lock(self) -> None:
        alias = f"{self._name}_writing"
        if self._database.target(alias):
            self._database.unname(alias)

    def _sweep(self) -> None:
        """Drop what no alias names: drafts, former generations, the marks of dead writers."""
        marks = re.compile(rf"{re.escape(self._name)}_writing_[0-9a-f]{{8}}")
        held = {*self._writers, self._database.target(f"{self._name}_writing")}
        dead: Sequence[str] = [name for name in self._database.names() if marks.fullmatch(name) and name not in held]
        for name in [*self.rubbish(), *dead]:
            self._database.drop(name)
