"""A dry run shows everything and changes nothing."""

from __future__ import annotations

import json
import os
import sys
import threading

import psutil
import pytest


@pytest.mark.parametrize("words", [["deploy", "--dry-run"], ["plan"], ["plan", "--diff"], ["plan", "--json"]])
def test_before_the_first_deployment_nothing_is_changed(sandbox, words):
    sandbox.doit("list")  # doit makes its own database on any command
    before = sandbox.state()
    result = sandbox.doit(words[0], "--preset", "demo", *words[1:])
    assert result.code == 0, result.text
    assert sandbox.state() == before
    for name in ("litellm_config.yaml", ".env", "start-gateway.sh", "settings.json"):
        assert name in result.out
    assert ("+model_list:" in result.out) == ("--diff" in words)
    assert "ANTHROPIC_BASE_URL" in result.out


def test_a_dry_run_of_a_change_shows_it_and_remembers_nothing(sandbox):
    sandbox.deploy("--preset", "demo")
    before = sandbox.state()
    for words in (["deploy", "--port", "4999", "--dry-run"], ["plan", "--port", "4999"]):
        result = sandbox.doit(*words)
        assert result.code == 0, result.text
        assert sandbox.state() == before
        assert "4999" in result.out
    assert "Nothing to do" in sandbox.deploy().err


@pytest.mark.parametrize("words", [["deploy", "--dry-run"], ["plan"]])
def test_missing_values_are_listed_in_the_plan_and_only_deploying_stops_for_them(sandbox, words):
    before = sandbox.state(sandbox.home)
    result = sandbox.doit(*words, "--preset", "basic")
    assert result.code == 0, result.text
    for wanted in ("litellm_config.yaml", "ANTHROPIC_BASE_URL", "VERTEX_PROJECT: missing", "gcloud config set project"):
        assert wanted in result.out
    assert sandbox.doit("deploy", "--preset", "basic").code == 1
    assert sandbox.state(sandbox.home) == before


def test_a_program_gets_the_missing_values_too(sandbox):
    plan = json.loads(sandbox.doit("plan", "--json", "--preset", "basic").out)
    assert "VERTEX_PROJECT" in [entry["variable"] for entry in plan["missing"]]
    assert all(entry["fix"] for entry in plan["missing"])
    assert sandbox.doit("plan", "--exit-code", "--preset", "basic").code == 2
    allowed = json.loads(sandbox.doit("plan", "--json", "--preset", "basic", "--allow-missing").out)
    assert (allowed["missing"], bool(allowed["warnings"])) == ([], True)


def test_secrets_are_hidden_in_the_diff(sandbox):
    sandbox.deploy("--preset", "demo")
    (key,) = sandbox.secrets()
    other = "sk-" + "b" * 64
    result = sandbox.doit("plan", "--diff", env={"LITELLM_MASTER_KEY": other})
    assert result.code == 0, result.text
    assert key not in result.text
    assert other not in result.text
    assert "[hidden" in result.out
    assert "LITELLM_MASTER_KEY" in result.out


def test_a_dry_run_says_when_there_is_nothing_to_do(sandbox):
    sandbox.deploy("--preset", "demo")
    assert "Nothing to do" in sandbox.doit("deploy", "--dry-run").out
    assert sandbox.doit("plan", "--exit-code").code == 0
    assert sandbox.doit("plan", "--exit-code", "--port", "4999").code == 2


def test_an_edit_of_the_user_is_shown_with_how_it_is_kept(sandbox):
    sandbox.deploy("--preset", "demo")
    config = sandbox.gateway / "litellm_config.yaml"
    config.write_text(config.read_text() + "# mine\n")
    script = sandbox.gateway / "start-gateway.sh"
    script.write_text(script.read_text() + "# mine\n")
    shown = sandbox.doit("plan", "--port", "4999").out
    assert "merge" in shown
    assert "start-gateway.sh.yours" in shown


class Watch(threading.Thread):
    """Notes which processes and connections come into being below this one, until it is told to stop."""

    def __init__(self, root):
        super().__init__(daemon=True)
        self.root, self.over = root, threading.Event()
        self.programs, self.connections = set(), set()

    def run(self):
        while not self.over.wait(0.005):
            for process in psutil.Process().children(recursive=True):
                try:
                    if self.root in process.environ().get("HOME", ""):
                        self.programs.add(" ".join(process.cmdline()))
                        self.connections |= {(each.laddr, each.raddr) for each in process.net_connections()}
                except psutil.Error:
                    continue


@pytest.mark.slow
def test_a_dry_run_touches_no_file_starts_no_program_and_opens_no_connection(sandbox):
    sandbox.deploy("--preset", "demo")
    sandbox.settings.write_text(sandbox.settings.read_text() + "\n")
    (sandbox.home / "notes.txt").write_text("mine")
    before, running = sandbox.state(), set(psutil.pids())
    for words in (
        ["plan", "--diff"],
        ["deploy", "--dry-run", "--start", "--yes"],
        ["plan", "--json", "--port", "4999"],
    ):
        watch = Watch(str(sandbox.home))
        watch.start()
        result = sandbox.doit(*words)
        watch.over.set()
        watch.join()
        assert result.code == 0, result.text
        assert sandbox.state() == before
        assert watch.programs <= {" ".join(sandbox.command(*words))}, watch.programs
        assert not watch.connections
    mine = [each for each in psutil.process_iter() if each.pid not in running and _ours(each, str(sandbox.root))]
    assert not mine


def _ours(process, root):
    try:
        return process.pid != os.getpid() and root in process.environ().get("HOME", "")
    except psutil.Error:
        return False


@pytest.mark.slow
def test_the_watch_would_have_seen_it(sandbox):
    """The proof above is one only if such things are noticed."""
    watch = Watch(str(sandbox.home))
    watch.start()
    code = "import socket, time; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); time.sleep(1)"
    sandbox.run([sys.executable, "-c", code])
    watch.over.set()
    watch.join()
    assert any("socket" in each for each in watch.programs)
    assert watch.connections
