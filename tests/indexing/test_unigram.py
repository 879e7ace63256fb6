"""The compiled vocabulary cuts texts as the library does, and is not read to be opened."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from pipeline.datatypes import Passage
from pipeline.datatypes.page import Document
from pipeline.errors import EncoderError
from pipeline.indexing.models import DEFAULT_MODEL, find_model
from pipeline.indexing.unigram import FILE, Rules, Unigram, compile_unigram

DATA = Path(__file__).parent.parent / "data"
FOLDER = find_model(DEFAULT_MODEL, thorough=False).path
UNIGRAM = Unigram(FOLDER / FILE)
LIBRARY = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
ODD = [
    "", " ", "  ",
    "▁", "▁▁a", "a  b", " a ", "\n", "\x00", "\x00a\x01", "\ufeff", "a\u00adb", "\u0301", "e\u0301", "<s>",
    "a <s> b", "<pad>x</s><unk><unk>", "<mask>", "<<s>s>", "x" * 3000, "ab" * 2000, "aaaaaaaaaaaa aaaaaaa",
    "\U000e0001\U000e0002 \U0010ffff", "ꟲꟳ a\u0898\u0334b ㋿", "각\u1100\u1161\u11a8", "ﬁ ½ №5 ﷺ",
    "Qui protège les victimes de la traite des êtres humains ?", "Кто обучает пограничников?",
    "من يحمي ضحايا الاتجار بالأشخاص؟", "谁保护人口贩运的受害者？",
    "तस्करी के पीड़ितों", "🚤👩\u200d👧 🏴\U000e0067\U000e007f",
]  # fmt: skip


def same(text: str) -> None:
    assert UNIGRAM.encode(text) == LIBRARY.encode(text).ids, repr(text)


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_texts(text: str) -> None:
    same(text)


def test_questions_and_the_whole_paper(paper: tuple[Document, list[Passage]]) -> None:
    for file in ("questions.jsonl", "off-topic.jsonl"):
        for line in (DATA / file).read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            same(str(record.get("question") or line))
            same("query: " + line)
    for passage in paper[1]:
        same(passage.text)
        for start, end in passage.sentences:
            same(passage.text[start:end])


SCRIPTS = [
    "\u0600-ۿ",
    "\u0400-ӿ",
    "\u0900-ॿ",
    "\u0e00-\u0e7f",
    "\u1100-ᇿ",
    "가-각",
    "一-丏",
    "\u0300-ͯ",
    "À-ÿ",
    "！-｠",
    "\U0001f600-\U0001f64f",
]


def characters(span: str) -> st.SearchStrategy[str]:
    first, last = span.split("-")
    return st.characters(min_codepoint=ord(first), max_codepoint=ord(last), blacklist_categories=["Cs"])


MIXED = st.one_of(
    st.characters(blacklist_categories=["Cs"]),
    st.characters(max_codepoint=127),
    st.sampled_from("aeiou \u0301\u0327\u0345\u0334\u200b\u200d\ufe0f▁"),
    *map(characters, SCRIPTS),
)


@settings(max_examples=300, deadline=None)
@given(st.text(MIXED, max_size=40))
def test_any_text(text: str) -> None:
    same(text)


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("abcinglestr "), max_size=120))
def test_long_words_with_many_equal_ways(text: str) -> None:
    same(text)


def test_every_character_alone() -> None:
    points = (point for point in range(0x110000) if not 0xD800 <= point < 0xE000)
    texts = [f"a{chr(point)}b" for point in points if point < 0x3100 or point % 64 == 0 or 0x10780 <= point < 0x107C0]
    for text, found in zip(texts, LIBRARY.encode_batch(texts), strict=True):
        assert UNIGRAM.encode(text) == found.ids, repr(text)


def test_opening_and_a_question_take_milliseconds() -> None:
    opening, asking = [], []
    for _ in range(7):
        start = time.perf_counter()
        unigram = Unigram(FOLDER / FILE)
        opened = time.perf_counter()
        unigram.encode("query: who trains airline cabin crew to recognise the victims of trafficking in persons?")
        asking.append(time.perf_counter() - opened)
        opening.append(opened - start)
    assert min(opening) < 0.005
    assert min(asking) < 0.005


LETTERS = "abcd"
VOCABULARIES = st.dictionaries(
    st.text(LETTERS + "▁", min_size=1, max_size=4), st.sampled_from([-1.0, -1.5, -2.25, -3.1, -7.0]), max_size=12
)


@settings(max_examples=40, deadline=None)
@given(VOCABULARIES, st.lists(st.text(LETTERS + "z ", max_size=12), max_size=8))
def test_any_small_vocabulary(
    tmp_path_factory: pytest.TempPathFactory, words: dict[str, float], texts: list[str]
) -> None:
    pieces = [("<s>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *words.items()]
    library = Tokenizer(models.Unigram(pieces, unk_id=2))
    library.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=False)
    library.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    file = tmp_path_factory.mktemp("unigram") / FILE
    compile_unigram(pieces, Rules("", "", {}, 0, 1, 2), file)
    unigram = Unigram(file)
    # Runs of spaces are left by this library's normalizer.
    for text in (" ".join(text.split()) for text in texts):
        assert unigram.encode(text) == library.encode(text).ids, (text, words)


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x02\0\0\0\0\0\0\0{}", b"\xff" * 40])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(EncoderError, match=FILE):
        Unigram(tmp_path / FILE)
