"""A transaction in a process of its own, in homes of several shapes, meets faults at its file-changing system calls."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.crash import payload
from tests.crash.injector.faults import MODES
from tests.crash.injector.program import Run, reason_not_to

ALL = bool(os.environ.get("GATEWAY_CRASH_ALL"))
PROJECT = Path(__file__).resolve().parents[2]
UNDETERMINED = 75
KILLED = -9


class Box:
    """A home below *root*, in which the transaction *name* of the payload happens."""

    def __init__(self, root: Path, name: str) -> None:
        self.root, self.home = root, root / "home"
        self._prepare, self._command = payload.SCENARIOS[name]

    def run(self, mode: str = "", at: int = 0) -> tuple[int, int]:
        """From the beginning, with a fault: the exit code, and how many calls were made."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir()
        self._prepare(self.home)
        command = [sys.executable, "-S", "-m", "tests.crash.payload", self._command, str(self.home)]
        environ = {"PYTHONPATH": str(PROJECT), "PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}
        with Run(self.root, command, self.root, environ, mode=mode, at=at) as run:
            return run.ended.code, len(run.ended.calls)

    def state(self) -> dict[str, tuple[str, str, str]]:
        return payload.state(self.home)


@pytest.mark.sample(3)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", payload.SCENARIOS)
def test_old_or_new_and_a_true_exit_code(name, mode, tmp_path):
    if reason := reason_not_to():
        pytest.skip(reason)
    box = Box(tmp_path / "root", name)
    code, calls = box.run()
    assert code == 0
    new = box.state()
    box.run("kill", 1)
    old = box.state()
    assert old != new
    step = 1 if ALL else calls // 2
    for at in range(1 + MODES.index(mode) * step // len(MODES), calls + 1, step):
        code, _ = box.run(mode, at)
        payload.settle(payload.layout_of(box.home))
        told = [old, new] if code in (UNDETERMINED, KILLED) else [new if code == 0 else old]
        assert box.state() in told, f"{mode} at {at}: exit {code}"
