"""The workers of one gateway: the one that serves, its successor, and those that are leaving."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .worker import Worker

KILL_AFTER = 30
"""Seconds beyond its drain that a worker may take to end."""


class Workers:
    """Who serves, who is coming, who is leaving."""

    serving: Worker | None = None
    """The one that takes new connections; None at the start, and after it has died."""
    coming: Worker | None = None
    """The one that is loading LiteLLM."""

    def __init__(self) -> None:
        self.leaving: list[Worker] = []

    def all(self) -> list[Worker]:
        """Every worker that there is, in no matter which state."""
        workers = [self.serving, self.coming, *self.leaving]
        return [worker for worker in workers if worker]

    def promote(self, coming: Worker, drain: int) -> None:
        """Give *coming* the place of the one that serves.

        That one has *drain* seconds to finish its answers, and a while to end.
        """
        if self.serving:
            self.serving.send(signal.SIGINT)
            self.serving.leaves_by = time.monotonic() + drain + KILL_AFTER
            self.leaving.append(self.serving)
        self.serving = coming
        self.coming = None

    def see_off(self) -> None:
        """Forget those that have left.

        Those that take too long are killed, and forgotten the next time.
        """
        for worker in self.leaving:
            if time.monotonic() > worker.leaves_by:
                worker.send(signal.SIGKILL)
        self.leaving = [worker for worker in self.leaving if worker.is_running()]

    def is_settled(self) -> bool:
        """Whether every new connection reaches the one that serves.

        All workers accept from the same socket, so a former one may still take some.
        """
        if self.serving is None or self.coming:
            return False
        return not any(worker.is_accepting() for worker in self.leaving)

    def terminate(self) -> None:
        """Ask each of them to end."""
        for worker in self.all():
            if worker.revision:
                worker.send(signal.SIGTERM)
            else:
                # It has not served yet, so it has no answers to finish.
                worker.send(signal.SIGKILL)

    def kill(self) -> None:
        """End each of them at once.

        The answers that are under way are cut off.
        """
        for worker in self.all():
            worker.send(signal.SIGKILL)

    def are_running(self) -> bool:
        """Whether any of them has not ended yet."""
        return any(worker.is_running() for worker in self.all())

    def facts(self) -> dict[str, object]:
        """What the status says of who serves: its process, and digests of what it was made with."""
        if self.serving is None:
            return {"worker": None, "revision": None, "environment": None}
        return {
            "worker": self.serving.pid,
            "revision": self.serving.revision,
            "environment": self.serving.source.digest,
        }
