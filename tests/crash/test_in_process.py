"""Every file-changing call of a transaction dies, fails or is interrupted, in a forked child: any POSIX system."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.core.disk import atomic
from tests.crash import faults, payload
from tests.crash.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        print(f"{title}: {count - len(self.failures)} of {count} ({dict(self.tally)})")
        self.tally.clear()
        assert not self.failures, "\n".join(self.failures)


@pytest.fixture(params=payload.SCENARIOS)
def trial(request, tmp_path) -> Iterator[Trial]:
    """In memory where that is possible: thousands of fsyncs are slow on a disk and show nothing here."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as place:
        yield Trial(request.param, Path(place))


def points(calls: int, step: int) -> list[int]:
    """All of them, or every *step*-th, beginning elsewhere for each scenario."""
    return [*range(1, calls + 1)] if ALL else [*range(1 + calls % step, calls + 1, step)]


@pytest.mark.sample(6)
@pytest.mark.parametrize("stepwise", [False, True], ids=["exchange", "by steps"])
def test_old_or_new_and_a_true_exit_code(trial, stepwise, monkeypatch):
    if stepwise:
        monkeypatch.setenv(atomic.SWITCH, "1")
        _, trial.calls = trial.act(Fault())
    for mode in faults.MODES if ALL or not stepwise else ("kill", "EIO"):
        for at in points(trial.calls, 7 if mode == "kill" else 23):
            code, _ = trial.act(Fault(mode, at))
            trial.judge(f"{mode} at {at}", code)
        trial.report(f"{trial.name}, {mode}")


@pytest.mark.parametrize(
    "mode", ["kill", "torn", "EIO", "ENOSPC", "EROFS", "EROFS+", "TERM"] if ALL else ["kill", "EIO"]
)
def test_undoing_under_others_writes_may_die(tmp_path, mode):
    """Every death leaves version one or two in both places, and keeps what the other program wrote."""
    home = tmp_path / "home"
    tally: Counter[str] = Counter()

    def act(fault: Fault) -> tuple[int, int]:
        shutil.rmtree(home, ignore_errors=True)
        payload.plain(home)
        return faults.run(lambda: payload.main("fail", str(home)), fault)

    code, calls = act(Fault())
    assert code == 6
    for at in points(calls, 9):
        code, _ = act(Fault(mode, at))
        faults.run(lambda: payload.main("recover", str(home)), Fault())
        settings = json.loads((home / ".claude/settings.json").read_bytes())
        version = settings["ours"]
        found = {path.name: path.read_bytes() for path in (home / ".claude/gateway").iterdir()}
        wanted = {name: data for name, (data, _) in payload.FILES[version].items()}
        assert {name: data for name, data in found.items() if name in payload.FILES[1] | payload.FILES[2]} == wanted, at
        assert settings["theme"] == "dark"
        assert not [*home.rglob(".gw-*")]
        assert code in (75, faults.KILLED) or version == 1, (at, code)
        tally[f"{version} after {code}"] += 1
    print(f"undoing under others' writes, {mode}: {sum(tally.values())} of {sum(tally.values())} ({dict(tally)})")


@pytest.mark.sample(8)
@pytest.mark.parametrize("mode", ["kill", "EIO"])
def test_recovery_itself_may_die(trial, mode):
    for at in points(trial.calls, 31):
        trial.act(Fault("kill", at))
        wreck = trial.place / "wreck"
        shutil.rmtree(wreck, ignore_errors=True)
        shutil.copytree(trial.home, wreck, symlinks=True)
        _, calls = trial.settle()
        for inner in points(calls, 5):
            shutil.rmtree(trial.home)
            shutil.copytree(wreck, trial.home, symlinks=True)
            trial.settle(Fault(mode, inner))
            trial.judge(f"killed at {at}, then {mode} at {inner} of recovery", faults.KILLED)
    trial.report(f"{trial.name}, recovery, {mode}")
