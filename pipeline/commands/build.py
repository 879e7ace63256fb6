"""``ingest``: build the index."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from pipeline.commands.terminal import index_option, json_option, progress_bar, to_json
from pipeline.serving import render


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--edition", "label", metavar="LABEL", help="Edition of the one file given, instead of its name's.")
@click.option("--model", help="A sentence-transformers model: hub name or folder.")
@click.option("--password", help="Password of encrypted PDFs.")
@index_option
@json_option
def ingest(
    paths: tuple[Path, ...],
    label: str | None,
    model: str | None,
    password: str | None,
    folder: str,
    *,
    as_json: bool,
) -> None:
    """Build the index from PDFs or folders of them (default: raw/). It then holds exactly these.

    \b
    mandates ingest
    mandates ingest papers/ icat-2018.pdf --index my-index
    """
    from pipeline.indexing.build import build_index
    from pipeline.indexing.encode import load_encoder

    with progress_bar() as progress:
        report = build_index(
            paths or (Path("raw"),),
            Path(folder),
            lambda: load_encoder(model),
            label=label,
            password=password,
            progress=progress,
        )
    for warning in [*report.skipped, *(line for edition in report.editions for line in edition.warnings)]:
        click.echo(f"warning: {warning}", err=True)
    click.echo(to_json(asdict(report)) if as_json else "\n".join(render.report_lines(report, folder)))
