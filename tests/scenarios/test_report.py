"""`doit doctor --report`: a file that is safe to paste. Marked secrets stand everywhere; none of them is in it."""

from __future__ import annotations

import getpass
import json
import socket

import pytest

CANARIES = {
    name: f"canary-{number}-{name}" for number, name in enumerate(("env", "settings", "config", "log", "profile"))
}


def plant(sandbox):
    """A marked secret in each place where one may stand."""
    env = sandbox.gateway / ".env"
    env.write_text(f"{env.read_text()}MY_TOKEN={CANARIES['env']}\n  badly = written {CANARIES['env']}\n")
    known = json.loads(sandbox.settings.read_text())
    known["env"]["ANTHROPIC_CUSTOM_HEADERS"] = f"x-team: {CANARIES['settings']}"
    known["env"]["HTTPS_PROXY"] = f"http://ada:{CANARIES['settings']}-proxy@proxy.example.com"
    known["hooks"] = {"Stop": [{"hooks": [{"type": "command", "command": f"say {CANARIES['settings']}-hook"}]}]}
    sandbox.settings.write_text(json.dumps(known))
    config = sandbox.gateway / "litellm_config.yaml"
    config.write_text(
        config.read_text().replace("model: openai/mock", f"model: openai/mock\n      api_key: {CANARIES['config']}")
    )
    secrets = f"{CANARIES['env']} Authorization: Bearer {CANARIES['log']} {sandbox.secrets()[0]} {CANARIES['config']}"
    (sandbox.gateway / "litellm.log").write_text(
        f"INFO: started\nERROR: {secrets}\nby {getpass.getuser()}@x.example.com\n"
    )
    (sandbox.home / ".bashrc").write_text(f"export ANTHROPIC_API_KEY={CANARIES['profile']}\n")


@pytest.mark.slow
def test_no_secret_is_in_it_and_what_helps_is(sandbox):
    sandbox.deploy("--preset", "demo")
    (key,) = sandbox.secrets()
    plant(sandbox)
    before = sandbox.state(sandbox.home)
    path = sandbox.home / "report.md"
    result = sandbox.doit("doctor", "--report", str(path), env={"OPENAI_API_KEY": "canary-9-environment"})
    assert result.code == 0, result.text
    after = sandbox.state(sandbox.home)
    assert after.keys() - before.keys() == {f"home/{path.name}"}
    assert {name: after[name] for name in before} == before
    assert result.out.strip() == str(path)
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    assert "canary" not in text
    assert "canary" not in result.text
    assert key not in text
    assert str(sandbox.home) not in text
    assert f"by {getpass.getuser()}" not in text
    assert len(socket.gethostname()) < 4 or socket.gethostname() not in text
    for wanted in ("## Versions", "first broken link", "model_name: demo", "INFO: started", "MY_TOKEN=[set]", '"step"'):
        assert wanted in text, wanted


def test_it_never_overwrites(sandbox):
    place = sandbox.home / "mine.md"
    place.write_text("mine")
    result = sandbox.doit("doctor", "--report", str(place))
    assert result.code == 3
    assert place.read_text() == "mine"
    assert sandbox.doit("doctor", "--report", str(sandbox.home / "no" / "such" / "folder.md")).code == 1


def test_nothing_deployed_is_a_report_too(sandbox):
    result = sandbox.doit("doctor", "--report", "r.md")
    assert result.code == 0, result.text
    assert "Nothing is deployed" in (sandbox.project / "r.md").read_text()
