"""Law 7 and the order of hits, against numpy."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import IndexDamaged
from pipeline.indexing.vectors import TokenVectors, VectorIndex, best_match, write_token_vectors, write_vectors

if TYPE_CHECKING:
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

ROOT = Path(__file__).parents[2]
# Whole numbers: their products are exact, so equal scores are equal to the last bit.
ROWS = [[3, 0], [0, 1], [2, 5], [2, 0], [0, 4], [3, 1]]


def array(rows: list[list[int]]) -> Vectors:
    return np.array(rows, dtype=np.float32)


def opened(path: Path, vectors: Vectors) -> VectorIndex:
    write_vectors(path, vectors)
    return VectorIndex(path)


@pytest.fixture
def index(tmp_path: Path) -> VectorIndex:
    return opened(tmp_path / "vectors.faiss", array(ROWS))


@pytest.mark.parametrize(
    ("top_k", "rows", "expected"),
    [
        (1, None, [(0, 3.0)]),
        (3, None, [(0, 3.0), (5, 3.0), (2, 2.0)]),
        (6, None, [(0, 3.0), (5, 3.0), (2, 2.0), (3, 2.0), (1, 0.0), (4, 0.0)]),
        (1000, None, [(0, 3.0), (5, 3.0), (2, 2.0), (3, 2.0), (1, 0.0), (4, 0.0)]),
        (1, [3, 1], [(3, 2.0)]),
        (1, [4, 1], [(1, 0.0)]),
        (1000, [4, 3, 1], [(3, 2.0), (1, 0.0), (4, 0.0)]),
        (1000, [3, 3, 1], [(3, 2.0), (1, 0.0)]),
        (5, [], []),
    ],
)
def test_best_first_ties_in_row_order_never_a_padded_row(
    index: VectorIndex, top_k: int, rows: list[int] | None, expected: list[tuple[int, float]]
) -> None:
    assert index.search(array([[1, 0]])[0], top_k, rows) == expected


def test_an_index_without_vectors_answers_with_nothing(tmp_path: Path) -> None:
    empty = opened(tmp_path / "empty.faiss", np.zeros((0, 2), dtype=np.float32))
    assert (len(empty), empty.search(array([[1, 0]])[0], 10)) == (0, [])


def test_length_dimensions_and_vectors_are_those_written(index: VectorIndex) -> None:
    assert (len(index), index.dimensions) == (6, 2)
    assert index.vectors([2, 3, 4]).tolist() == [[2, 5], [2, 0], [0, 4]]
    assert index.vectors([5, 0, 5]).tolist() == [[3, 1], [3, 0], [3, 1]]
    assert index.vectors([]).shape == (0, 2)


@pytest.mark.parametrize(("count", "top_k"), [(300, 7), (300, 120), (2000, 1999)])
def test_many_ties_keep_the_first_rows(tmp_path: Path, count: int, top_k: int) -> None:
    same = opened(tmp_path / "same.faiss", np.ones((count, 4), dtype=np.float32))
    found = same.search(np.ones(4, dtype=np.float32), top_k)
    assert found == [(row, 4.0) for row in range(top_k)]


@st.composite
def searches(draw: st.DrawFn) -> tuple[list[list[int]], list[int], int, list[int] | None]:
    vector = st.lists(st.integers(-1, 2), min_size=2, max_size=2)
    rows = draw(st.lists(vector, min_size=1, max_size=20))
    allowed = draw(st.none() | st.lists(st.sampled_from(range(len(rows))), unique=True))
    return rows, draw(vector), draw(st.integers(1, 25)), allowed


@settings(max_examples=300, deadline=None)
@given(searches())
def test_same_hits_as_scoring_all_rows_by_hand(case: tuple[list[list[int]], list[int], int, list[int] | None]) -> None:
    rows, query, top_k, allowed = case
    scores = array(rows) @ array([query])[0]
    candidates = range(len(rows)) if allowed is None else allowed
    expected = sorted(((row, float(scores[row])) for row in candidates), key=lambda pair: (-pair[1], pair[0]))
    with tempfile.TemporaryDirectory() as folder:
        index = opened(Path(folder) / "v.faiss", array(rows))
        assert index.search(array([query])[0], top_k, allowed) == expected[:top_k]


@pytest.mark.parametrize("content", [b"", b"garbage", b"IxFI" + b"\xff" * 40])
def test_a_file_that_is_no_index_is_damage(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.faiss"
    path.write_bytes(content)
    with pytest.raises(IndexDamaged, match=r"bad\.faiss: .*mandates ingest"):
        VectorIndex(path)


def test_a_truncated_file_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "short.faiss"
    write_vectors(path, array(ROWS))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(IndexDamaged, match=r"short\.faiss"):
        VectorIndex(path)


def test_a_folder_that_does_not_exist_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_vectors(tmp_path / "nowhere" / "v.faiss", array(ROWS))


@pytest.mark.parametrize("missing", [1, 10, 200_000])
def test_a_full_disk_is_an_os_error_even_if_only_the_last_bytes_do_not_fit(tmp_path: Path, missing: int) -> None:
    vectors = np.ones((1000, 64), dtype=np.float32)
    write_vectors(tmp_path / "whole.faiss", vectors)
    limit = (tmp_path / "whole.faiss").stat().st_size - missing
    script = (
        "import numpy as np, sys; from pathlib import Path; from pipeline.indexing.vectors import write_vectors\n"
        "try: write_vectors(Path(sys.argv[1]), np.ones((1000, 64), dtype=np.float32))\n"
        "except OSError: print('refused')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "cut.faiss")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: _limit_files(limit),
    )
    assert done.stdout == "refused\n"


def _limit_files(size: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


# --- token vectors


def unit(rows: npt.NDArray[np.floating]) -> Vectors:
    units: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return units


def random_units(seed: int, *shape: int) -> Vectors:
    return unit(np.random.default_rng(seed).normal(size=shape))


def write_tokens(path: Path, passages: list[Vectors], dimensions: int) -> TokenVectors:
    write_token_vectors(path, passages, dimensions)
    return TokenVectors(path)


def late_interaction(query: Vectors, passage: Vectors) -> float:
    """The definition, one cosine after the other."""
    best = [max(float(np.dot(token, piece)) for piece in passage) for token in query]
    return sum(best) / len(best)


def test_late_interaction_by_hand(tmp_path: Path) -> None:
    passages = [array([[1, 0]]), array([[0, 1], [1, 0]]), array([[0, -1]]), unit(array([[1, 1], [-1, 0]]))]
    tokens = write_tokens(tmp_path / "t.npy", passages, 2)
    ranges = [(0, 1), (1, 2), (3, 1), (4, 2), (0, 6)]
    found = tokens.best_match(array([[1, 0], [0, 1]]), ranges)
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
    found = tokens.best_match(query, [(firsts[number], lengths[number]) for number in order])
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
    write_token_vectors(tmp_path / "t.npy", [before], 384)
    after = unit(np.load(tmp_path / "t.npy").astype(np.float32))
    assert (before * after).sum(axis=1).min() >= 0.999


def test_empty_ranges_and_vectors_of_zeros_score_nothing(tmp_path: Path) -> None:
    passages = [array([[1, 0]]), np.zeros((0, 2), dtype=np.float32), np.zeros((2, 2), dtype=np.float32)]
    tokens = write_tokens(tmp_path / "t.npy", passages, 2)
    found = tokens.best_match(array([[1, 0]]), [(0, 1), (1, 0), (1, 2), (3, 0)])
    np.testing.assert_allclose(found, [1, 0, 0, 0], atol=1e-6)
    assert tokens.best_match(array([[1, 0]]), []).shape == (0,)
    assert tokens.best_match(np.zeros((0, 2), dtype=np.float32), [(0, 1)]).tolist() == [0]


@pytest.mark.parametrize("passages", [[], [np.zeros((0, 4), dtype=np.float32)]])
def test_no_token_vectors_at_all(tmp_path: Path, passages: list[Vectors]) -> None:
    tokens = write_tokens(tmp_path / "t.npy", passages, 4)
    assert tokens.best_match(np.ones((1, 4), dtype=np.float32), [(0, 0)]).tolist() == [0]


def test_the_same_token_vectors_give_the_same_bytes(tmp_path: Path) -> None:
    passages = [random_units(1, 3, 8), random_units(2, 5, 8)]
    for name in ("one.npy", "two.npy"):
        write_token_vectors(tmp_path / name, passages, 8)
    assert (tmp_path / "one.npy").read_bytes() == (tmp_path / "two.npy").read_bytes()


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"\x93NUMPY\x01\x00\x76\x00", b"PK\x03\x04garbage", b"\x80\x04garbage"]
)
def test_a_file_that_is_no_matrix_is_damage(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.npy").write_bytes(content)
    with pytest.raises(IndexDamaged, match=r"bad\.npy: .*mandates ingest"):
        TokenVectors(tmp_path / "bad.npy")


def test_token_vectors_that_are_cut_or_missing_are_damage(tmp_path: Path) -> None:
    path = tmp_path / "short.npy"
    write_token_vectors(path, [random_units(1, 3, 8)], 8)
    path.write_bytes(path.read_bytes()[:-1])
    for file in (path, tmp_path / "nowhere.npy"):
        with pytest.raises(IndexDamaged, match=file.name):
            TokenVectors(file)
