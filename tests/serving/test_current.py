"""One open index for many readers, and newer generations as they come."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.errors import IndexMissing
from pipeline.indexing.build import build_index
from pipeline.serving.current import CurrentIndex
from tests.conftest import WordEncoder
from tests.papers import make_pdf, paragraph


@pytest.fixture
def folder(tmp_path: Path, word_encoder: WordEncoder) -> Path:
    make_pdf(tmp_path / "sea-2018.pdf", [paragraph(["Guards count boats."], 100)])
    make_pdf(tmp_path / "sea-2021.pdf", [paragraph(["Guards count lamps."], 100)])
    build_index([tmp_path / "sea-2018.pdf"], tmp_path / "index", WordEncoder)
    return tmp_path


def test_a_new_generation_is_opened_and_the_former_closed_after_its_last_reader(folder: Path) -> None:
    current = CurrentIndex(folder / "index")
    with current.use() as before:
        build_index([folder / "sea-2021.pdf"], folder / "index", WordEncoder)
        with current.use() as after:
            assert after.tag != before.tag
            assert [edition.id for edition in after.index.catalog.editions()] == ["sea/2021"]
        assert before.index.ask("boats").hits[0].passage.text == "Guards count boats."
    with pytest.raises(Exception, match="closed"):
        before.index.catalog.passages([0])
    with current.use() as again:
        assert again is after
    current.close()


def test_nothing_is_opened_anew_while_nothing_changes(folder: Path) -> None:
    current = CurrentIndex(folder / "index")
    with current.use() as first, current.use() as second:
        assert first is second
        assert first.users == 2
    assert first.users == 0
    current.close()


def test_an_index_that_is_gone_is_answered_from_all_the_same(folder: Path) -> None:
    current = CurrentIndex(folder / "index")
    shutil.rmtree(folder / "index")
    with current.use() as held:
        assert held.index.ask("boats").hits
    assert "no index here" in (current.trouble or "")
    build_index([folder / "sea-2021.pdf"], folder / "index", WordEncoder)
    with current.use() as held:
        assert held.index.catalog.editions()[0].label == "2021"
    assert current.trouble is None
    current.close()


def test_without_an_index_there_is_nothing_to_start(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        CurrentIndex(tmp_path)
