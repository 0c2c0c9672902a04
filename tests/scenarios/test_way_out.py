"""A proxy is chosen, remembered and taken back; who has another is told. A token comes from where it is."""

import json

import pytest

from tasks.core.catalogue import schemas
from tests.artifacts.fakes import free_port
from tests.conftest import PROJECT

KNOWN = {"PROXY_USERNAME": "ada", "PROXY_PASSWORD": "p@ss", "NO_PROXY": ".corp"}
HELD = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")


def held(box):
    """What .env and settings.json have of a proxy."""
    lines = (line.partition("=") for line in (box.gateway / ".env").read_text().splitlines())
    env = {name: value for name, _, value in lines if name in HELD}
    return env, {name: value for name, value in box.env_json().items() if name in HELD}


def test_both_sides_have_it_until_it_is_taken_back(sandbox):
    sandbox.deploy("--preset", "demo", "--proxy", "http://proxy.example.com:8080", env=KNOWN)
    address = "http://ada:p%40ss@proxy.example.com:8080"
    both = dict.fromkeys(HELD, address) | {"NO_PROXY": ".corp,localhost,127.0.0.1,::1"}
    assert held(sandbox) == (both, both)
    sandbox.deploy("--port", "4999")  # another day, another shell
    assert held(sandbox) == (both, both)
    sandbox.deploy("--proxy", "none")
    assert held(sandbox) == ({}, {"NO_PROXY": "localhost,127.0.0.1,::1"})
    assert "proxy" not in (sandbox.gateway / ".env").read_text().lower()  # in no comment either


def test_credentials_in_the_address_are_refused_with_the_way_to_give_them(sandbox):
    result = sandbox.doit("deploy", "--preset", "demo", "--proxy", "http://ada:p4ss@proxy.example.com")
    assert result.code == 3
    assert "PROXY_PASSWORD" in result.text
    assert "--proxy-auth-file" in result.text
    assert "p4ss" not in result.text


def test_a_proxy_of_the_shell_that_the_gateway_would_not_use_is_told(vertex):
    result = vertex.doit("deploy", "--preset", "basic", env={"HTTPS_PROXY": "http://ada:p4ss@proxy.example.com:1"})
    assert "--proxy http://proxy.example.com:1" in result.text
    assert "p4ss" not in result.text


@pytest.mark.parametrize(
    ("model", "host"), [("codestral", "europe-west4-aiplatform"), ("gemini-3.5-flash", "aiplatform")]
)
def test_the_doctor_asks_each_host_that_the_gateway_asks(vertex, model, host):
    proxy, where = f"http://127.0.0.1:{free_port()}", {"VERTEX_LOCATION": "europe-west4"}
    vertex.deploy("--preset", "basic", "--models", model, "--proxy", proxy, env=where)
    result = vertex.doit("doctor", "--providers", "--json", env=where)
    assert result.code == 6
    told = json.loads(result.out)
    assert schemas.findings(told, PROJECT / "templates" / "schemas" / "doctor.schema.json", file="doctor") == []
    urls = [f"https://{host}.googleapis.com", "https://oauth2.googleapis.com"]
    assert [each["url"] for each in told["hosts"]] == urls
    assert {(each["via"], each["state"]) for each in told["hosts"]} == {(proxy, "proxy-tcp")}
    failed = [each for each in told["checks"] if each["link"] == "hosts" and each["state"] == "fail"]
    assert all(proxy in each["says"] and each["fix"] for each in failed)
    assert len(failed) == len(urls)


def test_where_litellm_answers_nobody_has_to_be_reached(sandbox):
    sandbox.deploy("--preset", "demo")
    told = json.loads(sandbox.doit("doctor", "--providers", "--json").out)
    assert (told["hosts"], [each["state"] for each in told["checks"] if each["link"] == "hosts"]) == ([], ["skip"])


@pytest.mark.parametrize("words", [["plan"], ["deploy", "--dry-run"]])
def test_a_plan_runs_no_program_of_the_user(sandbox, words):
    elsewhere = ["--preset", "enterprise", "--gateway-url", "https://gw.example.com"]
    ran = sandbox.home / "ran"
    reference = f"cmd:touch '{ran}'; echo tok-0123456789"
    result = sandbox.doit(*words, *elsewhere, "--token", reference)
    assert result.code == 0, result.text
    assert not ran.exists()
    assert "is run when this is deployed" in result.text
    assert "ANTHROPIC_AUTH_TOKEN" in result.out
    sandbox.deploy(*elsewhere, "--token", reference)
    assert ran.exists()
    ran.unlink()
    again = sandbox.doit(*words)
    assert "Nothing to do." in again.out
    assert not ran.exists()


def test_a_saved_plan_knows_the_token_that_it_is_applied_with(sandbox):
    token, plan = sandbox.home / "token", sandbox.root / "a.plan"
    token.write_text("tok-0123456789\n")
    elsewhere = ["--preset", "enterprise", "--gateway-url", "https://gw.example.com", "--token", f"cmd:cat '{token}'"]
    assert sandbox.doit("plan", *elsewhere, "--out", str(plan)).code == 0
    token.write_text("tok-9876543210\n")
    assert sandbox.doit("apply", str(plan)).code == 5
    token.write_text("tok-0123456789\n")
    assert sandbox.doit("apply", str(plan)).code == 0


def test_a_token_that_is_not_where_it_was_stops_the_deployment_with_one_sentence(sandbox):
    token, elsewhere = sandbox.home / "token", ("--preset", "enterprise", "--gateway-url", "https://gw.example.com")
    token.write_text("tok-0123456789\n")
    sandbox.deploy(*elsewhere, "--token", f"cmd:cat '{token}'")
    token.write_text("tok-9876543210\n")
    sandbox.deploy()
    assert sandbox.env_json()["ANTHROPIC_AUTH_TOKEN"] == "tok-9876543210"
    token.unlink()
    before = sandbox.state(sandbox.home)
    result = sandbox.doit("deploy")
    assert result.code == 1, result.text
    assert "Traceback" not in result.text
    assert "cmd:cat" in result.text
    assert sandbox.state(sandbox.home) == before
