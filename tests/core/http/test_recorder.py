"""A gateway and a proxy that record, and pass nothing on."""

from __future__ import annotations

import http.client
import json

import pytest

from tasks.core.http.recorder import Recorder


@pytest.fixture
def recorder():
    made = Recorder()
    with made.run():
        yield made


def ask(recorder, method, target, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", recorder.port, timeout=5)
    data = json.dumps(body) if body is not None else None
    connection.request(method, target, data, {"X-Api-Key": "k"})
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_a_model_says_one_word_whole_or_in_pieces(recorder):
    status, data = ask(recorder, "POST", "/a/v1/messages?beta=true", {"model": "m"})
    assert (status, json.loads(data)["content"][0]["text"]) == (200, "ok")
    status, data = ask(recorder, "POST", "/v1/messages", {"model": "m", "stream": True})
    assert b"message_stop" in data
    first = recorder.seen[0]
    assert (first.host, first.path, first.model, first.headers["x-api-key"]) == ("", "/a/v1/messages", "m", "k")
    assert first.is_for_model


@pytest.mark.parametrize(
    ("method", "target", "model"),
    [
        ("POST", "/x/model/us.anthropic.claude-v1%3A0/invoke-with-response-stream", "us.anthropic.claude-v1:0"),
        ("POST", "/v1/projects/p/models/claude-opus-5-5:streamRawPredict", "claude-opus-5-5"),
        ("HEAD", "/api/hello", ""),
        ("POST", "/v1/messages/count_tokens", ""),
    ],
)
def test_the_model_may_be_in_the_path(recorder, method, target, model):
    ask(recorder, method, target, {} if method == "POST" else None)
    (seen,) = recorder.seen
    assert seen.model == model
    assert seen.is_for_model == bool(model)


@pytest.mark.parametrize(
    ("method", "target"), [("CONNECT", "api.anthropic.com:443"), ("POST", "http://gateway.example.com/v1/messages")]
)
def test_what_is_for_another_host_is_recorded_and_refused(recorder, method, target):
    status, _ = ask(recorder, method, target, {"model": "m"} if method == "POST" else None)
    assert status == 403
    assert recorder.seen[0].host in target


def test_as_a_proxy_it_passes_on_what_is_for_itself(recorder):
    status, _ = ask(recorder, "POST", f"{recorder.url}/v1/messages", {"model": "m"})
    assert status == 200
    assert recorder.seen[0].host == f"127.0.0.1:{recorder.port}"
