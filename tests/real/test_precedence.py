"""What our layers say wins is what the real Claude Code does: it is asked who it asks, for what, with which key."""

from __future__ import annotations

import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tasks.core.claude.layers import Layers
from tasks.core.model.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.sample(2)]

USER, PROJECT, LOCAL, SHELL = "user", "project", "local", "shell"
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
    for name in (USER, PROJECT, LOCAL, SHELL):
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
