"""``editions``, ``verify``, ``rollback``, ``gc`` and ``forget``: what the index holds and that it stays whole."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipeline import open_index
from pipeline.commands.terminal import index_option, json_option, progress_bar
from pipeline.errors import IndexUnusable
from pipeline.scaling.stores import open_store
from pipeline.serving.render import to_json


@click.command()
@index_option
@json_option
def editions(folder: str, *, as_json: bool) -> None:
    """List the documents and their editions, the latest of each first; searches answer from that one.

    \b
    mandates editions
    """
    from pipeline.serving.imprint import imprint_line
    from pipeline.serving.listing import edition_records, in_order

    with open_index(folder) as index:
        found, records = in_order(index.catalog.editions()), edition_records(index.catalog)
    if as_json:
        click.echo(to_json(records))
        return
    for edition, record in zip(found, records, strict=True):
        counts = f"{record['pages']} pages, {record['sections']} sections, {record['passages']} passages"
        mark = "  (latest)" if record["latest"] else ""
        click.echo(f"{record['document']}/{record['label']}  {record['file']}  {counts}{mark}")
        for line in filter(None, (imprint_line(edition), "; ".join(f"also {path}" for path in edition.copies))):
            click.echo(f"    {line}")


@click.command()
@click.argument("papers", nargs=-1, type=click.Path(path_type=Path))
@click.option("--deep", is_flag=True, help="Also read the papers again and look for every passage on its pages.")
@click.option("--password", help="Password of encrypted PDFs.")
@index_option
@json_option
def verify(papers: tuple[Path, ...], folder: str, password: str | None, *, deep: bool, as_json: bool) -> None:
    """Check checksums, counts and vectors of every generation; with --deep also the papers (default: raw/).

    \b
    mandates verify
    mandates verify --deep papers/
    """
    from pipeline.indexing.verify_papers import verify_papers

    place = open_store(folder)
    found = place.verify()
    if deep and not found.damage:
        with progress_bar() as progress:
            papers = papers or (Path("raw"),)
            again = verify_papers(place, papers, password, lambda done, total: progress("checking", done, total))
        found = type(found)(found.checked + again.checked, found.damage + again.damage)
    if as_json:
        click.echo(to_json(found._asdict() | {"whole": not found.damage}))
    else:
        for line in found.checked:
            click.echo(line)
        click.echo("damaged" if found.damage else "whole")
    for line in found.damage:
        click.echo(f"error: {line}", err=True)
    if found.damage:
        sys.exit(IndexUnusable.exit_code)


@click.command()
@index_option
def rollback(folder: str) -> None:
    """Go back to the generation before the current one.

    \b
    mandates rollback
    """
    manifest = open_store(folder).roll_back()
    held = ", ".join(edition.id for edition in manifest.editions)
    click.echo(f"{folder}: back at the generation of {manifest.built_at}, with {held}")


@click.command()
@index_option
def gc(folder: str) -> None:
    """Delete former generations and what builds that died left behind; there is no rollback after that.

    \b
    mandates gc
    """
    click.echo(f"{folder}: {open_store(folder).collect_garbage()}")


@click.command()
@click.argument("document")
@click.option("--edition", "label", metavar="LABEL", help="Only this edition of it.")
@index_option
def forget(document: str, label: str | None, folder: str) -> None:
    """Take a document out of the index, with its vectors, from every generation there is. Its file is left alone.

    \b
    mandates forget icat --edition 2018
    """
    from pipeline.indexing.forget import forget as take_out

    gone = take_out(open_store(folder), document, label)
    click.echo(f"{folder}: {', '.join(edition.id for edition in gone)} forgotten")
    click.echo("its file is still where it was: an ingest that is given it brings it back", err=True)
