"""What `doit status` tells a person and a program."""

from __future__ import annotations

import json
import time

import pytest

from tasks.core.catalogue import schemas
from tests.artifacts.fakes import Folder, clear, free_port, make_litellm
from tests.conftest import PROJECT, make_sandbox

SCHEMA = PROJECT / "templates" / "schemas" / "status.schema.json"


def status(box):
    result = box.doit("status", "--json")
    assert result.code == 0, result.text
    known = json.loads(result.out)
    assert schemas.findings(known, SCHEMA, file="status") == []
    return known


def states(box):
    return {each["name"]: each["state"] for each in status(box)["drift"]}


def test_nothing_deployed(sandbox):
    assert status(sandbox)["deployed"] is None
    assert "doit deploy" in sandbox.doit("status").out
    assert sandbox.doit().code == 0  # the bare command looks, and changes nothing
    assert not sandbox.claude.exists()


def test_after_a_deployment_all_is_clean(sandbox):
    sandbox.deploy("--preset", "demo")
    known = status(sandbox)
    assert known["deployed"]["models"] == ["demo"]
    assert known["process"]["running"] is False
    assert set(states(sandbox).values()) == {"clean"}
    assert sandbox.doit("status", "--exit-code").code == 0


def test_drift_is_told_per_file_and_per_key(sandbox):
    sandbox.deploy("--preset", "demo")
    config = sandbox.gateway / "litellm_config.yaml"
    config.write_text(config.read_text() + "# mine\n")
    (sandbox.gateway / "stop-gateway.sh").unlink()
    (sandbox.gateway / "start-gateway.sh").chmod(0o700)
    settings = json.loads(sandbox.settings.read_text())
    settings["env"]["ANTHROPIC_MODEL"] = "mine"
    del settings["env"]["ANTHROPIC_DEFAULT_OPUS_MODEL"]
    sandbox.settings.write_text(json.dumps(settings))
    found = states(sandbox)
    assert found["litellm_config.yaml"] == "changed"
    assert found["stop-gateway.sh"] == "missing"
    assert found["start-gateway.sh"] == "mode"
    assert found["settings.json env.ANTHROPIC_MODEL"] == "changed"
    assert found["settings.json env.ANTHROPIC_DEFAULT_OPUS_MODEL"] == "missing"
    assert found[".env"] == "clean"
    result = sandbox.doit("status", "--exit-code")
    assert result.code == 2, result.text
    assert "litellm_config.yaml: changed" in result.out


@pytest.mark.slow
def test_of_a_running_gateway_it_says_what_is_served(sandbox):
    port = free_port()
    program = make_litellm(sandbox.root / "fake venv")
    sandbox.deploy("--preset", "demo", "--port", str(port), "--litellm", str(program), "--start")
    try:
        known = status(sandbox)["process"]
        assert (known["state"], known["current"], known["leaving"]) == ("serving", True, 0)
        assert known["configuration"] == known["configuration_on_disk"]
        assert ", as deployed" in sandbox.doit("status").out
        with (sandbox.gateway / ".env").open("a") as file:
            file.write("MORE=1\n")
        assert status(sandbox)["process"]["current"] is False
        assert sandbox.doit("status").out.splitlines()[-1].endswith("doit restart")
    finally:
        clear(Folder(sandbox.gateway, sandbox.home, port))


@pytest.mark.slow
def test_of_one_that_is_starting_it_says_so_at_once(sandbox):
    port = free_port()
    program = make_litellm(sandbox.root / "fake venv")
    sandbox.deploy("--preset", "demo", "--port", str(port), "--litellm", str(program))
    with (sandbox.gateway / ".env").open("a") as file:
        file.write("FAKE_DELAY=60\n")
    folder = Folder(sandbox.gateway, sandbox.home, port)
    try:
        assert folder.start("--no-wait").returncode == 0
        folder.until(lambda said: said.get("state") == "starting")
        begun = time.monotonic()
        told = sandbox.doit("status").out
        assert time.monotonic() - begun < 20
        assert "doit deploy" not in told
        assert "LiteLLM is starting" in told
        assert told.splitlines()[-1].endswith("doit status")
        assert status(sandbox)["process"]["state"] == "starting"
    finally:
        clear(folder)


def test_unreadable_settings_are_drift_not_a_traceback(sandbox):
    sandbox.deploy("--preset", "demo")
    sandbox.settings.write_text("{")
    assert states(sandbox)["settings.json"] == "unreadable"


def test_a_bare_doit_says_what_to_type_next(sandbox):
    assert "Deploy first: doit deploy" in sandbox.doit().out
    sandbox.deploy("--preset", "demo")
    assert sandbox.doit().out.splitlines()[-1].endswith("doit doctor --fix")
    sandbox.deploy("--litellm", str(make_litellm(sandbox.root / "fake venv")))
    assert sandbox.doit().out.splitlines()[-1].endswith("doit start")
    sandbox.settings.unlink()
    assert sandbox.doit().out.splitlines()[-1].endswith("doit doctor --fix")


def test_what_is_told_fits_a_narrow_terminal(tmp_path):
    box = make_sandbox(tmp_path / "a-folder-with-a-name-that-is-rather-long")
    for words in ("status", "profiles", "history --archives"):
        told = box.doit(*words.split(), env={"COLUMNS": "60"})
        long = [line for line in told.out.splitlines() if len(line) > 60 and " " in line.strip()]
        assert long == []
    box.deploy("--preset", "demo")
    told = box.doit("status", env={"COLUMNS": "60"})
    assert [line for line in told.out.splitlines() if len(line) > 60 and " " in line.strip()] == []
    assert "at http://127.0.0.1:4000" in told.out
