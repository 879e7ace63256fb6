"""Check that an index is what was written; whether it is what the papers say, see ``verify_papers``."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import IndexUnusable
from pipeline.indexing import store
from pipeline.indexing.files import Files, open_files
from pipeline.indexing.lexical import stems
from pipeline.indexing.nearest import problems as vector_problems
from pipeline.indexing.pointer import REBUILD, read_pointer
from pipeline.indexing.stores import Verification


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
    path, counts = generation.path, generation.manifest.counts
    files = open_files(path)
    try:
        found = [(store.CATALOG, problem) for problem in files.catalog.integrity()]
        found += ((store.COLUMNS, problem) for problem in _check_columns(files, counts["passages"]))
        found += ((store.WORDS, problem) for problem in _check_words(files))
        dimensions = generation.manifest.encoder.dimensions
        vectors = vector_problems(files.vectors, counts["passages"], dimensions)
        found += ((store.PASSAGE_VECTORS, problem) for problem in vectors)
        width = files.axes.width if files.axes else dimensions
        for name, rows, matrix, expected in (
            (store.SENTENCE_VECTORS, files.columns.first_sentences, files.sentences, dimensions),
            (store.TOKEN_VECTORS, files.columns.first_tokens, files.tokens, width),
        ):
            if matrix.shape != (int(rows[-1]), expected):
                found.append((name, f"shape {matrix.shape}, expected {(int(rows[-1]), expected)}"))
        if int(files.columns.first_sentences[-1]) != counts["sentences"]:
            found.append((store.COLUMNS, "sentences and their vectors are not in step"))
    finally:
        files.close()
    yield from (f"{path.name}/{name}: {problem}" for name, problem in found)


def _check_columns(files: Files, passages: int) -> Iterator[str]:
    """Compare the columns with the catalog, passage by passage."""
    import numpy as np

    columns = files.columns
    kept = itertools.zip_longest(
        range(len(columns)),
        columns.owners.tolist(),
        columns.sections.tolist(),
        np.diff(columns.first_sentences.astype(np.int64)).tolist(),
    )
    spans = {edition.id: files.catalog.span(edition.id) for edition in files.catalog.editions()}
    count = 0
    for measures, (row, owner, section, sentences) in itertools.zip_longest(
        files.catalog.measures(), kept, fillvalue=(None,) * 4
    ):
        if len(measures) != 5:
            break
        count += 1
        if measures[0] != row:
            yield "the numbers of the passages' vectors have gaps"
            break
        if row not in spans.get(measures[1], ()) or measures[2:4] != (owner, section):
            yield f"passage {row} has another edition, organization or headings than in the catalog"
        if measures[4] != sentences:
            yield "sentences and their vectors are not in step"
    if count != passages or len(columns) != passages:
        yield f"{count} passages, the manifest says {passages}"
    if (np.diff(columns.first_tokens.astype(np.int64)) < 0).any():
        yield "tokens and their vectors are not in step"


def _check_words(files: Files) -> Iterator[str]:
    """Count the words of each passage again."""
    counts = files.words.words_by_row().tolist()
    if len(counts) != len(files.catalog):
        yield f"has the words of {len(counts)} passages, and there are {len(files.catalog)}"
        return
    for edition in files.catalog.editions():
        passages = files.catalog.passages_of(edition)
        for row, passage in zip(files.catalog.span(edition.id), passages, strict=False):
            owner = passage.organization
            names = (owner.acronym, owner.name, *owner.aliases) if owner else ()
            if counts[row] != len(set(stems(" ; ".join((*passage.section, *names, passage.text))))):
                yield f"{passage.id} is not in the index of words as it is in the catalog"
