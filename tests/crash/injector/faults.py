"""What can happen at a system call: its process is killed, only half is written, it fails, a signal comes."""

from __future__ import annotations

import errno
import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.crash.injector.system_calls import NEEDS_SPACE, shape_of

if TYPE_CHECKING:
    from tests.crash.injector.tracer import Call

SIGNALS = ("INT", "TERM", "HUP")
ERRORS = ("ENOSPC", "EIO", "EROFS", "ENOSPC+", "EIO+", "EROFS+")
"""Once, or (+) from there on."""

KILLS = ("kill", "torn")
HALVES = ("torn", "short")
MODES = ("kill", *HALVES, *ERRORS, *SIGNALS)
"""kill: the command is, as by kill -9, before the call; torn: after half of what it writes; short: it writes half, and
says so."""


class Fault:
    """At the call number *at*, from 1, *mode* happens, or at the first one after it to which that can happen.

    0: never; the calls are counted all the same.
    """

    def __init__(self, mode: str, at: int) -> None:
        self.mode, self.at = mode, at
        self.calls: list[str] = []
        self.struck = ""
        """The call that was met."""

        self.main = 0
        """The process of the command, which is the one that is killed or interrupted."""

        self._length = 0

    def called(self, call: Call) -> bool:
        """See Handler: strike if this is the call."""
        self.calls.append(str(call))
        if not self._is_met() or not self._applies(call):
            return False
        self.struck = self.struck or str(call)
        if self.mode not in HALVES:
            self._strike(call)
            return False
        self._length = call.registers.argument(_length_of(call))
        call.registers.set_argument(_length_of(call), self._length // 2)
        return True

    def returned(self, call: Call, result: int) -> None:
        """See Handler: half was written."""
        del result
        if self.mode == "torn":
            _kill(call.process)
        else:  # the caller's compiler relies on its arguments being as they were
            call.registers.set_argument(_length_of(call), self._length)

    def heal(self) -> None:
        """End what lasts."""
        self.at = 0

    def _is_met(self) -> bool:
        if not self.at or len(self.calls) < self.at:
            return False
        return self.mode.endswith("+") or not self.struck

    def _applies(self, call: Call) -> bool:
        if self.mode in KILLS and call.process != self.main:
            return False
        if self.mode in HALVES:
            position = shape_of(call.name).length
            return position is not None and call.registers.argument(position) > 1
        if not self.mode.startswith("ENOSPC"):
            return True
        creates = call.opens & os.O_CREAT and not os.path.lexists(call.paths[0])
        return bool(creates) or call.name in NEEDS_SPACE

    def _strike(self, call: Call) -> None:
        if self.mode == "kill":
            _kill(call.process)
        elif self.mode in SIGNALS:
            self._interrupt()
        else:
            call.registers.refuse(getattr(errno, self.mode.rstrip("+")))

    def _interrupt(self) -> None:
        """Signal as a terminal does (Ctrl-C, closed: all in its foreground), or as `kill` does: the one process."""
        send = os.kill if self.mode == "TERM" else os.killpg
        with suppress(ProcessLookupError):
            send(self.main, getattr(signal, f"SIG{self.mode}"))


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def _length_of(call: Call) -> int:
    """The argument that says how much is written."""
    position = shape_of(call.name).length
    assert position is not None
    return position
