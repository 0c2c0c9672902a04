"""A server on loopback that speaks Anthropic's Messages API, strictly; asked to, it gets one thing wrong."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

TOKEN = "a-token-of-the-tests"
PIECES = tuple(f"piece {number} " for number in range(8))
PAUSE = 0.1
"""Seconds between the pieces of a stream."""
FIELDS = {"model", "messages", "system", "max_tokens", "stream", "tools", "tool_choice", "thinking", "metadata"}
FIELDS |= {"context_management", "output_config", "stop_sequences", "temperature"}


@dataclass(frozen=True)
class Seen:
    """One request that came, the names of its headers in small letters."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Play:
    """Where it is, whom it lets in, what it gets wrong (several of some things), and what came."""

    url: str
    token: str = TOKEN
    wrong: str = ""
    seen: list[Seen] = field(default_factory=list)

    def asked(self) -> list[Seen]:
        """What came since the last time."""
        came, self.seen[:] = list(self.seen), []
        return came


@contextmanager
def serving(wrong: str = "", tls: ssl.SSLContext | None = None) -> Iterator[Play]:
    """It runs while the block does."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    host = "localhost" if tls else "127.0.0.1"
    server.play = play = Play(f"http{'s' if tls else ''}://{host}:{server.server_address[1]}", wrong=wrong)  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield play
    finally:
        server.shutdown()
        server.server_close()


def event(kind: str, **more: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def play(self) -> Play:
        return self.server.play  # type: ignore[attr-defined]

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.answer("", 200)

    def do_GET(self) -> None:
        if self.path.startswith("/v1/models") and self.play.wrong != "no-models":
            self.answer({"data": [{"id": "claude-haiku-5-5"}, {"id": "acct/sonnet"}]})
        else:
            self.fail(404, "not_found_error", "Not found")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = urlsplit(self.path).path
        self.play.seen.append(Seen(path, headers, body))
        if not (self.gone(path, headers) or self.refused(headers, body, path)):
            self.serve(path, body)

    def gone(self, path: str, headers: dict[str, str]) -> bool:
        """What a proxy in front answers by itself."""
        wrong = self.play.wrong
        if wrong == "redirects":
            self.send_response(307)
            self.send_header("Location", "https://ada:secret@elsewhere.example.com/login?token=secret")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif wrong == "wall":
            self.answer("<html>Forbidden</html>", 403, "text/html")
        elif wrong == "nowhere" or (wrong == "no-count" and path.endswith("count_tokens")):
            self.answer("<html>Not found</html>", 404, "text/html")
        elif wrong == "broken" or (wrong == "hates-beta" and "1901" in headers.get("anthropic-beta", "")):
            self.fail(502, "api_error", "Bad gateway")
        else:
            return False
        return True

    def refused(self, headers: dict[str, str], body: Any, path: str) -> bool:
        """What Anthropic would not take."""
        wrong = self.play.wrong
        version = "2023-06-01" if "drops-version" in wrong else headers.get("anthropic-version", "")
        beta = "" if "drops-beta" in wrong else headers.get("anthropic-beta", "")
        unknown = set() if wrong == "drops-fields" else set(body) - FIELDS
        shown = (
            headers.get("authorization") == f"Bearer {self.play.token}" or headers.get("x-api-key") == self.play.token
        )
        if not shown and wrong != "lets-in":
            status, kind = (400, "invalid_request_error") if wrong == "400-for-token" else (401, "authentication_error")
            self.fail(status, kind, "invalid token")
        elif "refuses-itself" in wrong and not body["messages"]:
            self.fail(400, "invalid_request_error", "messages: too short")
        elif version != "2023-06-01":
            self.fail(400, "invalid_request_error", f"anthropic-version: {version} is not a valid version")
        elif "compat-check" in beta:
            self.fail(400, "invalid_request_error", f"Unexpected value(s) {beta} for the anthropic-beta header")
        elif unknown:
            self.fail(400, "invalid_request_error", f"{', '.join(unknown)}: Extra inputs are not permitted")
        elif not body["messages"] and wrong != "takes-empty":
            self.fail(400, "invalid_request_error", "messages: at least one message is required")
        else:
            return False
        return True

    def serve(self, path: str, body: Any) -> None:
        if path.endswith("count_tokens"):
            self.answer({"input_tokens": 7})
        elif body.get("stream") and self.play.wrong != "no-stream":
            self.stream(body)
        else:
            content = [{"type": "text", "text": "".join(PIECES)}]
            self.answer(self.message(body, content) | {"stop_reason": "end_turn"})

    def message(self, body: Any, content: list[Any]) -> dict[str, Any]:
        about = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": content}
        return about | {"stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 7, "output_tokens": 9}}

    def stream(self, body: Any) -> None:
        wrong = self.play.wrong
        start = {"type": "text", "text": ""}
        events = [event("message_start", message=self.message(body, []))]
        events += [event("content_block_start", index=0, content_block=start)]
        deltas = [{"type": "text_delta", "text": piece} for piece in PIECES]
        events += [event("content_block_delta", index=0, delta=each) for each in deltas]
        events += [event("content_block_stop", index=0)]
        ended = {"stop_reason": "end_turn", "stop_sequence": None}
        events += [event("message_delta", delta=ended, usage={"output_tokens": 9}), event("message_stop")]
        if wrong in ("done-only", "breaks-off"):
            events = events[:-1]
        if wrong in ("done-only", "done-too"):
            events += ["data: [DONE]\n\n"]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Connection", "close")
        self.end_headers()
        if wrong == "buffers":
            time.sleep(PAUSE * len(PIECES))
        for each in events:
            if "text_delta" in each and wrong != "buffers":
                time.sleep(PAUSE)
            self.wfile.write(each.encode())
            self.wfile.flush()
        self.close_connection = True

    def fail(self, status: int, kind: str, message: str) -> None:
        wrong = self.play.wrong
        if wrong == "html-errors" and status != 401:
            self.answer(f"<html><h1>{message}</h1></html>", status, "text/html")
        elif wrong == "500-for-400" and status == 400:
            self.answer({"type": "error", "error": {"type": "api_error", "message": message}}, 500)
        elif wrong == "foreign-errors":
            self.answer({"detail": message}, status)
        else:
            told = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}
            self.answer(told, 200 if wrong == "always-200" and status == 400 else status)

    def answer(self, body: Any, status: int = 200, kind: str = "application/json") -> None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
