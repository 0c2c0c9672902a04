"""Each reason for which a request gets no answer has one row: a state, words and a remedy."""

from __future__ import annotations

import http.client
import json
import socket
import ssl

import pytest

from tasks.core.http import errors, gateway, probe
from tasks.core.http.client import Request, Route, send
from tasks.core.http.errors import FAILURES, LOCAL_FIXES, ConnectionFailed
from tasks.core.http.gateway import Caller
from tasks.core.model.errors import Unhealthy
from tasks.core.model.layout import PROJECT
from tasks.core.model.secret import Secret

UNTRUSTED = ssl.SSLCertVerificationError("untrusted")
UNTRUSTED.verify_message = "self-signed certificate"


@pytest.mark.parametrize(
    ("error", "kind", "detail"),
    [
        (socket.gaierror(socket.EAI_NONAME, "no such name"), "dns", None),
        (TimeoutError("timed out"), "timeout", "1.5 s"),
        (ConnectionRefusedError(111, "refused"), "refused", None),
        (ConnectionResetError(104, "reset"), "broken", "ConnectionResetError"),
        (OSError(113, "no route to host"), "unreachable", "OSError"),
        (ssl.SSLError(1, "wrong version number"), "broken", "SSLError"),
        (UNTRUSTED, "certificate", "ca.pem (self-signed certificate)"),
        (http.client.BadStatusLine("SSH-2.0"), "broken", "BadStatusLine"),
        (http.client.InvalidURL("a b"), "characters", None),
        (ValueError("Invalid header value"), "characters", None),
        (OSError("Tunnel connection failed: 407 Proxy Authentication Required"), "407", "407"),
        (OSError("Tunnel connection failed: 403 Forbidden"), "policy", "403"),
        (OSError("Tunnel connection failed: 502 Bad Gateway"), "beyond", "502"),
    ],
)
def test_what_stops_a_request_is_of_one_kind(error, kind, detail):
    found = errors.classify(error, 1.5, "ca.pem")
    assert found[0] == kind
    assert detail is None or found[1] == detail


def test_every_row_has_words_a_remedy_and_a_state_that_the_schema_knows():
    schema = json.loads((PROJECT / "templates" / "schemas" / "doctor.schema.json").read_text())
    states = schema["properties"]["hosts"]["items"]["properties"]["state"]["enum"]
    for kind in FAILURES:
        failure = ConnectionFailed(kind, "http://x", "http://proxy:1", "407")
        assert failure.problem
        assert failure.remedy
        assert failure.state in states
        assert "{" not in failure.problem
    assert set(LOCAL_FIXES) <= set(FAILURES)


@pytest.mark.parametrize("kind", ["dns", "timeout", "refused", "unreachable"])
def test_with_a_proxy_it_is_the_proxy_that_was_not_reached(kind):
    assert errors.blame(kind, "http://proxy:1") == f"proxy-{kind}"
    assert errors.blame(kind, None) == kind
    assert errors.blame("broken", "http://proxy:1") == "broken"


@pytest.mark.parametrize("proxy", [None, "http://ada:secret@proxy.example:8080"])
def test_a_host_name_that_is_not_found_has_the_same_words_everywhere(monkeypatch, proxy):
    def find_nothing(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", find_nothing)
    url = "https://gateway.example"
    route = Route({"HTTPS_PROXY": proxy} if proxy else {})
    said = probe.probe(url, route).said
    assert "not found (DNS lookup failed)" in said
    assert ("the proxy http://proxy.example:8080" in said) == bool(proxy)
    asks = (
        lambda: gateway.served_models(url, Caller(route, {})),
        lambda: send(Request(url, route=route)),
    )
    for ask in asks:
        with pytest.raises(Unhealthy) as caught:
            ask()
        assert caught.value.problem == said
        assert "--proxy" in caught.value.remedy
        assert "secret" not in str(caught.value)
    with pytest.raises(Unhealthy, match="host name not found"):
        gateway.served_models(url, Secret("sk-0123456789"))
