"""Parts: what is put in comes out to the last bit, and what is not whole is not there."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.datatypes import Passage
from pipeline.datatypes.page import Document
from pipeline.indexing.build import encode_texts
from pipeline.scaling.remote import Folder
from pipeline.scaling.spool import Part, Spool, _Records, packed, texts_of, unpacked
from tests.conftest import WordEncoder

Paper = tuple[Document, list[Passage]]


def encoded(document: Document, passages: list[Passage]) -> Part:
    return Part(document, passages, *encode_texts(*texts_of(passages), WordEncoder()))


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(Folder(str(tmp_path / "work")), WordEncoder().info)


def the_file(spool: Spool) -> Path:
    (file,) = Path(spool.folder.place).iterdir()
    return file


def test_a_part_comes_out_as_it_went_in(paper: Paper, spool: Spool) -> None:
    part = encoded(*paper)
    edition = part.document.edition
    assert (spool.holds(edition), spool.load(edition)) == (False, None)
    spool.save(edition, part)
    found = spool.load(edition)
    assert found is not None
    assert (spool.holds(edition), found.document, found.passages) == (True, part.document, part.passages)
    assert list(found.contexts) == list(part.contexts)
    assert list(found.sentences) == list(part.sentences)
    for text, (vector, tokens) in part.contexts.items():
        assert found.contexts[text][0].tobytes() == vector.tobytes()
        assert found.contexts[text][1].tobytes() == tokens.tobytes()
    assert all(found.sentences[text].tobytes() == row.tobytes() for text, row in part.sentences.items())


def test_a_paper_without_passages_is_a_part_too(paper: Paper) -> None:
    part = unpacked(packed(encoded(paper[0], [])))
    assert part == (paper[0], [], {}, {})


@pytest.mark.parametrize("keep", [0, 10, 31, 32, 100, -1])
def test_half_a_part_is_none(paper: Paper, spool: Spool, keep: int) -> None:
    edition = paper[0].edition
    spool.save(edition, encoded(*paper))
    file = the_file(spool)
    file.write_bytes(file.read_bytes()[:keep])
    assert (spool.holds(edition), spool.load(edition)) == (False, None)
    spool.save(edition, encoded(*paper))
    assert spool.holds(edition)


def test_a_part_with_one_wrong_bit_is_none(paper: Paper, spool: Spool) -> None:
    edition = paper[0].edition
    spool.save(edition, encoded(*paper))
    data = bytearray(the_file(spool).read_bytes())
    for place in (0, len(data) // 2, len(data) - 1):
        data[place] ^= 1
        the_file(spool).write_bytes(data)
        assert not spool.holds(edition)
        data[place] ^= 1


def test_a_part_is_named_after_all_it_is_made_from(paper: Paper, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = paper[0].edition
    others = [
        spool.name(replace(edition, sha256="1" * 64)),
        spool.name(replace(edition, label="2019")),
        spool.name(replace(edition, file="copy.pdf")),
        replace(spool, ocr="eng").name(edition),
        replace(spool, encoder=WordEncoder(sha256="2" * 64).info).name(edition),
    ]
    monkeypatch.setattr("pipeline.indexing.manifests.release", lambda: "0.0.1")
    others.append(spool.name(edition))
    monkeypatch.undo()
    assert len({spool.name(edition), *others}) == 7
    assert spool.name(replace(edition)) == spool.name(edition)


@pytest.mark.parametrize("stranger", [Path("/etc"), len, np.float32(1.0), ValueError("no record")])
def test_nothing_but_records_is_unpickled(stranger: object, tmp_path: Path) -> None:
    file = tmp_path / "part"
    file.write_bytes(pickle.dumps(stranger))
    with file.open("rb") as stream, pytest.raises(pickle.UnpicklingError, match="is no record"):
        _Records(stream).load()
