"""The basic preset with the real LiteLLM, whose Vertex AI is a server on this machine.

Only variables of .env lead it there: VERTEXAI_API_BASE, which LiteLLM knows, and the key of a service account whose
token server is ours. What is deployed is what anybody would deploy.
"""

import http.client
import json

import pytest
from asking import ask, count_tokens
from deployed import clear, counted, free_port
from vertex import ACCOUNT, PIECES, THOUGHT, TOKEN, credentials, vertex

from tasks.core.http import gateway
from tasks.core.model.errors import Unhealthy
from tasks.core.model.layout import Layout
from tasks.core.model.secret import Secret
from tests.artifacts.fakes import Folder
from tests.conftest import make_sandbox

pytestmark = pytest.mark.real

TEXT = "".join(PIECES)
GEMINI = "/v1/projects/my-project-1/locations/global/publishers/google/models/"
PARTNER = "/v1/projects/my-project-1/locations/global/endpoints/openapi/chat/completions"
NAMES = {
    "gemini-3.1-pro-preview": "gemini-3.1-pro-preview",
    "gemini-3.5-flash": "gemini-3.5-flash",
    "glm-5.2": "zai-org/glm-5.2-maas",
    "claude-opus-5-5": "gemini-3.1-pro-preview",
    "claude-sonnet-5-5": "gemini-3.5-flash",
    "claude-haiku-5-5": "zai-org/glm-5.2-maas",
    "claude-of-next-year": "gemini-3.5-flash",
}
"""The three tiers and what Claude Code may ask for instead, and the model that each leads to."""
WEATHER = {
    "name": "weather",
    "description": "Tells the weather.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


class Basic:
    """The preset with a partner's model for the haiku tier, deployed and started."""

    def __init__(self, root, litellm):
        self.box, self.port = make_sandbox(root), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.layout = Layout.of({"HOME": str(self.box.home)}, project=self.box.project)
        self.folder = Folder(self.box.gateway, self.box.home, self.port)
        self.words = ("--preset", "basic", "--haiku", "glm-5.2", "--port", str(self.port), "--litellm", str(litellm))

    @property
    def key(self):
        return gateway.own_key(self.layout)

    def post(self, body, key=None, path="/v1/messages"):
        """The open answer to one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"Bearer {key or self.key.reveal()}", "anthropic-version": "2023-06-01"}
        connection.request("POST", path, json.dumps(body), {**headers, "Content-Type": "application/json"})
        return connection.getresponse()

    def say(self, model, *messages, **more):
        """The parsed answer to *messages*."""
        answer = self.post({"model": model, "max_tokens": 100, "messages": list(messages), **more})
        said = json.loads(answer.read())
        assert answer.status == 200, said
        return said


@pytest.fixture(scope="module")
def served(tmp_path_factory, litellm_executable, litellm_python):
    with vertex() as google, counted() as (proxy, came):
        made = Basic(tmp_path_factory.mktemp("basic"), litellm_executable)
        key = made.box.home / "key.json"
        credentials(key, f"{google.url}/token", litellm_python)
        made.box.extra |= {"VERTEX_PROJECT": "my-project-1", "VERTEX_LOCATION": "us-central1"}
        made.box.extra |= {"GOOGLE_APPLICATION_CREDENTIALS": str(key)}
        made.box.deploy(*made.words)
        with made.layout.env_file.open("a") as file:
            file.write(f"VERTEXAI_API_BASE={google.url}\nNO_PROXY=127.0.0.1\n")
            file.write(f"HTTPS_PROXY={proxy}\nHTTP_PROXY={proxy}\nALL_PROXY={proxy}\n")
        made.google, made.came = google, came
        try:
            made.started = made.box.deploy("--start")
            yield made
        finally:
            clear(made.folder)


@pytest.fixture(autouse=True)
def fresh(served):
    """Nothing is left of what an earlier test asked."""
    served.google.gate.set()
    served.google.fails.clear()
    served.google.asked()


def user(text):
    return {"role": "user", "content": text}


def test_starting_it_asks_no_model_that_costs(served):
    assert "1.106.2 answers on" in served.started.err
    assert "says:" not in served.started.out


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize(("name", "model"), NAMES.items(), ids=list(NAMES))
def test_every_name_is_answered_by_its_model(served, name, model, stream):
    assert ask(served.url, served.key, name, stream=stream) == TEXT
    (seen,) = served.google.asked()
    assert seen.token == TOKEN
    if model.startswith("gemini"):
        assert seen.path == f"{GEMINI}{model}:{'streamGenerateContent' if stream else 'generateContent'}"
        assert seen.query == ("alt=sse" if stream else "")
        assert seen.body["contents"][-1]["parts"][0]["text"] == gateway.HELLO
    else:
        assert (seen.path, seen.body["model"], bool(seen.body.get("stream"))) == (PARTNER, model, stream)
        assert seen.body["messages"][-1]["content"] in (gateway.HELLO, [{"type": "text", "text": gateway.HELLO}])


@pytest.mark.parametrize("model", ["gemini-3.5-flash-lite", "deepseek-v4.1-flash", "codestral", "gpt-oss-120b"])
def test_the_other_models_of_the_preset_are_answered_too(served, model):
    assert gateway.ask(served.url, served.key, model) == TEXT
    assert [seen.token for seen in served.google.asked()] == [TOKEN]


@pytest.mark.parametrize("name", ["gemini-3.1-pro-preview", "claude-sonnet-5-5", "glm-5.2"])
def test_a_stream_arrives_in_pieces_while_the_model_still_speaks(served, name):
    served.google.gate.clear()
    answer = served.post({"model": name, "max_tokens": 100, "stream": True, "messages": [user("count")]})
    assert answer.headers.get_content_type() == "text/event-stream"
    events = spoken(answer)
    assert next(text for kind, text in events if kind == "content_block_delta") == PIECES[0]
    served.google.gate.set()  # only now it says the rest
    rest = list(events)
    assert "".join(text for kind, text in rest if kind == "content_block_delta") == "".join(PIECES[1:])
    assert [kind for kind, _ in rest][-2:] == ["message_delta", "message_stop"]


def spoken(answer):
    """The events of a stream, each with the text in it, as they arrive; the name of each is that in its data."""
    named = None
    for line in answer:
        if line.startswith(b"event:"):
            named = line[6:].strip().decode()
        if line.startswith(b"data:"):
            data = json.loads(line[5:])
            assert data["type"] == named
            yield named, (data.get("delta") or {}).get("text", "")


def test_the_token_is_asked_for_with_a_signed_assertion_and_kept(served):
    for _ in range(2):
        gateway.ask(served.url, served.key, "gemini-3.5-flash")
    assert 0 < len(served.google.grants) <= 2  # one for each kind of route at most
    (assertion,) = served.google.grants[0]["assertion"]
    assert assertion.count(".") == 2
    assert served.google.grants[0]["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    assert ACCOUNT not in served.layout.log.read_text()


@pytest.mark.parametrize("name", ["gemini-3.1-pro-preview", "claude-opus-5-5"])
def test_a_tool_is_called_and_its_result_comes_back(served, name):
    first = served.say(name, user("How is the weather in Paris?"), tools=[WEATHER])
    (call,) = [block for block in first["content"] if block["type"] == "tool_use"]
    assert (first["stop_reason"], call["name"], call["input"]) == ("tool_use", "weather", {"city": "Paris"})
    result = {"type": "tool_result", "tool_use_id": call["id"], "content": "18 degrees"}
    said = {"role": "assistant", "content": first["content"]}
    second = served.say(name, user("How is the weather in Paris?"), said, user([result]), tools=[WEATHER])
    assert second["content"][0]["text"] == TEXT
    asked, told = served.google.asked()
    assert asked.body["tools"][0]["function_declarations"][0]["name"] == "weather"
    parts = [part for content in told.body["contents"] for part in content["parts"]]
    (returned,) = [part["function_response"] for part in parts if "function_response" in part]
    assert returned["name"] == "weather"
    assert "18 degrees" in json.dumps(returned)
    (called,) = [part for part in parts if "function_call" in part]
    assert called.get("thoughtSignature") == THOUGHT  # without it Gemini 3 refuses the result


def test_what_claude_code_sends_and_these_models_refuse_is_left_out(served):
    more = {"thinking": {"type": "adaptive"}, "context_management": {"edits": []}, "metadata": {"user_id": "u"}}
    more |= {"system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]}
    for name in ("gemini-3.5-flash", "glm-5.2"):
        served.say(name, user("hello"), **more)
    for seen in served.google.asked():
        assert not {"context_management", "metadata", "cache_control"} & set(seen.body)
        assert "Be brief." in json.dumps(seen.body)


@pytest.mark.parametrize("name", ["glm-5.2", "claude-haiku-5-5"])
def test_tokens_are_counted(served, name):
    assert 0 < count_tokens(served.url, served.key, name, "one two three") < 50


@pytest.mark.parametrize("name", ["gemini-3.5-flash", "claude-opus-5-5"])
def test_for_gemini_google_itself_is_asked_to_count(served, name):
    """LiteLLM has what it needs for that, google.genai; but here it ignores VERTEXAI_API_BASE and passes ours by."""
    with pytest.raises(gateway.Answered, match="Request to Google Gen AI Studio failed: Server disconnected"):
        count_tokens(served.url, served.key, name, "one two three")
    assert served.came == ["CONNECT aiplatform.googleapis.com:443 HTTP/1.1"]
    served.came.clear()
    assert not served.google.asked()


def test_a_wrong_key_is_refused_before_anybody_is_asked(served):
    assert gateway.wrong_key_refused(served.url)
    with pytest.raises(Unhealthy):
        gateway.ask(served.url, Secret("sk-" + "0" * 64), "gemini-3.5-flash")
    assert not served.google.asked()


@pytest.mark.parametrize(("status", "times"), [(400, 1), (401, 1), (403, 1)])
def test_what_repeating_cannot_mend_is_not_repeated(served, status, times):
    served.google.fails["gemini-3.5-flash"] = status
    with pytest.raises(gateway.Answered) as refused:
        gateway.ask(served.url, served.key, "gemini-3.5-flash")
    assert 400 <= refused.value.status < 600
    assert len(served.google.asked()) == times


def test_a_failure_does_not_take_the_model_away(served):
    served.google.fails["gemini-3.5-flash"] = 400
    with pytest.raises(gateway.Answered):
        gateway.ask(served.url, served.key, "gemini-3.5-flash")
    served.google.fails.clear()
    assert gateway.ask(served.url, served.key, "gemini-3.5-flash") == TEXT


def test_all_that_was_deployed_is_served_and_verified(served):
    manifest = served.box.json(served.layout.manifest)
    assert gateway.served_models(served.url, served.key) == manifest["models"]
    verified = served.box.doit("verify")
    assert verified.code == 0, verified.text


def test_neither_key_nor_token_is_in_its_log(served):
    text = served.layout.log.read_text()
    assert served.key.reveal() not in text
    assert TOKEN not in text


def test_nobody_else_was_asked(served):
    assert served.came == []
