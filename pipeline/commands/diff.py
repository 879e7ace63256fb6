"""``diff``: what changed from one edition of a paper to another."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from pipeline import open_index
from pipeline.commands.terminal import NOTHING_FOUND, index_option, json_option, styled, terminal_width
from pipeline.comparing.changes import EditionDiff
from pipeline.searching.editions import diff_editions
from pipeline.serving import diff as render
from pipeline.serving.diff_page import to_html
from pipeline.serving.diff_record import to_record
from pipeline.serving.files import check_place, write_whole
from pipeline.serving.render import to_json

STYLES: dict[str, dict[str, Any]] = {"delete": {"fg": "red"}, "insert": {"fg": "green"}, "bold": {"bold": True}}


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--org", "organization", metavar="ACR", help="Only the sections of this organization.")
@json_option
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a web page.")
@index_option
def diff(old: str, new: str, organization: str | None, folder: str, **forms: Any) -> None:
    """Tell what changed from one edition to another; both must be in the index: mandates editions lists them.

    An edition is its label (2018), or document and label (icat/2018) if several documents have it.

    \b
    mandates diff 2018 2021
    mandates diff icat/2018 icat/2021 --org UNICEF --html changes.html
    """
    if sum(map(bool, forms.values())) > 1:
        raise click.UsageError("Give only one of --json, --markdown and --html.")
    if forms["html"]:
        check_place(forms["html"])
    with open_index(folder) as index:
        found = diff_editions(index, old, new, organization)
    _put_out(found, **forms)
    if found.is_same:
        click.echo("nothing changed", err=True)
        sys.exit(NOTHING_FOUND)


def _put_out(found: EditionDiff, html: Path | None, *, as_json: bool, as_markdown: bool) -> None:
    if as_json:
        click.echo(to_json(to_record(found)))
    elif html:
        write_whole(html, to_html(found).encode())
        click.echo(f"{html}: {render.title(found)}", err=True)
    elif not found.is_same:
        text = (
            render.to_markdown(found)
            if as_markdown
            else render.to_text(found, terminal_width(), lambda mark, words: styled(words, **STYLES[mark])) + "\n"
        )
        click.echo(text, nl=False)
