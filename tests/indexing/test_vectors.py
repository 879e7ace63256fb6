"""Vectors in 8 bits on disk, and late interaction against its definition."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import IndexDamaged
from pipeline.indexing.vectors import (
    CACHED,
    PackedVectors,
    best_match,
    best_matches,
    cosines,
    quantize,
    unit_rows,
    write_packed,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]


def array(rows: list[list[int]]) -> Vectors:
    return np.array(rows, dtype=np.float32)


def unit(rows: npt.NDArray[np.floating]) -> Vectors:
    units: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return units


def random_units(seed: int, *shape: int) -> Vectors:
    return unit(np.random.default_rng(seed).normal(size=shape))


def write_tokens(path: Path, passages: list[Vectors], dimensions: int) -> PackedVectors:
    write_packed(path, passages, (sum(map(len, passages)), dimensions))
    return PackedVectors(path)


def scored(tokens: PackedVectors, query: Vectors, ranges: list[tuple[int, int]]) -> Vectors:
    firsts, counts = np.array(ranges, dtype=np.int64).reshape(-1, 2).T
    return best_matches(query, tokens.gather(firsts, counts), counts)


def late_interaction(query: Vectors, passage: Vectors) -> float:
    """The definition, one cosine after the other."""
    best = [max(float(np.dot(token, piece)) for piece in passage) for token in query]
    return sum(best) / len(best)


def test_late_interaction_by_hand(tmp_path: Path) -> None:
    passages = [array([[1, 0]]), array([[0, 1], [1, 0]]), array([[0, -1]]), unit(array([[1, 1], [-1, 0]]))]
    tokens = write_tokens(tmp_path / "t.npy", passages, 2)
    ranges = [(0, 1), (1, 2), (3, 1), (4, 2), (0, 6)]
    found = scored(tokens, array([[1, 0], [0, 1]]), ranges)
    np.testing.assert_allclose(found, [0.5, 1, -0.5, 0.5**0.5, 1], atol=1e-6)
    assert (found.shape, str(found.dtype)) == ((5,), "float32")


def test_late_interaction_needs_no_file() -> None:
    passages = [array([[1, 0]]), array([[0, 1], [1, 0]]), array([[0, -1]]), unit(array([[1, 1], [-1, 0]]))]
    found = best_match(array([[1, 0], [0, 1]]), passages)
    np.testing.assert_allclose(found, [0.5, 1, -0.5, 0.5**0.5], atol=1e-6)
    assert (found.shape, str(found.dtype)) == ((4,), "float32")


def test_the_length_of_a_passages_vectors_does_not_matter() -> None:
    query = array([[1, 0], [0, 1]])
    one, long = array([[3, 4], [-4, 3]]), array([[60, 80], [-8, 6]])
    bytes_ = (one * 25).astype(np.int8)
    for passage in (one, long, bytes_):
        np.testing.assert_allclose(best_match(query, [passage]), [0.7], atol=1e-6)


@pytest.mark.parametrize("places", [[0], [2], [0, 1, 4], [0, 1, 2, 3, 4]])
def test_passages_without_tokens_score_nothing_wherever_they_stand(places: list[int]) -> None:
    empty, full = np.zeros((0, 2), dtype=np.float32), array([[0, 1], [1, 0]])
    passages = [empty if place in places else full for place in range(5)]
    expected = [0.0 if place in places else 1.0 for place in range(5)]
    np.testing.assert_allclose(best_match(array([[1, 0]]), passages), expected, atol=1e-6)


def test_nothing_matches_nothing() -> None:
    assert best_match(array([[1, 0]]), []).shape == (0,)
    assert best_match(np.zeros((0, 2), dtype=np.float32), [array([[1, 0]])]).tolist() == [0]
    assert best_match(array([[1, 0]]), [np.zeros((2, 2), dtype=np.float32)]).tolist() == [0]


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**6), lengths=st.lists(st.integers(0, 6), min_size=1, max_size=8), asked=st.integers(1, 5))
def test_late_interaction_is_its_definition(seed: int, lengths: list[int], asked: int) -> None:
    passages = [random_units(seed + number, length, 8) for number, length in enumerate(lengths)]
    query = random_units(seed + 100, asked, 8)
    expected = [late_interaction(query, passage) if len(passage) else 0.0 for passage in passages]
    np.testing.assert_allclose(best_match(query, passages), expected, atol=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_late_interaction_is_that_of_the_vectors_before_they_were_packed(tmp_path: Path, seed: int) -> None:
    lengths = [1, 7, 3, 40, 2, 2, 11]
    passages = [random_units(100 * seed + number, length, 384) for number, length in enumerate(lengths)]
    tokens = write_tokens(tmp_path / "t.npy", passages, 384)
    firsts = [sum(lengths[:number]) for number in range(len(lengths))]
    query = np.concatenate([random_units(seed, 5, 384), passages[3][:2]])
    expected = [late_interaction(query, passage) for passage in passages]
    order = [3, 0, 6, 2, 5, 4, 1, 3]
    found = scored(tokens, query, [(firsts[number], lengths[number]) for number in order])
    np.testing.assert_allclose(found, [expected[number] for number in order], atol=2e-3)
    packed = np.load(tmp_path / "t.npy")
    assert (str(packed.dtype), packed.shape) == ("int8", (sum(lengths), 384))
    exact = [
        late_interaction(query, unit(packed[f : f + n].astype(np.float64)))
        for f, n in zip(firsts, lengths, strict=True)
    ]
    np.testing.assert_allclose(found, [exact[number] for number in order], atol=1e-5)


@pytest.mark.parametrize("outlier", [0, 3, 10])
def test_eight_bits_keep_the_direction(tmp_path: Path, outlier: float) -> None:
    # Models such as E5 have a few dimensions that are far larger than the rest.
    rows = np.random.default_rng(1).normal(size=(500, 384))
    rows[:, 7] += outlier
    before = unit(rows)
    write_packed(tmp_path / "t.npy", [before], (500, 384))
    after = unit(np.load(tmp_path / "t.npy").astype(np.float32))
    assert (before * after).sum(axis=1).min() >= 0.999


def test_empty_ranges_and_vectors_of_zeros_score_nothing(tmp_path: Path) -> None:
    passages = [array([[1, 0]]), np.zeros((0, 2), dtype=np.float32), np.zeros((2, 2), dtype=np.float32)]
    tokens = write_tokens(tmp_path / "t.npy", passages, 2)
    found = scored(tokens, array([[1, 0]]), [(0, 1), (1, 0), (1, 2), (3, 0)])
    np.testing.assert_allclose(found, [1, 0, 0, 0], atol=1e-6)
    assert scored(tokens, array([[1, 0]]), []).shape == (0,)
    assert scored(tokens, np.zeros((0, 2), dtype=np.float32), [(0, 1)]).tolist() == [0]


@pytest.mark.parametrize("passages", [[], [np.zeros((0, 4), dtype=np.float32)]])
def test_no_token_vectors_at_all(tmp_path: Path, passages: list[Vectors]) -> None:
    tokens = write_tokens(tmp_path / "t.npy", passages, 4)
    assert scored(tokens, np.ones((1, 4), dtype=np.float32), [(0, 0)]).tolist() == [0]


def test_the_same_token_vectors_give_the_same_bytes(tmp_path: Path) -> None:
    passages = [random_units(1, 3, 8), random_units(2, 5, 8)]
    for name in ("one.npy", "two.npy"):
        write_packed(tmp_path / name, passages, (8, 8))
    assert (tmp_path / "one.npy").read_bytes() == (tmp_path / "two.npy").read_bytes()


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"\x93NUMPY\x01\x00\x76\x00", b"PK\x03\x04garbage", b"\x80\x04garbage"]
)
def test_a_file_that_is_no_matrix_is_damage(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.npy").write_bytes(content)
    with pytest.raises(IndexDamaged, match=r"bad\.npy: .*mandates ingest"):
        PackedVectors(tmp_path / "bad.npy")


def test_token_vectors_that_are_cut_or_missing_are_damage(tmp_path: Path) -> None:
    path = tmp_path / "short.npy"
    write_packed(path, [random_units(1, 3, 8)], (3, 8))
    path.write_bytes(path.read_bytes()[:-1])
    for file in (path, tmp_path / "nowhere.npy"):
        with pytest.raises(IndexDamaged, match=file.name):
            PackedVectors(file)


# --- spans


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**6), spans=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5)), max_size=12))
def test_spans_are_gathered_as_slices_are(
    tmp_path_factory: pytest.TempPathFactory, seed: int, spans: list[tuple[int, int]]
) -> None:
    path = tmp_path_factory.mktemp("spans") / "v.npy"
    matrix = np.random.default_rng(seed).integers(-128, 128, (45, 7)).astype(np.int8)
    write_packed(path, [matrix[:20], matrix[20:21], matrix[21:]], matrix.shape)
    firsts, counts = np.array(spans, dtype=np.int64).reshape(-1, 2).T
    vectors = PackedVectors(path)
    found = vectors.gather(firsts, counts)
    expected = np.concatenate([matrix[:0], *(matrix[first : first + count] for first, count in spans)])
    np.testing.assert_array_equal(found, expected)
    vectors.close()


def test_neighbouring_spans_are_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = write_tokens(tmp_path / "v.npy", [random_units(1, 30, 8)], 8)
    read: list[tuple[int, int]] = []
    monkeypatch.setattr(vectors, "_fill", lambda view, offset: read.append((offset - 128, len(view))))
    vectors.gather(np.array([0, 2, 5, 20]), np.array([2, 3, 5, 1]))
    assert read == [(0, 80), (160, 8)]


def test_a_file_cut_while_it_is_open_is_damage(tmp_path: Path) -> None:
    vectors = write_tokens(tmp_path / "v.npy", [random_units(1, 30, 8)], 8)
    with (tmp_path / "v.npy").open("r+b") as stream:
        stream.truncate(200)
    with pytest.raises(IndexDamaged, match=r"v\.npy: cut"):
        vectors.rows(0, 30)


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**6), outlier=st.floats(0, 20))
def test_to_pack_what_was_packed_changes_nothing(seed: int, outlier: float) -> None:
    """So an index that takes vectors over from the one before is, byte by byte, the one that was made anew."""
    rows = np.random.default_rng(seed).normal(size=(20, 32)).astype(np.float32)
    rows[:, 3] += outlier
    once = quantize(rows)
    np.testing.assert_array_equal(quantize(unit_rows(once)), once)


def test_cosines_are_those_of_vectors_of_any_length() -> None:
    vectors = array([[3, 4], [0, 0], [0, -7], *([[5, 0]] * CACHED)])
    expected = [0.6, 0.0, 0.0, *([1.0] * CACHED)]
    for made in (vectors, vectors.astype(np.int8), quantize(vectors)):
        assert cosines(array([[1, 0]])[0], made).tolist() == pytest.approx(expected, abs=5e-3)
    assert cosines(array([[1, 0]])[0], vectors[:0]).tolist() == []
