"""``search`` and ``who``: questions and topics, answered with passages."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import click

from pipeline import Index, open_index
from pipeline.commands.terminal import (
    NOTHING_FOUND,
    bold,
    document_option,
    edition_option,
    index_option,
    json_option,
    model_option,
    rerank_option,
    rerank_top_option,
    terminal_width,
)
from pipeline.datatypes import Answer, Edition
from pipeline.errors import QueryError
from pipeline.indexing.encode import Reranker, load_reranker
from pipeline.searching.locate import who_covers, with_evidence
from pipeline.searching.rank import MODES
from pipeline.searching.rerank import RERANKED
from pipeline.serving import render
from pipeline.serving.render import to_json


@click.command()
@click.argument("words", metavar="QUERY", nargs=-1)
@click.option("-k", "top_k", type=click.IntRange(min=1), default=5, show_default=True, help="How many hits.")
@click.option(
    "--org", "organizations", multiple=True, metavar="ACR", help="Only sections of it; if it has none, what names it."
)
@click.option("--section", metavar="TEXT", help="Only sections with this in a heading.")
@click.option("--page", type=click.IntRange(min=1), help="Only passages on this page of the PDF.")
@document_option
@edition_option
@click.option("--mode", type=click.Choice(list(MODES)), default="hybrid", help="Which signals rank.")
@click.option("--explain", is_flag=True, help="Show what each signal gave, in deviations above chance.")
@click.option("--json", "form", flag_value="json", help="Print one JSON object.")
@click.option("--csv", "form", flag_value="csv", help="Print CSV.")
@click.option("--markdown", "form", flag_value="markdown", help="Print Markdown.")
@click.option(
    "--batch", type=click.File(encoding="utf-8-sig"), help="One question a line (- for stdin): a JSON object each."
)
@rerank_option
@rerank_top_option
@model_option
@index_option
def search(
    words: tuple[str, ...], batch: Iterable[str] | None, form: str | None, folder: str, *, explain: bool, **options: Any
) -> None:
    """Ask a question; ranked passages come back, each with its organization and page.

    \b
    mandates search "who trains cabin crew?" -k 3
    mandates search "data on victims" --org IOM --org UNODC --json
    """
    if bool(words) == (batch is not None):
        raise click.UsageError("Give a question, or --batch FILE.")
    if batch is not None and form not in (None, "json"):
        raise click.UsageError("--batch prints JSON only.")
    query = " ".join(words)
    if words and not query.strip():
        raise QueryError("the question is empty; ask something")
    model, reranking = options.pop("model"), _reranking(options.pop("rerank"), options.pop("rerank_top"))
    with open_index(folder, model, *reranking) as index:
        questions = [query] if batch is None else _questions(batch)
        editions = index.editions(documents=options["documents"], edition=options["edition"])
        found = answered = False
        for question in questions:
            answer = index.ask(question, **options)
            found, answered = found or bool(answer.hits), answered or answer.answered
            if batch is None:
                _print_answer(answer, editions, form, explain=explain)
            else:
                click.echo(json.dumps(render.answer_record(answer, explain=explain), ensure_ascii=False))
        if found and (without := _without_section(index, options["organizations"])):
            click.echo(f"no section is {', '.join(without)}'s; these passages name it, or are of its papers", err=True)
        if not found:
            click.echo(_why_nothing(index, options["organizations"]), err=True)
    if not answered:
        sys.exit(NOTHING_FOUND)


@click.command()
@click.argument("words", metavar="TOPIC", nargs=-1, required=True)
@click.option("-k", "top_k", type=click.IntRange(min=1), default=2, show_default=True, help="Passages for each.")
@click.option("--all", "everyone", is_flag=True, help="List also the organizations the paper says nothing of.")
@document_option
@edition_option
@model_option
@index_option
@json_option
def who(
    words: tuple[str, ...], folder: str, model: str | None, *, everyone: bool, as_json: bool, **options: Any
) -> None:
    """Rank the organizations that cover a topic, each with its best passages; --all lists the others too.

    \b
    mandates who "preventing statelessness"
    mandates who "organ removal" --all --json
    """
    topic = " ".join(words)
    with open_index(folder, model) as index:
        covered = who_covers(index, topic, **options)
    shown = covered if everyone else with_evidence(covered)
    if as_json:
        click.echo(to_json(render.coverage_record(topic, shown)))
    elif shown:
        click.echo("\n".join(render.coverage_lines(shown, terminal_width(), bold)))
    if not with_evidence(covered):
        click.echo("nothing found: no organization's section says anything on this", err=True)
        sys.exit(NOTHING_FOUND)


def _reranking(name: str | None, top: int | None) -> tuple[Reranker | None, int]:
    """Load the reranker that is asked for, if any, and tell how many hits it reads."""
    if name is None and top is not None:
        raise click.UsageError("--rerank-top needs --rerank MODEL.")
    return load_reranker(name) if name is not None else None, top or RERANKED


def _print_answer(answer: Answer, editions: list[Edition], form: str | None, *, explain: bool) -> None:
    if form == "json":
        click.echo(to_json(render.answer_record(answer, explain=explain)))
    elif form == "csv":
        click.echo(render.to_csv(answer), nl=False)
    elif form == "markdown":
        click.echo(render.to_markdown(answer, editions), nl=False)
    else:
        text = render.to_text(answer, editions, terminal_width(), bold, explain=explain)
        click.echo(text, nl=bool(text))


def _questions(lines: Iterable[str]) -> Iterator[str]:
    try:
        yield from (line.strip() for line in lines if line.strip())
    except UnicodeDecodeError as error:
        raise QueryError(f"the batch is not UTF-8 text ({error.reason} at byte {error.start})") from error


def _without_section(index: Index, names: tuple[str, ...]) -> list[str]:
    acronyms = {acronym for name in names for acronym in index.directory.resolve(name)}
    return sorted(acronym for acronym in acronyms if not index.catalog.owner_numbers([acronym]))


def _why_nothing(index: Index, names: tuple[str, ...]) -> str:
    acronyms = {acronym for name in names for acronym in index.directory.resolve(name)}
    entries = [entry for entry in index.catalog.organizations() if entry.organization.acronym in acronyms]
    without = [entry.organization.acronym for entry in entries if not entry.passages]
    if without and len(without) == len(entries):
        return f"nothing found: the paper names {', '.join(without)}, but has no section on it"
    return "nothing found: no passage passes these filters"
