"""Read a corpus: what the generation before knows is taken over, the rest is read from its files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

from pipeline.datatypes import Edition, Passage
from pipeline.datatypes.page import Document
from pipeline.errors import CorpusError, FileMissing
from pipeline.indexing import store
from pipeline.indexing.files import Copied
from pipeline.indexing.reuse import Before
from pipeline.reading.corpus import (
    EVERYTHING,
    Choice,
    Place,
    Source,
    identify,
    list_files,
    on_this_machine,
    part_copies,
    sha256_of,
)
from pipeline.reading.document import read_document
from pipeline.reading.parallel import TIMEOUT, Job, Outcome, read_all

# Called with the stage ("reading", "encoding"), the steps done since the last call and the steps in all.
Progress = Callable[[str, int, int], None]


class Readers(Protocol):
    """Who finds the papers and reads them."""

    def find(self, places: Sequence[Place], choice: Choice) -> Sequence[Place]:
        """List the papers that the places name; see ``list_files``."""

    def identify(self, files: Sequence[Place], label: str | None) -> Iterator[Source | FileMissing]:
        """Tell the edition of each file, or why it cannot be read."""

    def read(self, sources: Sequence[Source], progress: Progress) -> Generator[Outcome]:
        """Give what is read of each source, in their order; closing the iterator stops the work."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to build.

    ``label``: the edition of the one file there is. ``weights``: sha256 of the encoder's weights, if that is known
    without loading them. ``fresh``: do everything anew. ``workers``: processes that read the files, each given up after
    ``timeout`` seconds; without any, the files are read in this one. ``choice``: which files of folders are taken.
    ``ocr``: languages of pages without text, whose text is to be recognized ("eng+fra"). ``readers``: who does it, if
    not this machine.
    """

    label: str | None = None
    password: str | None = None
    weights: str | None = None
    fresh: bool = False
    workers: int = 0
    timeout: float = TIMEOUT
    choice: Choice = EVERYTHING
    ocr: str | None = None
    readers: Readers | None = None


DEFAULTS = Options()
STILL_HELD = "; the index keeps what it has of it"


class Reading(NamedTuple):
    """A corpus, read: new documents, editions copied from the generation before, and all passages in order of files.

    ``statuses`` tells what became of each edition, by id; ``skipped`` holds the reason for each file left out.
    """

    sources: list[Source]
    documents: list[Document]
    copied: list[Copied]
    passages: list[Passage]
    statuses: dict[str, str]
    skipped: list[str]

    @property
    def editions(self) -> tuple[Edition, ...]:
        """The editions that can be indexed, in order of files."""
        return tuple(source.edition for source in self.sources if source.edition.id in self.statuses)


def read_corpus(
    paths: Sequence[Place],
    options: Options = DEFAULTS,
    progress: Progress = lambda stage, done, total: None,
    before: Before | None = None,
) -> Reading:
    """Read all papers that the paths name, but those whose bytes the generation before was made from.

    :raises CorpusError: for a broken file that was named itself, or if no file can be read.
    """
    readers = options.readers or Here(options)
    files = readers.find(paths, options.choice)
    if options.label and len(files) > 1:
        claim = f"--edition {options.label} names one edition"
        raise CorpusError(f"{claim}, but there are {len(files)} files; give one of them")
    named = {path.resolve() for path in paths}
    alone = named if len(files) > 1 else {file.resolve() for file in files}
    found, skipped = _identify_all(zip(files, readers.identify(files, options.label), strict=True), alone, before)
    sources, copies = part_copies(found)
    reading = Reading(sources, [], [], [], {}, skipped + copies)
    with closing(_outcomes(sources, readers, before, progress)) as outcomes:
        for source, outcome in zip(sources, outcomes, strict=True):
            try:
                _take_in(source, outcome, before, reading)
            except CorpusError as error:
                if source.file.resolve() in named or len(sources) == 1:
                    raise
                _keep_former(source, before, reading, str(error))
    if not reading.statuses:
        first = next(line for line in reading.skipped if line not in copies)
        raise CorpusError(f"none of {len(files)} files can be read; the first: {first}")
    return reading


def _identify_all(
    identified: Iterable[tuple[Place, Source | FileMissing]], named: Collection[Place], before: Before | None
) -> tuple[list[Source], list[str]]:
    """Take the edition of each file; of those in a folder that cannot be read, the reason instead."""
    found: list[Source] = []
    skipped: list[str] = []
    for file, source in identified:
        if isinstance(source, Source):
            found.append(_as_before(source, before))
            continue
        if file.resolve() in named:
            raise source
        former = before.edition_in(file.name) if before else None
        found += [Source(file, former, "index")] if former else []
        skipped.append(f"{source}{STILL_HELD if former else ''}")
    return found, skipped


def _as_before(source: Source, before: Before | None) -> Source:
    """Keep the label that the same bytes had if it would be the file's date, which copying a file changes."""
    former = before.edition_with(source.edition.sha256) if before and source.label_from == "file date" else None
    edition = source.edition
    if former is None or former.document != edition.document or former.label == edition.label:
        return source
    return Source(source.file, replace(edition, label=former.label), "index")


def _outcomes(
    sources: Sequence[Source], readers: Readers, before: Before | None, progress: Progress
) -> Generator[Outcome | Edition]:
    """Give for each source what is read of it, or the edition of the same bytes that the generation before has."""
    known = [before.edition_of(source.edition.sha256) if before else None for source in sources]
    new = [source for source, former in zip(sources, known, strict=True) if former is None]
    with closing(readers.read(new, progress)) as outcomes:
        for former in known:
            yield former or next(outcomes)


class Here:
    """The readers of this machine."""

    def __init__(self, options: Options) -> None:
        """Read as these options say."""
        self._options = options

    def find(self, places: Sequence[Place], choice: Choice) -> list[Path]:
        """List the papers that the places name."""
        return list_files(map(on_this_machine, places), choice)

    def identify(self, files: Sequence[Place], label: str | None) -> Iterator[Source | FileMissing]:
        """Tell the edition of each file, or why it cannot be read."""
        for file in files:
            try:
                yield identify(on_this_machine(file), label)
            except FileMissing as error:
                yield error

    def read(self, sources: Sequence[Source], progress: Progress) -> Generator[Outcome]:
        """Give what is read of each source: by worker processes if there are to be any, else by this one."""
        options = self._options
        jobs = [Job(on_this_machine(item.file), item.edition, options.password, options.ocr) for item in sources]
        if options.workers and jobs:
            outcomes = read_all(jobs, options.workers, options.timeout, partial(progress, "reading"))
        else:
            outcomes = _read_in_turn(jobs, progress)
        with closing(outcomes):
            for job, outcome in zip(jobs, outcomes, strict=True):
                yield still(job, outcome)


def _read_in_turn(jobs: Sequence[Job], progress: Progress) -> Generator[Outcome]:
    """Read files one after the other in this process."""
    outcome: Outcome
    for job in jobs:
        try:
            outcome = read_document(*job)
        except CorpusError as error:
            outcome = error
        progress("reading", 1, len(jobs))
        yield outcome


def still(job: Job, outcome: Outcome) -> Outcome:
    """Give what was read of a file, or the error that its bytes are not those any more that were to be read."""
    try:
        if isinstance(outcome, CorpusError) or sha256_of(job.file) == job.edition.sha256:
            return outcome
    except FileMissing as error:
        return error
    return CorpusError(f"{job.file}: changed while it was read; ingest it again")


def _take_in(source: Source, outcome: Outcome | Edition, before: Before | None, reading: Reading) -> None:
    edition = source.edition
    if isinstance(outcome, CorpusError):
        raise outcome
    if isinstance(outcome, Edition):
        edition = replace(edition, imprint=outcome.imprint)
        _describe(source, edition, reading)
        if before:
            copy_edition(before, outcome, edition, reading)
        reading.statuses[edition.id] = "unchanged" if outcome == edition else "renamed"
        return
    document, passages = outcome
    _describe(source, document.edition, reading)
    reading.documents.append(document)
    reading.passages.extend(passages)
    known = before.edition_named(edition.id) if before else None
    reading.statuses[edition.id] = "new" if known is None else "read anew" if known == edition else "changed"


def _describe(source: Source, edition: Edition, reading: Reading) -> None:
    """Put in a source's place that it says of itself what this edition of it does."""
    reading.sources[reading.sources.index(source)] = source._replace(edition=edition)


def _keep_former(source: Source, before: Before | None, reading: Reading, reason: str) -> None:
    """Leave a broken file out, but lose nothing: keep what the index has of that edition."""
    former = (before.edition_named(source.edition.id) or before.edition_in(source.file.name)) if before else None
    others = {other.edition.id for other in reading.sources if other is not source}
    if before and former and former.id not in others:
        place = reading.sources.index(source)
        reading.sources[place] = source._replace(edition=former)
        copy_edition(before, former, former, reading)
        reading.statuses[former.id] = "kept"
        reason += STILL_HELD
    reading.skipped.append(reason)


def copy_edition(before: Before, former: Edition, edition: Edition, reading: Reading) -> None:
    """Take an edition over as it is, under the name it has now."""
    reading.copied.append(Copied(before.path / store.CATALOG, former, edition))
    for passage in before.catalog.passages_of(former):
        place = passage.id.removeprefix(former.id)
        reading.passages.append(replace(passage, id=edition.id + place, edition=edition))
