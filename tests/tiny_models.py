"""Tiny models made in code: a vocabulary of a few words, and weights that are always the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.indexing.encode import SentenceTransformerEncoder
from pipeline.indexing.models import find_model, weights_sha256

WORDS = "query passage who helps children guards boats lamps train count the a of and : ? . , é".split()
PROMPTS = {"query": "query: ", "document": "passage: "}
REVISION = "a" * 40  # of the hub


def write_tokenizer(folder: Path) -> dict[str, Any]:
    """Save a tokenizer of these words and of all letters, and give the shape of a BERT for it."""
    from transformers import BertTokenizerFast

    folder.mkdir(parents=True)
    letters = [f"{prefix}{letter}" for letter in "abcdefghijklmnopqrstuvwxyz" for prefix in ("", "##")]
    known = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys([*WORDS, *letters])]
    vocabulary = {word: number for number, word in enumerate(known)}
    BertTokenizerFast(vocabulary, model_max_length=64).save_pretrained(folder)
    layers = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    return {"vocab_size": len(vocabulary), "max_position_embeddings": 64, "initializer_range": 0.5, **layers}


def make_model(folder: Path, seed: int, prompts: dict[str, str] | None = None) -> Path:
    """Save a sentence encoder of 16 dimensions with random weights."""
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers import BertConfig, BertModel

    torch.manual_seed(seed)
    config = BertConfig(**write_tokenizer(folder / "bert"))
    BertModel(config).save_pretrained(folder / "bert")
    # Of a bare transformer the library makes a sentence model with mean pooling.
    model = SentenceTransformer(str(folder / "bert"), prompts=prompts, device="cpu")
    model.save(str(folder / "model"))
    return folder / "model"


def make_cross_encoder(folder: Path, seed: int, labels: int = 1) -> Path:
    """Save a cross-encoder with random weights, as transformers does."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(seed)
    config = BertConfig(**write_tokenizer(folder), num_labels=labels)
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def make_lamp_lover(folder: Path) -> Path:
    """Save a cross-encoder to which a pair of texts is the better, the more of its words are "lamps"."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    model = BertForSequenceClassification(BertConfig(**write_tokenizer(folder), num_labels=1))
    weights = {name: torch.zeros_like(weight) for name, weight in model.state_dict().items()}
    one = torch.eye(16)
    weights["bert.embeddings.word_embeddings.weight"][:, 0] = 1
    weights["bert.embeddings.word_embeddings.weight"][5 + WORDS.index("lamps")] = one[1]
    layer = "bert.encoder.layer.0"
    # Queries and keys of zero: [CLS] sees all words alike, and so the share of each.
    weights[f"{layer}.attention.self.value.weight"] += one
    weights[f"{layer}.attention.output.dense.weight"] += 4 * one
    for norm in ("bert.embeddings", f"{layer}.attention.output", f"{layer}.output"):
        weights[f"{norm}.LayerNorm.weight"] += 1
    weights["bert.pooler.dense.weight"] += one / 4
    weights["classifier.weight"][0, :2] += torch.tensor([-5, 5])
    weights["classifier.bias"] += 3.5  # so that few lamps are below 0 and many above
    model.load_state_dict(weights)
    model.save_pretrained(folder)
    return folder


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


def with_torch(name: str) -> SentenceTransformerEncoder:
    """Load a model with sentence-transformers, as the program does with those it cannot run itself."""
    model = find_model(name)
    return SentenceTransformerEncoder(model, model.sha256 or weights_sha256(model.path))
