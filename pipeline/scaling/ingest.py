"""An ingest whose papers are read and encoded elsewhere: published by the code that publishes what one machine read."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.datatypes import EncoderInfo
from pipeline.datatypes.report import BuildReport
from pipeline.errors import ClusterError, CorpusError, FileMissing, IndexBusy, MandatesError, ReaderFailed
from pipeline.indexing.build import build_index
from pipeline.indexing.encode import Encoder
from pipeline.indexing.folder import as_store
from pipeline.indexing.gather import Here, Options, Progress
from pipeline.indexing.stores import Store
from pipeline.reading.corpus import Choice, Place, Remote, Source
from pipeline.reading.parallel import Outcome
from pipeline.reading.workers import cores
from pipeline.scaling import cluster
from pipeline.scaling.remote import Folder, list_remote
from pipeline.scaling.spool import Part, Spool
from pipeline.scaling.stages import Plan, item_of, to_rows

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Tokens = npt.NDArray[np.int8]
    Vectors = npt.NDArray[np.float32]

ON_RAY = "ray"
STAGE = "on the cluster"


class Where(NamedTuple):
    """Where the work is done, on a cluster of our own (address None) or a running one, and where it is kept."""

    address: str | None = None
    work: str | None = None


def where(on: str, work: str | None = None) -> Where:
    """Understand ray, ray:auto, ray:HOST:PORT and ray://HOST:PORT.

    :raises ClusterError: if it is none of these.
    """
    kind, _, address = on.partition(":")
    if kind != ON_RAY or on.endswith(":"):
        raise ClusterError(f"{on}: papers are ingested on ray, ray:auto, ray:HOST:PORT or ray://HOST:PORT")
    return Where(on if address.startswith("//") else address or None, work)


def build_elsewhere(
    place: Where,
    papers: Sequence[Place],
    index: Path | Store,
    load_encoder: Callable[[], Encoder],
    options: Options,
    progress: Progress = lambda stage, done, total: None,
) -> BuildReport:
    """Publish an index as ``build_index`` does, but let a cluster read and encode what is new.

    Whatever dies meanwhile, the next ingest of the same papers takes over every part that was finished.

    :param load_encoder: is called on the cluster, too, and must give the same model there.
    :raises ClusterError: if the cluster cannot be reached, or what it makes is not found in the work folder.
    """
    target = as_store(index)
    readers = Elsewhere(place.work, target, load_encoder, options)
    with cluster.connected(place.address, options.workers or cores()) as there:
        readers.workers = options.workers or there
        report = build_index(papers, target, readers.encoder, replace(options, readers=readers), progress)
    readers.clear()
    return report


class Elsewhere:
    """The readers of a cluster; see ``gather.Readers``."""

    def __init__(self, work: str | None, index: Store, load_encoder: Callable[[], Encoder], options: Options) -> None:
        """Do nothing yet.

        :param work: where finished parts wait; by default the index has a place for them.
        :raises ClusterError: if it has none.
        """
        self.workers = 1
        if not work and not index.work:
            raise ClusterError(f"{index}: has no place for what the cluster finishes; name one with --work")
        self._index, self._is_own = index, not work
        self._folder = Folder(work or str(Path(index.work or "").absolute()))
        self._load, self._options = load_encoder, options
        self._here = Here(options)
        self._parts: list[str] = []
        # Loaded where there is something new, and then once.
        self.encoder = functools.cache(lambda: Recalling(load_encoder()))

    def find(self, places: Sequence[Place], choice: Choice) -> list[Place]:
        """List the papers that the places name, on this machine and at addresses."""
        found: list[Place] = []
        for place in places:
            found += list_remote(place, choice) if isinstance(place, Remote) else self._here.find([place], choice)
        return list({place.resolve(): place for place in found}.values())

    def identify(self, files: Sequence[Place], label: str | None) -> Iterator[Source | FileMissing]:
        """Tell the edition of each file: what is at addresses is fetched by the cluster."""
        remote = [file for file in files if isinstance(file, Remote)]
        told = {row["number"]: item_of(row) for row in cluster.editions(to_rows(remote), label)} if remote else {}
        found = iter([told.get(number) for number in range(len(remote))])
        for file in files:
            if isinstance(file, Remote):
                yield next(found) or FileMissing(f"{file}: no worker of the cluster can fetch it")
            else:
                yield from self._here.identify([file], label)

    def read(self, sources: Sequence[Source], progress: Progress) -> Generator[Outcome]:
        """Let the cluster make the parts that are missing, then give what is in each."""
        if not sources:
            return
        encoder = self.encoder()
        spool = Spool(self._folder, encoder.info, self._options.ocr)
        plan = Plan(spool, self._load, self._options.password, self._options.timeout)
        made: dict[int, MandatesError | None] = {}
        with closing(cluster.parts(to_rows(sources), plan, self.workers)) as rows:
            for row in rows:
                made[row["number"]] = error = item_of(row)
                if error and not isinstance(error, CorpusError):
                    raise error
                progress(STAGE, 1, len(sources))
        for number, source in enumerate(sources):
            error = made.get(number, ReaderFailed(f"{source.file}: the cluster lost it; ingest again"))
            if isinstance(error, CorpusError):
                yield error
                continue
            part = spool.load(source.edition)
            if part is None:
                raise ClusterError(
                    f"{spool.folder.place}: what the cluster made of {source.file} is not there; let --work name a"
                    " folder or an address that this machine and all workers see"
                )
            self._parts.append(spool.name(source.edition))
            encoder.recall(part)
            yield part.document, part.passages

    def clear(self) -> None:
        """Delete the parts, which a generation holds now."""
        if not self._is_own:
            self._folder.delete(self._parts)
            return
        with suppress(IndexBusy), self._index.writing():  # the next one to write deletes its own and these
            self._index.drop_work()


class Recalling:
    """An encoder that need not encode what is in parts: their texts it recalls, others it gives to the model.

    Vectors of tokens and sentences are recalled in 8 bits, which ``quantize`` leaves as they are.
    """

    def __init__(self, encoder: Encoder) -> None:
        """Start with nothing to recall."""
        self._encoder = encoder
        self._contexts: dict[str, tuple[Vectors, Tokens]] = {}
        self._sentences: dict[str, Tokens] = {}

    @property
    def info(self) -> EncoderInfo:
        """Which model made the parts."""
        return self._encoder.info

    def recall(self, part: Part) -> None:
        """Take the vectors of a part."""
        self._contexts |= part.contexts
        self._sentences |= part.sentences

    def encode(self, texts: Sequence[str], *, is_query: bool, progress: Callable[[int], None] | None = None) -> Any:
        """Encode texts, see ``encode.Encoder``."""
        import numpy as np

        if is_query or not all(text in self._sentences for text in texts):
            return self._encoder.encode(texts, is_query=is_query, progress=progress)
        if progress:
            progress(len(texts))
        return np.array([self._sentences[text] for text in texts], dtype=np.int8).reshape(len(texts), -1)

    def encode_tokens(
        self, texts: Sequence[str], *, is_query: bool, progress: Callable[[int], None] | None = None
    ) -> tuple[Vectors, list[Any]]:
        """Encode texts and their tokens, see ``encode.Encoder``."""
        import numpy as np

        if is_query or not all(text in self._contexts for text in texts):
            return self._encoder.encode_tokens(texts, is_query=is_query, progress=progress)
        if progress:
            progress(len(texts))
        vectors, tokens = zip(*(self._contexts[text] for text in texts), strict=True) if texts else ((), ())
        return np.array(vectors, dtype=np.float32), list(tokens)
