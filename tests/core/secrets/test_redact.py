"""What is taken out of texts before they are shown or pasted, in every spelling, and what stays."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from tasks.core.claude.layers import Layers
from tasks.core.model.layout import Layout
from tasks.core.model.secret import Secret
from tasks.core.secrets import redact

VALUE = 'p@ss/w"ord+0123456789'
SECRETS = [Secret(VALUE), Secret("other-value-123")]


@pytest.mark.parametrize("before", ["", "a", "ab", "user:", "Bearer "])
@pytest.mark.parametrize("after", ["", "x", "xy", "xyz"])
def test_it_is_found_within_base64_wherever_it_stands(before, after):
    text = base64.b64encode(f"{before}{VALUE}{after}".encode()).decode()
    shown = redact.hide_values(f"it was {text} that was sent", SECRETS)
    assert redact.HIDDEN in shown
    rest = shown.replace(redact.HIDDEN, "").removeprefix("it was ").removesuffix(" that was sent")
    assert len(rest) <= len(base64.b64encode(f"{before}{after}".encode())) + 8


@pytest.mark.parametrize(
    "spelling",
    [VALUE, json.dumps(VALUE), quote(VALUE, safe=""), VALUE.encode().hex(), VALUE.encode().hex().upper()],
)
def test_it_is_found_as_programs_write_it(spelling):
    assert redact.hide_values(f"<{spelling}>", SECRETS).count(redact.HIDDEN) == 1
    assert spelling.strip('"') not in redact.hide_values(f"<{spelling}>", SECRETS)


def test_what_looks_like_a_credential_is_hidden_without_being_known():
    shown = redact.hide_values("sent sk-unknown-0123456789 to https://ada:lovelace@proxy:8080/", [])
    assert "unknown" not in shown
    assert "lovelace" not in shown
    assert "proxy:8080" in shown


def test_what_is_short_is_no_secret_worth_destroying_the_text_for():
    assert redact.hide_values("a demo of demos", [Secret("demo")]) == "a demo of demos"
    assert redact.hide_values("nothing", []) == "nothing"


def test_the_secrets_of_a_gateway_are_the_values_of_telling_names(tmp_path):
    layout = Layout.of({"HOME": str(tmp_path)})
    assert redact.secrets_of(layout) == []
    layout.gateway.mkdir(parents=True)
    layout.env_file.write_text("LITELLM_MASTER_KEY=sk-1234567890\nVERTEX_PROJECT=mine\nAWS_SECRET_ACCESS_KEY='a b'\n")
    assert redact.secrets_of(layout) == [Secret("sk-1234567890"), Secret("a b")]


def hidden(text, secrets=(), homes=("/home/adalove",), names=("adalove", "workhorse")):
    return redact.anonymize(text, secrets, homes, names)


@pytest.mark.parametrize(
    "secret",
    [
        "sk-0123456789abcdef",
        "AKIAIOSFODNN7EXAMPLE",
        "AIza" + "x" * 35,
        "ya29.a0Af_x-y",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_123",
        "ghp_0123456789abcdef",
        "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
        "ada@example.com",
    ],
)
def test_what_looks_like_a_secret_goes(secret):
    for text in (secret, f"before {secret} after", f'"x": "{secret}"'):
        assert secret not in hidden(text)
        assert "[hidden" in hidden(text)


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abc",
        "x-api-key: abc",
        'api_key="abc"',
        "'password': 'abc'",
        "GATEWAY_TOKEN=abc",
        "http://ada:abc@proxy:8080",
        "Bearer abc",
    ],
)
def test_what_stands_behind_a_telling_name_goes(text):
    assert "abc" not in hidden(text)


@pytest.mark.parametrize(
    "text",
    [
        "api_key: os.environ/LITELLM_MASTER_KEY",
        "max_input_tokens: 200000",
        "master_key: null",
        "requests go to http://127.0.0.1:4000  (~/.claude/settings.json:3)",
        "ANTHROPIC_AUTH_TOKEN  user  ~/.claude/settings.json:4   [hidden]",
        "LITELLM_MASTER_KEY=[set]",
        "GATEWAY_TOKEN=[set]",
    ],
)
def test_what_is_no_secret_stays(text):
    assert hidden(text) == text


def test_who_and_where_you_are_goes():
    text = "in /home/adalove/.claude and /data/adalove/x on workhorse.example.com by AdaLove"
    assert hidden(text) == "in ~/.claude and /data/[name]/x on [name].example.com by [name]"


def test_a_name_that_is_a_common_word_goes_as_a_word_alone():
    text = "~/.claude/gateway claude-sonnet litellm by claude"
    assert hidden(text, names=("claude",)) == "~/.claude/gateway claude-sonnet litellm by [name]"


def test_known_secrets_go_in_every_spelling():
    secret = 'p"ss w/rd%é'
    for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], secret.encode().hex()):
        assert form not in hidden(f"x{form}y", {secret})
    assert "sixsix" not in hidden("a sixsix b", {"sixsix"})


def test_secrets_are_known_from_wherever_they_stand(tmp_path):
    layout = Layout.of({"HOME": str(tmp_path)})
    layout.gateway.mkdir(parents=True)
    layout.env_file.write_text("GATEWAY_TOKEN='canary one'\n  export BAD_PASSWORD = canary-two\nPLAIN=visible-text\n")
    headers = {"env": {"ANTHROPIC_CUSTOM_HEADERS": "x: canary-three", "X": "http://u:canary-four@h"}}
    layout.settings.write_text(json.dumps({**headers, "apiKeyHelper": "echo canary-five"}))
    layout.config.write_text("model_list:\n- litellm_params:\n    api_key: canary-six\n    model: visible-model\n")
    (tmp_path / ".bashrc").write_text("export MY_SECRET=canary-seven\n")
    editor = tmp_path / ".config" / "Code" / "User" / "settings.json"
    editor.parent.mkdir(parents=True)
    pair = '{"name": "ANTHROPIC_API_KEY", "value": "canary-eight"}'
    editor.write_text(f'{{"claudeCode.environmentVariables": [{pair}, {{"name": "Y", "value": "visible-y"}}]}}')
    environ = {"HOME": str(tmp_path), "OPENAI_API_KEY": "canary-nine", "EDITOR": "visible-vi", "SHORT_KEY": "abc"}
    found = redact.secrets(layout, Layers(layout, environ, tmp_path).documents(), environ)
    numbers = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    assert all(any(f"canary-{each}" in value or f"canary {each}" in value for value in found) for each in numbers)
    assert not [value for value in found if "visible" in value or value == "abc"]
