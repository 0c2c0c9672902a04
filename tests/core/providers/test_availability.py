"""Providers are asked for their lists; what they refuse, lack or do not say is told of each model."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tasks.core.catalogue import catalogue
from tasks.core.http import client
from tasks.core.model.layout import Layout
from tasks.core.providers import availability

KNOWN = catalogue.load(Layout.of({"HOME": "/nowhere"}))
VALUES = {
    "OPENAI_API_KEY": "sk-of-the-tests",
    "OPENROUTER_API_KEY": "sk-or",
    "OPENROUTER_MODEL": "maker/model",
    "OLLAMA_MODEL": "coder",
    "OPENAI_COMPATIBLE_MODEL": "team/coder",
    "AWS_REGION": "us-east-1",
    "VERTEX_PROJECT": "my-project-1",
    "VERTEX_LOCATION": "europe-west4",
    "GOOGLE_APPLICATION_CREDENTIALS": "/nowhere/key.json",
}


CAME = []


class Lists(BaseHTTPRequestHandler):
    """Every kind of list; who shows another key than the tests' is refused."""

    def do_GET(self):
        CAME.append((self.path, dict(self.headers)))
        known = {
            "/v1/models": {"data": [{"id": "gpt-6-luna"}, {"id": "maker/model"}, {"id": "team/coder"}, "odd"]},
            "/api/tags": {"models": [{"name": "coder:latest"}]},
            "/odd/models": ["no", "list"],
        }
        shown = self.headers.get("Authorization", "")
        status = 401 if "wrong" in shown else 200 if self.path in known else 404
        body = json.dumps(known.get(self.path, {})).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def url():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Lists)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def checked(url, *models, python=None, **values):
    led = dict.fromkeys(("OPENAI_API_BASE", "OPENROUTER_API_BASE", "OPENAI_COMPATIBLE_BASE_URL"), f"{url}/v1")
    known = {**VALUES, **led, "OLLAMA_API_BASE": url, **values}
    place = availability.Place(known, client.DIRECT, python)
    CAME.clear()
    return availability.check([KNOWN.models[name] for name in models], KNOWN.providers, place)


def test_each_model_is_looked_for_where_it_is_and_under_the_name_that_it_has_there(url):
    names = ("gpt-6-luna", "gpt-6-astra", "openrouter", "ollama", "openai-compatible", "demo")
    found = checked(url, *names)
    assert [each.model for each in found] == list(names)
    assert [each.state for each in found] == ["ok", "fail", "ok", "ok", "ok", "ok"]
    assert len(CAME) == 4  # one list for both of OpenAI's


def test_a_key_is_shown_to_its_provider_only_and_none_where_there_is_none(url):
    checked(url, "gpt-6-luna", "openai-compatible")
    assert [sent.get("Authorization") for _, sent in CAME] == ["Bearer sk-of-the-tests", None]


@pytest.mark.parametrize(
    ("model", "changed", "state", "reason"),
    [
        ("gpt-6-luna", {"OPENAI_API_KEY": "wrong-key"}, "fail", "the key is refused"),
        ("gpt-6-luna", {"OPENAI_API_KEY": ""}, "skip", "OPENAI_API_KEY is not set"),
        ("ollama", {"OLLAMA_MODEL": ""}, "skip", "OLLAMA_MODEL is not set"),
        ("ollama", {"OLLAMA_API_BASE": "http://127.0.0.1:9"}, "fail", "nothing answers"),
        ("ollama", {"OLLAMA_MODEL": "other"}, "fail", "does not list other"),
        ("openai-compatible", {"OPENAI_COMPATIBLE_BASE_URL": "{url}/none"}, "fail", "HTTP 404"),
        ("openai-compatible", {"OPENAI_COMPATIBLE_BASE_URL": "{url}/odd"}, "fail", "does not list team/coder"),
        ("bedrock-claude-opus", {}, "skip", "LiteLLM"),
        ("bedrock-claude-opus", {"AWS_REGION": ""}, "skip", "AWS_REGION"),
    ],
)
def test_why_a_model_cannot_be_had_is_told_without_the_key(url, model, changed, state, reason):
    (found,) = checked(url, model, **{name: text.format(url=url) for name, text in changed.items()})
    assert found.state == state
    assert reason in found.reason
    assert "wrong-key" not in found.reason


PROBE = """
import json, sys
asks = json.load(sys.stdin)["asks"]
{body}
"""


@pytest.fixture
def probe(tmp_path, monkeypatch):
    """Instead of the clouds' libraries: a program of three lines."""

    def make(body):
        path = tmp_path / "probe.py"
        path.write_text(PROBE.format(body=body))
        monkeypatch.setattr(availability, "PROBE", path)
        return Path(sys.executable)

    return make


def test_a_cloud_is_asked_for_what_it_calls_the_model_and_where(url, probe):
    python = probe("json.dump({m: ['ok', json.dumps(a)] for m, a in asks.items()}, sys.stdout)")
    names = ("bedrock-claude-opus", "gemini-3.5-flash", "codestral", "glm-5.2", "vertex-claude-haiku")
    found = {each.model: each for each in checked(url, *names, python=python)}
    asked = {name: json.loads(each.reason) for name, each in found.items()}
    assert asked["bedrock-claude-opus"]["name"] == "global.anthropic.claude-opus-5-5"
    assert found["bedrock-claude-opus"].regions == ("us-east-1",)
    publishers = {name: (each["publisher"], each["name"]) for name, each in asked.items() if "bedrock" not in name}
    assert publishers == {
        "gemini-3.5-flash": ("google", "gemini-3.5-flash"),
        "codestral": ("mistralai", "codestral-2"),
        "glm-5.2": ("zai-org", "glm-5.2-maas"),
        "vertex-claude-haiku": ("anthropic", "claude-haiku-5-5"),
    }
    assert found["glm-5.2"].regions == ("global",)


@pytest.mark.parametrize(
    "body", ["sys.exit(1)", "print('no JSON')", "print('{\"bedrock-claude-opus\": 5}')", "print([])"]
)
def test_a_python_that_cannot_ask_is_no_traceback(url, probe, body):
    (found,) = checked(url, "bedrock-claude-opus", python=probe(body))
    assert found.state == "fail"
    (found,) = checked(url, "bedrock-claude-opus", python=Path("/nowhere/python"))
    assert found.state == "fail"


def test_no_key_of_another_provider_reaches_it(url, probe):
    python = probe("import os; json.dump({m: ['ok', str('OPENAI_API_KEY' in os.environ)] for m in asks}, sys.stdout)")
    (found,) = checked(url, "bedrock-claude-opus", python=python)
    assert found.reason == "False"


def test_the_values_reach_it_by_its_environment_only(url, probe):
    python = probe("import os; json.dump({m: ['ok', os.environ['AWS_PROFILE']] for m in asks}, sys.stdout)")
    (found,) = checked(url, "bedrock-claude-opus", python=python, AWS_PROFILE="work")
    assert found.reason == "work"
