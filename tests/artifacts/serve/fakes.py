"""A worker without a process."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from serve.source import Source


@dataclass
class FakeWorker:
    """As the supervisor sees it; the test says what becomes of it."""

    pid: int = 1
    revision: str = ""
    accepts: bool = False
    runs: bool = True
    exitcode: int | None = None
    leaves_by: float = float("inf")
    begun: float = field(default_factory=time.monotonic)
    source: Any = None
    sent: list[int] = field(default_factory=list)

    def start(self) -> None:
        pass

    def seconds(self) -> float:
        return time.monotonic() - self.begun

    def is_accepting(self) -> bool:
        return self.accepts and self.runs

    def is_running(self) -> bool:
        return self.runs

    def send(self, sig: int) -> None:
        self.sent.append(sig)

    def kill(self) -> None:
        self.runs = False

    def get_ready(self) -> None:
        """Serve what it was started with."""
        self.accepts = True
        self.revision = self.source.revision

    def die(self, code: int) -> None:
        self.runs = False
        self.exitcode = code


def source(text: str = "model_list: []\n", **environment: str) -> Source:
    return Source(text.encode(), environment, "digest")
