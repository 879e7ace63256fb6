"""Compact token vectors: what 4 bits along the axes leave of a product, and that a known code stays a code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.errors import IndexDamaged
from pipeline.indexing import build, compact, nearest, store
from pipeline.indexing.arrays import write_arrays
from pipeline.indexing.compact import Axes, CodedPassages, learn_axes, learn_from, open_axes, write_axes
from pipeline.indexing.files import Pieces, open_files
from pipeline.indexing.vectors import best_match, mean_of_best, quantize, unit_rows
from pipeline.indexing.verify import verify_index
from tests.indexing.editions import BUA, IFO, WLA, answers, ingest, make_edition, vectors

if TYPE_CHECKING:
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]


def tokens(seed: int, count: int, dimensions: int = 96) -> Vectors:
    """Make vectors as models do: a large common part, and fewer directions than dimensions."""
    dice = np.random.default_rng(seed)
    directions = np.random.default_rng(0).normal(size=(20, dimensions))
    return unit_rows(dice.normal(size=(count, 20)) @ directions + 8 * directions[0])


@pytest.fixture
def axes(monkeypatch: pytest.MonkeyPatch) -> Axes:
    monkeypatch.setattr(compact, "KEPT", 32)
    return learn_axes(tokens(1, 2000))


def test_a_vector_takes_half_a_byte_an_axis(axes: Axes) -> None:
    codes = axes.encode(tokens(2, 50))
    assert (codes.shape, str(codes.dtype), axes.width) == ((50, 16), "int8", 16)


def test_products_are_nearly_those_of_the_vectors(axes: Axes) -> None:
    query, passage = tokens(3, 7), tokens(4, 200)
    codes = axes.encode(passage)
    levels = axes.levels(codes)
    assert (levels.min() >= 0, levels.max() <= 2 * compact.LEVELS) == (True, True)
    np.testing.assert_allclose(axes.similarities(query, codes), passage @ query.T, atol=0.05)
    np.testing.assert_allclose(axes.similarities(query, codes), axes.decode(codes) @ query.T, atol=1e-5)


@pytest.mark.parametrize("compact_ones", [False, True])
@pytest.mark.parametrize("cached", [1, 7, 20, 60, 128])
def test_blocks_of_any_height_score_the_same(
    axes: Axes, compact_ones: bool, cached: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.indexing.vectors.CACHED", cached)
    query, passage, counts = tokens(3, 7), tokens(4, 60), np.array([20, 0, 40])
    vectors = axes.encode(passage) if compact_ones else quantize(passage)
    pieces = Pieces(np.arange(3), passage[:3], np.ones(3, dtype=np.int64), vectors, counts)
    found = pieces.interaction(query, axes if compact_ones else None)
    plain = axes.decode(vectors) if compact_ones else unit_rows(vectors)
    np.testing.assert_allclose(found, mean_of_best(plain @ query.T, counts), atol=1e-5)
    assert (found[1], found[0] > 0.5) == (0, True)


def test_norms_that_are_known_change_no_score() -> None:
    query, vectors = tokens(3, 7), quantize(tokens(4, 300))
    vectors[5] = 0
    pieces = Pieces(np.arange(1), tokens(1, 1), np.ones(1, dtype=np.int64), vectors, np.array([300]))
    norms = pieces.with_norms().norms
    assert norms is not None
    np.testing.assert_allclose(norms, np.where(np.arange(300) == 5, 1, np.linalg.norm(vectors, axis=1)), rtol=1e-6)
    assert pieces.with_norms().interaction(query, None) == pieces.interaction(query, None)


def test_what_was_quantized_before_says_the_same(axes: Axes) -> None:
    query, passage = tokens(3, 7), tokens(5, 100)
    one, other = (axes.similarities(query, axes.encode(rows)) for rows in (passage, quantize(passage)))
    np.testing.assert_allclose(one, other, atol=0.05)


def test_vectors_without_a_direction_and_constant_ones_are_numbers() -> None:
    flat = learn_axes(np.ones((10, 8), dtype=np.float32))
    assert np.isfinite(flat.decode(flat.encode(np.zeros((2, 8), dtype=np.float32)))).all()
    assert flat.width == 4


def test_the_same_sample_gives_the_same_axes_and_they_come_back(axes: Axes, tmp_path: Path) -> None:
    write_axes(tmp_path / "a", learn_axes(tokens(1, 2000)))
    found = open_axes(tmp_path / "a")
    assert found is not None
    for name in ("basis", "middle", "reach"):
        np.testing.assert_array_equal(getattr(found, name), getattr(axes, name))
    assert open_axes(tmp_path / "nowhere") is None
    write_arrays(tmp_path / "a", dict.fromkeys(("basis", "middle", "reach"), np.ones(3, dtype=np.float32)))
    with pytest.raises(IndexDamaged, match="a: the axes are not in step"):
        open_axes(tmp_path / "a")


def test_a_large_sample_is_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    passages = [tokens(seed, 5) for seed in range(20)]
    monkeypatch.setattr(compact, "LEARNT", 50)
    np.testing.assert_array_equal(learn_from(passages).middle, learn_axes(np.concatenate(passages[::2])).middle)


def test_coded_passages_are_vectors_again(axes: Axes) -> None:
    passages = [tokens(seed, 3 + seed) for seed in range(4)]
    coded = CodedPassages([axes.encode(passage) for passage in passages], axes)
    assert len(coded) == 4
    query = tokens(9, 6)
    np.testing.assert_allclose(best_match(query, list(coded)), best_match(query, passages), atol=0.03)


def test_the_mean_of_the_best_by_hand() -> None:
    similarities = np.array([[1, 0], [0, 0.5], [0.25, 0.25]], dtype=np.float32)
    assert mean_of_best(similarities, np.array([2, 0, 1])).tolist() == [0.75, 0, 0.25]
    assert mean_of_best(similarities[:0], np.array([0])).tolist() == [0]


# --- an index with them


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two passages be many."""
    monkeypatch.setattr(nearest, "MANY", 2)
    monkeypatch.setattr(build, "MANY", 2)
    monkeypatch.setattr(nearest, "TRAINED", 1)
    monkeypatch.setattr(nearest, "LISTS", 0.7)


def test_an_index_of_many_passages_is_compact_and_answers(tmp_path: Path, many: None) -> None:
    make_edition(tmp_path / "papers" / "sea-2020.pdf", IFO, WLA, BUA)
    ingest(tmp_path / "papers", tmp_path / "index")
    generation = store.open_generation(tmp_path / "index").path
    files = open_files(generation)
    assert files.axes is not None
    assert files.tokens.shape[1] == files.axes.width
    assert isinstance(files.vectors, nearest.ClusteredVectors)
    files.close()
    assert verify_index(tmp_path / "index").damage == ()
    for found, word in zip(answers(tmp_path / "index"), ("herring", "foghorns", "umbrellas"), strict=True):
        assert word in found[0][0].text  # type: ignore[index]
    (generation / store.AXES).unlink()
    (damage,) = verify_index(tmp_path / "index").damage
    assert store.AXES in damage


def test_known_codes_are_taken_over_and_a_fresh_build_learns_anew(tmp_path: Path, many: None) -> None:
    make_edition(tmp_path / "papers" / "sea-2020.pdf", IFO, WLA)
    ingest(tmp_path / "papers", tmp_path / "index")
    before = store.open_generation(tmp_path / "index").path
    kept = (before / store.AXES).read_bytes()
    (tmp_path / "papers" / "sea-2020.pdf").rename(tmp_path / "papers" / "sea-2021.pdf")
    report, encoded = ingest(tmp_path / "papers", tmp_path / "index")
    assert (report.computed, encoded) == (0, [])
    after = store.open_generation(tmp_path / "index").path
    assert vectors(after) == vectors(before)
    make_edition(tmp_path / "papers" / "lake-2021.pdf", BUA)
    report, _ = ingest(tmp_path / "papers", tmp_path / "index")
    assert (report.computed, report.reused) == (2, 4)
    assert (store.open_generation(tmp_path / "index").path / store.AXES).read_bytes() == kept
    assert verify_index(tmp_path / "index").damage == ()
