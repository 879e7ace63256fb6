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
from pipeline.indexing import nearest
from pipeline.indexing.nearest import (
    ClusteredVectors,
    FlatVectors,
    VectorIndex,
    best_places,
    open_vectors,
    write_vectors,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

ROOT = Path(__file__).parents[2]
# Whole numbers: their products are exact, so equal scores are equal to the last bit.
ROWS = [[3, 0], [0, 1], [2, 5], [2, 0], [0, 4], [3, 1]]


def array(rows: list[list[int]]) -> Vectors:
    return np.array(rows, dtype=np.float32)


def numbers(rows: list[int] | None) -> npt.NDArray[np.int64] | None:
    return None if rows is None else np.array(sorted(rows), dtype=np.int64)


def opened(path: Path, vectors: Vectors) -> VectorIndex:
    write_vectors(path, vectors)
    return open_vectors(path)


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
        (5, [], []),
    ],
)
def test_best_first_ties_in_row_order_never_a_padded_row(
    index: VectorIndex, top_k: int, rows: list[int] | None, expected: list[tuple[int, float]]
) -> None:
    assert index.search(array([[1, 0]])[0], top_k, numbers(rows)) == expected


def test_an_index_without_vectors_answers_with_nothing(tmp_path: Path) -> None:
    empty = opened(tmp_path / "empty.faiss", np.zeros((0, 2), dtype=np.float32))
    assert (len(empty), empty.search(array([[1, 0]])[0], 10)) == (0, [])


def test_length_dimensions_and_vectors_are_those_written(index: VectorIndex) -> None:
    assert (len(index), index.dimensions) == (6, 2)
    assert index.vectors(np.array([2, 3, 4])).tolist() == [[2, 5], [2, 0], [0, 4]]
    assert index.vectors(np.array([5, 0, 5])).tolist() == [[3, 1], [3, 0], [3, 1]]
    assert index.vectors(np.array([], dtype=np.int64)).shape == (0, 2)


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
        assert index.search(array([query])[0], top_k, numbers(allowed)) == expected[:top_k]


@pytest.mark.parametrize("content", [b"", b"garbage", b"IxFI" + b"\xff" * 40])
def test_a_file_that_is_no_index_is_damage(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.faiss"
    path.write_bytes(content)
    with pytest.raises(IndexDamaged, match=r"bad\.faiss: .*mandates ingest"):
        open_vectors(path)


def test_a_truncated_file_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "short.faiss"
    write_vectors(path, array(ROWS))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(IndexDamaged, match=r"short\.faiss"):
        open_vectors(path)


def test_a_folder_that_does_not_exist_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_vectors(tmp_path / "nowhere" / "v.faiss", array(ROWS))


@pytest.mark.parametrize("missing", [1, 10, 200_000])
def test_a_full_disk_is_an_os_error_even_if_only_the_last_bytes_do_not_fit(tmp_path: Path, missing: int) -> None:
    vectors = np.ones((1000, 64), dtype=np.float32)
    write_vectors(tmp_path / "whole.faiss", vectors)
    limit = (tmp_path / "whole.faiss").stat().st_size - missing
    script = (
        "import numpy as np, sys; from pathlib import Path; from pipeline.indexing.nearest import write_vectors\n"
        "try: write_vectors(Path(sys.argv[1]), np.ones((1000, 64), dtype=np.float32))\n"
        "except OSError: print('refused')"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", script, str(tmp_path / "cut.faiss")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: _limit_files(limit),
    )
    assert done.stdout == "refused\n"


def _limit_files(size: int) -> None:
    """Files end there, bytecode too: run with -B, or Python keeps half a module for the next import."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


# --- flat indexes without FAISS


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(0, 30), dimensions=st.integers(1, 9), top_k=st.integers(1, 40))
def test_a_flat_file_is_what_faiss_reads(seed: int, count: int, dimensions: int, top_k: int) -> None:
    import faiss

    dice = np.random.default_rng(seed)
    rows = dice.normal(size=(count, dimensions)).astype(np.float32)
    query = dice.normal(size=dimensions).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "v.faiss"
        ours = opened(path, rows)
        theirs = faiss.read_index(str(path))
        assert isinstance(ours, FlatVectors)
        assert (len(ours), ours.dimensions) == (theirs.ntotal, theirs.d)
        np.testing.assert_array_equal(ours.vectors(np.arange(count)), theirs.reconstruct_n(0, count))
        scores, places = theirs.search(query[None], top_k)
        wanted = places[0][places[0] >= 0].tolist()
        assert [row for row, _ in ours.search(query, top_k)] == wanted
        np.testing.assert_allclose(
            [score for _, score in ours.search(query, top_k)],
            scores[0][: len(wanted)],
            rtol=1e-5,
            atol=1e-5,  # a product that is nearly 0 is a sum of numbers that are not
        )


def test_a_flat_index_is_searched_without_importing_faiss(tmp_path: Path) -> None:
    write_vectors(tmp_path / "v.faiss", array(ROWS))
    script = (
        "import sys; from pathlib import Path; import numpy as np; from pipeline.indexing.nearest import open_vectors\n"
        "print(open_vectors(Path(sys.argv[1])).search(np.array([1, 0], dtype=np.float32), 1), 'faiss' in sys.modules)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "v.faiss")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[(0, 3.0)] False\n"


@pytest.mark.parametrize("place", [0, 4, 8, 32, 33, 37, 44])
def test_a_header_of_another_kind_is_damage(tmp_path: Path, place: int) -> None:
    path = tmp_path / "v.faiss"
    write_vectors(path, array(ROWS))
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(IndexDamaged, match=r"v\.faiss: not a FAISS index"):
        open_vectors(path)


@settings(max_examples=200, deadline=None)
@given(scores=st.lists(st.integers(-3, 3), max_size=30), top_k=st.integers(1, 35))
def test_the_best_places_are_those_of_a_stable_sort(scores: list[int], top_k: int) -> None:
    expected = sorted(range(len(scores)), key=lambda place: (-scores[place], place))[:top_k]
    assert best_places(np.array(scores, dtype=np.float32), top_k).tolist() == expected


# --- inverted lists


@pytest.fixture(scope="module")
def clusters() -> Vectors:
    """Vectors around sixty means."""
    dice = np.random.default_rng(5)
    means = dice.normal(size=(60, 32))
    rows = means[dice.integers(0, 60, 4000)] + 0.4 * dice.normal(size=(4000, 32))
    units: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return units


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "MANY", 1000)


def test_many_vectors_are_clustered_and_nearly_all_neighbours_are_found(
    tmp_path: Path, clusters: Vectors, many: None
) -> None:
    index = opened(tmp_path / "v.faiss", clusters)
    assert isinstance(index, ClusteredVectors)
    assert nearest.problems(index, 4000, 32) == []
    shares = []
    for query in clusters[::200]:
        exact = best_places(clusters @ query, 10).tolist()
        found = index.search(query, 10)
        assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
        shares.append(len({row for row, _ in found} & set(exact)) / 10)
    assert np.mean(shares) >= 0.95


def test_a_filter_that_lets_few_through_loses_none_of_them(tmp_path: Path, clusters: Vectors, many: None) -> None:
    index = opened(tmp_path / "v.faiss", clusters)
    dice = np.random.default_rng(1)
    held = index.vectors(np.arange(4000))
    for query in clusters[:20]:
        rows = np.sort(dice.choice(4000, 40, replace=False))
        expected = sorted(held[rows] @ query, reverse=True)[:10]
        assert [score for _, score in index.search(query, 10, rows)] == pytest.approx(expected, abs=1e-6)
        assert sorted(row for row, _ in index.search(query, 100, rows)) == rows.tolist()
    assert index.search(clusters[0], 10, np.zeros(0, dtype=np.int64)) == []


@pytest.mark.parametrize("kept", [40, 400, 900, 2000])
def test_rows_of_a_filter_are_compared_one_by_one_or_by_faiss_with_the_same_hits(
    tmp_path: Path, clusters: Vectors, many: None, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = opened(tmp_path / "v.faiss", clusters)
    rows = np.sort(np.random.default_rng(2).choice(4000, kept, replace=False))
    monkeypatch.setattr(nearest, "EXACT", 0)
    for query in clusters[:20]:
        found = []
        for share in (0.0, 1.0):
            monkeypatch.setattr(nearest, "BY_ROW", share)
            found.append(index.search(query, 10, rows))
        assert [row for row, _ in found[0]] == [row for row, _ in found[1]]
        assert [score for _, score in found[0]] == pytest.approx([score for _, score in found[1]], abs=1e-6)
        assert {row for row, _ in found[0]} <= set(rows.tolist())


def test_where_the_nearest_lists_hold_too_few_rows_of_a_filter_all_its_rows_are_compared(
    tmp_path: Path, clusters: Vectors, many: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = opened(tmp_path / "v.faiss", clusters)
    monkeypatch.setattr(nearest, "EXACT", 0)
    monkeypatch.setattr(nearest, "FEWEST_PROBED", 1)
    monkeypatch.setattr(nearest, "PROBED", 0.0)
    far = np.argsort(clusters @ clusters[0])[:50]
    assert sorted(row for row, _ in index.search(clusters[0], 50, np.sort(far))) == sorted(far.tolist())


def test_clustered_vectors_come_back_and_give_the_same_bytes_again(
    tmp_path: Path, clusters: Vectors, many: None
) -> None:
    index = opened(tmp_path / "v.faiss", clusters)
    rows = np.arange(4000)
    np.testing.assert_allclose(index.vectors(rows), clusters, atol=3e-4)
    write_vectors(tmp_path / "again.faiss", index.vectors(rows))
    write_vectors(tmp_path / "fresh.faiss", clusters)
    whole = (tmp_path / "v.faiss").read_bytes()
    assert whole == (tmp_path / "fresh.faiss").read_bytes() == (tmp_path / "again.faiss").read_bytes()


def test_inverted_lists_that_are_cut_are_damage(tmp_path: Path, clusters: Vectors, many: None) -> None:
    path = tmp_path / "v.faiss"
    write_vectors(path, clusters)
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(IndexDamaged, match=r"v\.faiss: not a FAISS index"):
        open_vectors(path)
