"""Commands in forked processes, for tests in which a new process is not the point: Python and its imports are there.

A server has imported what commands need of other people's packages, and nothing of this project. For each command it
forks; the child takes over the words, the variables, the folder and the streams of the command and then runs the
script that starts commands, as `python -I launch.py` does: our own code is read from the sandbox, as in a new process.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

IMPORTED = (
    "difflib",
    "hmac",
    "jinja2",
    "jsonschema",
    "psutil",
    "pyrage",
    "questionary",
    "sqlite3",
    "ssl",
    "tarfile",
    "tomllib",
    "urllib.request",
    "yaml",
)
"""What commands import, beside what these import themselves."""

LEAN = str(Path(__file__).parents[1] / "tasks" / "core" / "frame" / "lean.py")
"""Imports doit as commands do."""

START_UP = ("PYTHON", "LC_", "LANG", "LD_", "MALLOC_", "OPENSSL_")
"""Variables that Python reads only when it starts: a command with others needs a new process."""

LARGEST_INPUT = 1 << 15
"""Bytes of stdin: a pipe takes so many although nobody reads yet."""


class Server:
    """Forks a process per command of a Python that was started with the option *switch* and the variables *environ*."""

    def __init__(self, environ: Mapping[str, str], switch: str = "-I") -> None:
        self.environ = dict(environ)
        self._python = [sys.executable, switch]
        self._busy = threading.Lock()
        self._line: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def run(
        self, command: Sequence[str], folder: Path, environ: Mapping[str, str], given: bytes, timeout: float
    ) -> tuple[int, bytes, bytes] | None:
        """Run `python SWITCH SCRIPT WORD…`: exit code, stdout, stderr; None when only a new process can do that."""
        if not self.can_run(command, environ) or len(given) > LARGEST_INPUT:
            return None
        if not self._busy.acquire(blocking=False):
            return None
        try:
            return self._run(command, folder, environ, given, timeout)
        finally:
            self._busy.release()

    def can_run(self, command: Sequence[str], environ: Mapping[str, str]) -> bool:
        """Whether a process that is forked here is as a new one would be."""
        is_ours = [*command[:2]] == self._python
        return is_ours and _read_at_start(environ) == _read_at_start(self.environ)

    def begin(
        self, command: Sequence[str], folder: Path, environ: Mapping[str, str], given: bytes, streams: Sequence[int]
    ) -> int:
        """Begin such a command, which writes to the two *streams*: its process. One at a time: see end()."""
        mask = os.umask(0o077)
        os.umask(mask)
        request = {"words": [*command[2:]], "folder": str(folder), "environ": {**environ}, "mask": mask}
        line = self._line or self._start()
        stdin, keyboard = os.pipe()
        os.write(keyboard, given)
        os.close(keyboard)
        socket.send_fds(line, [b"."], [stdin, *streams])
        os.close(stdin)
        line.sendall(json.dumps(request).encode() + b"\n")
        return _number(line)

    def end(self) -> int:
        """Wait until the command that was begun has ended: its exit code, below zero for a signal."""
        assert self._line is not None
        return _number(self._line)

    def close(self) -> None:
        """End the server."""
        if self._line is not None and self._process is not None:
            self._line.close()
            self._process.wait()
            self._line = self._process = None

    def _run(
        self, command: Sequence[str], folder: Path, environ: Mapping[str, str], given: bytes, timeout: float
    ) -> tuple[int, bytes, bytes]:
        (out, stdout), (err, stderr) = os.pipe(), os.pipe()
        pid = self.begin(command, folder, environ, given, [stdout, stderr])
        os.close(stdout)
        os.close(stderr)
        try:
            output = _read_all([out, err], time.monotonic() + timeout)
        except BaseException:  # its exit code would be read for the next one's pid: begin with a new server
            os.kill(pid, signal.SIGKILL)
            self.close()
            raise
        return self.end(), *output

    def _start(self) -> socket.socket:
        self._line, far = socket.socketpair()
        with far:
            self._process = subprocess.Popen(
                [*self._python, __file__, str(far.fileno())],
                env=self.environ,
                pass_fds=[far.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        return self._line


def _read_at_start(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith(START_UP)}


def _number(line: socket.socket) -> int:
    """A number that the server tells: eight bytes."""
    data = line.recv(8, socket.MSG_WAITALL)
    if len(data) < 8:
        raise RuntimeError("the server of forked commands has ended")
    return int.from_bytes(data, "big", signed=True)


def _read_all(streams: Sequence[int], end: float) -> list[bytes]:
    """What comes out of each pipe until nobody can write to it any more."""
    read = dict.fromkeys(streams, b"")
    with selectors.DefaultSelector() as waiting:
        for stream in streams:
            waiting.register(stream, selectors.EVENT_READ)
        while waiting.get_map():
            ready = waiting.select(end - time.monotonic())
            if not ready:
                raise TimeoutError(f"a command did not end; so far it wrote: {read}")
            for key, _ in ready:
                data = os.read(key.fd, 1 << 16)
                read[key.fd] += data
                if not data:
                    waiting.unregister(key.fd)
                    os.close(key.fd)
    return list(read.values())


def serve(line: socket.socket) -> list[str]:
    """Fork once per request; in the child, return the script and its words when everything is as they want it."""
    _warm_up()
    requests = line.makefile("rb")
    while True:
        _, streams, _, _ = socket.recv_fds(line, 1, 3)
        if not streams:
            raise SystemExit
        request = json.loads(requests.readline())
        pid = os.fork()
        if pid == 0:
            requests.close()
            line.close()
            return _take_over(streams, **request)
        for stream in streams:
            os.close(stream)
        line.sendall(pid.to_bytes(8, "big"))
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with contextlib.suppress(BrokenPipeError):  # nobody waits after a timeout
            line.sendall(code.to_bytes(8, "big", signed=True))


def _warm_up() -> None:
    """Import what commands will use, and have it fill its own caches."""
    runpy.run_path(LEAN)["import_doit"]()
    for name in IMPORTED:
        importlib.import_module(name)
    import jinja2
    import jsonschema

    jinja2.Environment(autoescape=False).from_string("{% if a %}{{ b | default('') }}{% endif %}").render()
    jsonschema.Draft202012Validator({"$schema": jsonschema.Draft202012Validator.META_SCHEMA["$id"]}).is_valid({})
    gc.collect()
    gc.freeze()


def _take_over(streams: Sequence[int], words: list[str], folder: str, environ: dict[str, str], mask: int) -> list[str]:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.umask(mask)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    return words


if __name__ == "__main__":
    sys.argv = serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_path(sys.argv[0], run_name="__main__")
