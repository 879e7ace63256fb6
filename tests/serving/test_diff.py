"""A comparison as people and programs read it, character by character."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.comparing.changes import EditionDiff
from pipeline.comparing.compare import compare_editions
from pipeline.datatypes import Organization
from pipeline.serving.diff import percent, segments, to_markdown, to_text
from pipeline.serving.diff_page import to_html
from pipeline.serving.diff_record import to_record
from tests.comparing.editions import BOATS, CREWS, GUARDS, IFO, LAMPS, NEW, OLD, WLA, compare_texts, edition, section

TEB = Organization("TEB", "Tidal Energy Board")
DSA = Organization("DSA", "Deep Sea Archive")
WLB = Organization("WLB", "World Lighthouse Board")
GONE = Organization("IPU", "Island Post Union")


@pytest.fixture(scope="module")
def diff() -> EditionDiff:
    old = [
        section(None, f"{CREWS} It was written in Vigo.", path=["Introduction"]),
        section(TEB, "The board licenses turbines <b> in straits & estuaries."),
        section(IFO, f"{BOATS} It was ratified by 22 countries. {GUARDS}", path=["Training"]),
        section(WLA, LAMPS, "[note]See Annex 2 of the *Code*."),
    ]
    new = [
        section(None, f"It was written in Vigo. {CREWS}", path=["Introduction"]),
        section(DSA, "The archive stores mud.", "Scholars borrow slices of it."),
        section(WLB, LAMPS, "[note]See Annex 4 of the *Code*."),
        section(IFO, f"{BOATS} It was ratified by 59 countries, not by all.", path=["Courses"]),
    ]
    return compare_editions(edition(OLD, *old), edition(NEW, *new), ([GONE], []))


def plain(mark: Literal["delete", "insert", "bold"], text: str) -> str:
    return text


def starred(mark: Literal["delete", "insert", "bold"], text: str) -> str:
    return {"delete": "<{}>", "insert": ">{}<", "bold": "*{}*"}[mark].format(text)


TEXT = """\
sea-2018.pdf (2018) → sea-2021.pdf (2021)

Added           DSA Deep Sea Archive, p. 2
Gone            TEB Tidal Energy Board, p. 2
Renamed         WLA World Lighthouse Agency, p. 4 → WLB World Lighthouse Board, p. 3
Moved           WLB World Lighthouse Board, p. 4 → p. 3
Members gone    IPU Island Post Union
Changed         Introduction: 0 % (1 moved)
                WLB: 1 % (1 changed)
                IFO: 34 % (1 changed, 1 removed, 1 heading)
Numbers, dates  WLB: See Annex 2, p. 4 → See Annex 4, p. 3
                IFO: 22 countries, p. 3 → 59 countries, p. 4

Introduction, p. 1 → p. 1
   moved, p. 1 → p. 1
      It was written in Vigo.

DSA Deep Sea Archive, p. 2 (added)
   added, p. 2
      {+The archive stores mud.+}
      {+Scholars borrow slices of it.+}

WLA World Lighthouse Agency → WLB World Lighthouse Board, p. 4 → p. 3
   changed, p. 4, note 1 → p. 3, note 1
      See Annex [-2-]{+4+} of the *Code*.

IFO International Fishing Office, p. 3 → p. 4
   heading, p. 3 → p. 4
      “Training” → “Courses”
   changed, p. 3 → p. 4
      It was ratified by [-22-]{+59+} countries{+, not by all+}.
   removed, p. 3
      [-Its inspectors train coast guards to recognise forced labour.-]

TEB Tidal Energy Board, p. 2 (gone)
   removed, p. 2
      [-The board licenses turbines <b> in straits & estuaries.-]"""


def test_text_has_the_summary_first_and_then_every_change(diff: EditionDiff) -> None:
    assert to_text(diff, 100, plain) == TEXT


def test_text_is_wrapped_and_styled_line_by_line(diff: EditionDiff) -> None:
    lines = to_text(diff, 44, starred).splitlines()
    assert lines[0] == "*sea-2018.pdf (2018) → sea-2021.pdf (2021)*"
    start = lines.index("   removed, p. 3")
    assert lines[start + 1 : start + 3] == [
        "      <[-Its inspectors train coast guards to>",
        "      <recognise forced labour.-]>",
    ]
    assert max(len(re.sub(r"[<>*]", "", line)) for line in lines) <= 44


def test_markdown_is_escaped(diff: EditionDiff) -> None:
    text = to_markdown(diff)
    lines = text.splitlines()
    assert lines[0] == "# sea-2018.pdf (2018) → sea-2021.pdf (2021)"
    assert "- Added: DSA Deep Sea Archive, p. 2" in lines
    assert "## WLA World Lighthouse Agency → WLB World Lighthouse Board, p. 4 → p. 3" in lines
    assert "- changed, p. 4, note 1 → p. 3, note 1: See Annex ~~2~~**4** of the \\*Code\\*." in lines
    assert "- changed, p. 3 → p. 4: It was ratified by ~~22~~**59** countries**, not by all**." in lines
    assert "- removed, p. 2: ~~The board licenses turbines \\<b\\> in straits & estuaries.~~" in lines
    assert "- added, p. 2: **The archive stores mud.** **Scholars borrow slices of it.**" in lines


class Page(HTMLParser):
    """The tags that are open or closed wrongly, and the text in ``ins`` and ``del``."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.marked: dict[str, list[str]] = {"ins": [], "del": []}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.marked:
            self.marked[self.open[-1]].append(data)


def test_the_page_is_whole_and_escaped(diff: EditionDiff) -> None:
    html = to_html(diff)
    page = Page()
    page.feed(html)
    assert (page.open, page.wrong) == ([], [])
    assert page.marked == {
        "ins": ["The archive stores mud.", "Scholars borrow slices of it.", "4", "59", ", not by all"],
        "del": [
            "2",
            "22",
            "Its inspectors train coast guards to recognise forced labour.",
            "The board licenses turbines <b> in straits & estuaries.",
        ],
    }
    assert "<script" not in html
    assert "http" not in html.replace('http-equiv="Content-Security-Policy"', "")
    assert '<a href="#section-3">IFO</a>: 22 countries, p. 3 → 59 countries, p. 4' in html
    assert '<section id="section-3">' in html


def test_the_record_has_all_that_the_text_has(diff: EditionDiff) -> None:
    record = json.loads(json.dumps(to_record(diff)))
    assert list(record) == [
        "old", "new", "added", "gone", "renamed", "moved", "members_added", "members_gone", "numbers", "sections",
        "counts",
    ]  # fmt: skip
    assert record["old"] == {"document": "sea", "edition": "2018", "file": "sea-2018.pdf", "sha256": "0" * 64}
    assert record["added"] == [
        {
            "organization": "DSA",
            "organization_name": "Deep Sea Archive",
            "heading": "Deep Sea Archive (DSA)",
            "pages": [2],
            "page_labels": ["2"],
            "citation": "DSA, sea-2021.pdf (2021), p. 2",
        }
    ]
    assert [part["organization"] for part in record["gone"]] == ["TEB"]
    assert [(pair["old"]["organization"], pair["new"]["organization"]) for pair in record["renamed"]] == [
        ("WLA", "WLB")
    ]
    assert record["members_gone"] == [{"organization": "IPU", "organization_name": "Island Post Union"}]
    number = record["numbers"][1]
    assert (number["section"], number["old"]["context"], number["new"]["number"]) == ("IFO", "22 countries", "59")
    changed = record["sections"][3]
    assert (changed["share"], changed["renamed"], changed["moved"]) == (0.3422, False, False)
    assert changed["headings"][0]["old"]["section"] == ["International Fishing Office (IFO)", "Training"]
    change = changed["changes"][0]
    assert list(change) == ["kind", "old", "new", "words", "numbers"]
    assert change["old"] == {
        "text": "It was ratified by 22 countries.",
        "section": ["International Fishing Office (IFO)", "Training"],
        "pages": [3],
        "page_labels": ["3"],
        "citation": "IFO, sea-2018.pdf (2018), p. 3",
        "sentences": [["sea/2018/2/0", 1]],
        "passage": "sea/2018/2/0",
    }
    assert change["words"][1] == ["replace", "22 ", "59 "]
    assert record["counts"]["sections_renamed"] == 1


def test_only_one_organization(diff: EditionDiff) -> None:
    kept = diff.about(["WLA"])
    assert [part.label for part in kept.parts] == ["WLB"]
    assert kept.members_gone == ()
    assert diff.about(["IPU"]).members_gone == (GONE,)
    assert diff.about(["UNICEF"]).is_same


def test_only_one_organization_shows_what_moved_out_of_its_section() -> None:
    old = edition(OLD, section(IFO, BOATS, GUARDS), section(WLA, LAMPS))
    new = edition(NEW, section(IFO, BOATS), section(WLA, f"{LAMPS} {GUARDS} Keepers are trained."))
    diff = compare_editions(old, new, ([], [])).about(["IFO"])
    assert [(part.label, [change.kind for change in part.changes]) for part in diff.parts] == [
        ("IFO", []),
        ("WLA", ["moved"]),
    ]
    assert "   moved, IFO, p. 1 → p. 2" in to_text(diff, 80, plain).splitlines()


@pytest.mark.parametrize(
    ("share", "shown"), [(0.0, "0 %"), (0.0001, "<1 %"), (0.01, "1 %"), (0.324, "32 %"), (1.0, "100 %")]
)
def test_percent(share: float, shown: str) -> None:
    assert percent(share) == shown


WORDS = st.lists(st.sampled_from("boats nets, crews (22) 59 – co-operate • the".split()), min_size=1, max_size=9)


@settings(deadline=None)
@given(old=WORDS, new=WORDS)
def test_what_is_shown_gives_the_words_of_both_editions(old: list[str], new: list[str]) -> None:
    sides = [" ".join(["The office counts", *words]) + "." for words in (old, new)]
    for part in compare_texts(*sides).parts:
        for change in part.changes:
            shown = list(segments(change))
            for side, other, excerpt in (("delete", "insert", change.old), ("insert", "delete", change.new)):
                words = " ".join(text for mark, text in shown if mark != other)
                if excerpt and side:
                    assert re.sub(r"[\s•]", "", words) == re.sub(r"[\s•]", "", excerpt.text)
