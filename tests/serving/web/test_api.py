"""The HTTP API: the same answers as the command line, of one generation, sent once."""

from __future__ import annotations

import io
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient
from PIL import Image, ImageColor
from pydantic import TypeAdapter

from pipeline.indexing.build import build_index
from pipeline.serving import service
from pipeline.serving.page_picture import BEST, PASSAGE
from pipeline.serving.web import schema
from pipeline.serving.web.schema_diff import DiffAnswer
from search_cli import main
from tests.conftest import WordEncoder
from tests.serving.web.conftest import Serve

QUESTION = "who helps shipwrecked children?"
WLB = "sea/2021/2/0"
ADDS_ONE = "no edition '1999' in the index, which holds: sea/2018, sea/2021; mandates ingest adds one"


@pytest.mark.parametrize(
    ("command", "address", "model"),
    [
        (["search", QUESTION], f"search?q={QUESTION}", schema.Answer),
        (
            ["search", "boats", "-k", "1", "--org", "IFO", "--edition", "2018", "--mode", "lexical", "--explain"],
            "search?q=boats&k=1&org=IFO&edition=2018&mode=lexical&explain=true",
            schema.Answer,
        ),
        (
            ["search", "lamps", "--section", "light", "--page", "2"],
            "search?q=lamps&section=light&page=2",
            schema.Answer,
        ),
        (["search", "what does TDB do?"], "search?q=what does TDB do?", schema.Answer),
        (["who", "harbours and boats"], "who?topic=harbours and boats", schema.WhoAnswer),
        (["who", "lamps", "--all", "-k", "1"], "who?topic=lamps&all=true&k=1", schema.WhoAnswer),
        (["matrix", "lamps", "herring boats"], "matrix?topic=lamps&topic=herring boats", schema.MatrixAnswer),
        (
            ["matrix", "lamps", "--document", "sea", "--edition", "2018"],
            "matrix?topic=lamps&document=sea&edition=2018",
            schema.MatrixAnswer,
        ),
        (["orgs"], "orgs", list[schema.Organization]),
        (["editions"], "editions", list[schema.Edition]),
        (["diff", "2018", "2021"], "diff?old=2018&new=2021", DiffAnswer),
        (["diff", "2018", "sea/2021", "--org", "WLA"], "diff?old=2018&new=sea/2021&org=WLA", DiffAnswer),
        (["show", WLB], f"passages/{WLB}", schema.Passage),
        (["show", "sea/2018:1"], "pages/sea/2018/1", schema.Page),
    ],
)
def test_the_body_is_what_the_command_line_prints(
    client: TestClient, sea: Path, command: list[str], address: str, model: Any
) -> None:
    printed = CliRunner().invoke(main, [*command, "--json", "--index", str(sea / "index")])
    answer = client.get(f"/api/v1/{address}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.text == printed.stdout
    TypeAdapter(model).validate_json(answer.content)


def test_an_answer_is_sent_once_until_the_index_changes(client: TestClient) -> None:
    first = client.get("/api/v1/search", params={"q": QUESTION})
    tag = first.headers["etag"]
    again = client.get("/api/v1/search", params={"q": QUESTION}, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get("/api/v1/search", params={"q": "lamps"}, headers={"If-None-Match": tag}).status_code == 200


def test_parts_of_an_answer_make_the_whole(client: TestClient) -> None:
    whole = client.get("/api/v1/search?q=boats&k=4").json()
    first, second = client.get("/api/v1/search?q=boats&k=2"), client.get("/api/v1/search?q=boats&k=2&offset=2")
    assert first.json()["hits"] + second.json()["hits"] == whole["hits"]
    assert [hit["rank"] for hit in second.json()["hits"]] == [3, 4]
    assert first.headers["link"] == '</api/v1/search?q=boats&k=2&offset=2>; rel="next"'
    assert '</api/v1/search?q=boats&k=2&offset=0>; rel="prev"' in second.headers["link"]


def test_lists_come_in_parts(client: TestClient) -> None:
    whole = client.get("/api/v1/orgs").json()
    part = client.get("/api/v1/orgs?offset=1&limit=2")
    assert part.json() == whole[1:3]
    assert part.headers["x-total-count"] == str(len(whole)) == "4"
    assert part.headers["link"] == (
        '</api/v1/orgs?limit=2&offset=3>; rel="next", </api/v1/orgs?limit=2&offset=0>; rel="prev"'
    )
    assert "link" not in client.get("/api/v1/orgs").headers


@pytest.mark.parametrize(
    ("form", "kind", "start"),
    [
        ("csv", "text/csv", b"topic,IFO,WLB"),
        ("html", "text/html", b"<!DOCTYPE html>"),
        ("png", "image/png", b"\x89PNG"),
    ],
)
def test_a_matrix_is_downloaded_as_a_file(client: TestClient, form: str, kind: str, start: bytes) -> None:
    answer = client.get(f"/api/v1/matrix?topic=lamps&format={form}")
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["content-disposition"] == f'attachment; filename="matrix.{form}"'
    assert answer.content.startswith(start)


def test_a_citation_is_plain_text(client: TestClient) -> None:
    answer = client.get(f"/api/v1/passages/{WLB}?cite=ris")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith("TY  - RPRT\nTI  - sea-2021.pdf\nPY  - 2021\n")


def test_a_picture_shows_the_passage_and_is_kept(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    hit = client.get("/api/v1/search", params={"q": QUESTION, "edition": "2018"}).json()["hits"][0]
    span = "-".join(map(str, hit["highlight"]))
    address = f"/api/v1/pages/sea/2018/{hit['pages'][0]}.png?passage={hit['passage']}&highlight={span}&dpi=72"
    answer = client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    image = Image.open(io.BytesIO(answer.content)).convert("RGB")
    colours = {value for _, value in image.getcolors(image.width * image.height) or []}
    assert image.size == (596, 842)
    assert {ImageColor.getrgb(PASSAGE), ImageColor.getrgb(BEST)} <= colours
    monkeypatch.setattr(service, "draw_pages", None)
    assert client.get(address).content == answer.content


def test_the_paper_itself_can_be_had(client: TestClient, sea: Path) -> None:
    answer = client.get("/api/v1/papers/sea/2021.pdf")
    assert answer.content == (sea / "raw" / "sea-2021.pdf").read_bytes()
    assert answer.headers["content-disposition"] == 'inline; filename="sea-2021.pdf"'


@pytest.mark.parametrize(
    ("address", "status", "detail"),
    [
        ("search", 422, "q: Field required"),
        ("search?q=", 422, "q: String should have at least 1 character"),
        ("search?q=%20%0A", 422, "q: String should match pattern '\\S'"),
        (f"search?q={'a' * 1001}", 422, "q: String should have at most 1000 characters"),
        ("search?q=a&k=0", 422, "k: Input should be greater than or equal to 1"),
        ("search?q=a&k=101", 422, "k: Input should be less than or equal to 100"),
        ("search?q=a&k=1e9", 422, "k: Input should be a valid integer, unable to parse string as an integer"),
        ("search?q=a&page=99999999999999999999", 422, "page: Input should be less than or equal to 1000000"),
        ("search?q=a&mode=magic", 422, "mode: Input should be 'hybrid', 'dense' or 'lexical'"),
        ("search?q=a&organization=IFO", 422, "organization: Extra inputs are not permitted"),
        ("search?q=a&org=IFA", 400, "no organization is called 'IFA'; did you mean IFO?"),
        ("search?q=a&edition=1999", 400, "no edition is called '1999'; there is sea/2018, sea/2021"),
        ("search?q=a&document=lake", 400, "no document is called 'lake'; mandates editions lists them"),
        ("matrix?" + "topic=a&" * 51, 422, "topic: List should have at most 50 items after validation, not 51"),
        ("diff?old=2018&new=1999", 400, ADDS_ONE),
        ("passages/sea/2018/99/0", 404, "no passage has the id sea/2018/99/0; search hits carry theirs"),
        ("pages/sea/1999/1.png", 404, "the index holds no edition sea/1999"),
        ("pages/sea/2018/99.png", 404, "sea-2018.pdf has no page 99"),
        ("pages/sea/2018/99", 404, "sea-2018.pdf has no page 99"),
        ("pages/sea/2018/1.png?passage=sea/9", 404, "no passage has the id sea/9; search hits carry theirs"),
        ("pages/sea/2018/1.png?dpi=5000", 422, "dpi: Input should be less than or equal to 220"),
        ("pages/sea/2018/1.png?passage=sea/2021/2/0", 400, "sea/2021/2/0 is not in sea/2018"),
        ("papers/sea/1999.pdf", 404, "the index holds no edition sea/1999"),
        ("nothing", 404, "Not Found"),
    ],
)  # fmt: skip
def test_errors_are_problems(client: TestClient, address: str, status: int, detail: str) -> None:
    answer = client.get(f"/api/v1/{address}")
    assert answer.headers["content-type"] == "application/problem+json"
    title = HTTPStatus(status).phrase
    assert answer.json() == {"type": "about:blank", "title": title, "status": status, "detail": detail}
    assert answer.status_code == status


def test_a_paper_with_other_bytes_is_not_shown(
    serve: Serve, sea: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(sea, tmp_path / "copy")
    other = tmp_path / "copy" / "raw" / "sea-2018.pdf"
    other.write_bytes(other.read_bytes() + b"\n")
    answer = serve(tmp_path / "copy").get("/api/v1/pages/sea/2018/1.png")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "the paper cannot be shown; the server's log says why"
    assert "not the file that was indexed (its bytes differ)" in caplog.text


def test_health_and_metrics(client: TestClient) -> None:
    client.get("/api/v1/search", params={"q": "a secret question"})
    health = client.get("/healthz").json()
    assert schema.Health.model_validate(health).status == "ok"
    assert health["passages"] > 4
    text = client.get("/metrics").text
    assert 'mandates_requests_total{method="GET",route="/api/v1/search",status="200"} 1.0' in text
    assert f"mandates_passages {float(health['passages'])}" in text
    assert "secret" not in text


def test_what_is_unforeseen_is_not_told(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.serving.web.api.edition_records", lambda _: 1 / 0)
    answer = client.get("/api/v1/editions")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert answer.json()["detail"] == "something unforeseen happened; the server's log says why"


def test_new_generations_are_answered_from_and_no_request_fails(serve: Serve, sea: Path, tmp_path: Path) -> None:
    shutil.copytree(sea, tmp_path / "copy")
    client = serve(tmp_path / "copy", rate=0)
    stop, statuses = threading.Event(), list[int]()

    def ask() -> None:
        while not stop.is_set():
            statuses.append(client.get("/api/v1/search?q=boats").status_code)

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    raw, passages = tmp_path / "copy" / "raw", []
    for papers in (raw / "sea-2018.pdf", raw, raw / "sea-2021.pdf"):
        expected = build_index([papers], tmp_path / "copy" / "index", WordEncoder).passages
        deadline = time.monotonic() + 5  # one of the askers may be opening the new generation just now
        while client.get("/healthz").json()["passages"] != expected and time.monotonic() < deadline:
            time.sleep(0.01)
        passages.append(client.get("/healthz").json()["passages"] == expected)
    stop.set()
    for asker in askers:
        asker.join()
    assert passages == [True, True, True]
    assert set(statuses) == {200}


def test_threads_do_not_mix_up_their_answers(client: TestClient) -> None:
    addresses = [f"/api/v1/{path}" for path in ("search?q=boats", "search?q=lamps&edition=2018", "who?topic=harbours",
                 "orgs", "passages/sea/2018/1/0", "diff?old=2018&new=2021")]  # fmt: skip
    alone = [client.get(address).content for address in addresses]
    with ThreadPoolExecutor(6) as threads:
        together = list(threads.map(lambda address: client.get(address).content, addresses * 5))
    assert together == alone * 5


def test_a_damaged_pointer_leaves_the_answers_as_they_were(serve: Serve, sea: Path, tmp_path: Path) -> None:
    shutil.copytree(sea, tmp_path / "copy")
    client = serve(tmp_path / "copy")
    before = client.get("/api/v1/search?q=boats")
    (tmp_path / "copy" / "index" / "CURRENT").write_text("rubbish")
    assert client.get("/api/v1/search?q=boats").content == before.content
    health = client.get("/healthz").json()
    assert health["status"] == "degraded"
    assert "not as it was written" in health["trouble"]


def test_the_description_names_every_route(client: TestClient) -> None:
    described = client.get("/api/v1/openapi.json").json()
    names = ["search", "who", "matrix", "diff", "orgs", "editions", "passages/{passage_id}",
             "pages/{document}/{edition}/{number}.png", "pages/{document}/{edition}/{number}",
             "papers/{document}/{edition}.pdf"]  # fmt: skip
    assert list(described["paths"]) == [*(f"/api/v1/{name}" for name in names), "/healthz", "/metrics"]
