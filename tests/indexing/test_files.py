"""All files of a generation: what is written is what is opened, and filters are what a plain loop lets through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.datatypes import Edition, Organization, Passage
from pipeline.datatypes.page import Document
from pipeline.indexing.files import Encoded, Files, open_files, write_files, write_records

Paper = tuple[Document, list[Passage]]
TOKENS = [3 + row % 5 for row in range(1000)]  # how many token vectors each passage has


def encoded(passages: list[Passage]) -> Encoded:
    """Give vectors that say which passage, token and sentence they are of."""
    sentences = sum(len(passage.sentences) for passage in passages)
    vectors = np.eye(4, dtype=np.float32)[np.arange(len(passages)) % 4]
    tokens = [np.full((TOKENS[row], 4), row % 100, dtype=np.int8) for row in range(len(passages))]
    return Encoded(vectors, tokens, np.arange(4 * sentences).reshape(-1, 4).astype(np.int8))


@pytest.fixture(scope="module")
def files(paper: Paper, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Files]:
    document, passages = paper
    folder = tmp_path_factory.mktemp("files")
    write_files(folder, [document], passages, encoded(passages))
    opened = open_files(folder)
    yield opened
    opened.close()


def found(rows: Any) -> list[int]:
    return [int(row) for row in rows]


def test_every_passage_has_its_own_vectors(paper: Paper, files: Files) -> None:
    passages, wanted = paper[1], encoded(paper[1])
    rows = np.arange(len(passages))
    np.testing.assert_array_equal(files.vectors.vectors(rows), wanted.vectors)
    firsts, counts = files.columns.sentences(rows)
    assert counts.tolist() == [len(passage.sentences) for passage in passages]
    np.testing.assert_array_equal(files.sentences.gather(firsts, counts), wanted.sentence_vectors)
    for row in (0, 7, 220):
        (first,), (count,) = files.columns.tokens(np.array([row]))
        np.testing.assert_array_equal(files.tokens.rows(first, count), wanted.tokens[row])


def test_the_owners_and_headings_of_the_columns_are_those_of_the_catalog(paper: Paper, files: Files) -> None:
    for acronym in ("IOM", "World Bank"):
        (number,) = files.catalog.owner_numbers([acronym])
        owned = [row for row, p in enumerate(paper[1]) if p.organization and p.organization.acronym == acronym]
        assert np.flatnonzero(files.columns.owners == number).tolist() == owned
    nobody = [row for row, passage in enumerate(paper[1]) if passage.organization is None]
    assert np.flatnonzero(files.columns.owners == 0).tolist() == nobody
    paths = {passage.section for passage in paper[1]}
    assert len(np.unique(files.columns.sections)) == len(paths)


def owned_by(*acronyms: str) -> Callable[[Passage], bool]:
    return lambda passage: passage.organization is not None and passage.organization.acronym in acronyms


@pytest.mark.parametrize(
    ("organizations", "section", "page", "passes"),
    [
        (["IOM"], None, None, owned_by("IOM")),
        (["IOM", "UN Women"], None, None, owned_by("IOM", "UN Women")),
        ([], "MAIN ACT", None, lambda p: any("main act" in heading.lower() for heading in p.section)),
        ([], None, 15, lambda p: 15 in p.pages),
        (["INTERPOL"], None, 17, lambda p: owned_by("INTERPOL")(p) and 17 in p.pages),
        (["UNICEF"], "4 ps", 34, lambda p: owned_by("UNICEF")(p) and 34 in p.pages and p.section[-1] == "The 4 Ps"),
    ],
)
def test_filters_let_through_what_a_plain_loop_does(
    paper: Paper,
    files: Files,
    organizations: list[str],
    section: str | None,
    page: int | None,
    passes: Callable[[Passage], bool],
) -> None:
    expected = [row for row, passage in enumerate(paper[1]) if passes(passage)]
    assert expected
    assert found(files.rows(organizations, section, page)) == expected


@pytest.mark.parametrize(
    ("organizations", "section", "page"),
    [
        (["UNESCO"], None, 11),
        (["iom"], None, None),
        ([], "no such heading", None),
        ([], None, 50),
        (["IOM"], None, 1),
    ],
)
def test_filters_may_let_nothing_through(
    files: Files, organizations: list[str], section: str | None, page: int | None
) -> None:
    assert found(files.rows(organizations, section, page)) == []


def test_who_owns_no_section_has_the_passages_that_name_it(files: Files) -> None:
    rows = files.rows(["UNESCO"])
    assert rows is not None
    assert len(rows) > 0
    assert all("UNESCO" in found for found in files.catalog.mentions(rows).values())


def test_no_filter_is_all_rows(files: Files) -> None:
    assert files.rows() is None


@pytest.mark.parametrize("section", ["%", "_", "' OR 1=1 --", "\x00"])
def test_a_section_filter_is_plain_text(files: Files, section: str) -> None:
    assert found(files.rows(section=section)) == []


# --- many editions


BOATS, LAMPS = Organization("BOA", "Boat Office", (), (1, 1)), Organization("LAM", "Lamp Agency", (), (1, 1))


def corpus(kinds: list[tuple[int, int, int, int]]) -> tuple[list[Document], list[Passage]]:
    """Make passages of (edition, owner, heading, page), in order of edition."""
    editions = [Edition("sea", str(number), f"sea-{number}.pdf", str(number) * 64) for number in range(4)]
    documents = [Document(edition, (), (), (BOATS, LAMPS)) for edition in editions]
    passages = [
        Passage(
            f"{editions[edition].id}/0/{row}", editions[edition], (None, BOATS, LAMPS)[owner],
            ((), ("Sea",), ("Sea", "LAMPS"), ("Lamp post",))[heading], "A text.", (page, page + 1), ("1", "2"),
            sentences=((0, 7),),
        )
        for row, (edition, owner, heading, page) in enumerate(sorted(kinds))
    ]  # fmt: skip
    return documents, passages


numbers = st.integers(0, 3)
kinds = st.lists(st.tuples(numbers, st.integers(0, 2), numbers, numbers), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(
    kinds=kinds,
    owners=st.sets(st.sampled_from(["BOA", "LAM", "XXX"])),
    section=st.sampled_from([None, "lamp", "sea"]),
    page=st.none() | st.integers(0, 5),
    chosen=st.none() | st.sets(numbers),
)
def test_any_filters_are_a_mask(
    tmp_path_factory: pytest.TempPathFactory, kinds: list[tuple[int, int, int, int]], owners: set[str],
    section: str | None, page: int | None, chosen: set[int] | None,
) -> None:  # fmt: skip
    folder = tmp_path_factory.mktemp("mask")
    documents, passages = corpus(kinds)
    write_files(folder, documents, passages, encoded(passages))
    files = open_files(folder)
    ids = None if chosen is None else [documents[number].edition.id for number in sorted(chosen)]
    expected = [
        row
        for row, passage in enumerate(passages)
        if (not owners or (passage.organization and passage.organization.acronym in owners))
        and (section is None or any(section in heading.casefold() for heading in passage.section))
        and (page is None or page in passage.pages)
        and (ids is None or passage.edition.id in ids)
    ]
    rows = files.rows(sorted(owners), section, page, ids)
    assert (list(range(len(passages))) if rows is None else found(rows)) == expected
    files.close()


def test_an_edition_in_two_pieces_is_refused(tmp_path: Path) -> None:
    documents, passages = corpus([(0, 0, 0, 0), (1, 0, 0, 0), (1, 0, 0, 0)])
    again = replace(passages[2], edition=passages[0].edition)
    with pytest.raises(ValueError, match="sea/0 do not follow each other"):
        write_records(tmp_path, documents, [*passages[:2], again], [1, 1, 1])
