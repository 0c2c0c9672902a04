"""What `doit status` tells a person and a program."""

from __future__ import annotations

import json

from tasks.tools import schemas
from tests.conftest import PROJECT

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


def test_unreadable_settings_are_drift_not_a_traceback(sandbox):
    sandbox.deploy("--preset", "demo")
    sandbox.settings.write_text("{")
    assert states(sandbox)["settings.json"] == "unreadable"
