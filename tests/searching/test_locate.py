"""Topic → organizations: who covers it, who mentions it, who says nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline import open_index
from pipeline.datatypes import Edition, Hit
from pipeline.indexing.build import build_index
from pipeline.searching import locate
from pipeline.searching.locate import who_covers, with_evidence
from pipeline.searching.search import Index
from tests.conftest import PAPER, WordEncoder
from tests.papers import BOLD, Text, make_pdf, paragraph

HARBOURS = ["The agency inspects harbours, and lighthouses in harbours,", "and trains harbour pilots every year."]
FORESTS = ["The office plants forests and counts wolves in forests.", "It also met the Harbour Agency (HBA) once."]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pages = [
        [Text("Introduction", 60, size=18, font=BOLD), *paragraph(["Who does what is told below."], 100)],
        [Text("Harbour Agency (HBA)", 60, size=18, font=BOLD), *paragraph(HARBOURS, 100)],
        [Text("Forest Office (FOO)", 60, size=18, font=BOLD), *paragraph(FORESTS, 100)],
        [Text("Railway Bureau (RWB)", 60, size=18, font=BOLD), *paragraph(["It runs trains on rails."], 100)],
    ]
    make_pdf(tmp_path / "land-2020.pdf", pages)
    build_index([tmp_path / "land-2020.pdf"], tmp_path / "index", WordEncoder)
    return tmp_path / "index"


def test_evidence_counts_for_the_owner_of_the_section(folder: Path, word_encoder: WordEncoder) -> None:
    with open_index(folder) as index:
        forests = who_covers(index, "wolves and forests")
    assert forests[0].organization.acronym == "FOO"
    assert [(hit.passage.pages, hit.passage.organization) for hit in forests[0].hits] == [
        ((3,), forests[0].organization)
    ]


def test_every_organization_is_listed_once_best_first(folder: Path, word_encoder: WordEncoder) -> None:
    with open_index(folder) as index:
        covered = who_covers(index, "lighthouses in harbours")
    assert covered[0].organization.acronym == "HBA"
    assert sorted(item.organization.acronym for item in covered) == ["FOO", "HBA", "RWB"]
    assert [item.score for item in covered] == sorted((item.score for item in covered), reverse=True)


def test_members_without_a_section_have_no_evidence(paper_index: Path, word_encoder: WordEncoder) -> None:
    with open_index(paper_index) as index:
        covered = {item.organization.acronym: item for item in who_covers(index, "statelessness of refugees")}
    assert len(covered) == 23
    assert (covered["UNESCO"].score, covered["UNESCO"].coverage, covered["UNESCO"].hits) == (0.0, "none", ())
    assert covered["UNHCR"].coverage == "covers"


def test_no_more_passages_than_asked_for(paper_index: Path, word_encoder: WordEncoder) -> None:
    with open_index(paper_index) as index:
        covered = who_covers(index, "training of police officers", top_k=1)
    assert {len(item.hits) for item in covered} <= {0, 1}
    assert all((item.coverage == "none") == (not item.hits) for item in covered)


def test_an_organization_of_two_editions_is_ranked_once(tmp_path: Path, word_encoder: WordEncoder) -> None:
    for year in (2020, 2021):
        page = [Text("Harbour Agency (HBA)", 60, size=18, font=BOLD), *paragraph([*HARBOURS, f"Seen in {year}."], 100)]
        make_pdf(tmp_path / f"land-{year}.pdf", [page])
    build_index([tmp_path], tmp_path / "index", WordEncoder)
    with open_index(tmp_path / "index") as index:
        assert [item.organization.acronym for item in who_covers(index, "harbours")] == ["HBA"]


def test_nobody_covers_a_topic_foreign_to_the_paper(paper_index: Path, word_encoder: WordEncoder) -> None:
    with open_index(paper_index) as index:
        assert {item.coverage for item in who_covers(index, "Which spices go into a curry?")} == {"none"}
        assert who_covers(index, "statelessness")[0].coverage == "covers"


@pytest.mark.parametrize("topic", ["statelessness of refugees", "statelesness of refugees"])
def test_a_mention_in_passing_says_the_topic_s_most_telling_word(
    paper_index: Path, word_encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch, topic: str
) -> None:
    monkeypatch.setattr(locate, "MENTIONS", 9.0)  # what comes near to a topic in other words says nothing here
    monkeypatch.setattr(locate, "REACH", 9.0)
    monkeypatch.setattr(locate, "AS_NEAR", 9.0)
    with open_index(paper_index) as index:
        shown = with_evidence(who_covers(index, topic))
    assert [(item.organization.acronym, item.coverage, item.through) for item in shown] == [
        ("UNHCR", "mentions", "section")
    ]
    # Its other passages are on refugees, and nearer; those that say the word are shown, and where they say it.
    assert shown[0].hits
    for hit in shown[0].hits:
        assert "stateless" in hit.passage.text[slice(*hit.highlight)]


@pytest.mark.parametrize(
    ("topic", "says"),
    [
        ("statelessness of refugees", 9.0),  # so far from the topic a word is none
        ("kryptonite for refugees", 0.0),  # nobody says the most telling word
        ("the trafficking", 0.0),  # most passages say both
    ],
)
def test_a_word_that_is_no_mention(
    paper_index: Path, word_encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch, topic: str, says: float
) -> None:
    monkeypatch.setattr(locate, "MENTIONS", 9.0)
    monkeypatch.setattr(locate, "SAYS", says)
    monkeypatch.setattr(locate, "REACH", 9.0)
    monkeypatch.setattr(locate, "AS_NEAR", 9.0)
    monkeypatch.setattr(locate, "FOREIGN", -9.0)
    with open_index(paper_index) as index:
        assert with_evidence(who_covers(index, topic)) == []


def test_what_another_paper_is_about_is_foreign_to_this_one(tmp_path: Path, word_encoder: WordEncoder) -> None:
    pages = [
        [Text("Harbour Agency (HBA)", 60, size=18, font=BOLD), *paragraph(HARBOURS, 100)],
        [Text("Forest Office (FOO)", 60, size=18, font=BOLD), *paragraph(FORESTS, 100)],
    ]
    make_pdf(tmp_path / "land-2020.pdf", pages)
    make_pdf(tmp_path / "boats-2020.pdf", [paragraph(["Ferries carry barley and wool to the northern mills."], 100)])
    build_index([tmp_path], tmp_path / "index", WordEncoder)
    with open_index(tmp_path / "index") as index:
        assert with_evidence(who_covers(index, "barley and wool in forests", documents=["land"])) == []
        assert with_evidence(who_covers(index, "wolves in forests", documents=["land"]))[0].coverage == "covers"


REPORT = {
    "Winter": "The Oil Safety Board (OSB) sent money. The World Lamp Agency (WLA) counts wicks in lighthouses.",
    "Shore": "Barrels are weighed before they leave, as the Lamp Goals (LGs) demand.",
    "Roads": "Carts are mended in spring.",
    "Rivers": "Boats are tarred in autumn.",
    "Fields": "Barley is sown early.",
    "Woods": "Pines are felled late.",
}


def report_index(folder: Path) -> Path:
    """Index a paper whose sections are nobody's, published by a body that its text does not name."""
    cover = [
        Text("Coastal Council", 60, size=20, font=BOLD),
        Text("Progress on the northern coast", 120, size=16, font=BOLD),
        *paragraph(["This paper tells what was done."], 200),
    ]
    pages = [[Text(head, 60, size=14, font=BOLD), *paragraph([text], 100)] for head, text in REPORT.items()]
    make_pdf(folder / "coast-2020.pdf", [cover, *pages])
    build_index([folder / "coast-2020.pdf"], folder / "index", WordEncoder)
    return folder / "index"


def test_bodies_are_ranked_by_what_names_them_and_what_they_published(
    tmp_path: Path, word_encoder: WordEncoder
) -> None:
    with open_index(report_index(tmp_path)) as index:
        (hit,) = index.search("wicks in lighthouses", 1)
        covered = {item.organization.acronym: item for item in who_covers(index, "wicks in lighthouses")}
    assert hit.passage.organization is None
    assert {"OSB", "WLA"} == set(hit.mentions)
    assert {name: (item.coverage, item.through) for name, item in covered.items()} == {
        "WLA": ("covers", "mention"),
        "OSB": ("mentions", "mention"),
        "Coastal Council": ("mentions", "paper"),
    }
    assert covered["WLA"].score > covered["OSB"].score > covered["Coastal Council"].score
    shown = covered["OSB"].hits[0]
    assert "Oil Safety Board" in shown.passage.text[slice(*shown.highlight)], "the sentence that names it is shown"


def test_a_body_is_asked_for_by_any_name_and_never_taken_for_an_owner(
    tmp_path: Path, word_encoder: WordEncoder
) -> None:
    with open_index(report_index(tmp_path)) as index:
        assert index.directory.resolve("oil safety board") == ["OSB"]
        for name in ("WLA", "Coastal Council"):
            hits = index.search("wicks", organizations=[name])
            assert {hit.passage.organization for hit in hits} == {None}
        assert index.catalog.organizations() == []
        assert [(body.acronym, count) for body, count in index.catalog.bodies()] == [
            ("Coastal Council", 0), ("OSB", 1), ("WLA", 1),
        ]  # fmt: skip


def test_what_a_paper_shows_does_not_hang_on_what_else_is_indexed(
    paper_index: Path, tmp_path: Path, word_encoder: WordEncoder
) -> None:
    # Found by indexing an unrelated paper too: beside it every section of this one seemed to tell of every topic.
    lines = [f"Boat {number} carries barley to the mill, and its crew of {number} weigh it." for number in range(400)]
    pages = [
        [Text(f"Part {n}", 60, size=18, font=BOLD), *paragraph(lines[n * 20 : n * 20 + 20], 100)] for n in range(20)
    ]
    make_pdf(tmp_path / "boats-2020.pdf", pages)
    build_index([PAPER, tmp_path / "boats-2020.pdf"], tmp_path / "index", WordEncoder)
    topics = ["statelessness of refugees", "training of police officers", "removal of organs"]
    with open_index(paper_index) as alone, open_index(tmp_path / "index") as beside:
        for topic in topics:
            shown = [
                {item.organization.acronym for item in with_evidence(who_covers(index, topic))}
                for index in (alone, beside)
            ]
            assert shown[0]
            assert shown[1] == shown[0]


def parted_papers(folder: Path, count: int, bodies: int = 32) -> Path:
    """Index papers that are parted by organizations, of which the first of each counts lamps, beside another paper."""
    goods = ["barley", "pines", "carts", "wool", "salt", "bricks", "honey", "ropes"]
    for paper in range(count):
        pages = []
        for body in range(bodies):
            letters = f"{chr(65 + paper)}{chr(65 + body // 26)}{chr(65 + body % 26)}"
            text = f"It buys {goods[body % 8]} in town {body} and sells {goods[(body + paper) % 8]} in spring {paper}."
            text = f"It counts the lamps of lighthouses, all {paper} of them." if body == 0 else text
            head = Text(f"{goods[body % 8].title()} {letters.title()} Office ({letters})", 60, size=18, font=BOLD)
            pages.append([head, *paragraph([text], 100)])
        make_pdf(folder / f"trade{paper}-2020.pdf", pages)
    other = [
        [Text(f"Part {n}", 60, size=18, font=BOLD), *paragraph([f"Boats carry mail {n}."], 100)] for n in range(60)
    ]
    make_pdf(folder / "boats-2020.pdf", other)
    build_index([folder], folder / "index", WordEncoder)
    return folder / "index"


def test_of_many_papers_parted_by_organizations_few_are_ranked_again(
    tmp_path: Path, word_encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Found in an index of 5,000: each of 2,000 near papers was ranked in itself, which took minutes.
    with open_index(parted_papers(tmp_path, 5)) as index:
        ranked: list[str] = []
        search_edition = Index.search_edition

        def counted(self: Index, edition: Edition, *args: Any) -> list[Hit]:
            ranked.append(edition.id)
            return search_edition(self, edition, *args)

        monkeypatch.setattr(Index, "search_edition", counted)
        exact = who_covers(index, "lamps of lighthouses")
        assert len(ranked) == 5
        monkeypatch.setattr(locate, "WEIGHED", 2)
        ranked.clear()
        found = who_covers(index, "lamps of lighthouses")
        assert len(ranked) == 2
    covering = {item.organization.acronym for item in exact if item.coverage == "covers"}
    assert covering == {"AAA", "BAA", "CAA", "DAA", "EAA"}
    assert {item.organization.acronym for item in found if item.coverage == "covers"} == covering
    scores = {item.organization.acronym: item.score for item in exact}
    for item in found:
        if item.coverage != "none":
            assert item.score == pytest.approx(scores[item.organization.acronym], abs=0.05)


def test_papers_of_the_same_words_are_weighed_alike(
    tmp_path: Path, word_encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locate, "WEIGHED", 1)
    monkeypatch.setattr(locate, "LOOKED_AT", 3)  # one passage of each, all as near: no line goes through one point
    with open_index(parted_papers(tmp_path, 3)) as index:
        found = who_covers(index, "lamps of lighthouses")
    assert {item.organization.acronym for item in found if item.coverage == "covers"} == {"AAA", "BAA", "CAA"}
