"""The command line: ``mandates``. The one place that prints or exits."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from pipeline import Index, open_index
from pipeline.datatypes import Hit
from pipeline.errors import MandatesError, QueryError
from pipeline.searching.locate import who_covers
from pipeline.searching.rank import MODES
from pipeline.serving import render

NOTHING_FOUND = 1
INTERRUPTED = 130
UNEXPECTED = 3


class DefaultToSearch(click.Group):
    """A group whose unknown first word is a question: ``mandates "who helps?"``; errors become one line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``search`` before the first word or option that the group does not know."""
        own = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        first = next((index for index, arg in enumerate(args) if arg not in own), len(args))
        if first < len(args) and args[first] not in self.commands:
            args = [*args[:first], "search", *args[first:]]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command and turn errors into messages and exit codes."""
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, SystemExit, BrokenPipeError):
            raise
        except BaseException as error:  # a user never sees a traceback without --debug
            if ctx.params.get("debug"):
                raise
            message, code = _explain(error)
            click.echo(message, err=True)
            ctx.exit(code)


def _explain(error: BaseException) -> tuple[str, int]:
    """Turn an error into one line and an exit code."""
    if isinstance(error, MandatesError):
        return f"error: {error}", error.exit_code
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else "mandates"
        return f"error: {error.format_message()} See: {command} --help", QueryError.exit_code
    if isinstance(error, (click.Abort, KeyboardInterrupt)):
        return "interrupted; the index is as it was", INTERRUPTED
    return f"error: unexpected {type(error).__name__}: {error}; to see where: mandates --debug …", UNEXPECTED


index_option = click.option(
    "--index", "folder", default="index", show_default=True, envvar="MANDATES_INDEX", help="Folder of the index."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(cls=DefaultToSearch)
@click.version_option(package_name="mandates")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
def main(*, debug: bool) -> None:
    """Who does what, and where is it written? Ask policy papers, get passages with organization and page.

    \b
    mandates ingest                                  build the index of raw/
    mandates "who trains cabin crew?"          ask

    Exit codes: 0 found, 1 nothing found, 2 wrong usage, 3 the papers or the index cannot be used.
    """


@main.command()
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

    with _progress() as progress:
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
    click.echo(_json(asdict(report)) if as_json else "\n".join(render.report_lines(report, folder)))


@main.command()
@click.argument("words", metavar="QUERY", nargs=-1)
@click.option("-k", "top_k", type=click.IntRange(min=1), default=5, show_default=True, help="How many hits.")
@click.option("--org", "organizations", multiple=True, metavar="ACR", help="Only sections of this organization.")
@click.option("--section", metavar="TEXT", help="Only sections with this in a heading.")
@click.option("--page", type=click.IntRange(min=1), help="Only passages on this page of the PDF.")
@click.option("--mode", type=click.Choice(list(MODES)), default="hybrid", help="Which signals rank.")
@click.option("--explain", is_flag=True, help="Show what each signal gave, in deviations above chance.")
@click.option("--json", "form", flag_value="json", help="Print one JSON object.")
@click.option("--csv", "form", flag_value="csv", help="Print CSV.")
@click.option("--markdown", "form", flag_value="markdown", help="Print Markdown.")
@click.option(
    "--batch", type=click.File(encoding="utf-8-sig"), help="One question a line (- for stdin): a JSON object each."
)
@click.option("--model", help="Where the index's model lies, if it is not found by its name.")
@index_option
def search(
    words: tuple[str, ...],
    batch: Iterable[str] | None,
    form: str | None,
    folder: str,
    model: str | None,
    *,
    explain: bool,
    **filters: Any,
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
    with open_index(folder, model) as index:
        found = False
        if batch is None:
            found = _print_hits(query, index.search(query, **filters), form, explain=explain)
        for question in _questions(batch or ()):
            hits = index.search(question, **filters)
            click.echo(json.dumps(render.answer_record(question, hits, explain=explain), ensure_ascii=False))
            found = found or bool(hits)
        if not found:
            click.echo(_why_nothing(index, filters["organizations"]), err=True)
            sys.exit(NOTHING_FOUND)


@main.command()
@click.argument("words", metavar="TOPIC", nargs=-1, required=True)
@click.option("-k", "top_k", type=click.IntRange(min=1), default=2, show_default=True, help="Passages for each.")
@click.option("--all", "everyone", is_flag=True, help="List also the organizations the paper says nothing of.")
@click.option("--model", help="Where the index's model lies, if it is not found by its name.")
@index_option
@json_option
def who(words: tuple[str, ...], top_k: int, folder: str, model: str | None, *, everyone: bool, as_json: bool) -> None:
    """Rank the organizations that cover a topic, each with its best passages; --all lists the others too.

    \b
    mandates who "preventing statelessness"
    mandates who "organ removal" --all --json
    """
    topic = " ".join(words)
    with open_index(folder, model) as index:
        covered = who_covers(index, topic, top_k)
    shown = [item for item in covered if everyone or item.coverage != "none"]
    if as_json:
        click.echo(_json(render.coverage_record(topic, shown)))
    elif shown:
        click.echo("\n".join(render.coverage_lines(shown, _width(), _bold)))
    if all(item.coverage == "none" for item in covered):
        click.echo("nothing found: no organization's section says anything on this", err=True)
        sys.exit(NOTHING_FOUND)


@main.command(name="eval")
@click.argument("questions", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--mode", type=click.Choice(list(MODES)), default="hybrid", help="Which signals rank.")
@click.option("--topics", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Judged topics for who.")
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help="Write the run to compare it later.")
@click.option("--against", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A saved run.")
@click.option("--model", help="Where the index's model lies, if it is not found by its name.")
@index_option
@json_option
def evaluate(
    questions: Path,
    mode: str,
    model: str | None,
    folder: str,
    *,
    as_json: bool,
    **files: Path | None,
) -> None:
    """Measure the index with judged questions: hit@1/3/5, MRR@10, nDCG@10, page@1 and organization@1.

    \b
    mandates eval tests/data/questions.jsonl
    mandates eval QUESTIONS.jsonl --save run.json
    mandates eval QUESTIONS.jsonl --against run.json
    """
    from pipeline.searching import evaluate as evaluation

    topics, save, against = files["topics"], files["save"], files["against"]
    judged = evaluation.load_questions(questions)
    judged_topics = evaluation.load_topics(topics) if topics else []
    earlier = evaluation.load_run(against) if against else None
    with open_index(folder, model) as index, _progress() as progress:
        outcomes = evaluation.answer_questions(index, judged, mode, lambda done: progress("asking", done, len(judged)))
        on_topics = evaluation.judge_topics(index, judged_topics) if judged_topics else None
        settings = {"questions": questions.name, "mode": mode, "weights": asdict(MODES[mode])}
        settings["encoder"] = asdict(index.manifest.encoder)
    if save:
        evaluation.save_run(save, outcomes, settings)
    record = {
        "questions": len(judged),
        "figures": {name: asdict(figure) for name, figure in evaluation.figures(outcomes).items()},
        "by_kind": evaluation.means_by(outcomes, lambda outcome: [outcome.kind]),
        "by_organization": evaluation.means_by(outcomes, lambda outcome: outcome.organizations),
        "topics": on_topics,
        "against": evaluation.compare(outcomes, earlier) if earlier else None,
        "settings": settings,
    }
    click.echo(_json(record) if as_json else "\n".join(render.evaluation_lines(record)))


@main.command()
@index_option
@json_option
def orgs(folder: str, *, as_json: bool) -> None:
    """List the organizations: acronym, name, aliases, pages of their section, number of passages.

    \b
    mandates orgs --json
    """
    with open_index(folder) as index:
        entries = index.catalog.organizations()
    if as_json:
        click.echo(_json([render.organization_record(entry) for entry in entries]))
    else:
        click.echo("\n".join(render.organization_lines(entries)))
    if not entries:
        click.echo("no section of this index is owned by an organization", err=True)
        sys.exit(NOTHING_FOUND)


@main.command()
@index_option
@json_option
def sections(folder: str, *, as_json: bool) -> None:
    """Show the outline that was found: every heading with its pages, sub-sections included, and owner.

    \b
    mandates sections
    """
    with open_index(folder) as index:
        entries = index.catalog.sections()
    if as_json:
        click.echo(_json([entry._asdict() for entry in entries]))
        return
    for entry in entries:
        pages = "–".join(str(page) for page in dict.fromkeys(entry.pages))
        heading = entry.path[-1] if entry.path else "(before the first heading)"
        owner = f"  [{entry.organization}]" if entry.organization and len(entry.path) == 1 else ""
        click.echo(f"{pages:>7}  {'  ' * (entry.level - 1)}{heading}{owner}")


@main.command()
@index_option
@json_option
def info(folder: str, *, as_json: bool) -> None:
    """Describe the index: model, editions, counts, checksums.

    \b
    mandates info --json
    """
    with open_index(folder) as index:
        manifest = asdict(index.manifest)
    if as_json:
        click.echo(_json(manifest))
        return
    encoder = manifest["encoder"]
    click.echo(f"built     {manifest['built_at']}, schema {manifest['schema']}")
    click.echo(f"model     {encoder['name']} ({encoder['revision'][:12]}, weights {encoder['sha256'][:12]})")
    for edition in manifest["editions"]:
        click.echo(f"edition   {edition['document']}/{edition['label']} ({edition['file']}, {edition['sha256'][:12]})")
    for name, count in manifest["counts"].items():
        click.echo(f"{count:>9} {name}")


@main.command()
@click.argument("place", metavar="PAGE|PASSAGE")
@index_option
@json_option
def show(place: str, folder: str, *, as_json: bool) -> None:
    """Show a page of the PDF (34, or icat/2018:34 if there are several editions) or a passage (icat/2018/14/3).

    \b
    mandates show 34
    mandates show icat/2018/14/3 --json
    """
    with open_index(folder) as index:
        if place.count("/") == 3:
            _show_passage(index, place, as_json=as_json)
        else:
            _show_page(index, place, as_json=as_json)


def _show_passage(index: Index, place: str, *, as_json: bool) -> None:
    passage = index.catalog.passage(place)
    if passage is None:
        raise QueryError(f"no passage has the id {place}; search hits carry theirs")
    if as_json:
        click.echo(_json(render.passage_record(passage)))
    else:
        click.echo("\n".join(render.passage_lines(passage, _width(), _bold)))


def _show_page(index: Index, place: str, *, as_json: bool) -> None:
    name, _, number = place.rpartition(":")
    if not number.isdecimal():
        raise QueryError(f"{place!r} is neither a page number nor a passage id such as icat/2018/14/3")
    editions = [e for e in index.catalog.editions() if name in ("", e.id, e.document)]
    if len(editions) != 1:
        choices = ", ".join(edition.id for edition in editions or index.catalog.editions())
        raise QueryError(f"which edition? write EDITION:{number} with one of: {choices}")
    page = index.catalog.page(editions[0], int(number))
    if page is None:
        raise QueryError(f"{editions[0].file} has no page {number}")
    click.echo(_json(render.page_record(page)) if as_json else "\n".join(render.page_lines(page, _bold)))


def _print_hits(query: str, hits: list[Hit], form: str | None, *, explain: bool) -> bool:
    if form == "json":
        click.echo(_json(render.answer_record(query, hits, explain=explain)))
    elif form == "csv":
        click.echo(render.to_csv(hits), nl=False)
    elif form == "markdown":
        click.echo(render.to_markdown(query, hits), nl=False)
    elif hits:
        click.echo(render.to_text(hits, _width(), _bold, explain=explain))
    return bool(hits)


def _questions(lines: Iterable[str]) -> Iterator[str]:
    try:
        yield from (line.strip() for line in lines if line.strip())
    except UnicodeDecodeError as error:
        raise QueryError(f"the batch is not UTF-8 text ({error.reason} at byte {error.start})") from error


def _why_nothing(index: Index, names: tuple[str, ...]) -> str:
    acronyms = {acronym for name in names for acronym in index.resolve_organization(name)}
    entries = [entry for entry in index.catalog.organizations() if entry.organization.acronym in acronyms]
    without = [entry.organization.acronym for entry in entries if not entry.passages]
    if without and len(without) == len(entries):
        return f"nothing found: the paper names {', '.join(without)}, but has no section on it"
    return "nothing found: no passage passes these filters"


def _bold(text: str) -> str:
    plain = not sys.stdout.isatty() or bool(os.environ.get("NO_COLOR"))
    return text if plain else click.style(text, bold=True)


def _width() -> int:
    return min(shutil.get_terminal_size((100, 24)).columns, 110)


def _json(record: object) -> str:
    return json.dumps(record, ensure_ascii=False, indent=2)


@contextmanager
def _progress() -> Iterator[Any]:
    """Draw a bar for each stage on stderr if that is a terminal; be silent elsewhere."""
    if not sys.stderr.isatty():
        yield lambda stage, done, total: None
        return
    bars: dict[str, Any] = {}

    def advance(stage: str, done: int, total: int) -> None:
        if stage not in bars:
            for bar in bars.values():
                bar.render_finish()
            bars[stage] = click.progressbar(length=total, label=stage, file=sys.stderr)
        bars[stage].update(done)

    try:
        yield advance
    finally:
        for bar in bars.values():
            bar.render_finish()


if __name__ == "__main__":
    main()
