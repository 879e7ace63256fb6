"""``serve`` and ``mcp``: the web page and the HTTP API, and the tools for assistants."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.commands.terminal import index_option, model_option, papers_option
from pipeline.indexing.folder import FolderStore
from pipeline.scaling.stores import is_file, open_store

if TYPE_CHECKING:
    from pipeline.serving.settings import Settings
    from pipeline.serving.web.guard import Guard

LOCAL = ("127.0.0.1", "localhost", "::1")

SERVER_OPTIONS = (
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at; 0.0.0.0 for all."),
    click.option("--port", type=click.IntRange(0, 65535), default=8737, show_default=True, help="0 takes a free one."),
    click.option("--token", envvar="MANDATES_TOKEN", help="What others must know to ask.  [or MANDATES_TOKEN]"),
    click.option("--no-auth", is_flag=True, help="Let everyone ask who can reach the address."),
    click.option("--allow-host", "hosts", multiple=True, metavar="NAME", help="A name that this server goes by."),
    click.option(
        "--rate", type=click.FloatRange(min=0), default=50.0, show_default=True, help="Requests a second of a client."
    ),
    click.option("--log-queries", is_flag=True, help="Let the log hold what was asked."),
    papers_option,
    click.option("--password", help="Password of encrypted PDFs."),
    model_option,
    index_option,
)


def server_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command all options of a server."""
    for option in reversed(SERVER_OPTIONS):
        command = option(command)
    return command


@click.command()
@click.option(
    "--allow-ingest",
    "uploads",
    is_flag=False,
    flag_value="",
    metavar="[FOLDER]",
    help="Let who may ask also upload papers, to this folder.  [default: the first of --papers]",
)
@click.option("--watch", is_flag=True, help="With --allow-ingest: also ingest whenever the papers change.")
@server_options
def serve(host: str, port: int, *, uploads: str | None, watch: bool, **options: Any) -> None:
    """Serve a web page and an HTTP API, to this machine only unless --host says otherwise.

    Pages are at /, the API at /api/v1, described at /docs. Newer generations of the index are used once they are there.

    \b
    mandates serve
    mandates serve --allow-ingest
    mandates serve --host 0.0.0.0 --token "$(openssl rand -hex 16)" --allow-host mandates.example.org
    """
    if watch and uploads is None:
        raise click.UsageError("--watch goes with --allow-ingest.")
    if uploads is not None and is_file(options["folder"]):
        raise click.UsageError("--allow-ingest: one process at a time has a file of Milvus Lite; give a Milvus server.")
    folder = _upload_folder(uploads, options["papers"]) if uploads is not None else None
    settings = replace(_settings(host, **options), uploads=folder, watch=watch)
    from pipeline.serving.web.app import create_app

    _listen(host, port, lambda: create_app(settings))


@click.command()
@click.option("--http", is_flag=True, help="Over HTTP (at /mcp) instead of stdin and stdout.")
@server_options
def mcp(host: str, port: int, *, http: bool, **options: Any) -> None:
    """Serve tools to an assistant (Model Context Protocol): search, who, show, orgs, editions, diff.

    The assistant's configuration names the command, for instance {"command": "mandates", "args": ["mcp", "--index",
    "/path/to/index", "--papers", "/path/to/papers"]}. The other options are for --http.

    \b
    mandates mcp
    mandates mcp --http --port 8738
    """
    settings = _settings(host, **options)
    from pipeline.serving.mcp import http_app, make_server
    from pipeline.serving.service import Service

    if http:
        _listen(host, port, lambda: http_app(Service(settings)))
    else:
        logging.basicConfig(level=logging.WARNING)
        make_server(Service(settings)).run("stdio")


def _upload_folder(given: str, papers: tuple[Path, ...]) -> Path:
    """Find the folder that uploads go to, and see that they can."""
    folder = Path(given) if given else next((path for path in papers if path.is_dir()), papers[0])
    if not folder.is_dir():
        raise click.UsageError(f"--allow-ingest: {folder} is no folder; name the one that uploads shall go to.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise click.UsageError(f"--allow-ingest: {folder} may not be written.")
    return folder


def _settings(host: str, folder: str, *, no_auth: bool, **options: Any) -> Settings:
    """Check who may ask, and put together what a server is told."""
    is_local = host in LOCAL
    if not is_local and bool(options["token"]) == no_auth:
        raise click.UsageError("Others can reach this address: give --token, or --no-auth to let everyone ask.")
    from pipeline.serving.settings import Settings

    hosts = (*options.pop("hosts"), *(() if is_local else (host,)))
    place = open_store(folder)
    return Settings(
        place.folder if isinstance(place, FolderStore) else folder, is_local=is_local, hosts=hosts, **options
    )


def _listen(host: str, port: int, make: Callable[[], Guard]) -> None:
    """Take the place first, then open the index, then tell where it is."""
    from pipeline.serving.web.listen import bind, listen

    logging.basicConfig(format="%(message)s", level=logging.INFO)
    for library in ("uvicorn", "mcp", "faiss"):
        logging.getLogger(library).setLevel(logging.WARNING)
    with bind(host, port) as place:
        app = make()
        shown = f"[{host}]" if ":" in host else host
        click.echo(f"http://{shown}:{place.getsockname()[1]}/ (Ctrl+C stops it)", err=True)
        listen(app, place, app.end)
