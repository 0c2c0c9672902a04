"""A user's day with the running gateway: the real LiteLLM, started, swapped, broken, killed and stopped by doit."""

import json
import signal
import socket
import stat
import subprocess
import sys
import time

import psutil
import pytest
from deployed import demo

from tasks.core.http import gateway
from tasks.core.service import processes
from tests.artifacts.fakes import free_port

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def served(tmp_path_factory, litellm_executable):
    """The demo, started by its deployment."""
    with demo(tmp_path_factory.mktemp("running"), litellm_executable) as made:
        made.start()
        yield made


@pytest.fixture
def running(served):
    """The same, and it runs whatever the test before did to it."""
    assert served.box.doit("start").code == 0
    return served


@pytest.fixture
def other():
    """A process that has nothing to do with us."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


def status(made):
    return json.loads(made.box.doit("status", "--json").out)["process"]


def standing(made):
    files = {path.name: path.read_bytes() for path in made.box.gateway.iterdir() if path.is_file()}
    changing = ("litellm.log", "deployment.log", "gateway.status.json", ".lock")
    return made.box.settings.read_bytes(), {name: data for name, data in files.items() if name not in changing}


def test_status_tells_what_is_served(running):
    known = status(running)
    assert (known["pid"], known["port"], known["litellm"]) == (running.folder.pid, running.port, "1.106.2")
    assert (known["state"], known["current"], known["serves"]) == ("serving", True, ["demo"])
    assert known["configuration"] == known["configuration_on_disk"]
    assert known["memory_bytes"] > 200e6
    assert ", as deployed" in running.box.doit("status").out


def test_another_configuration_is_taken_while_it_serves(running):
    pid, before = running.folder.pid, status(running)
    with (running.box.gateway / "litellm_config.yaml").open("a") as file:
        file.write("# mine\n")
    assert status(running)["current"] is False
    result = running.box.deploy(*running.words)
    assert "without a pause" in result.err
    after = status(running)
    assert (after["pid"], after["current"]) == (pid, True)
    assert after["configuration"] != before["configuration"]


def test_what_litellm_does_not_start_with_is_taken_back_with_files_and_settings(running):
    env = running.layout.env_file
    good = env.read_text()
    env.write_text(good + "SSL_CERT_FILE=/nowhere/ca.pem\n")
    stood, before = standing(running), running.folder.status()
    key = {"ANTHROPIC_API_KEY": "sk-ant-" + "0" * 32}
    result = running.box.doit("deploy", *running.words, "--models", "demo,anthropic-claude-sonnet", env=key)
    assert result.code == 6, result.text
    assert "No such file or directory" in result.err
    assert running.key.reveal() not in result.text
    assert standing(running) == stood
    after = running.folder.status()
    assert (after["state"], after["worker"], after["revision"]) == ("failed", before["worker"], before["revision"])
    assert gateway.served_models(running.url, running.key) == ["demo"]
    assert "No such file or directory" in running.box.doit("status").out
    env.write_text(good)
    running.box.deploy(*running.words, "--models", "demo")
    assert status(running)["current"] is True


@pytest.mark.nightly
def test_restart_is_another_process_that_serves(running):
    first = running.folder.pid
    assert running.box.doit("restart").code == 0
    assert running.folder.pid != first
    assert gateway.readiness(running.url)


@pytest.mark.nightly
def test_the_log_is_private_and_makes_room(running):
    log, kept = running.layout.log, running.layout.log.with_name("litellm.log.1")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    with log.open("a") as file:
        file.write("x" * (5 * 1024 * 1024 + 1))
    deadline = time.monotonic() + 20
    while not (kept.exists() and log.stat().st_size < 1000) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert kept.stat().st_size > 5 * 1024 * 1024
    assert log.stat().st_size < 1_000_000
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_killed_it_is_started_again(running):
    (process,) = running.folder.processes()
    process.kill()
    process.wait(10)
    assert running.box.doit("start").code == 0
    assert running.folder.pid != process.pid
    assert status(running)["state"] == "serving"


@pytest.mark.nightly
def test_a_number_that_belongs_to_somebody_else_is_not_touched(running, other):
    record = running.layout.pid_file.read_text()
    ours = running.folder.pid
    running.layout.pid_file.write_text(record.replace(f"pid={ours}\n", f"pid={other.pid}\n"))
    assert processes.running(running.layout) is None
    assert "was left by one that ended" in running.box.doit("stop").err
    assert other.poll() is None
    assert psutil.pid_exists(ours)
    running.layout.pid_file.write_text(record)


def test_one_that_hears_nothing_is_killed_step_by_step_and_leaves_nothing(running):
    (process,) = running.folder.processes()
    family = [process, *process.children(recursive=True)]
    process.send_signal(signal.SIGSTOP)
    result = running.box.doit("stop", env={"GATEWAY_STOP_TIMEOUT": "1"})
    assert result.code == 0
    assert "cut off now" in result.err
    assert "killed now" in result.err
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive


@pytest.mark.nightly
def test_a_start_that_takes_too_long_is_stopped_again(served):
    served.box.doit("stop")
    result = served.box.doit("start", env={"GATEWAY_START_TIMEOUT": "2"})
    assert result.code == 6
    assert "has not become ready within 2 s" in result.err
    assert not served.folder.processes()
    assert not served.layout.pid_file.exists()


@pytest.mark.nightly
def test_a_port_that_a_stranger_has_is_named(served):
    served.box.doit("stop")
    with socket.create_server(("127.0.0.1", served.port)):
        result = served.box.doit("start")
        assert result.code == 1
        assert f"port {served.port} is taken by" in result.err
        assert "taken by" in status(served)["port_state"]
    assert not served.folder.processes()


@pytest.mark.nightly
def test_claude_code_is_connected_once_the_gateway_answers_and_follows_it_to_another_port(tmp_path, litellm_executable):
    with demo(tmp_path, litellm_executable) as made:
        for port in (made.port, free_port()):
            url = f"http://127.0.0.1:{port}"
            command = made.box.command("deploy", *made.words, "--port", str(port), "--start", "--yes")
            with subprocess.Popen(command, cwd=made.box.project, env=made.box.environment()) as deployment:
                while deployment.poll() is None and url not in settings(made):
                    time.sleep(0.02)
                assert gateway.readiness(url)
            assert deployment.returncode == 0
            assert url in settings(made)
        assert len(made.folder.processes()) == 1


def settings(made):
    return made.box.settings.read_text() if made.box.settings.exists() else ""
