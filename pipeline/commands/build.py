"""``ingest``: build the index, once or whenever the papers change."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from pipeline.commands.terminal import index_option, json_option, progress_bar
from pipeline.reading.corpus import Choice, Place, Remote, on_this_machine
from pipeline.reading.parallel import TIMEOUT
from pipeline.reading.workers import cores
from pipeline.scaling.stores import open_store
from pipeline.serving.render import to_json
from pipeline.serving.report import report_lines
from pipeline.serving.watching import follow


class PlaceType(click.ParamType[Place]):
    """A file or folder of this machine, or an address."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        """Tell an address by its ://."""
        return Remote(value) if "://" in str(value) else Path(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Let the shell complete paths."""
        return [CompletionItem(incomplete, type="file")]


@click.command()
@click.argument("papers", nargs=-1, metavar="[PATHS]...", type=PlaceType())
@click.option("--edition", "label", metavar="LABEL", help="Edition of the one file given, instead of its name's.")
@click.option("--model", help="A sentence-transformers model: hub name or folder.  [default: the index's, or e5]")
@click.option("--password", help="Password of encrypted PDFs.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes that read the papers.  [default: one a core]")
@click.option(
    "--timeout", type=click.FloatRange(min=1), default=TIMEOUT, show_default=True, help="Seconds to read a paper in."
)
@click.option("--ocr", is_flag=True, help="Recognize the text of pages without any (extra ocr); slow.")
@click.option(
    "--ocr-language", default="eng", metavar="LANGS", show_default=True, help='Languages of scans, as in "eng+fra".'
)
@click.option("--include", multiple=True, metavar="GLOB", help="Of folders, only files like this, e.g. '*.md'.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Of folders, no files like this, e.g. 'drafts/*'.")
@click.option("--fresh", is_flag=True, help="Read and encode everything anew.")
@click.option("--on", metavar="ray[://HOST:PORT]", help="Read and encode on a Ray cluster (extra cluster).")
@click.option("--work", metavar="DIR|URL", help="With --on: where finished papers wait.  [default: in the index]")
@click.option("--watch", is_flag=True, help="Stay, and ingest again whenever files come, change or go.")
@index_option
@json_option
def ingest(
    papers: tuple[Place, ...], label: str | None, model: str | None, folder: str, password: str | None, **more: Any
) -> None:
    """Build the index from papers or folders of them (default: raw/). It then holds exactly these.

    Only what is new is read and encoded: a file of the same bytes, a passage of the same words is taken over. A folder
    gives its .pdf, .docx and .html; .md and .txt are taken where they are named, or --include matches them.

    \b
    mandates ingest
    mandates ingest papers/ icat-2018.pdf --index my-index
    mandates ingest papers/ --include "*.pdf" --include "notes/*.md" --exclude "*draft*"
    mandates ingest papers/ --watch
    mandates ingest scans/ --ocr --ocr-language eng+fra
    mandates ingest s3://bucket/papers --on ray://head:10001 --work s3://bucket/work
    """
    from pipeline.indexing.build import build_index
    from pipeline.indexing.encode import load_encoder
    from pipeline.indexing.gather import Options
    from pipeline.indexing.models import model_sha256
    from pipeline.scaling.ingest import build_elsewhere, where

    place = open_store(folder)
    papers = papers or (Path("raw"),)
    choice = Choice(more["include"], more["exclude"])
    if more["work"] and not more["on"]:
        raise click.UsageError("--work says where a cluster keeps what it has finished: give --on as well.")
    build = partial(build_elsewhere, where(more["on"], more["work"])) if more["on"] else build_index

    def ingest_once() -> None:
        indexed = place.current_model()
        name = model or indexed
        # With an index to compare with, the weights tell whether anything must be loaded at all.
        weights = model_sha256(name) if name and indexed else None
        workers = more["workers"] or (0 if more["on"] else cores())
        ocr = more["ocr_language"] if more["ocr"] else None
        options = Options(label, password, weights, more["fresh"], workers, more["timeout"], choice, ocr)
        with progress_bar() as progress:
            report = build(papers, place, partial(load_encoder, name, for_many=True), options, progress)
        for warning in [*report.skipped, *(line for edition in report.editions for line in edition.warnings)]:
            click.echo(f"warning: {warning}", err=True)
        click.echo(to_json(asdict(report)) if more["as_json"] else "\n".join(report_lines(report, folder)))

    if more["watch"]:
        local = [on_this_machine(paper) for paper in papers]
        follow(local, choice, ingest_once, lambda message: click.echo(message, err=True))
    else:
        ingest_once()
