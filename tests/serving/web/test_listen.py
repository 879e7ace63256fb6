"""The server itself: a place to listen at, and no patience with who connects and asks nothing."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import OutputError
from pipeline.serving.web.listen import bind

SERVER = """
import sys
from pipeline.serving.web import listen

async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

listen.FIRST = 0.5
with listen.bind("127.0.0.1", 0) as place:
    print(place.getsockname()[1], flush=True)
    listen.listen(app, place, lambda: print("ended", flush=True))
"""


@pytest.fixture
def port() -> Iterator[int]:
    root = Path(__file__).parents[3]
    process = subprocess.Popen([sys.executable, "-c", SERVER], cwd=root, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    yield int(process.stdout.readline())
    process.terminate()
    assert process.communicate(timeout=10)[0] == "ended\n"
    assert process.returncode in (0, -15)


def ask(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(1000), b""))


def test_who_asks_nothing_is_let_go_and_others_are_answered_meanwhile(port: int) -> None:
    slow = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(40)]
    began = time.monotonic()
    for connection in slow[:20]:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: local")
    assert ask(port).endswith(b"\r\n\r\nok")
    assert [connection.recv(1000) for connection in slow] == [b""] * 40
    assert time.monotonic() - began < 4
    for connection in slow:
        connection.close()


def test_an_answer_does_not_wait_for_acknowledgements(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        times = []
        for _ in range(20):
            began = time.perf_counter()
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = b""
            while not answer.endswith(b"ok"):
                answer += connection.recv(1000)
            times.append(time.perf_counter() - began)
    assert sorted(times)[10] < 0.03  # seconds; it was 0.04


def test_endless_headers_are_refused(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: " + b"a" * 60_000)
        assert connection.recv(1000).startswith(b"HTTP/1.1 4")


def test_a_place_that_is_taken_is_named() -> None:
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OutputError, match=rf"127\.0\.0\.1:{port}: cannot listen there \(.*in use\)"):
            bind("127.0.0.1", port)
    with pytest.raises(OutputError, match=r"192\.0\.2\.7:1: cannot listen there"):
        bind("192.0.2.7", 1)
