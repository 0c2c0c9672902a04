"""What stops a request on its way out is told apart, each against a server or a proxy that does just that."""

import json
import socket
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme

from tasks.core.http import probe, tls
from tasks.core.http.client import Route
from tasks.core.model.layout import PROJECT
from tests.artifacts.fakes import free_port

PASSWORD = "canary-27182818"
PAGE = "<html><body>Not from this network</body></html>"


@contextmanager
def server(status=200, body="", tunnel=None):
    """Answers everything with *status* and *body*; asked for a tunnel, with *tunnel*."""
    came = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self, code, text):
            came.append((self.command, self.path, self.headers.get("Proxy-Authorization")))
            self.send_response(code)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def do_GET(self):
            self.answer(status, body)

        def do_CONNECT(self):
            self.answer(tunnel, "")

        def log_message(self, *_):
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{made.server_port}", came
    finally:
        made.shutdown()
        made.server_close()


def probed(url, proxy=None, context=None):
    environ = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), proxy) if proxy else {}
    found = probe.probe(url, Route(environ, context, "ca.pem"))
    assert PASSWORD not in str(found)
    states = json.loads((PROJECT / "templates" / "schemas" / "doctor.schema.json").read_text())
    known = states["properties"]["hosts"]["items"]["properties"]
    assert found._asdict().keys() == known.keys()
    assert found.state in known["state"]["enum"]
    assert (found.state == "ok") == (not found.fix)
    return found


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (200, "", "ok"),
        (401, '{"error": "no key"}', "ok"),
        (403, '{"error": "not yours"}', "ok"),
        (404, "<html>nothing here</html>", "ok"),
        (403, PAGE, "policy"),
        (451, PAGE, "policy"),
    ],
)
def test_who_refuses_us_is_reached_and_a_page_in_its_place_is_not_it(status, body, state):
    with server(status, body) as (place, _):
        assert probed(f"http://{place}").state == state


@pytest.mark.parametrize(
    ("tunnel", "state"), [(407, "407"), (403, "policy"), (502, "beyond"), (503, "beyond"), (504, "beyond")]
)
def test_a_proxy_that_makes_no_tunnel_says_why(tunnel, state):
    with server(tunnel=tunnel) as (place, came):
        found = probed("https://provider.example", f"http://ada:{PASSWORD}@{place}")
        assert (found.state, found.via) == (state, f"http://{place}")
        assert came == [("CONNECT", "provider.example:443", "Basic YWRhOmNhbmFyeS0yNzE4MjgxOA==")]


@pytest.mark.parametrize(("status", "body", "state"), [(407, "", "407"), (502, PAGE, "policy"), (401, "", "ok")])
def test_a_proxy_is_told_the_whole_address_where_there_is_no_tls(status, body, state):
    with server(status, body) as (place, came):
        assert probed("http://provider.example/v1", f"http://a%3Ab:p%40ss@{place}").state == state
        assert came == [("GET", "http://provider.example/v1", "Basic YTpiOnBAc3M=")]


def test_a_name_that_nobody_knows_is_one_of_the_host_or_of_the_proxy(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert probed("https://provider.example").state == "dns"
    found = probed("https://provider.example", f"http://ada:{PASSWORD}@proxy.example:8080")
    assert (found.state, found.via) == ("proxy-dns", "http://proxy.example:8080")


def test_nothing_listens_there():
    assert probed(f"https://127.0.0.1:{free_port()}").state == "tcp"
    assert probed("https://provider.example", f"http://127.0.0.1:{free_port()}").state == "proxy-tcp"


def test_nobody_answers(monkeypatch):
    monkeypatch.setattr(probe, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert probed(f"http://127.0.0.1:{silent.getsockname()[1]}").state == "tcp"


def test_what_speaks_no_tls_is_no_matter_of_certificates():
    with server() as (place, _):
        assert probed(f"https://{place}").state == "broken"


def test_an_authority_that_nobody_knows_is_a_matter_of_the_bundle():
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with behind(context) as url:
        assert probed(url).state == "tls"
        trusting = tls.trust(None)
        authority.configure_trust(trusting)
        assert probed(url, context=trusting).state == "ok"


@contextmanager
def behind(context):
    """A server behind TLS that answers nothing but 200."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            while True:
                try:
                    plain, _ = listening.accept()
                except OSError:
                    return
                try:
                    with context.wrap_socket(plain, server_side=True) as inside:
                        inside.recv(4096)
                        inside.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                except OSError:
                    continue

        threading.Thread(target=serve, daemon=True).start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
