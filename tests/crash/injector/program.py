"""The injector as a program of its own, since it waits for every process that it has; `Run` starts one.

Where the command is a Python that a server can fork (tests.forking), so is the injector, and it forks the command:
two interpreters need not start. A command may leave processes that go on, and these stop at their calls as well: the
program stays until they have ended, and when it is ended, it takes them with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import resource
import runpy
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if __name__ == "__main__":  # forked, in a Python that knows nothing of this project
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.crash.injector.faults import Fault
from tests.crash.injector.recording import Recorder, Recording
from tests.crash.injector.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.forking import Server

PROJECT = Path(__file__).resolve().parents[3]
START = "import sys; sys.path.insert(0, sys.argv[1]); from tests.crash.injector import program; program.main()"
TIMEOUT = 120
"""Seconds for a command; what it leaves may run for as long again."""


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    """Below zero for a signal."""

    struck: str
    """The call that the fault met."""

    calls: list[str]
    """All calls that changed something below the root, in order."""

    out: str
    err: str


class Run:
    """A command below *root* with *mode* at its call number *at*; or with a recording of *places*."""

    def __init__(
        self,
        root: Path,
        command: Sequence[str],
        folder: Path,
        environ: Mapping[str, str],
        *,
        mode: str = "",
        at: int = 0,
        places: Sequence[Path] = (),
        server: Server | None = None,
    ) -> None:
        job = {"root": str(root), "command": list(command), "folder": str(folder), "environ": dict(environ)}
        job |= {"mode": mode, "at": at, "places": [str(place) for place in places]}
        self._files = tempfile.TemporaryDirectory()
        job["files"] = self._files.name
        self._server = server if server and server.can_run(command, environ) else None
        job["is_forked"] = self._server is not None
        self._begin(json.dumps(job).encode())
        line = self._report.readline()
        if not line:
            self.close()
            raise RuntimeError(f"the injector failed at {command}")
        self.ended = Ended(**json.loads(line), out=self._read("out"), err=self._read("err"))

    def _begin(self, job: bytes) -> None:
        """Start the program, and give it its job."""
        reading, writing = os.pipe()
        self._report = open(reading, "rb")  # noqa: SIM115 - until close()
        if self._server:
            words = [sys.executable, "-I", __file__]
            self._pid = self._server.begin(words, PROJECT, self._server.environ, job, [writing, 2])
        else:
            program = [sys.executable, "-I", "-S", "-c", START, str(PROJECT)]
            self._program = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=writing)
            self._pid = self._program.pid
            assert self._program.stdin is not None
            self._program.stdin.write(job)
            self._program.stdin.close()
        os.close(writing)

    @property
    def recording(self) -> Recording:
        """What was recorded."""
        found = pickle.loads((Path(self._files.name) / "recording").read_bytes())
        assert isinstance(found, Recording)
        return found

    def heal(self) -> None:
        """End a fault that lasts, for the processes that go on."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGUSR1)

    def close(self) -> None:
        """End what goes on."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        if self._server:
            self._server.end()
        else:
            self._program.wait()
        self._report.close()
        self._files.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, name: str) -> str:
        return (Path(self._files.name) / name).read_text(errors="replace")


def reason_not_to() -> str:
    """Why no command can be followed here; empty if it can."""
    with tempfile.TemporaryDirectory() as root:
        try:
            with Run(Path(root), ["/bin/sh", "-c", "true"], Path(root), {}) as run:
                return "" if run.ended.code == 0 else f"a command that is followed ends with {run.ended.code}"
        except RuntimeError:
            return "ptrace or seccomp is not permitted here"


def main() -> list[str]:
    """Do the job on stdin; one line of JSON on stdout says how the command ended.

    In the copy of this process that is to be the command: the words of that, at once.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    job = json.load(sys.stdin)
    fault = Fault(job["mode"], job["at"])
    recorder = Recorder(job["places"]) if job["places"] else None
    tracer = Tracer(job["root"], recorder or fault)
    streams = [_open(job, name) for name in ("out", "err")]
    if not job["is_forked"]:
        tracer.start(job["command"], job["folder"], job["environ"], streams)
    elif tracer.fork(job["folder"], streams):
        return _take_over(job)
    fault.main = tracer.main
    signal.signal(signal.SIGUSR1, lambda *_: fault.heal())
    signal.alarm(TIMEOUT)
    code = tracer.follow()
    if recorder:
        (Path(job["files"]) / "recording").write_bytes(pickle.dumps(recorder.recording))
    _tell({"code": code, "struck": fault.struck, "calls": fault.calls})
    signal.alarm(TIMEOUT)
    while tracer.follow() is not None:
        pass
    return []


def _take_over(job: dict[str, Any]) -> list[str]:
    """Have this process be as a new Python would be with the command of *job*."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    sys.path.remove(str(PROJECT))
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]
    os.environ.clear()
    os.environ.update(job["environ"])
    return list(job["command"][2:])


def _open(job: dict[str, Any], name: str) -> int:
    return os.open(Path(job["files"], name), os.O_WRONLY | os.O_CREAT, 0o600)


def _tell(report: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.argv = main() or [""]
    if sys.argv[0]:
        runpy.run_path(sys.argv[0], run_name="__main__")
