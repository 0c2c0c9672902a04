"""The injector as a program of its own, since it waits for every process that it has; `Run` starts one.

A command may leave processes that go on, and these stop at their calls as well: the program stays until they have
ended, and when it is ended, it takes them with it.
"""

from __future__ import annotations

import json
import os
import pickle
import resource
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from tests.crash.injector.faults import Fault
from tests.crash.injector.recording import Recorder, Recording
from tests.crash.injector.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    ) -> None:
        job = {"root": str(root), "command": list(command), "folder": str(folder), "environ": dict(environ)}
        job |= {"mode": mode, "at": at, "places": [str(place) for place in places]}
        self._files = tempfile.TemporaryDirectory()
        job["files"] = self._files.name
        self._program = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", START, str(PROJECT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(json.dumps(job).encode())
        self._program.stdin.close()
        line = self._program.stdout.readline()
        if not line:
            self.close()
            raise RuntimeError(f"the injector failed at {command}")
        self.ended = Ended(**json.loads(line), out=self._read("out"), err=self._read("err"))

    @property
    def recording(self) -> Recording:
        """What was recorded."""
        found = pickle.loads((Path(self._files.name) / "recording").read_bytes())
        assert isinstance(found, Recording)
        return found

    def heal(self) -> None:
        """End a fault that lasts, for the processes that go on."""
        self._program.send_signal(signal.SIGUSR1)

    def close(self) -> None:
        """End what goes on."""
        self._program.kill()
        self._program.wait()
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


def main() -> None:
    """Do the job on stdin; one line of JSON on stdout says how the command ended."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    job = json.load(sys.stdin)
    fault = Fault(job["mode"], job["at"])
    recorder = Recorder(job["places"]) if job["places"] else None
    signal.signal(signal.SIGUSR1, lambda *_: fault.heal())
    tracer = Tracer(job["root"], recorder or fault)
    streams = [_open(job, name) for name in ("out", "err")]
    tracer.start(job["command"], job["folder"], job["environ"], streams)
    fault.main = tracer.main
    signal.alarm(TIMEOUT)
    code = tracer.follow()
    if recorder:
        (Path(job["files"]) / "recording").write_bytes(pickle.dumps(recorder.recording))
    _tell({"code": code, "struck": fault.struck, "calls": fault.calls})
    signal.alarm(TIMEOUT)
    while tracer.follow() is not None:
        pass


def _open(job: dict[str, Any], name: str) -> int:
    return os.open(Path(job["files"], name), os.O_WRONLY | os.O_CREAT, 0o600)


def _tell(report: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()
