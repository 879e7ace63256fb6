"""What the generation before already knows: texts that were read, vectors that were computed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pipeline.datatypes import Edition, EncoderInfo, Passage
from pipeline.indexing import store
from pipeline.indexing.files import open_files
from pipeline.indexing.manifests import release

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]
    Tokens = npt.NDArray[np.int8]


class Before:
    """The current generation, as a source of what need not be done again."""

    def __init__(self, generation: store.Generation) -> None:
        """Open its files."""
        self.manifest = generation.manifest
        self.files = open_files(generation.path)
        self.catalog = self.files.catalog
        self.path = generation.path
        # Another release may read the same file differently.
        same_reader = self.manifest.release == release()
        self._editions = {edition.sha256: edition for edition in self.catalog.editions()} if same_reader else {}

    def edition_of(self, sha256: str) -> Edition | None:
        """Give the edition that was read from the same bytes by the same release."""
        return self._editions.get(sha256)

    def edition_named(self, edition_id: str) -> Edition | None:
        """Give the edition of this id, whatever bytes it was read from."""
        return next((edition for edition in self.catalog.editions() if edition.id == edition_id), None)

    def edition_in(self, file: str) -> Edition | None:
        """Give the edition that was read from a file of this name, whatever its bytes were."""
        return next((edition for edition in self.catalog.editions() if edition.file == file), None)

    def edition_with(self, sha256: str) -> Edition | None:
        """Give the edition that was read from the same bytes, by whatever release."""
        return next((edition for edition in self.catalog.editions() if edition.sha256 == sha256), None)

    def vectors(self, encoder: EncoderInfo) -> KnownVectors | None:
        """Give the vectors, if the same weights made them."""
        return KnownVectors(self) if self.made_by(encoder.sha256) else None

    def made_by(self, weights: str) -> bool:
        """Tell whether these weights made the vectors."""
        return self.manifest.encoder.sha256 == weights


class KnownVectors:
    """The vectors of a generation, by the text that was encoded."""

    def __init__(self, before: Before) -> None:
        """Read which texts there are."""
        self._files = before.files
        self.axes = before.files.axes
        passages = before.catalog.passages(range(len(before.catalog)))
        self._passages = {_key(embedded_text(passage)): row for row, passage in enumerate(passages)}
        self._sentences = {_key(sentence): row for row, sentence in enumerate(sentence_texts(passages))}

    def passages(self, texts: Iterable[str]) -> dict[str, tuple[Vectors, Tokens]]:
        """Give the vector and the token vectors of each text that is known."""
        import numpy as np

        found = {text: self._passages[_key(text)] for text in texts if _key(text) in self._passages}
        rows = np.array(list(found.values()), dtype=np.int64)
        firsts, counts = self._files.columns.tokens(rows)
        tokens = (self._files.tokens.rows(*span) for span in zip(firsts.tolist(), counts.tolist(), strict=True))
        return dict(zip(found, zip(self._files.vectors.vectors(rows), tokens, strict=True), strict=True))

    def sentences(self, texts: Iterable[str]) -> dict[str, Tokens]:
        """Give the vector of each sentence that is known, in 8 bits."""
        import numpy as np

        found = {text: self._sentences[_key(text)] for text in texts if _key(text) in self._sentences}
        rows = np.array(list(found.values()), dtype=np.int64)
        return dict(zip(found, self._files.sentences.gather(rows, np.ones_like(rows)), strict=True))


def embedded_text(passage: Passage) -> str:
    """Give what is encoded for a passage: its paper's publishers and title, its headings, its table's head, its text.

    What a passage is about may be said in the title alone: "three States have not reported" does not say on what. Nor
    do the rows of a table without its first one.
    """
    paper = ", ".join(part for part in _paper(passage) if part not in passage.section)
    context = filter(None, (paper, " > ".join(passage.section), passage.table_head))
    return "\n".join([*context, passage.text])


def sentence_texts(passages: Sequence[Passage]) -> list[str]:
    """List what is encoded for the sentences of all passages, in the order of their vectors' rows.

    The same context makes the sentences of a paper alike in what it is about, and lets them differ in what they say.
    """
    return [
        "\n".join([*filter(None, [", ".join(_paper(passage))]), passage.text[start:end]])
        for passage in passages
        for start, end in passage.sentences
    ]


def _paper(passage: Passage) -> list[str]:
    imprint = passage.edition.imprint
    return [part for part in (*imprint.publishers, imprint.title) if part]


def _key(text: str) -> bytes:
    """Stand for a text in little memory."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
