"""start, stop and status as steps, with a LiteLLM that costs nothing."""

import json
import socket
import time

import pytest

from tasks import service
from tasks.tools.processes import Instance
from tests.artifacts.fakes import Folder, clear, free_port, make_litellm

pytestmark = pytest.mark.slow


@pytest.fixture
def box(sandbox):
    """A deployed demo with a fake LiteLLM, not started."""
    sandbox.port = free_port()
    program = make_litellm(sandbox.root / "fake venv")
    sandbox.deploy("--preset", "demo", "--port", str(sandbox.port), "--litellm", str(program))
    sandbox.folder = Folder(sandbox.gateway, sandbox.home, sandbox.port)
    yield sandbox
    clear(sandbox.folder)


def env(box, **values):
    with (box.gateway / ".env").open("a") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())


def test_start_status_stop(box):
    before = box.doit("status")
    assert "does not run; start it with: doit start" in before.out
    assert f"1.106.2 at {box.root}/fake venv/bin/litellm" in before.out
    started = box.doit("start")
    assert started.code == 0, started.text
    assert f"LiteLLM 1.106.2 answers on http://127.0.0.1:{box.port}" in started.err
    assert "demo says: Hello from the fake." in started.out
    assert "already running" in box.doit("start").err
    status = box.doit("status")
    assert status.code == 0
    assert f"runs: pid {box.folder.pid}, " in status.out
    assert "serves     demo\n" in status.out
    stopped = box.doit("stop")
    assert stopped.code == 0
    assert "has stopped" in stopped.err
    assert "does not run" in box.doit("stop").err
    assert not box.folder.processes()


def test_no_secret_is_shown(box):
    (key,) = box.secrets()
    texts = [box.doit(step).text for step in ("start", "status", "verify", "stop")]
    assert not [text for text in texts if key in text]


def test_a_start_that_fails_says_why_and_shows_the_log(box):
    env(box, FAKE_MODE="dies")
    result = box.doit("start")
    assert result.code == 6
    assert "LiteLLM ended while it was starting" in result.err
    assert "| the configuration is no good" in result.err
    assert "Traceback" not in result.text
    assert box.secrets()[0] not in result.text


def test_a_port_that_somebody_else_has(box):
    with socket.create_server(("127.0.0.1", box.port)):
        result = box.doit("start")
        status = box.doit("status")
    assert result.code == 1
    assert f"Port {box.port} is taken by another program" in result.err
    assert f"port       {box.port} is taken by" in status.out


def test_models_that_are_deployed_and_not_served_are_told(box):
    env(box, FAKE_MODELS="other")
    box.doit("start")
    assert "serves     other; not demo, which is deployed" in box.doit("status").out


def test_deploying_starts_anew_what_runs_with_an_older_configuration(box):
    assert box.doit("deploy", "--start").code == 0
    first = box.folder.pid
    assert box.doit("deploy", "--start").code == 0
    assert box.folder.pid == first
    time.sleep(0.05)
    config = box.gateway / "litellm_config.yaml"
    config.write_text(config.read_text() + "# mine\n")
    assert "Restart it" in box.doit("status").out
    again = box.doit("deploy", "--start")
    assert again.code == 0, again.text
    assert box.folder.pid != first
    assert len(box.folder.processes()) == 1


def test_another_port_moves_the_gateway(box):
    assert box.doit("deploy", "--start").code == 0
    port = free_port()
    assert box.doit("deploy", "--start", "--port", str(port)).code == 0
    assert len(box.folder.processes()) == 1
    assert f"http://127.0.0.1:{port}" in box.doit("status").out


def test_nothing_deployed_is_a_sentence(sandbox):
    status = sandbox.doit("status")
    assert status.code == 0
    assert "Nothing is deployed in" in status.out
    for step in ("start", "stop"):
        result = sandbox.doit(step)
        assert result.code == 1
        assert "Deploy first: doit deploy" in result.err
        assert "Traceback" not in result.text


def test_a_manifest_that_cannot_be_read_fails_status(box):
    manifest = box.gateway / "deployment-manifest.json"
    manifest.write_text(json.dumps({"version": "99"}))
    assert box.doit("status").code != 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (200000, "2 days")],
)
def test_duration(seconds, text):
    assert service.duration(seconds) == text


def test_outdated_is_what_started_before_its_files_were_written(box):
    class Paths:
        config, env_file = box.gateway / "litellm_config.yaml", box.gateway / "gone"

    written = Paths.config.stat().st_mtime
    assert service.outdated(Paths, Instance(1, 1, None, written - 1, 0))
    assert not service.outdated(Paths, Instance(1, 1, None, written + 1, 0))
