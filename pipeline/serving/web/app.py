"""All routes together, behind the guard: what a web server runs."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from pipeline.errors import MandatesError
from pipeline.reading.corpus import EVERYTHING
from pipeline.serving.ingesting import Ingests
from pipeline.serving.interest import Interest
from pipeline.serving.service import Service
from pipeline.serving.settings import Settings
from pipeline.serving.watching import follow
from pipeline.serving.web import api, schema
from pipeline.serving.web.answering import PROBLEM, Answers, described, explain, record
from pipeline.serving.web.guard import Guard, problem
from pipeline.serving.web.metrics import Metrics
from pipeline.serving.web.site import HTML, Templates, error_page, make_site

LOG = logging.getLogger("mandates.errors")
METRICS = "text/plain; version=0.0.4; charset=utf-8"


def create_app(settings: Settings) -> Guard:
    """Open the index and make the application.

    :raises IndexUnusable, EncoderError: if the index cannot be searched.
    """
    service = Service(settings)
    interest = Interest(keeps_questions=settings.log_queries)
    answers = Answers(service, interest)
    ingests = Ingests(settings, settings.uploads) if settings.uploads else None
    app = FastAPI(
        title="mandates",
        version=service.release,
        description="Who does what, and where is it written?",
        lifespan=_lifespan(service, ingests),
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{api.ROOT}/openapi.json",
    )
    templates = Templates(takes_uploads=bool(ingests))
    for kind in (MandatesError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _handler(templates))
    gauges = {
        "passages": ("Passages of the index.", lambda: _passages(service)),
        "kept_bytes": ("Answers and pictures that are kept.", lambda: answers.kept.size),
    }
    metrics = Metrics(gauges, interest.counts, log_queries=settings.log_queries)
    app.include_router(api.make_router(answers))
    app.include_router(make_site(answers, templates, app))
    if ingests:
        # Only now, for without uploads nothing that they need has to be installed.
        from pipeline.serving.web.ingest import make_ingest_routes

        service.check_papers()
        app.include_router(make_ingest_routes(ingests, service, templates))
    _add_operations(app, service, metrics)
    return Guard(app, settings, metrics.observe, ingests.close if ingests else lambda: None)


def _lifespan(service: Service, ingests: Ingests | None) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Answers are computed, not waited for: more threads than cores would only make all of them late.
        current_default_thread_limiter().total_tokens = max(os.cpu_count() or 1, 2)
        stop = threading.Event()
        if ingests and service.settings.watch:
            papers = [path for path in service.settings.all_papers if path.exists()]
            following = (papers, EVERYTHING, ingests.follow, LOG.warning, stop)
            threading.Thread(target=follow, args=following, daemon=True).start()
        yield
        stop.set()
        if ingests:
            ingests.close()
        service.current.close()

    return lifespan


def _handler(templates: Templates) -> Callable[[Request, Exception], Response]:
    """Make what tells an error: to people on a page, to programs as a problem."""

    def handle(request: Request, error: Exception) -> Response:
        status, detail, headers = explain(error)
        if "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(api.ROOT):
            return Response(error_page(templates, status, detail), status, headers, HTML)
        return Response(problem(status, detail), status, headers, PROBLEM)

    return handle


def _add_operations(app: FastAPI, service: Service, metrics: Metrics) -> None:
    @app.get("/healthz", responses=described(schema.Health), tags=["operations"])
    def healthz() -> Response:
        """Tell whether questions are answered, and from what."""
        with service.current.use() as held:
            manifest, trouble = held.index.manifest, service.current.trouble
            found = {
                "status": "degraded" if trouble else "ok",
                "generation": held.tag,
                "built_at": manifest.built_at,
                "passages": manifest.counts["passages"],
                "trouble": trouble,
            }
        return Response(record(found).content, media_type="application/json", headers={"Cache-Control": "no-store"})

    @app.get("/metrics", responses=described(str, "text/plain"), tags=["operations"])
    def prometheus() -> Response:
        """Count requests and their times, for Prometheus."""
        return Response(metrics.text(), media_type=METRICS, headers={"Cache-Control": "no-store"})


def _passages(service: Service) -> int:
    with service.current.use() as held:
        return held.index.manifest.counts["passages"]
