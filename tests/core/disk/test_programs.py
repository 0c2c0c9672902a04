"""What other programs see of the current folder, and of the environment: what they need."""

from __future__ import annotations

import os
import sys

import pytest

from tasks.core.disk import programs


def test_only_absolute_folders_of_path_count(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in (tmp_path, tmp_path / "bin"):
        folder.mkdir(exist_ok=True)
        (folder / "tool").write_text("#!/bin/sh\n")
        (folder / "tool").chmod(0o755)
    for path in ("", ".", ":", "bin", f"{tmp_path / 'none'}::."):
        assert programs.find("tool", {"PATH": path}) is None
    assert programs.find("tool", {"PATH": f".:{tmp_path / 'bin'}"}) == str(tmp_path / "bin" / "tool")
    assert programs.sealed({"PATH": ":/a:b"})["PATH"] == "/a"


def test_a_sealed_environment_keeps_proxies_and_drops_what_runs_code():
    given = {"HTTPS_PROXY": "p", "SSL_CERT_FILE": "c", "HOME": "/h", "AWS_PROFILE": "x"}
    strange = {"PYTHONPATH": ".", "PYTHONSTARTUP": "s", "GIT_DIR": "g", "GIT_CONFIG_COUNT": "1", "BASH_ENV": "b"}
    assert programs.sealed({**given, **strange}) == {**given, "PATH": ""}


def test_a_plain_environment_holds_no_secret():
    given = {"HOME": "/h", "LC_ALL": "C", "GATEWAY_START_TIMEOUT": "5"}
    strange = {"OPENAI_API_KEY": "k", "LD_PRELOAD": "l", "ANTHROPIC_BASE_URL": "u"}
    assert programs.plain({**given, **strange}) == {**given, "PATH": ""}


def test_a_program_gets_its_input_and_gives_its_output(tmp_path):
    code = "import os, sys; print(sys.stdin.read(), os.getcwd()); print('err', file=sys.stderr); sys.exit(3)"
    done = programs.run([sys.executable, "-I", "-c", code], os.environ, cwd=tmp_path, data=b"in")
    assert (done.returncode, done.stdout.decode(), done.stderr) == (3, f"in {tmp_path}\n", b"err\n")


@pytest.mark.parametrize("start", [programs.run, programs.ask])
def test_one_that_takes_too_long_is_a_timeout(start):
    with pytest.raises(TimeoutError):
        start([sys.executable, "-I", "-c", "import time; time.sleep(9)"], os.environ, patience=0.1)
