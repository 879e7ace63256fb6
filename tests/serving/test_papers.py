"""The PDF of an edition is found by its bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.datatypes import Edition
from pipeline.errors import FileMissing
from pipeline.reading.corpus import sha256_of
from pipeline.serving.papers import Papers


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    file = tmp_path / "deep" / "sea-2018.pdf"
    file.parent.mkdir()
    file.write_bytes(b"%PDF-1.7 sea")
    (tmp_path / "lake-2018.pdf").write_bytes(b"%PDF-1.7 lake")
    return file


def edition(file: Path) -> Edition:
    return Edition("sea", "2018", "sea-2018.pdf", sha256_of(file))


def test_it_is_found_below_a_folder_and_under_another_name(paper: Path, tmp_path: Path) -> None:
    known, papers = edition(paper), Papers([tmp_path])
    assert papers.find(known) == paper
    renamed = paper.rename(tmp_path / "ocean.pdf")
    assert papers.find(known) == renamed


def test_other_bytes_under_its_name_are_refused(paper: Path, tmp_path: Path) -> None:
    known, papers = edition(paper), Papers([tmp_path])
    assert papers.find(known) == paper
    paper.write_bytes(b"%PDF-1.7 another sea")
    with pytest.raises(FileMissing, match=r"sea-2018\.pdf: not the file that was indexed \(its bytes differ\)"):
        papers.find(known)


def test_a_paper_that_is_not_there_is_named_with_the_option_that_finds_it(paper: Path, tmp_path: Path) -> None:
    known = edition(paper)
    paper.unlink()
    with pytest.raises(FileMissing, match=r"sea-2018\.pdf of sea/2018 is not there; say where it is: --papers"):
        Papers([tmp_path, tmp_path / "nowhere"]).find(known)
