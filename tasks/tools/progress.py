"""What is being waited for, and how long already: one line on a terminal, for every step of more than a second."""

from __future__ import annotations

import os
import sys
import threading
import time

from tasks.tools import console

EVERY = 1.0
"""Seconds before the line appears, and between two of it."""

ERASE = "\r\033[K"


class Meter:
    """Between start() and stop() a line tells which step runs; whatever else is printed makes room for itself."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._shown = False
        self._lock = threading.Lock()

    def start(self, name: str) -> None:
        """*name* is running from now on."""
        self.stop()
        if not wanted():
            return
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tick, args=(name, self._over, time.monotonic()), daemon=True)
        self._thread.start()
        console.make_room = self.clear

    def stop(self) -> None:
        """Nothing is running any more."""
        if self._thread is not None:
            self._over.set()
            self._thread.join()
            self._thread = None
            self.clear()
            console.make_room = None

    def clear(self) -> None:
        """Take the line away."""
        with self._lock:
            if self._shown:
                self._write(ERASE)
                self._shown = False

    def _tick(self, name: str, over: threading.Event, since: float) -> None:
        while not over.wait(EVERY):
            with self._lock:
                self._shown = True
                self._write(f"{ERASE}{console.mark('step', sys.__stderr__)} {name}  {time.monotonic() - since:.0f} s")

    def _write(self, text: str) -> None:
        stream = sys.__stderr__
        if stream is not None:
            stream.write(text)
            stream.flush()


def wanted() -> bool:
    """Whether such a line can be shown: by a terminal that can erase it, to somebody who did not ask for quiet."""
    stream = sys.__stderr__
    shows = stream is not None and not stream.closed and stream.isatty()
    return shows and os.environ.get("TERM", "dumb") != "dumb" and not console.loudness.quiet
