"""Requests that are sent and answers that are read, against small servers and proxies."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager

import pytest

from tasks.core.http import client
from tasks.core.http.client import Request, Route
from tasks.core.http.errors import ConnectionFailed
from tests.artifacts.fakes import free_port

SECRET = "canary-31415926"
HEADERS = {"Authorization": f"Bearer {SECRET}"}


@contextmanager
def scripted(*pieces, pause=0.0):
    """A server that reads one request, sends *pieces* as they are, and hangs up; its address, and what came."""
    came = []

    def serve(listening):
        with listening.accept()[0] as connection:
            came.append(connection.recv(65536).decode())
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}", came
        thread.join(5)


def fail(request, ask=client.send):
    with pytest.raises(ConnectionFailed) as caught:
        ask(request)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.remedy
    return caught.value


def test_a_body_is_posted_as_json_and_without_one_it_is_a_get(played):
    played.says("/a/b?c=d", {"id": 1}, 418)
    answer = client.send(Request(f"{played.url}/a/", "/b?c=d", HEADERS, {"x": 1}))
    assert (answer.status, answer.media_type, answer.json) == (418, "application/json", {"id": 1})
    client.send(Request(played.url))
    (posted, asked) = played.requests
    assert (posted[0], posted[1], posted[3]) == ("POST", "/a/b?c=d", {"x": 1})
    assert posted[2]["Authorization"] == f"Bearer {SECRET}"
    assert (asked[0], asked[1], asked[3]) == ("GET", "/", None)


def test_a_redirect_is_an_answer_and_its_place_is_shown_without_secrets(played):
    place = f"https://ada:{SECRET}@login.example/way?token={SECRET}#x"
    played.says("/old", "", 302, Location=place)
    answer = client.send(Request(played.url, "/old", HEADERS))
    assert (answer.is_redirect, answer.location) == (True, "https://login.example/way")
    assert len(played.requests) == 1


@pytest.mark.parametrize("place", ["http://[bad", "\x1b[2Jx"])
def test_a_place_that_is_no_address_is_harmless(played, place):
    played.says("/old", "", 302, Location=place)
    assert "\x1b" not in client.send(Request(played.url, "/old")).location


def test_no_more_than_the_limit_is_read(played):
    played.says("/long", "x" * 5000)
    assert len(client.send(Request(played.url, "/long", limit=100)).text) == 100
    lines = client.stream(Request(played.url, "/long", limit=100)).lines
    assert sum(len(line) for _, line in lines) == 100


def test_the_lines_of_a_stream_have_their_times():
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n"
    with scripted(head + b"data: 1\n", "data: ü\n".encode(), pause=0.2) as (place, _):
        answer = client.stream(Request(f"http://{place}"))
    assert (answer.status, answer.media_type) == (200, "text/event-stream")
    (first, one), (second, two) = answer.lines
    assert (one, two) == ("data: 1\n", "data: ü\n")
    assert second - first > 0.1


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_what_breaks_off_is_no_answer_and_a_part_of_a_stream():
    with scripted(CHUNKED + b"8\r\ndata: 1\n\r\n8\r\nda") as (place, _):
        assert fail(Request(f"http://{place}")).kind == "cut"
    with scripted(CHUNKED + b"8\r\ndata: 1\n\r\n8\r\nda") as (place, _):
        assert client.stream(Request(f"http://{place}")).lines[0][1] == "data: 1\n"


@pytest.mark.parametrize("ask", [client.send, client.stream])
@pytest.mark.parametrize("header", [f"{SECRET}\nb", f"{SECRET}\u20ac", f"{SECRET}\rb"])
def test_a_header_that_http_cannot_send_is_not_shown(played, ask, header):
    assert fail(Request(played.url, headers={"x-api-key": header}), ask).kind == "characters"
    assert not played.requests


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("127.0.0.1", "address"),
        ("file:///etc/hostname", "address"),
        ("data:application/json,{}", "address"),
        ("ftp://127.0.0.1:1/x", "address"),
        ("http://[bad", "address"),
        ("http://127.0.0.1:99999", "address"),
        ("http://", "address"),
        ("http://a b", "characters"),
        ("http://a..b", "characters"),
    ],
)
def test_an_address_that_is_not_one(url, kind):
    assert fail(Request(url, "/v1/models")).kind == kind


def test_a_server_that_is_silent_is_given_up():
    before = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        failure = fail(Request(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2))
    assert (failure.kind, failure.problem) == ("timeout", "does not answer within 0.2 s")
    assert time.monotonic() - before < 5


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.6\r\n"])
def test_a_server_that_does_not_speak_http(answer):
    with scripted(answer) as (place, _):
        assert fail(Request(f"http://{place}")).kind == "broken"


@pytest.mark.parametrize("scheme", ["http://", ""])
def test_a_proxy_without_tls_takes_the_whole_address_and_the_credentials(scheme):
    with scripted(b"HTTP/1.1 200 OK\r\n\r\nfound") as (place, came):
        route = Route({"http_proxy": f"{scheme}ada:{SECRET}@{place}"})
        assert client.send(Request("http://host.example", "/v1?a=b", route=route)).text == "found"
    assert came[0].startswith("GET http://host.example/v1?a=b HTTP/1.1\r\nHost: host.example\r\n")
    assert "Proxy-Authorization: Basic YWRhOmNhbmFyeS0zMTQxNTkyNg==" in came[0]


def test_a_proxy_that_is_not_reached_is_named_without_credentials():
    place = f"127.0.0.1:{free_port()}"
    route = Route({"HTTPS_PROXY": f"http://ada:{SECRET}@{place}"})
    failure = fail(Request("https://host.example", route=route))
    assert (failure.kind, failure.proxy) == ("proxy-refused", f"http://{place}")
    assert f"http://{place}" in failure.problem


@pytest.mark.parametrize(
    ("url", "environ", "proxy"),
    [
        ("https://a.example", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("https://a.example", {"https_proxy": "http://p:1"}, "http://p:1"),
        ("https://a.example", {"HTTP_PROXY": "http://p:1"}, None),
        ("http://a.example", {"HTTP_PROXY": "http://p:1"}, "http://p:1"),
        ("http://127.0.0.1:4000", {"HTTP_PROXY": "http://p:1"}, None),
        ("https://a.example", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".example"}, None),
        ("https://a.example", {"HTTPS_PROXY": "http://p:1", "no_proxy": "b.example"}, "http://p:1"),
        ("https://a.example", {}, None),
    ],
)
def test_which_proxy_leads_to_an_address(url, environ, proxy):
    assert Route(environ).find_proxy(url) == proxy


def test_neither_route_nor_request_shows_a_secret():
    request = Request("https://a.example", headers=HEADERS, route=Route({"HTTPS_PROXY": SECRET}))
    assert SECRET not in repr(request)
