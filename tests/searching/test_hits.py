from __future__ import annotations

from dataclasses import replace

from pipeline.datatypes import Passage
from pipeline.datatypes.page import Document
from pipeline.searching.hits import worded_first
from pipeline.searching.rank import Ranked


def test_addresses_come_behind_passages_that_are_as_near(paper: tuple[Document, list[Passage]]) -> None:
    passages = paper[1][:3]
    address = replace(passages[0], text="Available at https://example.org/trafficking-of-children-at-sea")

    def order(*scores: float) -> list[int]:
        ranked = [Ranked(row, score, 0, {}) for row, score in enumerate(scores)]
        return [item.row for item, _ in worded_first(ranked, [address, *passages[1:]])]

    assert order(2.0, 1.9, 1.8) == [1, 2, 0]
    assert order(2.0, 1.9, 1.5) == [1, 0, 2]
    assert order(2.5, 1.9, 1.5) == [0, 1, 2]
    numbers = replace(passages[1], text="107 | 636 | 336 | 1 079 | 34")
    ranked = [Ranked(row, score, 0, {}) for row, score in enumerate((2.0, 1.9))]
    assert [item.row for item, _ in worded_first(ranked, [numbers, passages[2]])] == [0, 1]
