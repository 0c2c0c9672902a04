"""What our layers say wins is what the real Claude Code does: it is asked who it asks, for what, with which key."""

from __future__ import annotations

import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from tasks.core.claude.layers import Layers
from tasks.core.model.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.sample(2)]

USER, PROJECT, LOCAL, MAIN, SHELL = "user", "project", "local", "main", "shell"
PLACES = {
    USER: "home/.claude/settings.json",
    PROJECT: "home/work/.claude/settings.json",
    LOCAL: "home/work/.claude/settings.local.json",
}


class Recorder(ThreadingHTTPServer):
    """A gateway that refuses everything and remembers what it was asked."""

    seen: list[dict[str, Any]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Refuse(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        assert isinstance(self.server, Recorder)
        bearer = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        asked = {"model": body.get("model"), "bearer": bearer, "key": self.headers.get("x-api-key") or ""}
        self.server.seen.append(asked)
        self.send_response(403)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def recorders() -> Iterator[dict[str, Recorder]]:
    """One for each layer that may name an address."""
    made = {}
    for name in (USER, PROJECT, LOCAL, MAIN, SHELL):
        made[name] = Recorder(("127.0.0.1", 0), Refuse)
        made[name].seen = []
        threading.Thread(target=made[name].serve_forever, daemon=True).start()
    yield made
    for each in made.values():
        each.shutdown()
        each.server_close()


@pytest.fixture
def asks(claude, real_environ):
    """Let Claude Code ask once, in a folder and with more in its environment: that environment."""

    def run(work: Path, more: dict[str, str]) -> dict[str, str]:
        once = {
            "CLAUDE_CODE_MAX_RETRIES": "0",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "NO_PROXY": "127.0.0.1",
        }
        environ = real_environ | once | more
        command = [claude, "-p", "say hi"]
        subprocess.run(command, cwd=work, env=environ, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
        return environ

    return run


def settings(root: Path, layer: str, **members: Any) -> None:
    path = root / PLACES[layer]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(members))


@pytest.mark.parametrize(
    "layers", [(USER, SHELL), (PROJECT, USER, SHELL), (LOCAL, PROJECT, USER, SHELL), (LOCAL, USER)]
)
@pytest.mark.parametrize("empty", [False, True], ids=["set", "cancelled"])
def test_the_layer_that_wins_here_is_the_one_it_heeds(tmp_path, asks, recorders, layers, empty):
    work = tmp_path / "home" / "work"
    (work / ".git").mkdir(parents=True)
    shell = {"ANTHROPIC_API_KEY": "sk-ant-shell"}
    for layer in layers:
        env = {"ANTHROPIC_BASE_URL": recorders[layer].url, "ANTHROPIC_AUTH_TOKEN": f"token-{layer}"}
        env["ANTHROPIC_MODEL"] = f"model-{layer}"
        if layer == SHELL:
            shell |= env
        else:
            settings(tmp_path, layer, env={**env, **({"ANTHROPIC_API_KEY": ""} if empty else {})}, model=f"key-{layer}")
    environ = asks(work, shell)
    found = Layers(Layout.of(environ), environ, work)
    (layer,) = [name for name, each in recorders.items() if each.seen]
    heard = recorders[layer].seen[0]
    assert recorders[layer].url == found.text("ANTHROPIC_BASE_URL")
    assert heard["model"] == found.text("ANTHROPIC_MODEL")
    assert heard["bearer"] == found.text("ANTHROPIC_AUTH_TOKEN")
    assert heard["key"] == found.text("ANTHROPIC_API_KEY")


def make_repository(home: Path) -> None:
    """A checkout, home/main, and a worktree of it, home/work; a folder below each."""
    main = home / "main"
    main.mkdir(parents=True)
    name = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in (
        ["init", "-q"],
        [*name, "commit", "-q", "--allow-empty", "-m", "x"],
        ["worktree", "add", "-q", "../work"],
    ):
        subprocess.run(["git", *words], cwd=main, check=True, capture_output=True)
    for folder in (main, home / "work"):
        (folder / "below").mkdir()


def chosen(recorders: dict[str, Recorder], name: str, random: Random) -> dict[str, str]:
    """What one layer says: each variable, an empty text, or nothing."""
    made = {"ANTHROPIC_BASE_URL": recorders[name].url, "ANTHROPIC_AUTH_TOKEN": f"token-{name}"}
    made |= {"ANTHROPIC_MODEL": f"model-{name}", "ANTHROPIC_API_KEY": f"sk-ant-{name}-0123456789"}
    found = {}
    for key, value in made.items():
        take = random.choice(["value", "value", "empty", "nothing"])
        if take == "value":
            found[key] = value
        elif take == "empty" and key != "ANTHROPIC_BASE_URL":
            found[key] = ""
    return found


@pytest.mark.sample(5)
@pytest.mark.parametrize("seed", range(200))
def test_any_layers_are_put_together_as_it_does(tmp_path, asks, recorders, seed):
    random = Random(seed)
    home = tmp_path / "home"
    make_repository(home)
    folder = home / random.choice(["main", "work", "main/below", "work/below"])
    files = {
        USER: home / ".claude" / "settings.json",
        PROJECT: folder / ".claude" / "settings.json",
        LOCAL: folder / ".claude" / "settings.local.json",
        MAIN: home / "main" / ".claude" / "settings.local.json",
    }
    for name, path in files.items():
        if name == USER or random.random() < 0.6:
            path.parent.mkdir(parents=True, exist_ok=True)
            env = chosen(recorders, name, random)
            path.write_text(json.dumps({"env": env, **({"model": f"key-{name}"} if random.random() < 0.3 else {})}))
    # Always an address in the shell: without any, Anthropic itself would be asked.
    shell = chosen(recorders, SHELL, random) | {"ANTHROPIC_BASE_URL": recorders[SHELL].url}
    if random.random() < 0.25:
        shell["CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST"] = random.choice(["1", "true", "0", ""])
    environ = asks(folder, shell)
    found = Layers(Layout.of(environ), environ, folder)
    heard = {name: each.seen[0] for name, each in recorders.items() if each.seen}
    if not (found.text("ANTHROPIC_AUTH_TOKEN") or found.text("ANTHROPIC_API_KEY")):
        assert heard == {}
        return
    ((name, asked),) = heard.items()
    assert recorders[name].url == found.text("ANTHROPIC_BASE_URL")
    assert asked["bearer"] == found.text("ANTHROPIC_AUTH_TOKEN")
    assert asked["key"] == found.text("ANTHROPIC_API_KEY")
    named = found.text("ANTHROPIC_MODEL") or found.text("model")
    assert asked["model"] == named or not named
