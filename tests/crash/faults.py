"""Faults inside one process: the n-th call that changes a file dies, fails, or is met by a signal. Needs no tracer."""

from __future__ import annotations

import errno
import os
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasks.core.disk import atomic

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS = (
    "write", "pwrite", "rename", "replace", "link", "unlink", "rmdir", "mkdir", "fsync",
    "chmod", "fchmod", "fchown", "setxattr", "removexattr",
)  # fmt: skip
MODES = ("kill", "torn", "ENOSPC", "EIO", "EROFS", "EROFS+", "ENOSPC+", "INT", "TERM", "HUP")
"""A + stands for: this call and every one after it."""

KILLED = 137


@dataclass
class Fault:
    """At the call number *at* (from 1) *mode* happens; 0 for never. Counts the calls."""

    mode: str = "kill"
    at: int = 0
    calls: int = 0

    def install(self) -> None:
        """Wrap the calls, for the rest of this process."""
        for name in CALLS:
            if hasattr(os, name):
                setattr(os, name, self._wrapped(getattr(os, name)))
        os.open = self._wrapped(os.open, lambda arguments: bool(arguments[1] & os.O_CREAT))  # type: ignore[assignment]
        atomic._call = self._wrapped_exchange(atomic._call)

    def _wrapped(self, real: Callable[..., Any], counts: Callable[[Any], bool] = lambda _: True) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if counts(arguments) and (number := self._strikes(real, arguments)):
                raise OSError(number, os.strerror(number), arguments[0] if isinstance(arguments[0], str) else None)
            return real(*arguments, **named)

        return call

    def _wrapped_exchange(self, real: Callable[..., int]) -> Callable[..., int]:
        return lambda *arguments: self._strikes(real, arguments) or real(*arguments)

    def _strikes(self, real: Callable[..., Any], arguments: tuple[Any, ...]) -> int:
        """Count a call; an error number when it shall fail."""
        self.calls += 1
        lasting = self.mode.endswith("+")
        if not self.at or self.calls < self.at or (self.calls > self.at and not lasting):
            return 0
        if self.mode in ("kill", "torn"):
            if self.mode == "torn" and real.__name__ in ("write", "pwrite"):
                real(arguments[0], arguments[1][: len(arguments[1]) // 2], *arguments[2:])
            os._exit(KILLED)
        if self.mode in ("INT", "TERM", "HUP"):
            signal.raise_signal(getattr(signal, f"SIG{self.mode}"))
            return 0
        return int(getattr(errno, self.mode.rstrip("+")))


def run(action: Callable[[], int], fault: Fault) -> tuple[int, int]:
    """Do *action* in a child with *fault*: its exit code (137: killed), and how many calls it made."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        report, leave = os.write, os._exit
        code = _child(action, fault)
        report(writer, fault.calls.to_bytes(4, "big"))
        leave(code)
    os.close(writer)
    told = os.read(reader, 4)
    os.close(reader)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), int.from_bytes(told, "big")


def _child(action: Callable[[], int], fault: Fault) -> int:
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    fault.install()
    try:
        return action()
    except KeyboardInterrupt:
        return 130
    except SystemExit as error:
        return int(error.code or 0)
    except BaseException as error:  # noqa: BLE001 - a bug; told by its own code
        sys.__stderr__.write(repr(error)) if sys.__stderr__ else None
        return 99
