"""Papers in scripts that run from right to left, or write no spaces between words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.datatypes import Passage
from pipeline.datatypes.page import Document
from pipeline.reading.bidi import in_reading_order
from pipeline.reading.chunk import LIMITS, chunk_ranges
from pipeline.reading.document import read_document
from pipeline.reading.scripts import count_words
from tests.papers import Text
from tests.reading.records import EDITION, prose_of, stack
from tests.scripts import make_script_pdf

RIGHT, SIZE, STEP = 520.0, 11.0, 14.0
ARABIC = ["فريق التنسيق المشترك بين الوكالات", "يعمل منذ 2006 على منع الاتجار"]
HEBREW = ["קבוצת התיאום (ICAT) הוקמה בשנת 2006", "והיא פועלת למניעת הסחר בבני אדם"]


def set_backward(lines: Sequence[str], top: float, right: float = RIGHT, size: float = SIZE) -> list[Text]:
    """Set lines as they are seen: from the right, but Latin words and numbers from the left."""
    texts = []
    for n, line in enumerate(lines):
        x = right - size / 2 * len(line)
        texts.append(
            Text("".join(char for char, _ in in_reading_order([(c, 0) for c in line])), top + n * STEP, x, size)
        )
    return texts


def read(path: Path, *pages: Sequence[Text]) -> tuple[Document, list[Passage]]:
    return read_document(make_script_pdf(path, pages), EDITION)


@pytest.mark.parametrize("lines", [ARABIC, HEBREW], ids=["Arabic", "Hebrew"])
def test_text_from_right_to_left_is_read_in_its_order(lines: list[str], tmp_path: Path) -> None:
    _, (passage,) = read(tmp_path / "a.pdf", set_backward(lines, 100))
    assert passage.text == " ".join(lines)


def test_shapes_of_arabic_letters_are_letters(tmp_path: Path) -> None:
    _, (passage,) = read(tmp_path / "a.pdf", [Text("\ufe8e\ufee3 \ufe94\ufee4\ufefb", 100)])
    assert passage.text == "لامة ما"


def test_right_column_is_read_first(tmp_path: Path) -> None:
    words = "ועוד כמה מילים בשורה הזאת"
    page = [text for n in range(12) for text in set_backward([f"ימין {words}"], 100 + STEP * n)]
    page += [text for n in range(12) for text in set_backward([f"שמאל {words}"], 100 + STEP * n, 280)]
    _, passages = read(tmp_path / "a.pdf", page)
    found = " ".join(passage.text for passage in passages).split()
    assert [word for word in found if word in ("ימין", "שמאל")] == ["ימין"] * 12 + ["שמאל"] * 12


def test_paragraphs_from_right_to_left_end_at_the_left(tmp_path: Path) -> None:
    full = "והקבוצה פועלת למניעת הסחר בבני אדם בכל העולם כולו"
    lines = [full, full, "והיא נפגשת.", full, full]
    _, passages = read(tmp_path / "a.pdf", set_backward(lines, 100))
    assert "\n".join(passage.text for passage in passages) == f"{full} {full} והיא נפגשת.\n{full} {full}"


@pytest.mark.parametrize(
    ("above", "below", "text"),
    [
        ("人身取引を", "防ぐために。", "人身取引を防ぐために。"),
        ("打击人口", "贩运。", "打击人口贩运。"),
        ("인신매매를 방지하기", "위한 조정", "인신매매를 방지하기 위한 조정"),
        ("группа по борьбе", "с торговлей", "группа по борьбе с торговлей"),
        ("กลุ่มประสานงาน", "ระหว่างหน่วยงาน", "กลุ่มประสานงานระหว่างหน่วยงาน"),
    ],
)
def test_lines_are_joined_as_the_script_wants(above: str, below: str, text: str, tmp_path: Path) -> None:
    page = [Text(above, 100), Text(below, 100 + STEP)]
    _, (passage,) = read(tmp_path / "a.pdf", page)
    assert passage.text == text


def test_characters_set_apart_are_no_words(tmp_path: Path) -> None:
    page = [Text(char, 100, 70 + 7.5 * n) for n, char in enumerate("打击人口贩运")]  # 7.5: half as wide as 11, 2 apart
    _, (passage,) = read(tmp_path / "a.pdf", page)
    assert passage.text == "打击人口贩运"


def test_passages_of_scripts_without_spaces_have_their_length() -> None:
    sentence = "各国应当采取措施，预防人口贩运，保护被害人，并起诉犯罪者。"
    prose = prose_of(stack([sentence * 40]))
    ranges = chunk_ranges(prose)
    assert len(ranges) > 3
    assert all(LIMITS.least <= count_words(prose.text[start:end]) <= LIMITS.most for start, end in ranges)
    assert all(prose.text[end - 1] == "。" for _, end in ranges)


def test_long_thai_text_is_cut_at_its_spaces() -> None:
    prose = prose_of(stack([" ".join(["กลุ่มประสานงานระหว่างหน่วยงานว่าด้วยการต่อต้านการค้ามนุษย์"] * 60)]))
    ranges = chunk_ranges(prose)
    assert len(ranges) > 3
    assert all(prose.text[end : end + 1] in ("", " ") for _, end in ranges)
