"""Ctrl-C, TERM and HUP: raised at once where that is safe, kept for later where it is not.

    take ─► each signal raises ─► (a transaction: Interrupts, with blocks that defer) ─► ignore

A signal that meets an import comes again once the module is whole: a module that was cut in two
stays in memory, and what uses it next fails in a way that looks like a bug.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

SOON = 0.005
"""Seconds after which a signal that met an import comes again."""

PATIENCE = 1.0
"""Seconds after which an import is cut short nonetheless."""


def take() -> None:
    """From here on each of the signals raises, except those that are ignored (nohup).

    Only a main thread can do that; in another one nothing happens.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _arrived)
    os.register_at_fork(after_in_child=_leave_to_parent)


def _leave_to_parent() -> None:
    """In a process that runs steps for another one (`-n 2`): end at once when that one says so.

    It has nothing to undo, and an exception while it ends would keep it from that.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is _arrived:
            signal.signal(number, signal.SIG_DFL)


def ignore() -> None:
    """To the end of the process nothing interrupts: the exit code is decided."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


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

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        if self._deferring:
            self.pending = self.pending or number
            return
        # Once: a second Ctrl-C must not cut the undoing short.
        if self._raised or _import.postpones(number, frame):
            return
        self._raised = True
        _end(number)


class _Import:
    """What a signal does that meets an import."""

    def __init__(self) -> None:
        self.since: float | None = None

    def postpones(self, number: int, frame: FrameType | None) -> bool:
        """Whether *number* arrived within an import, at *frame*; then it comes again soon."""
        now = time.monotonic()
        if self.since is None:
            self.since = now
        if not _is_importing(frame) or now - self.since > PATIENCE:
            self.since = None
            return False
        # What handles the signal by then gets it: a transaction may have begun to defer.
        signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(number))
        signal.setitimer(signal.ITIMER_REAL, SOON)
        return True


_import = _Import()


def _is_importing(frame: FrameType | None) -> bool:
    """Whether *frame* runs within an import, that of a lazy module included."""
    while frame is not None:
        if "importlib" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False


def _arrived(number: int, frame: FrameType | None) -> None:
    if not _import.postpones(number, frame):
        _end(number)


def _end(number: int) -> None:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)
