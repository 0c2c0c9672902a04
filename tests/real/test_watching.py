"""doctor and logs with the real LiteLLM: what they tell of a gateway that is well, and of one that is not."""

from __future__ import annotations

import http.client
import json

import pytest
from deployed import demo

from tasks.core.catalogue import schemas
from tasks.core.text import documents
from tests.conftest import PROJECT

pytestmark = pytest.mark.real

SCHEMA = PROJECT / "templates" / "schemas" / "doctor.schema.json"
CANARY = "canary-that-sings-of-plans"
DEAD = {"model_name": "dead", "litellm_params": {"model": "openai/x", "api_base": "http://127.0.0.1:9", "api_key": "k"}}
UNKNOWN = {"model_name": "odd", "litellm_params": {"model": "no-such-provider/x"}}


@pytest.fixture(scope="module")
def served(tmp_path_factory, litellm_executable):
    """The demo, and beside it a model whose server is dead and one that LiteLLM cannot load."""
    with demo(tmp_path_factory.mktemp("watched"), litellm_executable) as made:
        made.box.deploy(*made.words)
        config = documents.load_yaml(made.layout.config)
        config["model_list"] += [DEAD, UNKNOWN]
        made.layout.config.write_text(documents.dump_yaml(config))
        started = made.box.doit("start")
        assert started.code == 0, started.text
        yield made


def examined(served, *words):
    result = served.box.doit("doctor", "--json", *words)
    known = json.loads(result.out)
    assert schemas.findings(known, SCHEMA, file="doctor") == []
    assert served.key.reveal() not in result.text
    return result.code, known


def at(known, *links):
    """The state of each check at these links."""
    return [check["state"] for check in known["checks"] if check["link"] in links]


def posted(served, body, key=None):
    """The status of a request with *body*, whatever that is."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    headers = {"x-api-key": key or served.key.reveal(), "Content-Type": "application/json"}
    connection.request("POST", "/v1/messages", body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def failing(known):
    """The links at which something is wrong; lint knows of the model that LiteLLM cannot load."""
    return {check["link"] for check in known["checks"] if check["state"] == "fail"} - {"files"}


def test_a_healthy_gateway(served):
    _, known = examined(served)
    assert failing(known) == set()
    assert (at(known, "readiness", "models"), known["replies"]) == (["ok", "ok"], [])


def test_each_tier_answers(served):
    _, known = examined(served, "--deep", "--yes")
    assert failing(known) == set()
    (one,) = known["replies"]
    assert (one["ok"], one["tiers"]) == (True, ["opus", "sonnet", "haiku"])
    assert one["says"].startswith("Your gateway works")


def test_neither_requests_nor_keys_are_logged(served):
    said = [{"role": "user", "content": CANARY}]
    for model in ("demo", "dead", "nobody"):
        for stream in (False, True):
            posted(served, json.dumps({"model": model, "max_tokens": 9, "stream": stream, "messages": said}))
    assert posted(served, json.dumps({"model": "demo", CANARY: 1})) >= 400
    assert posted(served, '{"model": "demo", "' + CANARY) >= 400
    assert posted(served, json.dumps({"model": "demo", "messages": said}), "sk-wrong-0123456789abcdef") >= 400
    log = served.layout.log.read_text()
    assert "dead" in log
    assert not [secret for secret in (CANARY, served.key.reveal(), "sk-wrong-0123456789abcdef") if secret in log]


def test_the_log_is_shown_with_why_a_model_is_missing(served):
    shown = served.box.doit("logs", "--since", "1h")
    assert shown.code == 0, shown.text
    assert "LLM Provider NOT provided" in shown.out
    assert "\x1b" not in shown.out
    assert served.box.doit("logs", "--since", "1h", "-n", "3").out.splitlines() == shown.out.splitlines()[-3:]
    assert served.box.doit("logs", "--since", "1s").code == 0


def test_a_wrong_key_is_translated(served):
    env = served.layout.env_file
    before = env.read_text()
    env.write_text(before.replace(served.key.reveal(), "sk-" + "0" * 32))
    code, known = examined(served)
    env.write_text(before)
    assert code == 6
    assert at(known, "key") == ["fail"]


@pytest.mark.nightly
def test_a_tier_whose_server_is_dead_is_translated(served):
    text = served.layout.config.read_text()
    config = documents.parse_yaml(text, "config")
    for entry in config["model_list"]:
        if entry["model_name"] == "demo":
            entry["litellm_params"] |= {"model": "openai/x", "api_base": "http://127.0.0.1:9/v1"}
    served.layout.config.write_text(documents.dump_yaml(config))
    served.folder.stop()
    assert served.folder.start(GATEWAY_START_TIMEOUT="300").returncode == 0
    code, known = examined(served, "--deep", "--yes")
    assert code == 6
    (one,) = known["replies"]
    assert not one["ok"]
    assert "cannot reach" in one["problem"]["means"]


def test_a_gateway_that_does_not_run(served):
    assert served.box.doit("stop").code == 0
    code, known = examined(served, "--deep", "--yes")
    assert code == 6
    assert "process" in failing(known)
    assert known["replies"] == []
