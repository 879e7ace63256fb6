"""Where an edition's label comes from when the file's name does not tell, and which edition is the latest."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from pipeline.datatypes import Edition
from pipeline.reading.corpus import identify
from pipeline.reading.labels import label_order, latest

LABELS = st.one_of(
    st.integers(1990, 2040).map(str),
    st.dates(datetime(1990, 1, 1).date(), datetime(2040, 1, 1).date()).map(str),
    st.tuples(st.integers(1990, 2040), st.integers(1, 12)).map(lambda pair: f"{pair[0]}-{pair[1]:02d}"),
    st.lists(st.integers(0, 30), min_size=1, max_size=3).map(lambda parts: "v" + ".".join(map(str, parts))),
    st.sampled_from(["draft", "final", "paper", "2018-draft"]),
)


def make(path: Path, title: str = "", subject: str = "", created: str = "", password: str | None = None) -> Path:
    canvas = Canvas(str(path), invariant=1, encrypt=password)
    canvas.setTitle(title)
    canvas.setSubject(subject)
    canvas.drawString(70, 700, "Boats are counted.")
    canvas.showPage()
    canvas.save()
    # reportlab writes the date of the run, or 2000 with ``invariant``; the same number of bytes stands in its place.
    data = path.read_bytes()
    assert data.count(b"(D:20000101000000+00'00')") == 2
    date = f"(D:{created})".ljust(25).encode() if created else b"()".ljust(25)
    path.write_bytes(data.replace(b"(D:20000101000000+00'00')", date))
    os.utime(path, (0, datetime(2021, 3, 4, 12, tzinfo=UTC).timestamp()))
    return path


def label_of(path: Path) -> tuple[str, str]:
    source = identify(path)
    return source.edition.label, source.label_from


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ({"title": "Mandates, as of April 2019", "subject": "2017", "created": "20180401"}, ("2019", "PDF title")),
        ({"title": "Mandates", "subject": "Edition of 2017", "created": "20180401"}, ("2017", "PDF subject")),
        ({"title": "Resolution 61/180", "created": "20180401120000Z"}, ("2018", "PDF creation date")),
        ({"created": "20180401120000+01'00"}, ("2018", "PDF creation date")),
        ({"title": "Item 120190", "created": "19991231"}, ("1999", "PDF creation date")),
        ({"created": "00010101"}, ("2021-03-04", "file date")),
        ({"created": "yesterday"}, ("2021-03-04", "file date")),
        ({}, ("2021-03-04", "file date")),
    ],
)
def test_the_label_from_inside_the_pdf(tmp_path: Path, inside: dict[str, str], expected: tuple[str, str]) -> None:
    assert label_of(make(tmp_path / "mandates.pdf", **inside)) == expected


@pytest.mark.parametrize("name", ["mandates-2016.pdf", "2016 mandates.pdf"])
def test_the_name_goes_before_what_is_inside(tmp_path: Path, name: str) -> None:
    assert label_of(make(tmp_path / name, title="2019")) == ("2016", "file name")


def test_a_given_label_goes_before_all(tmp_path: Path) -> None:
    source = identify(make(tmp_path / "mandates-2016.pdf", title="2019"), "Second Draft")
    assert (source.edition.label, source.label_from) == ("second-draft", "--edition")


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"%PDF-1.4\n" + b"x" * 3000, b"<html>"])
def test_a_broken_file_has_its_date(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mandates.pdf"
    path.write_bytes(content)
    os.utime(path, (0, datetime(2021, 3, 4, 12, tzinfo=UTC).timestamp()))
    assert label_of(path) == ("2021-03-04", "file date")


def test_a_locked_file_has_its_date(tmp_path: Path) -> None:
    path = make(tmp_path / "plain.pdf", title="2019")
    locked = tmp_path / "locked.pdf"
    canvas = Canvas(str(locked), invariant=1, encrypt="cod")
    canvas.setTitle("2019")
    canvas.drawString(70, 700, "x")
    canvas.showPage()
    canvas.save()
    os.utime(locked, (0, datetime(2021, 3, 4, 12, tzinfo=UTC).timestamp()))
    assert (label_of(path), label_of(locked)) == (("2019", "PDF title"), ("2021-03-04", "file date"))


# --- order


@pytest.mark.parametrize(
    "labels",
    [
        ["2018", "2018-04", "2018-04-15", "2018-05", "2018-12", "2021"],
        ["v1", "v2", "v2.1", "v2.10", "v9", "v10"],
        ["2017-12-31", "2018-01-01"],
        ["draft", "2018"],
        ["2018", "2018-2"],
    ],
)
def test_labels_in_their_order(labels: list[str]) -> None:
    shuffled = labels[::-1]
    assert sorted(shuffled, key=label_order) == labels


def edition(document: str, label: str) -> Edition:
    return Edition(document, label, f"{document}-{label}.pdf", "")


@given(st.lists(st.builds(edition, st.sampled_from(["a", "b", "c"]), LABELS), max_size=12))
def test_the_latest_is_a_maximum_of_each_document(editions: list[Edition]) -> None:
    found = latest(editions)
    assert len(found) == len({item.document for item in editions})
    for item in found:
        assert item in editions
        others = [label_order(other.label) for other in editions if other.document == item.document]
        assert label_order(item.label) == max(others)


@given(st.lists(st.builds(edition, st.just("a"), LABELS), min_size=1, max_size=8, unique_by=lambda item: item.label))
def test_the_latest_does_not_depend_on_the_order(editions: list[Edition]) -> None:
    (one,), (other,) = latest(editions), latest(editions[::-1])
    assert label_order(one.label) == label_order(other.label)


@given(LABELS, LABELS, LABELS)
def test_the_order_is_one(one: str, two: str, three: str) -> None:
    keys = [label_order(label) for label in (one, two, three)]
    first, second, third = sorted(keys)
    assert first <= second <= third
    assert first <= third


@given(st.integers(1900, 2099), st.integers(1900, 2099))
def test_a_later_year_is_later_whatever_follows_it(one: int, two: int) -> None:
    if one < two:
        assert label_order(f"{one}-12-31") < label_order(str(two))
