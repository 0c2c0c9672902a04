"""Ctrl-C, TERM and HUP: raised at once where that is safe, kept for later where it is not."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Between start() and stop() the first of the three signals raises an exception, never in a deferred() block."""

    def __init__(self) -> None:
        self.pending: int | None = None
        self._before: dict[signal.Signals, Any] = {}
        self._deferring = 0
        self._raised = False

    def start(self) -> None:
        """Take the signals over, except those that are ignored (nohup); only a main thread can."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._arrived)

    def stop(self) -> None:
        """Give the signals back."""
        while self._before:
            number, handler = self._before.popitem()
            signal.signal(number, handler)

    def silence(self) -> None:
        """To the end of the process nothing interrupts: what was asked for is done, and the exit code shall say so."""
        while self._before:
            number, _ = self._before.popitem()
            signal.signal(number, signal.SIG_IGN)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """A block that no signal cuts in two; what arrived is pending afterwards."""
        self._deferring += 1
        try:
            yield
        finally:
            self._deferring -= 1

    def raise_pending(self) -> None:
        """End as the signal asks that arrived meanwhile, if one did."""
        if self.pending is not None:
            number, self.pending = self.pending, None
            _end(number)

    def _arrived(self, number: int, _frame: FrameType | None) -> None:
        if self._deferring:
            self.pending = self.pending or number
        elif not self._raised:  # once: a second Ctrl-C must not cut the undoing short
            self._raised = True
            _end(number)


def _end(number: int) -> None:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)
