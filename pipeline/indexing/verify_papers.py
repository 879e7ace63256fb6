"""Check that an index holds what the papers say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pipeline.datatypes import Edition, Passage
from pipeline.errors import CorpusError
from pipeline.indexing.folder import as_store
from pipeline.indexing.pointer import REBUILD
from pipeline.indexing.stores import Opened, Store, Verification
from pipeline.reading.corpus import Choice, list_files, sha256_of
from pipeline.reading.document import read_document


def verify_papers(
    place: Path | Store,
    paths: Sequence[Path],
    password: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Verification:
    """Read the papers again and look for every passage of the current generation on its pages.

    :param paths: where the papers are; those of an edition are known by their bytes.
    :raises IndexUnusable: if there is no index to compare with.
    """
    opened: Opened = as_store(place).open_current(lambda opened: opened)
    catalog, editions = opened.files.catalog, opened.manifest.editions
    everything = Choice(include=("*",))
    files = {sha256_of(file): file for file in list_files([path for path in paths if path.exists()], everything)}
    checked: list[str] = []
    damage: list[str] = []
    for edition in editions:
        file = files.get(edition.sha256)
        if file is None:
            checked.append(f"{edition.id}: {edition.file} is not there, its passages were not looked for")
            continue
        passages = catalog.passages_of(edition)
        if any(passage.ocr for passage in passages):
            checked.append(f"{edition.id}: read by OCR, its passages were not looked for")
            continue
        try:
            problems = list(_differences(file, edition, passages, password))
        except CorpusError as error:  # the bytes are those that were read once: it needs a password
            checked.append(f"{edition.id}: {error}; its passages were not looked for")
            continue
        damage += problems
        if not problems:
            checked.append(f"{edition.id}: {len(passages)} passages found on their pages of {file}")
        progress(1, len(editions))
    opened.files.close()
    return Verification(tuple(checked), tuple(damage))


def _differences(file: Path, edition: Edition, passages: Sequence[Passage], password: str | None) -> Iterator[str]:
    _, read = read_document(file, edition, password)
    found = {passage.id: passage for passage in read}
    for passage in passages:
        again = found.pop(passage.id, None)
        if again is None or (again.text, again.pages) != (passage.text, passage.pages):
            yield f"{passage.id}: not what {file} says on {passage.citation}; {REBUILD} --fresh"
    yield from (f"{passage_id}: in {file}, not in the index; {REBUILD} --fresh" for passage_id in found)
