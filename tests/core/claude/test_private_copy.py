"""A private copy holds what decides about requests, and no secret, no real address, no program of the user's."""

from __future__ import annotations

import json
import subprocess

import pytest

from tasks.core.claude import private_copy
from tasks.core.claude.layers import Layers
from tasks.core.model.layout import Layout

RECORDER = "http://127.0.0.1:4399"
SECRETS = (
    "sk-ant-api03-console-0123456789",
    "sk-ant-oat01-login-0123456789",
    "tok-of-gateway-0123456789",
    "aws-0123456789",
)
USER = {
    "env": {"ANTHROPIC_BASE_URL": "https://gateway.example.com", "ANTHROPIC_AUTH_TOKEN": SECRETS[2]},
    "apiKeyHelper": "vault read secret",
    "statusLine": {"type": "command", "command": "touch /tmp/ran"},
    "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "touch /tmp/ran"}]}]},
    "autoMode": True,
}


@pytest.fixture
def copied(tmp_path):
    """A copy of a home with settings, logins and a worktree; *managed* is what the machine's owner sets."""

    def make(managed=None, folder="work/below", **environ):
        home, root = tmp_path / "home", tmp_path / "copy"
        (home / ".claude").mkdir(parents=True)
        root.mkdir()
        (home / ".claude" / "settings.json").write_text(json.dumps(USER))
        login = {"claudeAiOauth": {"accessToken": SECRETS[1], "refreshToken": SECRETS[1], "subscriptionType": "max"}}
        (home / ".claude" / ".credentials.json").write_text(json.dumps(login))
        state = {
            "primaryApiKey": SECRETS[0],
            "customApiKeyResponses": {"approved": [], "rejected": [SECRETS[0][-20:]]},
            "mcpServers": {"mine": {"command": "touch"}},
        }
        (home / ".claude.json").write_text(json.dumps(state))
        for words in (
            ["init", "-q", "main"],
            ["-C", "main", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x"],
            ["-C", "main", "worktree", "add", "-q", "../work"],
        ):
            subprocess.run(["git", *words], cwd=home, check=True, capture_output=True)
        for name in ("main/.claude", "work/below/.claude"):
            (home / name).mkdir(parents=True)
            (home / name / "settings.local.json").write_text(json.dumps({"model": name}))
        machine = tmp_path / "managed"
        machine.mkdir()
        if managed is not None:
            (machine / "managed-settings.json").write_text(json.dumps(managed))
        environ |= {"HOME": str(home), "AWS_SECRET_ACCESS_KEY": SECRETS[3], "HTTPS_PROXY": "http://proxy.example.com:1"}
        layers = Layers(Layout.of(environ), environ, home / folder, machine)
        return private_copy.make(layers, root, RECORDER)

    return make


def everything(root):
    return "\n".join(path.read_text() for path in root.rglob("*") if path.is_file())


def test_neither_secrets_nor_addresses_nor_programs_are_in_it(copied):
    made = copied()
    text = everything(made.root) + json.dumps(dict(made.environ))
    for secret in (*SECRETS, "gateway.example.com", "proxy.example.com", "vault", "touch"):
        assert secret not in text
    for path in made.root.rglob("*"):
        assert path.is_dir() or not path.stat().st_mode & 0o077


def test_files_lie_as_the_original_does_and_count_as_they_do(copied):
    made = copied()
    layers = Layers(Layout.of(made.environ), made.environ, made.folder, made.root / "none")
    assert [file.layer for file in layers.files] == ["local", "local", "user"]
    assert layers.text("model") == "main/.claude"
    user = json.loads((made.root / "home" / ".claude" / "settings.json").read_text())
    assert {name: type(value) for name, value in user.items()} == {name: type(value) for name, value in USER.items()}
    assert user["apiKeyHelper"].startswith("echo ")


def test_what_was_declined_of_a_key_is_declined_of_its_stand_in(copied):
    made = copied()
    state = json.loads((made.root / "home" / ".claude.json").read_text())
    assert state["customApiKeyResponses"]["rejected"] == [state["primaryApiKey"][-20:]]
    assert "mcpServers" not in state
    login = json.loads((made.root / "home" / ".claude" / ".credentials.json").read_text())["claudeAiOauth"]
    assert login["subscriptionType"] == "max"
    assert made.stand_ins.find_labels(login["accessToken"]) == ["a login at claude.ai"]


@pytest.mark.parametrize(
    "managed", [{"env": {"ANTHROPIC_BASE_URL": "https://x"}}, {"env": {"NO_PROXY": "*"}}, {"apiKeyHelper": "x"}]
)
def test_nothing_is_run_where_the_machine_decides_an_address(copied, managed):
    with pytest.raises(private_copy.ManagedElsewhere, match="cannot be replaced"):
        copied(managed)


def test_other_managed_settings_do_no_harm(copied, tmp_path):
    assert copied({"model": "opus"}).folder.is_dir()
