"""What each name asks for, beside what is deployed."""

from __future__ import annotations

import json

import pytest

from tasks.core.catalogue import catalogue
from tasks.core.claude import asked_page
from tasks.core.claude.layers import Layers
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import settings_of, settle
from tasks.core.model.layout import Layout

URL = "https://gateway.example.com"


@pytest.fixture
def answered(tmp_path):
    """The facts for a deployment whose settings stand, with *more* variables there and in the shell."""

    def find(choices, more=(), listed=(), **environ):
        environ["HOME"] = str(tmp_path)
        layout = Layout.of(environ)
        deployment = settle(choices, catalogue.load(layout))
        env = {each.path[1]: each.text for each in settings_of(deployment) if each.path[0] == "env" and each.text}
        layout.settings.parent.mkdir(exist_ok=True)
        layout.settings.write_text(json.dumps({"env": env | dict(more)}))
        layers = Layers(layout, environ, tmp_path, tmp_path / "managed")
        return asked_page.describe(layers, deployment, listed)

    return find


def states(facts):
    return {each["name"]: each["state"] for each in facts}


def test_what_is_deployed_answers_for_all_names(answered):
    facts = answered(Choices())
    assert set(states(facts).values()) == {"deployed"}
    assert asked_page.format_line(facts) == "demo for all names"


def test_its_own_names_are_led_to_the_model_of_their_tier(answered):
    facts = answered(Choices("basic"), {"CLAUDE_CODE_SUBAGENT_MODEL": "claude-haiku-5-5"})
    (sub,) = [each for each in facts if each["name"] == "subagents"]
    (haiku,) = [each for each in facts if each["name"] == "haiku"]
    assert (sub["state"], sub["answers"]) == ("deployed", haiku["answers"])
    assert f"claude-haiku-5-5 -> {haiku['answers']} for subagents (CLAUDE_CODE_SUBAGENT_MODEL, ~/" in (
        asked_page.format_line(facts)
    )


def test_a_leftover_is_unknown_to_a_gateway_of_this_machine(answered):
    facts = answered(Choices(), {"ANTHROPIC_DEFAULT_SONNET_MODEL": "glm-5.1"})
    assert states(facts)["sonnet"] == "unknown"
    assert "glm-5.1 for sonnet (unknown there" in asked_page.format_line(facts)


@pytest.mark.parametrize(("listed", "state"), [((), "unsure"), (("glm-5.1",), "deployed"), (("other",), "unknown")])
def test_a_gateway_elsewhere_is_believed_about_its_models(answered, listed, state):
    chosen = Choices("enterprise", gateway_type="custom", gateway_url=URL)
    facts = answered(chosen, {"ANTHROPIC_MODEL": "glm-5.1"}, listed)
    assert states(facts)["default"] == state
    assert asked_page.format_line(facts).startswith("glm-5.1 for default, subagents (")


@pytest.mark.parametrize(
    ("environ", "more"),
    [
        ({"CLAUDE_CODE_USE_BEDROCK": "1"}, {}),
        ({"ANTHROPIC_UNIX_SOCKET": "/run/x"}, {}),
        ({}, {"ANTHROPIC_BASE_URL": "https://other.example.com"}),
        ({"CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST": "1"}, {}),
    ],
)
def test_past_the_gateway_nothing_of_it_answers(answered, environ, more):
    facts = answered(Choices(), more, **environ)
    assert set(states(facts).values()) == {"past"}
    assert asked_page.format_line(facts).startswith("past the gateway (")
    assert not any(each["answers"] for each in facts)


def test_behind_a_gateway_of_ours_its_names_are_those_of_the_one_behind(answered):
    chosen = Choices("enterprise", gateway_type="custom", gateway_url=URL, topology="local-proxy", opus="big")
    facts = answered(chosen, {"ANTHROPIC_DEFAULT_SONNET_MODEL": "claude-opus-5-5"})
    assert [each["answers"] for each in facts if each["name"] == "sonnet"] == ["big"]
    assert states(facts)["haiku"] == "unsure"
