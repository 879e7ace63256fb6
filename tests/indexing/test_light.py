"""Texts get the same vectors without torch as with it, and nothing heavy is imported for them."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from pipeline.datatypes import Passage
from pipeline.datatypes.page import Document
from pipeline.errors import EncoderError
from pipeline.indexing import bert16
from pipeline.indexing.encode import SentenceTransformerEncoder, load_encoder
from pipeline.indexing.light import LightEncoder, can_encode, part_batches
from pipeline.indexing.models import DEFAULT_MODEL, MINILM
from tests.tiny_models import PROMPTS, REVISION, hub_cache, with_torch

ROOT = Path(__file__).parent.parent.parent
DATA = Path(__file__).parent.parent / "data"
QUESTIONS = DATA / "questions.jsonl"
COSINE = 0.9999
FORBIDDEN = ["torch", "transformers", "sentence_transformers", "scipy", "faiss", "pdfplumber"]
ODD = [
    "", " ", "\x00\x01",
    "é\u0301 \u202eabc", "🚤👩\u200d👧", "中文 العربية Кто", "\ufeff", "\n\n", "lamps \udcff", "<s> [CLS] x",
    "x" * 300, "Who rescues children at sea? " * 200,
]  # fmt: skip


def check(name: str, texts: list[str]) -> None:
    """Compare both encoders of one model by their cosines."""
    import torch

    torch.set_num_threads(1)  # two that wait for each other on a busy machine take many times as long
    light, full = load_encoder(name), with_torch(name)
    assert isinstance(light, LightEncoder)
    assert light.info == full.info
    for is_query in (True, False):
        vectors, tokens = light.encode_tokens(texts, is_query=is_query)
        expected, expected_tokens = full.encode_tokens(texts, is_query=is_query)
        assert (vectors.shape, str(vectors.dtype)) == (expected.shape, "float32")
        assert (vectors * expected).sum(axis=1).min() >= COSINE
        for text, found, wanted in zip(texts, tokens, expected_tokens, strict=True):
            assert (found.shape, str(found.dtype)) == (wanted.shape, "float32"), repr(text)
            assert (found * wanted).sum(axis=1).min() >= COSINE, repr(text)
        np.testing.assert_array_equal(light.encode(texts, is_query=is_query), vectors)


@pytest.mark.parametrize("name", [DEFAULT_MODEL, MINILM])
def test_the_packaged_models(name: str, paper: tuple[Document, list[Passage]]) -> None:
    sentences = [passage.text[start:end] for passage in paper[1] for start, end in passage.sentences]
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    questions = [str(json.loads(line)["question"]) for line in lines]
    count = 200 - len(questions) - len(ODD)
    check(name, [*sorted(sentences, key=lambda text: abs(len(text) - 50))[:count], *questions, *ODD])


def processor(folder: Path, units: str) -> Path:
    """What Linux tells of a processor."""
    file = folder / "cpuinfo"
    file.write_text(f"processor\t: 0\nflags\t\t: fpu vme avx2 {units} amx_tile\n", encoding="utf-8")
    return file


TEXTS = ["who helps children?", "guards", "count the lamps of the guards", *ODD]


def test_a_model_with_prompts_and_one_without(tiny: Path, other: Path) -> None:
    check(str(tiny), TEXTS)
    check(str(other), TEXTS)


def test_prompts_that_a_model_of_the_hub_does_not_bring_along(hub: Path, other: Path) -> None:
    hub_cache(hub, "intfloat/multilingual-e5-large", REVISION, other)
    check("intfloat/multilingual-e5-large", TEXTS)


Change = Callable[[Path], None]


def setting(file: str, **values: Any) -> Change:
    """Change a configuration file; None takes an entry away."""

    def change(folder: Path) -> None:
        path = folder / file
        found = {**json.loads(path.read_text()), **values}
        path.write_text(json.dumps({name: value for name, value in found.items() if value is not None}))

    return change


def half(folder: Path) -> None:
    weights = {name: tensor.astype(np.float16) for name, tensor in load_file(folder / "model.safetensors").items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    setting("config.json", dtype="float16")(folder)


@pytest.mark.parametrize(
    "change",
    [
        setting("1_Pooling/config.json", pooling_mode="cls"),
        setting("1_Pooling/config.json", pooling_mode=None, pooling_mode_cls_token=True),
        setting("1_Pooling/config.json", pooling_mode=["mean"]),
        setting("sentence_bert_config.json", max_seq_length=10),
        setting("config_sentence_transformers.json", prompts={"query": "who : "}),
        half,
    ],
)
def test_what_configurations_may_say(tiny: Path, tmp_path: Path, change: Change) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny, folder)
    change(folder)
    check(str(folder), TEXTS)


def dense(folder: Path) -> None:
    modules = json.loads((folder / "modules.json").read_text())
    modules.append({"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"})
    (folder / "modules.json").write_text(json.dumps(modules))


def remove(file: str) -> Change:
    return lambda folder: (folder / file).unlink()


@pytest.mark.parametrize(
    "change",
    [
        setting("config.json", model_type="roberta"),
        setting("1_Pooling/config.json", pooling_mode="max"),
        setting("1_Pooling/config.json", pooling_mode=["mean", "cls"]),
        setting("1_Pooling/config.json", include_prompt=False),
        setting("sentence_bert_config.json", do_lower_case=True),
        setting("sentence_bert_config.json", query_length=32),
        setting("tokenizer_config.json", do_lower_case=False),
        setting("tokenizer_config.json", tokenizer_class="BertJapaneseTokenizer"),
        setting("config_sentence_transformers.json", prompts={}, default_prompt_name="query"),
        dense,
        remove("modules.json"),
        remove("tokenizer.json"),
        remove("model.safetensors"),
        remove("1_Pooling/config.json"),
    ],
)
def test_what_is_not_done_here_is_refused(tiny: Path, tmp_path: Path, change: Change) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny, folder)
    assert can_encode(folder)
    change(folder)
    assert not can_encode(folder)


def test_another_model_is_left_to_sentence_transformers(
    tiny: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny, folder)
    setting("1_Pooling/config.json", pooling_mode="max")(folder)
    with caplog.at_level(logging.WARNING, logger="pipeline"):
        encoder = load_encoder(str(folder))
    assert isinstance(encoder, SentenceTransformerEncoder)
    note = f"{folder / '1_Pooling'}: needs sentence-transformers (pooling ['max'])"
    assert [record.message for record in caplog.records] == [f"{note}: loading it, which takes some seconds"]


def test_weights_of_another_model_are_refused(tiny: Path, other: Path) -> None:
    with pytest.raises(EncoderError, match="holds other weights"):
        load_encoder(str(other), expected=load_encoder(str(tiny)).info)


@pytest.mark.parametrize("units", ["", "avx512_bf16"])
def test_vectors_do_not_depend_on_the_number_of_cores(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, units: str
) -> None:
    monkeypatch.setattr(bert16, "PROCESSOR", processor(tmp_path, units))
    texts = [f"who counts {number} lamps?" * (1 + number % 7) for number in range(300)]
    encoder = load_encoder(str(tiny), for_many=True)
    found = []
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    for cores in (1, 3):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, cores=cores: range(cores), raising=False)
        found.append(encoder.encode(texts, is_query=False))
    np.testing.assert_array_equal(found[0], found[1])


@pytest.mark.parametrize("name", [DEFAULT_MODEL, MINILM])
def test_many_texts_by_products_of_16_bits(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [*ODD[:-1], *(str(json.loads(line)["question"]) for line in QUESTIONS.read_text("utf-8").splitlines())]
    exact = load_encoder(name)
    monkeypatch.setattr(bert16, "PROCESSOR", processor(tmp_path, "avx512_bf16"))
    rounded = load_encoder(name, for_many=True)
    assert rounded.info == exact.info
    vectors, tokens = exact.encode_tokens(texts, is_query=False)
    found, found_tokens = rounded.encode_tokens(texts, is_query=False)
    assert COSINE <= (vectors * found).sum(axis=1).min() < 1 - 1e-6  # so they were rounded
    # In a batch of its own a text's product had another shape, and rounded otherwise: a cosine of 0.99999.
    assert rounded.encode(texts[-1:], is_query=False)[0] @ found[-1] >= 0.999999
    assert [rows.shape for rows in found_tokens] == [rows.shape for rows in tokens]
    assert (np.concatenate(tokens) * np.concatenate(found_tokens)).sum(axis=1).min() >= 0.9995


def test_a_question_is_never_rounded(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (expected,) = load_encoder(str(tiny)).encode(["who counts lamps?"], is_query=True)
    monkeypatch.setattr(bert16, "PROCESSOR", processor(tmp_path, "avx512_bf16"))
    for for_many in (False, True):  # eval --beir asks by the encoder of its passages: each question took 250 ms
        encoder = load_encoder(str(tiny), for_many=for_many)
        np.testing.assert_array_equal(encoder.encode(["who counts lamps?"], is_query=True)[0], expected)


def test_batches_hold_every_text_once_and_few_tokens() -> None:
    lengths = [5, 300, 1200, 7, 900, 124]
    assert part_batches(lengths) == [[2], [4], [1, 5, 3, 0]]
    assert part_batches([]) == []


def test_no_texts_give_no_rows_and_progress_counts_all(tiny: Path) -> None:
    encoder = load_encoder(str(tiny))
    vectors, tokens = encoder.encode_tokens([], is_query=True)
    assert (vectors.shape, tokens) == ((0, 16), [])
    steps: list[int] = []
    encoder.encode(["lamps", "boats"], is_query=True, progress=steps.append)
    assert sum(steps) == 2


def test_weights_that_are_not_numbers(tiny: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny, folder)
    weights = {name: tensor * np.nan for name, tensor in load_file(folder / "model.safetensors").items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EncoderError, match="not numbers"):
        load_encoder(str(folder)).encode(["lamps"], is_query=True)


SCRIPT = """
import sys
from pipeline.indexing.encode import load_encoder

load_encoder(sys.argv[1]).encode_tokens(["who trains cabin crew?"], is_query=True)
print(*sys.modules)
"""


@pytest.mark.parametrize("name", [DEFAULT_MODEL, MINILM])
def test_nothing_heavy_is_imported(name: str, tmp_path: Path) -> None:
    # Without the site's own start-up files: those of an editable installation import much.
    paths = os.pathsep.join([str(ROOT), *(path for path in sys.path if "site-packages" in path)])
    done = subprocess.run(
        [sys.executable, "-S", "-c", SCRIPT, name],
        env={**os.environ, "PYTHONPATH": paths},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert {"numpy", "pipeline.indexing.light"} <= loaded
    assert not loaded & set(FORBIDDEN)
    assert PROMPTS["query"] not in done.stderr
    assert not ("tokenizers" in loaded and name == DEFAULT_MODEL)
