"""Which credentials we say are sent: the table of what was seen of Claude Code 2.1.332."""

from __future__ import annotations

import json

import pytest

from tasks.core.claude import expected_use
from tasks.core.claude.layers import Layers
from tasks.core.model.layout import Layout

TOKEN = {"ANTHROPIC_AUTH_TOKEN": "t"}
KEY = {"ANTHROPIC_API_KEY": "k"}
EMPTY_HEADER = {"ANTHROPIC_CUSTOM_HEADERS": "X-Api-Key:"}
OWN_HEADER = {"ANTHROPIC_CUSTOM_HEADERS": "Authorization: Bearer mine"}


@pytest.mark.parametrize(
    ("env", "more", "logins", "sent"),
    [
        (TOKEN, {}, ("", ""), ("t", "")),
        (KEY, {}, ("", ""), ("", "k")),
        ({**TOKEN, **KEY}, {}, ("", ""), ("t", "k")),
        ({}, {"apiKeyHelper": "h"}, ("", ""), ("h", "h")),
        (TOKEN, {"apiKeyHelper": "h"}, ("", ""), ("t", "h")),
        (KEY, {"apiKeyHelper": "h"}, ("", ""), ("h", "k")),
        (TOKEN, {}, ("c", ""), ("t", "c")),
        ({**TOKEN, **EMPTY_HEADER}, {}, ("c", ""), ("t", "")),
        (TOKEN, {"apiKeyHelper": "h"}, ("c", ""), ("t", "h")),
        ({}, {}, ("", "o"), ("o", "")),
        (TOKEN, {}, ("", "o"), ("t", "")),
        (KEY, {}, ("", "o"), ("", "k")),
        (OWN_HEADER, {}, ("", "o"), ("Bearer mine", "")),
        ({"CLAUDE_CODE_OAUTH_TOKEN": "e"}, {}, ("", "o"), ("e", "")),
        ({"CLAUDE_CODE_USE_BEDROCK": "1", **TOKEN}, {}, ("c", ""), (None, None)),
    ],
)
def test_what_is_sent_in_which_header(tmp_path, env, more, logins, sent):
    console, login = logins
    layout = Layout.of({"HOME": str(tmp_path)})
    layout.settings.parent.mkdir()
    layout.settings.write_text(json.dumps({"env": env, **more}))
    (tmp_path / ".claude.json").write_text(json.dumps({"primaryApiKey": console}))
    (layout.claude / ".credentials.json").write_text(json.dumps({"claudeAiOauth": {"accessToken": login}}))
    found = expected_use.find_credentials(Layers(layout, {}, tmp_path, tmp_path / "managed"))
    assert (found.get("authorization"), found.get("x-api-key")) == sent
