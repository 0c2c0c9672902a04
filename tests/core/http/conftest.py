"""A small server on loopback that plays LiteLLM."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


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
