"""What can be asked over HTTP, with its bounds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline.searching.search import Filters
from pipeline.serving.page_picture import DPI
from pipeline.serving.settings import MOST_DPI, MOST_HITS, QUESTION, TOPICS

NAME = 200  # characters of a name, label or id
# A year, month or day, or a version.
EDITION = r"^((19|20)[0-9]{2}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?|v[0-9]{1,4}(\.[0-9]{1,4}){0,3})$"
FAR = 1_000_000  # no paper has so many pages, and no index so many organizations

Question = Annotated[str, Field(min_length=1, max_length=QUESTION, pattern=r"\S")]
Name = Annotated[str, Field(min_length=1, max_length=NAME)]
Names = Annotated[list[Name], Field(max_length=50)]
# The pages of a list that is short: all of it unless a limit is given.
Start = Annotated[int, Field(ge=0, le=FAR)]
Limit = Annotated[int, Field(ge=1, le=1000)]


class Parameters(BaseModel):
    """The query of an address; what is not known is refused, for it may be misspelt."""

    model_config = ConfigDict(extra="forbid")


class Narrowed(Parameters):
    """Which documents and edition are asked: by default the latest edition of each."""

    document: Names = []
    edition: Name | None = None


class SearchQuery(Narrowed):
    """A question and filters; ``offset`` hits are left out of the answer's start."""

    q: Question
    k: Annotated[int, Field(ge=1, le=MOST_HITS)] = 5
    offset: Annotated[int, Field(ge=0, le=MOST_HITS)] = 0
    org: Names = []
    section: Name | None = None
    page: Annotated[int, Field(ge=1, le=FAR)] | None = None
    mode: Literal["hybrid", "dense", "lexical"] = "hybrid"
    explain: bool = False

    @property
    def filters(self) -> Filters:
        """What narrows the search."""
        return Filters(
            organizations=self.org,
            section=self.section,
            page=self.page,
            documents=self.document,
            edition=self.edition,
        )


class WhoQuery(Narrowed):
    """A topic; ``k`` passages are shown for each organization, ``all`` lists those without any too."""

    topic: Question
    k: Annotated[int, Field(ge=1, le=20)] = 2
    all: bool = False


class MatrixQuery(Narrowed):
    """Topics, and the form in which they are answered."""

    topic: Annotated[list[Question], Field(min_length=1, max_length=TOPICS)]
    format: Literal["json", "csv", "html", "png"] = "json"


class ListQuery(Parameters):
    """A part of a list."""

    offset: Start = 0
    limit: Limit | None = None


class DiffQuery(Parameters):
    """Two editions by label or ``document/label``, and the organization that alone matters, if any."""

    old: Name
    new: Name
    org: Name | None = None


class CiteQuery(Parameters):
    """The form of a citation; none for the passage itself."""

    cite: Literal["plain", "markdown", "bibtex", "ris"] | None = None


class Highlighting(Parameters):
    """The (start, end) of a passage's best sentence, as ``search`` gives it."""

    highlight: Annotated[str, Field(pattern=r"^[0-9]{1,7}-[0-9]{1,7}$")] | None = None

    @property
    def best(self) -> tuple[int, int]:
        """The offsets of the best sentence, equal if there is none."""
        start, _, end = (self.highlight or "0-0").partition("-")
        return int(start), int(end)


class PictureQuery(Highlighting):
    """The passage to highlight, and the size of the picture."""

    passage: Name | None = None
    dpi: Annotated[int, Field(ge=30, le=MOST_DPI)] = DPI


class PassageQuery(Highlighting):
    """The page to show beside a passage; by default that of its best sentence."""

    view: Annotated[int, Field(ge=1, le=FAR)] | None = None


class UploadForm(Parameters):
    """What comes with uploaded files: the edition they are, where neither their names nor they themselves tell."""

    edition: Annotated[str, Field(pattern=EDITION)] | None = None
