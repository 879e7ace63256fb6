from __future__ import annotations

import pytest

from pipeline.datatypes import Box
from pipeline.reading.glyphs import Frame, Run, Style, assemble, write_texts
from pipeline.reading.links import Target

STYLE = Style("Times", 10.0, "000000", upright=True, reach=None)
PUT_IN = Run([" "], [], None)


def run(text: str, x: float, *, step: float = 5.0, style: Style = STYLE) -> Run:
    """Set letters of one width next to each other."""
    return Run(list(text), [box(x + step * n, step) for n in range(len(text))], style)


def box(x: float, width: float) -> Box:
    return Box(x, 100, x + width, 110)


@pytest.mark.parametrize(
    ("turns", "size", "place"),
    [(0, (300, 400), (30, 360)), (1, (400, 300), (40, 30)), (2, (300, 400), (270, 40)), (3, (400, 300), (360, 270))],
)
def test_a_point_is_placed_from_the_top_left_of_the_page_as_shown(
    turns: int, size: tuple[float, float], place: tuple[float, float]
) -> None:
    frame = Frame(100, 200, 400, 600, turns)
    assert (frame.size, frame.place(130, 240)) == (size, place)


def test_a_box_is_upright_however_the_page_is_turned() -> None:
    assert Frame(0, 0, 300, 400, 1).box(10, 20, 30, 50) == Box(20, 10, 50, 30)


def test_a_code_without_a_letter_is_named_so() -> None:
    assert write_texts([0, 65, 65], [0, 1, 0], []) == ["(cid:0)", "(cid:65)", "A"]


def test_half_a_surrogate_pair_is_a_replacement_sign() -> None:
    assert write_texts([0xD835, 0x41], [0, 0], []) == ["�A", ""]
    assert "".join(write_texts([0x41, 0xD835], [0, 0], [])).isprintable() is False


def test_letters_in_one_box_are_a_ligature() -> None:
    made = assemble([Run(["o", "f", "f", "i"], [box(0, 5), box(5, 9), box(5, 9), box(5, 9)], STYLE)], [])
    assert [(glyph.text, glyph.box.x0) for glyph in made] == [("o", 0), ("ffi", 5)]


@pytest.mark.parametrize(("gap", "text"), [(0.5, "of"), (1.4, "of"), (1.6, "o f"), (2.5, "o f"), (3.1, "of")])
def test_a_space_put_between_objects_stands_for_one_that_was_dropped(gap: float, text: str) -> None:
    """Less is kerning, and more is seen to be a gap."""
    made = assemble([run("o", 0), PUT_IN, run("f", 5 + gap)], [])
    assert "".join(glyph.text for glyph in made) == text
    assert [glyph.box.x0 for glyph in made] == sorted(glyph.box.x0 for glyph in made)


@pytest.mark.parametrize(("gap", "text"), [(0.5, "of"), (1.6, "o f")])
def test_a_space_put_into_an_object_needs_room(gap: float, text: str) -> None:
    boxes = [box(0, 5), box(5 + gap, 0), box(5 + gap, 5)]
    made = assemble([Run(["o", " ", "f"], boxes, STYLE)], [])
    assert "".join(glyph.text for glyph in made) == text
    assert [glyph.box.x0 for glyph in made] == sorted(glyph.box.x0 for glyph in made)


def test_a_real_space_stays_however_narrow() -> None:
    assert "".join(glyph.text for glyph in assemble([run("o f", 0, step=0.5)], [])) == "o f"


def test_sideways_text_keeps_every_space() -> None:
    sideways = STYLE._replace(upright=False)
    made = assemble([run("o", 0, style=sideways), PUT_IN, run("f", 5, style=sideways)], [])
    assert "".join(glyph.text for glyph in made) == "o f"


def test_a_link_covers_the_glyphs_whose_middle_it_holds() -> None:
    made = assemble([run("abc", 0)], [Target(Box(4, 90, 11, 120), "https://example.org")])
    assert [(glyph.text, glyph.url) for glyph in made] == [("a", None), ("b", "https://example.org"), ("c", None)]


def test_a_link_on_another_line_covers_none() -> None:
    made = assemble([run("abc", 0)], [Target(Box(0, 200, 20, 210), "https://example.org")])
    assert [glyph.url for glyph in made] == [None] * 3
