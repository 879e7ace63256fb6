"""``serve``: the web page and the HTTP API."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import click

from pipeline.commands.terminal import index_option, model_option, papers_option

LOCAL = ("127.0.0.1", "localhost", "::1")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at; 0.0.0.0 for all.")
@click.option("--port", type=click.IntRange(0, 65535), default=8737, show_default=True, help="0 takes a free one.")
@click.option("--token", envvar="MANDATES_TOKEN", help="What others must know to ask.  [or MANDATES_TOKEN]")
@click.option("--no-auth", is_flag=True, help="Let everyone ask who can reach the address.")
@click.option("--allow-host", "hosts", multiple=True, metavar="NAME", help="A name that this server goes by.")
@click.option("--rate", type=click.FloatRange(min=0), default=50.0, show_default=True, help="Requests/s of a client.")
@click.option("--log-queries", is_flag=True, help="Let the log hold what was asked.")
@papers_option
@click.option("--password", help="Password of encrypted PDFs.")
@model_option
@index_option
def serve(host: str, port: int, folder: str, *, no_auth: bool, **options: Any) -> None:
    """Serve a web page and an HTTP API, to this machine only unless --host says otherwise.

    Pages are at /, the API at /api/v1, described at /docs. Newer generations of the index are used once they are there.

    \b
    mandates serve
    mandates serve --host 0.0.0.0 --token "$(openssl rand -hex 16)" --allow-host mandates.example.org
    """
    is_local = host in LOCAL
    if not is_local and bool(options["token"]) == no_auth:
        raise click.UsageError("Others can reach this address: give --token, or --no-auth to let everyone ask.")
    from pipeline.serving.settings import Settings
    from pipeline.serving.web.app import create_app
    from pipeline.serving.web.listen import bind, listen

    settings = Settings(
        folder=Path(folder),
        papers=options["papers"],
        model=options["model"],
        password=options["password"],
        is_local=is_local,
        hosts=(*options["hosts"], *(() if is_local else (host,))),
        token=options["token"],
        rate=options["rate"],
        log_queries=options["log_queries"],
    )
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    with bind(host, port) as place:
        app = create_app(settings)
        shown = f"[{host}]" if ":" in host else host
        click.echo(f"http://{shown}:{place.getsockname()[1]}/ (Ctrl+C stops it)", err=True)
        listen(app, place)
