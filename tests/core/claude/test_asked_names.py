"""Which model each name asks for, by all that settings can say of it."""

from __future__ import annotations

import json

import pytest

from tasks.core.claude import asked_names
from tasks.core.claude.layers import Layers
from tasks.core.model.layout import Layout

OPUS, SONNET, HAIKU, FABLE = "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-fable-5-2"
PINNED = {f"ANTHROPIC_DEFAULT_{tier.upper()}_MODEL": f"my-{tier}" for tier in asked_names.TIERS}


@pytest.fixture
def asks(tmp_path):
    """What each name asks for with these settings of the user, and this environment."""

    def find(settings, login=None, **environ):
        environ["HOME"] = str(tmp_path)
        layout = Layout.of(environ)
        layout.settings.parent.mkdir(exist_ok=True)
        layout.settings.write_text(json.dumps(settings))
        found = asked_names.find_asked(Layers(layout, environ, tmp_path, tmp_path / "managed"), login)
        return {each.name: each.model for each in found}

    return find


def test_with_no_setting_they_are_its_own_models(asks):
    found = asks({})
    assert found == {
        "default": OPUS,
        "opus": OPUS,
        "sonnet": SONNET,
        "haiku": HAIKU,
        "fable": FABLE,
        "subagents": OPUS,
    }
    assert asks({}, login="")["default"] == SONNET
    assert asks({}, login="max")["default"] == OPUS


@pytest.mark.parametrize(
    ("settings", "name", "model"),
    [
        ({"env": PINNED}, "default", "my-opus"),
        ({"env": PINNED}, "fable", "my-fable"),
        ({"env": PINNED | {"ANTHROPIC_MODEL": "sonnet[1m]"}}, "default", "my-sonnet"),
        ({"env": PINNED, "model": "opusplan"}, "default", "my-sonnet"),
        ({"env": {"ANTHROPIC_MODEL": ""}, "model": "glm-5.1"}, "default", "glm-5.1"),
        ({"env": {"ANTHROPIC_MODEL": "glm-5.1"}, "model": "other"}, "subagents", "glm-5.1"),
        ({"env": {"ANTHROPIC_MODEL": "glm-5.1"}}, "opus", OPUS),
        ({"env": {"ANTHROPIC_DEFAULT_MODEL": "glm-5.1"}}, "default", "glm-5.1"),
        ({"env": {"ANTHROPIC_DEFAULT_MODEL": "haiku"}}, "default", OPUS),
        ({"env": {"CLAUDE_CODE_SUBAGENT_MODEL": "haiku"}}, "subagents", HAIKU),
        ({"env": {"CLAUDE_CODE_SUBAGENT_MODEL": "inherit"}, "model": "x"}, "subagents", "x"),
        ({"model": "claude-opus-4-1"}, "default", OPUS),
        ({"modelOverrides": {OPUS: "arn:x"}}, "default", "arn:x"),
        ({"modelOverrides": {OPUS: "arn:x"}, "model": "claude-opus-5-5[1m]"}, "default", "arn:x"),
        ({"modelOverrides": {"my-opus": "arn:x"}, "model": "my-opus"}, "default", "my-opus"),
        ({"availableModels": ["sonnet"]}, "default", OPUS),
        ({"availableModels": ["sonnet"]}, "opus", OPUS),
        ({"availableModels": ["sonnet"], "enforceAvailableModels": True}, "default", SONNET),
        ({"availableModels": ["glm-5.2"], "enforceAvailableModels": True}, "default", "claude-glm-5.2"),
        ({"availableModels": ["claude-opus-4-8"]}, "opus", "claude-opus-4-8"),
        ({"availableModels": ["opus"], "model": "my-model"}, "default", OPUS),
        ({"cleanupPeriodDays": "x", "model": "my-model"}, "default", OPUS),
    ],
)
def test_each_setting_counts_in_its_place(asks, settings, name, model):
    assert asks(settings)[name] == model


def test_the_shell_counts_where_no_file_says_otherwise(asks):
    assert asks({}, ANTHROPIC_MODEL="glm-5.1")["default"] == "glm-5.1"
    assert asks({"env": {"ANTHROPIC_MODEL": "mine"}}, ANTHROPIC_MODEL="glm-5.1")["default"] == "mine"


def test_the_setting_that_decides_is_named_with_its_line(tmp_path):
    layout = Layout.of({"HOME": str(tmp_path)})
    layout.settings.parent.mkdir()
    layout.settings.write_text('{\n "modelOverrides": {\n  "claude-opus-5-5": "arn:x"}}')
    first = asked_names.find_asked(Layers(layout, {}, tmp_path, tmp_path))[0]
    assert (first.by, first.where) == ("modelOverrides", "~/.claude/settings.json:3")
