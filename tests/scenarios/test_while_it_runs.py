"""A gateway runs, and something else is deployed: nothing is interrupted, and what does not serve does not stay."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import threading
import time
from contextlib import closing

import pytest

from tasks.core.litellm import packages
from tests.artifacts.fakes import Folder, clear, free_port, make_litellm

pytestmark = pytest.mark.slow


@pytest.fixture
def box(sandbox):
    """The demo, deployed and running on a fake LiteLLM."""
    sandbox.port = free_port()
    program = make_litellm(sandbox.root / "fake venv")
    sandbox.folder = Folder(sandbox.gateway, sandbox.home, sandbox.port)
    words = ("--preset", "demo", "--port", str(sandbox.port), "--litellm", str(program), "--start")
    sandbox.deploy(*words)
    yield sandbox
    clear(sandbox.folder)


class Asker:
    """Asks all the time; what was not answered with 200 is remembered."""

    def __init__(self, port):
        self.port, self.failed, self.asked, self.over = port, [], 0, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.over.is_set():
            self.asked += 1
            try:
                with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
                    for _ in range(3):
                        connection.request("GET", "/health/readiness")
                        answer = connection.getresponse()
                        answer.read()
                        self.failed += [answer.status] * (answer.status != 200)
                        if answer.will_close:
                            break
            except OSError as error:
                self.failed.append(error)
            time.sleep(0.01)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def edit(box, text="# mine\n"):
    """Change the configuration by hand; a deployment keeps that."""
    with (box.gateway / "litellm_config.yaml").open("a") as file:
        file.write(text)


def stood(box):
    names = ("litellm_config.yaml", ".env", "serve.py", "start-gateway.sh", "deployment-manifest.json")
    return box.settings.read_bytes(), {name: (box.gateway / name).read_bytes() for name in names}


def test_a_new_configuration_is_taken_without_a_pause(box):
    pid, before = box.folder.pid, box.folder.status()
    with Asker(box.port) as asker:
        edit(box)
        result = box.deploy()
    assert not asker.failed
    assert asker.asked > 3
    assert "without a pause" in result.err
    after = box.folder.status()
    assert box.folder.pid == pid
    assert (after["state"], after["attempt"]) == ("serving", before["attempt"] + 1)
    assert after["revision"] != before["revision"]


def test_a_new_value_in_env_is_taken_too(box):
    with (box.gateway / ".env").open("a") as file:
        file.write("FAKE_DUMP=dump\n")
    before = box.folder.status()
    box.deploy()
    after = box.folder.status()
    assert after["attempt"] == before["attempt"] + 1
    assert after["environment"] != before["environment"]
    assert after["revision"] == before["revision"]
    assert (box.gateway / "dump").exists()


def test_where_nothing_changed_nothing_is_swapped(box):
    before = box.folder.status()
    box.deploy()
    box.deploy("--start")
    assert box.folder.status() == before


def test_what_does_not_serve_does_not_stay(box):
    edit(box, "# refused\n")
    standing, before = stood(box), box.folder.status()
    with Asker(box.port) as asker:
        key = {"ANTHROPIC_API_KEY": "sk-ant-" + "0" * 32}
        result = box.doit("deploy", "--models", "demo,anthropic-claude-sonnet", env=key)
    assert result.code == 6, result.text
    assert "this configuration is refused" in result.err
    assert "served on without a gap" in result.err
    assert not asker.failed
    assert stood(box) == standing
    after = box.folder.status()
    assert (after["state"], after["worker"]) == ("failed", before["worker"])
    told = box.doit("status").out
    assert "--models demo,anthropic-claude-sonnet chosen at" in told
    assert "this configuration is refused" in told
    assert "doit restart" not in told
    assert "Fix what could not be served, then: doit deploy" in " ".join(told.splitlines()[-2:])
    assert "since the deployed one cannot be served" in box.doit("verify").err
    assert box.doit("deploy", env=key).code == 6


@pytest.mark.sample(1)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_deployment_leaves_what_served_before(box, number):
    before = box.folder.status()
    with (box.gateway / ".env").open("a") as file:
        file.write("FAKE_DELAY=3\n")
    standing = stood(box)
    command = box.command("deploy", "--opus", "demo")
    with subprocess.Popen(
        command, cwd=box.project, env=box.environment(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as deployment:
        box.folder.until(lambda status: status["attempt"] == before["attempt"] + 1)
        assert box.settings.read_bytes() == standing[0]
        deployment.send_signal(number)
        deployment.communicate(timeout=60)
    assert deployment.returncode != 0
    if number == signal.SIGKILL:
        assert "an interrupted deploy was undone" in box.doit("status").err
    assert stood(box) == standing
    box.folder.until(lambda status: status["state"] == "serving" and not status["leaving"])
    box.folder.until(lambda _: ", as deployed" in box.doit("status").out)
    assert box.doit("verify").code == 0


def test_rolling_back_is_a_swap_as_well(box):
    before = box.folder.status()
    edit(box)
    box.deploy("--opus", "demo")
    pid = box.folder.pid
    with Asker(box.port) as asker:
        result = box.doit("rollback")
    assert result.code == 0, result.text
    assert not asker.failed
    assert box.folder.pid == pid
    assert box.folder.status()["attempt"] > before["attempt"]
    assert box.doit("verify").code == 0


def test_another_port_moves_the_gateway_which_serves_until_then(box):
    port = free_port()
    with Asker(box.port) as asker:
        asker.over.wait(0.5)
        result = box.deploy("--port", str(port))
        asker.over.set()
    assert "another gateway is started" in result.err
    assert all(isinstance(failure, OSError) for failure in asker.failed)  # not before the former one has gone
    assert len(box.folder.processes()) == 1
    assert f"port={port}\n" in (box.gateway / "gateway.pid").read_text()
    box.folder.until(lambda status: status.get("state") == "serving")
    assert not list(box.gateway.glob("*.former"))


def test_a_move_that_cannot_succeed_never_stops_what_serves(box):
    standing, before = stood(box), box.folder.status()
    with (box.gateway / ".env").open("a") as file:
        file.write("FAKE_MODE=dies\n")
    with Asker(box.port) as asker:
        result = box.doit("deploy", "--port", str(free_port()))
    assert result.code == 6, result.text
    assert "the configuration is no good" in result.err
    assert not asker.failed
    assert box.folder.status() == before
    assert len(box.folder.processes()) == 1
    assert stood(box)[1]["start-gateway.sh"] == standing[1]["start-gateway.sh"]
    assert box.env_json()["ANTHROPIC_BASE_URL"].endswith(f":{box.port}")
    assert not list(box.gateway.glob(".trial-*"))


def test_a_move_to_a_port_that_a_stranger_has_stops_nothing(box):
    here = box.port
    before = box.folder.status()
    box.deploy("--port", str(free_port()))
    with socket.create_server(("127.0.0.1", here)):
        result = box.doit("rollback")
    assert result.code == 1, result.text
    assert f"port {here} is taken by" in result.err
    assert box.folder.status()["supervisor"] != before["supervisor"]
    assert box.doit("doctor").code == 0


@pytest.mark.parametrize(
    ("file", "text", "code", "why"),
    [
        ("litellm_config.yaml", "# refused\n", 6, "this configuration is refused"),
        (".env", "LITELLM_MASTER_KEY=\n", 1, ".env does not say: LITELLM_MASTER_KEY"),
    ],
)
def test_a_restart_that_cannot_succeed_never_stops_what_serves(box, file, text, code, why):
    before = box.folder.status()
    with (box.gateway / file).open("a") as deployed:
        deployed.write(text)
    with Asker(box.port) as asker:
        result = box.doit("restart")
    assert result.code == code, result.text
    assert why in result.err
    assert not asker.failed
    assert box.folder.status() == before


def test_a_restart_takes_what_stands_when_it_serves(box):
    pid = box.folder.pid
    edit(box)
    result = box.doit("restart")
    assert result.code == 0, result.text
    assert "tried first" in result.err
    assert box.folder.pid != pid
    assert "tried first" not in box.doit("restart").err


def test_uninstall_stops_it_and_leaves_nothing(box):
    made = make_litellm(box.gateway / "venv-0123").parents[1]
    (made / packages.STAMP).write_text("3.11\n0123\n")
    (box.gateway / "venv").symlink_to(made.name)
    assert box.doit("uninstall").code == 0
    assert not box.folder.processes()
    assert {path.name for path in box.gateway.iterdir()} <= {".lock", ".digest-key", "history", "backups"}
