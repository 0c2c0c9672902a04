"""The real Claude Code lists what was deployed, and asks each model as it can be asked.

Who answers in the gateway's place is a recorder on its port.
"""

from __future__ import annotations

import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from screen import Terminal

from tasks.core.catalogue import catalogue, client_facts
from tasks.core.model.catalogue import TIERS
from tasks.core.model.layout import Layout
from tests.artifacts.fakes import free_port
from tests.conftest import Sandbox, make_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.slow]

LAYOUT = Layout.of({"HOME": "/nowhere"})
KNOWN = catalogue.load(LAYOUT)
CLIENT = client_facts.names(LAYOUT.templates)["catalogue"]
QUIET = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_MAX_RETRIES": "0"}
LISTED = [model for model in KNOWN.models.values() if model.id != "openai-compatible"]
"""All that one LiteLLM can have at once: of the servers of one's own choice one is enough."""

PROMPT = "\N{HEAVY RIGHT-POINTING ANGLE QUOTATION MARK ORNAMENT}"
DOWN = "\x1b[B"


class Recorder(ThreadingHTTPServer):
    """A gateway that answers with the name of the model, and remembers what it was asked."""

    daemon_threads = True
    seen: list[dict[str, Any]]


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        assert isinstance(self.server, Recorder)
        if "count_tokens" in self.path:
            self.send("application/json", b'{"input_tokens": 100}')
            return
        self.server.seen.append(body)
        usage = {"input_tokens": 1, "output_tokens": 1}
        message = {"id": "m", "type": "message", "role": "assistant", "model": "x", "content": [], "usage": usage}
        text = {"type": "text_delta", "text": f"I am {body['model']}."}
        events = [
            {"type": "message_start", "message": message},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": 0, "delta": text},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage},
            {"type": "message_stop"},
        ]
        lines = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events]
        self.send("text/event-stream", "".join(lines).encode())

    def send(self, kind: str, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None: ...


class Joined:
    """A deployment in a home of its own, with a recorder where its gateway would be."""

    def __init__(self, root: Path, claude: Path, *words: str) -> None:
        self.box: Sandbox = make_sandbox(root)
        self.program = claude
        port = free_port()
        self.box.deploy(*words, "--port", str(port), "--allow-missing")
        self.recorder = Recorder(("127.0.0.1", port), Answer)
        self.recorder.seen = []
        threading.Thread(target=self.recorder.serve_forever, daemon=True).start()
        self.work = self.box.root / "work"
        self.work.mkdir()
        trusted = {str(self.work): {"hasTrustDialogAccepted": True}}
        state = {"hasCompletedOnboarding": True, "projects": trusted}
        (self.box.home / ".claude.json").write_text(json.dumps(state))

    @property
    def environ(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.box.home), **QUIET}

    def ask(self, *words: str) -> tuple[dict[str, Any], str]:
        """The one request of `claude -p`, and what it printed."""
        self.recorder.seen.clear()
        command = [self.program, "-p", "say hi", *words]
        work = {"cwd": self.work, "env": self.environ, "stdin": subprocess.DEVNULL, "timeout": 120}
        done = subprocess.run(command, capture_output=True, text=True, **work)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "unrecognized_model" not in done.stderr
        return self.recorder.seen[0], done.stdout

    def close(self) -> None:
        self.recorder.shutdown()
        self.recorder.server_close()


@pytest.fixture(scope="module")
def every(tmp_path_factory, claude) -> Iterator[Joined]:
    """Every model of the catalogue, deployed at once."""
    names = ",".join(model.id for model in LISTED)
    joined = Joined(tmp_path_factory.mktemp("every"), claude, "--preset", "basic", "--models", names)
    yield joined
    joined.close()


@pytest.fixture
def basic(tmp_path, claude) -> Iterator[Joined]:
    joined = Joined(tmp_path, claude, "--preset", "basic")
    yield joined
    joined.close()


def test_all_deployed_models_are_in_the_list_and_answer_when_they_are_chosen(basic):
    models = KNOWN.presets["basic"].models
    terminal = Terminal(basic.program, basic.environ, basic.work)
    try:
        terminal.sees(PROMPT).types("/model").sees("Select model").read(1)
        shown = [line for line in terminal.screen.splitlines() if ". " in line[:12]]
        assert len(shown) == len(models) + 1, terminal.screen
        for name, line in zip(models, shown[1:], strict=True):
            model = KNOWN.models[name]
            assert model.name in line
            assert f"${model.dollars[0]} in, ${model.dollars[1]} out" in line
        chosen = models.index("codestral")
        at = next(place for place, line in enumerate(shown[1:]) if PROMPT in line)
        terminal.types(DOWN * (chosen - at)).sees("Set model to Codestral 2")
        terminal.types("say hi").sees("I am codestral.")
    finally:
        terminal.close()
    assert basic.recorder.seen[-1]["model"] == "codestral"
    assert "thinking" not in basic.recorder.seen[-1]


@pytest.mark.sample(3)
@pytest.mark.parametrize("model", [model for model in LISTED if model.behaves_as], ids=lambda model: model.id)
def test_a_model_is_asked_for_what_it_can(every, model):
    known = CLIENT[model.behaves_as]
    body, printed = every.ask("--model", model.id, "--output-format", "json")
    asked = max(model.limits["output_tokens"], 8192)
    assert (body["model"], body["max_tokens"]) == (model.id, known["output"])
    assert body["max_tokens"] <= asked
    thinks = "adaptive_thinking" in known["abilities"]
    assert ("thinking" in body, "effort" in body.get("output_config", {})) == (thinks, thinks)
    assert thinks <= model.reasoning
    (used,) = json.loads(printed)["modelUsage"].values()
    assert used["contextWindow"] == known["window"]


def test_each_tier_is_asked_as_its_model(every):
    env = every.box.env_json()
    for tier in TIERS:
        name = env[f"ANTHROPIC_DEFAULT_{tier.upper()}_MODEL"]
        body, printed = every.ask("--model", tier)
        assert (body["model"], body["max_tokens"]) == (name, CLIENT[KNOWN.models[name].behaves_as]["output"])
        assert printed.strip() == f"I am {name}."


@pytest.mark.sample(1)
@pytest.mark.parametrize(("preset", "most"), [("anthropic", 128_000), ("multi-provider", 65_535)])
def test_claude_behind_a_gateway_keeps_its_own_limits_and_those_of_its_stand_ins(tmp_path, claude, preset, most):
    joined = Joined(tmp_path, claude, "--preset", preset)
    try:
        body, _ = joined.ask("--model", "opus")
    finally:
        joined.close()
    assert body["max_tokens"] == most


def test_the_window_of_a_smaller_model_is_its_own(every):
    _, printed = every.ask("--model", "codestral", "--output-format", "json")
    done = subprocess.run(
        [every.program, "-p", "/context", "--model", "codestral"],
        cwd=every.work,
        env=every.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "128k" in done.stdout, done.stdout + printed


@pytest.mark.nightly
def test_what_we_take_for_hidden_is_hidden(basic):
    (setting,) = [each for each in KNOWN.gateways["local"].settings if each.fact == "lineup"]
    settings = basic.box.json(basic.box.settings)
    names = [*setting.hidden, "claude-sonnet-4-6"]
    settings["modelPicker"]["options"] = [{"model": name, "label": f"Row {name}"} for name in names]
    basic.box.settings.write_text(json.dumps(settings))
    terminal = Terminal(basic.program, basic.environ, basic.work)
    try:
        terminal.sees(PROMPT).types("/model").sees("Select model").sees("Row claude-sonnet-4-6")
        assert terminal.screen.count("Row ") == 1
    finally:
        terminal.close()
