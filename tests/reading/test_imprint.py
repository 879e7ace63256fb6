"""What a first page says of the paper: who published it, under which title, symbol and date, and who wrote it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from pipeline.datatypes import Edition, Imprint
from pipeline.reading.document import read_document
from tests.papers import BOLD, Text, make_pdf, paragraph

EDITION = Edition("a", "2020", "a.pdf", "0" * 64)
BODY = paragraph([f"Line {number} of the text tells of lamps and of those who keep them." for number in range(20)], 320)


def imprint(path: Path, texts: Sequence[Text], metadata: Mapping[str, str] | None = None) -> Imprint:
    return read_document(make_pdf(path / "a.pdf", [[*texts, *BODY]]), EDITION)[0].edition.imprint


def test_a_masthead(tmp_path: Path) -> None:
    masthead = [
        Text("United Nations", 40, size=14), Text("L/79/12-S/2025/40", 42, x=440),
        Text("Lamp Council", 70, size=20, font=BOLD),
        Text("Distr.: General", 78, x=400), Text("Committee on Oil and", 90, size=20, font=BOLD),
        Text("Wicks", 112, size=20, font=BOLD), Text("17 January 2025", 92, x=400),
        Text("Letter dated 16 January 2025 from", 220, size=14, font=BOLD),
        Text("the keepers", 236, size=14, font=BOLD),
        Text("(Signed) Ann Lamp", 290),
    ]  # fmt: skip
    assert imprint(tmp_path, masthead) == Imprint(
        "Letter dated 16 January 2025 from the keepers", "L/79/12-S/2025/40", "2025-01-17", "Ann Lamp",
        ("Lamp Council", "Committee on Oil and Wicks"),
    )  # fmt: skip


def test_a_cover(tmp_path: Path) -> None:
    cover = [
        Text("The state of lamps", 100, size=28, font=BOLD), Text("Report of the Lamp Inspection Unit", 150, size=16),
        Text("Prepared by A. Wick and B. Oil", 190), Text("April 2018", 220),
    ]  # fmt: skip
    assert imprint(tmp_path, cover) == Imprint(
        "The state of lamps", "", "2018-04", "A. Wick and B. Oil", ("Lamp Inspection Unit",)
    )


def test_nothing_is_guessed(tmp_path: Path) -> None:
    heading = [Text("Introduction", 100, size=20, font=BOLD), Text("in 2018 we met on 3 May 2018 in Oslo", 130)]
    assert imprint(tmp_path, heading) == Imprint()


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("3 May 2018", "2018-05-03"),
        ("May 3, 2018", "2018-05-03"), ("Mai 2018", "2018-05"), ("3 de mayo de 2018", "2018-05-03"),
        ("1er août 2018", "2018-08-01"), ("3. März 2018", "2018-03-03"), ("2018-05-03", "2018-05-03"), ("2018", ""),
        ("Oslo, 3 May 2018", ""),
    ],
)  # fmt: skip
def test_dates_in_several_languages(tmp_path: Path, written: str, date: str) -> None:
    assert imprint(tmp_path, [Text(written, 100)]).date == date


def test_who_holds_the_copyright_published_it(tmp_path: Path) -> None:
    assert imprint(tmp_path, [Text("© 2019 National Lamp Office. All rights", 300)]).publishers == (
        "National Lamp Office",
    )
