"""What doctor says where one's own Claude login is sent."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from tasks.core.claude.layers import Layers
from tasks.core.doctor import subscription
from tasks.core.doctor.case import FAIL, OK, WARN
from tasks.core.model.layout import Layout
from tasks.core.model.secret import Secret

TOKEN = "tok-0123456789"
OTHERS = ("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY", "apiKeyHelper")


@pytest.fixture
def case(tmp_path, monkeypatch):
    """A case with these variables in its environment, and a login or none."""
    monkeypatch.setattr(subscription.sys, "platform", "linux")
    layout = Layout.of({"HOME": str(tmp_path)})
    layout.claude.mkdir()

    def make(*, has_login=True, **environ):
        if has_login:
            (layout.claude / ".credentials.json").write_text(json.dumps({"claudeAiOauth": {"accessToken": "x"}}))
        known = {"ANTHROPIC_CUSTOM_HEADERS": f"x-gw: Bearer {TOKEN}", **environ}
        layers = Layers(layout, known, tmp_path, managed=tmp_path / "managed")
        return SimpleNamespace(layers=layers, layout=layout, token=Secret(TOKEN))

    return make


def states(case):
    return [each.state for each in subscription.check(case, OTHERS)]


def test_all_is_well(case):
    assert states(case()) == [OK]
    assert states(case(has_login=False, CLAUDE_CODE_OAUTH_TOKEN="sk-ant-oat01-x")) == [OK]


def test_without_a_login_it_fails_unless_a_keychain_may_have_it(case, monkeypatch):
    assert states(case(has_login=False)) == [FAIL]
    monkeypatch.setattr(subscription.sys, "platform", "darwin")
    assert states(case(has_login=False)) == [WARN]


def test_another_credential_would_be_sent_in_its_place(case):
    assert states(case(ANTHROPIC_AUTH_TOKEN="other")) == [FAIL, OK]
    assert states(case(ANTHROPIC_API_KEY="")) == [OK]


def test_the_token_of_the_gateway_must_be_in_a_header(case):
    assert states(case(ANTHROPIC_CUSTOM_HEADERS="x-gw: other")) == [FAIL, OK]
    assert states(case(ANTHROPIC_CUSTOM_HEADERS="")) == [FAIL, OK]
