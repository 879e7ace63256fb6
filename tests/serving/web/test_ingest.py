"""Uploads over HTTP: the form, the API, progress as it comes, and who may not."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.requests import ClientDisconnect, Request

from pipeline.errors import FileMissing
from pipeline.serving.web import ingest, schema
from tests.serving.ingesting import held_up, ingest_here, paper
from tests.serving.web.conftest import Serve

API = "/api/v1/ingest"
BROWSER = {"Accept": "text/html"}
AGAIN = "an ingest is at work; try again when it is done"


@pytest.fixture
def folder(sea: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    ingest_here(monkeypatch)
    return shutil.copytree(sea, tmp_path / "sea")


@pytest.fixture
def taking(serve: Serve, folder: Path) -> TestClient:
    """A server that takes uploads."""
    return serve(folder, rate=0, uploads=folder / "raw")


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ended(client: TestClient, address: str) -> dict[str, Any]:
    until(lambda: client.get(address).json()["state"] != "running")
    found: dict[str, Any] = client.get(address).json()
    return found


def test_a_paper_is_taken_in_and_answers_come_from_it(taking: TestClient, tmp_path: Path) -> None:
    begun = taking.post(API, files={"file": ("reef.pdf", paper(tmp_path))}, data={"edition": "2020"})
    assert begun.status_code == 202
    assert schema.Ingest.model_validate(begun.json()).files == ["reef-2020.pdf"]
    found = ended(taking, begun.headers["location"])
    assert (found["state"], found["stage"], found["refused"]) == ("done", "encoding", [])
    assert schema.Ingest.model_validate(found).report is not None
    hit = taking.get("/api/v1/search?q=who counts turtles").json()["hits"][0]
    assert (hit["passage"], hit["organization"]) == ("reef/2020/0/0", "DRO")
    assert taking.get("/api/v1/pages/reef/2020/1.png").content.startswith(b"\x89PNG")


def test_progress_is_told_as_it_comes_and_then_what_became_of_it(
    taking: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held_up(monkeypatch) as go:
        address = taking.post(API, files={"file": ("reef.pdf", paper(tmp_path)[:300])}).headers["location"]
        assert taking.get(address).json()["state"] == "running"
        go.set()
    answer = taking.get(f"{address}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    *_, last = answer.text.strip().split("\n\n")
    name, data = last.split("\n")
    assert name == "event: failed"
    assert json.loads(data.removeprefix("data: "))["refused"] == [
        {"file": "reef.pdf", "reason": "the PDF is truncated (its end is missing); get a fresh copy"}
    ]


def test_only_so_many_listen_at_once(taking: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "LISTENERS", 0)
    address = taking.post(API, files={"file": ("reef.pdf", paper(tmp_path))}).headers["location"]
    answer = taking.get(f"{address}/events")
    assert (answer.status_code, answer.json()["detail"]) == (503, "too many listen already; ask for the state instead")
    ended(taking, address)


def test_the_form_works_without_a_script(taking: TestClient, tmp_path: Path) -> None:
    form = taking.get("/ingest", headers=BROWSER).text
    assert '<form class="upload" action="/ingest" method="post" enctype="multipart/form-data">' in form
    assert 'href="/ingest" class="add" aria-current="page"' in form
    files = [("file", ("reef-2020.pdf", paper(tmp_path))), ("file", ("broken.pdf", paper(tmp_path)[:300]))]
    begun = taking.post("/ingest", files=files, data={"edition": ""}, headers=BROWSER, follow_redirects=False)
    assert begun.status_code == 303
    address = begun.headers["location"]
    ended(taking, address.replace("/ingest", API))
    told = taking.get(address, headers=BROWSER).text
    assert "<h1>Added</h1>" in told
    assert "<noscript>" not in told
    assert "1 page, 1 section, 1 organization, 1 passage" in told
    assert re.search(r"<dt dir=\"auto\">broken\.pdf</dt><dd dir=\"auto\">the PDF is truncated", told)
    assert told.count("truncated") == 1
    assert "reef-2020.pdf, broken.pdf" in taking.get("/ingest").text


def test_without_a_script_the_page_looks_again_by_itself(
    taking: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held_up(monkeypatch):
        taking.post("/ingest", files={"file": ("reef-2020.pdf", paper(tmp_path))}, follow_redirects=False)
        address = re.findall(r'href="(/ingest/[^"]+)"', taking.get("/ingest").text)[0]
        told = taking.get(address).text
        assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in told
        assert f'data-events="/api/v1{address}/events"' in told
        again = taking.post("/ingest", files={"file": ("other.pdf", paper(tmp_path))}, headers=BROWSER)
        assert again.status_code == 409
        assert f'<p class="notice" role="alert">{AGAIN}</p>' in again.text
    ended(taking, address.replace("/ingest", API))


@pytest.mark.parametrize(
    ("form", "status", "detail"),
    [
        ({}, 415, "send the files as multipart/form-data"),
        ({"data": {"edition": "2020"}}, 415, "send the files as multipart/form-data"),
        ({"files": {"other": b"%PDF-"}}, 422, "file: Field required"),
        ({"files": {"file": ("", b"")}}, 422, "file: Field required"),
        ({"files": {"file": b"text"}}, 415, "upload: neither a PDF nor a Word file nor a page of HTML"),
        ({"files": {"file": b"%PDF-"}, "data": {"edition": "../x"}}, 422, "edition: String should match pattern"),
        ({"files": {"file": b"%PDF-"}, "data": {"folder": "/etc"}}, 422, "folder: Extra inputs are not permitted"),
        ({"files": {"file": b"%PDF-"}, "data": {"edition": "2" * 2000}}, 400, "Part exceeded maximum size"),
        ({"files": [("file", b"%PDF-")] * 21}, 400, "Too many files. Maximum number of files is 20."),
        ({"content": b"rubbish", "headers": {"Content-Type": "multipart/form-data"}}, 400, "Missing boundary"),
        ({"content": b"rubbish", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 400, "Invalid mul"),
    ],
)
def test_what_is_no_upload_is_a_problem(
    taking: TestClient, folder: Path, form: dict[str, Any], status: int, detail: str
) -> None:
    answer = taking.post(API, **form)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["detail"].startswith(detail)
    assert {file.name for file in (folder / "raw").iterdir()} == {"sea-2018.pdf", "sea-2021.pdf"}


def test_a_full_disk_is_told(taking: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as received:
        received.setattr(SpooledTemporaryFile, "write", full)
        answer = taking.post(API, files={"file": ("reef.pdf", paper(tmp_path))})
        assert answer.status_code == 507
        assert answer.json()["detail"] == "the files cannot be received (No space left on device)"
    monkeypatch.setattr(os, "fsync", full)
    answer = taking.post(API, files={"file": ("reef.pdf", paper(tmp_path))})
    assert (answer.status_code, answer.json()["title"]) == (507, "Insufficient Storage")
    assert answer.json()["detail"] == "reef.pdf: cannot be kept (No space left on device)"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://localhost"}, 202),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}, 202),
        ({"Host": "evil.example"}, 421),
        ({"Content-Length": "200000001"}, 413),
        ({"Transfer-Encoding": "chunked"}, 411),
    ],
)
def test_a_page_of_another_site_uploads_nothing(
    taking: TestClient, tmp_path: Path, headers: dict[str, str], status: int
) -> None:
    answer = taking.post(API, files={"file": ("reef-2020.pdf", paper(tmp_path))}, headers=headers)
    assert answer.status_code == status
    if status == 202:
        ended(taking, answer.headers["location"])


def test_who_has_no_token_uploads_nothing(serve: Serve, folder: Path, tmp_path: Path) -> None:
    client = serve(folder, token="sesame", uploads=folder / "raw")
    assert client.post(API, files={"file": ("reef.pdf", paper(tmp_path))}).status_code == 401
    assert client.get("/ingest").status_code == 401


def test_uploads_are_off_unless_allowed(client: TestClient, taking: TestClient, tmp_path: Path) -> None:
    files = {"file": ("reef.pdf", paper(tmp_path))}
    for address in (API, "/ingest"):
        assert client.post(address, files=files).status_code == 404
        assert client.get(address).status_code == 404
    assert client.post(API, files={"file": b"a" * 100_001}).status_code == 413
    assert "Add papers" not in client.get("/").text
    paths = [f"/api/v1/ingest{rest}" for rest in ("", "/{ingest_id}", "/{ingest_id}/events")]
    assert not set(paths) & set(client.get("/api/v1/openapi.json").json()["paths"])
    described = taking.get("/api/v1/openapi.json").json()["paths"]
    assert [path for path in described if "ingest" in path] == paths
    assert "Add papers" in taking.get("/").text
    assert "<code>/api/v1/ingest</code>" in taking.get("/docs").text


def test_nothing_is_known_of_an_ingest_that_never_was(taking: TestClient) -> None:
    for address in (f"{API}/x", f"{API}/x/events", "/ingest/x", f"{API}/..%2f..%2fetc"):
        assert taking.get(address).status_code == 404


def test_an_index_whose_papers_are_elsewhere_is_not_served_so(serve: Serve, folder: Path) -> None:
    (folder / "raw" / "sea-2018.pdf").rename(folder / "sea-2018.pdf")
    with pytest.raises(
        FileMissing, match=r"sea-2018\.pdf of sea/2018 is not there; say where it is: --papers \(an upl"
    ):
        serve(folder, uploads=folder / "raw")


def test_a_watched_folder_is_followed(serve: Serve, folder: Path, tmp_path: Path) -> None:
    client = serve(folder, rate=0, uploads=folder / "raw", watch=True)
    paper(tmp_path)
    until(lambda: "Changes in the folder" in client.get("/ingest").text)
    shutil.copyfile(tmp_path / "made.pdf", folder / "raw" / "reef-2020.pdf")
    until(lambda: "reef" in client.get("/api/v1/editions").text)


def test_a_paper_without_pages_has_no_picture_and_runs_nowhere(taking: TestClient) -> None:
    page = b"<!DOCTYPE html><h1>Deep Reef Office (DRO)</h1><p>Divers count turtles.</p><script>alert(1)</script>"
    found = ended(taking, taking.post(API, files={"file": ("reef-2020.html", page)}).headers["location"])
    assert found["state"] == "done"
    shown = taking.get("/passage/reef/2020/0/0").text
    assert "This paper has no pages; the passage is its ¶ 1" in shown
    assert "<img" not in shown
    file = taking.get("/api/v1/papers/reef/2020.pdf")
    assert file.content == page
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"] == 'attachment; filename="reef-2020.html"'


@pytest.mark.parametrize("address", [API, "/ingest"])
def test_a_paper_may_be_longer_than_a_question(taking: TestClient, address: str) -> None:
    assert taking.post(address, files={"file": b"a" * 150_000}).status_code == 415


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (TimeoutError(), 408, "nothing came for 10 s, or not all of it in 300 s"),
        (ClientDisconnect(), 400, "the upload was broken off"),
    ],
)
def test_what_does_not_come_whole_is_given_up(
    taking: TestClient, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, detail: str
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Request, "form", fail)
    answer = taking.post(API, files={"file": b"%PDF-"})
    assert (answer.status_code, answer.json()["detail"]) == (status, detail)
