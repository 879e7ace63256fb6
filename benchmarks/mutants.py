"""Changed papers and indexes, and what a worker process does with one of them; see ``benchmarks.fuzz``."""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
import tempfile
import unicodedata
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.datatypes import Edition, Passage
from pipeline.datatypes.page import Document, Glyph, RawPage
from pipeline.errors import MandatesError
from pipeline.reading.document import parse_pages, read_document
from pipeline.searching.locate import who_covers
from pipeline.searching.search import open_index

NUMBERS = [b"0", b"-1", b"1", b"65536", b"2147483647", b"-2147483648", b"99999999999", b"1e38", b"0.0000001", b"NaN"]
LETTERS = [
    "\u202e",
    "\u0000",
    "\ufffd",
    "\u0301",
    "ﬁ",
    "\u00ad",
    "ا",
    "中",
    "1",
    "•",
    "\U0001f600",
    "\n",
    " ",
    "(",
    ".",
    "A",
]
EDITION = Edition("fuzz", "1", "fuzz.pdf", "0" * 64)
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
NUMBER = re.compile(rb"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])")
NAME = re.compile(rb"/[A-Z][A-Za-z]+")


def mutate_bytes(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Change a file in one to four ways."""
    for _ in range(rng.randint(1, 4)):
        data = rng.choice([_flip, _cut, _double, _number, _name, _splice, _stream])(data, other, rng)
    return data


def _flip(data: bytes, other: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice([1, 4, 64]) if changed else 0):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _span(data: bytes, rng: random.Random) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.choice([1, 30, 1000, 50_000]))


def _cut(data: bytes, other: bytes, rng: random.Random) -> bytes:
    start, end = _span(data, rng)
    return data[:start] + data[end:]


def _double(data: bytes, other: bytes, rng: random.Random) -> bytes:
    start, end = _span(data, rng)
    return data[:end] + data[start:end] * rng.choice([1, 1, 50]) + data[end:]


def _splice(data: bytes, other: bytes, rng: random.Random) -> bytes:
    start, end = _span(other, rng)
    place = rng.randrange(len(data) + 1)
    return data[:place] + other[start:end] + data[place:]


def _number(data: bytes, other: bytes, rng: random.Random) -> bytes:
    found = list(NUMBER.finditer(data))
    for match in rng.sample(found, min(len(found), rng.choice([1, 3, 20]))):
        new = rng.choice([*NUMBERS, rng.choice(found).group()])[: len(match.group())].ljust(len(match.group()))
        data = data[: match.start()] + new + data[match.end() :]  # of one length, so that offsets stay as they are
    return data


def _name(data: bytes, other: bytes, rng: random.Random) -> bytes:
    found = list(NAME.finditer(data))
    for match in rng.sample(found, min(len(found), 3)):
        fitting = [item.group() for item in found if len(item.group()) == len(match.group())]
        data = data[: match.start()] + rng.choice(fitting) + data[match.end() :]
    return data


def _stream(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Change what a compressed stream holds: commands that draw, fonts, cross-references."""
    found = list(STREAM.finditer(data))
    if not found:
        return data
    match = rng.choice(found)
    try:
        inside = zlib.decompress(match[1])
    except zlib.error:
        return data
    inside = rng.choice([_flip, _cut, _double, _number, _name])(inside, other, rng)
    return data[: match.start(1)] + zlib.compress(inside) + data[match.end(1) :]


def mutate_pages(pages: Sequence[RawPage], other: Sequence[RawPage], rng: random.Random) -> list[RawPage]:
    """Change the glyphs of some pages, and their order, labels and sizes."""
    made = list(pages)
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(made))
        made[place] = _mutate_page(made[place], rng.choice(other), rng)
    if rng.random() < 0.2:
        rng.shuffle(made)
    return [replace(page, number=number) for number, page in enumerate(made, start=1)]


def _mutate_page(page: RawPage, other: RawPage, rng: random.Random) -> RawPage:
    glyphs = list(page.glyphs)
    kind = rng.randrange(8)
    if kind == 0:
        return replace(page, glyphs=(*glyphs, *other.glyphs), bookmarks=other.bookmarks, rules=other.rules)
    if kind == 1:
        return replace(page, label=rng.choice(["", "i", "2-14", "\u202e9", "999999999999", None]))
    if kind == 2:
        return replace(page, width=rng.choice([1.0, 1e6, page.height]), height=rng.choice([1.0, 1e6, page.width]))
    if kind == 3:
        rng.shuffle(glyphs)
        return replace(page, glyphs=tuple(glyphs))
    if kind == 4:
        return replace(page, glyphs=())
    share = rng.choice([0.001, 0.02, 0.5, 1])
    return replace(page, glyphs=tuple(_mutate_glyph(item, rng) if rng.random() < share else item for item in glyphs))


def _mutate_glyph(glyph: Glyph, rng: random.Random) -> Glyph:
    kind = rng.randrange(6)
    box = glyph.box
    if kind == 0:
        return glyph._replace(text=rng.choice(LETTERS) * rng.choice([1, 1, 3]))
    if kind == 1:
        return glyph._replace(size=glyph.size * rng.choice([0, 0.01, 0.5, 2, 1000]))
    if kind == 2:
        factor = rng.choice([-1, 0, 0.5, 100])
        return glyph._replace(box=box._replace(x0=box.x0 * factor, x1=box.x1 * factor))
    if kind == 3:
        shift = rng.choice([-1e6, -20, 0.5, 20, 1e6])
        return glyph._replace(box=box._replace(top=box.top + shift, bottom=box.bottom + shift))
    if kind == 4:
        return glyph._replace(box=box._replace(x0=box.x1, x1=box.x0, top=box.bottom, bottom=box.top))
    return glyph._replace(font=rng.choice(["", "Bold", "ABCDEF+X,Italic"]), upright=rng.random() < 0.5)


def read_mutated_pages(seed: int, papers: Sequence[Sequence[RawPage]]) -> str:
    """Read mutated pages; a worker calls this.

    :return: what became of them.
    :raises AssertionError: if a law is broken.
    """
    rng = random.Random(seed)
    pages = mutate_pages(rng.choice(papers), rng.choice(papers), rng)
    try:
        document, passages = parse_pages(pages, EDITION, "fuzz.pdf")
    except MandatesError as error:
        return type(error).__name__
    check_laws(document, passages)
    return "passages"


def check_laws(document: Document, passages: Sequence[Passage]) -> None:
    """Check what holds for any paper.

    :raises AssertionError: naming the law.
    """
    ids = [passage.id for passage in passages]
    assert len(ids) == len(set(ids)), "two passages have one id"
    for passage in passages:
        assert all(1 <= page <= len(document.pages) for page in passage.pages), "a passage cites a page that is not"
        assert passage.pages or passage.note, "a passage cites no page"
        assert all(0 <= start <= end <= len(passage.text) for start, end in passage.sentences), "a sentence is outside"
    kept = [passage.text for passage in passages]
    for section in document.sections:
        if section.heading and not section.heading.run_in:
            kept += [span.text for line in section.heading.lines for span in line.spans if span.note is None]
    kept += [note.mark for page in document.pages for note in page.footnotes]
    kept += [item.text for page in document.pages for item in page.left_out]
    drawn = [line.text for page in document.pages for line in page.lines]
    drawn += [note.text + note.mark for page in document.pages for note in page.footnotes]
    missing = _letters(drawn) - _letters(kept)
    assert not missing, f"letters are lost: {dict(missing.most_common(5))}"


def _letters(texts: Sequence[str]) -> Counter[str]:
    text = unicodedata.normalize("NFKD", "".join(texts))
    return Counter(letter for letter in text if letter.isalnum())


def read_mutated_file(path: Path) -> str:
    """Read a mutated file; a worker calls this.

    :return: what became of it.
    """
    try:
        document, passages = read_document(path, EDITION)
    except MandatesError as error:
        return type(error).__name__
    check_laws(document, passages)
    return "passages"


def ask_mutated_index(seed: int, folder: Path) -> str:
    """Change a file of a copy of an index, open it and ask; a worker calls this."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "index"
        shutil.copytree(folder, copy)
        generation = next(copy.glob("generation-*"))
        manifest = json.loads((generation / "manifest.json").read_text())
        name = rng.choice(sorted(manifest["checksums"]))
        data = (generation / name).read_bytes()
        changed = mutate_bytes(data, data, rng)
        (generation / name).write_bytes(changed)
        manifest["checksums"][name] = hashlib.sha256(changed).hexdigest()
        text = json.dumps(manifest)
        (generation / "manifest.json").write_text(text)
        (copy / "CURRENT").write_text(f"{generation.name} {hashlib.sha256(text.encode()).hexdigest()}\n")
        try:
            with open_index(copy) as index:
                index.ask("who trains airline crew to spot victims?", organizations=[])
                who_covers(index, "trafficking of children")
        except MandatesError as error:
            return f"{name}: {type(error).__name__}"
        return f"{name}: answered"
