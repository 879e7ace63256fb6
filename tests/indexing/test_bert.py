"""The encoder in numpy gives what transformers gives, for plain BERTs only."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from pipeline.errors import EncoderError
from pipeline.indexing.bert import Bert, gelu

if TYPE_CHECKING:
    import numpy.typing as npt

IDS = [2, 5, 6, 7, 8, 40, 41, 3]


def library(folder: Path, ids: list[int]) -> npt.NDArray[np.float32]:
    """What transformers gives, in 32 bits."""
    import torch
    from transformers import BertModel

    model = BertModel.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        state: npt.NDArray[np.float32] = model(input_ids=torch.tensor([ids])).last_hidden_state[0].numpy()
    return state


def copy(tiny: Path, folder: Path, **config: Any) -> Path:
    """The tiny model with another configuration."""
    shutil.copytree(tiny, folder)
    found = json.loads((tiny / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**found, **config}))
    return folder


@pytest.mark.parametrize("ids", [IDS, [2, 3], list(range(64))])
def test_the_last_hidden_state(tiny: Path, ids: list[int]) -> None:
    (state,) = Bert(tiny)([ids])
    assert (state.shape, str(state.dtype)) == ((len(ids), 16), "float32")
    np.testing.assert_allclose(state, library(tiny, ids), atol=2e-5)


@pytest.mark.parametrize("prefix", ["bert.", "0.auto_model."])
def test_names_with_a_prefix(tiny: Path, tmp_path: Path, prefix: str) -> None:
    folder = copy(tiny, tmp_path / "model")
    weights = load_file(tiny / "model.safetensors")
    save_file({prefix + name: tensor for name, tensor in weights.items()}, folder / "model.safetensors")
    np.testing.assert_array_equal(Bert(folder)([IDS])[0], Bert(tiny)([IDS])[0])


def test_weights_of_16_bits(tiny: Path, tmp_path: Path) -> None:
    folder = copy(tiny, tmp_path / "model")
    weights = {name: tensor.astype(np.float16) for name, tensor in load_file(tiny / "model.safetensors").items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (state,) = Bert(folder)([IDS])
    assert state.dtype == np.float32
    np.testing.assert_allclose(state, library(folder, IDS), atol=2e-5)


def test_texts_of_one_batch_know_nothing_of_each_other(tiny: Path) -> None:
    bert, batch = Bert(tiny), [IDS, [2, 3], list(range(64)), IDS]
    for ids, state in zip(batch, bert(batch), strict=True):
        np.testing.assert_allclose(state, library(tiny, ids), atol=2e-5)


def test_gelu() -> None:
    x = np.linspace(-12, 12, 4810, dtype=np.float32).reshape(-1, 37)  # 130 rows: two whole blocks and a part of one
    exact = [[value * (1 + math.erf(value / math.sqrt(2))) / 2 for value in row] for row in x.tolist()]
    np.testing.assert_allclose(gelu(x.copy()), exact, atol=1e-6)


@pytest.mark.parametrize(
    "config",
    [
        {"model_type": "roberta"}, {"hidden_act": "relu"}, {"position_embedding_type": "relative_key"},
        {"is_decoder": True}, {"num_hidden_layers": 2}, {"hidden_size": 32}, {"intermediate_size": 64},
        {"hidden_size": "many"}, {"num_attention_heads": 0}, {"quantization_config": {"bits": 4}},
    ],
)  # fmt: skip
def test_another_architecture_is_refused(tiny: Path, tmp_path: Path, config: dict[str, Any]) -> None:
    with pytest.raises(EncoderError):
        Bert(copy(tiny, tmp_path / "model", **config))


def test_a_config_without_a_kind_is_refused(tiny: Path, tmp_path: Path) -> None:
    folder = copy(tiny, tmp_path / "model")
    found = json.loads((folder / "config.json").read_text())
    del found["model_type"]
    (folder / "config.json").write_text(json.dumps(found))
    with pytest.raises(EncoderError, match="not a plain BERT"):
        Bert(folder)


@pytest.mark.parametrize("length", [0, 5, 100, 5000])
def test_weights_that_are_cut_are_refused(tiny: Path, tmp_path: Path, length: int) -> None:
    folder = copy(tiny, tmp_path / "model")
    (folder / "model.safetensors").write_bytes((tiny / "model.safetensors").read_bytes()[:length])
    with pytest.raises(EncoderError, match=r"model\.safetensors"):
        Bert(folder)


def test_integers_are_no_weights(tiny: Path, tmp_path: Path) -> None:
    folder = copy(tiny, tmp_path / "model")
    weights = {name: tensor.astype(np.int8) for name, tensor in load_file(tiny / "model.safetensors").items()}
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(EncoderError, match="not in 32 or 16 bits"):
        Bert(folder)
