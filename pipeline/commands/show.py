"""``show``: a page or a passage, as text or as a picture of the page."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from pipeline import Index, open_index
from pipeline.commands.terminal import bold, index_option, json_option, model_option, papers_option, terminal_width
from pipeline.datatypes import Edition, Passage
from pipeline.errors import OutputError
from pipeline.serving import render
from pipeline.serving.files import check_place, write_whole
from pipeline.serving.inline_picture import inline_picture
from pipeline.serving.page_picture import DPI, MOST_DPI, Look, draw_pages
from pipeline.serving.papers import Papers
from pipeline.serving.places import find_page, find_passage
from pipeline.serving.render import to_json

TERMINAL = "-"  # for --image: show it here


class Highlight(click.ParamType[tuple[int, int]]):
    """Two offsets into a passage's text, as ``search --json`` gives them."""

    name = "START-END"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Read ``0-215``."""
        start, _, end = str(value).partition("-")
        if not (start.isdecimal() and end.isdecimal()):
            self.fail(f"{value!r} is not of the form 0-215", param, ctx)
        return int(start), int(end)


@click.command()
@click.argument("place", metavar="PAGE|PASSAGE")
@click.option("--image", metavar="FILE.png|-", help="Draw the page, the passage highlighted; - shows it in a terminal.")
@click.option("--dpi", type=click.IntRange(30, MOST_DPI), default=DPI, show_default=True, help="Dots an inch.")
@click.option("--question", help="Highlight the sentence that answers this best more strongly.")
@click.option("--highlight", type=Highlight(), help="Highlight these characters of the passage more strongly.")
@papers_option
@click.option("--password", help="Password of an encrypted PDF.")
@model_option
@index_option
@json_option
def show(place: str, image: str | None, folder: str, model: str | None, *, as_json: bool, **options: Any) -> None:
    """Show a page of the PDF (34, or icat/2018:34 if there are several editions) or a passage (icat/2018/14/3).

    \b
    mandates show 34
    mandates show icat/2018/14/3 --image page.png --question "who runs a database?"
    """
    if image and as_json:
        raise click.UsageError("Give only one of --json and --image.")
    if options["question"] and options["highlight"]:
        raise click.UsageError("Give only one of --question and --highlight.")
    if image and image != TERMINAL:
        check_place(Path(image))
    with open_index(folder, model) as index:
        if place.count("/") == 3:
            passage = find_passage(index, place)
            edition, numbers = passage.edition, passage.pages
            record, lines = render.passage_record(passage), render.passage_lines(passage, terminal_width(), bold)
        else:
            page = find_page(index, place)
            passage, edition, numbers = None, page.edition, (page.number,)
            record, lines = render.page_record(page), list(render.page_lines(page, bold))
        if image:
            _draw(index, (edition, numbers, passage), image, options)
        else:
            click.echo(to_json(record) if as_json else "\n".join(lines))


def _draw(
    index: Index, what: tuple[Edition, Sequence[int], Passage | None], image: str, options: dict[str, Any]
) -> None:
    edition, numbers, passage = what
    best = options["highlight"] or (0, 0)
    if passage and options["question"]:
        best = index.best_sentence(passage, options["question"])
    file = Papers(options["papers"]).find(edition)
    drawn = draw_pages(file, numbers, passage, Look(options["dpi"], best, options["password"]))
    if image == TERMINAL:
        shown = inline_picture(drawn.png, os.environ) if sys.stdout.isatty() else None
        if shown is None:
            raise OutputError("this terminal is not known to show pictures; write one: --image FILE.png")
        click.echo(shown)
    else:
        write_whole(Path(image), drawn.png)
        click.echo(f"wrote {image} ({edition.file}, PDF page {', '.join(map(str, numbers))})", err=True)
    if passage and not drawn.is_marked:
        click.echo("warning: other words stand at the passage's place, so nothing is highlighted", err=True)
