"""Texts → unit vectors without torch: numpy, and ``tokenizers`` for models with a WordPiece vocabulary.

Only for sentence-transformers folders of a plain BERT with mean or [CLS] pooling; their configurations are read as
sentence-transformers reads them, and whatever else they ask for is refused, never left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.datatypes import EncoderInfo
from pipeline.errors import EncoderError
from pipeline.indexing.bert import Bert
from pipeline.indexing.bert16 import Bert16, fastest
from pipeline.indexing.models import ModelFolder
from pipeline.indexing.prompts import DOCUMENT_PROMPTS, all_prompts, of_passage, of_query, unit, valid
from pipeline.indexing.unigram import FILE, Unigram

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]
    Tokenize = Callable[[str], list[int]]

BATCH_TOKENS = 1024  # products of fewer rows are slower by a tenth, more rows are no faster
MODULES = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
POOLING = ("mean", "cls")
# The names of the pooling modes before sentence-transformers 6.
LEGACY_POOLING = {
    "pooling_mode_cls_token": "cls", "pooling_mode_max_tokens": "max", "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens", "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}  # fmt: skip
# What sentence_bert_config.json may say besides the length: what plain text models say.
TEXT_ONLY = {
    "do_lower_case": False,
    "transformer_task": "feature-extraction",
    "modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
    "module_output_name": "token_embeddings",
}
TOKENIZERS = ("BertTokenizer", "BertTokenizerFast", "PreTrainedTokenizerFast", "TokenizersBackend")
SPECIAL = ("bos_token", "eos_token", "cls_token", "sep_token", "pad_token", "unk_token", "mask_token")
# Options of a BERT tokenizer, and the normalizer's attributes that follow them.
NORMALIZER = {"do_lower_case": "lowercase", "strip_accents": "strip_accents",
              "tokenize_chinese_chars": "handle_chinese_chars"}  # fmt: skip


def can_encode(folder: Path) -> bool:
    """Tell whether a model can be run without torch."""
    try:
        _Parts(folder)
    except EncoderError:
        return False
    return True


class LightEncoder:
    """A sentence-transformers model of a plain BERT; see ``encode.Encoder``."""

    def __init__(self, model: ModelFolder, sha256: str, *, for_many: bool = False) -> None:
        """Map the model.

        :param for_many: texts, not a question: worth a second for what encodes them faster, where that is possible.
        :raises EncoderError: if it can only be run by sentence-transformers.
        """
        self._parts = _Parts(model.path)
        self._passage_bert = fastest(self._parts.bert) if for_many else self._parts.bert
        self._prompts = all_prompts(model, self._parts.prompts)
        self._query_prompt_tokens = len(self._parts.tokenize(self._prompt(is_query=True).strip()))
        self._info = EncoderInfo(model.name, model.revision, sha256, self._parts.bert.hidden)

    @property
    def info(self) -> EncoderInfo:
        """Which model this is."""
        return self._info

    def encode(self, texts: Sequence[str], *, is_query: bool, progress: Callable[[int], None] | None = None) -> Vectors:
        """Encode texts, see ``encode.Encoder``."""
        return self._encode(texts, is_query=is_query, progress=progress, tokens=False)[0]

    def encode_tokens(
        self, texts: Sequence[str], *, is_query: bool, progress: Callable[[int], None] | None = None
    ) -> tuple[Vectors, list[Vectors]]:
        """Encode texts and their tokens, see ``encode.Encoder``.

        :raises EncoderError: if the weights give no numbers.
        """
        return self._encode(texts, is_query=is_query, progress=progress, tokens=True)

    def _encode(
        self, texts: Sequence[str], *, is_query: bool, progress: Callable[[int], None] | None, tokens: bool
    ) -> tuple[Vectors, list[Vectors]]:
        import numpy as np

        # What is fastest for many fills every batch up: a question by itself would take ten times as long.
        bert = self._parts.bert if is_query else self._passage_bert
        prompt = self._prompt(is_query=is_query)
        ids = [self._ids(prompt + valid(text)) for text in texts]
        vectors = np.zeros((len(texts), self._info.dimensions), dtype=np.float32)
        token_vectors: list[Vectors] = [vectors[:0]] * len(texts)

        def finish(rows: Sequence[int]) -> int:
            # Where it was encoded: what all tokens of thousands of texts take would else wait in memory for its turn.
            for row, state in zip(rows, bert([ids[row] for row in rows]), strict=True):
                vectors[row] = unit(state.mean(axis=0) if self._parts.pooling == "mean" else state[0])
                if tokens:
                    token_vectors[row] = of_query(state, self._query_prompt_tokens) if is_query else of_passage(state)
            return len(rows)

        for count in _each(bert, finish, part_batches([len(found) for found in ids])):
            if progress:
                progress(count)
        if not np.isfinite(vectors).all():
            raise EncoderError(f"{self._info.name}: the model gives vectors that are not numbers")
        return vectors, token_vectors

    def _prompt(self, *, is_query: bool) -> str:
        kinds = ("query",) if is_query else DOCUMENT_PROMPTS
        return next((self._prompts[kind] for kind in kinds if kind in self._prompts), "")

    def _ids(self, text: str) -> list[int]:
        """Give the ids of a text's tokens; of one that is too long the first, and the mark at the end."""
        ids, longest = self._parts.tokenize(text), self._parts.longest
        return ids if len(ids) <= longest else [*ids[: longest - 1], ids[-1]]


def part_batches(lengths: Sequence[int], size: int = BATCH_TOKENS) -> list[list[int]]:
    """Part texts into batches of about as many tokens, the longest first.

    :param lengths: of the texts, in tokens.
    :return: the texts' numbers, batch by batch.

    >>> part_batches([3, 9, 4, 2], size=9)
    [[1], [2, 0, 3]]
    """
    batches: list[list[int]] = []
    filled = size
    for row in sorted(range(len(lengths)), key=lambda row: (-lengths[row], row)):
        if filled + lengths[row] > size:
            batches.append([])
            filled = 0
        batches[-1].append(row)
        filled += lengths[row]
    return batches


def _each(
    bert: Bert | Bert16, finish: Callable[[Sequence[int]], int], batches: Sequence[Sequence[int]]
) -> Iterator[int]:
    """Do something with each batch, which runs the model, several at a time.

    Which texts share a batch does not depend on the number of cores, and so neither do the vectors.
    """
    if len(batches) < 2:
        yield from map(finish, batches)
        return
    from concurrent.futures import ThreadPoolExecutor

    from pipeline.reading.workers import cores

    # A core for each batch: products of this size gain less from a second thread, and the rest nothing at all.
    with bert.one_thread_each(), ThreadPoolExecutor(cores()) as threads:
        try:
            yield from threads.map(finish, batches)
        finally:
            threads.shutdown(cancel_futures=True)


class _Parts:
    """A folder's model, tokenizer and configuration, all checked."""

    def __init__(self, folder: Path) -> None:
        """Read a sentence-transformers folder.

        :raises EncoderError: if there is something in it that is not done here.
        """
        modules = _json(folder / "modules.json", list)
        kinds = [str(module.get("type", "")).rpartition(".")[2] for module in modules]
        known = all(str(module.get("type", "")).startswith("sentence_transformers.") for module in modules)
        _need(known and kinds in MODULES, folder, "modules", kinds)
        paths = [folder / str(module.get("path", "")) for module in modules]
        described = _json(folder / "config_sentence_transformers.json", dict, default={})
        _need(described.get("model_type", "SentenceTransformer") == "SentenceTransformer", folder, "model_type", "")
        self.prompts: dict[str, str] = described.get("prompts") or {}
        known_prompts = self.prompts.get("query") is not None and set(DOCUMENT_PROMPTS) & set(self.prompts)
        _need(known_prompts or not described.get("default_prompt_name"), folder, "prompts", "")
        self.pooling = _pooling(paths[1])
        self.bert = Bert(paths[0])
        options = _json(paths[0] / "tokenizer_config.json", dict, default={})
        self.longest = min(_longest(paths[0], options), self.bert.positions)
        unigram = paths[0] / FILE
        self.tokenize = Unigram(unigram).encode if unigram.exists() else _word_piece(paths[0], options)


def _pooling(folder: Path) -> str:
    """Read how the vectors of a text's tokens become one."""
    config = _json(folder / "config.json", dict)
    modes = config.get("pooling_mode") or [new for old, new in LEGACY_POOLING.items() if config.get(old)] or "mean"
    modes = [modes] if isinstance(modes, str) else modes
    _need(len(modes) == 1 and modes[0] in POOLING, folder, "pooling", modes)
    _need(config.get("include_prompt", True), folder, "include_prompt", "false")
    return str(modes[0])


def _longest(folder: Path, options: dict[str, Any]) -> int:
    """Read how many tokens a text may have."""
    config = _json(folder / "sentence_bert_config.json", dict, default={})
    length = config.pop("max_seq_length", None)
    for name, value in config.items():
        _need(not value or value == TEXT_ONLY.get(name), folder, name, value)
    return int(length or options.get("model_max_length") or 1 << 30)


def _word_piece(folder: Path, options: dict[str, Any]) -> Tokenize:
    """Load a WordPiece tokenizer as the library transformers does."""
    from tokenizers import AddedToken, Tokenizer, models, normalizers

    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:
        raise EncoderError(f"{folder}: no tokenizer.json that can be read ({error})") from error
    _need(isinstance(tokenizer.model, models.WordPiece), folder, "tokenizer", type(tokenizer.model).__name__)
    _need(options.get("tokenizer_class", TOKENIZERS[0]) in TOKENIZERS, folder, "tokenizer_class", "")
    _need(options.get("truncation_side", "right") == "right", folder, "truncation_side", "")
    for option, attribute in NORMALIZER.items():
        if option in options and isinstance(tokenizer.normalizer, normalizers.BertNormalizer):
            _need(getattr(tokenizer.normalizer, attribute) == options[option], folder, option, options[option])
    special = [options[kind] for kind in SPECIAL if isinstance(options.get(kind), str)]
    tokenizer.add_special_tokens(
        [AddedToken(token, special=True, normalized=False) for token in special if tokenizer.token_to_id(token)]
    )
    tokenizer.no_padding()
    tokenizer.no_truncation()

    def tokenize(text: str) -> list[int]:
        return list(tokenizer.encode(text).ids)

    return tokenize


def _need(condition: object, folder: Path, name: str, value: object) -> None:
    if not condition:
        raise EncoderError(f"{folder}: needs sentence-transformers ({name} {value})")


def _json(file: Path, kind: type, default: Any = None) -> Any:
    """Read a configuration; one that is missing is the default, if there is one."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if default is None:
            raise EncoderError(f"{file} is missing") from error
        return dict(default)
    except (OSError, ValueError) as error:
        raise EncoderError(f"{file}: cannot be read ({error})") from error
    _need(isinstance(found, kind), file, "content", type(found).__name__)
    return found
