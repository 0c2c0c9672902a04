"""start, stop and restart as steps, with a LiteLLM that costs nothing."""

import os
import socket

import pytest

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


def test_start_and_stop(box):
    started = box.doit("start")
    assert started.code == 0, started.text
    assert f"LiteLLM 1.106.2 answers on http://127.0.0.1:{box.port}" in started.err
    assert "demo says: Hello from the fake." in started.out
    assert "already running" in box.doit("start").err
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


def test_what_the_log_means_is_told_when_a_start_or_a_restart_fails(box):
    (box.gateway / "litellm_config.yaml").write_text("model_list: [\n")
    for step in ("start", "restart"):
        result = box.doit(step)
        assert result.code == 6, result.text
        assert "| yaml.parser.ParserError" in result.err
        assert "litellm_config.yaml is empty or not valid" in result.err
        assert "doit rollback" in result.err
    assert result.err.count("LiteLLM ended while it was starting") == 1


def test_a_port_that_somebody_else_has(box):
    with socket.create_server(("127.0.0.1", box.port)):
        result = box.doit("start")
    assert result.code == 1
    assert f"port {box.port} is taken by python (pid {os.getpid()})" in result.err


def test_what_env_does_not_say_is_said_with_one_place(box):
    env(box, LITELLM_MASTER_KEY="")
    result = box.doit("start")
    assert result.code == 1
    assert f"{box.gateway}/.env does not say: LITELLM_MASTER_KEY." in result.err
    assert "start-gateway.sh" not in result.err


def test_restart_is_another_process(box):
    assert box.doit("restart").code == 0
    first = box.folder.pid
    again = box.doit("restart")
    assert again.code == 0, again.text
    assert box.folder.pid != first
    assert len(box.folder.processes()) == 1


def test_nothing_deployed_is_a_sentence(sandbox):
    for step in ("start", "stop", "restart"):
        result = sandbox.doit(step)
        assert result.code == 1
        assert "Deploy first: doit deploy" in result.err
        assert "Traceback" not in result.text
