"""A BERT encoder in plain numpy: token ids → the last hidden state.

Why our own: a question of 20 tokens needs 30 ms of matrix products, but a runtime needs far more before the first of
them. Torch takes seconds to import; onnxruntime takes 0.05 s, and then reads and prepares the whole model: measured
0.25 s and 190 MB for MiniLM, 1.0 s and 890 MB for multilingual-e5-small. Weights that are only mapped are there at
once. For many texts it is as fast as torch, since nearly all of the time goes into the same matrix products: 3,300 and
3,150 tokens a second with multilingual-e5-small on two cores (150 tokens a text), 6,300 and 6,270 with MiniLM.

The architecture is that of Devlin et al., "BERT: pre-training of deep bidirectional transformers for language
understanding", NAACL 2019, as transformers' ``BertModel`` computes it in evaluation.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.errors import EncoderError
from pipeline.indexing.tensors import Tensors

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Matrix = npt.NDArray[np.float32]
    Pair = tuple[npt.NDArray[Any], npt.NDArray[Any]]

WORDS = "embeddings.word_embeddings.weight"
PREFIXES = ("", "bert.", "0.auto_model.", "0.auto_model.bert.")  # how savers have named the whole encoder
FLOATS = ("F32", "F16")
# What a config may say besides its measures; where it is silent, this is what BertModel takes.
NEEDED = {
    "model_type": ("bert",), "hidden_act": ("gelu",), "position_embedding_type": ("absolute",),
    "is_decoder": (False,), "add_cross_attention": (False,), "quantization_config": (None,), "auto_map": (None,),
}  # fmt: skip
# erf(x / √2) = tanh(x · P(x²)); P was fitted to the least largest error of x · erf(x / √2) for x up to 5.5.
ERF = (0.79787271, 0.036365466, -5.7740098e-5, -4.7293894e-5, 2.8009750e-6, -5.6680326e-8)
ERF_IS_ONE = 30.0  # from this square on, in 32 bits
GELU_BLOCK = 16_384  # numbers of 4 bytes: three such blocks stay in the cache nearest to the processor's second


class Layer(NamedTuple):
    """The weights and biases of one layer."""

    query: Pair
    key: Pair
    value: Pair
    attended: Pair
    attended_norm: Pair
    inner: Pair
    outer: Pair
    outer_norm: Pair


# The names of these in a file, in the same order.
PARTS = (
    "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
    "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm",
)  # fmt: skip


class Bert:
    """The encoder of one folder (config.json and model.safetensors); its weights are mapped, not read."""

    def __init__(self, folder: Path) -> None:
        """Map the weights.

        :raises EncoderError: if the model is no plain BERT, or its weights are not all there in 32 or 16 bits.
        """
        config = _config(folder / "config.json")
        self._tensors = Tensors(folder / "model.safetensors")
        prefix = next((prefix for prefix in PREFIXES if prefix + WORDS in self._tensors), None)
        if prefix is None:
            raise EncoderError(f"{self._tensors.file}: no weights of a BERT encoder")
        self._prefix = prefix
        self.hidden, self.heads = int(config["hidden_size"]), int(config["num_attention_heads"])
        self.epsilon = float(config.get("layer_norm_eps", 1e-12))
        self._words = self._weights(WORDS, -1, self.hidden)
        self._places = self._weights("embeddings.position_embeddings.weight", -1, self.hidden)
        self._types = self._weights("embeddings.token_type_embeddings.weight", -1, self.hidden)
        self.norm = self._pair("embeddings.LayerNorm", self.hidden)
        wide = int(config["intermediate_size"])
        self.layers = [self._layer(number, wide) for number in range(int(config["num_hidden_layers"]))]
        encoder = [name for name in self._tensors.names() if name.startswith(f"{prefix}encoder.")]
        if encoder:
            self._tensors.prefetch(encoder)

    @property
    def positions(self) -> int:
        """The longest sequence the model knows."""
        return len(self._places)

    def __call__(self, batch: Sequence[Sequence[int]]) -> list[Matrix]:
        """Encode sequences of token ids, all of the first type and none of them padding.

        They lie side by side in one matrix, so that none pays for the length of another. Each token is a column: a
        product of weights and a few columns takes two thirds of the time of that of a few rows and the same weights.

        :return: the last hidden state of each, shape (tokens, hidden).
        """
        import numpy as np

        ends = np.cumsum([len(ids) for ids in batch])
        ranges = [slice(end - len(ids), end) for ids, end in zip(batch, ends, strict=True)]
        x = self._normalized(np.ascontiguousarray(self.embedded(batch).T), self.norm)
        for layer in self.layers:
            x = self._normalized(_dense(self._attended(x, layer, ranges), layer.attended, x), layer.attended_norm)
            x = self._normalized(_dense(gelu(_dense(x, layer.inner)), layer.outer, x), layer.outer_norm)
        rows = np.ascontiguousarray(x.T)
        return [rows[tokens] for tokens in ranges]

    def embedded(self, batch: Sequence[Sequence[int]]) -> Matrix:
        """Look up what each token is and where it stands: shape (tokens, hidden), not normalized yet."""
        import numpy as np

        rows: Matrix = self._words[np.concatenate(batch).astype(np.intp)].astype(np.float32)
        rows += self._places[np.concatenate([np.arange(len(ids)) for ids in batch])]
        rows += self._types[0]
        return rows

    @staticmethod
    def one_thread_each() -> AbstractContextManager[object]:
        """Let each call take one core, so that several of them can run side by side."""
        from threadpoolctl import threadpool_limits

        alone: AbstractContextManager[object] = threadpool_limits(1)
        return alone

    def _attended(self, x: Matrix, layer: Layer, ranges: Sequence[slice]) -> Matrix:
        """Mix the tokens of each sequence by scaled dot-product attention with several heads; shape as ``x``."""
        import numpy as np

        shape = self.heads, self.hidden // self.heads, x.shape[1]
        query, key, value = (_dense(x, pair).reshape(shape) for pair in (layer.query, layer.key, layer.value))
        query *= np.float32(1 / math.sqrt(shape[1]))
        mixed = np.empty_like(value)
        for tokens in ranges:
            # Shape (heads, keys, queries).
            weights = key[:, :, tokens].transpose(0, 2, 1) @ query[:, :, tokens]
            weights -= weights.max(axis=1, keepdims=True)
            np.exp(weights, out=weights)
            sums = weights.sum(axis=1, keepdims=True)
            found = value[:, :, tokens] @ weights
            found /= sums
            mixed[:, :, tokens] = found
        return mixed.reshape(x.shape)

    def _normalized(self, x: Matrix, pair: Pair) -> Matrix:
        """Bring each column of ``x``, in place, to mean 0 and variance 1, then to the learned ones."""
        import numpy as np

        x -= x.mean(axis=0)
        deviation = np.einsum("ij,ij->j", x, x)
        deviation /= np.float32(len(x))
        deviation += np.float32(self.epsilon)
        x /= np.sqrt(deviation, out=deviation)
        x *= pair[0][:, None]
        x += pair[1][:, None]
        return x

    def _layer(self, number: int, wide: int) -> Layer:
        hidden = self.hidden
        shapes = {"intermediate.dense": (wide, hidden), "output.dense": (hidden, wide)}
        pairs = [
            self._pair(
                f"encoder.layer.{number}.{part}",
                *((hidden,) if part.endswith("LayerNorm") else shapes.get(part, (hidden, hidden))),
            )
            for part in PARTS
        ]
        return Layer(*pairs)

    def _pair(self, name: str, *shape: int) -> Pair:
        return self._weights(f"{name}.weight", *shape), self._weights(f"{name}.bias", shape[0])

    def _weights(self, name: str, *shape: int) -> npt.NDArray[Any]:
        """Give a mapped tensor after a look at its shape; -1 stands for any length."""
        array = self._tensors.array(self._prefix + name)
        if self._tensors.dtype(self._prefix + name) not in FLOATS:
            raise EncoderError(f"{self._tensors.file}: {name} is not in 32 or 16 bits")
        wrong = [have for have, want in zip(array.shape, shape, strict=False) if want not in (-1, have)]
        if wrong or array.ndim != len(shape):
            raise EncoderError(f"{self._tensors.file}: {name} has shape {array.shape}, expected {shape}")
        return array


def gelu(x: Matrix) -> Matrix:
    """Turn each x, in place, into half of x times 1 + erf(x / √2); the error is below 1.2e-6.

    :param x: shape (rows, columns). A few rows at a time: what stays in the processor's cache is ten times as near.
    """
    rows = max(1, GELU_BLOCK // max(1, x.shape[1]))
    for start in range(0, len(x), rows):
        _gelu(x[start : start + rows])
    return x


def _gelu(x: Matrix) -> None:
    import numpy as np

    square = x * x
    np.minimum(square, np.float32(ERF_IS_ONE), out=square)
    series = square * np.float32(ERF[-1])
    for factor in ERF[-2:0:-1]:
        series += np.float32(factor)
        series *= square
    series += np.float32(ERF[0])
    series *= x
    np.tanh(series, out=series)
    series += np.float32(1)
    x *= np.float32(0.5)
    x *= series


def _dense(x: Matrix, pair: Pair, onto: Matrix | None = None) -> Matrix:
    """Multiply weights, shape (outputs, inputs), by columns, add the bias, and ``onto`` if there is one."""
    import numpy as np

    weights, bias = pair
    # 16 bits are widened when they are used: matrix products of them are slow, and exact ones are wanted.
    product: Matrix = weights.astype(np.float32, copy=False) @ x
    product += bias[:, None]
    if onto is not None:
        product += onto
    return product


def _config(file: Path) -> dict[str, Any]:
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        kinds = {name: config.get(name, allowed[0]) for name, allowed in NEEDED.items()}
        measures = [config[f"num_{name}"] for name in ("hidden_layers", "attention_heads")]
        measures += [config["hidden_size"], config["intermediate_size"]]
    except (OSError, ValueError, AttributeError, KeyError) as error:
        raise EncoderError(f"{file}: not a BERT ({error})") from error
    wrong = next((name for name, allowed in NEEDED.items() if kinds[name] not in allowed), None)
    if wrong or "model_type" not in config or not all(isinstance(count, int) and count > 0 for count in measures):
        raise EncoderError(f"{file}: not a plain BERT ({wrong or 'config'}: {config.get(wrong or 'model_type')!r})")
    return dict(config)
