"""Text → unit vectors; question and texts → scores. The only file that names sentence-transformers."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.datatypes import EncoderInfo
from pipeline.errors import EncoderError
from pipeline.indexing.light import LightEncoder
from pipeline.indexing.models import DEFAULT_MODEL, ModelFolder, find_model, first_line, weights_sha256
from pipeline.indexing.prompts import all_prompts, of_passage, of_query, unit, valid

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from sentence_transformers import SentenceTransformer

    Vectors = npt.NDArray[np.float32]

BATCH = 32  # texts a step; more gains nothing on two cores
CROSS_ENCODERS = "give one with --rerank, such as cross-encoder/ms-marco-MiniLM-L6-v2"


class Encoder(Protocol):
    """Turns texts into vectors that can be compared by inner product."""

    @property
    def info(self) -> EncoderInfo:
        """Which model this is."""

    def encode(self, texts: Sequence[str], *, is_query: bool, progress: Callable[[int], None] | None = None) -> Vectors:
        """Encode texts with the model's prompt for queries or for passages.

        :param progress: called with the number of texts done since the last call.
        :return: float32, shape (len(texts), dimensions), every row of norm 1.
        """

    def encode_tokens(
        self, texts: Sequence[str], *, is_query: bool, progress: Callable[[int], None] | None = None
    ) -> tuple[Vectors, list[Vectors]]:
        """Encode texts, and the words in them: one pass gives both.

        :return: as ``encode``, and for each text float32, shape (pieces, dimensions), every row of norm 1: the tokens
            of a query, or neighbouring tokens of a passage pooled by two.
        """


class Reranker(Protocol):
    """Reads a question together with a text, which tells more than two vectors that know nothing of each other."""

    @property
    def name(self) -> str:
        """Which model this is."""

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Score texts as answers to a question, in the order given.

        :return: logits: numbers of any size, higher is better, 0 where the model is undecided.
        """


def load_encoder(
    name: str | None = None, expected: EncoderInfo | None = None, *, thorough: bool = True, for_many: bool = False
) -> Encoder:
    """Load a sentence-transformers model by hub name or path, without torch where that is possible.

    :param expected: the model an index was built with; its weights must be the ones found.
    :param thorough: read all weights of a packaged model to see that they are whole, half a gigabyte; a question does
        not wait for that, sizes and times tell it.
    :param for_many: passages are to be encoded, not a question: what does that faster may take a second to start.
    :raises EncoderError: if the model cannot be had or is another one.
    """
    model, sha256 = _find(name, expected, thorough=thorough)
    try:
        return LightEncoder(model, sha256, for_many=for_many)
    except EncoderError as error:
        import logging

        logging.getLogger(__name__).warning("%s: loading it, which takes some seconds", error)
        return SentenceTransformerEncoder(model, sha256)


def _find(name: str | None, expected: EncoderInfo | None, *, thorough: bool) -> tuple[ModelFolder, str]:
    """Find a model and the sha256 of its weights, which must be those expected."""
    name = name or (expected.name if expected else DEFAULT_MODEL)
    model = find_model(name, expected.revision if expected else None, thorough=thorough)
    sha256 = model.sha256 or weights_sha256(model.path)
    if expected and sha256 != expected.sha256:
        raise EncoderError(
            f"the index was built with {expected.name} (weights {expected.sha256[:12]}), but {model.path} holds other"
            f" weights ({sha256[:12]}); search with that model, or rebuild: mandates ingest"
        )
    return model, sha256


def load_reranker(name: str) -> Reranker:
    """Load a sentence-transformers cross-encoder by hub name or path.

    :raises EncoderError: if the model cannot be had or is no cross-encoder.
    """
    return CrossEncoderReranker(find_model(name, option="--rerank"))


class SentenceTransformerEncoder:
    """Any sentence-transformers model, with its own prompts for queries and passages."""

    def __init__(self, model: ModelFolder, sha256: str) -> None:
        """Load the model from its folder; the network is not used."""
        self._model = _load(model.path)
        self._model.prompts = all_prompts(model, self._model.prompts)
        dimensions = self._model.get_embedding_dimension()
        if not dimensions:
            raise EncoderError(f"{model.name}: the model does not say how long its vectors are")
        self._info = EncoderInfo(model.name, model.revision, sha256, dimensions)

    @property
    def info(self) -> EncoderInfo:
        """Which model this is."""
        return self._info

    def encode(self, texts: Sequence[str], *, is_query: bool, progress: Callable[[int], None] | None = None) -> Vectors:
        """Encode texts, see ``Encoder``.

        Texts of like length share a batch, since a batch is as slow as its longest.
        """
        return self._encode(texts, is_query=is_query, progress=progress, tokens=False)[0]

    def encode_tokens(
        self, texts: Sequence[str], *, is_query: bool, progress: Callable[[int], None] | None = None
    ) -> tuple[Vectors, list[Vectors]]:
        """Encode texts and their tokens, see ``Encoder``."""
        return self._encode(texts, is_query=is_query, progress=progress, tokens=True)

    def _encode(
        self, texts: Sequence[str], *, is_query: bool, progress: Callable[[int], None] | None, tokens: bool
    ) -> tuple[Vectors, list[Vectors]]:
        import numpy as np

        encode = self._model.encode_query if is_query else self._model.encode_document
        order = sorted(range(len(texts)), key=lambda index: (-len(texts[index]), index))
        vectors = np.zeros((len(texts), self._info.dimensions), dtype=np.float32)
        token_vectors: list[Vectors] = [vectors[:0]] * len(texts)
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            found = encode(
                [valid(texts[index]) for index in batch],
                output_value=None if tokens else "sentence_embedding",
                batch_size=BATCH,
                convert_to_numpy=not tokens,
                show_progress_bar=False,
            )
            for index, output in zip(batch, found, strict=True):
                vectors[index] = unit(np.asarray(output["sentence_embedding"] if tokens else output))
                if tokens:
                    # Without the padding that brings the batch's texts to one length.
                    tokens_of = np.asarray(output["token_embeddings"])[np.asarray(output["attention_mask"]) > 0]
                    token_vectors[index] = self._pieces(tokens_of, is_query=is_query)
            if progress:
                progress(len(batch))
        if not np.isfinite(vectors).all():
            raise EncoderError(f"{self._info.name}: the model gives vectors that are not numbers")
        return vectors, token_vectors

    def _pieces(self, tokens: Vectors, *, is_query: bool) -> Vectors:
        """Take the marks and the prompt off a query's tokens; pool the tokens of a passage by neighbours."""
        if not is_query:
            return of_passage(tokens)
        prompt = self._model.prompts.get("query") or ""
        return of_query(tokens, len(self._model.tokenizer(prompt.strip())["input_ids"]))


class CrossEncoderReranker:
    """Any sentence-transformers cross-encoder that gives one score for a pair of texts."""

    def __init__(self, model: ModelFolder) -> None:
        """Load the model from its folder; the network is not used."""
        self.name = model.name
        # Of anything else the library makes a cross-encoder too, one whose last layer is random.
        if not _is_cross_encoder(model.path):
            raise EncoderError(f"{model.path}: not a cross-encoder; {CROSS_ENCODERS}")
        _quieten()
        from sentence_transformers import CrossEncoder

        try:
            self._model = CrossEncoder(str(model.path), device="cpu", local_files_only=True)
        except Exception as error:
            raise EncoderError(f"{model.path}: not a cross-encoder ({first_line(error)}); {CROSS_ENCODERS}") from error
        if self._model.num_labels != 1:
            raise EncoderError(
                f"{model.path}: gives {self._model.num_labels} labels to a pair of texts, not one score;"
                f" {CROSS_ENCODERS}"
            )

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Score texts as answers to a question, see ``Reranker``.

        Without the model's own activation, which is the sigmoid for some models, nothing for others: in 32 bits it
        makes all good scores 1.
        """
        pairs = [(valid(query), valid(text)) for text in texts]
        found = self._model.predict(
            pairs, activation_fn=lambda logits: logits, batch_size=BATCH, show_progress_bar=False
        )
        scores = [float(score) for score in found]
        if not all(map(math.isfinite, scores)):
            raise EncoderError(f"{self.name}: the model gives scores that are not numbers")
        return scores


def _is_cross_encoder(folder: Path) -> bool:
    """Tell by a model's own description whether it was trained to score pairs of texts."""
    kind = _described(folder / "config_sentence_transformers.json").get("model_type")
    architectures = _described(folder / "config.json").get("architectures") or [""]
    return kind == "CrossEncoder" or (not kind and str(architectures[0]).endswith("ForSequenceClassification"))


def _described(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _load(path: Path) -> SentenceTransformer:
    _quieten()
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(str(path), device="cpu", local_files_only=True)
    except Exception as error:
        raise EncoderError(f"{path}: not a sentence-transformers model ({first_line(error)})") from error


def _quieten() -> None:
    """Keep the libraries' progress bars and warnings from the user."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
