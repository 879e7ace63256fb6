"""Who may ask: a table of hostile requests, each refused as it should be."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from typing import Any

import pytest
from fastapi.testclient import TestClient

from pipeline.serving.settings import UPLOADS, Settings
from pipeline.serving.web import guard
from pipeline.serving.web.guard import Guard, Message, Rates, Receive, Scope, Send
from tests.serving.web.conftest import Serve

TOKEN = "sesame-open"
ASK = "/api/v1/search?q=boats"


def basic(token: str) -> str:
    return "Basic " + base64.b64encode(f"anyone:{token}".encode()).decode()


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        (ASK, {}, 200),
        (ASK, {"Host": "127.0.0.1:8737"}, 200),
        (ASK, {"Host": "[::1]:8737"}, 200),
        (ASK, {"Host": "LOCALHOST:8737"}, 200),
        # DNS rebinding: a name that an attacker made point here, and hosts that only look like this one.
        (ASK, {"Host": "evil.example"}, 421),
        (ASK, {"Host": "localhost.evil.example"}, 421),
        (ASK, {"Host": "127.0.0.1.evil.example"}, 421),
        (ASK, {"Host": "localhost@evil.example"}, 421),
        (ASK, {"Host": "10.0.0.1"}, 421),
        (ASK, {"Host": "[::1"}, 421),
        (ASK, {"Host": ""}, 421),
        # Other sites' pages.
        (ASK, {"Origin": "http://localhost"}, 200),
        (ASK, {"Origin": "https://evil.example"}, 403),
        (ASK, {"Origin": "null"}, 403),
        (ASK, {"Origin": "http://localhost:9999"}, 403),
        (ASK, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        (ASK, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
        (ASK, {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}, 200),
        # Paths: nothing is built from them.
        ("/api/v1/papers/../../etc/passwd.pdf", {}, 404),
        ("/api/v1/papers/%2e%2e%2f%2e%2e%2fetc/passwd.pdf", {}, 404),
        ("/api/v1/papers/sea/..%5c..%5c2018.pdf", {}, 404),
        ("/api/v1/pages/..%2f..%2fraw/2018/1.png", {}, 404),
        ("/api/v1/pages/sea/2018/-1.png", {}, 422),
        ("/api/v1/pages/sea/2018/1e3.png", {}, 422),
        ("/api/v1/passages/..%2f..%2f..%2fetc%2fpasswd", {}, 404),
        ("/api/v1/passages/%00", {}, 404),
        ("/api/v1/passages/sea/2018/1/0'%20OR%201=1--", {}, 404),
        ("/static/../site.py", {}, 404),
        ("/static/%2e%2e%2fsite.py", {}, 404),
        ("/passage/%3Cscript%3Ealert(1)%3C/script%3E", {}, 404),
        # Malformed or huge.
        (ASK + "&q=%ff%fe", {}, 200),
        ("/api/v1/search?q=%00", {}, 200),
        ("/api/v1/search?q=" + "a" * 9000, {}, 414),
        ("/" + "a" * 9000, {}, 414),
        ("/api/v1/pages/sea/2018/1.png?dpi=1000000", {}, 422),
        ("/api/v1/pages/sea/2018/1.png?highlight=5-", {}, 422),
        ("/api/v1/search?q=boats&k=1000000", {}, 422),
        ("/api/v1/orgs?offset=-1", {}, 422),
    ],
)  # fmt: skip
def test_hostile_requests(client: TestClient, address: str, headers: dict[str, str], status: int) -> None:
    answer = client.get(address, headers=headers)
    assert answer.status_code == status
    assert b"root:" not in answer.content
    assert b"Traceback" not in answer.content


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Length": "100001"}, 413),
        ({"Content-Length": "-1"}, 413),
        ({"Content-Length": "9" * 5000}, 413),
        ({"Content-Length": "x"}, 413),
        ({"Transfer-Encoding": "chunked"}, 411),
        ({"Content-Length": "0"}, 200),
    ],
)
def test_a_question_has_no_long_body(client: TestClient, headers: dict[str, str], status: int) -> None:
    assert client.get(ASK, headers=headers).status_code == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "X" * 50])
def test_there_is_nothing_to_write(client: TestClient, method: str) -> None:
    assert client.request(method, "/api/v1/search?q=boats", content=b"{" * 1000).status_code == 405


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (None, 401),
        ("", 401),
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        (basic(TOKEN), 200),
        (f"Bearer {TOKEN}x", 401),
        (f"Bearer {TOKEN[:-1]}", 401),
        ("Bearer", 401),
        (f"Digest {TOKEN}", 401),
        (TOKEN, 401),
        (basic("wrong"), 401),
        ("Basic ===", 401),
        ("Basic /w==", 401),
        ("Bearer \u00ff".encode("latin-1"), 401),
    ],
)
def test_a_token_is_asked_for(serve: Serve, authorization: str | bytes | None, status: int) -> None:
    client = serve(token=TOKEN, is_local=False, hosts=("papers.example.org",))
    headers: Any = {"Authorization": authorization} if authorization is not None else {}
    for address in (ASK, "/", "/metrics", "/healthz", "/static/style.css"):
        answer = client.get(address, headers=headers)
        assert answer.status_code == status, address
        assert ("www-authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize(
    ("host", "status"),
    [("papers.example.org", 200), ("PAPERS.example.org:8737", 200), ("192.0.2.7", 200), ("other.example.org", 421)],
)
def test_others_ask_by_address_or_a_name_that_was_allowed(serve: Serve, host: str, status: int) -> None:
    client = serve(is_local=False, hosts=("papers.example.org",))
    assert client.get(ASK, headers={"Host": host}).status_code == status


def test_every_answer_forbids_inline_scripts_and_frames(client: TestClient) -> None:
    for address in ("/", ASK, "/nowhere", "/api/v1/pages/sea/2018/1.png", "/static/page.js"):
        headers = client.get(address).headers
        assert headers["content-security-policy"].startswith(
            "default-src 'none'; img-src 'self'; style-src 'self'; script"
        )
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
    assert client.get(ASK, headers={"Host": "evil.example"}).headers["x-frame-options"] == "DENY"


def test_who_asks_too_often_is_told_to_wait(serve: Serve) -> None:
    client = serve(rate=2)
    answers = [client.get("/healthz") for _ in range(8)]
    assert [answer.status_code for answer in answers][:4] == [200] * 4
    assert answers[-1].status_code == 429
    assert answers[-1].headers["retry-after"] == "1"
    assert answers[-1].json()["detail"] == "too many requests; wait a little"


def test_tokens_cannot_be_guessed_faster_than_that(serve: Serve) -> None:
    client = serve(rate=2, token=TOKEN)
    statuses = [client.get(ASK, headers={"Authorization": f"Bearer {number}"}).status_code for number in range(8)]
    assert statuses[:4] == [401] * 4
    assert statuses[-1] == 429


@pytest.mark.parametrize("address", [ASK, "/", "/api/v1/papers/sea/2018.pdf", "/nowhere"])
def test_only_the_head_of_an_answer(client: TestClient, address: str) -> None:
    whole, head = client.get(address), client.head(address)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head.headers["content-length"] == str(len(whole.content))


def test_a_bucket_fills_with_time_and_is_each_clients_own() -> None:
    rates = Rates(1.0)
    assert [rates.allows("a", 0.0) for _ in range(3)] == [True, True, False]
    assert rates.allows("b", 0.0)
    assert [rates.allows("a", 1.0), rates.allows("a", 1.1), rates.allows("a", 2.0)] == [True, False, True]
    assert [rates.allows("a", 100.0) for _ in range(3)] == [True, True, False]


def test_memory_for_clients_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "CLIENTS", 3)
    rates = Rates(1.0)
    for number in range(100):
        rates.allows(str(number), 0.0)
    assert len(rates._left) == 3


def test_the_log_says_nothing_of_what_was_asked(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "mandates.requests"):
        serve().get("/api/v1/search?q=a+secret+question")
        serve(log_queries=True).get("/api/v1/search?q=boats")
    quiet, open_one = (json.loads(record.message) for record in caplog.records)
    assert list(quiet) == ["at", "client", "method", "route", "status", "ms"]
    assert (quiet["route"], quiet["status"], quiet["client"]) == ("/api/v1/search", 200, "testclient")
    assert open_one["query"] == "q=boats"


# --- time, with an application of which each answer is under control


SCOPE: Scope = {
    "type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [(b"host", b"localhost")],
    "client": ("127.0.0.1", 5000),
}  # fmt: skip


async def receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def start(status: int = 200) -> Message:
    return {"type": "http.response.start", "status": status, "headers": []}


class Sent:
    """What a client was sent."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])


def guarded(app: guard.App) -> Guard:
    return Guard(app, Settings(folder=None, rate=0), lambda *_: None)  # type: ignore[arg-type]


def test_an_answer_that_never_begins_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "SECONDS", 0.05)

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(60)

    async def ask() -> tuple[Sent, Guard]:
        sent, it = Sent(), guarded(slow)
        await it(dict(SCOPE), receive, sent)
        await asyncio.sleep(0)
        return sent, it

    sent, it = asyncio.run(ask())
    assert sent.status == 503
    assert not it._waiting
    assert len(sent.messages) == 2


def test_a_reader_that_takes_no_more_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "SECONDS", 0.02)
    monkeypatch.setattr(guard, "SENDING", 0.02)
    ended = []

    async def stuck(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def ask() -> Sent:
        sent = Sent()
        await guarded(stuck)(dict(SCOPE), receive, sent)
        await asyncio.sleep(0.01)
        return sent

    assert [message["type"] for message in asyncio.run(ask()).messages] == ["http.response.start"]
    assert ended == [True]


def test_more_at_once_than_it_bears_are_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "AT_ONCE", 2)

    async def ask() -> list[int]:
        go = asyncio.Event()

        async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
            await go.wait()
            await send(start())

        it, sents = guarded(waiting), [Sent() for _ in range(3)]
        tasks = [asyncio.ensure_future(it(dict(SCOPE), receive, sent)) for sent in sents]
        await asyncio.sleep(0.01)
        go.set()
        await asyncio.gather(*tasks)
        return [sent.status for sent in sents]

    assert asyncio.run(ask()) == [200, 200, 503]


def test_who_reads_slowly_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "AT_ONCE", 1)

    async def ask() -> list[int]:
        go = asyncio.Event()

        async def slowly_read(scope: Scope, receive: Receive, send: Send) -> None:
            await send(start())
            await go.wait()

        it, sents = guarded(slowly_read), [Sent() for _ in range(3)]
        tasks = []
        for sent in sents:
            tasks.append(asyncio.ensure_future(it(dict(SCOPE), receive, sent)))
            await asyncio.sleep(0.01)
        go.set()
        await asyncio.gather(*tasks)
        return [sent.status for sent in sents]

    assert asyncio.run(ask()) == [200, 200, 200]


UPLOAD: Scope = dict(SCOPE) | {
    "method": "POST", "path": "/ingest", "headers": [(b"host", b"localhost"), (b"content-length", b"150000000")],
}  # fmt: skip


def test_an_upload_that_stalls_is_let_go_and_one_that_is_whole_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "STALLED", 0.02)
    parts: asyncio.Queue[Message]
    reached = []

    async def take(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["more_body"]:
            reached.append("part")
        reached.append("whole")
        await receive()  # until the client goes away, which may take any time

    async def ask(*bodies: Message) -> Sent:
        nonlocal parts
        parts, sent = asyncio.Queue(), Sent()
        for body in bodies:
            parts.put_nowait(body)
        it = Guard(take, Settings(folder=None, uploads="raw", rate=0), lambda *_: None)  # type: ignore[arg-type]
        asking = asyncio.ensure_future(it(dict(UPLOAD), parts.get, sent))
        await asyncio.wait({asking}, timeout=0.1)
        reached.append("ended" if asking.done() else "waits")
        asking.cancel()
        await asyncio.wait({asking})
        return sent

    part = {"type": "http.request", "body": b"a", "more_body": True}
    sent = asyncio.run(ask(part))
    assert (sent.status, reached) == (500, ["part", "ended"])
    reached.clear()
    asyncio.run(ask(part, part | {"more_body": False}))
    assert reached == ["part", "whole", "waits"]


def test_few_upload_at_once_and_they_keep_nobody_from_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "AT_ONCE", 1)

    async def ask() -> list[int]:
        go = asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["method"] == "POST":
                await go.wait()
            await send(start())

        it = Guard(app, Settings(folder=None, uploads="raw", rate=0), lambda *_: None)  # type: ignore[arg-type]
        sents = [Sent() for _ in range(UPLOADS + 2)]
        tasks = [asyncio.ensure_future(it(dict(UPLOAD), receive, sent)) for sent in sents[:-1]]
        await asyncio.sleep(0.01)
        await it(dict(SCOPE), receive, sents[-1])
        go.set()
        await asyncio.gather(*tasks)
        return [sent.status for sent in sents]

    assert asyncio.run(ask()) == [200] * UPLOADS + [503, 200]


def test_files_are_only_taken_where_they_are_allowed() -> None:
    sent = Sent()
    asyncio.run(guarded(lambda *_: None)(dict(UPLOAD), receive, sent))  # type: ignore[arg-type]
    assert sent.status == 413
