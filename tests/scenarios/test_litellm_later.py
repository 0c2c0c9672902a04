"""Somebody installs LiteLLM after deploying: that is no reason to do anything again."""

from __future__ import annotations


def test_a_litellm_that_came_later_changes_nothing(sandbox):
    sandbox.deploy("--preset", "demo")
    packages = sandbox.gateway / "venv" / "lib" / "python3.11" / "site-packages"
    (packages / "litellm-1.106.2.dist-info").mkdir(parents=True)
    program = sandbox.gateway / "venv" / "bin" / "litellm"
    program.parent.mkdir()
    program.write_text("#!/usr/bin/python3\n")
    program.chmod(0o755)
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
