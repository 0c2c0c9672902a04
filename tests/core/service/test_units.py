"""The unit that runs the gateway at login: right for systemd and launchd whatever the path, and known again as ours."""

from __future__ import annotations

import plistlib
import re
import shutil
import subprocess

import pytest

from serve import environment
from tasks.core.model.errors import Conflict, GatewayError
from tasks.core.model.layout import Layout
from tasks.core.service import launchd, systemd, units

ODD = 'it\'s a "b" 100% $HOME \\x %h'
"""A name in which everything stands that a unit could take for something else."""


def layout_at(tmp_path, name="gateway"):
    layout = Layout.of({"HOME": str(tmp_path)}, str(tmp_path / name))
    layout.gateway.mkdir()
    layout.start_script.write_text("#!/bin/sh\n")
    return layout


@pytest.fixture(params=[systemd, launchd], ids=["systemd", "launchd"])
def system(request, monkeypatch, tmp_path):
    monkeypatch.setattr(units.sys, "platform", "darwin" if request.param is launchd else "linux")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return request.param


@pytest.fixture
def answered(system, monkeypatch):
    """The system does as it is told; what it was told."""
    told = []
    monkeypatch.setattr(system, "missing", lambda: "")
    for name in ("enable", "disable", "forget", "stop"):
        monkeypatch.setattr(system, name, lambda path, name=name: told.append(name))
    monkeypatch.setattr(system, "active", lambda path: False)
    return told


def test_it_belongs_where_the_system_looks(tmp_path):
    layout = layout_at(tmp_path)
    assert systemd.path(layout, {}) == tmp_path / ".config/systemd/user/claude-gateway.service"
    assert systemd.path(layout, {"XDG_CONFIG_HOME": "/x"}).is_relative_to("/x/systemd/user")
    assert systemd.path(layout, {"XDG_CONFIG_HOME": "not/absolute"}).is_relative_to(tmp_path)
    assert launchd.path(layout, {}) == tmp_path / "Library/LaunchAgents/com.claude.gateway.plist"


@pytest.mark.parametrize("name", ["gateway", "two words", ODD])
def test_systemd_finds_nothing_wrong_with_it(tmp_path, name, monkeypatch):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not on PATH, so nobody can be asked whether the unit is right")
    monkeypatch.setattr(units.sys, "platform", "linux")
    layout = layout_at(tmp_path, name)
    path = tmp_path / systemd.UNIT
    path.write_bytes(units.wanted(layout, {"PATH": f"/usr/bin:/bin:/{ODD}"}))
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    command = ["systemd-analyze", "verify", "--user", "--man=no", path]
    done = subprocess.run(command, env=environ, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_is_told_to_drain_to_restart_and_to_swap(tmp_path, monkeypatch):
    monkeypatch.setattr(units.sys, "platform", "linux")
    layout = layout_at(tmp_path)
    lines = units.wanted(layout, {"PATH": "/usr/bin"}).decode().splitlines()
    assert f'ExecStart=/bin/sh "{layout.start_script}" --foreground' in lines
    assert {"KillMode=mixed", "Restart=on-failure", "UMask=0077", "NoNewPrivileges=yes"} <= set(lines)
    assert {"ExecReload=/bin/kill -HUP $MAINPID", "TimeoutStopSec=630", "WantedBy=default.target"} <= set(lines)
    assert 'Environment="PATH=/usr/bin"' in lines


def test_each_sign_is_written_so_that_systemd_takes_it_for_itself(tmp_path):
    text = systemd.content(layout_at(tmp_path, ODD), "/usr/bin", 30, "").decode()
    script = re.search(r'^ExecStart=/bin/sh "(.*)" --foreground$', text, re.MULTILINE)[1]
    plain = re.sub(r'\\(["\\])|\$(\$)|%(%)', lambda match: next(filter(None, match.groups())), script)
    assert plain.endswith(f"/{ODD}/start-gateway.sh")
    log = re.search(r"^StandardOutput=append:(.*)$", text, re.MULTILINE)[1]
    assert log.replace("%%", "%").endswith(f"/{ODD}/litellm.log")


def test_launchd_reads_back_what_was_meant(tmp_path):
    layout = layout_at(tmp_path, ODD + " <&>")
    agent = plistlib.loads(launchd.content(layout, "/usr/bin", 630, "mark"))
    assert agent["ProgramArguments"] == ["/bin/sh", str(layout.start_script), "--foreground"]
    assert agent["StandardOutPath"] == agent["StandardErrorPath"] == str(layout.log)
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert (agent["RunAtLoad"], agent["ExitTimeOut"], agent["Umask"]) == (True, 630, 0o077)
    assert agent["EnvironmentVariables"]["PATH"] == "/usr/bin"


@pytest.mark.parametrize(
    ("system", "bad"), [(systemd, "a\nb"), (systemd, "a\x07b"), (launchd, "a\x07b"), (launchd, "a\x00b")]
)
def test_what_no_unit_can_hold_is_refused(system, tmp_path, bad):
    with pytest.raises(GatewayError, match="hold"):
        system.content(Layout.of({"HOME": str(tmp_path)}, f"/{bad}"), "/usr/bin", 30, "")


def test_the_system_waits_longer_than_answers_may_take(system, tmp_path):
    layout = layout_at(tmp_path)
    assert b"630" in units.wanted(layout, {})
    layout.env_file.write_text("GATEWAY_DRAIN_SECONDS=60\n")
    assert b"90" in units.wanted(layout, {})
    layout.env_file.write_text("GATEWAY_DRAIN_SECONDS=soon\n")
    assert b"630" in units.wanted(layout, {})
    assert environment.DRAIN_SECONDS == units.DRAIN_SECONDS


def test_it_is_ours_only_as_we_left_it_and_for_this_folder(system, tmp_path, answered):
    layout, other = layout_at(tmp_path), layout_at(tmp_path, "other")
    assert not units.ours(layout)
    units.install(layout)
    path = units.file_of(layout)
    assert units.ours(layout)
    assert not units.ours(other)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"630", b"631"))
    assert not units.ours(layout)
    path.write_bytes(whole)
    assert units.ours(layout)
    assert answered == ["enable"]


def test_what_is_somebody_elses_is_left_as_it_is(system, tmp_path, answered):
    layout = layout_at(tmp_path)
    path = units.file_of(layout)
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(Conflict):
        units.install(layout)
    assert units.remove(layout) is False
    assert path.read_text() == "mine"
    assert answered == []


def test_without_the_system_nothing_is_written(system, tmp_path, monkeypatch):
    layout = layout_at(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GatewayError, match="nothing was written"):
        units.install(layout)
    assert not units.file_of(layout).exists()


def test_what_could_not_be_enabled_is_taken_back(system, tmp_path, answered, monkeypatch):
    layout = layout_at(tmp_path)

    def refuses(path):
        raise GatewayError("no")

    monkeypatch.setattr(system, "enable", refuses)
    with pytest.raises(GatewayError, match="no"):
        units.install(layout)
    assert not units.file_of(layout).exists()


def test_removing_takes_away_what_installing_wrote(system, tmp_path, answered):
    layout = layout_at(tmp_path)
    units.install(layout)
    assert units.remove(layout) is True
    assert not units.file_of(layout).exists()
    assert answered == ["enable", "disable", "forget"]
    assert units.remove(layout) is False


def test_it_is_managed_when_it_is_there_and_enabled(tmp_path, monkeypatch):
    monkeypatch.setattr(units.sys, "platform", "linux")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(systemd, "missing", lambda: "")
    monkeypatch.setattr(systemd, "enable", lambda path: None)
    layout = layout_at(tmp_path)
    units.install(layout)
    assert not units.managed(layout)
    link = units.file_of(layout).parent / systemd.WANTED_BY / systemd.UNIT
    link.parent.mkdir()
    link.symlink_to(units.file_of(layout))
    assert units.managed(layout)
    units.file_of(layout).write_text("mine")
    assert not units.managed(layout)
