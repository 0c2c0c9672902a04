"""Ctrl-C, TERM and HUP at any moment of a command, and what the system refuses: true codes, no traceback."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.conftest import Sandbox, make_sandbox

MOMENTS = 39
KINDS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
KEPT = ("settings.json", "litellm_config.yaml", "start-gateway.sh", ".env")


@pytest.fixture(scope="module")
def before(tmp_path_factory) -> Sandbox:
    """A sandbox with the demo on port 4701, to be copied; and how long changing that takes."""
    box = make_sandbox(tmp_path_factory.mktemp("before"))
    box.deploy("--preset", "demo", "--port", "4701")
    return box


@pytest.fixture(scope="module")
def usual(before, tmp_path_factory) -> float:
    """Seconds that the command takes when nothing interrupts it."""
    box = copy(before, tmp_path_factory.mktemp("usual") / "box")
    since = time.monotonic()
    assert box.run(box.command("deploy", "--port", "4702")).code == 0
    return time.monotonic() - since


def copy(box: Sandbox, root) -> Sandbox:
    """A sandbox like *box*, with what was rendered there."""
    shutil.copytree(box.root, root, symlinks=True)
    own = Sandbox(root, server=None)
    (own.project / "build" / box.workshop.name).rename(own.workshop)
    return own


def state(box: Sandbox) -> dict[str, bytes]:
    """What a user of the home sees."""
    paths = [path for path in box.claude.rglob("*") if path.name in KEPT and "history" not in path.parts]
    return {path.name: path.read_bytes() for path in paths}


def interrupt(box: Sandbox, kind: signal.Signals, after: float, *words: str) -> tuple[int, str]:
    """Start a command and send *kind* to it and its children *after* seconds: code and output."""
    process = subprocess.Popen(
        box.command(*words),
        cwd=box.project,
        env=box.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    time.sleep(after)
    os.killpg(process.pid, kind)
    said, _ = process.communicate(timeout=60)
    return process.returncode, said


@pytest.mark.sample(4)
@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_signal_at_any_moment_leaves_old_or_new_and_says_which(before, usual, tmp_path, kind, moment):
    box = copy(before, tmp_path / "box")
    old = state(box)
    code, said = interrupt(box, kind, usual * moment / MOMENTS, "deploy", "--port", "4702")
    # What Python itself says of a signal before our first line is not ours.
    assert "Traceback" not in said or "/tasks/" not in said, said
    assert "mistake" not in said
    assert code in (0, KINDS[kind], -kind), said
    is_old = state(box) == old
    assert is_old is (code != 0), said
    assert box.run(box.command("status")).code == 0
    assert (state(box) == old) is is_old


REFUSED = """
import os, sys
sys.path.insert(0, os.getcwd())
from tasks.core.disk import changeset
from tasks.core.history import session

def commit(self):
    real(self)
    raise {error}

def refuse(self):
    raise OSError(30, os.strerror(30))

real, session.Session.commit = session.Session.commit, commit
changeset.ChangeSet._backward = refuse
from tasks.core.frame.front import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "SystemExit(143)", "OSError(5, 'input/output error')"])
def test_neither_done_nor_undone_is_75_whatever_ended_the_command(sandbox, error):
    sandbox.deploy("--preset", "demo", "--port", "4701")
    code = REFUSED.format(error=error)
    result = sandbox.run([sys.executable, "-P", "-c", code, "deploy", "--port", "4702"])
    assert result.code == 75, result.text
    assert "was undone" not in result.text
    assert "Traceback" not in result.text
    ended = sandbox.doit("status")
    assert "an interrupted deploy was finished" in ended.err
    assert sandbox.doit("verify").code == 0
    assert sandbox.env_json()["ANTHROPIC_BASE_URL"].endswith(":4702")


def file(path):
    shutil.rmtree(path, ignore_errors=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a file")


def folder(path):
    path.unlink(missing_ok=True)
    path.mkdir(parents=True)


def circle(path):
    shutil.rmtree(path, ignore_errors=True)
    path.unlink(missing_ok=True)
    path.symlink_to(path)


ODD = [
    ("a ~/.claude that is a file", lambda box: file(box.claude)),
    ("a ~/.claude that leads to itself", lambda box: circle(box.claude)),
    ("a gateway that is a file", lambda box: file(box.gateway)),
    ("settings that are a folder", lambda box: folder(box.settings)),
    ("a history that is a file", lambda box: file(box.gateway / "history")),
    ("an .env that is a folder", lambda box: folder(box.gateway / ".env")),
    ("a manifest that is a folder", lambda box: folder(box.gateway / "deployment-manifest.json")),
    ("choices that are a folder", lambda box: folder(box.workshop / "choices.json")),
    ("a rendered file that is a folder", lambda box: folder(box.workshop / "rendered" / ".env")),
    ("a release that is a file", lambda box: file(box.workshop / "release")),
    ("a build that is a file", lambda box: file(box.project / "build")),
    ("templates that are gone", lambda box: shutil.rmtree(box.project / "templates")),
]


@pytest.mark.sample(4)
@pytest.mark.parametrize(("said", "spoil"), ODD, ids=[said for said, _ in ODD])
def test_what_cannot_be_read_is_a_sentence(before, tmp_path, said, spoil):
    box = copy(before, tmp_path / "box")
    spoil(box)
    for words in (["deploy", "--port", "4702"], ["status"], ["plan"], ["list", "--all", "-s"], ["uninstall"]):
        result = box.doit(*words)
        assert "Traceback" not in result.text, (said, words, result.text)
        assert result.code in range(7), (said, words, result.text)


@pytest.mark.parametrize("option", [("--litellm", "/missing"), ("--litellm", "/etc"), ("--ca-bundle", "/missing")])
def test_a_path_that_is_not_there_is_a_sentence(sandbox, option):
    for words in (("deploy", "--preset", "demo", *option), ("deploy",), ("status",), ("plan",)):
        result = sandbox.doit(*words)
        assert "Traceback" not in result.text, (words, result.text)
        assert "mistake" not in result.text
