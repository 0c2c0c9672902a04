"""What is asked of a gateway, and what its answers mean; a small server plays LiteLLM."""

import socket
import time

import pytest

from tasks.core.http import gateway
from tasks.core.http.client import Route
from tasks.core.http.errors import ConnectionFailed
from tasks.core.http.gateway import Caller
from tasks.core.model.errors import Unhealthy
from tasks.core.model.secret import Secret
from tests.artifacts.fakes import free_port

KEY = Secret("sk-secret-0123456789")
NO_DB = {"error": {"message": "No connected db.", "type": "no_db_connection", "code": "400"}}


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


@pytest.mark.parametrize(
    ("status", "text", "says"),
    [
        (400, "No connected db.", "does not accept this key"),
        (400, "anthropic_messages: Invalid model name passed in model=demo", "does not serve that model"),
        (400, "There are no healthy deployments for this model", "does not serve that model"),
        (429, "No deployments available for selected model", "paused"),
        (500, "No module named 'prisma'", "lacks a package"),
        (500, "Your default credentials were not found.", "Google's credentials"),
        (401, "Authentication Error", "does not accept the key"),
        (404, "Not Found", "not there"),
        (429, "quota", "limits"),
        (502, "bad gateway", "load balancer"),
    ],
)
def test_an_error_says_its_cause_and_a_remedy(played, status, text, says):
    played.says("/v1/messages", {"error": {"message": text}}, status)
    with pytest.raises(Unhealthy) as caught:
        gateway.ask(played.url, KEY, "demo")
    assert says in caught.value.problem
    assert caught.value.remedy
    assert caught.value.where == played.url


def caller(proxy=None):
    """Who asks a remote gateway."""
    environ = {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy} if proxy else {}
    return Caller(Route(environ), {"x-api-key": "tk-0123456789"})


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
            ask(caller())
        assert caught.value.remedy
        for ours in ("doit logs", "doit start", "doit stop", "doit restart", "doit status", "LiteLLM"):
            assert ours not in caught.value.remedy


def test_a_failed_connection_has_the_words_of_the_table_and_the_remedy_of_who_is_asked():
    url = f"http://127.0.0.1:{free_port()}"
    for key, remedy in ((KEY, "doit start"), (caller(), "--proxy")):
        with pytest.raises(ConnectionFailed, match="nothing answers") as caught:
            gateway.served_models(url, key)
        assert remedy in caught.value.remedy


def test_an_error_never_shows_the_key(played):
    for body in ({"error": {"message": f"bad key {KEY.reveal()}"}}, f"<html>{KEY.reveal()}\x1b[2J"):
        played.says("/v1/messages", body, 500)
        with pytest.raises(Unhealthy) as caught:
            gateway.ask(played.url, KEY, "demo")
        assert KEY.reveal() not in str(caught.value)
        assert "\x1b" not in str(caught.value)
        assert "[hidden]" in str(caught.value)


def test_an_address_that_is_not_one_is_not_ready():
    assert not gateway.readiness("file:///etc/hostname")


def test_one_that_is_silent_is_given_up(played, monkeypatch):
    monkeypatch.setattr(gateway, "TIMEOUT", 0.2)
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
