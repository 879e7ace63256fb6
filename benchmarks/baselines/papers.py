"""Papers → passages, as most scripts do it: the text of each page, cut after so many words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

WORDS = 100  # a passage; what mandates aims at too


class Passage(TypedDict):
    """A run of words of one page."""

    file: str
    page: int
    text: str


def load(papers: list[Path], passages: Path | None) -> list[Passage]:
    """Take the passages given, as JSON lines, or else read the papers."""
    if passages:
        return [json.loads(line) for line in passages.read_text(encoding="utf-8").splitlines()]
    return [passage for paper in papers for passage in read(paper)]


def read(paper: Path) -> Iterator[Passage]:
    """Read a paper page by page."""
    import pdfplumber  # a question is spared it

    with pdfplumber.open(paper) as pdf:
        for number, page in enumerate(pdf.pages, start=1):
            words = page.extract_text().split()
            for start in range(0, len(words), WORDS):
                yield {"file": paper.name, "page": number, "text": " ".join(words[start : start + WORDS])}
            page.close()
