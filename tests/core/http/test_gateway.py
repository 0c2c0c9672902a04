"""What is asked of a gateway, and what its answers mean; a small server plays LiteLLM."""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tasks.core.http import client, gateway, probe
from tasks.core.http.doors import Door
from tasks.core.model.errors import Unhealthy
from tasks.core.model.secret import Secret
from tests.artifacts.fakes import free_port

KEY = Secret("sk-secret-0123456789")
NO_DB = {"error": {"message": "No connected db.", "type": "no_db_connection", "code": "400"}}


def events(*items, end=True):
    items = [*items, {"type": "message_stop"}] if end else items
    return "".join(f"event: {item['type']}\ndata: {json.dumps(item)}\n\n" for item in items)


def delta(text):
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}


class Played:
    """The answers to give per path, and the requests that came."""

    def __init__(self):
        self.answers, self.requests = {}, []

    def says(self, path, body, status=200, kind="application/json", **headers):
        self.answers[path] = (status, body if isinstance(body, str) else json.dumps(body), kind, headers)


@pytest.fixture
def played():
    play = Played()

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            play.requests.append((self.command, self.path, dict(self.headers), body))
            status, text, kind, headers = play.answers.get(self.path, (404, "{}", "application/json", {}))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = answer  # noqa: N815 - the server's names

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    play.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield play
    server.shutdown()
    server.server_close()


def test_ready_is_a_200_and_nothing_else(played):
    assert not gateway.readiness(played.url)
    played.says("/health/readiness", {}, 503)
    assert not gateway.readiness(played.url)
    played.says("/health/readiness", {"status": "healthy"})
    assert gateway.readiness(played.url + "/")
    assert "Authorization" not in played.requests[-1][2]


def test_nobody_there_is_not_ready():
    assert not gateway.readiness(f"http://127.0.0.1:{free_port()}", timeout=1)


def test_no_proxy_is_used(played, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    played.says("/health/readiness", {})
    assert gateway.readiness(played.url)


def test_the_models_that_are_served(played):
    played.says("/v1/models", {"data": [{"id": "a"}, {"id": "b"}, "junk"]})
    assert gateway.served_models(played.url, KEY) == ["a", "b"]
    assert played.requests[-1][2]["Authorization"] == f"Bearer {KEY.reveal()}"


@pytest.mark.parametrize("body", ["[]", "not json", "{}", '{"data": 1}', ""])
def test_an_answer_that_is_none_of_a_gateway(played, body):
    played.says("/v1/models", body)
    with pytest.raises(Unhealthy):
        gateway.served_models(played.url, KEY)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_wrong_key_is_refused_in_many_ways(played, status):
    played.says("/v1/models", NO_DB, status)
    assert gateway.wrong_key_refused(played.url)
    first = played.requests[-1][2]["Authorization"]
    assert gateway.wrong_key_refused(played.url)
    assert played.requests[-1][2]["Authorization"] != first


def test_a_gateway_that_takes_any_key_is_found_out(played):
    played.says("/v1/models", {"data": []})
    assert not gateway.wrong_key_refused(played.url)


def test_whether_a_wrong_key_is_refused_cannot_be_told_of_a_broken_gateway(played):
    played.says("/v1/models", "", 500)
    with pytest.raises(Unhealthy):
        gateway.wrong_key_refused(played.url)


def test_asking_a_model(played):
    played.says("/v1/messages", {"content": [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]})
    assert gateway.ask(played.url, KEY, "demo", "hi") == "Hello"
    method, _, headers, body = played.requests[-1]
    assert method == "POST"
    assert {name.lower(): value for name, value in headers.items()}["anthropic-version"] == "2023-06-01"
    assert body["model"] == "demo"
    assert body["messages"] == [{"role": "user", "content": "hi"}]
    assert body["stream"] is False


def test_asking_for_a_stream(played):
    start = {"type": "message_start", "message": {"content": []}}
    stop = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}
    played.says(
        "/v1/messages", events(start, delta("Hel"), delta("lo ü"), stop), kind="text/event-stream; charset=utf-8"
    )
    assert gateway.ask(played.url, KEY, "demo", stream=True) == "Hello ü"


def test_a_stream_that_breaks_off_is_no_answer(played):
    played.says("/v1/messages", events(delta("Hel"), end=False), kind="text/event-stream")
    with pytest.raises(Unhealthy, match="broke off"):
        gateway.ask(played.url, KEY, "demo", stream=True)


def test_an_error_within_a_stream(played):
    error = {"type": "error", "error": {"type": "api_error", "message": "upstream fell over"}}
    played.says("/v1/messages", events(delta("Hel"), error), kind="text/event-stream")
    with pytest.raises(Unhealthy, match="upstream fell over"):
        gateway.ask(played.url, KEY, "demo", stream=True)


def test_a_whole_answer_where_a_stream_was_asked_for(played):
    played.says("/v1/messages", {"content": []})
    with pytest.raises(Unhealthy, match="whole"):
        gateway.ask(played.url, KEY, "demo", stream=True)


def test_counting_tokens(played):
    played.says("/v1/messages/count_tokens", {"input_tokens": 9})
    assert gateway.count_tokens(played.url, KEY, "demo") == 9


@pytest.mark.parametrize(
    ("status", "text", "says"),
    [
        (400, "No connected db.", "does not know this key"),
        (400, "anthropic_messages: Invalid model name passed in model=demo", "does not serve that model"),
        (400, "There are no healthy deployments for this model", "does not serve that model"),
        (429, "No deployments available for selected model", "paused"),
        (500, "No module named 'prisma'", "prisma"),
        (500, "Your default credentials were not found.", "Google's credentials"),
        (401, "Authentication Error", "does not accept the key"),
        (404, "Not Found", "not there"),
        (429, "quota", "limits"),
        (502, "bad gateway", "bad gateway"),
    ],
)
def test_an_error_says_its_cause_and_a_remedy(played, status, text, says):
    played.says("/v1/messages", {"error": {"message": text}}, status)
    with pytest.raises(Unhealthy) as caught:
        gateway.ask(played.url, KEY, "demo")
    assert says in caught.value.problem
    assert caught.value.remedy
    assert caught.value.where == played.url


def door(url, proxy=None):
    """Somebody at a gateway elsewhere."""
    environ = {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy} if proxy else {}
    return Door(client.Wire(url, environ, client.trusting(None)), {"x-api-key": "tk-0123456789"})


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (400, "No connected db."),
        (400, "Invalid model name passed in model=demo"),
        (401, "who"),
        (403, "no"),
        (404, "none"),
        (429, "slow"),
        (500, "x"),
    ],
)
def test_of_a_gateway_elsewhere_nothing_is_here_to_start_or_read(played, status, text):
    played.says("/v1/messages", {"error": {"message": text}}, status)
    played.says("/v1/models", {})
    for ask in (lambda key: gateway.ask(played.url, key, "demo"), lambda key: gateway.served_models(played.url, key)):
        with pytest.raises(Unhealthy) as caught:
            ask(door(played.url))
        assert caught.value.remedy
        for ours in ("doit logs", "doit start", "doit stop", "doit restart", "doit status", "LiteLLM"):
            assert ours not in caught.value.remedy


def test_a_name_that_nobody_knows_is_told_in_the_same_words_by_all(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    url, proxy = "https://gateway.example", "http://ada:secret@proxy.example:8080"
    for through in (None, proxy):
        way = door(url, through)
        said = probe.probe(url, way.way.environ, way.way.context, "x").said.removeprefix("it ")
        for ask in (lambda: gateway.served_models(url, way), lambda: way.way.ask("/v1/models", {})):  # noqa: B023
            with pytest.raises(Unhealthy) as caught:
                ask()
            assert caught.value.problem == said
            assert "--proxy" in caught.value.remedy
            assert "secret" not in str(caught.value)
    with pytest.raises(Unhealthy, match="a name that nobody knows"):
        gateway.served_models(url, KEY)


def test_an_error_never_shows_the_key(played):
    for body in ({"error": {"message": f"bad key {KEY.reveal()}"}}, f"<html>{KEY.reveal()}\x1b[2J"):
        played.says("/v1/messages", body, 500)
        with pytest.raises(Unhealthy) as caught:
            gateway.ask(played.url, KEY, "demo")
        assert KEY.reveal() not in str(caught.value)
        assert "\x1b" not in str(caught.value)
        assert "[hidden]" in str(caught.value)


@pytest.mark.parametrize("key", ["sk-a\nb", "sk-\u20ac", "sk-a\rb"])
def test_a_key_that_http_cannot_send_is_not_shown_either(played, key):
    with pytest.raises(Unhealthy) as caught:
        gateway.ask(played.url, Secret(key), "demo")
    assert key not in str(caught.value)
    assert caught.value.__cause__ is None
    assert not played.requests


def test_the_key_does_not_follow_a_redirection(played):
    played.says("/v1/models", "", 302, Location=f"{played.url}/elsewhere")
    played.says("/elsewhere", {"data": []})
    with pytest.raises(Unhealthy):
        gateway.served_models(played.url, KEY)
    assert [path for _, path, _, _ in played.requests] == ["/v1/models"]


def test_nobody_answers():
    with pytest.raises(Unhealthy, match="nothing answers"):
        gateway.served_models(f"http://127.0.0.1:{free_port()}", KEY)


@pytest.mark.parametrize(
    "url", ["127.0.0.1", "http://[bad", "ftp://127.0.0.1:1/x", "http://127.0.0.1:99999", "http://a b"]
)
def test_an_address_that_is_none(url):
    with pytest.raises(Unhealthy):
        gateway.served_models(url, KEY)


@pytest.mark.parametrize("url", ["file:///etc/hostname", "data:application/json,{}"])
def test_only_http_is_asked(url):
    with pytest.raises(Unhealthy):
        gateway.served_models(url, KEY)
    assert not gateway.readiness(url)


def test_one_that_is_silent_is_given_up(played, monkeypatch):
    monkeypatch.setattr(gateway, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        before = time.monotonic()
        with pytest.raises(Unhealthy, match=r"within 0\.2 s"):
            gateway.ask(f"http://127.0.0.1:{silent.getsockname()[1]}", KEY, "demo")
    assert time.monotonic() - before < 5


def test_the_own_key_comes_from_env(tmp_path):
    from tasks.core.model.layout import Layout

    layout = Layout.of({"HOME": str(tmp_path)}, str(tmp_path))
    assert not gateway.own_key(layout)
    (tmp_path / ".env").write_text("LITELLM_MASTER_KEY='sk-x'\n")
    assert gateway.own_key(layout) == Secret("sk-x")
