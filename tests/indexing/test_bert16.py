"""The encoder in products of 16 bits gives what the one in 32 bits gives, but for rounding."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.indexing import bert16
from pipeline.indexing.bert import Bert
from pipeline.indexing.bert16 import ROWS, UNITS, Bert16, fastest

IDS = [2, 5, 6, 7, 8, 40, 41, 3]


def cosines(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Of the rows of two matrices."""
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(wanted, axis=1)
    return np.asarray((found * wanted).sum(axis=1) / lengths)


@pytest.mark.parametrize(
    "batch",
    [
        [IDS],
        [[2, 3]],
        [list(range(64)), IDS, IDS, [2, 3], [4, 1], IDS],  # neighbours of one length, and others
        [[number % 60, *IDS] for number in range(ROWS // 9 + 1)],  # more rows than one multiple
    ],
)
def test_the_last_hidden_states(tiny: Path, batch: list[list[int]]) -> None:
    bert = Bert(tiny)
    found, wanted = Bert16(bert)(batch), bert(batch)
    assert [(rows.shape, str(rows.dtype)) for rows in found] == [((len(ids), 16), "float32") for ids in batch]
    assert cosines(np.concatenate(found), np.concatenate(wanted)).min() >= 0.999


def test_what_fills_a_batch_up_changes_nothing(tiny: Path) -> None:
    encoder = Bert16(Bert(tiny))
    (alone,), (beside, *_) = encoder([IDS]), encoder([IDS, *([[2, 9, 3]] * (ROWS // 4))])
    # In batches of any number of rows vectors differed by what rounding takes: cosines of 0.99999.
    assert cosines(alone, beside).min() >= 0.999999


def test_the_number_of_threads_comes_back(tiny: Path) -> None:
    encoder, before = Bert16(Bert(tiny)), torch.get_num_threads()
    with encoder.one_thread_each():
        assert torch.get_num_threads() == 1
    with pytest.raises(ZeroDivisionError), encoder.one_thread_each():
        raise ZeroDivisionError
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    ("flags", "kind"),
    [
        *((f"flags : avx512f {units} avx512_vnni", Bert16) for units in sorted(UNITS)),
        ("flags : avx512f avx512_vnni amx_int8", Bert),
        ("", Bert),
        (None, Bert),
    ],
)
def test_which_is_fastest_here(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str | None, kind: type
) -> None:
    file = tmp_path / "cpuinfo"
    if flags is not None:
        file.write_text(flags, encoding="utf-8")
    monkeypatch.setattr(bert16, "PROCESSOR", file)
    assert type(fastest(Bert(tiny))) is kind


def test_without_torch_numpy_does_it(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpuinfo").write_text(" ".join(UNITS), encoding="utf-8")
    monkeypatch.setattr(bert16, "PROCESSOR", tmp_path / "cpuinfo")
    monkeypatch.setitem(sys.modules, "torch", None)
    assert type(fastest(Bert(tiny))) is Bert
