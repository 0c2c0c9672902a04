"""`doctor --probe` with the real Claude Code: whatever is planted beside them, each preset's gateway alone is asked."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tasks.core.doctor.probe import PATIENCE
from tests.conftest import PROJECT, make_sandbox
from tests.test_golden import CASES, VALUES

pytestmark = [pytest.mark.real, pytest.mark.slow]

CONSOLE = "sk-ant-api03-console-0123456789-abcdefghij"
LOGIN = "sk-ant-oat01-login-0123456789-abcdefghij"
OLD = "sk-ant-api03-old-0123456789-abcdefghij"

LATER = {
    "ANTHROPIC_BASE_URL": "https://old.example.com",
    "ANTHROPIC_AUTH_TOKEN": OLD,
    "ANTHROPIC_API_KEY": OLD,
    "ANTHROPIC_MODEL": "old-model",
    "HTTPS_PROXY": "http://ada:pass-0123456789@proxy.example.com:8080",
}
"""Exports of an earlier set-up, there only once the gateway is deployed."""

OF_ANTHROPIC = {"api.anthropic.com", "platform.claude.com", "raw.githubusercontent.com", "downloads.claude.ai"}
"""Hosts for updates, news and telemetry; no prompt goes there."""


DECLINED = "enterprise-x-api-key"
"""A key that is declined in a terminal is sent by its header, and a login at claude.ai with it: not yet prevented."""


def plant(box):
    """Logins at Anthropic's Console and at claude.ai, in a home where claude was started before."""
    state = {"primaryApiKey": CONSOLE, "hasCompletedOnboarding": True}
    (box.home / ".claude.json").write_text(json.dumps(state))
    login = {"accessToken": LOGIN, "refreshToken": LOGIN, "expiresAt": 4102444800000, "subscriptionType": "max"}
    login["scopes"] = ["user:inference", "user:profile"]
    (box.claude / ".credentials.json").write_text(json.dumps({"claudeAiOauth": login}))


def probe(box, claude, **environ):
    """What the command says as JSON: the checks of this link, and the runs."""
    environ["PATH"] = os.pathsep.join([str(Path(claude).parent), box.environment()["PATH"]])
    said = box.run(box.command("doctor", "--probe", "--json"), env=environ)
    found = json.loads(said.out)
    for secret in (CONSOLE, LOGIN, OLD, "pass-0123456789", *box.secrets()):
        assert secret not in said.text
    return [each for each in found["checks"] if each["link"] == "probe"], found["runs"]


@pytest.mark.sample(2)
@pytest.mark.parametrize("case", [case for case in CASES if case != DECLINED])
def test_each_preset_is_asked_alone_and_with_its_own_credential_alone(tmp_path, claude, case):
    box = make_sandbox(tmp_path)
    box.deploy(*CASES[case], "--allow-missing", env=VALUES)
    plant(box)
    checks, runs = probe(box, claude, **LATER)
    assert {each["state"] for each in checks} == {"ok"}, checks
    assert [run["name"] for run in runs] == ["-p", "terminal"]
    addresses = {value for name, value in box.env_json().items() if name.endswith("_BASE_URL")}
    for run in runs:
        assert {request["address"] for request in run["requests"]} <= addresses, run
        assert run["requests"], run
        assert {host.partition(":")[0] for host in run["hosts"]} <= OF_ANTHROPIC, run
        assert not run["questions"], run


@pytest.mark.sample(1)
def test_a_key_that_is_declined_in_a_terminal_is_told(tmp_path, claude):
    box = make_sandbox(tmp_path)
    box.deploy(*CASES[DECLINED], "--allow-missing", env=VALUES)
    checks, runs = probe(box, claude)
    assert [bool(run["questions"]) for run in runs] == [False, True]
    assert {each["state"] for each in checks} == {"ok", "warn"}
    plant(box)
    checks, _ = probe(box, claude)
    (failed,) = [each["says"] for each in checks if each["state"] == "fail"]
    assert "a login at claude.ai in authorization" in failed


@pytest.mark.sample(1)
def test_what_is_sent_besides_is_found_and_nothing_of_it_is_shown(tmp_path, claude):
    box = make_sandbox(tmp_path)
    box.deploy("--preset", "demo")
    plant(box)
    known = json.loads(box.settings.read_text())
    del known["env"]["ANTHROPIC_CUSTOM_HEADERS"]
    box.settings.write_text(json.dumps(known))
    checks, runs = probe(box, claude)
    failed = [each["says"] for each in checks if each["state"] == "fail"]
    assert len(failed) == len(runs)
    assert all("a login at Anthropic's Console in x-api-key" in says for says in failed)


@pytest.mark.sample(1)
def test_it_changes_nothing_leaves_nothing_and_ends_in_time(tmp_path, claude):
    box = make_sandbox(tmp_path / "box")
    box.deploy("--preset", "demo")
    plant(box)
    places = tmp_path / "places"
    places.mkdir()
    before = box.state(box.home)
    begun = time.monotonic()
    probe(box, claude, TMPDIR=str(places))
    assert time.monotonic() - begun < 2 * PATIENCE + 20
    assert box.state(box.home) == before
    assert list(places.iterdir()) == []
    assert not list(find_processes(str(places)))


def find_processes(text):
    """The processes that have *text* in their environment."""
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            data = path.read_bytes()
        except OSError:
            continue
        if text.encode() in data and str(os.getpid()) != path.parent.name:
            yield path.parent.name


@pytest.mark.nightly
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace shows every connection")
@pytest.mark.parametrize("proxy", ["", "http://proxy.example.com:8080", "http://10.11.12.13:8080"])
def test_no_packet_is_for_another_machine(tmp_path, claude, proxy):
    box = make_sandbox(tmp_path)
    box.deploy("--preset", "enterprise", "--gateway-url", "https://gateway.example.com", env=VALUES)
    plant(box)
    trace = tmp_path / "trace"
    environ = {"HTTPS_PROXY": proxy, "NO_PROXY": "*.anthropic.com,10.0.0.0/8"}
    calls = "trace=connect,sendto,sendmsg,sendmmsg"
    command = [shutil.which("strace"), "-f", "-qq", "-o", str(trace), "-e", calls, sys.executable, "-c", RUN, claude]
    done = subprocess.run(
        command, cwd=PROJECT, env=box.environment(**environ), capture_output=True, text=True, timeout=400
    )
    assert done.stdout.split() == ["-p", "1", "terminal", "1"], done.stderr
    seen = [line for line in trace.read_text(errors="replace").splitlines() if re.search("sin6?_addr|AF_INET", line)]
    assert seen
    assert [line for line in seen if not is_here(line)] == []


RUN = """
import os, sys
sys.path.insert(0, os.getcwd())
from pathlib import Path
from tasks.core.claude.layers import Layers
from tasks.core.doctor import probe
from tasks.core.model.layout import Layout
found = probe.run(sys.argv[1], Layers(Layout.of(os.environ), os.environ, Path(os.environ["HOME"])))
for run in found:
    print(run.name, len(run.requests))
"""


def is_here(line):
    """Whether a traced call is for this machine."""
    return re.search(r'inet_addr\("127\.|inet_pton\(AF_INET6, "(::1|::ffff:127\.)', line) is not None
