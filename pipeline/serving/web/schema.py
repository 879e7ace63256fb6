"""The shape of ``--json`` and of the HTTP API's answers, for its OpenAPI document.

Answers are not made of these: they are the very records that the command line prints, and a test holds them to this.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from pipeline.datatypes.report import BuildReport

Level = Literal["covers", "mentions", "none"]


class Record(BaseModel):
    """An object with these keys and no others."""

    model_config = ConfigDict(extra="forbid")


class Link(Record):
    """Words that carry a hyperlink, and its target."""

    text: str
    url: str


class Footnote(Record):
    """A note that a passage cites, and the page of the PDF it stands on."""

    mark: str
    page: int
    text: str


class Imprint(Record):
    """What a paper says of itself; what it does not say is null."""

    title: str | None
    symbol: str | None
    date: str | None
    author: str | None
    publishers: list[str]


class Passage(Record):
    """A passage with where it is written; pages are those of the PDF, page labels those printed.

    Of a paper without pages ``paragraphs`` are the first and last paragraph. ``ocr``: recognized from a picture.
    ``table_head``: the first row of the table that the passage goes on with.
    """

    organization: str | None
    organization_name: str | None
    section: list[str]
    document: str
    edition: str
    file: str
    pages: list[int]
    page_labels: list[str]
    text: str
    links: list[Link]
    footnotes: list[Footnote]
    passage: str
    citation: str
    paragraphs: list[int]
    ocr: bool
    table_head: str | None
    imprint: Imprint


class Place(Record):
    """Another passage that says the same."""

    passage: str
    citation: str


class Hit(Passage):
    """A passage of an answer; ``highlight`` is the (start, end) of its best sentence."""

    rank: int
    score: float
    highlight: tuple[int, int]
    mentions: list[str]
    also: list[Place]
    signals: dict[str, float] | None = None


class Absence(Record):
    """An organization that the question names and no section is about; what tells why, if the paper does."""

    organization: str
    organization_name: str
    passage: str | None
    citation: str | None
    text: str | None


class Answer(Record):
    """The answer to a question: how likely its first passage answers it, and the passages."""

    query: str
    confidence: float
    answered: bool
    without_section: list[Absence]
    hits: list[Hit]


class Coverage(Record):
    """What the papers say of a topic and one organization.

    ``through``: under its heading, where it is mentioned, or in a paper that it published.
    """

    organization: str
    organization_name: str
    score: float
    coverage: Level
    through: Literal["section", "mention", "paper"] | None
    hits: list[Hit]


class WhoAnswer(Record):
    """Organizations by how well they cover a topic."""

    topic: str
    organizations: list[Coverage]


class Named(Record):
    """An organization."""

    organization: str
    organization_name: str


class EditionName(Record):
    """One published version of one document."""

    document: str
    edition: str
    file: str
    sha256: str


class Cell(Record):
    """A topic and an organization, with the best passage."""

    coverage: Level
    score: float
    pages: list[int]
    page_labels: list[str]
    passage: str | None
    citation: str | None


class MatrixAnswer(Record):
    """Topics × organizations."""

    topics: list[str]
    organizations: list[Named]
    editions: list[EditionName]
    cells: list[list[Cell]]
    without_section: list[Named]


class Organization(Record):
    """An organization of an edition; ``pages`` are the first and last of its section, null if it has none."""

    organization: str
    name: str
    aliases: list[str]
    pages: tuple[int, int] | None
    passages: int
    document: str
    edition: str


class Edition(Record):
    """An edition and how much the index holds of it."""

    document: str
    label: str
    file: str
    sha256: str
    imprint: Imprint
    copies: list[str]
    latest: bool
    pages: int
    sections: int
    organizations: int
    passages: int
    left_out: dict[str, int]
    warnings: list[str]


class LeftOut(Record):
    """Text of a page that no passage holds, and why."""

    kind: str
    text: str


class Page(Record):
    """The text of a page of a PDF."""

    document: str
    edition: str
    file: str
    page: int
    page_label: str
    text: str
    left_out: list[LeftOut]


class RefusedFile(Record):
    """A file that did not become a paper, and why."""

    file: str
    reason: str


class Ingest(Record):
    """How far an ingest is, and in the end what became of it; ``report`` is that of ``mandates ingest --json``.

    ``done`` of ``total`` steps of a ``stage`` are done: pages of reading, texts of encoding.
    """

    id: str
    state: Literal["running", "done", "failed"]
    stage: str
    done: int
    total: int
    files: list[str]
    refused: list[RefusedFile]
    error: str | None
    began: str
    report: BuildReport | None


class Problem(Record):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


class Health(Record):
    """Whether the server answers; ``trouble`` tells why a newer generation of the index is not used."""

    status: Literal["ok", "degraded"]
    generation: str
    built_at: str
    passages: int
    trouble: str | None
