"""Who wins among the layers of Claude Code's settings."""

from __future__ import annotations

import pytest

from tasks.core.claude.layers import LAYERS, Held, Key, prospective, winner, wrapped
from tasks.core.model.secret import Secret


@pytest.mark.parametrize(
    ("text", "variable", "name"),
    [
        ("ANTHROPIC_MODEL", "ANTHROPIC_MODEL", "ANTHROPIC_MODEL"),
        ("env.ANTHROPIC_MODEL", "ANTHROPIC_MODEL", "ANTHROPIC_MODEL"),
        ("https_proxy", "https_proxy", "https_proxy"),
        ("model", None, "model"),
        ("permissions.defaultMode", None, "permissions.defaultMode"),
        ("env", None, "env"),
    ],
)
def test_a_key_is_a_variable_or_a_member(text, variable, name):
    key = Key.of(text)
    assert (key.variable, key.name) == (variable, name)


def test_the_strongest_layer_that_says_something_wins():
    held = [Held(layer, layer, "x") for layer in LAYERS]
    for number, layer in enumerate(LAYERS):
        if layer not in ("vscode", "profile"):
            won = winner(held[number:])
            assert won is not None
            assert won.layer == layer


def test_what_only_vs_code_or_a_new_terminal_has_does_not_count_yet():
    only = [Held("vscode", "", "v"), Held("profile", "~/.bashrc:1", "p")]
    assert winner(only) is None
    assert prospective(only) == only[1]
    assert prospective([*only, Held("environment", "", "e")][::-1]).layer == "environment"


@pytest.mark.parametrize(
    ("name", "value", "hides"),
    [
        ("ANTHROPIC_AUTH_TOKEN", "x", True),
        ("apiKeyHelper", "cat key", True),
        ("ANTHROPIC_CUSTOM_HEADERS", "a: b", True),
        ("HTTPS_PROXY", "http://ada:pw@proxy", True),
        ("HTTPS_PROXY", "http://proxy", False),
        ("CLAUDE_CODE_MAX_OUTPUT_TOKENS", "8192", False),
        ("ANTHROPIC_API_KEY", "", False),
    ],
)
def test_what_tells_is_hidden_and_can_still_be_compared(name, value, hides):
    held = Held("user", "", wrapped(name, value))
    assert isinstance(held.value, Secret) is hides
    assert held.plain == value
    assert not hides or value not in repr(held)
