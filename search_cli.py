"""The command line: ``mandates``. Brings the commands together and turns errors into messages and exit codes."""

from __future__ import annotations

import os
from typing import Any

# One question is encoded by small products of matrices, for which a second thread costs more than it brings: 50 ms with
# one, 2 s with two on a busy machine of two cores. numpy reads this when it is imported; torch does not heed it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import click

from pipeline.commands.ask import search, who
from pipeline.commands.build import ingest
from pipeline.commands.diff import diff
from pipeline.commands.keep import editions, forget, gc, rollback, verify
from pipeline.commands.look import info, orgs, sections, show
from pipeline.commands.matrix import matrix
from pipeline.commands.measure import evaluate
from pipeline.errors import MandatesError, QueryError

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


for command in (
    *(ingest, search, who, matrix, diff, orgs, sections, show, info, evaluate),
    *(editions, verify, rollback, gc, forget),
):
    main.add_command(command)

if __name__ == "__main__":
    main()
