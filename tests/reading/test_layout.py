from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from pipeline.datatypes.page import Glyph, Line
from pipeline.reading.bidi import RIGHT_TO_LEFT
from pipeline.reading.extract import read_pages
from pipeline.reading.layout import PRESENTATION, build_lines, is_bold
from tests.papers import BOLD, Text, make_pdf
from tests.reading.records import ADVANCE, SIZE, after, glyphs, raw_page

# Shapes of letters become letters, and what runs from right to left changes its place: see test_bidi.
SHAPED = re.compile(f"{PRESENTATION.pattern}|{RIGHT_TO_LEFT.pattern}")
WORDS = st.lists(st.text("abcdefgXYZ0189.,;’“é日本", min_size=1, max_size=8), min_size=1, max_size=8)


def lines_of(*runs: list[Glyph]) -> list[Line]:
    return build_lines(raw_page(glyph for run in runs for glyph in run))


def texts_of(*runs: list[Glyph]) -> list[str]:
    return [line.text for line in lines_of(*runs)]


def beside(text: str, gap: float = 0.0) -> float:
    """Where the next glyph stands after a text that starts at the left margin."""
    return 70.0 + len(text) * ADVANCE * SIZE + gap * SIZE


@pytest.mark.parametrize("with_spaces", [True, False])
def test_words_are_parted_with_and_without_space_glyphs(with_spaces: bool) -> None:
    assert texts_of(glyphs("people who are trafficked", with_spaces=with_spaces)) == ["people who are trafficked"]


@given(words=WORDS, with_spaces=st.booleans())
def test_words_survive(words: list[str], with_spaces: bool) -> None:
    assert texts_of(glyphs(" ".join(words), with_spaces=with_spaces)) == [" ".join(words)]


@pytest.mark.parametrize(("gap", "text"), [(0.05, "traffic"), (0.1, "traffic"), (0.16, "tra ffic"), (1.0, "tra ffic")])
def test_only_a_wide_gap_is_a_space(gap: float, text: str) -> None:
    assert texts_of(glyphs("tra"), glyphs("ffic", x=beside("tra", gap))) == [text]


def test_words_of_a_line_that_is_spaced_out_stay_whole() -> None:
    """A heading whose letters stand 0.15 of their size apart, and its words 0.6."""
    spaced = [
        glyph._replace(box=glyph.box._replace(x0=glyph.box.x0 + 0.15 * SIZE * n, x1=glyph.box.x1 + 0.15 * SIZE * n))
        for n, glyph in enumerate(glyphs("HUMAN TRADE", with_spaces=False))
    ]
    assert texts_of(spaced) == ["HUMAN TRADE"]


def test_tight_lines_of_typesetters_keep_their_spaces() -> None:
    """Justified lines as XeTeX sets them, with no space glyphs and 0.166 of the size between words."""
    words = ["After", "confirming", "the", "key"]
    runs = [
        glyphs(word, x=70 + sum(len(w) * ADVANCE + 0.166 for w in words[:n]) * SIZE) for n, word in enumerate(words)
    ]
    assert texts_of(*runs) == ["After confirming the key"]


def test_space_glyph_and_gap_make_one_space() -> None:
    assert texts_of(glyphs("one "), glyphs("  two", x=beside("one ", 1.0))) == ["one two"]


def test_line_is_stripped() -> None:
    assert texts_of(glyphs("  text  ")) == ["text"]


def test_row_of_spaces_is_no_line() -> None:
    assert texts_of(glyphs("   ")) == []


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        ("traﬃcking", "trafficking"),
        ("ﬁnal ﬂow", "final flow"),
        ("ﬀ ﬄ ﬅ", "ff ffl st"),
        ("No.\u00a07", "No. 7"),
        ("thin\u2009space", "thin space"),
        ("a\u202eb\u202cc", "abc"),
        ("a\u200bb\ufeffc\u2066d", "abcd"),
        ("a\x00b\x07c", "abc"),
        ("co\u00adoperation", "co\u00adoperation"),
        ("“quoted”", "“quoted”"),
        ("10² ½", "10² ½"),
    ],
)
def test_characters_are_cleaned_but_not_reworded(seen: str, text: str) -> None:
    assert texts_of(glyphs(seen)) == [text]


@given(st.text(max_size=30))
def test_no_control_or_bidi_override_gets_through(text: str) -> None:
    hidden = {"\u202a", "\u202b", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069", "\ufeff", "\u200b"}
    for found in texts_of(glyphs(text)):
        assert not [char for char in found if char in hidden or unicodedata.category(char) in ("Cc", "Cs")]


@given(st.text(st.characters(categories=("L", "N", "P", "S"), exclude_characters="·"), min_size=1, max_size=30))
def test_every_visible_character_stays(text: str) -> None:
    plain = "".join(glyph.text for glyph in glyphs(text) if not SHAPED.match(glyph.text))
    found = "".join(texts_of(glyphs(plain)))
    assert found[1:] == plain[1:]
    assert len(found) == len(plain)


@pytest.mark.parametrize("sign", [*"•‣▪■□●○◦◆►➢✓·", "\uf0b7", "\uf0a7", "\uf076"])
def test_every_bullet_is_written_as_one_sign(sign: str) -> None:
    assert texts_of(glyphs(f"{sign} Prosecution of traffickers")) == ["• Prosecution of traffickers"]


@pytest.mark.parametrize("text", ["- not a bullet", "*Note", "·word", "a • b"])
def test_other_signs_stay_as_they_are(text: str) -> None:
    assert texts_of(glyphs(text)) == [text]


def test_bullet_in_a_font_of_its_own_stands_on_the_line_of_its_text() -> None:
    (line,) = lines_of(glyphs("\uf0b7", font="Symbol"), glyphs("Protection", x=beside("xxxx"), font="Arial-Bold"))
    assert line.text == "• Protection"
    assert line.bold


def test_superscript_is_raised() -> None:
    (line,) = lines_of(glyphs("persons"), glyphs("12", x=beside("persons"), top=99, size=6.5), glyphs(".", x=200))
    assert [(span.text, span.raised) for span in line.spans] == [("persons", False), ("12", True), (" .", False)]
    assert line.size == SIZE


def test_small_capitals_are_not_raised() -> None:
    small = glyphs("NICEF", x=beside("U"), top=100 + 0.2 * SIZE, size=0.8 * SIZE)
    (line,) = lines_of(glyphs("U"), small, glyphs(" is an agency", x=beside("U") + 5 * ADVANCE * 0.8 * SIZE))
    assert line.text == "UNICEF is an agency"
    assert [span.text for span in line.spans if span.raised] == []


def test_subscript_is_not_raised() -> None:
    (line,) = lines_of(
        glyphs("CO"), glyphs("2", x=beside("CO"), top=107, size=6.5), glyphs(" emissions", x=beside("COx"))
    )
    assert line.text == "CO2 emissions"
    assert [span.text for span in line.spans if span.raised] == []


def test_superscript_that_sticks_out_shares_the_line_of_its_word(tmp_path: Path) -> None:
    texts = [
        Text("See the resolution", 100),
        Text("3", 100, x=after("See the resolution"), size=6.5),
        Text("Second line", 113.6),
    ]
    page = next(read_pages(make_pdf(tmp_path / "paper.pdf", [texts])))
    assert [line.text for line in build_lines(page)] == ["See the resolution3", "Second line"]


def test_lines_are_ordered_from_the_top_whatever_the_order_of_drawing() -> None:
    assert texts_of(glyphs("third", top=140), glyphs("first", top=100), glyphs("second", top=120)) == [
        "first",
        "second",
        "third",
    ]


def test_words_of_a_line_are_ordered_from_the_left() -> None:
    assert texts_of(glyphs("right", x=300), glyphs("left", x=70)) == ["left right"]


def test_double_struck_text_is_written_once() -> None:
    assert texts_of(glyphs("Committee"), glyphs("Committee", x=70.4)) == ["Committee"]


def test_doubled_letters_are_not_double_struck() -> None:
    assert texts_of(glyphs("Committee aaa 000")) == ["Committee aaa 000"]


@pytest.mark.parametrize("angle", [90, -90])
def test_sideways_text_keeps_its_letters_and_comes_last(tmp_path: Path, angle: int) -> None:
    canvas = Canvas(str(tmp_path / "paper.pdf"))
    canvas.saveState()
    canvas.translate(300, 400)
    canvas.rotate(angle)
    canvas.drawString(0, 0, "Committee access")
    canvas.restoreState()
    canvas.drawString(70, 100, "At the foot")
    canvas.save()
    page = next(read_pages(tmp_path / "paper.pdf"))
    assert [line.text for line in build_lines(page)] == ["At the foot", "Committee access"]


def test_line_has_page_box_and_the_size_of_most_glyphs() -> None:
    (line,) = build_lines(raw_page([*glyphs("mostly eleven"), *glyphs("9", x=300, top=102, size=9)], number=7))
    assert (line.page, line.size) == (7, 11.0)
    assert line.box == pytest.approx((70, 100, 304.5, 111))


def test_spans_follow_the_typography() -> None:
    bold = glyphs("United", font="Helvetica-Bold")
    plain = glyphs("Nations", x=beside("United "), color="ff0000", font="Helvetica-Oblique")
    (line,) = lines_of(bold, plain)
    seen = [(span.text, span.bold, span.italic, span.color) for span in line.spans]
    assert seen == [("United ", True, False, "000000"), ("Nations", False, True, "ff0000")]
    assert not line.bold


def test_line_is_bold_if_all_its_words_are(tmp_path: Path) -> None:
    texts = [Text("Main Activities", 100, font=BOLD), Text("plain", 120), Text("Bold", 140, font=BOLD)]
    page = next(read_pages(make_pdf(tmp_path / "paper.pdf", [[*texts, Text("not", 140, x=120)]])))
    assert [(line.text, line.bold) for line in build_lines(page)] == [
        ("Main Activities", True),
        ("plain", False),
        ("Bold not", False),
    ]


def test_link_does_not_reach_over_the_space_after_it() -> None:
    (line,) = lines_of(glyphs("here", url="https://example.org"), glyphs(" and", x=beside("here")))
    assert [(span.text, span.url) for span in line.spans] == [("here", "https://example.org"), (" and", None)]


@pytest.mark.parametrize(
    ("font", "bold"),
    [
        ("Helvetica-Bold", True),
        ("Calibri,Bold", True),
        ("MyriadPro-Semibold", True),
        ("Arial-Black", True),
        ("FuturaBT-Heavy", True),
        ("Frutiger-Bd", True),
        ("ITCAvantGarde-Demi", True),
        ("Helvetica", False),
        ("TimesNewRomanPS-ItalicMT", False),
        ("Calibri-Light", False),
        ("Abdullah", False),
    ],
)
def test_bold_is_told_from_the_font_name(font: str, bold: bool) -> None:
    assert is_bold(font) is bold


@pytest.mark.parametrize(
    ("font", "italic"),
    [("Times-Italic", True), ("Helvetica-Oblique", True), ("Frutiger-It", True), ("ITCGaramond", False)],
)
def test_italic_is_told_from_the_font_name(font: str, italic: bool) -> None:
    (line,) = lines_of(glyphs("word", font=font))
    assert [span.italic for span in line.spans] == [italic]
