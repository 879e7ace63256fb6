"""The web page: routes and templates. All of its state is in the address, so that it can be shared and gone back to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pydantic import BaseModel, ValidationError

from pipeline.reading.convert import is_flowing
from pipeline.searching.editions import diff_editions
from pipeline.searching.locate import who_covers, with_evidence
from pipeline.searching.matrix import make_matrix
from pipeline.serving import diff as diffs
from pipeline.serving import diff_page, render
from pipeline.serving import matrix as matrices
from pipeline.serving.cite import FORMS
from pipeline.serving.current import Held
from pipeline.serving.interest import Interest, concern_of, concern_with
from pipeline.serving.listing import edition_records
from pipeline.serving.places import find_passage
from pipeline.serving.report import change_line
from pipeline.serving.settings import MOST_HITS, QUESTION, TOPICS
from pipeline.serving.web import views
from pipeline.serving.web.answering import Answers, Body
from pipeline.serving.web.parameters import DiffQuery, MatrixQuery, PassageQuery, SearchQuery, WhoQuery

HTML = "text/html; charset=utf-8"
STATIC = {
    "style.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
CITATIONS = {"plain": "Text", "markdown": "Markdown", "bibtex": "BibTeX", "ris": "RIS"}
Asked = TypeVar("Asked", bound=BaseModel)


class Templates:
    """The templates, and the files they need."""

    def __init__(self, *, takes_uploads: bool = False) -> None:
        """Read all of them.

        :param takes_uploads: whether the navigation leads to the page for uploads.
        """
        folder = files("pipeline.serving.web") / "static"
        self.static = {name: (folder / name).read_bytes() for name in STATIC}
        self._environment = Environment(
            loader=PackageLoader("pipeline.serving.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["zip"] = zip
        self._environment.globals |= {
            "static": self._address,
            "address": views.address,
            "blocks": views.blocks,
            "linked": views.linked,
            "is_safe": views.is_safe,
            "passage_address": views.passage_address,
            "longest": QUESTION,
            "takes_uploads": takes_uploads,
            "change_line": change_line,
        }

    def page(self, name: str, here: str, **context: Any) -> Body:
        """Fill a template in.

        :param here: the path of the page, which its navigation marks.
        """
        text = self._environment.get_template(name).render(here=here, **context)
        return Body(text.encode(), HTML)

    def _address(self, name: str) -> str:
        """Give the address of a file; it changes with its content, so that browsers may keep it."""
        return f"/static/{name}?{hashlib.sha256(self.static[name]).hexdigest()[:12]}"


def make_site(answers: Answers, templates: Templates, app: FastAPI) -> APIRouter:
    """Make the routes of the web page."""
    router = APIRouter(include_in_schema=False, default_response_class=Response)
    makers: dict[str, Callable[[Request, Held], Body]] = {
        "/": lambda request, held: _search(templates, request, held),
        "/who": lambda request, held: _who(templates, request, held),
        "/matrix": lambda request, held: _matrix(templates, request, held),
        "/editions": lambda request, held: _editions(templates, request, held),
        "/passage/{passage_id:path}": lambda request, held: _passage(templates, request, held),
        "/docs": lambda *_: _docs(templates, app),
    }
    for path, make in makers.items():
        router.add_api_route(path, _route(answers, make))

    @router.get("/organizations")
    def organizations() -> Response:
        return answers.fresh(lambda held: _organizations(templates, held, answers.interest))

    @router.get("/static/{name}")
    def static(name: str) -> Response:
        if name not in STATIC:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(templates.static[name], media_type=STATIC[name], headers=headers)

    return router


def error_page(templates: Templates, status: int, detail: str) -> bytes:
    """Tell what is wrong, for people."""
    return templates.page("error.html", "", title=HTTPStatus(status).phrase, detail=detail).content


def _route(answers: Answers, make: Callable[[Request, Held], Body]) -> Callable[[Request], Response]:
    def route(request: Request) -> Response:
        return answers.respond(request, lambda held: make(request, held))

    return route


def _read(request: Request, model: type[Asked], **changes: Any) -> Asked:
    """Read the query of an address; what a form left empty was not asked for."""
    values: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if value.strip() and name in model.model_fields:
            values.setdefault(name, []).append(value)
    several = {name for name, field in model.model_fields.items() if "list" in str(field.annotation)}
    given = {name: value if name in several else value[-1] for name, value in values.items()}
    try:
        return model.model_validate(given | changes)
    except ValidationError as error:
        raise RequestValidationError([item | {"loc": ("query", *item["loc"])} for item in error.errors()]) from error


def _params(request: Request, *left_out: str) -> list[tuple[str, str]]:
    return [item for item in request.query_params.multi_items() if item[1].strip() and item[0] not in left_out]


def _search(templates: Templates, request: Request, held: Held) -> Body:
    params = _params(request)
    if not any(name == "q" for name, _ in params):
        held_editions = held.index.catalog.editions()
        counts = {
            "documents": len({edition.document for edition in held_editions}),
            "editions": len(held_editions),
            "passages": len(held.index.catalog),
        }
        return templates.page("search.html", "/", query=None, params=params, counts=counts)
    query = _read(request, SearchQuery)
    last = min(query.offset + query.k, MOST_HITS)
    answer = held.index.ask(query.q, last, query.mode, **query.filters)
    more = len(answer.hits) == last < MOST_HITS
    looked_at = held.index.editions(documents=query.document, edition=query.edition)
    page = templates.page(
        "search.html",
        "/",
        query=query,
        params=params,
        answer=answer,
        verdict=list(render.verdict_lines(answer, looked_at)),
        groups=_groups(held, query, params),
        narrowed=sum(name in ("org", "section", "page", "document", "edition") for name, _ in params),
        cleared=views.address("/", [item for item in params if item[0] in ("q", "k", "mode")]),
        faceted=views.FACETED,
        before=views.address("/", params, offset=max(query.offset - query.k, 0) or None) if query.offset else None,
        after=views.address("/", params, offset=last) if more else None,
    )
    return page if query.offset else page._replace(concern=concern_of(held.index, query.q, query.org))


def _groups(held: Held, query: SearchQuery, params: views.Params) -> list[tuple[str, list[views.Facet]]]:
    """Count what one can filter by: among the best passages, whatever their organization and section."""
    best = held.index.search(query.q, views.FACETED, query.mode, documents=query.document, edition=query.edition)
    records = edition_records(held.index.catalog)
    editions = [item for item in records for _ in range(item["passages"])] if len(records) > 1 else []
    return [
        ("Organization", views.facets(views.owners(best), "org", params)),
        ("Section", views.facets(views.top_sections(best), "section", params)),
        ("Document", views.facets((item["document"] for item in editions), "document", params)),
        ("Edition", views.facets((f"{item['document']}/{item['label']}" for item in editions), "edition", params)),
    ]


def _who(templates: Templates, request: Request, held: Held) -> Body:
    topic = None
    covered: list[Any] = []
    if _params(request):
        query = _read(request, WhoQuery)
        topic, covered = query.topic, who_covers(held.index, query.topic, query.k)
    found = with_evidence(covered)
    nobody = [item for item in covered if item not in found]
    absent = any(not item.organization.pages for item in nobody)
    page = templates.page("who.html", "/who", topic=topic, found=found, nobody=nobody, absent=absent)
    return page._replace(concern=concern_of(held.index, topic)) if topic else page


def _matrix(templates: Templates, request: Request, held: Held) -> Body:
    lines = [line.strip() for _, value in _params(request) for line in value.splitlines() if line.strip()]
    topics = _read(request, MatrixQuery, topic=lines).topic if lines else []
    made = make_matrix(held.index, topics) if topics else None
    return templates.page(
        "matrix.html",
        "/matrix",
        topics=topics,
        most=TOPICS,
        matrix=made,
        marks=matrices.edition_marks(made) if made else {},
        page_label=matrices.page_label,
        source=matrices.source,
        downloads=[("topic", topic) for topic in topics],
    )


def _editions(templates: Templates, request: Request, held: Held) -> Body:
    records = edition_records(held.index.catalog)
    old, new = views.last_two(records)
    context: dict[str, Any] = {"old": old, "new": new, "organization": None, "changes": None}
    if _params(request):
        query = _read(request, DiffQuery)
        found = diff_editions(held.index, query.old, query.new, query.org)
        context = {
            "old": found.old.id,
            "new": found.new.id,
            "organization": query.org,
            "changes": Markup("\n".join(diff_page.body(found))),  # noqa: S704 - it escapes what it quotes
            "changes_title": diffs.title(found),
            "is_same": found.is_same,
        }
    return templates.page("editions.html", "/editions", editions=records, **context)


def _organizations(templates: Templates, held: Held, interest: Interest) -> Body:
    entries = held.index.catalog.organizations()
    groups = [(edition, list(group)) for edition, group in groupby(entries, key=lambda entry: entry.edition)]
    return templates.page(
        "organizations.html", "/organizations", groups=groups, interest=interest, questions=interest.questions()
    )


def _passage(templates: Templates, request: Request, held: Held) -> Body:
    query = _read(request, PassageQuery)
    passage = find_passage(held.index, request.path_params["passage_id"])
    last = held.index.catalog.summary(passage.edition).pages
    number = views.shown_page(passage, query.best, query.view, last)
    params = _params(request)
    asked = next((value for name, value in params if name == "q"), None)
    page = templates.page(
        "passage.html",
        request.url.path,
        passage=passage,
        best=query.best,
        params=params,
        asked=asked,
        back=views.address("/", _params(request, "view", "highlight")) if asked else None,
        number=number,
        last=last,
        picture=views.picture_address(passage, number, query.best),
        has_pages=not is_flowing(Path(passage.edition.file)),
        citations=[(title, FORMS[form](passage)) for form, title in CITATIONS.items()],
    )
    return page if query.view else page._replace(concern=concern_with(passage))


def _docs(templates: Templates, app: FastAPI) -> Body:
    found: Mapping[str, Any] = app.openapi()
    return templates.page("docs.html", "/docs", operations=views.operations(dict(found)), openapi=app.openapi_url)
