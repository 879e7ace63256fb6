"""A file is written whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from pipeline.errors import OutputError
from pipeline.serving.files import check_place, write_whole


def test_a_file_is_written_and_overwritten(tmp_path: Path) -> None:
    for content in (b"one", b"two"):
        write_whole(tmp_path / "a.html", content)
        assert [(item.name, item.read_bytes()) for item in tmp_path.iterdir()] == [("a.html", content)]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.html").symlink_to("deep/b.html")
    write_whole(tmp_path / "a.html", b"one")
    assert (tmp_path / "a.html").is_symlink()
    assert (tmp_path / "deep" / "b.html").read_bytes() == b"one"


def test_a_new_file_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_whole(tmp_path / "a.html", b"one")
    assert (tmp_path / "a.html").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("step", ["pathlib.Path.write_bytes", "pathlib.Path.replace"])
def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    (tmp_path / "a.html").write_text("old")

    def refuse(*args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(step, refuse)
    with pytest.raises(OutputError, match=r"a\.html: cannot be written \(No space left on device\)"):
        write_whole(tmp_path / "a.html", b"new")
    monkeypatch.undo()
    assert [(item.name, item.read_text()) for item in tmp_path.iterdir()] == [("a.html", "old")]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere/a.html", "no such folder"),
        ("plain/a.html", "no such folder"),
        ("folder", "not a plain file"),
        ("pipe", "not a plain file"),
        ("loop", "a link that points to itself|Symbolic link loop|Too many levels"),
        ("a" * 300, "File name too long"),
    ],
)
def test_places_that_take_no_file(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "plain").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    before = sorted(tmp_path.iterdir())
    for act in (check_place, lambda path: write_whole(path, b"new")):
        with pytest.raises(OutputError, match=f"cannot be written .*({reason})"):
            act(tmp_path / name)
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_or_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    with pytest.raises(OutputError, match="no permission"):
        check_place(tmp_path / "a.html")
