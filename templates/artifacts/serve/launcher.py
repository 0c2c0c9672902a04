"""Starting a worker: what it is started with, and what to go back to when that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .environment import DRAIN_SECONDS, drain_seconds, use_environment
from .log import say
from .network import is_exposed
from .source import Source, copy_source, read_source, revision
from .worker import Worker, worker_config

if TYPE_CHECKING:
    import argparse
    import socket
    from pathlib import Path

    from .uvicorn_api import uvicorn


class Launcher:
    """Starts workers with the current configuration, or with the one that served last."""

    last: Source | None = None
    """What served last."""
    is_fallback = False
    """Whether the next worker, or the one that is coming, is to serve that."""

    def __init__(
        self,
        given: argparse.Namespace,
        program: Path,
        folder: Path,
    ) -> None:
        self.given = given
        self.guarded = is_exposed(given.host)
        self.program = program
        self.program_revision = revision(program)
        self.fallback_file = folder / ".litellm_config.served.yaml"

    def first_config(self) -> uvicorn.Config:
        """What uvicorn wants to know before there is a worker; no worker is started with it."""
        return worker_config(
            complete=False,
            guarded=self.guarded,
            drain=DRAIN_SECONDS,
        )

    def choose_source(self) -> Source:
        """What to start a worker with; OSError when there is nothing that it can be."""
        # A worker runs this file as it is by then, and must understand the supervisor.
        if revision(self.program) != self.program_revision:
            raise OSError("serve.py is another one by now: stop and start the gateway")
        if self.is_fallback and self.last:
            say("what served last is started again")
            return copy_source(self.last, self.fallback_file)
        return read_source(self.given.config, self.given.instance)

    def start(self, source: Source, sockets: list[socket.socket], *, complete: bool) -> Worker:
        """A process that is loading what *source* says; see application for *complete*."""
        # uvicorn reads variables of its own for its configuration, so that is made within, too.
        with use_environment(source.environment):
            config = worker_config(
                complete=complete,
                guarded=self.guarded,
                drain=drain_seconds(source.environment),
            )
            worker = Worker(config, sockets)
            worker.start()
        # Only now, because start copies what the worker has into its process.
        worker.source = source
        return worker

    def succeed(self, worker: Worker) -> None:
        """The worker serves: it is what to go back to."""
        # They differ when the file was edited before LiteLLM read it; that cannot be repeated.
        if worker.revision == worker.source.revision:
            self.last = worker.source
        if not self.is_fallback:
            self.fallback_file.unlink(missing_ok=True)
        self.is_fallback = False

    def fail(self) -> bool:
        """The worker has failed and none serves: whether what served last comes next.

        It and the current files take turns, for these may have been repaired meanwhile.
        """
        self.is_fallback = self.last is not None and not self.is_fallback
        return self.is_fallback

    def forget(self) -> None:
        """Nothing is served any more."""
        self.fallback_file.unlink(missing_ok=True)
