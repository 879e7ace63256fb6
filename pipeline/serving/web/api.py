"""The HTTP API: routes only. What they answer is what the command line prints with ``--json``, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import FileResponse, Response

from pipeline.reading.convert import is_flowing
from pipeline.searching.editions import diff_editions
from pipeline.searching.locate import who_covers, with_evidence
from pipeline.searching.matrix import Matrix, make_matrix
from pipeline.serving import matrix as matrices
from pipeline.serving import organizations, render
from pipeline.serving.cite import FORMS
from pipeline.serving.current import Held
from pipeline.serving.diff_record import to_record
from pipeline.serving.interest import concern_of, concern_with
from pipeline.serving.listing import edition_records
from pipeline.serving.picture import draw_matrix
from pipeline.serving.places import find_page, find_passage
from pipeline.serving.settings import MOST_HITS
from pipeline.serving.web import schema
from pipeline.serving.web.answering import PNG, TEXT, Answers, Body, described, links, paged, record
from pipeline.serving.web.parameters import (
    FAR,
    NAME,
    CiteQuery,
    DiffQuery,
    ListQuery,
    MatrixQuery,
    PictureQuery,
    SearchQuery,
    WhoQuery,
)
from pipeline.serving.web.schema_diff import DiffAnswer

ROOT = "/api/v1"
BINARY = "application/octet-stream"
Name = Annotated[str, Path(max_length=NAME)]
Number = Annotated[int, Path(ge=1, le=FAR)]


def make_router(answers: Answers) -> APIRouter:
    """Make all routes of the API."""
    router = APIRouter(prefix=ROOT, default_response_class=Response)
    _add_answers(router, answers)
    _add_lists(router, answers)
    _add_places(router, answers)
    _add_papers(router, answers)
    return router


def _add_answers(router: APIRouter, answers: Answers) -> None:
    @router.get("/search", responses=described(schema.Answer))
    def search(request: Request, query: Annotated[SearchQuery, Query()]) -> Response:
        """Ask a question: ranked passages, each with its organization and pages."""

        def make(held: Held) -> Body:
            last = min(query.offset + query.k, MOST_HITS)
            answer = held.index.ask(query.q, last, query.mode, **query.filters)
            found = render.answer_record(answer, explain=query.explain)
            has_more = len(answer.hits) == last < MOST_HITS
            found["hits"] = found["hits"][query.offset :]
            concern = None if query.offset else concern_of(held.index, query.q, query.org)
            return record(found, links(request, query.offset, query.k, has_more=has_more), concern)

        return answers.respond(request, make)

    @router.get("/who", responses=described(schema.WhoAnswer))
    def who(request: Request, query: Annotated[WhoQuery, Query()]) -> Response:
        """Rank the organizations that cover a topic, each with its best passages."""

        def make(held: Held) -> Body:
            covered = who_covers(held.index, query.topic, query.k, documents=query.document, edition=query.edition)
            found = render.coverage_record(query.topic, covered if query.all else with_evidence(covered))
            return record(found, concern=concern_of(held.index, query.topic))

        return answers.respond(request, make)

    @router.get("/matrix", responses=described(schema.MatrixAnswer, "text/csv", "text/html", PNG))
    def matrix(request: Request, query: Annotated[MatrixQuery, Query()]) -> Response:
        """Topics × organizations with the best page of each, as data or as a file."""

        def make(held: Held) -> Body:
            made = make_matrix(held.index, query.topic, documents=query.document, edition=query.edition)
            return _matrix(made, query.format)

        return answers.respond(request, make)

    @router.get("/diff", responses=described(DiffAnswer))
    def diff(request: Request, query: Annotated[DiffQuery, Query()]) -> Response:
        """Tell what changed from one edition to another."""

        def make(held: Held) -> Body:
            return record(to_record(diff_editions(held.index, query.old, query.new, query.org)))

        return answers.respond(request, make)


def _add_lists(router: APIRouter, answers: Answers) -> None:
    @router.get("/orgs", responses=described(list[schema.Organization]))
    def orgs(request: Request, query: Annotated[ListQuery, Query()]) -> Response:
        """List the organizations, their aliases and pages."""

        def make(held: Held) -> Body:
            entries, headers = paged(request, held.index.catalog.organizations(), query.offset, query.limit)
            return record([organizations.organization_record(entry) for entry in entries], headers)

        return answers.respond(request, make)

    @router.get("/editions", responses=described(list[schema.Edition]))
    def editions(request: Request, query: Annotated[ListQuery, Query()]) -> Response:
        """List the documents and their editions, the latest of each first."""

        def make(held: Held) -> Body:
            return record(*paged(request, edition_records(held.index.catalog), query.offset, query.limit))

        return answers.respond(request, make)


def _add_places(router: APIRouter, answers: Answers) -> None:
    @router.get("/passages/{passage_id:path}", responses=described(schema.Passage, TEXT))
    def passage(request: Request, passage_id: Name, query: Annotated[CiteQuery, Query()]) -> Response:
        """Give a passage, or with ``cite`` a quotation of it for a text or a reference manager."""

        def make(held: Held) -> Body:
            found = find_passage(held.index, passage_id)
            if query.cite:
                return Body((FORMS[query.cite](found) + "\n").encode(), TEXT)
            return record(render.passage_record(found), concern=concern_with(found))

        return answers.respond(request, make)

    @router.get("/pages/{document}/{edition}/{number}.png", responses=described(bytes, PNG))
    def picture(
        request: Request, document: Name, edition: Name, number: Number, query: Annotated[PictureQuery, Query()]
    ) -> Response:
        """Draw a page, a passage on it highlighted where its own words stand."""

        def make(held: Held) -> Body:
            place = find_page(held.index, f"{answers.service.edition(held, document, edition).id}:{number}")
            highlighted = find_passage(held.index, query.passage) if query.passage else None
            return Body(answers.service.picture(place.edition, number, highlighted, query.dpi, query.best), PNG)

        return answers.respond(request, make)

    @router.get("/pages/{document}/{edition}/{number}", responses=described(schema.Page))
    def page(request: Request, document: Name, edition: Name, number: Number) -> Response:
        """Give the text of a page and what of it no passage holds."""

        def make(held: Held) -> Body:
            place = f"{answers.service.edition(held, document, edition).id}:{number}"
            return record(render.page_record(find_page(held.index, place)))

        return answers.respond(request, make)


def _add_papers(router: APIRouter, answers: Answers) -> None:
    @router.get(
        "/papers/{document}/{edition}.pdf", responses=described(bytes, "application/pdf", "application/octet-stream")
    )
    def paper(document: Name, edition: Name) -> Response:
        """Give the PDF itself; a paper of another format is to be saved."""
        with answers.service.current.use() as held:
            found = answers.service.edition(held, document, edition)
        # The browser's own reader needs scripts and styles, which the guard's policy forbids.
        headers = {"Content-Security-Policy": "frame-ancestors 'none'"}
        file = answers.service.paper(found)
        if is_flowing(file):  # whatever it holds, no browser shall run it here
            return FileResponse(file, 200, media_type=BINARY, filename=found.file)
        return FileResponse(
            file, 200, headers, "application/pdf", filename=found.file, content_disposition_type="inline"
        )


def _matrix(made: Matrix, form: str) -> Body:
    if form == "json":
        return record(matrices.to_record(made))
    kinds: dict[str, tuple[str, Callable[[], bytes]]] = {
        "csv": ("text/csv; charset=utf-8", lambda: matrices.to_csv(made).encode()),
        "html": ("text/html; charset=utf-8", lambda: matrices.to_html(made).encode()),
        "png": (PNG, lambda: draw_matrix(made)[0]),
    }
    media_type, make = kinds[form]
    return Body(make(), media_type, {"Content-Disposition": f'attachment; filename="matrix.{form}"'})
