"""gateway.status.json: how the last attempt to start a worker went, and who serves what."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from .private_file import write_private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Status:
    """What the file says of the last attempt; the supervisor adds what it says of processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.attempt = 0
        self.state = "starting"
        self.reason = ""
        self.error: list[str] = []
        self.written = ""

    def begin(self, *, is_fallback: bool) -> None:
        """A worker is about to be started."""
        self.attempt += 1
        # What served last only fills in: what matters stays why the current configuration failed.
        if not is_fallback:
            self.state = "starting"
            self.reason = ""
            self.error = []

    def fail(self, reason: str, error: list[str]) -> None:
        """The worker has failed; *error* is the end of its log, without secrets."""
        self.state = "failed"
        self.reason = reason
        self.error = error

    def write(self, processes: Mapping[str, object]) -> None:
        """Write the file, if anything in it has changed, or if it is gone.

        A former gateway of this folder that ends after this one has begun may remove it.
        """
        status = {
            "attempt": self.attempt,
            "state": self.state,
            "reason": self.reason,
            **processes,
            "error": self.error,
        }
        text = json.dumps(status, indent=2) + "\n"
        if text == self.written and self.path.exists():
            return
        # A full disk stops no gateway; the next turn of the loop tries again.
        with contextlib.suppress(OSError):
            write_private(self.path, text)
            self.written = text

    def remove(self) -> None:
        """Nothing serves any more; what another gateway has written meanwhile stays."""
        with contextlib.suppress(OSError):
            if self.path.read_text() == self.written:
                self.path.unlink()
