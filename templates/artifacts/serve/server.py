"""The server in a worker: it says which revision it serves, and drops no answer when it leaves."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from .source import revision
from .uvicorn_api import H11Protocol, uvicorn

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable


class Connection(H11Protocol):
    """A connection that ends only after it has announced that, or after being idle for long."""

    stopping = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Close it when no request comes.

        uvicorn does so only after a first answer, and lets a new connection be idle for ever.
        """
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive,
            self.timeout_keep_alive_handler,
        )

    def shutdown(self) -> None:
        """The worker leaves. uvicorn would close here, while a request may be on its way."""
        if self.stopping:
            super().shutdown()
        elif self.cycle:
            # If its answer has not begun, it can still say that it is the last one.
            self.cycle.default_headers = self.server_state.default_headers


class Server(uvicorn.Server):
    """Serves until SIGINT, which retires it, or SIGTERM, which ends it; neither cuts an answer."""

    def __init__(self, config: uvicorn.Config, tell: Callable[[str], None]) -> None:
        super().__init__(config)
        self.tell = tell
        self.loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Let LiteLLM load its configuration, then accept connections.

        The supervisor hears the revision, and takes the worker for ready.
        """
        self.loop = asyncio.get_running_loop()
        # Before LiteLLM reads it: if it changes meanwhile, the supervisor sees that they differ.
        served = revision(Path(os.environ["CONFIG_FILE_PATH"]))
        self.config.encoded_headers.append((b"x-gateway-revision", served.encode()))
        await super().startup(sockets)
        self.tell(served)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more connections, and wait for the answers that are under way.

        The supervisor hears that it leaves, clients in each answer that it is the last one of its
        connection.
        """
        for server in self.servers:
            server.close()
        with contextlib.suppress(OSError):
            self.tell("")
        state = self.server_state
        state.default_headers = [*state.default_headers, (b"connection", b"close")]
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: object) -> None:  # noqa: ARG002
        """A signal has come.

        From a SIGTERM on, some LiteLLM answer health checks with 503, so a worker that retires
        gets a SIGINT.
        """
        if sig == signal.SIGTERM:
            Connection.stopping = True
            # A second signal: the loop is still waiting for answers, which are cut off now.
            if self.should_exit and self.loop:
                self.loop.call_soon_threadsafe(self._hang_up)
        self.should_exit = True

    def _hang_up(self) -> None:
        """Close every connection, whatever is going on in it."""
        for connection in list(self.server_state.connections):
            connection.shutdown()
