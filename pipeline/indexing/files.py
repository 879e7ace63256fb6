"""The files of a generation: what is written into them, and all of them opened together."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.datatypes import Edition, Passage
from pipeline.indexing import store
from pipeline.indexing.catalog import Catalog, new_catalog
from pipeline.indexing.columns import Columns, ColumnsWriter
from pipeline.indexing.compact import Axes, CodedPassages, open_axes, write_axes
from pipeline.indexing.lexical import Lexical, LexicalWriter
from pipeline.indexing.mentioned import MentionsWriter
from pipeline.indexing.nearest import VectorIndex, open_vectors, write_vectors
from pipeline.indexing.records import (
    COPIED_TABLES,
    document_rows,
    edition_row,
    folded_headings,
    passage_row,
    to_json,
)
from pipeline.indexing.vectors import PackedVectors, best_match, best_matches, mean_of_best, row_norms, write_packed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from pipeline.datatypes.page import Document

    Vectors = npt.NDArray[np.float32]
    Rows = npt.NDArray[np.int64]


COMPARED = 4  # numbers that a column is compared with one by one


class Encoded(NamedTuple):
    """The vectors of a corpus: of its passages, their tokens and their sentences; and how many were known before.

    Those of tokens and sentences may be in 8 bits already. With ``axes`` those of tokens are codes along them.
    """

    vectors: Vectors
    tokens: Sequence[npt.NDArray[Any]]
    sentence_vectors: npt.NDArray[Any]
    reused: int = 0
    axes: Axes | None = None

    def token_vectors(self) -> Sequence[npt.NDArray[Any]]:
        """Give the token vectors of each passage in all dimensions."""
        return CodedPassages(self.tokens, self.axes) if self.axes else self.tokens


class Copied(NamedTuple):
    """An edition that another catalog holds, and what it is called now."""

    catalog: Path
    former: Edition
    edition: Edition


def write_files(
    folder: Path,
    documents: Iterable[Document],
    passages: Sequence[Passage],
    encoded: Encoded,
    copied: Iterable[Copied] = (),
) -> None:
    """Write all files of a generation but its manifest; for the parameters see ``write_records``.

    :raises OSError: if the disk is full or a file cannot be written.
    """
    counts = [len(pieces) for pieces in encoded.tokens]
    dimensions = encoded.vectors.shape[1]
    write_records(folder, documents, passages, counts, copied)
    write_vectors(folder / store.PASSAGE_VECTORS, encoded.vectors)
    write_packed(
        folder / store.SENTENCE_VECTORS, [encoded.sentence_vectors], (len(encoded.sentence_vectors), dimensions)
    )
    width = encoded.axes.width if encoded.axes else dimensions
    write_packed(folder / store.TOKEN_VECTORS, encoded.tokens, (sum(counts), width))
    if encoded.axes:
        write_axes(folder / store.AXES, encoded.axes)


def write_records(
    folder: Path,
    documents: Iterable[Document],
    passages: Iterable[Passage],
    tokens: Iterable[int],
    copied: Iterable[Copied] = (),
) -> None:
    """Write everything but vectors; passages are taken one after the other, and none is kept in memory.

    :param passages: in the order of their vectors' rows, those of copied editions too; one edition after the other.
    :param tokens: how many token vectors each passage has.
    :param copied: editions whose pages, sections and organizations are taken from the catalog of another generation.
    """
    columns, words, mentions = ColumnsWriter(), LexicalWriter(), MentionsWriter()
    with new_catalog(folder / store.CATALOG) as connection:
        for document in documents:
            for table, rows in document_rows(document).items():
                insert_rows(connection, table, rows)
        for item in copied:
            _copy_edition(connection, item)
        _write_passages(connection, zip(passages, tokens, strict=True), (columns, words, mentions))
        connection.execute(
            "INSERT INTO names SELECT DISTINCT acronym, name, aliases FROM organizations"
            " ORDER BY acronym, name, aliases"
        )
        mentions.write(connection)
    columns.write(folder / store.COLUMNS)
    words.write(folder / store.WORDS)


def _write_passages(
    connection: Any,
    passages: Iterable[tuple[Passage, int]],
    writers: tuple[ColumnsWriter, LexicalWriter, MentionsWriter],
) -> None:
    columns, words, mentions = writers
    owners: dict[str, int] = {}
    headings: dict[str, int] = {}
    row = 0
    written: set[str] = set()
    for edition, group in itertools.groupby(passages, key=lambda pair: pair[0].edition.id):
        if edition in written:
            raise ValueError(f"the passages of {edition} do not follow each other")
        written.add(edition)
        first, owned = row, Counter[str]()
        for passage, tokens in group:
            owner, path = passage.organization, to_json(passage.section)
            acronym = owner.acronym if owner else ""
            owned[acronym] += 1
            if path not in headings:
                headings[path] = len(headings)
                insert_rows(connection, "headings", [(headings[path], path, folded_headings(passage.section))])
            number = owners.setdefault(acronym, len(owners) + 1) if owner else 0
            insert_rows(connection, "passages", [passage_row(row, passage, headings[path])])
            insert_rows(connection, "passage_pages", [(page, row) for page in dict.fromkeys(passage.pages)])
            columns.add(number, headings[path], len(passage.sentences), tokens)
            names = " ; ".join((owner.acronym, owner.name, *owner.aliases)) if owner else ""
            mentions.add(passage.text)
            words.add(" ; ".join(filter(None, (*passage.section, passage.table_head))), names, passage.text)
            row += 1
        connection.execute(
            "UPDATE editions SET first_row = ?, passages = ? WHERE id = ?", (first, row - first, edition)
        )
        connection.executemany(
            "UPDATE organizations SET passages = ? WHERE edition = ? AND acronym = ?",
            [(count, edition, acronym) for acronym, count in owned.items()],
        )
    insert_rows(connection, "owners", sorted(owners.items()))


def insert_rows(connection: Any, table: str, rows: Sequence[Sequence[Any]]) -> None:
    """Write rows into a table of a catalog."""
    if rows:
        connection.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)  # noqa: S608


def _copy_edition(connection: Any, copied: Copied) -> None:
    former, edition = copied.former, copied.edition
    connection.commit()
    connection.execute("ATTACH ? AS other", [f"{copied.catalog.resolve().as_uri()}?mode=ro&immutable=1"])
    insert_rows(connection, "editions", [edition_row(edition)])
    for table, columns in COPIED_TABLES.items():
        connection.execute(
            f"INSERT INTO {table} SELECT ?, {columns} FROM other.{table} WHERE edition = ? ORDER BY rowid",  # noqa: S608
            [edition.id, former.id],
        )
    connection.commit()
    connection.execute("DETACH other")


class Pieces(NamedTuple):
    """The vectors of some passages' sentences and tokens below each other, of any length, and how many each has.

    ``norms``: of the tokens' vectors, if they are known.
    """

    rows: Rows
    sentences: npt.NDArray[Any]
    sentence_counts: Rows
    tokens: npt.NDArray[Any]
    token_counts: Rows
    norms: Vectors | None = None

    def with_norms(self) -> Pieces:
        """Find once what each question would find again."""
        return self._replace(norms=row_norms(self.tokens))

    def interaction(self, query: Vectors, axes: Axes | None) -> Vectors:
        """Score the passages by late interaction with the vectors of a question's tokens; see ``best_match``."""
        if axes:
            return mean_of_best(axes.similarities(query, self.tokens), self.token_counts)
        return best_matches(query, self.tokens, self.token_counts, self.norms)


class Files(NamedTuple):
    """The files of one generation, opened for reading."""

    catalog: Catalog
    columns: Columns
    words: Lexical
    vectors: VectorIndex
    sentences: PackedVectors
    tokens: PackedVectors
    axes: Axes | None

    def are_in_step(self, passages: int, sentences: int) -> bool:
        """Tell whether the files are of so many passages and sentences, and none points beyond another's end."""
        columns = self.columns
        counts = {len(self.catalog), len(columns), len(self.words), len(self.vectors)}
        ends = int(columns.first_sentences[-1]), int(columns.first_tokens[-1])
        matrices = self.sentences.shape[0], self.tokens.shape[0]
        return counts == {passages} and matrices == ends and ends[0] == sentences and columns.are_in_order()

    def pieces(self, rows: Rows, *, tokens: bool = True) -> Pieces:
        """Read the vectors of these passages' sentences, and of their tokens if they are wanted."""
        spans = self.columns.sentences(rows)
        firsts, counts = self.columns.tokens(rows)
        pieces = self.tokens.gather(firsts, counts if tokens else 0 * counts)
        return Pieces(rows, self.sentences.gather(*spans), spans[1], pieces, counts)

    def closeness(self, query: Vectors, row: int) -> float:
        """Give the cosine, by late interaction, of a question's tokens and a passage's."""
        import numpy as np

        first, count = (int(part[0]) for part in self.columns.tokens(np.array([row])))
        codes = self.tokens.rows(first, count)
        return float(best_match(query, [self.axes.decode(codes) if self.axes else codes])[0])

    def owned(self, rows: Rows, acronyms: Collection[str]) -> npt.NDArray[np.bool_]:
        """Tell of each of these passages whether one of these organizations owns it."""
        import numpy as np

        return np.isin(self.columns.owners[rows], self.catalog.owner_numbers(acronyms))

    def close(self) -> None:
        """Give the files back."""
        self.catalog.close()
        self.sentences.close()
        self.tokens.close()

    def rows(
        self,
        organizations: Sequence[str] = (),
        section: str | None = None,
        page: int | None = None,
        editions: Sequence[str] | None = None,
    ) -> Rows | None:
        """Give the rows of the passages that pass all filters, in order; None for all of them.

        :param organizations: acronyms; a passage needs one of them as its section's owner. Of one that owns no section
            at all, the passages that name it and those of its papers are taken.
        :param section: text that a heading of the passage's path holds, case aside.
        :param page: a page the passage stands on.
        :param editions: ids of the editions the passage may be from.
        """
        import numpy as np

        masks = []
        if editions is not None:
            masks.append(np.zeros(len(self.columns), dtype=bool))
            for edition in editions:
                span = self.catalog.span(edition)
                masks[-1][span.start : span.stop] = True
        if organizations:
            masks.append(_holds(self.columns.owners, self.catalog.owner_numbers(organizations)))
            without = [acronym for acronym in organizations if not self.catalog.owner_numbers([acronym])]
            masks[-1][self.catalog.rows_naming(without)] = True
        if section is not None:
            masks.append(_holds(self.columns.sections, self.catalog.section_numbers(section)))
        if page is not None:
            masks.append(np.zeros(len(self.columns), dtype=bool))
            masks[-1][self.catalog.rows_on(page)] = True
        return np.flatnonzero(np.logical_and.reduce(masks)) if masks else None


def _holds(column: npt.NDArray[Any], numbers: Sequence[int]) -> npt.NDArray[np.bool_]:
    """Tell where a column holds one of some numbers; of few of them in a tenth of the time of ``numpy.isin``."""
    import numpy as np

    if 0 < len(numbers) <= COMPARED:
        return functools.reduce(np.logical_or, (column == number for number in numbers))
    return np.isin(column, numbers)


def open_files(folder: Path) -> Files:
    """Open all files of a generation.

    :raises IndexDamaged: naming the file that is not as it must be.
    """
    return Files(
        Catalog(folder / store.CATALOG),
        Columns(folder / store.COLUMNS),
        Lexical(folder / store.WORDS),
        open_vectors(folder / store.PASSAGE_VECTORS),
        PackedVectors(folder / store.SENTENCE_VECTORS),
        PackedVectors(folder / store.TOKEN_VECTORS),
        open_axes(folder / store.AXES),
    )
