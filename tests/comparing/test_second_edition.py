"""A paper is re-issued: the comparison names what its editors changed, with the pages of both editions, and no more."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.comparing.changes import Excerpt
from pipeline.comparing.compare import EditionCounts, EditionDiff, compare_editions, count_passages
from pipeline.comparing.wording import normal_form, sentence_key
from pipeline.datatypes import Edition, Passage
from pipeline.datatypes.page import Document, RawPage
from pipeline.reading.chunk import ChunkLimits, make_passages
from pipeline.reading.document import parse_pages, read_document
from pipeline.reading.extract import read_pages
from tests.conftest import PAPER
from tests.typeset import Block, Layout, manuscript, read_markup, typeset

Read = tuple[Document, list[Passage]]

# A paper of eight sections with sub-headings, a list and footnotes, in the markup of ``tests.typeset``.
FIRST = (Path(__file__).parent.parent / "data" / "sea-2018.txt").read_text(encoding="utf-8")

EDITS = [
    # Two sections changed: a sentence edited, two inserted, one taken out.
    (
        "Banks and insurers ask for it before they lend.",
        "Banks, insurers and ministries ask for it before they lend money.",
    ),
    (
        "What they hear is confidential.",
        "What they hear is confidential. Since last year a crew may also call an inspector.",
    ),
    ("What the Fund sees in", "Visits by video are offered where no visitor may board. What the Fund sees in"),
    (" Most owners pay once a court has arrested the ship.", ""),
    # Three numbers changed.
    ("ratified by 22 countries", "ratified by 59 countries"),
    ("keep 100 metres away", "keep 300 metres away"),
    ("In 2015 they brought 4,300 people", "In 2015 they brought 5,150 people"),
    # One renamed.
    ("Department of Harbour Operations (DHO)", "Department of Port Safety (DPS)"),
    ("The Department of Harbour Operations advises", "The Department of Port Safety advises"),
    # Typography only.
    ("co-operation with island", "cooperation with island"),
    ("## Automatic stations", "## Automatic Stations"),
]
REMOVED = "Tidal Energy Board (TEB)"
ADDED = (
    "# Deep Sea Archive (DSA)\n"
    "The Deep Sea Archive stores cores of mud from the floor of every ocean. Scholars borrow a slice of mud as others"
    " borrow a book. It was founded after a fire destroyed two private collections.\n"
)
MOVED = "Marine Weather Service (MWS)"  # now after the Whale Protection Commission
# What the comparison must list of the sections that both editions have: section, kind, old text and page, new ones.
CHANGES = [
    ("Introduction", "removed", "• Department of Harbour Operations (DHO);", "p. 1", "", ""),
    ("Introduction", "added", "", "", "• Department of Port Safety (DPS);", "p. 1"),
    ("IFO", "changed",
     "Its convention on decent work aboard trawlers was ratified by 22 countries.", "p. 1",
     "Its convention on decent work aboard trawlers was ratified by 59 countries.", "p. 1"),
    ("IFO", "added", "", "", "Since last year a crew may also call an inspector.", "p. 1"),
    ("IFO", "changed", "Banks and insurers ask for it before they lend.", "p. 1",
     "Banks, insurers and ministries ask for it before they lend money.", "p. 1"),
    ("CRN", "changed", "In 2015 they brought 4,300 people ashore alive.", "p. 2",
     "In 2015 they brought 5,150 people ashore alive.", "p. 2"),
    ("DPS", "changed", "The Department of Harbour Operations advises ports on safety and order.", "p. 2",
     "The Department of Port Safety advises ports on safety and order.", "p. 2"),
    ("SWF", "removed", "Most owners pay once a court has arrested the ship.", "p. 3", "", ""),
    ("SWF", "added", "", "", "Visits by video are offered where no visitor may board.", "p. 3"),
    ("WPC", "changed", "Boats with tourists must keep 100 metres away.", "p. 3",
     "Boats with tourists must keep 300 metres away.", "p. 3"),
]  # fmt: skip
SHARES = {"Introduction": 0.071, "IFO": 0.045, "CRN": 0.006, "DPS": 0.026, "SWF": 0.071, "WPC": 0.006}


def second(markup: str) -> str:
    for before, after in EDITS:
        assert before in markup
        markup = markup.replace(before, after)
    intro, *sections = re.split(r"(?m)^(?=# )", markup.strip() + "\n")[1:]
    kept = [text for text in sections if REMOVED not in text and MOVED not in text]
    return "".join([intro, *kept[:2], ADDED, *kept[2:], *(text for text in sections if MOVED in text)])


def issue(folder: Path, label: str, blocks: Sequence[Block], layout: Layout) -> Read:
    file = typeset(folder / f"sea-{label}.pdf", blocks, layout)
    return read_document(file, Edition("sea", label, file.name, "0" * 64))


def compare(old: Read, new: Read) -> EditionDiff:
    return compare_editions(old[1], new[1], (old[0].organizations, new[0].organizations))


NARROW = Layout(size=12, width=400, head="Who does what at sea")
WIDE = Layout(size=10, width=440, bottom=660, head="Who does what at sea, second edition", hyphenate=True)


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Read, Read]:
    folder = tmp_path_factory.mktemp("sea")
    return (
        issue(folder, "2018", read_markup(FIRST), NARROW),
        issue(folder, "2021", read_markup(second(FIRST)), WIDE),
    )


@pytest.fixture(scope="module")
def diff(editions: tuple[Read, Read]) -> EditionDiff:
    return compare(*editions)


def place(excerpt: Excerpt | None) -> str:
    return excerpt.citation.place if excerpt else ""


def quoted(excerpt: Excerpt | None) -> str:
    return excerpt.text if excerpt else ""


def assert_pages_hold_what_is_quoted(diff: EditionDiff, old: Read, new: Read) -> None:
    for change in (change for part in diff.parts for change in part.changes):
        for excerpt, (document, _) in ((change.old, old), (change.new, new)):
            if excerpt:
                lines = [line.text for page in excerpt.citation.pages for line in document.pages[page - 1].lines]
                assert sentence_key(excerpt.text) in normal_form("\n".join(lines)), excerpt


def test_the_summary_names_exactly_what_was_done_to_the_sections(diff: EditionDiff) -> None:
    assert [part.label for part in diff.parts if part.old is None] == ["DSA"]
    assert [part.label for part in diff.parts if part.new is None] == ["TEB"]
    renamed = [(part.old, part.new) for part in diff.parts if part.renamed]
    assert [(old and old.label, new and new.label) for old, new in renamed] == [("DHO", "DPS")]
    assert [old and old.citation.place for old, _ in renamed] == ["pp. 2–3"]
    assert [new and new.citation.place for _, new in renamed] == ["p. 2"]
    assert [part.label for part in diff.parts if part.moved] == ["MWS"]
    assert [part.label for part in diff.parts if part.is_same] == ["WLA"]
    assert [part.label for part in diff.parts if part.headings] == []
    assert (diff.members_added, diff.members_gone) == ((), ())


def test_the_changes_are_exactly_those_that_were_made_with_the_pages_of_both_editions(
    editions: tuple[Read, Read], diff: EditionDiff
) -> None:
    listed = [
        (part.label, change.kind, quoted(change.old), place(change.old), quoted(change.new), place(change.new))
        for part in diff.parts
        if part.old and part.new
        for change in part.changes
    ]
    assert listed == CHANGES
    assert_pages_hold_what_is_quoted(diff, *editions)


def test_a_part_that_came_or_went_is_listed_whole(diff: EditionDiff) -> None:
    added, gone = (part for part in diff.parts if part.old is None or part.new is None)
    assert [(change.kind, quoted(change.new)) for change in added.changes] == [
        ("added", "The Deep Sea Archive stores cores of mud from the floor of every ocean."),
        ("added", "Scholars borrow a slice of mud as others borrow a book."),
        ("added", "It was founded after a fire destroyed two private collections."),
    ]
    assert {change.kind for change in gone.changes} == {"removed"}
    assert len(gone.changes) == 6
    assert (added.share, gone.share) == (1.0, 1.0)


def test_the_three_numbers_are_called_out_with_their_pages(diff: EditionDiff) -> None:
    sides = [(change.old, change.new) for part in diff.parts for change in part.numbers]
    read = [" → ".join(f"{figure.context}, {figure.citation.place}" for figure in pair) for pair in sides]
    assert read == [
        "22 countries, p. 1 → 59 countries, p. 1",
        "4,300 people ashore alive, p. 2 → 5,150 people ashore alive, p. 2",
        "100 metres away, p. 3 → 300 metres away, p. 3",
    ]


def test_shares_grow_with_what_changed(diff: EditionDiff) -> None:
    shares = {part.label: round(part.share, 3) for part in diff.parts}
    assert {label: share for label, share in shares.items() if share not in (0, 1)} == SHARES


def test_the_counts_for_the_build_report(diff: EditionDiff) -> None:
    counts = count_passages(diff)
    assert counts == EditionCounts(
        passages_unchanged=8,
        passages_changed=6,
        passages_added=1,
        passages_moved=0,
        passages_removed=1,
        sections_unchanged=1,
        sections_changed=6,
        sections_renamed=1,
        sections_added=1,
        sections_moved=1,
        sections_removed=1,
    )


def test_going_back_adds_what_was_removed(editions: tuple[Read, Read], diff: EditionDiff) -> None:
    back = compare(*editions[::-1])
    assert [part.label for part in back.parts if part.old is None] == ["TEB"]
    assert [part.label for part in back.parts if part.new is None] == ["DSA"]
    assert [part.label for part in back.parts if part.renamed] == ["DHO"]
    kinds = [change.kind for part in diff.parts for change in part.changes]
    reverse = [change.kind for part in back.parts for change in part.changes]
    assert (kinds.count("added"), kinds.count("removed")) == (reverse.count("removed"), reverse.count("added"))


@pytest.mark.parametrize(("layout", "pages"), [(replace(NARROW, bottom=480), 6), (replace(WIDE, bottom=400), 5)])
def test_setting_a_paper_anew_is_no_change(
    tmp_path: Path, editions: tuple[Read, Read], layout: Layout, pages: int
) -> None:
    again = issue(tmp_path, "2019", read_markup(FIRST), layout)
    assert len(again[0].pages) == pages
    assert compare(editions[0], again).is_same


# --- the real paper

REAL_EDITS = [
    ("ratified by 46 Council of Europe member States", "ratified by 47 Council of Europe member States"),
    ("As of March 2018, the Convention", "As of June 2021, the Convention"),
    ("there are 173 States parties", "there are 178 States parties"),
    ("headquartered in Vienna, with extensive field presence.", "headquartered in Vienna."),
    ("The questionnaire is also sent", "It is made public on the same day. The questionnaire is also sent"),
]


@pytest.fixture(scope="module")
def real_blocks(paper: Read) -> list[Block]:
    return manuscript(*paper)


def real_second(blocks: Sequence[Block]) -> list[Block]:
    """Edit the real paper: DPKO renamed, UNDP out, a new section in, ILO moved to the end, five sentences edited."""
    starts = [position for position, block in enumerate(blocks) if block.level == 1]
    parts = [list(blocks[start:end]) for start, end in pairwise([*starts, len(blocks)])]
    kept = []
    for part in parts:
        heading = part[0].text
        if "(UNDP)" not in heading:
            kept.append([block._replace(text=real_edit(block.text, heading)) for block in part])
    moved = next(part for part in kept if "(ILO)" in part[0].text)
    kept.remove(moved)
    return [block for part in [*kept[:5], read_markup(ADDED), *kept[5:], moved] for block in part]


def real_edit(text: str, heading: str) -> str:
    for before, after in REAL_EDITS:
        text = text.replace(before, after)
    if "(DPKO)" in heading:
        text = re.sub("Department (of|for) Peacekeeping Operations", r"Department \1 Peace Operations", text)
        text = text.replace("DPKO", "DPO")
    return text


@pytest.fixture(scope="module")
def real_pages() -> list[RawPage]:
    return list(read_pages(PAPER))


@pytest.mark.parametrize("limits", [ChunkLimits(40, 60, 10), ChunkLimits(250, 400, 60)])
def test_cutting_the_real_paper_otherwise_is_no_change(
    paper: Read, real_pages: list[RawPage], limits: ChunkLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.reading.document.make_passages", partial(make_passages, limits=limits))
    other = parse_pages(real_pages, replace(paper[0].edition, label="2019"), PAPER.name)
    assert abs(len(other[1]) - len(paper[1])) > 50
    diff = compare(paper, other)
    assert diff.is_same
    assert count_passages(diff)[:5] == (len(other[1]), 0, 0, 0, 0)


def test_a_second_edition_of_the_real_paper(tmp_path: Path, paper: Read, real_blocks: list[Block]) -> None:
    again = issue(tmp_path, "2021", real_second(real_blocks), Layout(size=10, width=400, head="ICAT", hyphenate=True))
    assert len(again[0].pages) == 40
    diff = compare(paper, again)
    assert [part.label for part in diff.parts if part.old is None] == ["DSA"]
    assert [part.label for part in diff.parts if part.new is None] == ["UNDP"]
    assert [part.label for part in diff.parts if part.renamed] == ["DPO"]
    assert [part.label for part in diff.parts if part.moved] == ["ILO"]
    assert not [part.label for part in diff.parts if part.headings]
    kinds = {part.label: [change.kind for change in part.changes] for part in diff.parts if part.old and part.new}
    assert {label: found for label, found in kinds.items() if found} == {
        "CoE": ["changed", "added"],
        "DPO": ["changed"] * 7,
        "UNODC": ["changed", "changed"],
    }
    numbers = [number for part in diff.parts for number in part.numbers]
    assert [[f"{figure.context}, {figure.citation.place}" for figure in pair] for pair in numbers] == [
        ["As of March 2018, p. 3", "As of June 2021, p. 3"],
        ["46 Council of Europe, p. 3", "47 Council of Europe, p. 3"],
        ["173 States parties, p. 43", "178 States parties, p. 33"],
    ]
    assert_pages_hold_what_is_quoted(diff, paper, again)
    assert (diff.members_added, diff.members_gone) == ((), ())
