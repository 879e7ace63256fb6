"""The command line: ``mandates``. Brings the commands together and turns errors into messages and exit codes."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

# One question is encoded by small products of matrices, for which a second thread costs more than it brings: 50 ms with
# one, 2 s with two on a busy machine of two cores. numpy reads this when it is imported; torch does not heed it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import click

from pipeline.errors import MandatesError, QueryError

INTERRUPTED = 130
UNEXPECTED = 3
# Each command's module in pipeline.commands, and what --help says of it: the modules are imported when they are used.
COMMANDS = {
    "ingest": ("build", "Build the index from papers, or bring it up to date."),
    "search": ("ask", "Ask a question (the word search may be left out)."),
    "who": ("ask", "Rank the organizations that cover a topic."),
    "matrix": ("matrix", "Topics × organizations, as text, CSV, page or picture."),
    "diff": ("diff", "What changed from one edition to another."),
    "orgs": ("look", "List the organizations, their aliases and pages."),
    "sections": ("look", "Show the outline that was found."),
    "show": ("show", "Show a page or a passage, as text or a picture."),
    "serve": ("serve", "Serve a web page and an HTTP API."),
    "mcp": ("serve", "Serve tools to an assistant."),
    "info": ("look", "Describe the index: model, editions, checksums."),
    "eval": ("measure", "Measure the index with judged questions."),
    "editions": ("keep", "List the documents and their editions."),
    "verify": ("keep", "Check the index, to the last byte if you like."),
    "rollback": ("keep", "Go back to the generation before."),
    "gc": ("keep", "Delete former generations."),
    "forget": ("keep", "Take a document out of every generation."),
}
# What a library that is missing comes with.
EXTRAS = {
    "pdfplumber": "ingest", "pypdfium2": "ingest", "threadpoolctl": "ingest", "watchfiles": "ingest", "rich": "ingest",
    "mammoth": "formats", "markdown_it": "formats",
    "PIL": "ingest",
    "fastapi": "serve", "uvicorn": "serve", "jinja2": "serve", "prometheus_client": "serve",
    "python_multipart": "serve", "mcp": "mcp",
    "ray": "cluster", "fsspec": "cluster",
    "ir_measures": "eval", "scipy": "eval", "matplotlib": "png", "sentence_transformers": "models",
    "transformers": "models", "torch": "models", "pymilvus": "cluster", "milvus_lite": "cluster",
}  # fmt: skip


class DefaultToSearch(click.Group):
    """A group whose unknown first word is a question: ``mandates "who helps?"``; errors become one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands in the order in which one comes to need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"pipeline.commands.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, "evaluate" if cmd_name == "eval" else cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands for --help, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``search`` before the first word or option that the group does not know."""
        own = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        first = next((index for index, arg in enumerate(args) if arg not in own), len(args))
        if first < len(args) and args[first] not in COMMANDS:
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
    if isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] in EXTRAS:
        library = str(error.name).partition(".")[0]
        return f"error: this needs {library}; run: pip install 'mandates[{EXTRAS[library]}]'", UNEXPECTED
    if isinstance(error, (click.Abort, KeyboardInterrupt)):
        return "interrupted; the index is as it was", INTERRUPTED
    return f"error: unexpected {type(error).__name__}: {error}; to see where: mandates --debug …", UNEXPECTED


@click.group(cls=DefaultToSearch)
@click.version_option(package_name="mandates")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
def main(*, debug: bool) -> None:
    """Who does what, and where is it written? Ask policy papers, get passages with organization and page.

    \b
    mandates ingest                                  build the index of raw/
    mandates "who trains cabin crew?"          ask

    Exit codes: 0 found, 1 nothing found or no clear answer, 2 wrong usage, 3 the papers or the index cannot be used.
    """


if __name__ == "__main__":
    main()
