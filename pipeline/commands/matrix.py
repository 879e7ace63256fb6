"""``matrix``: topics × organizations, as a table, data, a web page or a picture."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from pipeline import open_index
from pipeline.commands.terminal import (
    NOTHING_FOUND,
    bold,
    document_option,
    edition_option,
    index_option,
    json_option,
    model_option,
    progress_bar,
    terminal_width,
)
from pipeline.searching.matrix import Matrix, make_matrix, read_topics
from pipeline.serving import matrix as render
from pipeline.serving.files import check_place, write_whole
from pipeline.serving.picture import check_matplotlib, to_png
from pipeline.serving.render import to_json


@click.command()
@click.argument("topics", metavar="[TOPIC]...", nargs=-1)
@click.option(
    "--topics",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help='A file with a topic a line, or JSON lines with "topic".',
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@json_option
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a web page.")
@click.option("--png", type=click.Path(path_type=Path, dir_okay=False), help="Draw a picture (needs mandates[png]).")
@document_option
@edition_option
@model_option
@index_option
def matrix(
    topics: tuple[str, ...],
    file: Path | None,
    folder: str,
    model: str | None,
    documents: tuple[str, ...],
    edition: str | None,
    **forms: Any,
) -> None:
    """Show which organizations cover which topics, with the best page of each; quote a topic of several words.

    \b
    mandates matrix "child labour" "organ removal" remittances
    mandates matrix --topics topics.txt --png matrix.png --document icat
    """
    if bool(topics) == (file is not None):
        raise click.UsageError("Give topics, or --topics FILE.")
    if sum(map(bool, forms.values())) > 1:
        raise click.UsageError("Give only one of --csv, --json, --html and --png.")
    if forms["png"]:
        check_matplotlib()
    if path := forms["html"] or forms["png"]:
        check_place(path)
    asked = read_topics(file) if file else topics
    with open_index(folder, model) as index, progress_bar() as progress:
        made = make_matrix(
            index, asked, lambda done: progress("asking", done, len(asked)), documents=documents, edition=edition
        )
    _put_out(made, **forms)
    if made.is_empty:
        click.echo("nothing found: no organization's section says anything on these topics", err=True)
        sys.exit(NOTHING_FOUND)


def _put_out(made: Matrix, html: Path | None, png: Path | None, *, as_csv: bool, as_json: bool) -> None:
    size = f"topics: {len(made.topics)}, organizations: {len(made.organizations)}"
    if as_json:
        click.echo(to_json(render.to_record(made)))
    elif as_csv:
        click.echo(render.to_csv(made), nl=False)
        if note := render.not_looked_at(made):
            click.echo(note, err=True)
    elif html:
        write_whole(html, render.to_html(made).encode())
        click.echo(f"wrote {html} ({size})", err=True)
    elif png:
        unknown = to_png(made, png)
        click.echo(f"wrote {png} ({size})", err=True)
        if unknown:
            click.echo(f"warning: no font here has {unknown}, drawn as □; --html leaves it to the browser", err=True)
    else:
        click.echo(render.to_text(made, terminal_width(), bold))
