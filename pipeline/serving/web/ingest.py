"""Papers that are uploaded: a page, its address in the API, and how far each ingest is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Annotated, Any

# The framework needs it to read what forms send, and would miss it only when the first file comes.
import python_multipart  # noqa: F401
from fastapi import APIRouter, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from pipeline.errors import NoSpace, UploadRefused
from pipeline.serving.ingesting import Ingest, Ingests, ingest_record
from pipeline.serving.service import Service
from pipeline.serving.settings import FILE, FILES, RECEIVING, STALLED
from pipeline.serving.uploads import Sent
from pipeline.serving.web import schema
from pipeline.serving.web.answering import FRESH, PROBLEMS, described, explain, record
from pipeline.serving.web.api import ROOT
from pipeline.serving.web.parameters import NAME, UploadForm
from pipeline.serving.web.site import HTML, Templates

FIELDS = 8  # of a form beside the files
FIELD = 1024  # bytes
LISTENERS = 32  # who are told of progress at once
OFTEN = 0.3  # seconds between two looks whether there is progress
EVENTS = "text/event-stream"
FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "additionalProperties": False,
                    "properties": {
                        "file": {"type": "array", "maxItems": FILES, "items": {"type": "string", "format": "binary"}},
                        "edition": UploadForm.model_json_schema()["properties"]["edition"],
                    },
                }
            }
        },
    }
}
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: PROBLEMS[400] | {"description": HTTPStatus(status).phrase} for status in (408, 409, 411, 413, 415, 507)
}
# Of a stream the schema is that of each event.
TOLD: dict[str, Any] = {
    "description": "Events, the last of them ``done`` or ``failed``; the data of each is the state.",
    "content": {
        EVENTS: {
            "schema": {
                "type": "object",
                "required": ["event", "data"],
                "properties": {
                    "event": {"enum": ["running", "done", "failed"]},
                    "data": {"type": "string", "contentMediaType": "application/json"},
                },
            }
        }
    },
}
Id = Annotated[str, Path(max_length=NAME)]


def make_ingest_routes(ingests: Ingests, service: Service, templates: Templates) -> APIRouter:
    """Make the routes of uploads, those of the API and those of the page."""
    router = APIRouter(default_response_class=Response)
    _add_api(router, ingests, service)
    _add_pages(router, ingests, service, templates)
    return router


def _add_api(router: APIRouter, ingests: Ingests, service: Service) -> None:
    answers = described(schema.Ingest) | REFUSALS
    begun = {202: {"model": schema.Ingest, "description": "Begun."}} | {
        status: told for status, told in answers.items() if status != HTTPStatus.OK
    }
    listeners: set[object] = set()

    @router.post(f"{ROOT}/ingest", status_code=202, responses=begun, openapi_extra=FORM)
    async def upload(request: Request) -> Response:
        """Take papers in: they are read, then indexed, in a process of their own; the answer tells where to look."""
        found = await _receive(request, ingests, service)
        headers = {"Location": f"{ROOT}/ingest/{found.id}"} | FRESH
        return Response(record(ingest_record(found)).content, 202, headers, "application/json")

    @router.get(f"{ROOT}/ingest/{{ingest_id}}", responses=described(schema.Ingest))
    def state(ingest_id: Id) -> Response:
        """Tell how far an ingest is, and in the end what became of it."""
        return Response(record(ingest_record(ingests.find(ingest_id))).content, 200, FRESH, "application/json")

    @router.get(f"{ROOT}/ingest/{{ingest_id}}/events", responses=PROBLEMS | {200: TOLD})
    def events(ingest_id: Id) -> Response:
        """Tell of an ingest's progress as it comes (server-sent events): ``running``, then ``done`` or ``failed``."""
        found = ingests.find(ingest_id)
        if len(listeners) >= LISTENERS:
            raise HTTPException(503, "too many listen already; ask for the state instead", {"Retry-After": "5"})
        return StreamingResponse(_tell(found, listeners), 200, FRESH | {"X-Accel-Buffering": "no"}, EVENTS)


def _add_pages(router: APIRouter, ingests: Ingests, service: Service, templates: Templates) -> None:
    def form(status: int, error: str | None = None) -> Response:
        body = templates.page(
            "ingest.html",
            "/ingest",
            error=error,
            recent=ingests.recent(),
            most=FILES,
            largest=FILE,
        )
        return Response(body.content, status, FRESH, HTML)

    @router.get("/ingest", include_in_schema=False)
    def uploads() -> Response:
        return form(200)

    @router.post("/ingest", include_in_schema=False)
    async def send(request: Request) -> Response:
        try:
            found = await _receive(request, ingests, service)
        except (UploadRefused, HTTPException, RequestValidationError) as error:
            status, detail, _ = explain(error)
            return form(status, detail)
        return RedirectResponse(f"/ingest/{found.id}", HTTPStatus.SEE_OTHER)

    @router.get("/ingest/{ingest_id}", include_in_schema=False)
    def progress(ingest_id: Id) -> Response:
        found = ingest_record(ingests.find(ingest_id))
        body = templates.page("ingesting.html", "/ingest", ingest=found, events=f"{ROOT}/ingest/{ingest_id}/events")
        return Response(body.content, 200, FRESH, HTML)


async def _receive(request: Request, ingests: Ingests, service: Service) -> Ingest:
    """Receive files and begin to take them in.

    :raises UploadRefused, HTTPException, RequestValidationError: if that cannot be; nothing is kept then.
    """
    ingests.check_free()
    async with _form(request) as (sent, label):
        return await asyncio.to_thread(_start, ingests, service, sent, label)


def _start(ingests: Ingests, service: Service, sent: list[Sent], label: str | None) -> Ingest:
    with service.current.use() as held:
        editions = held.index.manifest.editions
    return ingests.start(sent, label, editions)


@asynccontextmanager
async def _form(request: Request) -> AsyncIterator[tuple[list[Sent], str | None]]:
    """Read a form: its files, which last as long as the ``with`` statement, and the edition that it says they are."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise HTTPException(415, "send the files as multipart/form-data")
    try:
        form = await request.form(max_files=FILES, max_fields=FIELDS, max_part_size=FIELD)
    except TimeoutError as error:
        raise HTTPException(408, f"nothing came for {STALLED:.0f} s, or not all of it in {RECEIVING:.0f} s") from error
    except ClientDisconnect as error:
        raise HTTPException(400, "the upload was broken off") from error
    except OSError as error:
        raise NoSpace(f"the files cannot be received ({error.strerror})") from error
    try:
        fields = form.multi_items()
        files = [value for name, value in fields if name == "file" and isinstance(value, UploadFile)]
        given = {name: value for name, value in fields if not isinstance(value, UploadFile) and value}
        given |= {name: "" for name, value in fields if isinstance(value, UploadFile) and name != "file"}
        sent = [Sent(file.filename or "", file.file) for file in files if file.filename or file.size]
        if not sent:
            raise HTTPException(422, "file: Field required")
        yield sent, _checked(given).edition
    finally:
        await form.close()


def _checked(given: dict[str, Any]) -> UploadForm:
    try:
        return UploadForm.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError([item | {"loc": ("body", *item["loc"])} for item in error.errors()]) from error


async def _tell(found: Ingest, listeners: set[object]) -> AsyncIterator[str]:
    """Give the state of an ingest whenever it is another one, until there is nothing more to come."""
    me, last = object(), None
    listeners.add(me)
    try:
        while True:
            told = ingest_record(found)
            if told != last:
                yield f"event: {told['state']}\ndata: {json.dumps(told)}\n\n"
            if told["state"] != "running":
                return
            last = told
            await asyncio.sleep(OFTEN)
    finally:
        listeners.discard(me)
