"""Gateways that were left behind are found, whoever their parent is, and ended."""

import os
import subprocess
import sys

import psutil
import pytest

from tasks.core.disk import lock
from tasks.core.disk.targets import TRIAL
from tasks.core.service import strays, traces
from tests.artifacts.fakes import clear, make_folder

SLEEP = "import time; time.sleep(60)"
ORPHAN = """
import subprocess, sys
nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
process = subprocess.Popen([sys.executable, "-c", *sys.argv[1:]], start_new_session=True, **nowhere)
print(process.pid)
"""


@pytest.fixture
def folder(tmp_path):
    made = make_folder(tmp_path)
    yield made
    clear(made)


def words(folder, *more):
    return [SLEEP, str(folder.path / "serve.py"), "--config", str(folder.layout.config), *more]


def orphan(folder, *more):
    """A process whose parent has died."""
    command = [sys.executable, "-c", ORPHAN, *words(folder, *more)]
    return psutil.Process(int(subprocess.run(command, capture_output=True, check=True).stdout))


def test_where_nothing_was_left_behind_there_is_none(folder):
    assert not traces.are_there(folder.layout)
    assert strays.find(folder.layout) == []


def test_a_trial_without_its_command_is_found_and_ended(folder):
    place = folder.path / f"{TRIAL}x"
    place.mkdir()
    left = orphan(folder, "--status", str(place / "status"))
    assert traces.are_there(folder.layout)
    assert [str(stray) for stray in strays.find(folder.layout)] == [f"a gateway on trial (pid {left.pid})"]
    strays.clear(folder.layout)
    assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE
    assert not place.exists()
    assert strays.find(folder.layout) == []


def test_the_trial_of_a_command_that_runs_is_none(folder):
    command = [sys.executable, "-c", *words(folder, f"{folder.path}/{TRIAL}x/status")]
    with subprocess.Popen(command) as minded:
        assert strays.find(folder.layout) == []
        minded.kill()


def test_while_another_command_changes_the_deployment_there_is_none(folder, monkeypatch):
    left = orphan(folder)
    held = lock.Lock.acquire(folder.layout, "deploy")
    try:
        assert len(strays.find(folder.layout)) == 1  # it is us who hold it
        monkeypatch.setattr(strays.os, "getpid", lambda: 1)
        assert strays.find(folder.layout) == strays.end(folder.layout) == []
    finally:
        held.release()
        left.kill()


def test_a_former_gateway_is_one_and_that_of_another_folder_is_not(folder, tmp_path):
    other = make_folder(tmp_path / "other")
    left, others = orphan(folder), orphan(other)
    try:
        assert [str(stray) for stray in strays.end(folder.layout)] == [f"a former gateway (pid {left.pid})"]
        assert others.is_running()
    finally:
        os.kill(others.pid, 9)


@pytest.mark.slow
def test_the_gateway_that_is_deployed_is_none_until_nothing_is_deployed(folder):
    assert folder.start().returncode == 0
    assert strays.find(folder.layout) == []
    strays.clear(folder.layout)
    assert folder.processes()
    folder.layout.start_script.unlink()
    assert traces.are_there(folder.layout)
    assert [str(stray) for stray in strays.end(folder.layout)] == [f"a former gateway (pid {folder.pid})"]
    assert not folder.processes()


def test_an_editor_of_the_program_is_none(folder):
    program = str(folder.path / "serve.py")
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)", program]) as editor:
        assert strays.find(folder.layout) == []
        editor.kill()
