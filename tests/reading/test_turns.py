from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from pipeline.datatypes import Box
from pipeline.reading.turns import Turn
from tests.papers import HEIGHT, WIDTH, paragraph
from tests.reading.test_tables import EXPECTED, HEAD, PROSE, ROWS, draw, ruled, texts, write

SIDES = st.floats(0, 800)


@pytest.mark.parametrize("angle", [90, -90], ids=["upward", "downward"])
def test_wide_table_on_an_upright_page(angle: int, tmp_path: Path) -> None:
    def paint(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 9)
        canvas.drawString(WIDTH / 2, 30, "12")
        canvas.saveState()
        canvas.translate(WIDTH / 2, HEIGHT / 2)
        canvas.rotate(angle)
        canvas.translate(-HEIGHT / 2, -WIDTH / 2 - 200)
        write(canvas, paragraph(PROSE, 110))
        ruled(canvas, [HEAD, *ROWS], 180)
        canvas.restoreState()

    document, passages = draw(tmp_path / "a.pdf", paint)
    assert "\n".join(texts(passages)).startswith(" ".join(PROSE) + "\n" + EXPECTED)
    for line in document.pages[0].lines:
        assert 0 <= line.box.x0 < line.box.x1 <= WIDTH
        assert 0 <= line.box.top < line.box.bottom <= HEIGHT


@given(SIDES, SIDES, SIDES, SIDES, st.booleans())
def test_turning_back_gives_the_same_place(x0: float, top: float, width: float, height: float, upward: bool) -> None:
    turn = Turn(595, 842, upward)
    box = Box(x0, top, x0 + width, top + height)
    assert turn.back(turn.turned(box)) == pytest.approx(box)
