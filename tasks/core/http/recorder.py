"""A gateway and a proxy in one, on this machine: they record each request, and pass none on.

    http://127.0.0.1:PORT/<path>      the gateway: a model says one word
    the same, asked as a proxy is     for the gateway itself as above; any other host is refused

What is recorded holds headers as they came, secrets too: it is for the memory of one process.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Body = Mapping[str, Any]

HOST = "127.0.0.1"

MODEL = re.compile(r"/models?/([^/:]+(?::\d+)?)[/:]")
"""The model in the path of a request in the form of Bedrock or Vertex AI."""

ANSWER = "ok"

EVENTS = (
    {"type": "message_start", "message": {}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": ANSWER}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
    {"type": "message_stop"},
)


class Seen(NamedTuple):
    """One request: whom it was for, the path there, its headers by lower-case name, its model.

    *host* is "" for a request that came straight here; *model* is "" where it names none. *tools*:
    how many the model may use; a session's own requests have some, those beside it none.
    """

    method: str
    host: str
    path: str
    headers: Mapping[str, str]
    model: str = ""
    tools: int = 0

    @property
    def is_for_model(self) -> bool:
        """Whether a model is asked, and not only for the number of tokens."""
        if self.method != "POST" or self.path.endswith("/count_tokens"):
            return False
        return bool(self.model)


@dataclass
class Recorder:
    """What is recorded while it runs; see run()."""

    seen: list[Seen] = field(default_factory=list)
    port: int = 0
    is_new: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Where it is asked, as gateway and as proxy."""
        return f"http://{HOST}:{self.port}"

    @contextlib.contextmanager
    def run(self) -> Iterator[None]:
        """Listen, on a free port, until the end of the block."""
        server = Server((HOST, 0), self.make_handler())
        self.port = server.server_port
        thread = threading.Thread(
            target=server.serve_forever,
            args=(0.05,),
            daemon=True,
        )
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def is_own(self, host: str) -> bool:
        """Whether *host* of a request is this recorder; "" for one that came straight here."""
        return host in ("", f"{HOST}:{self.port}", f"localhost:{self.port}")

    def make_handler(self) -> type[BaseHTTPRequestHandler]:
        """The handler that records here."""

        class Bound(Handler):
            recorder = self

        return Bound

    def record(self, seen: Seen) -> None:
        """Keep one request."""
        self.seen.append(seen)
        self.is_new.set()

    def answer(self, body: Body) -> list[dict[str, Any]]:
        """The events of an answer to *body*."""
        message = make_message(body)
        first = {"type": "message_start", "message": message | {"content": []}}
        return [first, *EVENTS[1:]]


class Server(ThreadingHTTPServer):
    """It says nothing of clients that hang up."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """The client is gone."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    recorder: Recorder

    def do_GET(self) -> None:
        """A question for anything but a model: there is nothing."""
        self.take({})
        self.send(404, b"{}")

    def do_HEAD(self) -> None:
        """Whether it is there."""
        self.do_GET()

    def do_CONNECT(self) -> None:
        """A tunnel to another machine: refused."""
        self.take({})
        self.refuse()

    def do_POST(self) -> None:
        """A question for a model, or telemetry."""
        body = self.read_body()
        seen = self.take(body)
        if not self.recorder.is_own(seen.host):
            self.refuse()
        elif seen.path.endswith("/count_tokens"):
            self.send(200, b'{"input_tokens": 1}')
        elif not seen.model:
            self.send(404, b"{}")
        elif is_stream(seen, body):
            events = self.recorder.answer(body | {"model": seen.model})
            lines = [f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in events]
            self.send(200, "".join(lines).encode(), "text/event-stream")
        else:
            self.send(
                200,
                json.dumps(make_message(body)).encode(),
            )

    def take(self, body: Body) -> Seen:
        """Record this request."""
        parts = urlsplit(self.path)
        host, path = parts.netloc, parts.path
        if self.command == "CONNECT":
            host, path = self.path, ""
        headers = {}
        for name, value in self.headers.items():
            headers[name.lower()] = value
        seen = Seen(
            self.command,
            host,
            path,
            headers,
            find_model(path, body),
            len(body.get("tools") or ()),
        )
        self.recorder.record(seen)
        return seen

    def read_body(self) -> dict[str, Any]:
        """The JSON object that was sent; empty for anything else."""
        size = int(self.headers.get("content-length") or 0)
        try:
            body = json.loads(self.rfile.read(size))
        except ValueError:
            return {}
        if not isinstance(body, dict):
            return {}
        return body

    def refuse(self) -> None:
        """Pass nothing on."""
        self.close_connection = True
        self.send(403, b"{}")

    def send(
        self,
        status: int,
        data: bytes,
        kind: str = "application/json",
    ) -> None:
        """Answer."""
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


def find_model(path: str, body: Body) -> str:
    """The model that a request names, in its body or in its path."""
    named = body.get("model")
    if isinstance(named, str):
        return named
    match = MODEL.search(path)
    if match is None:
        return ""
    return unquote(match[1])


def is_stream(seen: Seen, body: Body) -> bool:
    """Whether the answer is to come in pieces."""
    return bool(body.get("stream")) or "stream" in seen.path


def make_message(body: Body) -> dict[str, Any]:
    """A whole answer."""
    return {
        "id": "msg_0",
        "type": "message",
        "role": "assistant",
        "model": body.get("model", ""),
        "content": [{"type": "text", "text": ANSWER}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
