"""Files that were sent: safe names, formats by content, and nothing half-written among the papers."""

from __future__ import annotations

import errno
import io
import os
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import AlreadyThere, FileMissing, NoSpace, TooLarge, WrongFormat
from pipeline.reading.corpus import list_files
from pipeline.serving import uploads
from pipeline.serving.uploads import FORGOTTEN, WAITING, Inbox, Sent, safe_name, suffix_of

PDF = b"%PDF-1.7\n..."


def word() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    return packed.getvalue()


def sent(name: str, content: bytes) -> Sent:
    return Sent(name, io.BytesIO(content))


@pytest.mark.parametrize(
    ("given_name", "label", "expected"),
    [
        ("icat-2018.pdf", None, "icat-2018.pdf"),
        ("C:\\Users\\me\\Paper (2018).PDF", None, "Paper (2018).pdf"),
        ("../../etc/cron.d/job", None, "job.pdf"),
        (".htaccess", None, "htaccess.pdf"),
        ("paper.pdf.html", None, "paper.pdf"),
        ("paper.php", None, "paper.php.pdf"),
        ("a\x00b\nc;rm -rf $HOME.pdf", None, "a-b-c-rm -rf -HOME.pdf"),
        ("\u202efdp.exe", None, "fdp.exe.pdf"),
        ("CON.pdf", None, "paper.pdf"),
        ("", None, "paper.pdf"),
        ("....", None, "paper.pdf"),
        ("a..b.pdf", None, "a.b.pdf"),
        ("Мандаты-2020.pdf", None, "Мандаты-2020.pdf"),
        ("cafe\u0301.pdf", None, "caf\u00e9.pdf"),
        ("x" * 500 + "-2018.pdf", None, "x" * 95 + "-2018.pdf"),
        ("report.pdf", "2021", "report-2021.pdf"),
        ("report-2018.pdf", "2021-04", "report-2021-04.pdf"),
    ],
)
def test_a_name_keeps_what_is_safe(given_name: str, label: str | None, expected: str) -> None:
    assert safe_name(given_name, ".pdf", label) == expected


@given(st.text(max_size=300))
def test_any_name_is_one_visible_file_of_the_folder(name: str) -> None:
    found = safe_name(name, ".pdf")
    assert Path(found).name == found
    assert not found.startswith((".", "-", " "))
    assert found.endswith(".pdf")
    assert len(os.fsencode(found)) < 255
    assert found.isprintable()


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        (PDF, ".pdf"),
        (b"\r\n%!PS-Adobe-3.0 %PDF-1.4", ".pdf"),
        (b"\xef\xbb\xbf<!DOCTYPE html><title>a</title>", ".html"),
        (b'<?xml version="1.0"?>\n<!-- by a tool -->\n<html lang="en">', ".html"),
        (word(), ".docx"),
    ],
)
def test_the_content_tells_the_format(content: bytes, suffix: str) -> None:
    assert suffix_of(sent("anything.exe", content)) == suffix


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "a.pdf: empty"),
        (b"just text", "a.pdf: neither a PDF nor a Word file nor a page of HTML"),
        (b"PK\x03\x04 not a zip", "a.pdf: neither"),
        (b"\x00" * 5000 + PDF, "a.pdf: neither"),
        (b"<!-- " * 200_000, "a.pdf: neither"),
        (b"<htmlish>", "a.pdf: neither"),
    ],
)
def test_other_formats_are_refused_whatever_their_name(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(WrongFormat, match=reason):
        Inbox(tmp_path).take(sent("a.pdf", content), None, {})
    assert list(tmp_path.iterdir()) == []


def test_a_file_waits_where_no_ingest_takes_it_and_is_then_a_paper(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    upload = inbox.take(sent("sea.pdf", PDF), "2018", {})
    with pytest.raises(FileMissing, match="no paper in this folder"):
        list_files([tmp_path])
    inbox.keep(upload)
    inbox.drop([upload])
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("sea-2018.pdf", PDF)]


def test_no_file_takes_the_place_of_another(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    (tmp_path / "SEA.pdf").write_bytes(b"mine")
    with pytest.raises(AlreadyThere, match=r"sea\.pdf: another file is called so already; say which edition"):
        inbox.take(sent("sea.pdf", PDF), None, {})
    upload = inbox.take(sent("lake.pdf", PDF), None, {})
    (tmp_path / "lake.pdf").write_bytes(b"mine too")
    with pytest.raises(AlreadyThere, match=r"lake\.pdf: another file was put in its place meanwhile"):
        inbox.keep(upload)
    inbox.drop([upload])
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {
        "SEA.pdf": b"mine", "lake.pdf": b"mine too",
    }  # fmt: skip


def test_the_same_bytes_are_not_taken_again(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    first = inbox.take(sent("sea.pdf", PDF), None, {})
    with pytest.raises(AlreadyThere, match=r"copy\.pdf: the same file as sea/2018"):
        inbox.take(sent("copy.pdf", PDF), None, {first.sha256: "sea/2018"})


def test_what_is_too_large_or_finds_no_room_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox(tmp_path)
    with monkeypatch.context() as small:
        small.setattr(uploads, "FILE", len(PDF) - 1)
        with pytest.raises(TooLarge, match=r"sea\.pdf: more than 0 MB"):
            inbox.take(sent("sea.pdf", PDF), None, {})

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoSpace, match=r"sea\.pdf: cannot be kept \(No space left on device\)"):
        inbox.take(sent("sea.pdf", PDF), None, {})
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_server_left_is_tidied_away_after_a_day(tmp_path: Path) -> None:
    old, young = (tmp_path / f"{WAITING}{name}" for name in ("old", "young"))
    for file in (old, young):
        file.touch()
    yesterday = time.time() - FORGOTTEN - 1
    os.utime(old, (yesterday, yesterday))
    Inbox(tmp_path)
    assert list(tmp_path.iterdir()) == [young]
