"""Check that an index is what was written, and that it holds what the papers say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.datatypes import Edition, Passage
from pipeline.errors import CorpusError, IndexUnusable
from pipeline.indexing import store
from pipeline.indexing.catalog import Catalog
from pipeline.indexing.pointer import REBUILD, read_pointer
from pipeline.indexing.vectors import TokenVectors, VectorIndex
from pipeline.reading.corpus import list_files, sha256_of
from pipeline.reading.document import read_document


class Verification(NamedTuple):
    """What was checked, in words, and everything that is wrong."""

    checked: tuple[str, ...]
    damage: tuple[str, ...]


def verify_index(folder: Path) -> Verification:
    """Check every generation: checksums, counts, dimensions, norms, and that passages and vectors belong together.

    :raises IndexMissing, IndexDamaged: if the pointer cannot be read.
    """
    entries = read_pointer(folder)
    while True:
        checked: list[str] = []
        damage: list[str] = []
        for entry in entries:
            # A damaged former generation is not mended by reading the papers again.
            mend = REBUILD if entry == entries[0] else "delete it: mandates gc"
            try:
                generation = store.check_generation(folder, entry)
                damage += (f"{problem}; {mend}" for problem in check_contents(generation))
            except IndexUnusable as error:
                damage.append(str(error).replace(REBUILD, mend))
            else:
                counts = generation.manifest.counts
                checked.append(f"{entry.name}: {counts['passages']} passages, {counts['sentences']} sentences")
        before, entries = entries, read_pointer(folder)
        if not damage or entries == before:  # else it may just have been swept away
            return Verification(tuple(checked), tuple(damage))


def check_contents(generation: store.Generation) -> Iterator[str]:
    """Check one generation, whose bytes are as written, from the inside."""
    name = generation.path.name
    catalog = Catalog(generation.path / store.CATALOG)
    yield from (f"{name}/{store.CATALOG}: {problem}" for problem in catalog.integrity())
    counts = generation.manifest.counts
    places = catalog.places()
    if len(places) != counts["passages"]:
        yield f"{name}: {len(places)} passages, the manifest says {counts['passages']}"
    rows = [range(place.first_sentence, place.first_sentence + place.sentences) for place in places]
    if [row for passage in rows for row in passage] != list(range(counts["sentences"])):
        yield f"{name}: sentences and their vectors are not in step"
    tokens = [range(place.first_token, place.first_token + place.tokens) for place in places]
    total = tokens[-1].stop if tokens else 0
    if [row for passage in tokens for row in passage] != list(range(total)):
        yield f"{name}: tokens and their vectors are not in step"
    dimensions = generation.manifest.encoder.dimensions
    for file, expected in ((store.PASSAGE_VECTORS, counts["passages"]), (store.SENTENCE_VECTORS, counts["sentences"])):
        yield from (
            f"{name}/{file}: {problem}"
            for problem in VectorIndex(generation.path / file).problems(expected, dimensions)
        )
    shape = TokenVectors(generation.path / store.TOKEN_VECTORS).shape
    if shape != (total, dimensions):
        yield f"{name}/{store.TOKEN_VECTORS}: shape {shape}, expected {(total, dimensions)}"
    catalog.close()


def verify_papers(
    folder: Path,
    paths: Sequence[Path],
    password: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Verification:
    """Read the papers again and look for every passage of the current generation on its pages.

    :param paths: where the papers are; those of an edition are known by their bytes.
    :raises IndexUnusable: if there is no index to compare with.
    """
    generation = store.open_generation(folder)
    editions = generation.manifest.editions
    files = {sha256_of(file): file for file in list_files([path for path in paths if path.exists()])}
    catalog = Catalog(generation.path / store.CATALOG)
    checked: list[str] = []
    damage: list[str] = []
    for edition in editions:
        file = files.get(edition.sha256)
        if file is None:
            checked.append(f"{edition.id}: {edition.file} is not there, its passages were not looked for")
            continue
        passages = catalog.passages_of(edition)
        try:
            problems = list(_differences(file, edition, passages, password))
        except CorpusError as error:  # the bytes are those that were read once: it needs a password
            checked.append(f"{edition.id}: {error}; its passages were not looked for")
            continue
        damage += problems
        if not problems:
            checked.append(f"{edition.id}: {len(passages)} passages found on their pages of {file}")
        progress(1, len(editions))
    catalog.close()
    return Verification(tuple(checked), tuple(damage))


def _differences(file: Path, edition: Edition, passages: Sequence[Passage], password: str | None) -> Iterator[str]:
    _, read = read_document(file, edition, password)
    found = {passage.id: passage for passage in read}
    for passage in passages:
        again = found.pop(passage.id, None)
        if again is None or (again.text, again.pages) != (passage.text, passage.pages):
            yield f"{passage.id}: not what {file} says on {passage.citation}; {REBUILD} --fresh"
    yield from (f"{passage_id}: in {file}, not in the index; {REBUILD} --fresh" for passage_id in found)
