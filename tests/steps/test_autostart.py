"""service: the gateway at login, with a systemctl that does as the real one would, and a LiteLLM that costs nothing."""

from __future__ import annotations

import json
import sys

import pytest

from tasks.core.catalogue import schemas
from tests.artifacts.fakes import Folder, clear, free_port, make_litellm
from tests.conftest import PROJECT

pytestmark = pytest.mark.slow

SCHEMA = PROJECT / "templates" / "schemas" / "autostart.schema.json"
SYSTEMCTL = r"""
import os, re, shlex, signal, subprocess, sys
from pathlib import Path

home = Path(os.environ["HOME"])
folder = home / ".config" / "systemd" / "user"
unit, pid_file = folder / "claude-gateway.service", home / "main-pid"
words = [word for word in sys.argv[1:] if word != "--no-pager"]
assert words.pop(0) == "--user"
with open(home / "systemctl.log", "a") as log:
    print(*words, file=log)
if (home / "no-bus").exists():
    sys.exit("Failed to connect to bus: No such file or directory")

def value(name):
    return re.search(rf"^{name}=(.*)$", unit.read_text(), re.MULTILINE)[1].replace("$$", "$").replace("%%", "%")

def alive():
    try:
        pid = int(pid_file.read_text())
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z" and pid
    except OSError:
        return 0

def end():
    if pid := alive():
        os.kill(pid, signal.SIGTERM)

verb = words[0]
link = folder / "default.target.wants" / unit.name
if verb == "enable":
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(unit)
elif verb == "disable":
    link.unlink(missing_ok=True)
    end()
elif verb == "start":
    search = shlex.split(value("Environment"))[0].partition("=")[2]
    with open(value("StandardOutput").removeprefix("append:"), "ab") as output:
        process = subprocess.Popen(shlex.split(value("ExecStart")), stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=output, start_new_session=True, env={"PATH": search, "HOME": str(home)})
    pid_file.write_text(str(process.pid))
elif verb == "stop":
    end()
elif verb == "show" and "ActiveState" in words[1]:
    print("ActiveState=" + ("active" if alive() else "failed"), "SubState=x", sep="\n")
"""


@pytest.fixture
def box(sandbox):
    """A deployed demo with a fake LiteLLM, and a systemd of its own."""
    sandbox.port = free_port()
    program = make_litellm(sandbox.root / "fake venv")
    systemctl = sandbox.root / "bin" / "systemctl"
    systemctl.parent.mkdir()
    systemctl.write_text(f"#!{sys.executable}\n{SYSTEMCTL}")
    systemctl.chmod(0o755)
    sandbox.extra |= {"PATH": f"{systemctl.parent}:{sandbox.environment()['PATH']}", "GATEWAY_START_TIMEOUT": "30"}
    sandbox.deploy("--preset", "demo", "--port", str(sandbox.port), "--litellm", str(program))
    sandbox.folder = Folder(sandbox.gateway, sandbox.home, sandbox.port)
    sandbox.unit = sandbox.home / ".config" / "systemd" / "user" / "claude-gateway.service"
    yield sandbox
    clear(sandbox.folder)


def told(box):
    """What systemctl was asked to do, not what it was asked about."""
    log = box.home / "systemctl.log"
    lines = log.read_text().splitlines() if log.exists() else []
    return [line.split()[0] for line in lines if not line.startswith("show")]


def status(box):
    result = box.doit("autostart", "--json")
    assert result.code == 0, result.text
    known = json.loads(result.out)
    assert schemas.findings(known, SCHEMA, file="autostart") == []
    return known


def test_from_installing_to_removing(box):
    before = box.state(box.home)
    assert (status(box)["state"], status(box)["enabled"]) == ("none", False)
    installed = box.doit("autostart", "--enable")
    assert installed.code == 0, installed.text
    assert "doit start" in installed.out
    assert told(box) == ["daemon-reload", "enable"]
    assert not box.folder.processes()

    started = box.doit("start")
    assert started.code == 0, started.text
    assert told(box)[2:] == ["reset-failed", "start"]
    assert "demo says: Hello from the fake." in started.out
    known = status(box)
    assert (known["state"], known["enabled"], known["active"], known["running"]) == ("ours", True, True, True)
    assert "by systemd" in box.doit("autostart").out
    assert box.folder.pid == int((box.home / "main-pid").read_text())
    assert (box.gateway / "litellm.log").stat().st_size

    stopped = box.doit("stop")
    assert stopped.code == 0, stopped.text
    assert told(box)[4:] == ["stop"]
    assert not box.folder.processes()

    removed = box.doit("autostart", "--disable")
    assert removed.code == 0, removed.text
    assert "disable" in told(box)
    left = set(box.state(box.home)) - set(before)
    assert not [name for name in left if "systemd/user/" in name and not name.endswith(".wants")]
    assert "nothing to remove" in box.doit("autostart", "--disable").out


def test_a_gateway_that_was_started_by_hand_goes_over(box):
    assert box.doit("start").code == 0
    first = box.folder.pid
    installed = box.doit("autostart", "--enable")
    assert installed.code == 0, installed.text
    assert "by hand" in installed.err
    assert box.folder.pid != first
    assert len(box.folder.processes()) == 1
    assert status(box)["active"]
    removed = box.doit("autostart", "--disable")
    assert removed.code == 0, removed.text
    assert not box.folder.processes()


def test_what_is_started_by_hand_nevertheless_is_stopped_all_the_same(box):
    box.doit("autostart", "--enable")
    assert box.folder.start().returncode == 0
    assert "already running" in box.doit("start").err
    stopped = box.doit("stop")
    assert stopped.code == 0, stopped.text
    assert "cut off" not in stopped.err
    assert not box.folder.processes()
    assert "does not run" in box.doit("stop").err
    assert "stop" not in told(box)


def test_what_was_started_by_another_a_moment_ago_is_waited_for(box):
    box.doit("autostart", "--enable")
    with (box.gateway / ".env").open("a") as file:
        file.write("FAKE_MODE=dies\nFAKE_DELAY=4\n")
    assert box.folder.start("--no-wait").returncode == 0
    result = box.doit("start")
    assert result.code == 6, result.text
    assert "ended while it was starting" in result.err
    assert "start" not in told(box)


def test_the_time_to_start_of_env_counts_where_the_system_starts_it(box):
    box.doit("autostart", "--enable")
    with (box.gateway / ".env").open("a") as file:
        file.write("FAKE_MODE=never\nGATEWAY_START_TIMEOUT=2\n")
    result = box.doit("start")
    assert result.code == 6, result.text
    assert "not ready within 4 s" in (box.gateway / "litellm.log").read_text()


def test_answers_that_take_too_long_are_cut_off(box):
    box.doit("autostart", "--enable")
    with (box.gateway / ".env").open("a") as file:
        file.write("FAKE_MODE=deaf\n")
    assert box.doit("start").code == 0
    stopped = box.doit("stop", env={"GATEWAY_STOP_TIMEOUT": "1"})
    assert stopped.code == 0, stopped.text
    assert "cut off" in stopped.err
    assert not box.folder.processes()


def test_one_that_cannot_be_started_shows_its_log_and_is_given_up(box):
    box.doit("autostart", "--enable")
    with (box.gateway / ".env").open("a") as file:
        file.write("FAKE_MODE=dies\n")
    result = box.doit("start")
    assert result.code == 6, result.text
    assert "| the configuration is no good" in result.err
    assert "ended while it was starting" in result.err
    assert box.secrets()[0] not in result.text
    assert told(box)[-1] == "stop"
    assert not box.folder.processes()


def test_a_file_that_is_not_ours_stays(box):
    box.unit.parent.mkdir(parents=True)
    box.unit.write_text("[Service]\nExecStart=/bin/mine\n")
    before = box.state(box.unit.parent)
    for option in ("--enable", "--disable"):
        result = box.doit("autostart", option)
        assert result.code == 5, result.text
        assert str(box.unit) in result.err
    assert status(box)["state"] == "foreign"
    assert box.state(box.unit.parent) == before
    assert told(box) == []


def test_without_a_user_bus_there_is_a_sentence_and_nothing_else(box):
    (box.home / "no-bus").touch()
    result = box.doit("autostart", "--enable")
    assert result.code == 1
    assert "Failed to connect to bus" in result.err
    assert "start-gateway.sh" in result.err
    assert "Traceback" not in result.text
    assert not box.unit.parent.exists()
    assert status(box)["missing"]


def test_nothing_deployed_and_two_wishes_at_once_are_sentences(sandbox):
    result = sandbox.doit("autostart", "--enable")
    assert result.code == 1
    assert "doit deploy" in result.err
    assert sandbox.doit("autostart", "--enable", "--disable").code == 3
    assert sandbox.doit("autostart", "--enable", "--json").code == 3
    assert not sandbox.home.joinpath(".config").exists()
