"""The real Claude Code and one's own login: it reaches a gateway where that was chosen, and nowhere else."""

from __future__ import annotations

import json
import time

import pytest
from test_enterprise import ask, messages

from tests.conftest import make_sandbox
from tests.messages_server import serving

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.sample(1)]

LOGIN = "sk-ant-oat01-login-of-the-tests"
TOKEN = "tok-of-the-gateway-0123456789"


def log_in(box, *, console=False, login=True):
    """What `claude auth login` leaves; without a refresh, which would ask Anthropic."""
    day = 24 * 60 * 60
    known = {
        "accessToken": LOGIN,
        "refreshToken": "sk-ant-ort01-of-the-tests",
        "expiresAt": int((time.time() + day) * 1000),
        "scopes": ["user:inference", "user:profile"],
        "subscriptionType": "max",
    }
    box.claude.mkdir(exist_ok=True)
    if login:
        (box.claude / ".credentials.json").write_text(json.dumps({"claudeAiOauth": known}))
    if console:
        (box.home / ".claude.json").write_text(json.dumps({"primaryApiKey": "sk-ant-api03-console"}))


def deployed(root, play, *words):
    box = make_sandbox(root)
    box.deploy("--gateway-type", "litellm", "--gateway-url", play.url, *words, env={"GATEWAY_TOKEN": TOKEN})
    return box


@pytest.mark.parametrize("console", [False, True])
def test_the_login_goes_on_with_the_token_in_a_header(tmp_path, claude, console):
    with serving() as play:
        play.token = LOGIN
        box = deployed(tmp_path, play, "--auth", "subscription")
        log_in(box, console=console)
        done = ask(claude, box, ANTHROPIC_AUTH_TOKEN="old", ANTHROPIC_API_KEY="older")
        assert done.returncode == 0, done.stdout + done.stderr
        sent = messages(play)[0]
    assert sent["authorization"] == f"Bearer {LOGIN}"
    assert sent["x-litellm-api-key"] == f"Bearer {TOKEN}"
    assert not sent.get("x-api-key")


def test_without_a_login_nothing_is_sent_not_even_a_key_of_the_console(tmp_path, claude):
    with serving() as play:
        box = deployed(tmp_path, play, "--auth", "subscription")
        log_in(box, console=True, login=False)
        done = ask(claude, box)
        assert (done.returncode, messages(play)) == (1, [])
    assert "Not logged in" in done.stdout + done.stderr


@pytest.mark.parametrize("auth", ["bearer", "x-api-key", "apikeyhelper"])
def test_it_goes_nowhere_unless_that_was_chosen(tmp_path, claude, auth):
    with serving() as play:
        play.token = TOKEN
        box = deployed(tmp_path, play, "--auth", "subscription")
        box.deploy("--auth", auth)
        log_in(box)
        ask(claude, box)
        headers = [each.headers for each in play.asked()]
    assert headers
    assert LOGIN not in json.dumps([dict(each) for each in headers])
