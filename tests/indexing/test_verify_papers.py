"""Every passage is looked for on its pages, and what the papers do not say is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import CorpusError
from pipeline.indexing.gather import Options
from pipeline.indexing.verify_papers import verify_papers
from tests.indexing.editions import BUA, IFO, WLA, ingest, make_edition
from tests.indexing.republishing import republish, sql, two_generations
from tests.papers import make_pdf, paragraph


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return two_generations(tmp_path)


def test_every_passage_is_found_on_its_page(tmp_path: Path, index: Path) -> None:
    found = verify_papers(index, [tmp_path / "papers"])
    assert found.damage == ()
    assert found.checked == (
        f"lake/2021: 1 passages found on their pages of {tmp_path / 'papers' / 'lake-2021.pdf'}",
        f"sea/2020: 2 passages found on their pages of {tmp_path / 'papers' / 'sea-2020.pdf'}",
    )


def test_a_paper_that_is_gone_or_changed_is_told(tmp_path: Path, index: Path) -> None:
    make_edition(tmp_path / "papers" / "sea-2020.pdf", BUA, WLA)
    found = verify_papers(index, [tmp_path / "papers"])
    assert found.damage == ()
    assert found.checked[1] == "sea/2020: sea-2020.pdf is not there, its passages were not looked for"
    assert verify_papers(index, [tmp_path / "nowhere"]).checked[0].startswith("lake/2021: lake-2021.pdf is not there")


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE passages SET text = 'x' || text WHERE row = 1", "sea/2020/0/0: not what "),
        ("UPDATE passages SET pages = '[2]' WHERE row = 1", "sea/2020/0/0: not what "),
        ("UPDATE passages SET id = 'sea/2020/9/9' WHERE row = 1", "sea/2020/9/9: not what "),
        ("DELETE FROM passages WHERE row = 1", "sea/2020/0/0: in "),
    ],
)
def test_what_the_paper_does_not_say_is_found(tmp_path: Path, index: Path, statement: str, expected: str) -> None:
    republish(index, sql(statement))
    found = verify_papers(index, [tmp_path / "papers"])
    assert any(line.startswith(expected) and "mandates ingest --fresh" in line for line in found.damage), found.damage


def test_a_locked_paper_needs_its_password(tmp_path: Path) -> None:
    paper = make_pdf(tmp_path / "sea-2020.pdf", [paragraph([IFO[1]], 100)], password="cod")
    ingest(paper, tmp_path / "index", Options(password="cod"))
    without = verify_papers(tmp_path / "index", [paper])
    assert without.damage == ()
    assert "needs a password" in without.checked[0]
    assert verify_papers(tmp_path / "index", [paper], "cod").checked[0].startswith("sea/2020: 1 passages found")


def test_papers_that_are_not_there_at_all(tmp_path: Path, index: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError, match="no paper in this folder"):
        verify_papers(index, [tmp_path / "empty"])
