"""Columns: what was added, passage by passage, is what is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import IndexDamaged
from pipeline.indexing.arrays import open_arrays, write_arrays
from pipeline.indexing.columns import ARRAYS, Columns, ColumnsWriter

if TYPE_CHECKING:
    import numpy.typing as npt

number = st.integers(0, 1000)


def opened(path: Path, passages: list[tuple[int, int, int, int]]) -> Columns:
    writer = ColumnsWriter()
    for passage in passages:
        writer.add(*passage)
    writer.write(path)
    return Columns(path)


@settings(max_examples=60, deadline=None)
@given(passages=st.lists(st.tuples(number, number, number, number), max_size=20))
def test_spans_follow_each_other(
    tmp_path_factory: pytest.TempPathFactory, passages: list[tuple[int, int, int, int]]
) -> None:
    columns = opened(tmp_path_factory.mktemp("columns") / "c", passages)
    rows = np.arange(len(passages))
    assert len(columns) == len(passages)
    assert columns.owners.tolist() == [passage[0] for passage in passages]
    assert columns.sections.tolist() == [passage[1] for passage in passages]
    for spans, place in ((columns.sentences(rows), 2), (columns.tokens(rows), 3)):
        counts = [passage[place] for passage in passages]
        assert spans[1].tolist() == counts
        assert spans[0].tolist() == [sum(counts[:row]) for row in rows]


def test_spans_come_in_the_order_asked_for(tmp_path: Path) -> None:
    columns = opened(tmp_path / "c", [(0, 0, 2, 5), (0, 0, 1, 7), (0, 0, 3, 1)])
    assert [part.tolist() for part in columns.tokens(np.array([2, 0, 2]))] == [[12, 0, 12], [1, 5, 1]]


def test_more_rows_than_can_be_numbered_are_an_error(tmp_path: Path) -> None:
    writer = ColumnsWriter()
    writer.add(0, 0, 1, 2**32)
    with pytest.raises(OverflowError):
        writer.write(tmp_path / "c")


def test_other_arrays_are_damage(tmp_path: Path) -> None:
    write_arrays(tmp_path / "c", {name: np.zeros(3, dtype=np.uint32) for name in ARRAYS})
    with pytest.raises(IndexDamaged, match="c: the columns are not of one length"):
        Columns(tmp_path / "c")
    write_arrays(tmp_path / "c", {name: np.zeros(3, dtype=np.float32) for name in ARRAYS})
    with pytest.raises(IndexDamaged, match="c: the numbers of sentences are of another kind"):
        Columns(tmp_path / "c")
    write_arrays(tmp_path / "c", {"owners": np.zeros(3, dtype=np.uint32)})
    with pytest.raises(IndexDamaged, match="c: not the arrays of an index"):
        Columns(tmp_path / "c")


def test_arrays_of_any_kind_come_back(tmp_path: Path) -> None:
    arrays: dict[str, npt.NDArray[Any]] = {
        "a": np.arange(3, dtype=np.uint8), "b": np.ones((2, 0), dtype=np.float32), "c": np.arange(6).reshape(2, 3),
        "d": np.array([-1], dtype=np.int8), "e": np.array([7], dtype=np.uint16),
    }  # fmt: skip
    write_arrays(tmp_path / "a", arrays)
    found = open_arrays(tmp_path / "a", {"a": "U8", "b": "F32", "c": "I64", "d": "I8", "e": "U16"})
    for name, array in arrays.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        assert found[name].tolist() == array.tolist()
        assert found[name].flags.aligned


@pytest.mark.parametrize(("sentences", "in_order"), [([0, 4, 9], True), ([0, 4, 4], True), ([0, 9, 4], False)])
def test_spans_that_go_back_are_out_of_order(tmp_path: Path, sentences: list[int], in_order: bool) -> None:
    # Found by changed indexes: a passage of fewer than no sentences.
    columns = {name: np.zeros(2, dtype=np.uint32) for name in ARRAYS}
    columns |= {"sentences": np.array(sentences, dtype=np.uint32), "tokens": np.zeros(3, dtype=np.uint32)}
    write_arrays(tmp_path / "c", columns)
    assert Columns(tmp_path / "c").are_in_order() is in_order


def test_shape_that_is_none_is_damage(tmp_path: Path) -> None:
    # Found by changed indexes.
    write_arrays(tmp_path / "c", {name: np.zeros(100, dtype=np.uint32) for name in ARRAYS})
    (tmp_path / "c").write_bytes((tmp_path / "c").read_bytes().replace(b"[100]", b"[1e2]"))
    with pytest.raises(IndexDamaged, match="c: not the arrays of an index"):
        open_arrays(tmp_path / "c", ARRAYS)
