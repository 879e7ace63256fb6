"""Fixtures: the real paper read once, an encoder that knows words but no meaning, and tiny models."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.datatypes import EncoderInfo, Passage
from pipeline.datatypes.page import Document
from pipeline.indexing.build import build_index
from pipeline.reading.corpus import identify
from pipeline.reading.document import read_document
from tests.tiny_models import PROMPTS, make_model

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

PAPER = Path(__file__).parent.parent / "raw" / "icat-2018.pdf"
DIMENSIONS = 512


class WordEncoder:
    """Encodes a text as the bag of its words' stems: texts that share rare words are near, the rest is far.

    Deterministic and meaningful, so that tests can name the passage they expect.
    """

    def __init__(self, name: str = "words", sha256: str = "0" * 64) -> None:
        self.info = EncoderInfo(name, "1", sha256, DIMENSIONS)
        self.encoded: list[str] = []

    def encode(
        self, texts: Sequence[str], *, is_query: bool, progress: Callable[[int], None] | None = None
    ) -> npt.NDArray[np.float32]:
        import numpy as np

        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for row, text in enumerate(texts):
            self.encoded.append(text)
            for word in re.findall(r"\w+", text.casefold()):
                if len(word) > 3:
                    digest = hashlib.sha256(word[:6].encode()).digest()
                    vectors[row, int.from_bytes(digest[:2], "big") % DIMENSIONS] += 1
            vectors[row] /= np.linalg.norm(vectors[row]) or 1
        if progress:
            progress(len(texts))
        return vectors

    def encode_tokens(
        self, texts: Sequence[str], *, is_query: bool, progress: Callable[[int], None] | None = None
    ) -> tuple[npt.NDArray[np.float32], list[npt.NDArray[np.float32]]]:
        """A token is a word of its own, known or not."""
        words = [re.findall(r"\w+", text) or [text] for text in texts]
        tokens = [WordEncoder().encode(found, is_query=is_query) for found in words]
        return self.encode(texts, is_query=is_query, progress=progress), tokens


@pytest.fixture(scope="session")
def paper() -> tuple[Document, list[Passage]]:
    """The real paper: its document and passages."""
    return read_document(PAPER, identify(PAPER).edition)


@pytest.fixture(scope="session")
def paper_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the real paper, made with the word encoder."""
    folder = tmp_path_factory.mktemp("index")
    build_index([PAPER], folder, WordEncoder)
    return folder


@pytest.fixture
def word_encoder(monkeypatch: pytest.MonkeyPatch) -> WordEncoder:
    """Let the command line and ``open_index`` use the word encoder instead of a model."""
    encoder = WordEncoder()

    def load(
        name: str | None = None, expected: EncoderInfo | None = None, *, thorough: bool = True, for_many: bool = False
    ) -> WordEncoder:
        return encoder

    # In this order: whoever imports search must find the real one, or would keep this one for good.
    monkeypatch.setattr("pipeline.searching.search.load_encoder", load)
    monkeypatch.setattr("pipeline.indexing.encode.load_encoder", load)
    monkeypatch.setattr("pipeline.indexing.models.model_sha256", lambda name: encoder.info.sha256)
    return encoder


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with prompts."""
    return make_model(tmp_path_factory.mktemp("tiny"), 1, PROMPTS)


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model without prompts."""
    return make_model(tmp_path_factory.mktemp("other"), 2)


@pytest.fixture(autouse=True)
def width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrap at the same column whatever the tests run in: a terminal, a pipe, a worker process."""
    monkeypatch.setenv("COLUMNS", "100")
