"""The web server itself. The only file that names uvicorn."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from pipeline.errors import OutputError
from pipeline.serving.web.guard import App

CONNECTIONS = 512  # at once; more are told to come again
IDLE = 5  # seconds that a connection may wait for its next request
FIRST = 10.0  # seconds in which a new connection must have made its first
HEADERS = 32_768  # bytes of a request before its body


class Impatient(H11Protocol):
    """Lets go of who connects and asks nothing, or only letter by letter."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give a new connection its time, and send what there is at once."""
        # asyncio does so itself only for sockets that name their protocol; without it the body of an answer waits 40 ms
        # for the client to acknowledge the head.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)
        self.loop.call_later(FIRST, self._look_again)

    def _look_again(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()


def bind(host: str, port: int) -> socket.socket:
    """Take a place to listen at, before anything is loaded.

    :raises OutputError: if there is none.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        # The number says it shortly; where it is no error of the system but of a name, the text does.
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise OutputError(f"{host}:{port}: cannot listen there ({reason}); choose another --port or --host") from error


class Ending(uvicorn.Server):
    """Ends what goes on by itself before it waits for the answers that are being sent: some of them tell of it."""

    def __init__(self, config: uvicorn.Config, end: Callable[[], None]) -> None:
        """Take what is to be called at the end."""
        super().__init__(config)
        self._end = end

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End."""
        await asyncio.to_thread(self._end)
        await super().shutdown(sockets)


def listen(app: App, place: socket.socket, end: Callable[[], None] = lambda: None) -> None:
    """Answer requests until the user stops it.

    :param end: called then, and first.
    """
    options: dict[str, Any] = {"log_config": None, "access_log": False, "server_header": False, "ws": "none"}
    config = uvicorn.Config(
        app,
        http=Impatient,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=IDLE,
        h11_max_incomplete_event_size=HEADERS,
        **options,
    )
    Ending(config, end).run(sockets=[place])
