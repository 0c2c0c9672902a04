"""A worker: one process that has loaded LiteLLM and serves one configuration."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from .application import application
from .server import Connection, Server
from .uvicorn_api import Process, uvicorn

if TYPE_CHECKING:
    import socket

    from .source import Source

KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: longer than in clients, so that they close first."""


def worker_config(*, complete: bool, guarded: bool, drain: int) -> uvicorn.Config:
    """How a worker serves; see application for *complete* and *guarded*."""
    return uvicorn.Config(
        functools.partial(application, complete, guarded),
        factory=True,
        http=Connection,
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=drain,
    )


class Worker(Process):
    """A process that serves.

    The supervisor sees it from outside; `server`, `target` and `always_pong` run within it.
    """

    source: Source
    revision = ""
    accepts = False
    leaves_by = float("inf")

    def start(self) -> None:
        """Start it."""
        super().start()
        # uvicorn keeps its end open, and so would not see in the pipe that the worker died.
        self.child_conn.close()
        self.begun = time.monotonic()

    def seconds(self) -> float:
        """How long ago it was started."""
        return time.monotonic() - self.begun

    def is_accepting(self) -> bool:
        """Whether it takes connections: from the moment when it is ready until it leaves."""
        with contextlib.suppress(OSError, EOFError):
            while self.parent_conn.poll():
                self._hear(self.parent_conn.recv())
        return self.accepts and self.is_running()

    def _hear(self, revision: str) -> None:
        """It sends the revision when it begins to serve, "" when it leaves."""
        self.accepts = bool(revision)
        self.revision = revision or self.revision

    def is_running(self) -> bool:
        """Whether the process is there; uvicorn's is_alive asks through the pipe instead."""
        return self.process.is_alive()

    def send(self, sig: int) -> None:
        """Send it a signal, if it still runs."""
        if self.is_running() and self.pid:
            os.kill(self.pid, sig)

    @functools.cached_property
    def server(self) -> Server:
        """The server in it."""
        return Server(self.config, self.child_conn.send)

    def target(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve; a thread watches the pipe."""
        self.parent_conn.close()
        super().target(sockets)
        sys.stdout.flush()
        # All is shut down. Python's own cleaning up of what LiteLLM has loaded takes seconds.
        os._exit(0)

    def always_pong(self) -> None:
        """End the worker when the pipe ends, which it does with the supervisor, however that ends.

        Nothing is ever asked through it.
        """
        with contextlib.suppress(OSError, EOFError):
            self.child_conn.recv()
        if not self.server.started:
            os._exit(0)
        os.kill(os.getpid(), signal.SIGTERM)
