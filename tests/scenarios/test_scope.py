"""Only one project is joined to the gateway; Claude Code in all others stays as it is."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.conftest import Result

MINE = '{"theme": "dark"}\n'
THEIRS = '{\n  "permissions": {"allow": ["Bash(ls)"]}\n}'


@pytest.fixture
def app(sandbox):
    """Somebody's project in git, with settings of its own, and settings of the user."""
    folder = sandbox.root / "app"
    (folder / ".claude").mkdir(parents=True)
    (folder / ".claude" / "settings.local.json").write_text(THEIRS)
    sandbox.claude.mkdir()
    sandbox.settings.write_text(MINE)
    git(folder, "init", "-q")
    return folder


def git(folder, *words):
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *words], cwd=folder, env=environ, check=True)


def typed(box, folder, *words):
    """Type `doit WORDS` in *folder*."""
    command = box.command(*words)
    done = subprocess.run(
        command,
        cwd=folder,
        env=box.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def local(app):
    return app / ".claude" / "settings.local.json"


def done(result):
    assert result.code == 0, result.text
    return result


def test_only_that_project_is_joined_and_it_gets_everything_back(sandbox, app):
    done(typed(sandbox, app, "deploy", "--preset", "demo", "--scope", "project"))
    assert sandbox.json(local(app))["env"]["ANTHROPIC_MODEL"] == "demo"
    assert local(app).stat().st_mode & 0o077 == 0o044  # it had its mode, and keeps it
    assert sandbox.settings.read_text() == MINE
    done(typed(sandbox, sandbox.home, "uninstall"))
    assert local(app).read_text() == THEIRS
    assert sandbox.settings.read_text() == MINE


def test_every_later_command_knows_which_from_anywhere_and_in_any_clone(sandbox, app):
    done(typed(sandbox, app, "deploy", "--preset", "demo", "--port", "4101", "--scope", "project"))
    first = local(app).read_bytes()
    shutil.rmtree(sandbox.project / "build")
    done(sandbox.doit("deploy", "--port", "4102"))
    assert sandbox.json(local(app))["env"]["ANTHROPIC_BASE_URL"].endswith(":4102")
    assert "settings.local.json" in done(sandbox.doit("status", "--json")).out
    done(sandbox.doit("rollback"))
    assert local(app).read_bytes() == first
    (sandbox.workshop / "choices.json").write_text('{"choices": {"preset": "demo"}}')  # of a clone that knows better
    done(sandbox.doit("uninstall"))
    assert local(app).read_text() == THEIRS


def test_a_file_that_was_not_there_goes_again(sandbox, app):
    shutil.rmtree(app / ".claude")
    done(typed(sandbox, app, "deploy", "--preset", "demo", "--scope", "project"))
    assert local(app).stat().st_mode & 0o777 == 0o600
    done(sandbox.doit("uninstall"))
    assert not (app / ".claude").exists()


def test_what_git_would_take_along_is_warned_of_until_it_is_ignored(sandbox, app):
    words = ["deploy", "--preset", "demo", "--scope", "project"]
    assert "git does not ignore" in done(typed(sandbox, app, *words)).err
    (app / ".gitignore").write_text("settings.local.json\n")
    assert "git does not ignore" not in done(typed(sandbox, app, *words, "--port", "4102")).err


def test_what_is_tracked_is_refused(sandbox, app):
    git(app, "add", ".")
    refused = typed(sandbox, app, "deploy", "--preset", "demo", "--scope", "project")
    assert refused.code == 5, refused.text
    assert "tracked" in refused.err
    assert local(app).read_text() == THEIRS
    assert not sandbox.gateway.exists()


def test_the_scope_cannot_change_under_what_is_deployed(sandbox, app):
    sandbox.deploy("--preset", "demo")
    joined = sandbox.settings.read_text()
    refused = typed(sandbox, app, "deploy", "--scope", "project")
    assert refused.code == 3, refused.text
    assert "doit uninstall" in refused.text
    assert (sandbox.settings.read_text(), local(app).read_text()) == (joined, THEIRS)
    done(sandbox.doit("uninstall"))
    done(typed(sandbox, app, "deploy", "--preset", "demo", "--scope", "project"))
    assert sandbox.settings.read_text() == MINE
    done(sandbox.doit("rollback", "1"))  # of when all were joined
    assert sandbox.settings.read_text() == MINE
    done(sandbox.doit("uninstall"))
    assert local(app).read_text() == THEIRS


def test_a_profile_is_for_any_scope(sandbox, app):
    done(typed(sandbox, app, "deploy", "--preset", "demo", "--profile", "work", "--scope", "project"))
    assert sandbox.json(sandbox.gateway / "profiles" / "work.json") == {"preset": "demo"}
    done(sandbox.doit("deploy", "--port", "4102"))
    done(sandbox.doit("use", "work"))
    assert sandbox.settings.read_text() == MINE


@pytest.mark.parametrize("text", ["everything", "project/..", "../x"])
def test_another_scope_is_no_scope(sandbox, text):
    result = sandbox.doit("deploy", "--scope", text)
    assert result.code == 3, result.text
    assert not sandbox.claude.exists()
