"""A transaction in a process of its own meets a fault at each of its file-changing system calls (strace)."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.crash import payload, runner

ALL = bool(os.environ.get("GATEWAY_CRASH_ALL"))
PROJECT = Path(__file__).resolve().parents[2]
SAMPLE = ("update", "update, settings linked twice", "update, no settings", "first install")
REASON = runner.available()

pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)


@pytest.fixture(scope="module")
def code(tmp_path_factory) -> Path:
    """A copy of the code, so that no call is added or lost by a cache of byte code."""
    copy = tmp_path_factory.mktemp("code")
    for part in ("tasks", "tests/crash"):
        shutil.copytree(PROJECT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tests/__init__.py").touch()
    return copy


@pytest.mark.parametrize("name", payload.SCENARIOS if ALL else SAMPLE)
def test_old_or_new_and_a_true_exit_code(name, code, tmp_path):
    prepare, command = payload.SCENARIOS[name]
    experiment = runner.Experiment(
        prepare=lambda root: prepare(root / "home"),
        command=lambda root: [sys.executable, "-S", "-m", "tests.crash.payload", command, str(root / "home")],
        environment=lambda root: {"PYTHONPATH": str(code), "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.defpath},
        recover=lambda root: payload.settle(payload.layout_of(root / "home")),
        state=lambda root: payload.state(root / "home"),
    )
    report = runner.run(experiment, tmp_path, every=1 if ALL else 53)
    print(f"{name}: {report}")
    assert not report.failures, "\n".join(report.failures)
