"""Whether two texts have the same wording, and else how one becomes the other, word by word.

White space, hyphenation, quotation marks, dashes, bullets and ligatures are how a paper is set, not what it says.
Case and all other punctuation count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from pipeline.comparing.changes import Figure, NumberChange, Op, WordChange
from pipeline.datatypes import Citation
from pipeline.reading.layout import BULLETS

CONTEXT_WORDS = 3  # words that a number is read with at most: "22 States and territories"
# Words that a number is not read with at the end: "22 countries", not "22 countries in".
LINKS = frozenset("a an the of in on at to by for and or as is it its was are were has have had with from that".split())
CONTEXT_BEFORE = 2  # words before it, if none follow: "adopted in 2018."

QUOTES = str.maketrans({**dict.fromkeys("“”„‟«»", '"'), **dict.fromkeys("‘’‚‛‹›`´", "'")})
WEAK_BULLETS = "·∙–—*-"  # bullets only at the start of a sentence and before a space
PLAIN_BULLETS = "".join(sorted(BULLETS - set(WEAK_BULLETS)))
LEADING_BULLET = re.compile(rf"\A\s*(?:[{PLAIN_BULLETS}]|[{WEAK_BULLETS}](?=\s))\s*")
LETTER = r"[^\W\d_]"
# "co-operation", "co-\noperation", "victim–centred"; a hyphen with space on both sides is a dash.
HYPHEN = re.compile(rf"(?<={LETTER})(?:[-‐]\s*|–)(?={LETTER})")
DASH = re.compile(r"[-‐‒–—―−]+")
JOINED = rf"(?:(?<={LETTER})(?:[-‐‑\u00ad]\s*|–|\u00ad)(?={LETTER})|(?<=\w)['’](?=\w))\w+"
NUMBER = r"[$€£¥]?\d+(?:[.,:/–-]\d+)*%?\w*"
CJK = "[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
TOKEN = re.compile(rf"{NUMBER}|{CJK}|(?:(?!{CJK})\w)+(?:{JOINED})*|\.{{3}}|-{{2,}}|\S")

NUMBER_WORDS = frozenset("one two three four five six seven eight nine ten eleven twelve".split())
MONTH = re.compile(
    r"January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
)
DIGIT = re.compile(r"\d")
WORD = re.compile(r"\w")


class Token(NamedTuple):
    """A word, number or punctuation mark: its normal form, and its (start, end) offsets with the space after it."""

    key: str
    start: int
    end: int


class Wording(NamedTuple):
    """A sentence, cut into tokens that cover all of it."""

    text: str
    tokens: tuple[Token, ...]

    def piece(self, positions: range) -> str:
        """Give the text of consecutive tokens."""
        return self.text[self.tokens[positions.start].start : self.tokens[positions.stop - 1].end] if positions else ""

    def is_word(self, position: int) -> bool:
        """Tell whether there is a token here that is no punctuation mark."""
        return 0 <= position < len(self.tokens) and bool(WORD.search(self.tokens[position].key))

    def is_number(self, position: int) -> bool:
        """Tell whether there is a token here that is a number, the word for a small one, or part of a date."""
        word = self.piece(range(position, position + 1)).strip() if self.is_word(position) else ""
        return bool(DIGIT.search(word) or MONTH.fullmatch(word)) or word.casefold() in NUMBER_WORDS


def normal_form(text: str) -> str:
    """Write a text without all that is only typography, white space included.

    >>> normal_form("The “co-operation” of 2014–2016 …") == normal_form('The "cooperation" of 2014-2016 ...')
    True
    >>> normal_form("Bonded labour – a crime") == normal_form("Bonded labour, a crime")
    False
    """
    plain = unicodedata.normalize("NFKC", text.translate(QUOTES))
    plain = "".join(char for char in plain if unicodedata.category(char) != "Cf")
    plain = HYPHEN.sub("", re.sub(f"[{PLAIN_BULLETS}]", "", plain))
    return re.sub(r"\s+", "", DASH.sub("–", plain))


def sentence_key(text: str) -> str:
    """Give the normal form of a sentence, without the bullet it may start with."""
    return normal_form(LEADING_BULLET.sub("", text, count=1))


def read_wording(text: str) -> Wording:
    r"""Part a sentence into words, numbers and punctuation marks.

    >>> [token.key for token in read_wording("• By 1,500 co-\nworkers.").tokens]
    ['By', '1,500', 'coworkers', '.']
    """
    bullet = LEADING_BULLET.match(text)
    found = list(TOKEN.finditer(text, bullet.end() if bullet else 0))
    starts = [0, *(match.start() for match in found[1:]), len(text)]
    return Wording(text, tuple(Token(normal_form(match[0]), starts[i], starts[i + 1]) for i, match in enumerate(found)))


def folded_words(text: str) -> tuple[str, ...]:
    """Give the words and numbers of a sentence, case aside, or its punctuation if it has none."""
    keys = [token.key.casefold() for token in read_wording(text).tokens]
    return tuple(key for key in keys if WORD.search(key)) or tuple(keys)


def diff_words(old: str, new: str) -> tuple[WordChange, ...]:
    """Tell how one sentence becomes another."""
    before, after = read_wording(old), read_wording(new)
    return tuple(WordChange(op, before.piece(i), after.piece(j)) for op, i, j in _steps(before, after))


def diff_numbers(old: str, new: str, citations: tuple[Citation, Citation]) -> tuple[NumberChange, ...]:
    """Find the numbers and dates of a sentence that others took the place of.

    :param citations: where the old and the new sentence stand.
    """
    before, after = read_wording(old), read_wording(new)
    found: list[NumberChange] = []
    for op, i, j in _steps(before, after):
        if op == "replace":
            # Where the two sides name unlike many numbers, the last ones are read as added or removed.
            for pair in zip(_numbers(before, i), _numbers(after, j), strict=False):
                found.append(NumberChange(_read(before, pair[0], citations[0]), _read(after, pair[1], citations[1])))
    changed = [change for change in found if normal_form(change.old.number) != normal_form(change.new.number)]
    return tuple(dict.fromkeys(changed))


def _steps(before: Wording, after: Wording) -> Iterator[tuple[Op, range, range]]:
    """Give the steps and the tokens of each; neighbouring equal ones are one."""
    keys = [token.key for token in before.tokens], [token.key for token in after.tokens]
    pending: tuple[Op, range, range] | None = None
    for tag, i, i_end, j, j_end in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        old, new = range(i, i_end), range(j, j_end)
        op: Op = "equal" if normal_form(before.piece(old)) == normal_form(after.piece(new)) else tag
        if pending and pending[0] == op == "equal":
            old, new = range(pending[1].start, i_end), range(pending[2].start, j_end)
        elif pending:
            yield pending
        pending = (op, old, new)
    if pending:
        yield pending


def _numbers(wording: Wording, positions: range) -> list[range]:
    """Find the numbers that these tokens are part of: a whole date, not only its day."""
    runs: list[range] = []
    for position in positions:
        if not wording.is_number(position) or (runs and position in runs[-1]):
            continue
        start, stop = position, position + 1
        while wording.is_number(start - 1):
            start -= 1
        while wording.is_number(stop):
            stop += 1
        runs.append(range(start, stop))
    return runs


def _read(wording: Wording, run: range, citation: Citation) -> Figure:
    """Give a number with the next few words, or with those before it at the end of a clause."""
    start, stop = run.start, run.stop
    while stop - run.stop < CONTEXT_WORDS and wording.is_word(stop) and not wording.is_number(stop):
        stop += 1
    while stop > run.stop and wording.tokens[stop - 1].key in LINKS:
        stop -= 1
    while stop == run.stop and run.start - start < CONTEXT_BEFORE and wording.is_word(start - 1):
        start -= 1
    number, context = wording.piece(run), LEADING_BULLET.sub("", wording.piece(range(start, stop)), count=1)
    return Figure(" ".join(number.split()), " ".join(context.split()), citation)
