"""Papers at addresses, and folders that parts are kept in."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from pipeline.errors import ClusterError, CorpusError, FileMissing
from pipeline.reading.corpus import EVERYTHING, Choice, Remote
from pipeline.scaling import remote
from pipeline.scaling.remote import Folder, fetched, list_remote


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and its listing, and logs nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    for name in ("sea-2018.pdf", "notes.md", "old/lake-1999.pdf", "old/river (2001).pdf"):
        (tmp_path / "papers" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "papers" / name).write_text(name)
    return tmp_path / "papers"


@pytest.fixture
def site(papers: Path) -> Iterator[str]:
    """A web server that lists a folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(papers)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def names(address: str, choice: Choice = EVERYTHING) -> list[str]:
    return [str(place).removeprefix(address) for place in list_remote(Remote(address), choice)]


def test_a_name_is_the_last_part_of_an_address() -> None:
    assert Remote("s3://bucket/papers/sea-2018.pdf").name == "sea-2018.pdf"
    assert Remote("https://example.org/papers/river%20(2001).pdf?key=a/b").name == "river (2001).pdf"
    assert Remote("s3://bucket/50%20.pdf").name == "50%20.pdf"
    assert str(Remote("https://example.org/papers/").resolve()) == "https://example.org/papers/"


def test_a_folder_gives_its_papers_as_a_folder_of_this_machine_does(papers: Path) -> None:
    address = f"file://{papers}"
    assert names(address) == ["/old/lake-1999.pdf", "/old/river (2001).pdf", "/sea-2018.pdf"]
    assert names(address, Choice(exclude=("old/*",))) == ["/sea-2018.pdf"]
    assert names(address, Choice(include=("*.md",))) == ["/notes.md"]
    assert names(f"{address}/notes.md") == [""]
    with pytest.raises(FileMissing, match="--include and --exclude leave no paper"):
        names(address, Choice(include=("*.docx",)))
    with pytest.raises(FileMissing, match="no paper in this folder"):
        names(f"{address}/nowhere")


def test_papers_of_a_web_server_are_listed_and_fetched(site: str) -> None:
    assert names(f"{site}/") == ["old/lake-1999.pdf", "old/river%20%282001%29.pdf", "sea-2018.pdf"]
    with fetched(Remote(f"{site}/old/river%20%282001%29.pdf")) as copy:
        assert (copy.name, copy.read_text()) == ("river (2001).pdf", "old/river (2001).pdf")
    assert not copy.exists()
    with pytest.raises(FileMissing, match=r"/sea-2019\.pdf: cannot be read"), fetched(Remote(f"{site}/sea-2019.pdf")):
        pass


def test_a_copy_has_the_date_of_the_file(papers: Path) -> None:
    os.utime(papers / "sea-2018.pdf", (10**9, 10**9))
    with fetched(Remote(f"file://{papers}/sea-2018.pdf")) as copy:
        assert (copy != papers / "sea-2018.pdf", copy.stat().st_mtime) == (True, 10**9)


def test_a_file_of_this_machine_is_not_copied(papers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(papers)
    with fetched(Path("sea-2018.pdf")) as file:
        assert file == papers / "sea-2018.pdf"


def test_a_fetch_is_tried_again(papers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fsspec.implementations.local import LocalFileSystem

    monkeypatch.setattr(remote, "PAUSE", 0.0)
    fetch, failures = LocalFileSystem.get_file, [OSError("busy"), OSError("busy")]

    def shaky(self: LocalFileSystem, *args: object, **kwargs: object) -> None:
        if failures:
            raise failures.pop()
        fetch(self, *args, **kwargs)

    monkeypatch.setattr(LocalFileSystem, "get_file", shaky)
    place = Remote(f"file://{papers}/sea-2018.pdf")
    with fetched(place) as copy:
        assert copy.read_text() == "sea-2018.pdf"
    failures += [OSError("still busy")] * 3
    with pytest.raises(FileMissing, match=r"sea-2018\.pdf: cannot be read \(still busy\)"), fetched(place):
        pass


@pytest.mark.parametrize("address", ["pigeon://loft/papers", "pigeon://loft/sea-2018.pdf"])
def test_an_unknown_protocol_is_named(address: str) -> None:
    def fetch() -> None:
        for place in list_remote(Remote(address), EVERYTHING):
            with fetched(place):
                pass

    with pytest.raises(CorpusError, match=r"^pigeon://loft/.*: Protocol not known"):
        fetch()


@pytest.fixture(params=["this machine", "memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    """A folder that is not there yet."""
    return Folder(str(tmp_path / "a" / "b") if request.param == "this machine" else f"memory://{uuid.uuid4()}/work")


def test_a_folder_keeps_files(folder: Folder) -> None:
    assert folder.read("one") is None
    folder.write("one", b"1")
    folder.write("two", b"2")
    folder.write("one", b"11")
    assert (folder.read("one"), folder.read("two")) == (b"11", b"2")
    folder.delete(["one"])
    folder.delete(["one"])
    assert (folder.read("one"), folder.read("two")) == (None, b"2")


def test_nothing_half_written_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Folder(str(tmp_path)).write("one", b"1")
    assert [file.name for file in tmp_path.iterdir()] == ["one"]
    (tmp_path / "file").touch()
    with pytest.raises(ClusterError, match="file: cannot be written"):
        Folder(str(tmp_path / "file")).write("one", b"1")
