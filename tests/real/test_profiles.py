"""The real Claude Code, started with a profile of its own: nothing outside of it is joined."""

import subprocess

import pytest
from deployed import demo

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def apart(tmp_path_factory, litellm_executable):
    """A demo that runs and is joined to one project only."""
    with demo(tmp_path_factory.mktemp("apart"), litellm_executable) as made:
        made.app = made.box.root / "app"
        made.app.mkdir()
        doit(made, made.app, "deploy", *made.words, "--scope", "project", "--profile", "play", "--start")
        yield made


def doit(made, folder, *words):
    """Type `doit WORDS` in *folder*."""
    done = subprocess.run(
        made.box.command(*words),
        cwd=folder,
        env=made.box.environment(TERM="dumb", CLAUDE_CODE_MAX_RETRIES="0"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_answered_in_a_folder_that_is_not_joined(apart, claude):
    elsewhere = apart.box.root / "elsewhere"
    elsewhere.mkdir()
    said = doit(apart, elsewhere, "exec", "--profile", "play", "--", str(claude), "-p", "say a=b")
    assert said.startswith("Your gateway works")
    assert list(elsewhere.iterdir()) == []
    assert not apart.box.settings.exists() or "ANTHROPIC" not in apart.box.settings.read_text()


def test_it_reads_the_settings_of_the_one_project(apart, claude):
    command = [claude, "-p", "say hi"]
    base = {"PATH": "/usr/bin:/bin", "HOME": str(apart.box.home), "TERM": "dumb", "CLAUDE_CODE_MAX_RETRIES": "0"}
    done = subprocess.run(
        command,
        cwd=apart.app,
        env=base,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.startswith("Your gateway works"), done.stdout + done.stderr
