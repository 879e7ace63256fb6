"""The encoder of ``bert`` for many texts: products of 16 bits, by torch, on processors with units for them.

Why beside numpy: such units multiply matrices of bfloat16 four times (AVX-512 of AMD, since 2022) to eight times
(AMX of Intel, since 2023) as fast as others multiply 32 bits, and numpy has no way to them. Torch has, and takes 1.2 s
to import: little for a paper, far too much for a question.

What goes into a product and what comes out of it is rounded to 8 bits of precision, attention and GELU included; norms
and what goes from layer to layer keep 32 bits. The paper's texts have cosines of 0.99997 and more to those in 32 bits,
and the figures of the evaluation are the same (docs/measuring.md).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.indexing.bert import Bert, Layer

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    Matrix = npt.NDArray[np.float32]
    Weights = tuple[torch.Tensor, torch.Tensor]

PROCESSOR = Path("/proc/cpuinfo")
UNITS = {"amx_bf16", "avx512_bf16"}  # as Linux calls them
# Every batch is filled up to a multiple of these, the tokens of a full one: a product of one more shape takes a
# millisecond to be planned, and may round otherwise, so that vectors would hang on what shares their batch.
ROWS = 1024


def fastest(bert: Bert) -> Bert | Bert16:
    """Give what encodes many texts fastest here: products of 16 bits where this processor has units for them."""
    try:
        flags = PROCESSOR.read_text(encoding="utf-8", errors="replace").split()
        return bert if UNITS.isdisjoint(flags) else Bert16(bert)
    except (ImportError, OSError):  # no Linux, no torch, or one that does not start
        return bert


class _Layer(NamedTuple):
    """The weights of one layer: matrices and biases in 16 bits, norms in 32."""

    mixing: Weights  # query, key and value in one
    attended: Weights
    attended_norm: Weights
    inner: Weights
    outer: Weights
    outer_norm: Weights


class Bert16:
    """A BERT whose matrix products take factors of 16 bits."""

    def __init__(self, bert: Bert) -> None:
        """Round the weights of a mapped encoder."""
        self._bert = bert
        self._norm = _as_they_are(bert.norm)
        self._layers = [_rounded_layer(layer) for layer in bert.layers]

    def __call__(self, batch: Sequence[Sequence[int]]) -> list[Matrix]:
        """Encode sequences of token ids, see ``Bert.__call__``."""
        import torch

        lengths = [len(ids) for ids in batch]
        with torch.inference_mode():
            rows = torch.from_numpy(self._bert.embedded(batch))
            rows = torch.nn.functional.pad(rows, (0, 0, 0, -len(rows) % ROWS))
            x = self._normalized(rows, self._norm)
            for layer in self._layers:
                x = self._normalized(_dense(self._attended(x, layer, lengths), layer.attended) + x, layer.attended_norm)
                inner = torch.nn.functional.gelu(_dense(x, layer.inner))
                x = self._normalized(_dense(inner, layer.outer) + x, layer.outer_norm)
            ends = itertools.accumulate(lengths)
            return [x[end - length : end].numpy() for end, length in zip(ends, lengths, strict=True)]

    @staticmethod
    @contextmanager
    def one_thread_each() -> Iterator[None]:
        """Let each call take one core, so that several of them can run side by side."""
        import torch

        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)

    def _attended(self, x: torch.Tensor, layer: _Layer, lengths: Sequence[int]) -> torch.Tensor:
        """Mix the tokens of each sequence by scaled dot-product attention; neighbours of one length go together."""
        import torch

        mixing = _dense(x, layer.mixing)
        mixed = torch.zeros_like(mixing[:, : self._bert.hidden])
        start = 0
        for length, alike in itertools.groupby(lengths):
            count = len(list(alike))
            rows = slice(start, start + count * length)
            heads = mixing[rows].view(count, length, 3, self._bert.heads, -1).permute(2, 0, 3, 1, 4)
            found = torch.nn.functional.scaled_dot_product_attention(*heads)
            mixed[rows] = found.transpose(1, 2).reshape(count * length, self._bert.hidden)
            start = rows.stop
        return mixed

    def _normalized(self, x: torch.Tensor, norm: Weights) -> torch.Tensor:
        import torch

        return torch.nn.functional.layer_norm(x, (self._bert.hidden,), *norm, self._bert.epsilon)


def _dense(x: torch.Tensor, weights: Weights) -> torch.Tensor:
    """Multiply rows by weights, shape (outputs, inputs), and add the bias; 16 bits come out."""
    import torch

    return torch.nn.functional.linear(x.to(torch.bfloat16), *weights)


def _rounded_layer(layer: Layer) -> _Layer:
    import numpy as np

    mixing = [np.concatenate(parts) for parts in zip(layer.query, layer.key, layer.value, strict=True)]
    return _Layer(
        _rounded(mixing),
        _rounded(layer.attended),
        _as_they_are(layer.attended_norm),
        _rounded(layer.inner),
        _rounded(layer.outer),
        _as_they_are(layer.outer_norm),
    )


def _as_they_are(pair: Sequence[npt.NDArray[Any]]) -> Weights:
    import numpy as np
    import torch

    # Copies: torch warns of arrays that cannot be written to, and mapped ones cannot.
    weights, bias = (torch.from_numpy(np.array(part, dtype=np.float32)) for part in pair)
    return weights, bias


def _rounded(pair: Sequence[npt.NDArray[Any]]) -> Weights:
    import torch

    weights, bias = _as_they_are(pair)
    return weights.to(torch.bfloat16), bias.to(torch.bfloat16)
