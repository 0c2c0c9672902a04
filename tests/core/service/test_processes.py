"""Whose process, whose port."""

import os
import socket
import subprocess
import sys
import time

import psutil
import pytest

from tasks.core.service import processes
from tests.artifacts.fakes import Folder, clear, free_port, make_folder

WORD = "0123456789abcdef"


@pytest.fixture
def folder(tmp_path):
    made = make_folder(tmp_path / "Ada's häuschen")
    yield made
    clear(made)


@pytest.fixture
def started(folder):
    assert folder.start().returncode == 0
    return folder


def test_nothing_runs_where_nothing_was_started(folder):
    assert processes.running(folder.layout) is None
    assert processes.listener(folder.port, folder.layout) == processes.PortState("free")


@pytest.mark.slow
def test_a_started_gateway_is_known(started):
    instance = processes.running(started.layout)
    assert instance.pid == started.pid
    assert instance.port == started.port
    assert (instance.version, instance.listen) == ("1.106.2", "127.0.0.1")
    assert instance.program == str((started.path / "venv" / "bin" / "litellm").resolve())
    assert instance.memory > 1_000_000
    assert 0 <= instance.uptime < 60
    state = processes.listener(started.port, started.layout)
    assert (state.kind, state.pid) == ("ours", started.pid)
    assert started.stop().returncode == 0
    assert processes.running(started.layout) is None


@pytest.mark.slow
def test_it_is_known_through_a_link_too(started, tmp_path):
    (tmp_path / "link").symlink_to(started.path.parent)
    linked = Folder(tmp_path / "link" / started.path.name, started.home)
    assert processes.running(linked.layout).pid == started.pid


@pytest.mark.slow
def test_without_proc_the_start_is_told_as_ps_tells_it(tmp_path, monkeypatch):
    folder = make_folder(tmp_path, proc=False)
    try:
        assert folder.start().returncode == 0
        monkeypatch.setattr(processes, "PROC", tmp_path)
        assert processes.running(folder.layout).pid == folder.pid
    finally:
        clear(folder)


def test_lstart_is_what_ps_shows_whatever_the_locale():
    moment = 1795346172.9
    assert processes._lstart(moment) == time.strftime("%a %b ", time.gmtime(moment)) + "22 11:16:12 2026"
    assert processes._lstart(1793519999) == "Sun Nov 1 07:59:59 2026"


@pytest.mark.parametrize(
    "change",
    [
        lambda text, pid: text.replace(f"pid={pid}", f"pid={os.getpid()}"),
        lambda text, pid: text.replace("started=", "started=1"),
        lambda text, pid: "\n".join(line for line in text.splitlines() if "started" not in line),
        lambda text, pid: text.replace(f"pid={pid}", "pid=99999999999999999999"),
        lambda text, pid: text.replace("instance=", "instance=1"),
        lambda text, pid: "\n".join(line for line in text.splitlines() if "instance" not in line),
        lambda text, pid: text.replace(f"pid={pid}", "pid=-1"),
        lambda text, pid: text.replace(f"pid={pid}", "pid=many"),
        lambda text, pid: "",
        lambda text, pid: "\0\xff",
    ],
)
@pytest.mark.slow
def test_a_number_without_proof_is_nobody(started, change):
    file = started.path / "gateway.pid"
    record = file.read_text()
    file.write_text(change(record, started.pid))
    assert processes.running(started.layout) is None
    state = processes.listener(started.port, started.layout)
    assert state.kind == "foreign"
    file.write_text(record)


def test_a_stranger_on_the_port_is_named_where_we_may_know(folder):
    port = free_port()
    code = f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); print(1, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        state = processes.listener(port, folder.layout)
        other.kill()
    assert state.kind == "foreign"
    assert state.pid == other.pid
    assert str(state) == f"taken by {state.name} (pid {other.pid})"


def test_where_the_system_does_not_tell_a_stranger_has_no_name(folder, monkeypatch):
    def denied(*_):
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", denied)
    with socket.create_server(("127.0.0.1", folder.port)):
        state = processes.listener(folder.port, folder.layout)
    assert state == processes.PortState("foreign")
    assert str(state) == "taken by another program"


@pytest.mark.slow
def test_where_we_may_not_look_into_our_own_its_record_counts(started, monkeypatch):
    def denied(*_):
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "net_connections", denied)
    assert processes.listener(started.port, started.layout).kind == "ours"


def test_a_process_that_has_ended_but_is_not_reaped_does_not_run(folder):
    config = folder.path / "litellm_config.yaml"
    serve = [str(folder.path / "serve.py"), "--config", str(config), "--instance", WORD]
    with subprocess.Popen([sys.executable, "-c", "pass", *serve]) as ended:
        mark = processes._mark(psutil.Process(ended.pid))
        (folder.path / "gateway.pid").write_text(f"pid={ended.pid}\nstarted={mark}\ninstance={WORD}\nport=1\n")
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        assert processes.running(folder.layout) is None


@pytest.mark.parametrize("words", ["-f {config}", "{config} " + WORD, "--config {config} --instance " + WORD])
def test_a_process_of_ours_that_only_names_our_files_is_no_gateway(folder, words):
    """Whoever writes gateway.pid chooses the word: `tail -f litellm_config.yaml` with instance=-f was once stopped."""
    config = folder.path / "litellm_config.yaml"
    line = [word.format(config=config) for word in words.split()]
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)", *line]) as other:
        mark = processes._mark(psutil.Process(other.pid))
        for word in (WORD, line[0]):
            record = f"pid={other.pid}\nstarted={mark}\ninstance={word}\nport={folder.port}\n"
            (folder.path / "gateway.pid").write_text(record)
            assert processes.running(folder.layout) is None
            assert "The gateway does not run" in folder.stop().stderr
            assert other.poll() is None
        other.kill()
