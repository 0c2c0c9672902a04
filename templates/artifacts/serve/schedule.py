"""When the next worker starts: at once when it is asked for, later and later when they fail."""

from __future__ import annotations

import time

MOST_FAILURES = 5
LONGEST_WAIT = 60
STABLE_SECONDS = 120
"""A worker that served for longer than this died by accident, not of its configuration."""


class Schedule:
    """Whether another worker is wanted, from when on, and how often starting one has failed."""

    def __init__(self) -> None:
        self.is_wanted = True
        self.not_before = 0.0
        self.failures = 0

    def is_due(self) -> bool:
        """Whether it is time to start a worker."""
        return self.is_wanted and time.monotonic() >= self.not_before

    def is_exhausted(self) -> bool:
        """Whether it has failed too often to try again."""
        return self.failures > MOST_FAILURES

    def take(self) -> None:
        """A worker is started now."""
        self.is_wanted = False

    def ask(self) -> None:
        """One is asked for."""
        self.is_wanted = True
        self.not_before = 0.0

    def retry(self, *, at_once: bool) -> None:
        """Starting one has failed, and none serves."""
        self.failures += 1
        self.is_wanted = True
        self.not_before = time.monotonic()
        if not at_once:
            self.not_before += 2**self.failures

    def replace(self, served_seconds: float, *, is_coming: bool) -> None:
        """The one that served has died.

        *is_coming*: its successor is being started already, and no other one is needed.
        """
        self.failures += 1
        if served_seconds > STABLE_SECONDS:
            self.failures = 0
        self.is_wanted = self.is_wanted or not is_coming
        # The first time at once, then after 2, 6, 14 ... seconds.
        self.not_before = time.monotonic() + min(2**self.failures - 2, LONGEST_WAIT)
