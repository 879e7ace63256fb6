"""The command line with the word encoder in place of a model, as a process: ``python -m tests.with_words ingest …``."""

from __future__ import annotations

from pipeline.datatypes import EncoderInfo
from pipeline.indexing import encode, models
from search_cli import main
from tests.conftest import WordEncoder


def load(
    name: str | None = None, expected: EncoderInfo | None = None, *, thorough: bool = True, for_many: bool = False
) -> WordEncoder:
    return WordEncoder()


def weights(name: str) -> str:
    return WordEncoder().info.sha256


if __name__ == "__main__":
    encode.load_encoder, models.model_sha256 = load, weights
    main()
