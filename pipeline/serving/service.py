"""What the web page, the HTTP API and the MCP server have in common: the index and the papers."""

from __future__ import annotations

from pathlib import Path

from pipeline.datatypes import Edition, Passage
from pipeline.errors import FileMissing, NotThere, QueryError
from pipeline.indexing.manifests import release
from pipeline.serving.current import CurrentIndex, Held
from pipeline.serving.page_picture import Look, draw_pages
from pipeline.serving.papers import Papers
from pipeline.serving.settings import Settings


class Service:
    """An index, open, and the papers it was made from."""

    def __init__(self, settings: Settings) -> None:
        """Open the index.

        :raises IndexUnusable, EncoderError: if it cannot be searched.
        """
        self.settings, self.release = settings, release()
        self.current = CurrentIndex(settings.folder, settings.model)
        self._papers = Papers(settings.all_papers)

    def edition(self, held: Held, document: str, label: str) -> Edition:
        """Find an edition by the two parts of its id.

        :raises NotThere: if the index does not hold it.
        """
        for edition in held.index.catalog.editions():
            if (edition.document, edition.label) == (document, label):
                return edition
        raise NotThere(f"the index holds no edition {document}/{label}")

    def paper(self, edition: Edition) -> Path:
        """Find the PDF of an edition.

        :raises FileMissing: if it is not where the papers are.
        """
        return self._papers.find(edition)

    def check_papers(self) -> None:
        """Make sure that an ingest would find all that the index holds, for what it does not find it takes out.

        :raises FileMissing: naming the first paper that is not where the papers are.
        """
        with self.current.use() as held:
            for edition in held.index.manifest.editions:
                try:
                    self.paper(edition)
                except FileMissing as error:
                    raise FileMissing(f"{error} (an upload would take it out of the index)") from error

    def picture(
        self,
        edition: Edition,
        number: int,
        passage: Passage | None = None,
        dpi: int = 0,
        best: tuple[int, int] = (0, 0),
    ) -> bytes:
        """Draw a page, with the passage highlighted; 0 dpi stands for the usual size.

        :raises QueryError: if the passage is of another edition.
        :raises CorpusError, OutputError: if it cannot be drawn.
        """
        if passage and passage.edition != edition:
            raise QueryError(f"{passage.id} is not in {edition.id}")
        look = Look(dpi or Look().dpi, best, self.settings.password)
        return draw_pages(self.paper(edition), [number], passage, look).png
