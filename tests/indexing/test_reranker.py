"""What any cross-encoder of sentence-transformers gives, with tiny ones made here; and what is none."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.errors import EncoderError
from pipeline.indexing.encode import CROSS_ENCODERS, CrossEncoderReranker, Reranker, load_reranker
from pipeline.indexing.models import MINILM
from tests.tiny_models import REVISION, hub_cache, make_cross_encoder, make_lamp_lover

if TYPE_CHECKING:
    import numpy.typing as npt

ROOT = Path(__file__).parents[2]
TEXTS = ["guards count boats", "lamps", "children and boats and lamps", "the guards train the children of the guards"]


@pytest.fixture(scope="module")
def random(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cross_encoder(tmp_path_factory.mktemp("cross") / "random", 1)


@pytest.fixture(scope="module")
def lamps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_lamp_lover(tmp_path_factory.mktemp("cross") / "lamps")


@pytest.fixture(scope="module")
def reranker(random: Path) -> Reranker:
    return load_reranker(str(random))


def plain(folder: Path, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float32]:
    """What the library gives for pairs one by one, with the activation that it takes by itself."""
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(str(folder), device="cpu")
    return np.array([float(model.predict([pair], show_progress_bar=False)[0]) for pair in pairs])


def sigmoid(logits: Sequence[float]) -> npt.NDArray[np.float64]:
    found: npt.NDArray[np.float64] = 1 / (1 + np.exp(-np.array(logits)))
    return found


def test_scores_are_logits_in_the_order_of_the_texts(random: Path, reranker: Reranker) -> None:
    expected = plain(random, [("who helps children?", text) for text in TEXTS])
    assert len({round(float(value), 3) for value in expected}) == len(TEXTS)
    np.testing.assert_allclose(sigmoid(reranker.score("who helps children?", TEXTS)), expected, atol=1e-5)


def test_question_and_text_have_their_places(random: Path, reranker: Reranker) -> None:
    swapped = plain(random, [(text, "who helps children?") for text in TEXTS])
    assert np.abs(sigmoid(reranker.score("who helps children?", TEXTS)) - swapped).max() > 0.05


def test_scores_do_not_depend_on_the_other_texts_of_a_batch(reranker: Reranker) -> None:
    texts = [" ".join(TEXTS[number % 4].split()[: 1 + number % 5]) for number in range(80)]
    together = reranker.score("guards", texts)
    for number in range(0, 80, 7):
        assert reranker.score("guards", [texts[number]])[0] == pytest.approx(together[number], abs=1e-5)


def test_a_model_may_like_lamps(lamps: Path) -> None:
    reranker = load_reranker(str(lamps))
    scores = reranker.score("who helps?", ["boats boats boats", "lamps boats boats", "lamps lamps boats", "lamps " * 3])
    assert scores == sorted(scores)
    assert scores[0] < -0.5 < 0.5 < scores[-1]
    assert all(later - earlier > 0.1 for earlier, later in pairwise(scores))


@pytest.mark.parametrize("activation", ["torch.nn.modules.linear.Identity", "torch.nn.modules.activation.Sigmoid"])
def test_the_activation_of_a_saved_model_changes_nothing(
    random: Path, reranker: Reranker, tmp_path: Path, activation: str
) -> None:
    from sentence_transformers import CrossEncoder
    from torch import nn

    function = nn.Identity() if activation.endswith("Identity") else nn.Sigmoid()
    CrossEncoder(str(random), device="cpu", activation_fn=function).save(str(tmp_path / "saved"))
    described = json.loads((tmp_path / "saved" / "config_sentence_transformers.json").read_text())
    assert (described["model_type"], described["activation_fn"]) == ("CrossEncoder", activation)
    found = load_reranker(str(tmp_path / "saved")).score("guards", TEXTS)
    assert found == pytest.approx(reranker.score("guards", TEXTS), abs=1e-5)


@pytest.mark.parametrize(
    "text",
    ["", " ", "lamps " * 5000, "x" * 10_000, "é\u0301 \u202eabc", "🚤👩‍👧", "\x00\x01", "中文", "\n", "half \udcff"],
)
def test_odd_texts_are_scored(reranker: Reranker, text: str) -> None:
    assert all(map(np.isfinite, reranker.score(text, [text, "lamps"])))


def test_no_texts_have_no_scores(reranker: Reranker) -> None:
    assert reranker.score("who?", []) == []


def test_a_reranker_tells_its_name(random: Path, reranker: Reranker) -> None:
    assert reranker.name == str(random)


def test_scores_that_are_not_numbers_are_an_error(random: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = load_reranker(str(random))
    assert isinstance(broken, CrossEncoderReranker)
    monkeypatch.setattr(broken._model, "predict", lambda pairs, **options: np.array([1, np.nan]))
    with pytest.raises(EncoderError, match="scores that are not numbers"):
        broken.score("lamps", ["a", "b"])


# --- what cannot be had, and what is no cross-encoder


def test_a_reranker_of_the_hub_cache_is_used(hub: Path, random: Path, reranker: Reranker) -> None:
    hub_cache(hub, "acme/reranker", REVISION, random)
    found = load_reranker("acme/reranker")
    assert found.name == "acme/reranker"
    assert found.score("guards", TEXTS) == reranker.score("guards", TEXTS)


@pytest.mark.parametrize("name", ["cross-encoder/ms-marco-MiniLM-L6-v2", "tiny"])
def test_a_hub_that_does_not_answer_is_one_line(hub: Path, name: str) -> None:
    with pytest.raises(EncoderError) as caught:
        load_reranker(name)
    assert str(caught.value) == (
        f"model {name} is not on this machine and the hub did not give it (no route to the hub for {name});"
        " give a folder with --rerank, or connect once"
    )


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="no such model folder"):
        load_reranker(str(tmp_path / "nowhere"))


def refused(folder: Path | str) -> str:
    with pytest.raises(EncoderError) as caught:
        load_reranker(str(folder))
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(f"; {CROSS_ENCODERS}")
    return str(caught.value).removesuffix(f"; {CROSS_ENCODERS}")


def test_a_sentence_encoder_is_no_cross_encoder(tiny: Path) -> None:
    # The library would load it all the same, and score by random weights.
    assert refused(tiny) == f"{tiny}: not a cross-encoder"
    assert refused(MINILM).endswith("model: not a cross-encoder")
    assert refused(tiny.parent / "bert") == f"{tiny.parent / 'bert'}: not a cross-encoder"


@pytest.mark.parametrize("labels", [2, 3])
def test_a_model_of_several_labels_is_no_reranker(tmp_path: Path, labels: int) -> None:
    folder = make_cross_encoder(tmp_path / "labels", 1, labels)
    assert refused(folder) == f"{folder}: gives {labels} labels to a pair of texts, not one score"


@pytest.mark.parametrize("config", ["", "{}", "rubbish", "[]", '{"architectures": null}', '{"architectures": []}'])
def test_a_folder_with_rubbish_is_no_cross_encoder(tmp_path: Path, config: str) -> None:
    (tmp_path / "config.json").write_text(config)
    assert refused(tmp_path) == f"{tmp_path}: not a cross-encoder"


def test_a_folder_without_a_description_is_no_cross_encoder(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path}: not a cross-encoder"


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_weights_that_are_cut_or_missing_are_no_cross_encoder(random: Path, tmp_path: Path, damage: str) -> None:
    snapshot = hub_cache(tmp_path, "acme/cut", REVISION, random)
    file = snapshot / "model.safetensors"
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-100])
    else:
        file.unlink()
    assert refused(snapshot).startswith(f"{snapshot}: not a cross-encoder (")


def test_no_word_of_the_libraries_reaches_the_user(lamps: Path) -> None:
    script = (
        "import sys; from pipeline.indexing.encode import load_reranker\n"
        "print(load_reranker(sys.argv[1]).score('who?', ['lamps ' * 9, 'boats ' * 100])[0] > 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(lamps)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("True\n", "")
