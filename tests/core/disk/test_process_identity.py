"""A number is a process only together with the moment of its start."""

import os
import signal
import subprocess
import sys

import pytest

from tasks.core.disk import process_identity
from tasks.core.disk.process_identity import Process, observe

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def other():
    with subprocess.Popen(SLEEPS, start_new_session=True) as process:
        yield process
        process.kill()


def test_it_gets_its_signal(other):
    observe(other.pid, signal.SIGKILL).notify()
    assert other.wait(10) == -signal.SIGKILL


def test_another_process_with_its_number_gets_none(other):
    seen = observe(other.pid, signal.SIGKILL)
    seen._replace(started="1").notify()
    assert other.poll() is None
    assert seen.is_running


def test_one_that_has_ended_is_no_error(other):
    seen = observe(other.pid, signal.SIGHUP)
    other.kill()
    other.wait()
    assert not seen.is_running
    seen.notify()
    assert not Process(other.pid, "", signal.SIGHUP).is_running


def test_without_proc_ps_says_when_it_started(tmp_path, monkeypatch):
    monkeypatch.setattr(process_identity, "PROC", tmp_path / "none")
    seen = observe(os.getpid(), signal.SIGHUP)
    assert len(seen.started.split()) == 5
    assert seen.is_running
    assert not seen._replace(pid=2**22 + 1).is_running
