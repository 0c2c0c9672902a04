"""A command and all that it starts, stopped at each system call that changes a file below a folder."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tests.crash.injector import ptrace, seccomp
from tests.crash.injector.system_calls import CHANGES, FLAGS, NUMBERS, shape_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

WORKING_FOLDER = 0xFFFFFF9C
"""AT_FDCWD, in the 32 bits that count."""

AT_A_CALL = signal.SIGTRAP | 0x80
GONE = (ProcessLookupError, FileNotFoundError)
"""What is raised when a process was killed in between."""


class Call(NamedTuple):
    """A call that is about to be made: by which thread, of which process, on what below the root."""

    name: str
    paths: tuple[str, ...]
    opens: int
    """How a file is opened; 0 for other calls and for reading."""

    thread: int
    process: int
    registers: ptrace.Registers

    def __str__(self) -> str:
        return " ".join([self.name, *self.paths])


class Handler(Protocol):
    """Who looks at the calls."""

    def called(self, call: Call) -> bool:
        """Called before *call* is made: whether its return is of interest. It may be refused or changed here."""

    def returned(self, call: Call, result: int) -> None:
        """Called when it was made."""


class Tracer:
    """Follows one command."""

    def __init__(self, root: str, handler: Handler) -> None:
        self._root, self._handler = os.path.realpath(root), handler
        self._names = {number: name for name, number in NUMBERS[os.uname().machine].items()}
        self._returning: dict[int, Call] = {}
        self.main = 0
        """The process of the command; it leads its own session."""

    def start(self, command: Sequence[str], folder: str, environ: Mapping[str, str], streams: Sequence[int]) -> None:
        """Start *command*, its output to the two *streams*."""
        if self.fork(folder, streams):
            try:
                os.execve(command[0], command, environ)
            finally:
                os._exit(127)

    def fork(self, folder: str, streams: Sequence[int]) -> bool:
        """Start a process that is a copy of this one: True in it, and what it does from there on is followed."""
        reader, writer = os.pipe()
        self.main = os.fork()
        if self.main == 0:
            try:
                os.read(reader, 1)
                _become(folder, streams)
                return True
            finally:
                if sys.exception():
                    os._exit(127)
        ptrace.seize(self.main)
        os.write(writer, b"!")
        os.close(reader)
        os.close(writer)
        return False

    def follow(self) -> int | None:
        """Run until the command ends: its exit code, below zero for a signal. Again: until all it started has ended."""
        while True:
            try:
                thread, status = os.waitpid(-1, ptrace.ALL_CHILDREN)
            except ChildProcessError:
                return None
            if os.WIFSTOPPED(status):
                with suppress(*GONE):
                    self._stopped(thread, status)
            elif thread == self.main:
                return os.waitstatus_to_exitcode(status)

    def _stopped(self, thread: int, status: int) -> None:
        number, event = os.WSTOPSIG(status), status >> 16
        if event == ptrace.FILTERED:
            self._called(thread)
        elif number == AT_A_CALL:
            self._returned(thread)
        elif event == ptrace.STOPPED and number != signal.SIGTRAP:
            ptrace.stay_stopped(thread)
        else:
            ptrace.go_on(thread, 0 if event else number)

    def _called(self, thread: int) -> None:
        call = self._call(thread)
        wanted = bool(call.paths) and self._handler.called(call)
        if wanted:
            self._returning[thread] = call
            ptrace.go_on_to_return(thread)
        else:
            ptrace.go_on(thread)

    def _returned(self, thread: int) -> None:
        call = self._returning.pop(thread)
        self._handler.returned(call, ptrace.Registers(thread).result)
        ptrace.go_on(thread)

    def _call(self, thread: int) -> Call:
        registers = ptrace.Registers(thread)
        name = self._names[registers.number]
        opens = registers.argument(FLAGS[name]) if name in FLAGS else 0
        paths = tuple(path for path in _paths(name, thread, registers) if self._is_below_root(path))
        return Call(name, paths, opens if opens & CHANGES else 0, thread, _process_of(thread), registers)

    def _is_below_root(self, path: str) -> bool:
        return path.startswith(f"{self._root}/")


def _become(folder: str, streams: Sequence[int]) -> None:
    """Be a process as a terminal would start it, and be followed."""
    os.setsid()
    os.chdir(folder)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, stream in enumerate((nothing, *streams)):
        os.dup2(stream, number)
    for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    seccomp.install()


def _paths(name: str, thread: int, registers: ptrace.Registers) -> Iterator[str]:
    """What a call is about: absolute, without links on the way."""
    shape = shape_of(name)
    if shape.file is not None:
        with suppress(OSError):  # a number that is not open
            yield os.readlink(f"/proc/{thread}/fd/{registers.argument(shape.file)}")
    for folder, position in shape.paths:
        start = "cwd"
        if folder is not None and registers.argument(folder) & 0xFFFFFFFF != WORKING_FOLDER:
            start = f"fd/{registers.argument(folder)}"
        with suppress(OSError):
            base = os.readlink(f"/proc/{thread}/{start}")
            yield _resolved(base, registers.argument(position), thread)


def _resolved(base: str, address: int, thread: int) -> str:
    """The path at *address*, from *base*; without one the call is about *base* itself."""
    text = ptrace.read_text(thread, address) if address else ""
    if not text:
        return base
    above, name = os.path.split(os.path.join(base, text.rstrip("/")))
    return os.path.join(os.path.realpath(above), name)


def _process_of(thread: int) -> int:
    with open(f"/proc/{thread}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("Tgid:"))
