"""Tools and pages for assistants (Model Context Protocol). The only file that names mcp.

What a tool gives is small enough to be read by a model, and never without its citation.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from pipeline.datatypes import Hit
from pipeline.errors import MandatesError, QueryError
from pipeline.searching.editions import diff_editions
from pipeline.searching.locate import who_covers, with_evidence
from pipeline.serving import organizations, render
from pipeline.serving.diff import to_markdown
from pipeline.serving.listing import edition_records
from pipeline.serving.places import find_page, find_passage
from pipeline.serving.service import Service
from pipeline.serving.settings import QUESTION
from pipeline.serving.web.guard import Guard
from pipeline.serving.web.metrics import Metrics

if TYPE_CHECKING:
    from mcp.server import MCPServer

INSTRUCTIONS = (
    "Answers who does what, and where it is written, from policy papers. Quote passages verbatim and give each with its"
    " citation. If `answered` is false, say that the papers do not answer the question clearly."
)
MOST_HITS = 20
MOST_ORGANIZATIONS = 300
MOST_TEXT = 20_000  # characters of a comparison
P = ParamSpec("P")
R = TypeVar("R")


def make_server(service: Service) -> MCPServer:
    """Make the server; ``run`` serves it on stdin and stdout, ``streamable_http_app`` over HTTP."""
    from mcp.server import MCPServer

    server = MCPServer("mandates", instructions=INSTRUCTIONS, version=service.release, log_level="WARNING")
    tools = Tools(service)
    for tool in (tools.search, tools.who, tools.orgs, tools.editions, tools.diff):
        server.tool()(_told(tool))
    server.tool(structured_output=False)(_told(tools.show))
    server.resource("page://{document}/{edition}/{number}", mime_type="text/plain")(_told(tools.page))
    return server


def http_app(service: Service) -> Guard:
    """Make the application that serves the tools at /mcp, each request on its own, behind the guard of the web page."""
    from mcp.server.transport_security import TransportSecuritySettings

    own = TransportSecuritySettings(enable_dns_rebinding_protection=False)  # the guard knows which hosts are meant
    app = make_server(service).streamable_http_app(stateless_http=True, json_response=True, transport_security=own)
    return Guard(app, service.settings, Metrics({}, log_queries=service.settings.log_queries).observe)


class Tools:
    """What an assistant can ask; descriptions are the docstrings."""

    def __init__(self, service: Service) -> None:
        """Answer from this index."""
        self._service = service

    def search(
        self,
        question: str,
        top_k: int = 5,
        organizations: list[str] | None = None,
        document: str | None = None,
        edition: str | None = None,
    ) -> dict[str, Any]:
        """Find the passages that answer a question, best first, with organization, page and best sentence.

        At most 20. Narrow with organizations (acronyms or names), a document, or an edition ("all" for every one).
        """
        documents = [document] if document else []
        with self._service.current.use() as held:
            count = min(max(top_k, 1), MOST_HITS)
            narrowed: dict[str, Any] = {"documents": documents, "edition": edition}
            answer = held.index.ask(_short(question), count, organizations=organizations or [], **narrowed)
            verdict = " ".join(render.verdict_lines(answer, held.index.editions(**narrowed)))
        return {
            "answered": answer.answered,
            "confidence": round(answer.confidence, 3),
            "verdict": verdict,
            "passages": [_passage(hit) for hit in answer.hits],
        }

    def who(self, topic: str, edition: str | None = None) -> dict[str, Any]:
        """Tell which organizations cover a topic or mention it, with evidence, and of which nothing was found."""
        with self._service.current.use() as held:
            covered = who_covers(held.index, _short(topic), 1, edition=edition)
        found = with_evidence(covered)
        return {
            "organizations": [
                {
                    "organization": item.organization.acronym,
                    "name": item.organization.name,
                    "coverage": item.coverage,
                    "evidence": [_evidence(hit) for hit in item.hits],
                }
                for item in found
            ],
            "nothing_found": [item.organization.acronym for item in covered if item not in found],
        }

    def show(self, place: str, picture: bool = False) -> list[Any]:  # noqa: FBT001, FBT002 - assistants name arguments
        """Show a passage by its id (icat/2018/14/3) or a page of the PDF (icat/2018:34); with picture also as a PNG.

        A passage is highlighted on the picture of its first page.
        """
        from mcp.server.mcpserver import Image

        with self._service.current.use() as held:
            if place.count("/") == 3:
                passage = find_passage(held.index, place)
                edition, number, record = passage.edition, passage.pages[0], render.passage_record(passage)
            else:
                page, passage = find_page(held.index, place), None
                edition, number, record = page.edition, page.number, render.page_record(page)
        text = render.to_json(record)
        return [text, Image(data=self._service.picture(edition, number, passage), format="png")] if picture else [text]

    def orgs(self) -> dict[str, Any]:
        """List the organizations: acronym, full name, aliases and the pages of their section."""
        with self._service.current.use() as held:
            entries = held.index.catalog.organizations()
        shown = entries[:MOST_ORGANIZATIONS]
        return {
            "organizations": [organizations.organization_record(entry) for entry in shown],
            "not_shown": len(entries) - len(shown),
        }

    def editions(self) -> dict[str, Any]:
        """List the documents and their editions, the latest of each first."""
        with self._service.current.use() as held:
            records = edition_records(held.index.catalog)
        keys = ("document", "label", "file", "latest", "pages", "passages")
        return {"editions": [{key: record[key] for key in keys} for record in records]}

    def diff(self, old: str, new: str, organization: str | None = None) -> str:
        """Tell what changed from one edition to another (2018, or icat/2018), of all organizations or one.

        Deletions are ~~struck through~~, insertions **bold**, each with its pages in both editions.
        """
        with self._service.current.use() as held:
            found = diff_editions(held.index, old, new, organization)
        if found.is_same:
            return "Nothing changed."
        text = to_markdown(found)
        return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]} […]\n\nCut here; ask for one organization."

    def page(self, document: str, edition: str, number: str) -> str:
        """Give the text of a page of a PDF."""
        with self._service.current.use() as held:
            return find_page(held.index, f"{self._service.edition(held, document, edition).id}:{number}").text


def _told(function: Callable[P, R]) -> Callable[P, R]:
    """Let the assistant read what is wrong with its question."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        from mcp.server.mcpserver.exceptions import ResourceError, ToolError

        try:
            return function(*args, **kwargs)
        except MandatesError as error:
            kind = ResourceError if function.__name__ == "page" else ToolError
            raise kind(str(error)) from error

    return wrapped


def _short(text: str) -> str:
    if len(text) > QUESTION:
        raise QueryError(f"the question has more than {QUESTION} characters; ask shorter")
    return text


def _passage(hit: Hit) -> dict[str, Any]:
    return {
        "citation": str(hit.passage.citation),
        "section": list(hit.passage.section),
        "table_head": hit.passage.table_head or None,
        "text": hit.passage.text,
        "best_sentence": hit.passage.text[slice(*hit.highlight)],
        "passage": hit.passage.id,
        "also": [str(other.citation) for other in hit.also],
    }


def _evidence(hit: Hit) -> dict[str, str]:
    sentence = hit.passage.text[slice(*hit.highlight)]
    return {"citation": str(hit.passage.citation), "sentence": sentence, "passage": hit.passage.id}
