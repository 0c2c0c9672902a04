"""Every file-changing call of a transaction dies, fails or is interrupted, in a forked child: any POSIX system."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tasks.tools import exchange
from tests.crash import faults, payload
from tests.crash.faults import Fault

ALL = bool(os.environ.get("GATEWAY_CRASH_ALL"))


@dataclass
class Trial:
    """One scenario in one place: its two states, and the judgement of every fault."""

    name: str
    place: Path
    tally: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.prepare, self.command = payload.SCENARIOS[self.name]
        self.template, self.home = self.place / "template", self.place / "home"
        self.prepare(self.template)
        self.old = payload.state(self.template)
        code, self.calls = self.act(Fault())
        assert code == 0
        self.new = payload.state(self.home)
        assert self.new != self.old

    def fresh(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(self.template, self.home, symlinks=True)

    def act(self, fault: Fault) -> tuple[int, int]:
        self.fresh()
        return faults.run(lambda: payload.main(self.command, str(self.home)), fault)

    def settle(self, fault: Fault | None = None) -> tuple[int, int]:
        return faults.run(lambda: payload.main("recover", str(self.home)), fault or Fault())

    def judge(self, what: str, code: int) -> None:
        """After the next command: exactly one of the two states, and the exit code told which."""
        recovered, _ = self.settle()
        found = payload.state(self.home)
        label = {True: "new"}.get(found == self.new) or {True: "old"}.get(found == self.old) or "neither"
        truth = {0: label == "new", faults.KILLED: label != "neither", 75: label != "neither"}.get(code, label == "old")
        self.tally[f"{label} after {code}"] += 1
        if not truth or recovered:
            nearest = payload.difference(found, self.old if code else self.new)
            self.failures.append(f"{what}: exit {code}, then {recovered}: {label}: {nearest}")

    def report(self, title: str) -> None:
        count = sum(self.tally.values())
        print(f"{title}: {count - len(self.failures)} of {count} ({dict(self.tally)})")  # noqa: T201
        assert not self.failures, "\n".join(self.failures)


@pytest.fixture(params=payload.SCENARIOS)
def trial(request, tmp_path) -> Iterator[Trial]:
    """In memory where that is possible: thousands of fsyncs are slow on a disk and show nothing here."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as place:
        yield Trial(request.param, Path(place))


def points(calls: int, step: int) -> range:
    """All of them, or a sample."""
    return range(1, calls + 1, 1 if ALL else step)


@pytest.mark.parametrize("stepwise", [False, True], ids=["exchange", "by steps"])
@pytest.mark.parametrize("mode", faults.MODES)
def test_old_or_new_and_a_true_exit_code(trial, mode, stepwise, monkeypatch):
    if stepwise:
        monkeypatch.setenv(exchange.SWITCH, "1")
        _, trial.calls = trial.act(Fault())
    for at in points(trial.calls, 1 if mode == "kill" else 5):
        code, _ = trial.act(Fault(mode, at))
        trial.judge(f"{mode} at {at}", code)
    trial.report(f"{trial.name}, {mode}")


@pytest.mark.parametrize("mode", ["kill", "EIO"])
def test_recovery_itself_may_die(trial, mode):
    for at in points(trial.calls, 7):
        trial.act(Fault("kill", at))
        wreck = trial.place / "wreck"
        shutil.rmtree(wreck, ignore_errors=True)
        shutil.copytree(trial.home, wreck, symlinks=True)
        _, calls = trial.settle()
        for inner in points(calls, 3):
            shutil.rmtree(trial.home)
            shutil.copytree(wreck, trial.home, symlinks=True)
            trial.settle(Fault(mode, inner))
            trial.judge(f"killed at {at}, then {mode} at {inner} of recovery", faults.KILLED)
    trial.report(f"{trial.name}, recovery, {mode}")
