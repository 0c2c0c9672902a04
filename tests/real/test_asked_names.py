"""What we say each name will ask for is what the real Claude Code asks for, whatever the layers of its settings say."""

from __future__ import annotations

import json
import subprocess
from random import Random
from typing import Any

import pytest

from tasks.core.claude import asked_names
from tasks.core.claude.layers import Layers
from tasks.core.http.recorder import Recorder
from tasks.core.model.layout import Layout

pytestmark = [pytest.mark.real, pytest.mark.slow]

MODELS = ("my-opus", "glm-5.2", "claude-opus-5-5", "claude-opus-4-8", "claude-sonnet-5-5", "claude-haiku-4-5-20251001")
ALIASES = ("opus", "sonnet", "haiku", "fable", "best", "opusplan")
VARIABLES = ("ANTHROPIC_MODEL", "ANTHROPIC_DEFAULT_MODEL", "CLAUDE_CODE_SUBAGENT_MODEL")
PINS = tuple(f"ANTHROPIC_DEFAULT_{tier}_MODEL" for tier in ("OPUS", "SONNET", "HAIKU", "FABLE"))
ENTRIES = ("opus", "sonnet", "claude-opus-4-8", "claude-sonnet-5", "glm-5.2", "my-opus", "haiku")
OVERRIDDEN = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-4-8")

AGENT = {"description": "a", "prompt": "count to three", "subagent_type": "general-purpose"}


class Delegating(Recorder):
    """A model that hands its first question to a subagent."""

    has_delegated = False
    of_subagent = ""

    def answer(self, body: Any) -> list[dict[str, Any]]:
        events = super().answer(body)
        if AGENT["prompt"] in json.dumps(body["messages"][0]):
            self.of_subagent = body["model"]
        names = [tool.get("name") for tool in body.get("tools", ())]
        tool = next((name for name in ("Agent", "Task") if name in names), None)
        if self.has_delegated or tool is None:
            return events
        self.has_delegated = True
        use = {"type": "tool_use", "id": "toolu_1", "name": tool, "input": {}}
        said = {"type": "input_json_delta", "partial_json": json.dumps(AGENT)}
        return [
            events[0],
            {"type": "content_block_start", "index": 0, "content_block": use},
            {"type": "content_block_delta", "index": 0, "delta": said},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 1}},
            {"type": "message_stop"},
        ]


def choose_name(random: Random) -> str:
    name = random.choice([*MODELS, *MODELS, *ALIASES])
    return f"{name}[1m]" if random.random() < 0.2 else name


def choose_settings(random: Random) -> dict[str, Any]:
    """What one layer says of models."""
    env = {key: choose_name(random) for key in VARIABLES if random.random() < 0.25}
    env |= {key: random.choice([*MODELS, ""]) for key in PINS if random.random() < 0.3}
    made: dict[str, Any] = {"env": env}
    if random.random() < 0.3:
        made["model"] = choose_name(random)
    if random.random() < 0.35:
        made["modelOverrides"] = {key: random.choice(["arn:mine", "my-opus"]) for key in random.sample(OVERRIDDEN, 2)}
    if random.random() < 0.3:
        made["availableModels"] = random.sample(ENTRIES, random.choice([1, 2, 3]))
        if random.random() < 0.5:
            made["enforceAvailableModels"] = True
    return made


@pytest.fixture
def ask(claude, real_environ, tmp_path):
    """Let Claude Code ask once under *name*, the layers laid: its requests, and what we say they are for."""

    def run(name: str, layers: dict[str, dict[str, Any]]) -> tuple[list[str], str]:
        folder = tmp_path / "home" / "work"
        (folder / ".git").mkdir(parents=True)
        places = {"user": tmp_path / "home" / ".claude" / "settings.json"}
        places |= {"project": folder / ".claude" / "settings.json"}
        places |= {"local": folder / ".claude" / "settings.local.json"}
        for layer, path in places.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if layer in layers:
                path.write_text(json.dumps(layers[layer]))
        recorder = Delegating()
        with recorder.run():
            environ = (
                real_environ
                | layers.get("shell", {})
                | {
                    "ANTHROPIC_BASE_URL": recorder.url,
                    "ANTHROPIC_AUTH_TOKEN": "a-token",
                    "CLAUDE_CODE_MAX_RETRIES": "0",
                    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
                    "NO_PROXY": "127.0.0.1",
                }
            )
            command = [claude, "-p", "say hi", "--permission-mode", "bypassPermissions"]
            if name in asked_names.TIERS:
                command += ["--model", name]
            recorder.has_delegated = name != asked_names.SUBAGENTS
            quiet = {"stdin": subprocess.DEVNULL, "capture_output": True, "timeout": 120}
            subprocess.run(command, cwd=folder, env=environ | {"IS_SANDBOX": "1"}, **quiet)
        found = asked_names.find_asked(Layers(Layout.of(environ), environ, folder))
        said = next(each.model for each in found if each.name == name)
        models = [seen.model for seen in recorder.seen if seen.is_for_model]
        return ([recorder.of_subagent] if name == asked_names.SUBAGENTS else models), said

    return run


@pytest.mark.sample(4)
@pytest.mark.parametrize("seed", range(240))
def test_each_name_asks_for_what_we_say(ask, seed):
    random = Random(seed)
    layers = {name: choose_settings(random) for name in ("user", "project", "local") if random.random() < 0.6}
    layers["shell"] = choose_settings(random)["env"]
    name = asked_names.NAMES[seed % len(asked_names.NAMES)]
    models, said = ask(name, layers)
    assert models, "nothing was asked"
    assert models[0] == said, (name, layers, models)
