"""What every store must do: the same assertions on a folder and on Milvus Lite."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.comparing.changes import EditionDiff
from pipeline.datatypes import Hit
from pipeline.datatypes.report import BuildReport
from pipeline.errors import IndexBusy, IndexMissing, IndexNotWritable, QueryError
from pipeline.indexing import nearest
from pipeline.indexing.build import build_index
from pipeline.indexing.forget import forget
from pipeline.indexing.gather import DEFAULTS, Options
from pipeline.indexing.stores import Store
from pipeline.indexing.verify_papers import verify_papers
from pipeline.scaling.stores import open_store
from pipeline.searching.editions import diff_editions
from pipeline.searching.locate import who_covers
from pipeline.searching.search import Index, open_index
from pipeline.serving.current import CurrentIndex
from tests.conftest import WordEncoder
from tests.indexing.editions import BUA, IFO, QUESTIONS, WLA, make_edition
from tests.indexing.readers import NUMBER

KINDS = ["faiss:{}/index", "milvus:{}/index.db"]
CHANGED = (IFO[0], "The office counts herring boats each autumn.", "It asks the Wave Watch Union (WWU) for help.")


@pytest.fixture(params=KINDS, ids=["folder", "milvus"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return open_store(str(request.param).format(tmp_path))


def ingest(place: Store, papers: Path, options: Options = DEFAULTS) -> BuildReport:
    return build_index([papers], place, WordEncoder, options)


@contextmanager
def opened(place: Store) -> Iterator[Index]:
    with open_index(place) as index:
        index._encoder = WordEncoder()
        yield index


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """Two editions of a paper, and another paper with a section and a name that the first has too."""
    make_edition(tmp_path / "papers" / "sea-2018.pdf", IFO, WLA)
    make_edition(tmp_path / "papers" / "sea-2021.pdf", CHANGED, WLA)
    make_edition(tmp_path / "papers" / "land-2020.pdf", BUA, (WLA[0], "The agency mends 50% of road_signs."))
    return tmp_path / "papers"


@pytest.fixture
def full(place: Store, papers: Path) -> Store:
    """The store with all papers."""
    ingest(place, papers)
    return place


def texts(hits: list[Hit]) -> list[str]:
    return [hit.passage.text for hit in hits]


def numbers(index: Index) -> set[str]:
    """The numbers that the passages of several answers and a page say they are of, see ``tests.indexing.readers``."""
    found = [hit.passage.text for question in QUESTIONS for hit in index.search(question, 10)]
    assert len(found) == 3 * len(QUESTIONS)
    page = index.catalog.page(index.catalog.editions()[0], 1)
    assert page
    return {NUMBER.findall(text)[0] for text in [*found, page.text]}


def publish_number(place: Store, papers: Path, number: int) -> None:
    make_edition(papers, *((heading, text, f"It is number {number}.") for heading, text in (IFO, WLA, BUA)))
    ingest(place, papers)


def test_a_question_gets_its_passage_with_all_that_is_known_of_it(full: Store) -> None:
    with opened(full) as index:
        answer = index.ask("who counts herring boats?")
        first = answer.hits[0].passage
    assert first.text.startswith("The office counts herring boats each autumn.")
    assert str(first.citation) == "IFO, sea-2021.pdf (2021), p. 1"
    assert first.section == (IFO[0],)
    assert first.organization is not None
    assert first.organization.name == "International Fishing Office"
    assert first.boxes
    assert first.sentences
    assert answer.answered


FILTERS: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {"herring", "foghorns", "umbrellas", "signs"}),
    ({"organizations": ["WLA"]}, {"foghorns", "signs"}),
    ({"organizations": ["World Lighthouse Agency"], "documents": ["sea"]}, {"foghorns"}),
    ({"organizations": ["IFO", "BUA"]}, {"herring", "umbrellas"}),
    ({"section": "UMBRELLA"}, {"umbrellas"}),
    ({"section": "%"}, set()),
    ({"section": "World_Lighthouse"}, set()),
    ({"section": 'say "boo"'}, set()),
    ({"page": 2}, {"foghorns", "signs"}),
    ({"page": 7}, set()),
    ({"documents": ["land"]}, {"umbrellas", "signs"}),
    ({"edition": "2018"}, {"herring", "foghorns"}),
    ({"edition": "all", "organizations": ["IFO"]}, {"herring"}),
    ({"organizations": ["WWU"]}, {"herring"}),  # which owns no section, and is named
]


def test_filters_narrow_before_ranking(full: Store) -> None:
    question = "who does what?"
    with opened(full) as index:
        for filters, words in FILTERS:
            found = texts(index.search(question, 20, **filters))
            assert {word for word in ("herring", "foghorns", "umbrellas", "signs") if word in str(found)} == words, (
                filters
            )
            assert len(found) == len(set(found)) or filters.get("edition") == "all"
        both = index.search(question, 20, edition="all", organizations=["IFO"])
        assert {hit.passage.edition.label for hit in both} == {"2018", "2021"}
        with pytest.raises(QueryError, match="no organization is called 'XYZ'"):
            index.search(question, organizations=["XYZ"])


def test_misspelt_words_find_what_is_meant(full: Store) -> None:
    with opened(full) as index:
        assert "umbrellas" in texts(index.search("umbrelas", 1, mode="lexical"))[0]
        assert index._files.words.nearest("hering", 0.8) == "herring"
        assert index._files.words.nearest("quicksilver", 0.8) is None
        assert not index._files.words.holds("quicksilver")


def test_who_covers_a_topic(full: Store) -> None:
    with opened(full) as index:
        covered = who_covers(index, "herring boats")
    assert (covered[0].organization.acronym, covered[0].coverage) == ("IFO", "covers")
    assert [item.coverage for item in covered if item.organization.acronym == "BUA"] == ["none"]


def test_what_changed_between_editions(full: Store) -> None:
    with opened(full) as index:
        diff: EditionDiff = diff_editions(index, "sea/2018", "sea/2021")
        assert diff_editions(index, "sea/2018", "sea/2021", "WLA").is_same
    assert not diff.is_same
    assert "autumn" in str(diff.parts)


def test_everything_else_that_is_kept(full: Store) -> None:
    with opened(full) as index:
        catalog = index.catalog
        (sea,) = (item for item in catalog.editions() if item.id == "sea/2021")
        passages = catalog.passages_of(sea)
        assert [passage.pages for passage in passages] == [(1,), (2,)]
        assert catalog.passage(passages[1].id) == passages[1]
        assert catalog.passage("sea/2021/99/0") is None
        assert catalog.passages([catalog.row(passages[1].id)]) == [passages[1]]
        page = catalog.page(sea, 2)
        assert page is not None
        assert "foghorns" in page.text
        assert catalog.page(sea, 3) is None
        assert catalog.summary(sea)[:4] == (2, 2, 2, 2)
        assert [entry.path for entry in catalog.sections() if entry.edition == "sea/2021"] == [(IFO[0],), (WLA[0],)]
        assert [body.organization.acronym for body in catalog.bodies()] == ["WWU"]
        assert list(catalog.mentions([catalog.row(passages[0].id)]).values()) == [("WWU",)]
        assert [item.full for item in catalog.definitions(["wwu"])] == ["Wave Watch Union"]
        assert index.best_sentence(passages[0], "the Wave Watch Union helps")[0] > 0


def test_an_ingest_does_only_what_is_new(full: Store, papers: Path) -> None:
    assert not ingest(full, papers).published
    make_edition(papers / "sky-2022.pdf", ("Cloud Counting Centre (CCC)", "The centre names every cloud."))
    report = ingest(full, papers)
    # Of the new paper a passage and its sentence.
    assert (report.computed, report.reused) == (2, report.passages + report.sentences - 2)
    assert {item.edition.id: item.status for item in report.editions}["sea/2021"] == "unchanged"
    with opened(full) as index:
        assert "cloud" in texts(index.search("who names clouds?"))[0]
        assert "herring" in texts(index.search("who counts herring boats?"))[0]
    assert full.verify().damage == ()


def test_back_to_the_generation_before(full: Store, papers: Path) -> None:
    (papers / "land-2020.pdf").unlink()
    ingest(full, papers)
    assert {edition.id for edition in full.roll_back().editions} == {"land/2020", "sea/2018", "sea/2021"}
    with opened(full) as index:
        assert "umbrellas" in texts(index.search("who lends umbrellas?"))[0]
    with pytest.raises(IndexMissing, match="no generation before"):
        full.roll_back()


def test_garbage_is_collected(full: Store, papers: Path) -> None:
    (papers / "land-2020.pdf").unlink()
    ingest(full, papers)
    assert len(full.verify().checked) == 2
    assert full.collect_garbage()
    assert len(full.verify().checked) == 1
    assert full.rubbish() == []
    with pytest.raises(IndexMissing):
        full.roll_back()


def test_what_is_forgotten_is_in_no_generation(full: Store, papers: Path) -> None:
    ingest(full, papers, replace(DEFAULTS, fresh=True))
    assert [edition.id for edition in forget(full, "sea", "2018")] == ["sea/2018"]
    assert len(full.verify().checked) == 1
    with opened(full) as index:
        assert {edition.id for edition in index.catalog.editions()} == {"land/2020", "sea/2021"}
        assert "herring" in texts(index.search("who counts herring boats?"))[0]
    with pytest.raises(QueryError, match="does not hold spy"):
        forget(full, "spy")
    forget(full, "sea")
    forget(full, "land")
    with pytest.raises(IndexMissing):
        full.current()


def test_all_is_checked(full: Store, papers: Path) -> None:
    found = full.verify()
    assert found.damage == ()
    assert "6 passages, 7 sentences" in found.checked[0]
    assert len(verify_papers(full, [papers]).checked) == 3
    make_edition(papers / "sea-2021.pdf", IFO)
    assert any("is not there" in line for line in verify_papers(full, [papers]).checked)


def test_no_index_yet(place: Store, tmp_path: Path) -> None:
    calls: list[Callable[[], object]] = [
        place.current, place.roll_back, place.collect_garbage, place.verify, lambda: open_index(place),
        lambda: forget(place, "sea"),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(IndexMissing, match="mandates ingest"):
            call()
    assert list(tmp_path.iterdir()) == [], "nothing is made where nothing was"
    assert place.current_model() is None


def test_a_failed_build_leaves_all_as_it_was(full: Store, papers: Path) -> None:
    before, manifest = full.current(), full.open_current(lambda opened: opened.manifest)

    def fail(draft: Path) -> None:
        (draft / "half").write_text("half")
        raise OSError(28, "No space left on device")

    with full.writing(), pytest.raises(IndexNotWritable, match="No space left"):
        full.publish(fail, manifest.encoder, manifest.foreign, manifest.editions, manifest.counts)
    assert full.current() == before
    assert full.rubbish() == []
    assert full.verify().damage == ()


def test_one_writer_at_a_time(full: Store) -> None:
    with full.writing(), pytest.raises(IndexBusy, match="another ingest is writing"), full.writing():
        pass
    with full.writing():
        pass


def test_a_server_follows_the_current_generation(place: Store, tmp_path: Path, word_encoder: WordEncoder) -> None:
    paper = tmp_path / "papers" / "sea-2020.pdf"
    publish_number(place, paper, 1)
    current = CurrentIndex(place)
    with current.use() as held:
        publish_number(place, paper, 2)
        assert numbers(held.index) == {"1"}
        with current.use() as newer:
            assert numbers(newer.index) == {"2"}
        assert numbers(held.index) == {"1"}
    current.close()


def test_no_answer_is_of_two_generations(place: Store, tmp_path: Path) -> None:
    paper = tmp_path / "papers" / "sea-2020.pdf"
    publish_number(place, paper, 0)
    seen: list[set[str]] = []
    errors: list[str] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                with opened(place) as index:
                    seen.append(numbers(index))
            except IndexBusy:  # two publications while it asked: it is told so, and asks again
                continue
            except Exception as error:  # noqa: BLE001 - all are told
                errors.append(repr(error))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(1, 5):
        publish_number(place, paper, number)
    done.set()
    for reader in readers:
        reader.join()
    assert errors == []
    assert all(len(found) == 1 for found in seen)
    assert len({*map(str, seen)}) >= 2, "several generations were read"


def test_both_stores_give_the_same(tmp_path: Path, papers: Path) -> None:
    found = []
    for kind in KINDS:
        place = open_store(kind.format(tmp_path))
        ingest(place, papers)
        with opened(place) as index:
            hits = [asdict(hit) for question in QUESTIONS for hit in index.search(question, 10, edition="all")]
        scores = [hit.pop("score") for hit in hits]
        signals = [list(hit.pop("signals").values()) for hit in hits]
        found.append((hits, scores, signals))
    (folder, scores, signals), (milvus, other_scores, other_signals) = found
    assert folder == milvus
    np.testing.assert_allclose(other_scores, scores, atol=1e-4)
    np.testing.assert_allclose(other_signals, signals, atol=2e-3)


def test_many_passages_are_proposed_not_compared(place: Store, papers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ranking does with a million passages, by bounds that six exceed; and compact token vectors."""
    monkeypatch.setattr("pipeline.indexing.build.MANY", 2)
    monkeypatch.setattr("pipeline.searching.rank.CANDIDATES", 1)
    monkeypatch.setattr("pipeline.searching.rank.FILTERED", 1)
    monkeypatch.setattr("pipeline.searching.rank.EXHAUSTIVE", 1)
    monkeypatch.setattr("pipeline.scaling.milvus_files.LISTED", 1)
    ingest(place, papers)
    assert nearest.MANY > 6
    with opened(place) as index:
        assert "herring" in texts(index.search("who counts herring boats?", 1))[0]
        assert texts(index.search("who mends signs?", 1, organizations=["WLA"])) == [
            "The agency mends 50% of road_signs."
        ]
        assert len(index.search("who does what?", 20)) == 4
    ingest(place, papers, replace(DEFAULTS, fresh=True))
    assert full_reuse(place, papers)


def full_reuse(place: Store, papers: Path) -> bool:
    """Tell whether compact vectors are taken over as they are."""
    make_edition(papers / "sky-2022.pdf", ("Cloud Counting Centre (CCC)", "The centre names every cloud."))
    return ingest(place, papers).computed == 2
