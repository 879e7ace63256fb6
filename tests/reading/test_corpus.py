from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import CorpusError, FileMissing
from pipeline.reading.corpus import Choice, Source, identify, list_files, part_copies


def write(path: Path, content: bytes = b"%PDF-1.4") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (0, datetime(2021, 3, 4, 12, tzinfo=UTC).timestamp()))
    return path


def identified(*paths: Path) -> list[Source]:
    return [identify(path) for path in paths]


@pytest.mark.parametrize(
    ("name", "document", "label"),
    [
        ("icat-2018.pdf", "icat", "2018"),
        ("icat_2018.pdf", "icat", "2018"),
        ("ICAT 2018.PDF", "icat", "2018"),
        ("icat (2018).pdf", "icat", "2018"),
        ("icat_2018-04.pdf", "icat", "2018-04"),
        ("icat-2018-04-15.pdf", "icat", "2018-04-15"),
        ("report-v2.1.pdf", "report", "v2.1"),
        ("report_V3.pdf", "report", "v3"),
        ("global-report-2020-2021.pdf", "global-report-2020", "2021"),
        ("Jahresbericht Menschenhandel 2019.pdf", "jahresbericht-menschenhandel", "2019"),
        ("отчёт-2018.pdf", "отчёт", "2018"),
        ("S_2025_114.en.pdf", "s-2025-114.en", "2025"),
        ("2018.pdf", "2018", "2018"),
        ("mandates.pdf", "mandates", "2021-03-04"),
        ("resolution-61-180.pdf", "resolution-61-180", "2021-03-04"),
        ("A12018.pdf", "a12018", "2021-03-04"),
    ],
)
def test_document_and_edition_are_told_from_the_name(tmp_path: Path, name: str, document: str, label: str) -> None:
    edition = identify(write(tmp_path / name)).edition
    assert (edition.document, edition.label, edition.file) == (document, label, name)
    assert edition.id == f"{document}/{label}"


def test_given_label_wins(tmp_path: Path) -> None:
    edition = identify(write(tmp_path / "icat-2018.pdf"), label="2019 draft").edition
    assert (edition.document, edition.label) == ("icat", "2019-draft")


def test_checksum_is_that_of_the_file(tmp_path: Path) -> None:
    assert identify(write(tmp_path / "a.pdf", b"content")).edition.sha256 == hashlib.sha256(b"content").hexdigest()


def test_missing_file_cannot_be_identified(tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match=r"nowhere\.pdf: cannot be read"):
        identify(tmp_path / "nowhere.pdf")


@given(name=st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_id_is_safe_whatever_the_name(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    path = tmp_path_factory.mktemp("names") / f"{name}.pdf"
    edition = identify(write(path)).edition
    for part in (edition.document, edition.label):
        assert part
        assert all(char.isalnum() or char in ".-" or not char.isascii() for char in part)
        assert part == part.strip(".-")


def test_folder_gives_all_papers_below_it_in_order_but_texts(tmp_path: Path) -> None:
    for name in ("b-2019.pdf", "a-2018.PDF", "deep/c-2020.pdf", "d.docx", "e.html", "notes.txt", "README.md", "x.odt"):
        write(tmp_path / name)
    (tmp_path / "folder.pdf").mkdir()
    assert list_files([tmp_path]) == [
        tmp_path / "a-2018.PDF",
        tmp_path / "b-2019.pdf",
        tmp_path / "d.docx",
        tmp_path / "deep" / "c-2020.pdf",
        tmp_path / "e.html",
    ]


@pytest.mark.parametrize(
    ("include", "exclude", "names"),
    [
        (("*",), (), ["a.md", "a.pdf", "deep/a.pdf", "deep/b.txt"]),
        (("*.md", "deep/*.txt"), (), ["a.md", "deep/b.txt"]),
        ((), ("deep/*",), ["a.pdf"]),
        (("a.*",), ("*.md",), ["a.pdf", "deep/a.pdf"]),
        (("*.odt",), (), []),
    ],
)
def test_globs_choose_from_a_folder(
    tmp_path: Path, include: tuple[str, ...], exclude: tuple[str, ...], names: list[str]
) -> None:
    for name in ("a.md", "a.pdf", "a.odt", "deep/a.pdf", "deep/b.txt"):
        write(tmp_path / name)
    choice = Choice(include, exclude)
    if not names:
        with pytest.raises(FileMissing, match="--include and --exclude leave no paper"):
            list_files([tmp_path], choice)
        return
    assert [file.relative_to(tmp_path).as_posix() for file in list_files([tmp_path], choice)] == names
    assert list_files([tmp_path / "a.odt"], choice) == [tmp_path / "a.odt"], "a file that is named itself is taken"


def test_a_copy_is_named_beside_the_file_that_stands_for_it(tmp_path: Path) -> None:
    first, copy = write(tmp_path / "a" / "icat-2018.pdf"), write(tmp_path / "b" / "icat-2018.pdf")
    kept, _ = part_copies(identified(first, copy))
    assert [source.edition.copies for source in kept] == [(str(copy),)]


def test_file_named_twice_is_listed_once(tmp_path: Path) -> None:
    paper = write(tmp_path / "a-2018.pdf")
    (tmp_path / "link.pdf").symlink_to(paper)
    assert len(list_files([paper, tmp_path, tmp_path / "." / "a-2018.pdf"])) == 1


def test_file_is_taken_as_it_is(tmp_path: Path) -> None:
    paper = write(tmp_path / "paper")
    assert list_files([paper]) == [paper]


def test_folder_without_pdf_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "notes.txt")
    with pytest.raises(FileMissing, match="no paper in this folder") as caught:
        list_files([tmp_path])
    assert str(tmp_path) in str(caught.value)


def test_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match="nowhere: no such file or folder"):
        list_files([tmp_path / "nowhere"])


def test_copy_in_another_folder_is_dropped(tmp_path: Path) -> None:
    first, copy = write(tmp_path / "a" / "icat-2018.pdf"), write(tmp_path / "b" / "icat-2018.pdf")
    assert part_copies(identified(first, copy)) == (
        identified(first),
        [f"{copy}: the same bytes as {first}; indexed once"],
    )


def test_copy_under_another_name_is_dropped(tmp_path: Path) -> None:
    first, copy = write(tmp_path / "icat-2018.pdf"), write(tmp_path / "icat-2018 (1).pdf")
    assert part_copies(identified(first, copy)) == (
        identified(first),
        [f"{copy}: the same bytes as {first}; indexed once"],
    )


def test_editions_of_one_document_are_kept_apart(tmp_path: Path) -> None:
    editions = identified(write(tmp_path / "icat-2018.pdf", b"old"), write(tmp_path / "icat-2019.pdf", b"new"))
    assert part_copies(editions) == (editions, [])


def test_two_files_that_claim_one_identity_are_refused(tmp_path: Path) -> None:
    first, second = write(tmp_path / "icat-2018.pdf", b"one"), write(tmp_path / "ICAT_2018.pdf", b"two")
    with pytest.raises(CorpusError) as caught:
        part_copies(identified(first, second))
    assert str(first) in str(caught.value)
    assert str(second) in str(caught.value)
    assert "icat/2018" in str(caught.value)
