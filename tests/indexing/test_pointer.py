"""The pointer: its text to the byte, and a switch that happens or does not."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import IndexDamaged, IndexMissing
from pipeline.indexing import pointer
from pipeline.indexing.pointer import POINTER, Entry, point_to, read_pointer

ONE, TWO = Entry("generation-000001", "a" * 64), Entry("generation-000002", "0123456789abcdef" * 4)
LINE = f"generation-000002 {'0123456789abcdef' * 4} generation-000001 {'a' * 64}\n"
ENTRIES = st.lists(
    st.builds(
        Entry,
        st.integers(0, 10**9).map("generation-{:06d}".format),
        st.text("0123456789abcdef", min_size=64, max_size=64),
    ),
    min_size=1,
    max_size=4,
)


def test_the_current_generation_comes_first_on_one_line(tmp_path: Path) -> None:
    point_to(tmp_path, [TWO, ONE])
    assert (tmp_path / POINTER).read_text() == LINE
    assert read_pointer(tmp_path) == [TWO, ONE]
    assert os.listdir(tmp_path) == [POINTER]


@settings(max_examples=50, deadline=None)
@given(entries=ENTRIES)
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, entries: list[Entry]) -> None:
    folder = tmp_path_factory.mktemp("index")
    point_to(folder, entries)
    assert read_pointer(folder) == entries


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        LINE[:-1],
        LINE + "\n",
        LINE + " ",
        " " + LINE,
        LINE * 2,
        LINE.replace(" ", "  ", 1),
        LINE.replace("\n", "\r\n"),
        LINE.replace(" ", "\n", 1),
        LINE.replace("generation-000002", "generation-00002"),
        LINE.replace("generation-000002", "generation-x00002"),
        LINE.replace("generation-000002", "Generation-000002"),
        LINE.replace("generation-000002", "../generation-000002"),
        LINE.replace("000002", "00000\u0662"),
        LINE.replace("abcdef", "ABCDEF"),
        LINE.replace("a" * 64, "a" * 63),
        LINE.replace("a" * 64, "g" * 64),
        LINE.replace(f" {'a' * 64}", ""),
    ],
)
def test_anything_else_is_damage(tmp_path: Path, text: str) -> None:
    (tmp_path / POINTER).write_bytes(text.encode())
    with pytest.raises(
        IndexDamaged, match=r"CURRENT: (not as it was written|cannot be read); rebuild it: mandates ing"
    ):
        read_pointer(tmp_path)


def test_no_pointer_and_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path, tmp_path / "nowhere", tmp_path / "file"):
        with pytest.raises(IndexMissing, match="no index here; build it: mandates ingest"):
            read_pointer(place)


def test_a_folder_in_its_place_is_damage(tmp_path: Path) -> None:
    (tmp_path / POINTER).mkdir()
    with pytest.raises(IndexDamaged, match="cannot be read"):
        read_pointer(tmp_path)


@pytest.mark.parametrize("failing", ["first sync", "second sync", "third sync", "rename"])
@pytest.mark.parametrize("before", [[ONE], []])
def test_a_switch_that_fails_did_not_happen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, before: list[Entry]
) -> None:
    if before:
        point_to(tmp_path, before)
    whole = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    left = {"first sync": 1, "second sync": 2, "third sync": 3, "rename": 1}[failing]

    def fail(*_: object) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        if failing == "rename":
            patch.setattr(Path, "replace", fail)
        else:
            patch.setattr(pointer, "sync", fail)
        if not before and failing == "third sync":
            point_to(tmp_path, [TWO])  # there are two only
            return
        with pytest.raises(OSError, match="Input/output error"):
            point_to(tmp_path, [TWO, *before])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == whole
