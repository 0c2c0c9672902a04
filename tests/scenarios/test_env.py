"""A program that knows no settings.json takes a profile from its shell."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pexpect
import pytest

NASTY = "to'k\"e$(n)`x`\\n\\ \u00fc;&|#~*"
ELSEWHERE = ["--gateway-type", "custom", "--gateway-url", "https://gw.example.com", "--sonnet", "s"]
TAKE = {"bash": 'eval "$(cat lines)"', "zsh": 'eval "$(cat lines)"', "fish": "cat lines | source"}
SHOW = f"{sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'"


@pytest.fixture
def company(sandbox):
    """A profile whose token has every sign in it that a shell knows."""
    sandbox.deploy("--profile", "company", *ELSEWHERE, env={"GATEWAY_TOKEN": "company-token-0123456789"})
    sandbox.deploy("--profile", "here", "--preset", "demo")
    sandbox.extra["GATEWAY_TOKEN"] = NASTY
    return sandbox


def lines(box, *words):
    result = box.doit("env", *words)
    assert result.code == 0, result.text
    return result.out


def taken(box, shell, text, then=SHOW):
    """The variables of a real shell that has evaluated *text*."""
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    (box.root / "lines").write_text(text)
    quiet = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    command = [shutil.which(shell), *quiet, "-c", f"{TAKE[shell]}\n{then}"]
    done = subprocess.run(command, cwd=box.root, env=box.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("shell", TAKE)
def test_a_real_shell_takes_every_sign_as_it_is(company, shell):
    found = taken(company, shell, lines(company, "--profile", "company", "--shell", shell))
    assert found["ANTHROPIC_AUTH_TOKEN"] == NASTY
    assert found["ANTHROPIC_BASE_URL"] == "https://gw.example.com"
    assert found["ANTHROPIC_MODEL"] == "s"


@pytest.mark.parametrize("shell", TAKE)
def test_and_gives_it_back(company, shell):
    both = lines(company, "--profile", "company", "--shell", shell)
    both += lines(company, "--profile", "company", "--shell", shell, "--unset")
    assert not [name for name in taken(company, shell, both) if name.startswith(("ANTHROPIC_", "CLAUDE_CODE_"))]


def test_the_shell_is_that_of_the_user(company):
    company.extra["SHELL"] = "/usr/bin/fish"
    assert lines(company, "--profile", "company").startswith("set -gx ")
    company.extra["SHELL"] = "/usr/bin/tcsh"
    assert lines(company, "--profile", "company").startswith("export ")
    refused = company.doit("env", "--shell", "tcsh")
    assert refused.code == 3, refused.text
    assert "fish" in refused.err


def test_nobody_looks_over_the_shoulder(company):
    def typed(*words):
        child = pexpect.spawn(
            sys.executable,
            company.command("env", "--profile", "company", *words)[1:],
            cwd=str(company.project),
            env=company.environment(),
            encoding="utf-8",
        )
        out = child.read()
        child.close()
        return child.exitstatus, out

    code, out = typed()
    assert code == 3, out
    assert "eval" in out
    assert "to'k" not in out
    assert "ANTHROPIC_AUTH_TOKEN" in typed("--show")[1]
    assert typed("--unset")[0] == 0


def test_the_database_of_doit_holds_nothing_of_it(company):
    lines(company, "--profile", "company")
    assert not [p for p in (company.project / "build").rglob("*") if p.is_file() and b"to'k" in p.read_bytes()]


def test_what_wins_over_variables_is_said(company):
    result = company.doit("env", "--profile", "company")
    assert str(company.settings) in result.err
    assert "doit exec" in result.err
