"""Which process a number means: numbers are used again, so the moment of its start belongs to it.

A transaction writes into its record what it started, or had take its files over. When the files are
taken back, each of these processes gets its signal: KILL ends a gateway on trial, HUP has a running
one read its files again. So does, once the files are in place, what these do not need: TERM has a
gateway end when it has answered.
"""

from __future__ import annotations

import contextlib
import os
import signal as signals
from pathlib import Path
from typing import NamedTuple

from tasks.core.disk import programs

PROC = Path("/proc")
START_FIELD = 19
"""Behind the name in /proc/PID/stat: the kernel's ticks at which the process started."""


class Process(NamedTuple):
    """A process, and the signal that it gets."""

    pid: int
    started: str
    signal: int

    @property
    def is_running(self) -> bool:
        """Whether this very process is there."""
        if not self.started:
            return False
        return find_start(self.pid) == self.started

    def notify(self) -> None:
        """Send it its signal if it is still there; KILL also ends what it has started."""
        if not self.is_running:
            return
        with contextlib.suppress(OSError):
            self._send()

    def _send(self) -> None:
        leads_group = os.getpgid(self.pid) == self.pid
        if leads_group and self.signal == signals.SIGKILL:
            os.killpg(self.pid, self.signal)
        else:
            os.kill(self.pid, self.signal)


def observe(pid: int, signal: int) -> Process:
    """The process *pid* as it runs now, with the signal that is meant for it."""
    return Process(pid, find_start(pid), signal)


def find_start(pid: int) -> str:
    """When *pid* started, as the deployed scripts write it; "" when there is no such process."""
    if not PROC.is_dir():
        return _ask_ps(pid)
    try:
        status = (PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return ""
    # The name may have blanks and brackets in it.
    _, _, facts = status.rpartition(b") ")
    return facts.split()[START_FIELD].decode()


def _ask_ps(pid: int) -> str:
    """Where there is no /proc, as on macOS: `ps` in one language and time zone."""
    environ = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC0"}
    done = programs.run(["ps", "-o", "lstart=", "-p", str(pid)], environ)
    words = done.stdout.decode(errors="replace").split()
    return " ".join(words)
