"""A gateway that a company runs: every command works with it, and no process is looked for."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.artifacts.fakes import Folder, clear, free_port, make_litellm

pytestmark = pytest.mark.sample(3)

URL = "https://gateway.example.com"
TOKEN = {"GATEWAY_TOKEN": "tok-0123456789"}


@pytest.fixture
def joined(sandbox):
    """Claude Code joined to the company's gateway."""
    sandbox.deploy("--preset", "enterprise", "--gateway-url", f"{URL}/v1/", "--sonnet", "acct/sonnet", env=TOKEN)
    return sandbox


def test_only_settings_and_the_token_are_written(joined):
    assert {"ANTHROPIC_BASE_URL": URL, "ANTHROPIC_AUTH_TOKEN": "tok-0123456789"}.items() <= joined.env_json().items()
    assert "GATEWAY_TOKEN=tok-0123456789" in (joined.gateway / ".env").read_text()
    assert not [name for name in ("litellm_config.yaml", "start-gateway.sh") if (joined.gateway / name).exists()]


@pytest.mark.parametrize("command", ["start", "stop", "restart", "litellm", "deploy --start"])
def test_what_is_about_a_process_says_that_there_is_none(joined, command):
    result = joined.doit(*command.split(), env=TOKEN)
    assert result.code == 0, result.text
    assert "elsewhere" in result.text
    assert not (joined.gateway / "venv").exists()


@pytest.mark.parametrize("command", ["status", "plan", "history", "history --archives", "deploy --dry-run", "deploy"])
def test_every_other_command_works_without_the_token_in_the_environment(joined, command):
    result = joined.doit(*command.split())
    assert result.code == 0, result.text
    assert "tok-0123456789" not in result.text


def test_status_tells_where_it_is_and_that_somebody_else_runs_it(joined):
    told = json.loads(joined.doit("status", "--json").out)
    assert told["deployed"]["url"] == URL
    assert told["process"]["running"] is False
    assert "doit start" not in joined.doit("status").out


def test_the_way_back_from_another_slot_and_away(joined):
    joined.deploy("--auth", "x-api-key")
    assert joined.env_json()["ANTHROPIC_API_KEY"] == "tok-0123456789"
    assert joined.doit("rollback").code == 0
    assert joined.env_json()["ANTHROPIC_AUTH_TOKEN"] == "tok-0123456789"
    assert joined.doit("uninstall").code == 0
    assert not joined.settings.exists()


def test_each_way_to_show_the_token_fills_one_slot_and_empties_the_others(joined):
    for auth in ("x-api-key", "apikeyhelper", "bearer", "apikeyhelper"):
        joined.deploy("--auth", auth)
        settings = joined.json(joined.settings)
        slots = {
            "bearer": settings["env"]["ANTHROPIC_AUTH_TOKEN"],
            "x-api-key": settings["env"]["ANTHROPIC_API_KEY"],
            "apikeyhelper": settings.get("apiKeyHelper"),
        }
        assert [slot for slot, value in slots.items() if value] == [auth]
        assert (joined.gateway / "print-token.sh").exists() == (auth == "apikeyhelper")
        assert "not reachable" in joined.doit("verify").err  # all else is right


class Refuses(BaseHTTPRequestHandler):
    """A gateway that lets nobody in, and so was reached."""

    def do_GET(self):
        self.send_response(401)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_that_it_cannot_be_reached_is_said_at_once_and_is_an_error_of_verify(sandbox):
    port = free_port()
    words = ("--preset", "enterprise", "--gateway-url", f"http://127.0.0.1:{port}")
    deployed = sandbox.deploy(*words, env=TOKEN)
    assert "not reachable" in deployed.err
    assert sandbox.doit("doctor").code == 6
    status = sandbox.doit("status")
    assert (status.code, "whether it answers: doit doctor" in status.out) == (0, True)
    verified = sandbox.doit("verify")
    assert verified.code == 6, verified.text
    assert f"http://127.0.0.1:{port}: not reachable" in verified.err
    with HTTPServer(("127.0.0.1", port), Refuses) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        verified = sandbox.doit("verify")
        server.shutdown()
    assert verified.code == 0, verified.text
    assert TOKEN["GATEWAY_TOKEN"] not in deployed.text + verified.text


def test_without_an_address_or_a_token_it_says_what_is_missing(sandbox):
    assert "--gateway-url" in sandbox.doit("deploy", "--preset", "enterprise").text
    result = sandbox.doit("deploy", "--preset", "enterprise", "--gateway-url", URL)
    assert result.code == 1
    assert "GATEWAY_TOKEN" in result.text


def test_a_gateway_of_this_machine_is_not_left_running_without_its_scripts(sandbox):
    port = free_port()
    make_litellm(sandbox.root / "litellm")
    sandbox.extra["PATH"] = f"{sandbox.root / 'litellm' / 'bin'}:{sandbox.environment()['PATH']}"
    elsewhere = ("--preset", "enterprise", "--gateway-url", URL)
    try:
        sandbox.deploy("--preset", "demo", "--port", str(port), "--start")
        refused = sandbox.doit("deploy", *elsewhere, env=TOKEN)
        assert refused.code == 5, refused.text
        assert sandbox.doit("deploy", "--preset", "demo").code == 0
        assert sandbox.doit("stop").code == 0
        sandbox.deploy(*elsewhere, env=TOKEN)
    finally:
        clear(Folder(sandbox.gateway, sandbox.home, port))


def test_with_a_litellm_in_between_claude_code_never_has_the_companys_token(joined):
    joined.deploy("--topology", "local-proxy", "--header", "x-team: blue")
    assert "tok-0123456789" not in joined.settings.read_text()
    config = (joined.gateway / "litellm_config.yaml").read_text()
    assert "tok-0123456789" not in config
    assert joined.env_json()["ANTHROPIC_BASE_URL"].startswith("http://127.0.0.1:")
    assert joined.env_json()["ANTHROPIC_CUSTOM_HEADERS"] == "x-api-key:"
    assert joined.doit("verify").code == 0
    joined.deploy("--topology", "direct")
    assert joined.env_json()["ANTHROPIC_BASE_URL"] == URL


def test_a_variable_of_a_header_is_for_one_gateway_too_and_is_given_by_exporting_it(joined):
    joined.deploy("--header", "x-cost: {COST}", env={"COST": "canary-of-the-header"})
    other = ["--gateway-url", "https://other.example.com"]
    refused = joined.doit("deploy", *other, env={"GATEWAY_TOKEN": "tok-of-the-other"})
    assert refused.code == 5, refused.text
    assert "export COST" in refused.text
    assert "--token-stdin" not in refused.text
    joined.deploy(*other, env={"GATEWAY_TOKEN": "tok-of-the-other", "COST": "of-the-other"})
    back = joined.doit("rollback")
    assert back.code == 5, back.text


def test_a_token_is_never_shown_to_another_gateway_than_the_one_that_it_is_for(joined):
    other = ["--gateway-url", "https://other.example.com"]
    refused = joined.doit("deploy", *other)
    assert refused.code == 5, refused.text
    assert URL in refused.text
    assert joined.env_json()["ANTHROPIC_BASE_URL"] == URL
    joined.deploy(*other, env={"GATEWAY_TOKEN": "tok-of-the-other"})
    back = joined.doit("rollback")
    assert back.code == 5, back.text
    assert joined.env_json()["ANTHROPIC_AUTH_TOKEN"] == "tok-of-the-other"
    joined.deploy("--gateway-url", URL, env=TOKEN)
    assert joined.env_json()["ANTHROPIC_AUTH_TOKEN"] == TOKEN["GATEWAY_TOKEN"]
