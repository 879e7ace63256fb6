"""Take papers out of the index, with everything that was made of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.datatypes import Edition, EncoderInfo
from pipeline.errors import IndexDamaged, IndexNotWritable, QueryError
from pipeline.indexing.build import encode_passages, publish, summarize
from pipeline.indexing.folder import as_store
from pipeline.indexing.gather import Reading, copy_edition
from pipeline.indexing.pointer import REBUILD
from pipeline.indexing.stores import Store
from pipeline.reading.corpus import Source

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]


def forget(place: Path | Store, document: str, label: str | None = None) -> list[Edition]:
    """Take a document, or one edition of it, out of the index, and delete every former generation, which held it too.

    What questions foreign to the papers get stays as it was measured: taking papers away hardly moves it, and no
    model has to be loaded.

    :return: the editions that were taken out.
    :raises QueryError: if the index does not hold them.
    """
    place = as_store(place)
    place.current()  # no folder is made where no index is
    with place.writing():
        before = place.before()
        by_id = {edition.id: edition for edition in before.catalog.editions()}
        editions = [by_id[edition.id] for edition in before.manifest.editions]
        gone = [edition for edition in editions if edition.document == document and label in (None, edition.label)]
        if not gone:
            held = ", ".join(edition.id for edition in editions)
            raise QueryError(f"the index does not hold {'/'.join(filter(None, (document, label)))}; it holds {held}")
        place.drop_work()
        reading = Reading([], [], [], [], {}, [])
        for edition in editions:
            if edition not in gone:
                reading.sources.append(Source(Path(edition.file), edition, ""))
                reading.statuses[edition.id] = "unchanged"
                copy_edition(before, edition, edition, reading)
        if not reading.sources:
            place.clear()
            _check_swept(place)
            return gone
        encoder = NoEncoder(before.manifest.encoder)
        encoded = encode_passages(reading.passages, encoder, before.vectors(encoder.info), lambda *_: None)
        described = (encoder.info, before.manifest.foreign)
        publish(place, reading, summarize(reading, before), encoded, described, kept=1)
        _check_swept(place)
    return gone


def _check_swept(place: Store) -> None:
    left = place.rubbish()
    if left:
        raise IndexNotWritable(
            f"{place}: what was taken out is still in {', '.join(left)}, which cannot be deleted; delete it"
        )


class NoEncoder:
    """Stands where every vector is known already."""

    def __init__(self, info: EncoderInfo) -> None:
        """Take the description of the model that made the vectors."""
        self.info = info

    def encode(self, texts: Sequence[str], **_: object) -> Vectors:
        """Refuse."""
        raise IndexDamaged(f"{len(texts)} texts of the index have no vectors; {REBUILD}")

    def encode_tokens(self, texts: Sequence[str], **_: object) -> tuple[Vectors, list[Vectors]]:
        """Refuse."""
        raise IndexDamaged(f"{len(texts)} texts of the index have no vectors; {REBUILD}")
