"""Questions to the real paper, with an encoder that knows words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import Index, open_index
from pipeline.datatypes import Hit, Passage
from pipeline.datatypes.page import Document
from pipeline.errors import EncoderError, IndexDamaged, IndexMissing, QueryError
from pipeline.indexing.build import build_index
from tests.conftest import WordEncoder
from tests.papers import Text, make_pdf, paragraph

Paper = tuple[Document, list[Passage]]


@pytest.fixture
def index(paper_index: Path, word_encoder: WordEncoder) -> Iterator[Index]:
    with open_index(paper_index) as opened:
        yield opened


def ids(hits: list[Hit]) -> list[str]:
    return [hit.passage.id for hit in hits]


def owner(passage: Passage) -> str | None:
    return passage.organization.acronym if passage.organization else None


@pytest.mark.parametrize(
    ("query", "organization", "pages"),
    [
        ("Specialized Police Teams deployed in missions in Mali, DRC and Haiti", "DPKO", (8,)),
        ("airlines and cabin crew training guidelines", "ICAO", (11,)),
        ("Command and Coordination Centre in Lyon, Singapore and Buenos Aires", "INTERPOL", (14, 15)),
        ("adoption of the Forced Labour Convention in 1930", "ILO", (18,)),
        ("access to micro-financing and microenterprise activities", "UNDP", (38,)),
        ("applied research projects in the Czech Republic, Costa Rica and Nigeria", "UNICRI", (41,)),
        ("sexual and reproductive health services and counseling to survivors", "UNFPA", (46,)),
        ("concessional resources to Jordan and Lebanon", "World Bank", (48,)),
    ],
)
def test_a_known_question_is_cited_first(index: Index, query: str, organization: str, pages: tuple[int, ...]) -> None:
    hit = index.search(query, top_k=1)[0]
    assert (owner(hit.passage), hit.passage.pages) == (organization, pages)
    start = f"{organization}, icat-2018.pdf (2018), p"
    assert str(hit.passage.citation).startswith(start)


def test_the_words_of_a_paragraph_rank_it_first(index: Index, paper: Paper) -> None:
    long = [passage for passage in paper[1] if len(passage.text.split()) > 60]
    assert len(long) > 100
    first = [index.search(passage.text, top_k=1, mode="dense")[0].passage for passage in long]
    assert [(hit.id, hit.pages, hit.text) for hit in first] == [(p.id, p.pages, p.text) for p in long]
    # All signals together take half a second for a question of a hundred words, so not of every passage.
    some = long[::8]
    for mode in ("hybrid", "lexical"):
        assert [index.search(p.text, top_k=1, mode=mode)[0].passage.id for p in some] == [p.id for p in some]


@pytest.mark.parametrize("top_k", [1, 2, 7, 50, 10_000])
def test_ranks_count_from_one_and_scores_never_rise(index: Index, paper: Paper, top_k: int) -> None:
    hits = index.search("training of border guards", top_k)
    assert [hit.rank for hit in hits] == list(range(1, min(top_k, len(paper[1])) + 1))
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(-1.0001 <= score <= 1.0001 for score in scores)


def test_asking_for_too_many_gives_every_passage_once(index: Index, paper: Paper) -> None:
    hits = index.search("trafficking", top_k=10**9)
    assert sorted(ids(hits)) == sorted(passage.id for passage in paper[1])


def test_asking_for_fewer_gives_the_start_of_the_same_list(index: Index) -> None:
    everything = ids(index.search("protection of children in conflict", top_k=1000))
    for top_k in (1, 5, 20, 150):
        assert ids(index.search("protection of children in conflict", top_k)) == everything[:top_k]


@pytest.mark.parametrize("acronym", ["IOM", "UNICEF", "World Bank", "UN Women"])
def test_a_filter_narrows_before_the_ranking(index: Index, paper: Paper, acronym: str) -> None:
    expected = {passage.id for passage in paper[1] if owner(passage) == acronym}
    counted = {entry.organization.acronym: entry.passages for entry in index.catalog.organizations()}
    hits = index.search("cabin crew of airlines", top_k=100, organizations=[acronym])
    assert set(ids(hits)) == expected
    assert len(hits) == counted[acronym] == len(expected)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))


def test_several_organizations(index: Index) -> None:
    hits = index.search("cabin crew", top_k=1000, organizations=["iom", "UNFPA", "IOM"])
    assert {owner(hit.passage) for hit in hits} == {"IOM", "UNFPA"}
    alone = [len(index.search("cabin crew", 1000, organizations=[name])) for name in ("IOM", "UNFPA")]
    assert len(hits) == sum(alone)


def test_a_member_without_a_section_has_the_passages_that_name_it(index: Index) -> None:
    hits = index.search("education", organizations=["UNESCO"])
    assert hits
    assert all("UNESCO" in hit.mentions for hit in hits)
    both = index.search("education", 1000, organizations=["UNESCO", "ICAO"])
    owned = [hit for hit in both if hit.passage.organization and hit.passage.organization.acronym == "ICAO"]
    assert len(both) == len(hits) + len(owned) - sum("UNESCO" in hit.mentions for hit in owned)


@pytest.mark.parametrize("section", ["main activities", "MAIN ACTIVITIES", "ain Activ"])
def test_a_section_filter_looks_at_the_whole_path(index: Index, paper: Paper, section: str) -> None:
    expected = {p.id for p in paper[1] if any("Main Activities" in heading for heading in p.section)}
    assert len(expected) > 3
    assert set(ids(index.search("children", top_k=1000, section=section))) == expected


def test_a_page_filter_holds_passages_that_only_touch_the_page(index: Index, paper: Paper) -> None:
    for page in (1, 15, 35, 49):
        expected = {passage.id for passage in paper[1] if page in passage.pages}
        assert set(ids(index.search("children", top_k=1000, page=page))) == expected
    assert any(len(hit.passage.pages) == 2 for hit in index.search("children", top_k=1000, page=15))


def test_filters_add_up(index: Index) -> None:
    hits = index.search("children", 1000, organizations=["UNICEF"], section="prevention", page=35)
    assert hits
    for hit in hits:
        assert owner(hit.passage) == "UNICEF"
        assert 35 in hit.passage.pages
        assert any("prevention" in heading.lower() for heading in hit.passage.section)


@pytest.mark.parametrize(
    ("organizations", "section", "page"), [([], None, 50), ([], "no such heading", None), (["IOM"], None, 1)]
)
def test_filters_that_nothing_passes(
    index: Index, word_encoder: WordEncoder, organizations: list[str], section: str | None, page: int | None
) -> None:
    assert index.search("children", 5, organizations=organizations, section=section, page=page) == []
    assert word_encoder.encoded == []


def test_the_highlight_is_the_sentence_that_was_asked_for(index: Index, paper: Paper) -> None:
    tried = 0
    for passage in paper[1]:
        for start, end in passage.sentences:
            sentence = passage.text[start:end]
            if len(passage.sentences) < 2 or sum(len(word) > 3 for word in sentence.split()) < 10:
                continue
            for mode in ("dense", "hybrid")[: 1 + (tried % 15 == 0)]:  # all signals together take their time
                hits = index.search(sentence, top_k=1000, page=passage.pages[0], mode=mode)
                own = next(hit for hit in hits if hit.passage.id == passage.id)
                assert own.highlight == (start, end), passage.id
            tried += 1
    assert tried > 300


def test_every_highlight_is_a_sentence_of_its_passage(index: Index) -> None:
    for query in ("children", "zzz qqq", "legal assistance and training for judges"):
        for hit in index.search(query, top_k=1000):
            assert hit.highlight in hit.passage.sentences
            start, end = hit.highlight
            assert 0 <= start < end <= len(hit.passage.text)


@pytest.mark.parametrize("query", ["", " ", "\n\t", "\u00a0\u2003"])
def test_an_empty_question_is_an_error(index: Index, query: str) -> None:
    with pytest.raises(QueryError, match="the question is empty"):
        index.search(query)


@pytest.mark.parametrize("top_k", [0, -1])
def test_top_k_is_at_least_one(index: Index, top_k: int) -> None:
    with pytest.raises(QueryError, match=f"-k must be 1 or more, not {top_k}"):
        index.search("children", top_k)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.text(min_size=1).filter(lambda text: bool(text.strip())),
    top_k=st.integers(1, 400),
    page=st.none() | st.integers(1, 60),
    mode=st.sampled_from(["hybrid", "dense", "lexical"]),
)
def test_any_question_gets_as_many_hits_as_there_are(
    index: Index, paper: Paper, query: str, top_k: int, page: int | None, mode: str
) -> None:
    hits = index.search(query, top_k, page=page, mode=mode)
    available = [passage for passage in paper[1] if page is None or page in passage.pages]
    assert len(hits) == len(set(ids(hits))) == min(top_k, len(available))
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))


def test_another_model_is_an_error_that_names_both(paper_index: Path, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    with open_index(paper_index, model=str(tmp_path)) as index, pytest.raises(EncoderError) as caught:
        index.search("children")
    assert "the index was built with words" in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_no_model_is_loaded_to_open_an_index_or_refuse_a_question(paper_index: Path) -> None:
    with open_index(paper_index) as index, pytest.raises(QueryError, match="did you mean IOM"):
        index.search("children", organizations=["IMO"])


def test_no_index(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="build it: mandates ingest"):
        open_index(tmp_path)


def test_vectors_that_do_not_match_the_passages_are_damage(
    tmp_path: Path, word_encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = make_pdf(tmp_path / "sea-2020.pdf", [paragraph(["Keepers are trained to help children."], 100)])
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.indexing.build._counts", lambda reading, sentences: {"passages": 2, "sentences": 1})
        build_index([paper], tmp_path / "index", WordEncoder)
    with pytest.raises(IndexDamaged, match="vectors and passages do not match"):
        open_index(tmp_path / "index")


def test_an_open_index_answers_from_its_generation_while_others_are_built(
    tmp_path: Path, word_encoder: WordEncoder
) -> None:
    old = make_pdf(tmp_path / "old-2020.pdf", [paragraph(["Keepers are trained to help children."], 100)])
    new = make_pdf(tmp_path / "new-2021.pdf", [paragraph(["Inspectors count herring boats."], 100)])
    build_index([old], tmp_path / "index", WordEncoder)
    with open_index(tmp_path / "index") as index:
        for _ in range(3):
            build_index([new], tmp_path / "index", WordEncoder)
        assert [hit.passage.edition.id for hit in index.search("children")] == ["old/2020"]
    with open_index(tmp_path / "index") as index:
        assert [hit.passage.edition.id for hit in index.search("children")] == ["new/2021"]


def test_the_same_words_in_two_editions_are_two_hits(tmp_path: Path, word_encoder: WordEncoder) -> None:
    for year in (2020, 2021):
        make_pdf(
            tmp_path / f"sea-{year}.pdf",
            [[*paragraph(["Keepers are trained to help children."], 100), Text(f"Harbour {year}.", 300)]],
        )
    build_index([tmp_path], tmp_path / "index", WordEncoder)
    with open_index(tmp_path / "index") as index:
        cited = [str(hit.passage.citation) for hit in index.search("children", edition="all")]
    assert cited == ["sea-2020.pdf (2020), p. 1", "sea-2021.pdf (2021), p. 1"]


def test_a_question_is_encoded_once_however_it_is_narrowed(index: Index, word_encoder: WordEncoder) -> None:
    index.ask("who trains cabin crew?")
    encoded = len(word_encoder.encoded)
    assert index.ask("who trains cabin crew?", 3, organizations=["ICAO"]).hits[0].passage.pages == (11,)
    index.search("who trains cabin crew?", 50, "dense")
    assert len(word_encoder.encoded) == encoded
    index.ask("who trains border guards?")
    assert len(word_encoder.encoded) > encoded
