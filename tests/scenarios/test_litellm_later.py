"""Somebody installs LiteLLM after deploying: that is no reason to do anything again."""

from __future__ import annotations

from tests.artifacts.fakes import make_litellm


def test_a_litellm_that_came_later_changes_nothing(sandbox):
    sandbox.deploy("--preset", "demo")
    make_litellm(sandbox.gateway / "venv")
    result = sandbox.deploy()
    assert len(result.err.splitlines()) == 1, result.err


def test_a_malicious_one_is_refused_by_the_next_deployment(sandbox):
    sandbox.deploy("--preset", "demo")
    site = sandbox.root / "opt" / "lib" / "python3.11" / "site-packages"
    (site / "litellm-1.82.8.dist-info").mkdir(parents=True)
    program = sandbox.root / "opt" / "bin" / "litellm"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch {sandbox.root}/executed\n")
    program.chmod(0o755)
    result = sandbox.doit("deploy", "--litellm", str(program))
    assert result.code == 1, result.text
    assert "1.82.8" in result.err
    assert not (sandbox.root / "executed").exists()
