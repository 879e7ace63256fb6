"""Who may ask, how often, and how long it may take: stands before the web application and knows nothing of it.

Plain ASGI, https://asgi.readthedocs.io/en/latest/specs/www.html.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import ipaddress
import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from pipeline.serving.settings import (
    ADDRESS,
    AT_ONCE,
    BODY,
    RECEIVING,
    SECONDS,
    SENDING,
    STALLED,
    UPLOAD,
    UPLOADS,
    Settings,
)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
# Told of each request: method, status, seconds, client and scope.
Observe = Callable[[str, int, float, str, Scope], None]

UPLOADING = ("/ingest", "/api/v1/ingest")  # where files are sent to, if any may be
READING = ("GET", "HEAD")
CLIENTS = 10_000  # whose rate is remembered
LOCAL = ("127.0.0.1", "::1", "localhost")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Refusal(Exception):
    """A request that is not passed on: its status, one line that says why, and headers that go with it."""

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        """Take what is told to the client."""
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


class Guard:
    """Checks each request, and gives up on those that take too long."""

    def __init__(self, app: App, settings: Settings, observe: Observe, end: Callable[[], None] = lambda: None) -> None:
        """Stand before an application.

        :param end: ends what the application does by itself, when the server stops.
        """
        self.end = end
        self._app, self._settings, self._observe = app, settings, observe
        self._rates = Rates(settings.rate)
        self._waiting: set[_Answer] = set()  # those that have not begun: who reads slowly keeps nobody else waiting
        self._receiving: set[_Answer] = set()  # those for whom files come in, and who sends slowly neither

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":  # the start and end of the server; nothing here talks over websockets
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        began, client = time.monotonic(), (scope.get("client") or ("unknown",))[0]
        is_upload = self._is_upload(scope)
        crowd = self._receiving if is_upload else self._waiting
        answer = _Answer(send, crowd.discard, is_bare=scope["method"] == "HEAD")
        if answer.is_bare:  # the same answer, of which only the head is sent
            scope["method"] = "GET"
        try:
            self._check(scope, client)
            if is_upload:
                await self._pass_on(scope, _unless_stalled(receive), answer, RECEIVING)
            else:
                await self._pass_on(scope, receive, answer, SECONDS)
        except Refusal as refusal:
            await answer.refuse(refusal)
        except Exception:
            await answer.refuse(Refusal(500, "something unforeseen happened; the server's log says why"))
            raise
        finally:
            self._observe(scope["method"], answer.status, time.monotonic() - began, client, scope)

    def _check(self, scope: Scope, client: str) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if len(scope["path"]) + len(scope["query_string"]) > ADDRESS:
            raise Refusal(414, f"the address is longer than {ADDRESS} characters")
        check_size(headers, UPLOAD if self._is_upload(scope) else BODY)
        check_host(headers.get("host", ""), self._settings)
        check_origin(headers, scope["method"])
        if not self._rates.allows(client, time.monotonic()):  # before the token, which nobody shall guess
            raise Refusal(429, "too many requests; wait a little", **{"Retry-After": "1"})
        check_token(headers.get("authorization", ""), self._settings.token)

    def _is_upload(self, scope: Scope) -> bool:
        return bool(self._settings.uploads) and scope["method"] == "POST" and scope["path"] in UPLOADING

    async def _pass_on(self, scope: Scope, receive: Receive, answer: _Answer, patience: float) -> None:
        crowd, most = (self._receiving, UPLOADS) if self._is_upload(scope) else (self._waiting, AT_ONCE)
        if len(crowd) >= most:
            raise Refusal(503, "the server is busy; try again", **{"Retry-After": "1"})
        crowd.add(answer)
        work = asyncio.ensure_future(self._app(scope, receive, answer.send))
        # What runs in a thread cannot be stopped, and counts until it ends.
        work.add_done_callback(lambda work: _done(work, answer, crowd))
        finished, _ = await asyncio.wait({work}, timeout=patience)
        if not finished and answer.has_begun:
            finished, _ = await asyncio.wait({work}, timeout=SENDING)
        if finished:
            await work
            return
        work.cancel()
        raise Refusal(503, f"this took longer than {patience:.0f} s")


def _done(work: asyncio.Future[None], answer: _Answer, crowd: set[_Answer]) -> None:
    crowd.discard(answer)
    if not work.cancelled():
        work.exception()  # whoever waits has it already, or has given up


def _unless_stalled(receive: Receive) -> Receive:
    """Lose patience with who promised a body and sends nothing of it; once it is whole there is nothing to wait for."""
    is_whole = False

    async def receive_soon() -> Message:
        nonlocal is_whole
        message = await asyncio.wait_for(receive(), None if is_whole else STALLED)
        is_whole = not message.get("more_body", False)
        return message

    return receive_soon


class _Answer:
    """What is sent to a client: nothing after a refusal, and no second beginning."""

    def __init__(self, send: Send, begins: Callable[[_Answer], None], *, is_bare: bool) -> None:
        self._send, self._begins, self.is_bare = send, begins, is_bare
        self.status, self.has_begun, self.is_closed = 0, False, False

    async def send(self, message: Message) -> None:
        if self.is_closed:
            return
        if message["type"] == "http.response.start":
            self.has_begun, self.status = True, message["status"]
            self._begins(self)
            given = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *(pair for pair in _encoded(HEADERS) if pair[0].lower() not in given),
            ]
        elif self.is_bare:
            message["body"] = b""
        await self._send(message)

    async def refuse(self, refusal: Refusal) -> None:
        if not self.has_begun:
            body = problem(refusal.status, refusal.detail)
            headers = {"Content-Type": "application/problem+json", "Content-Length": str(len(body)), **refusal.headers}
            await self.send({"type": "http.response.start", "status": refusal.status, "headers": _encoded(headers)})
            await self.send({"type": "http.response.body", "body": body})
        self.is_closed = True


class Rates:
    """How many requests each client has left: a bucket that is filled steadily and holds two seconds' worth."""

    def __init__(self, rate: float) -> None:
        """Take the requests a second, 0 for any number."""
        self._rate = rate
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, client: str, now: float) -> bool:
        """Tell whether a client may ask now, and if so count it."""
        if not self._rate:
            return True
        most = max(2 * self._rate, 1.0)
        left, last = self._left.pop(client, (most, now))
        left = min(left + (now - last) * self._rate, most)
        self._left[client] = (left - 1 if left >= 1 else left), now
        if len(self._left) > CLIENTS:
            self._left.popitem(last=False)
        return left >= 1


def check_host(host: str, settings: Settings) -> None:
    """Refuse a name that this server does not go by: a page elsewhere may have made it point here (DNS rebinding).

    An address stands for itself, and no page elsewhere can claim it.

    :raises Refusal: if the request is for another host.
    """
    name = _hostname(host)
    if name in (*LOCAL, *(other.lower() for other in settings.hosts)):
        return
    if settings.is_local or not _is_address(name):
        raise Refusal(421, "this server does not go by that name; start it with --allow-host NAME if it should")


def check_size(headers: Mapping[str, str], most: int = BODY) -> None:
    """Refuse what is too long to be a question, or an upload.

    :param most: bytes of a body.
    :raises Refusal: if a body has no length, or more.
    """
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers:
        raise Refusal(411, "say how long it is")
    if not length.isdecimal() or len(length) > 15 or int(length) > most:
        raise Refusal(413, f"more than {most} bytes")


def check_origin(headers: Mapping[str, str], method: str = "GET") -> None:
    """Refuse what another site's page asks for in a visitor's name; to follow a link from there is fine.

    :raises Refusal: if the request comes from another site.
    """
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
        raise Refusal(403, "a page of another site may not ask here")
    follows_a_link = headers.get("sec-fetch-mode") == "navigate" and method in READING
    if headers.get("sec-fetch-site") in ("cross-site", "same-site") and not follows_a_link:
        raise Refusal(403, "a page of another site may not ask here")


def check_token(authorization: str, token: str | None) -> None:
    """Compare the token, which programs send as ``Bearer`` and browsers as the password of ``Basic``.

    :raises Refusal: if one is needed, and it is missing or wrong.
    """
    if token is None:
        return
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            given = ""
    elif scheme.lower() != "bearer":
        given = ""
    if not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise Refusal(401, "a token is needed", **{"WWW-Authenticate": 'Basic realm="mandates", charset="UTF-8"'})


def problem(status: int, detail: str) -> bytes:
    """Give an error in the form of RFC 9457."""
    from http import HTTPStatus

    record = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return json.dumps(record, ensure_ascii=False).encode()


def _hostname(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
