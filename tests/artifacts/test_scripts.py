"""start-gateway.sh and stop-gateway.sh as they are deployed, in the shells that they meet."""

import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from tasks.core.catalogue import templating
from tasks.core.model.layout import PROJECT
from tests.artifacts.fakes import KEY, PATH, SCRIPTS, clear, make_folder, make_litellm

SHELLS = [shell for shell in ("dash", "bash", "bash as sh") if shutil.which(shell.split()[0])]


SHARED_GROUP = next((gid for gid in os.getgroups() if gid not in (0, os.getgid())), 100 if os.getuid() == 0 else -1)
"""A group that is not this user's own; -1: there is none that this user may give a file."""


@pytest.fixture
def folder(tmp_path):
    """A gateway's folder in a home with awkward names."""
    made = make_folder(tmp_path / "Ada's häuschen", "the gateway")
    yield made
    clear(made)


@pytest.fixture
def sleeper():
    """A process that has nothing to do with us."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"]) as process:
        yield process
        process.kill()


def dumped(folder) -> dict:
    return json.loads((folder.path / "dump").read_text())


def test_shellcheck_finds_nothing(folder):
    folder.render(litellm="/opt/Ada's tools/litellm", needed=["A", "B_C"])
    program = Path(sys.executable).with_name("shellcheck")
    if not program.exists():
        pytest.skip("shellcheck is not installed beside this Python")
    scripts = [folder.path / name for name in SCRIPTS if name.endswith(".sh")]
    checked = subprocess.run([program, "-s", "sh", *scripts], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.slow
@pytest.mark.sample(1)
@pytest.mark.parametrize("shell", SHELLS)
def test_start_status_start_again_and_stop(folder, shell):
    folder.shell = shell
    started = folder.start()
    assert started.returncode == 0, started.stderr
    assert started.stdout.startswith(f"LiteLLM 1.106.2 answers on http://127.0.0.1:{folder.port} (pid {folder.pid}")
    assert started.stderr == ""
    again = folder.start()
    assert (again.returncode, again.stdout) == (0, "")
    assert again.stderr == f"The gateway is already running: http://127.0.0.1:{folder.port} (pid {folder.pid}).\n"
    (process,) = folder.processes()
    stopped = folder.stop()
    assert stopped.returncode == 0
    assert stopped.stderr == f"The gateway has stopped (pid {process.pid}).\n"
    assert not folder.processes()
    assert not (folder.path / "gateway.pid").exists()
    assert folder.stop().stderr == "The gateway does not run.\n"
    assert folder.stop().returncode == 0


@pytest.mark.slow
@pytest.mark.sample(1)
@pytest.mark.parametrize("shell", SHELLS)
def test_the_same_without_proc_as_on_macos(tmp_path, shell, sleeper):
    if not shutil.which("ps") or not shutil.which("lsof"):
        pytest.skip("ps and lsof, which every macOS has, are not both here")
    folder = make_folder(tmp_path, shell=shell, proc=False)
    try:
        result = folder.start()
        assert result.returncode == 0, result.stderr
        assert "started=" + time.strftime("%a", time.gmtime()) in (folder.path / "gateway.pid").read_text()
        assert "already running" in folder.start().stderr
        record = (folder.path / "gateway.pid").read_text()
        (folder.path / "gateway.pid").write_text(record.replace(str(folder.pid), str(sleeper.pid)))
        assert "was left by one that ended" in folder.stop().stderr
        (folder.path / "gateway.pid").write_text(record)
        assert "has stopped" in folder.stop().stderr
        assert sleeper.poll() is None
        assert not folder.processes()
    finally:
        clear(folder)


@pytest.mark.slow
def test_it_runs_detached_and_its_files_are_private(folder):
    folder.env(FAKE_DUMP="dump")
    with (folder.path / "litellm.log").open("w") as log:
        log.write("before\n")
    (folder.path / "litellm.log").chmod(0o644)
    assert folder.start().returncode == 0
    seen = dumped(folder)
    (process,) = folder.processes()
    assert process.cmdline()[1:8] == [
        *(str(folder.path / "serve.py"), "--config", str(folder.path / "litellm_config.yaml")),
        *("--host", "127.0.0.1", "--port", str(folder.port)),
    ]
    assert seen["sid"] == folder.pid
    assert seen["cwd"] == str(folder.path)
    for name in ("litellm.log", "gateway.pid"):
        assert stat.S_IMODE((folder.path / name).stat().st_mode) == 0o600
    assert (folder.path / "litellm.log").read_text().startswith("before\n")
    assert not (folder.path / ".start-lock").exists()


@pytest.mark.slow
@pytest.mark.sample(1)
@pytest.mark.parametrize("shell", SHELLS)
def test_the_environment_is_env_and_nothing_of_the_shells(folder, shell):
    folder.shell = shell
    folder.env(FAKE_DUMP="dump", LITELLM_LOG="INFO", ANTHROPIC_API_KEY="sk-ant-ours", config="mine")
    claude = {"ANTHROPIC_BASE_URL": "http://127.0.0.1:4000", "ANTHROPIC_AUTH_TOKEN": "sk-x"}
    keys = {"ANTHROPIC_API_KEY": "sk-ant-shell", "OPENAI_API_KEY": "sk-shell", "DATABASE_URL": "postgres://x"}
    litellm = {"HOST": "0.0.0.0", "PORT": "1", "CONFIG_FILE_PATH": "/x", "ANTHROPIC_API_BASE": "http://x"}
    programs = {"PYTHONPATH": "/x", "HTTPS_PROXY": "http://127.0.0.1:1", "MULTI": "a\nPATH=/x\nHOME=/x\nB=c"}
    ours = {"port": "2", "here": "/x", "config": "/x", "python": "/x"}
    strays = claude | keys | litellm | programs | ours
    started = folder.start(LANG="C.UTF-8", LC_ALL="C.UTF-8", **strays)
    assert started.returncode == 0, started.stderr
    environ = dumped(folder)["environ"]
    kept = {"PATH", "HOME", "LANG", "LC_ALL", "PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE"}
    switches = {name for name in environ if name.startswith(("LITELLM_", "NO_")) or name == "DISABLE_ADMIN_UI"}
    own = {"FAKE_DUMP", "ANTHROPIC_API_KEY", "PYTHONUNBUFFERED", "config"}
    own |= {"CONFIG_FILE_PATH", "GRACEFUL_SHUTDOWN_TIMEOUT"}
    assert set(environ) <= kept | switches | own
    assert environ["ANTHROPIC_API_KEY"] == "sk-ant-ours"
    assert environ["config"] == "mine"
    assert environ["CONFIG_FILE_PATH"] == str(folder.path / "litellm_config.yaml")
    assert environ["HOME"] == str(folder.home)
    assert environ["LITELLM_LOG"] == "INFO"
    assert environ["LITELLM_MODE"] == "PRODUCTION"
    for name in ("MODEL_COST_MAP", "ANTHROPIC_BETA_HEADERS", "BLOG_POSTS", "AUTOROUTER_PRESETS", "POLICY_TEMPLATES"):
        assert environ[f"LITELLM_LOCAL_{name}"] == "True"


def listening(folder) -> set[str]:
    (process,) = folder.processes()
    return {each.laddr.ip for each in process.net_connections("tcp") if each.status == psutil.CONN_LISTEN}


@pytest.mark.slow
@pytest.mark.parametrize(("listen", "found"), [("127.0.0.1", {"127.0.0.1"}), ("0.0.0.0", {"0.0.0.0"})])
def test_it_listens_where_it_was_told(folder, listen, found):
    folder.render(listen=listen)
    started = folder.start()
    assert started.returncode == 0, started.stderr
    assert listening(folder) == found


@pytest.mark.slow
def test_listening_elsewhere_this_machine_can_ask_too(folder):
    with socket.socket(socket.AF_INET6) as there:
        try:
            there.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 here")
    folder.render(listen="::1")
    assert folder.start().returncode == 0
    assert listening(folder) == {"127.0.0.1", "::1"}


@pytest.mark.slow
def test_others_are_not_let_in_without_a_key(folder):
    folder.render(listen="0.0.0.0", needed=[])
    folder.env(LITELLM_MASTER_KEY="")
    result = folder.start()
    assert result.returncode == 6
    assert "no LITELLM_MASTER_KEY keeps them out" in result.stderr
    folder.render(needed=[])
    assert folder.start().returncode == 0


@pytest.mark.slow
def test_a_loop_through_env_is_cut_too(folder):
    folder.env(FAKE_DUMP="dump", ANTHROPIC_BASE_URL="http://127.0.0.1:4000")
    assert folder.start().returncode == 0
    assert "ANTHROPIC_BASE_URL" not in dumped(folder)["environ"]


@pytest.mark.slow
@pytest.mark.sample(1)
@pytest.mark.parametrize("shell", SHELLS)
def test_env_is_read_and_never_executed(folder, shell):
    folder.shell = shell
    text = f"""\
# a comment
LITELLM_MASTER_KEY={KEY}\r
export EXPORTED=yes
SINGLE='two words # $HOME `touch x` "q"'
DOUBLE="it's $(touch x)"
PLAIN=a b$HOME;touch x & # a comment
  INDENTED=no
EMPTY=
EQUALS=a=b=c
bad-name=x
1BAD=x
no equals sign
PPID=1
UID=1
gw_line=hijacked
LAST=first
LAST=last
FAKE_DUMP=dump"""
    (folder.path / ".env").write_text(text, newline="")
    started = folder.start()
    assert started.returncode == 0, started.stderr
    environ = dumped(folder)["environ"]
    wanted = {
        "LITELLM_MASTER_KEY": KEY,
        "EXPORTED": "yes",
        "SINGLE": 'two words # $HOME `touch x` "q"',
        "DOUBLE": "it's $(touch x)",
        "PLAIN": "a b$HOME;touch x &",
        "EMPTY": "",
        "EQUALS": "a=b=c",
        "LAST": "last",
    }
    assert {name: environ.get(name) for name in wanted} == wanted
    assert not {"INDENTED", "bad-name", "1BAD", "gw_line"} & set(environ)
    assert not list(folder.path.rglob("x")) + list(folder.home.rglob("x"))


@pytest.mark.parametrize("value", ["", "CHANGE-ME", "CHANGE-ME-please", "YOUR_PROJECT_ID", "''"])
def test_what_is_missing_is_named_all_at_once(folder, value):
    folder.render(needed=["LITELLM_MASTER_KEY", "VERTEX_PROJECT", "VERTEX_LOCATION"])
    folder.env(VERTEX_LOCATION=value)
    result = folder.start(VERTEX_PROJECT="from-the-shell")
    assert result.returncode == 1
    said = f"{folder.path}/.env does not say: VERTEX_PROJECT VERTEX_LOCATION. Set what is missing there, "
    assert result.stderr.startswith(said)
    assert KEY not in result.stdout + result.stderr
    assert not folder.processes()


@pytest.mark.parametrize("version", ["1.82.7", "1.82.8"])
def test_a_malicious_release_is_refused_without_being_run(folder, tmp_path, version):
    body = f"open({str(tmp_path / 'ran')!r}, 'w')\n"
    make_litellm(tmp_path / "bad", version, body)
    folder.render(litellm=str(tmp_path / "bad" / "bin" / "litellm"))
    result = folder.start()
    assert result.returncode == 1
    assert "malicious" in result.stderr
    assert "rotate every credential" in result.stderr
    assert not (tmp_path / "ran").exists()


def test_the_implant_is_refused_whatever_the_version_says(folder):
    (folder.path / "venv" / "lib" / "python3.11" / "site-packages" / "litellm_init.pth").write_text("import os\n")
    result = folder.start()
    assert result.returncode == 1
    assert "malicious" in result.stderr


@pytest.mark.parametrize("version", ["1.87.99", "1.9.0", "0.999.1"])
def test_an_old_release_is_refused(folder, tmp_path, version):
    folder.render(litellm=str(make_litellm(tmp_path / "old", version)))
    result = folder.start()
    assert result.returncode == 1
    assert f"is LiteLLM {version}; releases before 1.88.0 are too old" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("version", ["1.88.0", "1.88.0rc1", "1.100.2.post1", "2.0"])
def test_a_new_enough_release_is_taken_from_where_it_is_given(folder, tmp_path, version):
    shutil.rmtree(folder.path / "venv")
    program = make_litellm(tmp_path / "Ada's own", version)
    (tmp_path / "link").symlink_to(program)
    folder.render(litellm=str(tmp_path / "link"))
    result = folder.start()
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"LiteLLM {version} answers")


@pytest.mark.slow
def test_litellm_is_taken_from_a_given_environment_or_from_path(folder, tmp_path):
    shutil.rmtree(folder.path / "venv")
    venv = make_litellm(tmp_path / "there").parents[1]
    assert folder.start(PATH=f"{venv}/bin:/usr/bin:/bin").returncode == 0
    assert folder.stop().returncode == 0
    folder.render(litellm=str(venv))
    assert folder.start(PATH="/usr/bin:/bin").returncode == 0


def test_no_litellm_says_how_to_get_one(folder):
    shutil.rmtree(folder.path / "venv")
    result = folder.start(PATH="/usr/bin:/bin")
    if shutil.which("litellm", path="/usr/bin:/bin"):
        pytest.skip("this machine has a LiteLLM of its own")
    assert result.returncode == 1
    assert "gatehand litellm" in result.stderr


def test_a_chosen_litellm_that_is_gone_is_not_replaced_by_another(folder):
    folder.render(litellm="/nowhere/litellm")
    result = folder.start()
    assert result.returncode == 1
    assert "/nowhere/litellm" in result.stderr


def test_a_shim_is_refused(folder, tmp_path):
    shim = tmp_path / "shims" / "litellm"
    shim.parent.mkdir()
    shim.write_text("#!/usr/bin/env bash\nexec pyenv\n")
    shim.chmod(0o755)
    folder.render(litellm=str(shim))
    result = folder.start()
    assert result.returncode == 1
    assert "without running it" in result.stderr


def test_a_port_that_somebody_else_has_is_left_alone(folder):
    with socket.create_server(("127.0.0.1", folder.port)):
        result = folder.start()
    assert result.returncode == 1
    assert f"Port {folder.port} is taken by another program" in result.stderr
    assert not folder.processes()
    assert not (folder.path / "gateway.pid").exists()


@pytest.mark.slow
def test_a_port_that_cannot_be_listened_on_is_named(folder):
    with socket.socket() as bound:  # who does not listen yet is not met by asking
        bound.bind(("127.0.0.1", folder.port))
        result = folder.start()
    assert result.returncode == 1
    assert f"cannot be started: 127.0.0.1:{folder.port} cannot be listened on" in result.stderr
    assert not folder.processes()
    assert not (folder.path / "gateway.pid").exists()


@pytest.mark.slow
@pytest.mark.sample(1)
@pytest.mark.parametrize("shell", SHELLS)
def test_a_start_that_fails_shows_the_end_of_the_log_without_secrets(folder, shell):
    folder.shell = shell
    (folder.path / "litellm.log").write_text("of an earlier start\n")
    folder.env(FAKE_MODE="dies")
    result = folder.start()
    assert result.returncode == 6
    lines = result.stderr.splitlines()
    assert lines[0].startswith("LiteLLM ended while it was starting")
    assert lines[-2] == "the configuration is no good"
    assert lines[-1].endswith("the new worker failed, it ended with code 1: the configuration is no good")
    assert len(lines) == 2 + 40
    assert "of an earlier start" not in lines
    assert not (folder.path / "gateway.pid").exists()
    assert KEY in (folder.path / "litellm.log").read_text()
    assert KEY not in result.stderr


@pytest.mark.slow
def test_secrets_are_hidden_in_the_log_that_is_shown(folder):
    folder.env(FAKE_MODE="never")
    result = folder.start(GATEWAY_START_TIMEOUT="4")
    assert "loading [hidden]" in result.stderr


@pytest.mark.slow
def test_a_start_that_never_gets_ready_is_stopped_again(folder):
    folder.env(FAKE_MODE="never")
    before = time.monotonic()
    result = folder.start(GATEWAY_START_TIMEOUT="2")
    assert result.returncode == 6
    assert "has not become ready within 2 s" in result.stderr
    assert time.monotonic() - before < 15
    assert not folder.processes()
    assert not (folder.path / "gateway.pid").exists()


@pytest.mark.slow
def test_the_time_to_start_may_stand_in_env(folder):
    folder.env(FAKE_MODE="never", GATEWAY_START_TIMEOUT="2")
    assert "has not become ready within 2 s" in folder.start(GATEWAY_START_TIMEOUT="").stderr
    foreground = folder.run("start-gateway.sh", "--foreground", environ={"GATEWAY_START_TIMEOUT": ""})
    assert foreground.returncode == 6
    assert "not ready within 4 s" in foreground.stderr


@pytest.mark.slow
def test_interrupting_a_start_stops_what_it_started(folder):
    folder.env(FAKE_MODE="never")
    start = subprocess.Popen(**folder.command("start-gateway.sh"), stderr=subprocess.PIPE)
    while not folder.processes():
        time.sleep(0.05)
    start.send_signal(signal.SIGINT)
    _, said = start.communicate(timeout=30)
    assert start.returncode == 130
    assert "Interrupted" in said
    assert not folder.processes()
    assert not (folder.path / ".start-lock").exists()


MEETING = """#!/bin/sh
# Does its work, then ends the start that called it.
PATH=/usr/bin:/bin
"$(command -v "${0##*/}")" "$@"
code=$?
read -r _ _ _ _ group _ </proc/$$/stat
kill -s TERM "$group"
exit "$code"
"""


@pytest.mark.parametrize("program", ["mkdir", "cut", "od"])
@pytest.mark.parametrize("shell", SHELLS)
def test_a_start_that_is_ended_at_any_step_leaves_no_lock(folder, shell, program):
    folder.shell = shell
    tools = folder.home / "tools"
    tools.mkdir()
    (tools / program).write_text(MEETING)
    (tools / program).chmod(0o755)
    command = folder.command("start-gateway.sh", environ={"PATH": f"{tools}:{PATH}"})
    ended = subprocess.run(**command, capture_output=True, timeout=60, start_new_session=True)
    assert ended.returncode == 130, ended.stderr
    assert not (folder.path / ".start-lock").exists()
    assert not folder.processes()


def test_a_check_starts_nothing_and_names_the_python(folder):
    (folder.path / "gateway.pid").write_text("pid=1\n")
    result = folder.start("--check")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"{folder.path}/venv/bin/python3\n"
    assert (folder.path / "gateway.pid").exists()
    assert not (folder.path / ".start-lock").exists()
    folder.env(LITELLM_MASTER_KEY="")
    assert folder.start("--check").returncode == 1
    assert not folder.processes()


@pytest.mark.slow
def test_no_wait_returns_at_once(folder):
    folder.env(FAKE_DELAY="30")
    before = time.monotonic()
    result = folder.start("--no-wait")
    assert result.returncode == 0
    assert time.monotonic() - before < 5
    assert "is starting" in result.stderr
    assert psutil.pid_exists(folder.pid)


@pytest.mark.slow
def test_one_that_another_start_has_begun_is_waited_for(folder):
    folder.env(FAKE_DELAY="3")
    assert folder.start("--no-wait").returncode == 0
    assert folder.start("--no-wait").stderr.startswith("The gateway is already running")
    assert not folder.status().get("worker")
    result = folder.start()
    assert (result.returncode, result.stderr.split(":")[0]) == (0, "The gateway is already running")
    with urllib.request.urlopen(f"http://127.0.0.1:{folder.port}/health/readiness", timeout=0.5) as answer:
        assert answer.status == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "timeout", "why"),
    [("dies", "20", "ended while it was starting"), ("never", "5", "has not become ready within 5 s")],
)
def test_one_that_another_start_has_begun_in_vain_is_an_error(folder, mode, timeout, why):
    folder.env(FAKE_MODE=mode, FAKE_DELAY="2")
    assert folder.start("--no-wait").returncode == 0
    pid = folder.pid
    result = folder.start(GATEWAY_START_TIMEOUT=timeout)
    assert result.returncode == 6
    assert why in result.stderr
    assert "The end of " in result.stderr
    assert [each.pid for each in folder.processes()] == [pid] * (mode == "never")  # it is the other's to stop it


@pytest.mark.slow
@pytest.mark.sample(1)
@pytest.mark.parametrize("shell", SHELLS)
def test_foreground_becomes_the_gateway(folder, shell):
    folder.shell = shell
    (folder.path / "litellm.log").write_text("")
    (folder.path / "litellm.log").chmod(0o644)
    process = subprocess.Popen(**folder.command("start-gateway.sh", "--foreground"), stdout=subprocess.PIPE)
    while not (folder.path / "gateway.pid").exists():
        time.sleep(0.01)
    while "already" not in folder.start("--no-wait").stderr:
        time.sleep(0.1)
    assert folder.pid == process.pid
    (only,) = folder.processes()
    assert only.pid == process.pid
    assert stat.S_IMODE((folder.path / "litellm.log").stat().st_mode) == 0o600
    assert folder.until(lambda status: status.get("state") == "serving")["supervisor"] == process.pid
    assert folder.stop().returncode == 0
    assert process.wait(10) == 0
    process.communicate()
    assert not (folder.path / ".start-lock").exists()


@pytest.mark.slow
def test_of_two_starts_at_once_one_wins(folder):
    folder.env(FAKE_DELAY="1")
    starts = [
        subprocess.Popen(**folder.command("start-gateway.sh"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    ended = [(*start.communicate(timeout=60), start.returncode) for start in starts]
    assert len(folder.processes()) == 1
    assert sum("answers" in out for out, _, _ in ended) == 1
    for out, said, code in ended:
        assert "answers" in out or (code == 1 and "Another start is under way" in said) or "already running" in said


def at_once(folder, count):
    """How so many starts at the same time ended."""
    starts = [
        subprocess.Popen(**folder.command("start-gateway.sh"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(count)
    ]
    return [(start.communicate(timeout=60)[1], start.returncode) for start in starts]


@pytest.mark.slow
def test_of_many_starts_of_what_runs_none_fails(folder):
    assert folder.start().returncode == 0
    for _ in range(8):
        for said, code in at_once(folder, 8):
            assert (code, said.split(":")[0]) == (0, "The gateway is already running")
    assert not (folder.path / ".start-lock").exists()


@pytest.mark.slow
def test_of_many_starts_none_finds_that_its_lock_cannot_be_made(folder):
    for _ in range(4):
        for said, code in at_once(folder, 6):
            assert code == 0 or (code == 1 and said.startswith("Another start is under way")), said
        assert len(folder.processes()) == 1
        assert folder.stop().returncode == 0


def test_a_lock_that_cannot_be_made_is_a_sentence(folder):
    (folder.path / ".start-lock").write_text("")
    result = folder.start()
    assert result.returncode == 1
    assert ".start-lock cannot be made" in result.stderr


@pytest.mark.slow
def test_the_lock_of_a_start_that_was_killed_is_taken_over(folder, sleeper):
    lock = folder.path / ".start-lock"
    for holder in ("", f"{sleeper.pid} 1\n", "999999999 1\n", "nonsense\n"):
        lock.mkdir(exist_ok=True)
        (lock / "pid").write_text(holder)
        assert folder.start().returncode == 0
        assert folder.stop().returncode == 0
        assert not lock.exists()


@pytest.mark.slow
def test_a_number_that_now_belongs_to_somebody_else_is_not_touched(folder, sleeper):
    for started in ("1", "Sun Nov 22 11:05:35 2026", ""):
        record = f"pid={sleeper.pid}\nstarted={started}\ninstance=x\nport={folder.port}\n"
        (folder.path / "gateway.pid").write_text(record)
        result = folder.stop()
        assert result.returncode == 0
        assert "was left by one that ended" in result.stderr
        assert sleeper.poll() is None
        assert not (folder.path / "gateway.pid").exists()


@pytest.mark.slow
def test_another_process_with_our_configuration_is_not_taken_for_ours(folder):
    assert folder.start().returncode == 0
    record = (folder.path / "gateway.pid").read_text()
    for line in ("instance=0123456789abcdef", "instance=", ""):
        (folder.path / "gateway.pid").write_text(re.sub("instance=.*", line, record))
        assert "was left by one that ended" in folder.stop().stderr
        assert folder.processes()


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "nonsense", "pid=\n", "pid=1;reboot\n", "pid=-1\nstarted=x\n", "pid=999999999\n"])
def test_a_pid_file_that_proves_nothing_is_cleared(folder, text):
    (folder.path / "gateway.pid").write_text(text)
    assert folder.stop().returncode == 0
    assert not (folder.path / "gateway.pid").exists()


@pytest.mark.slow
def test_a_gateway_that_was_killed_can_be_started_again(folder):
    assert folder.start().returncode == 0
    first = folder.pid
    os.kill(first, signal.SIGKILL)
    result = folder.start()
    assert result.returncode == 0, result.stderr
    assert folder.pid != first


@pytest.mark.slow
@pytest.mark.sample(1)
@pytest.mark.parametrize("shell", SHELLS)
def test_answers_that_do_not_end_are_cut_off_after_the_deadline(folder, shell):
    folder.shell = shell
    folder.env(FAKE_MODE="deaf")
    assert folder.start().returncode == 0
    result = folder.stop(GATEWAY_STOP_TIMEOUT="1")
    assert result.returncode == 0
    assert "has not ended within 1 s; answers that are under way are cut off now" in result.stderr
    assert "killed" not in result.stderr
    assert not folder.processes()


@pytest.mark.sample(1)
@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_one_that_hears_nothing_is_killed_and_its_workers_with_it(folder, shell):
    folder.shell = shell
    folder.env(FAKE_MODE="deaf")
    assert folder.start().returncode == 0
    (process,) = folder.processes()
    family = [process, *process.children(recursive=True)]
    process.send_signal(signal.SIGSTOP)
    result = folder.stop(GATEWAY_STOP_TIMEOUT="1")
    assert result.returncode == 0
    told = [line.partition(";")[0] for line in result.stderr.splitlines()]
    assert told[:2] == ["It has not ended within 1 s", "It has not ended 5 s later either"]
    _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive


def test_each_signal_is_sent_only_to_what_is_still_the_same_process(folder, sleeper):
    text = templating.render(PROJECT / "templates" / "artifacts" / "gateway-process.sh.j2", {})
    (folder.path / "part.sh").write_text(f'{text}\nend "$@"\n')
    again = folder.run("part.sh", str(sleeper.pid), "1", "the mark of one that had this number before")
    assert (again.returncode, again.stderr) == (0, "")
    assert sleeper.poll() is None


@pytest.mark.slow
def test_what_is_being_answered_is_finished_first(folder):
    assert folder.start().returncode == 0
    with socket.create_connection(("127.0.0.1", folder.port)) as connection:
        connection.sendall(b"GET /slow/2 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.5)
        stopped = folder.stop()
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    assert stopped.stderr.startswith("The gateway has stopped")


def test_an_interrupted_deployment_is_not_started(folder):
    (folder.path / ".gw-txn.json").write_text("{}")
    result = folder.start()
    assert result.returncode == 75
    assert "interrupted" in result.stderr
    assert not folder.processes()


@pytest.mark.slow
def test_a_deployment_that_is_under_way_may_start_it(folder):
    (folder.path / ".gw-txn.json").write_text("{}")
    with (folder.path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert folder.start().returncode == 0


@pytest.mark.parametrize("name", ["litellm_config.yaml", ".env", "serve.py"])
def test_a_missing_file_has_its_sentence(folder, name):
    (folder.path / name).unlink()
    result = folder.start()
    assert result.returncode == 1
    assert name in result.stderr


@pytest.mark.parametrize("words", [["--bogus"], ["--no-wait", "--foreground"], ["x"]])
def test_wrong_usage(folder, words):
    assert folder.start(*words).returncode == 3
    assert folder.run("stop-gateway.sh", *words).returncode == 3


@pytest.mark.parametrize("name", ["START", "STOP"])
def test_a_timeout_must_be_a_number(folder, name):
    script = {"START": folder.start, "STOP": folder.stop}[name]
    result = script(**{f"GATEWAY_{name}_TIMEOUT": "1; reboot"})
    assert result.returncode == 3
    assert "number of seconds" in result.stderr


@pytest.mark.slow
def test_it_is_found_through_links(folder, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "linked").symlink_to(folder.path)
    (tmp_path / "bin" / "one").symlink_to("../linked/start-gateway.sh")
    (tmp_path / "bin" / "up").symlink_to("one")
    environ = {"PATH": f"{tmp_path}/bin:{PATH}", "HOME": str(folder.home)}
    result = subprocess.run(["up"], executable=tmp_path / "bin" / "up", env=environ, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert folder.stop().returncode == 0


@pytest.mark.slow
def test_a_large_log_makes_room(folder):
    assert folder.start().returncode == 0
    with (folder.path / "litellm.log").open("a") as log:
        log.write("x" * (5 * 1024 * 1024 + 1))
    deadline = time.monotonic() + 10
    while (folder.path / "litellm.log").stat().st_size and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (folder.path / "litellm.log.1").stat().st_size > 5 * 1024 * 1024
    assert (folder.path / "litellm.log").stat().st_size < 100_000


@pytest.mark.slow
def test_progress_is_told_to_whoever_wants_it(folder):
    folder.env(FAKE_DELAY="6")
    assert "so far" in folder.start(GATEWAY_PROGRESS="1").stderr


def test_nothing_is_written_through_a_link(folder, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    victim.chmod(0o644)
    (folder.path / "litellm.log").symlink_to(victim)
    refused = folder.start()
    assert refused.returncode == 1
    assert "litellm.log is a link" in refused.stderr
    (folder.path / "litellm.log").unlink()
    for name in ("gateway.pid.new", "gateway.status.json.new"):
        (folder.path / name).symlink_to(victim)
    assert folder.start().returncode == 0
    assert victim.read_text() == "precious"
    assert victim.stat().st_mode & 0o777 == 0o644


def test_nothing_of_the_current_folder_is_run(folder):
    for name in ("litellm", "sed", "date", "id", "ls", "dirname", "awk", "head"):
        program = folder.home / name
        program.write_text(f"#!/bin/sh\ntouch '{folder.home}/ran'\n")
        program.chmod(0o755)
    (folder.path / "venv").rename(folder.path / "other")
    for path in (f".:{PATH}", f":{PATH}", f"{PATH}:"):
        assert "LiteLLM was not found" in folder.start(PATH=path).stderr
        assert "does not run" in folder.stop(PATH=path).stderr
    assert not (folder.home / "ran").exists()


def test_what_is_not_as_it_was_deployed_is_not_run(folder):
    digest = hashlib.sha256((folder.path / "serve.py").read_bytes()).hexdigest()
    manifest = folder.path / "deployment-manifest.json"
    manifest.write_text(json.dumps({"files": {"serve.py": f"sha256:{digest}"}}))
    assert folder.start("--check").returncode == 0
    with (folder.path / "serve.py").open("a") as file:
        file.write("print('changed')\n")
    refused = folder.start("--check")
    assert refused.returncode == 1
    assert "serve.py is not what was deployed" in refused.stderr
    manifest.write_text("[" * 5000)
    assert folder.start("--check").returncode == 0  # the history knows, and `doit start` asks that


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o775])
@pytest.mark.parametrize("where", ["folder", "above", "litellm"])
def test_a_folder_that_others_can_change_is_refused(folder, where, mode):
    place = {"folder": folder.path, "above": folder.path.parent, "litellm": folder.path / "venv" / "bin"}[where]
    if mode == 0o775 and SHARED_GROUP == -1:
        pytest.skip("there is no group to share with")
    assert folder.start("--check").returncode == 0
    os.chown(place, -1, SHARED_GROUP)
    place.chmod(mode)
    refused = folder.start("--check")
    is_shared_tmp = where == "above" and mode == 0o1777
    # Root chose the group of what root owns.
    is_chosen = where == "above" and mode == 0o775 and os.getuid() == 0
    assert refused.returncode == (0 if is_shared_tmp or is_chosen else 1)
    assert is_shared_tmp or is_chosen or "can be changed by another user" in refused.stderr


def test_keys_that_others_could_read_are_private_before_anything_starts(folder):
    env = folder.path / ".env"
    env.chmod(0o644)
    assert folder.start("--check").returncode == 0
    assert env.stat().st_mode & 0o777 == 0o600
