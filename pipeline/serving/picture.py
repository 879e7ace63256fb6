"""Topics × organizations → a PNG for a report. The only file that names matplotlib.

All lengths are inches from the upper left corner of the picture.
"""

from __future__ import annotations

import importlib.util
import io
import itertools
import textwrap
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.errors import OutputError
from pipeline.searching.matrix import Matrix
from pipeline.serving.files import write_whole
from pipeline.serving.matrix import COLOURS, LABELS, MEANINGS, SIGNS, edition_marks, page_label, source

DPI = 200
MOST_PIXELS = 20_000  # a side: about 200 topics
MARGIN = 0.15
GAP = 0.12  # between the table, the legend and the source
SIZE = 8.5  # points of topics, names and pages
SMALL = 7.5  # points of legend and source
# How wide a character of DejaVu Sans is, in sizes: Chinese and the like, capitals, figures and small letters.
FULL, CAPITAL, SMALL_LETTER = 1.0, 0.74, 0.61
BOLD = 1.13  # times as wide
LINE = 1.25  # of a size: from one line to the next
TOPIC_CHARACTERS, TOPIC_LINES = 40, 6  # what is longer ends in an ellipsis
NAME_CHARACTERS = 24
CELL_WIDTH, CELL_HEIGHT = 0.42, 0.3  # at least
FLAT_WIDTH = 1.1  # the widest column whose name lies flat; more than these stand upright:
FLAT_NAMES = 10
LEAST_WIDTH = 5.8  # of the picture: the legend takes it
WEIGHTS = {"covers": "bold", "mentions": "normal", "none": "normal"}
GRID, INK = "#c5ced6", "#1c2733"
FONT = "DejaVu Sans"  # comes with matplotlib but has no Chinese, Japanese and Korean; those are taken if installed:
OTHER_FONTS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei", "Microsoft YaHei", "PingFang SC")
UNKNOWN = "□"  # stands for a character that no font has


class Layout(NamedTuple):
    """What is drawn and where: ``tops`` are the upper edges of the rows, and the lower edge of the last."""

    topics: tuple[str, ...]
    names: tuple[str, ...]
    pages: tuple[tuple[str, ...], ...]
    source: str
    upright: bool
    left: float
    column: float
    tops: tuple[float, ...]
    width: float
    height: float


def check_matplotlib() -> None:
    """Make sure that matplotlib is there.

    :raises OutputError: saying how to install it.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise OutputError("a picture needs matplotlib, which is not installed: pip install 'mandates[png]'")


def to_png(matrix: Matrix, path: Path) -> str:
    """Draw a matrix into a file; give the characters that no font has.

    :raises OutputError: if matplotlib is missing, the picture would be too large, or the file cannot be written.
    """
    png, unknown = draw_matrix(matrix)
    write_whole(path, png)
    return unknown


def draw_matrix(matrix: Matrix) -> tuple[bytes, str]:
    """Draw a matrix with the pages in its cells, a legend and its source.

    :return: the PNG, and the characters that no font has.
    :raises OutputError: if matplotlib is missing or the picture would be too large.
    """
    check_matplotlib()
    from matplotlib.figure import Figure

    layout = lay_out(matrix)
    if max(layout.width, layout.height) * DPI > MOST_PIXELS:
        size = f"{len(matrix.topics)} topics × {len(matrix.organizations)} organizations"
        raise OutputError(f"a picture of {size} would be too large; ask fewer topics, or use --html")
    figure = Figure((layout.width, layout.height), DPI, facecolor="white")
    pen = _Pen(figure, layout)
    _draw_table(pen, layout, matrix)
    _draw_foot(pen, layout)
    stream = io.BytesIO()
    metadata = {"Software": None, "Source": layout.source.replace("\n", " ")}
    figure.savefig(stream, format="png", dpi=DPI, metadata=metadata)
    return stream.getvalue(), pen.unknown


def lay_out(matrix: Matrix) -> Layout:
    """Find the place of everything."""
    marks = edition_marks(matrix)
    pages = tuple(tuple(page_label(cell, marks) or SIGNS["none"] for cell in row) for row in matrix.cells)
    topics = tuple(_wrap(topic, TOPIC_CHARACTERS, TOPIC_LINES) for topic in matrix.topics)
    names = tuple(_wrap(item.acronym, NAME_CHARACTERS, 2) for item in matrix.organizations)
    needed = min(max(CELL_WIDTH, BOLD * _width(itertools.chain(*pages), SIZE) + 0.1), FLAT_WIDTH)
    flat = max(needed, BOLD * _width(names, SIZE) + 0.1)
    upright = len(names) > FLAT_NAMES or flat > FLAT_WIDTH
    column = needed if upright else flat
    left = MARGIN + _width(topics, SIZE) + GAP
    head = BOLD * _width(names, SIZE) if upright else _height(names, SIZE)
    heights = [max(CELL_HEIGHT, _height([topic], SIZE) + 0.1) for topic in topics]
    tops = tuple(itertools.accumulate(heights, initial=MARGIN + head + 0.1))
    width = max(left + column * len(names) + MARGIN, LEAST_WIDTH)
    text = _wrap(source(matrix), int((width - 2 * MARGIN) / (SMALL_LETTER * SMALL / 72)), 20)
    height = tops[-1] + GAP + CELL_HEIGHT + GAP / 2 + _height([text], SMALL) + MARGIN
    return Layout(topics, names, pages, text, upright, left, column, tops, width, height)


class _Pen:
    """Draws on a figure in inches; ``unknown`` gathers the characters that no font has."""

    def __init__(self, figure: Any, layout: Layout) -> None:
        from matplotlib.font_manager import findfont, fontManager, get_font

        self.axes = figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, layout.width), ylim=(layout.height, 0))
        self.axes.set_axis_off()
        installed = set(fontManager.get_font_names())
        self._fonts = [FONT, *(name for name in OTHER_FONTS if name in installed)]
        self._known = {code for name in self._fonts for code in get_font(findfont(name)).get_charmap()}
        self.unknown = ""

    def box(self, x: float, y: float, size: tuple[float, float], colour: str) -> None:
        from matplotlib.patches import Rectangle

        self.axes.add_patch(Rectangle((x, y), *size, facecolor=colour, edgecolor=GRID, linewidth=0.6))

    def text(self, x: float, y: float, text: str, **style: Any) -> None:
        """Write a text as it is: a dollar sign starts no formula."""
        unknown = {char for char in text if ord(char) not in self._known and not char.isspace()}
        self.unknown += "".join(sorted(unknown - set(self.unknown)))
        shown = "".join(UNKNOWN if char in unknown else char for char in text)
        style = {"color": INK, "fontsize": SIZE, "va": "center", "linespacing": LINE} | style
        self.axes.text(x, y, shown, family=self._fonts, parse_math=False, **style)


def _draw_table(pen: _Pen, layout: Layout, matrix: Matrix) -> None:
    angle = 90 if layout.upright else 0
    for number, name in enumerate(layout.names):
        middle = layout.left + (number + 0.5) * layout.column
        pen.text(middle, layout.tops[0] - 0.06, name, ha="center", va="bottom", weight="bold", rotation=angle)
    longest = BOLD * _width(itertools.chain(*layout.pages), SIZE)
    size = SIZE * min(1.0, (layout.column - 0.06) / longest) if longest else SIZE
    for topic, row, pages, (top, bottom) in zip(
        layout.topics, matrix.cells, layout.pages, itertools.pairwise(layout.tops), strict=True
    ):
        pen.text(MARGIN, (top + bottom) / 2, topic, ha="left")
        for number, (cell, page) in enumerate(zip(row, pages, strict=True)):
            ground, ink = COLOURS[cell.coverage]
            x = layout.left + number * layout.column
            pen.box(x, top, (layout.column, bottom - top), ground)
            style = {"color": ink, "weight": WEIGHTS[cell.coverage], "fontsize": size}
            pen.text(x + layout.column / 2, (top + bottom) / 2, page, ha="center", **style)


def _draw_foot(pen: _Pen, layout: Layout) -> None:
    x, y = MARGIN, layout.tops[-1] + GAP
    baseline = y + CELL_HEIGHT / 2 + 0.36 * SMALL / 72  # half the height of a capital
    words: dict[str, Any] = {"fontsize": SMALL, "va": "baseline"}
    for coverage, meaning in MEANINGS.items():
        ground, ink = COLOURS[coverage]
        example = SIGNS["none"] if coverage == "none" else "p."
        pen.box(x, y + 0.04, (CELL_WIDTH, CELL_HEIGHT - 0.08), ground)
        weight = WEIGHTS[coverage]
        pen.text(x + CELL_WIDTH / 2, baseline, example, ha="center", color=ink, weight=weight, **words)
        x += CELL_WIDTH + 0.08
        pen.text(x, baseline, meaning, ha="left", **words)
        x += _width([meaning], SMALL) + 0.2
    pen.text(x, baseline, LABELS, ha="left", **words)
    pen.text(MARGIN, y + CELL_HEIGHT + GAP / 2, layout.source, ha="left", va="top", fontsize=SMALL)


def _wrap(text: str, characters: int, lines: int) -> str:
    """Break a text into lines; Chinese, Japanese and Korean characters take the room of two."""
    room = characters // 2 if any(map(_is_full, text)) else characters
    return "\n".join(textwrap.wrap(text, room, max_lines=lines, placeholder=" …"))


def _width(texts: Iterable[str], size: float) -> float:
    lines = (line for text in texts for line in text.split("\n"))
    return max((sum(map(_advance, line)) for line in lines), default=0) * size / 72


def _advance(char: str) -> float:
    if _is_full(char):
        return FULL
    return CAPITAL if char.isupper() else SMALL_LETTER


def _is_full(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _height(texts: Iterable[str], size: float) -> float:
    return max((text.count("\n") + 1 for text in texts), default=0) * LINE * size / 72
