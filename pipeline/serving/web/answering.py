"""Answers over HTTP: each of one generation of the index, with a tag that spares sending it twice."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlencode

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from pipeline.errors import (
    AlreadyThere,
    CorpusError,
    IngestRunning,
    MandatesError,
    NoSpace,
    NotThere,
    OutputError,
    QueryError,
    TooLarge,
    WrongFormat,
)
from pipeline.serving.cache import BoundedCache
from pipeline.serving.current import Held
from pipeline.serving.interest import Concern, Interest
from pipeline.serving.render import to_json
from pipeline.serving.service import Service
from pipeline.serving.settings import KEPT
from pipeline.serving.web import schema

JSON, PNG, TEXT = "application/json", "image/png", "text/plain; charset=utf-8"
PROBLEM = "application/problem+json"
FRESH = {"Cache-Control": "no-store"}
LOG = logging.getLogger("mandates.errors")
WHY = "the server's log says why"
# What an error of the library comes to, the first that fits, and what is told of it where its own message is not for
# strangers: it names files of the server.
STATUSES: dict[type[MandatesError], tuple[HTTPStatus, str | None]] = {
    NotThere: (HTTPStatus.NOT_FOUND, None),
    QueryError: (HTTPStatus.BAD_REQUEST, None),
    CorpusError: (HTTPStatus.NOT_FOUND, f"the paper cannot be shown; {WHY}"),
    OutputError: (HTTPStatus.BAD_REQUEST, f"the picture cannot be drawn, most likely it would be too large; {WHY}"),
    AlreadyThere: (HTTPStatus.CONFLICT, None),
    IngestRunning: (HTTPStatus.CONFLICT, None),
    TooLarge: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, None),
    WrongFormat: (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, None),
    NoSpace: (HTTPStatus.INSUFFICIENT_STORAGE, None),
    MandatesError: (HTTPStatus.SERVICE_UNAVAILABLE, f"the index cannot be used; {WHY}"),
}


class Body(NamedTuple):
    """What is answered: bytes, what they are, headers that go with them, and which organizations were asked about."""

    content: bytes
    media_type: str = JSON
    headers: Mapping[str, str] = MappingProxyType({})
    concern: Concern | None = None


class Answers:
    """Answers from the current generation; what was asked before is not made again."""

    def __init__(self, service: Service, interest: Interest) -> None:
        """Answer with this index, and count what organizations are asked about."""
        self.service, self.interest = service, interest
        self.kept = BoundedCache[Body](KEPT, lambda body: len(body.content))

    def respond(self, request: Request, make: Callable[[Held], Body]) -> Response:
        """Answer, unless the client has that answer already."""
        with self.service.current.use() as held:
            asked = f"{self.service.release} {held.tag} {request.url.path}?{request.url.query}"
            tag = hashlib.sha256(asked.encode()).hexdigest()[:32]
            headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache"}
            known = request.headers.get("if-none-match", "").split(",")
            if f'"{tag}"' in (item.strip().removeprefix("W/") for item in known):
                return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
            body = self.kept.get(tag, lambda: make(held))
        if body.concern:
            self.interest.note(body.concern)
        return Response(body.content, media_type=body.media_type, headers=headers | dict(body.headers))

    def fresh(self, make: Callable[[Held], Body]) -> Response:
        """Answer what is another answer the next time, whatever the index."""
        with self.service.current.use() as held:
            body = make(held)
        return Response(body.content, media_type=body.media_type, headers=FRESH)


def record(value: object, headers: dict[str, str] | None = None, concern: Concern | None = None) -> Body:
    """Give a record as the command line prints it."""
    return Body((to_json(value) + "\n").encode(), JSON, headers or {}, concern)


def paged(request: Request, items: Sequence[object], offset: int, limit: int | None) -> tuple[Any, dict[str, str]]:
    """Cut a part out of a list, and give the headers that tell where the others are."""
    end = len(items) if limit is None else offset + limit
    headers = {"X-Total-Count": str(len(items))} | links(request, offset, limit or end, has_more=end < len(items))
    return items[offset:end], headers


def links(request: Request, offset: int, limit: int, *, has_more: bool) -> dict[str, str]:
    """Give the header that leads to the part of a list after this one and to the one before (RFC 8288)."""
    others = [(name, value) for name, value in request.query_params.multi_items() if name != "offset"]
    starts = {"next": offset + limit} if has_more else {}
    starts |= {"prev": max(offset - limit, 0)} if offset else {}
    found = [
        f'<{request.url.path}?{urlencode([*others, ("offset", start)])}>; rel="{name}"'
        for name, start in starts.items()
    ]
    return {"Link": ", ".join(found)} if found else {}


def described(model: Any, *others: str) -> dict[int | str, dict[str, Any]]:
    """Describe what a route answers: a record, and perhaps other kinds of content."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in others}
    return {200: {"model": model, "description": "Found."} | ({"content": content} if content else {})} | PROBLEMS


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": schema.Problem, "description": HTTPStatus(status).phrase, "content": {PROBLEM: {}}}
    for status in (400, 401, 403, 404, 414, 421, 422, 429, 503)
}


def explain(error: Exception) -> tuple[int, str, dict[str, str]]:
    """Turn an error into a status, one line that says what is wrong, and headers that go with it."""
    status: int
    headers: dict[str, str] = {}
    if isinstance(error, MandatesError):
        status, instead = next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
        detail = instead or str(error)
        if instead:
            LOG.warning(str(error))
    elif isinstance(error, RequestValidationError):
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        found = ("{}: {}".format(".".join(map(str, item["loc"][1:])), item["msg"]) for item in error.errors())
        detail = "; ".join(found)
    elif isinstance(error, HTTPException):
        status, detail, headers = error.status_code, str(error.detail), dict(error.headers or {})
    else:
        status, detail = HTTPStatus.INTERNAL_SERVER_ERROR, f"something unforeseen happened; {WHY}"
    return int(status), detail, headers
