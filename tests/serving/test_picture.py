"""The picture of a matrix: size, colours, texts, and places it cannot be written to."""

from __future__ import annotations

import importlib.util
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipeline.errors import OutputError
from pipeline.searching.matrix import Matrix
from pipeline.serving.matrix import COLOURS
from pipeline.serving.picture import CELL_HEIGHT, DPI, GAP, LEAST_WIDTH, MARGIN, Layout, lay_out, to_png
from tests.serving.matrices import MATRIX, TWO_EDITIONS, repeated

Colour = tuple[int, int, int]


def ground(coverage: str) -> Colour:
    colour = COLOURS[coverage][0]
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def draw(matrix: Matrix, folder: Path) -> tuple[Image.Image, Layout]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert to_png(matrix, folder / "matrix.png") == ""
    with Image.open(folder / "matrix.png") as image:
        image.load()
    return image, lay_out(matrix)


def at(image: Image.Image, x: float, y: float) -> Colour:
    """The colour at a place in inches."""
    red, green, blue = image.convert("RGB").getpixel((round(x * DPI), round(y * DPI)))  # type: ignore[misc]
    return red, green, blue


def inked(image: Image.Image, box: tuple[float, float, float, float], paper: Colour) -> int:
    """How many pixels of a box in inches differ clearly from its ground."""
    part = image.convert("RGB").crop(tuple(int(side * DPI) for side in box))  # type: ignore[arg-type]
    colours: list[tuple[int, Any]] = part.getcolors(part.width * part.height) or []
    return sum(count for count, colour in colours if max(abs(a - b) for a, b in zip(colour, paper, strict=True)) > 60)


def cell_box(layout: Layout, row: int, column: int) -> tuple[float, float, float, float]:
    left = layout.left + column * layout.column
    return left + 0.02, layout.tops[row] + 0.02, left + layout.column - 0.02, layout.tops[row + 1] - 0.02


def test_cells_have_the_colour_of_their_coverage_and_a_text(tmp_path: Path) -> None:
    image, layout = draw(MATRIX, tmp_path)
    for row, cells in enumerate(MATRIX.cells):
        for column, cell in enumerate(cells):
            box = cell_box(layout, row, column)
            assert at(image, box[0], box[1]) == ground(cell.coverage), (row, column)
            assert at(image, box[2], box[3]) == ground(cell.coverage), (row, column)
            middle = ((box[0] + box[2]) / 2 - 0.1, box[1], (box[0] + box[2]) / 2 + 0.1, box[3])
            assert inked(image, middle, ground(cell.coverage)) > 5, "a page or a dash"


def test_topics_names_legend_and_source_are_drawn(tmp_path: Path) -> None:
    image, layout = draw(MATRIX, tmp_path)
    white = (255, 255, 255)
    bottom = layout.tops[-1]
    for row in range(2):
        topic = (MARGIN, layout.tops[row], layout.left - 0.02, layout.tops[row + 1])
        assert inked(image, topic, white) > 200
    for column in range(3):
        left = layout.left + column * layout.column
        assert inked(image, (left, 0, left + layout.column, layout.tops[0] - 0.02), white) > 100
    swatch = bottom + GAP + CELL_HEIGHT / 2
    assert at(image, MARGIN + 0.03, swatch) == ground("covers")
    strip = image.convert("RGB").crop((0, round((bottom + GAP) * DPI), image.width, round((swatch + 0.1) * DPI)))
    seen = {colour for _, colour in strip.getcolors(1_000_000) or []}
    assert {ground("covers"), ground("mentions"), ground("none")} <= seen
    assert inked(image, (MARGIN, bottom + GAP + CELL_HEIGHT + GAP / 2, image.width / DPI, layout.height), white) > 500


def test_nothing_is_drawn_over_the_margins(tmp_path: Path) -> None:
    for matrix in (MATRIX, repeated(3, 30), repeated(1, 1)):
        image, layout = draw(matrix, tmp_path)
        for box in (
            (0, 0, 0.08, layout.height),
            (0, 0, layout.width, 0.08),
            (layout.width - 0.05, 0, layout.width, layout.height),
            (0, layout.height - 0.08, layout.width, layout.height),
        ):
            assert inked(image, box, (255, 255, 255)) == 0


@pytest.mark.parametrize(
    ("topics", "organizations", "most"),
    [(1, 1, (1200, 400)), (40, 3, (1600, 3600)), (1, 60, (6500, 600)), (40, 60, (6500, 3600))],
)
def test_size_in_pixels(tmp_path: Path, topics: int, organizations: int, most: tuple[int, int]) -> None:
    image, layout = draw(repeated(topics, organizations), tmp_path)
    assert image.size == (int(layout.width * DPI), int(layout.height * DPI))
    assert image.width >= LEAST_WIDTH * DPI - 1
    assert image.width <= most[0]
    assert image.height <= most[1]
    assert image.info["dpi"] == pytest.approx((DPI, DPI), abs=0.1)


def test_a_few_names_lie_flat_and_many_stand() -> None:
    assert not lay_out(repeated(1, 3)).upright
    assert lay_out(repeated(1, 11)).upright
    owner = replace(MATRIX.organizations[0], acronym="Office of the Special Representative")
    assert lay_out(replace(MATRIX, organizations=(owner, *MATRIX.organizations[1:]))).upright
    assert lay_out(repeated(1, 60)).column < lay_out(repeated(1, 3)).column


def test_long_topics_are_wrapped_and_at_last_shortened() -> None:
    layout = lay_out(replace(MATRIX, topics=("training " * 8, "word " * 200)))
    assert layout.topics[0].split("\n") == [
        "training training training training",
        "training training training training",
    ]
    assert [len(line) for line in layout.topics[1].split("\n")] == [39, 39, 39, 39, 39, 36]
    assert layout.topics[1].endswith("word …")
    first, second = (bottom - top for top, bottom in zip(layout.tops, layout.tops[1:], strict=False))
    assert CELL_HEIGHT < first < second


def test_pages_are_as_printed_and_marked_by_edition() -> None:
    assert lay_out(MATRIX).pages == (("5", "9–10", "–"), ("–", "PDF 10", "–"))
    assert lay_out(TWO_EDITIONS).pages == (("5 [2]", "9–10 [1]", "–"), ("–", "PDF 10 [1]", "–"))
    assert lay_out(TWO_EDITIONS).source.replace("\n", " ") == (
        "Pages are those of sea-2020.pdf (2020) [1], sea-2021.pdf (2021) [2]."
    )


def test_the_source_is_also_in_the_file(tmp_path: Path) -> None:
    image, _ = draw(MATRIX, tmp_path)
    assert image.info["Source"] == (
        "Pages are those of sea-2020.pdf (2020). Not looked at, since no section is theirs: FOO."
    )


def test_the_same_matrix_gives_the_same_bytes(tmp_path: Path) -> None:
    to_png(MATRIX, tmp_path / "one.png")
    to_png(MATRIX, tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_dollars_are_no_formula(tmp_path: Path) -> None:
    """Unbalanced braces between two dollars would be an error of mathtext."""
    image, layout = draw(replace(MATRIX, topics=(r"$5 {and \frac $10", "$$")), tmp_path)
    assert inked(image, (MARGIN, layout.tops[1], layout.left, layout.tops[2]), (255, 255, 255)) > 20


def test_characters_without_a_font_are_told(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        unknown = to_png(replace(MATRIX, topics=("a \U000f1234 b\U000f1234", "Обучение")), tmp_path / "a.png")
    assert unknown == "\U000f1234"


def test_without_organizations_the_topics_are_drawn(tmp_path: Path) -> None:
    image, layout = draw(replace(MATRIX, organizations=(), cells=((), ())), tmp_path)
    assert inked(image, (MARGIN, layout.tops[0], layout.left, layout.tops[1]), (255, 255, 255)) > 200


def test_too_large_a_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="a picture of 400 topics × 2 organizations would be too large"):
        to_png(repeated(400, 2), tmp_path / "matrix.png")
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_the_message_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(OutputError, match=r"pip install 'mandates\[png\]'") as caught:
        to_png(MATRIX, tmp_path / "matrix.png")
    assert caught.value.exit_code == 3
    assert not list(tmp_path.iterdir())
