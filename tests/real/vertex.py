"""A small Vertex AI on loopback: Google's token server, Gemini's own protocol and the OpenAI one of its partners.

Google AI Studio speaks the first of them, with a key in place of the token.
"""

from __future__ import annotations

import json
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "ya29.a-token-of-the-tests"
ACCOUNT = "tester@my-project-1.iam.gserviceaccount.com"
PIECES = ("One ", "two ", "three.")
"""What every model says; streamed, one piece at a time."""
THOUGHT = "c2lnbmF0dXJl"
"""The signature that Gemini gives with a call of a tool, and wants back with its result."""
MAKE_KEY = """
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import rsa
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
print(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode())
"""


@dataclass(frozen=True)
class Seen:
    """One request that came."""

    path: str
    query: str
    token: str
    body: Any


@dataclass
class Vertex:
    """What was asked of it; while *gate* is closed, a stream waits after its first piece."""

    url: str
    seen: list[Seen] = field(default_factory=list)
    grants: list[dict[str, list[str]]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    fails: dict[str, int] = field(default_factory=dict)
    """A status to answer with, per part of a path."""

    def asked(self) -> list[Seen]:
        """What was asked since the last time."""
        came, self.seen[:] = list(self.seen), []
        return came


@contextmanager
def vertex() -> Iterator[Vertex]:
    """A server on a free port of loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    play = Vertex(f"http://127.0.0.1:{server.server_address[1]}")
    play.gate.set()
    server.play = play  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield play
    finally:
        server.shutdown()
        server.server_close()


def credentials(path: Path, token_url: str, python: Path) -> None:
    """The key file of a service account, with a key made by *python*, which has the cryptography package."""
    done = subprocess.run([python, "-c", MAKE_KEY], capture_output=True, text=True, check=True, timeout=60)
    account = {"type": "service_account", "project_id": "my-project-1", "private_key_id": "1", "client_id": "1"}
    account |= {"private_key": done.stdout.strip() + "\n", "client_email": ACCOUNT, "token_uri": token_url}
    path.write_text(json.dumps(account))
    path.chmod(0o600)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        play: Vertex = self.server.play  # type: ignore[attr-defined]
        parts, body = urlsplit(self.path), self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if parts.path == "/token":
            play.grants.append(parse_qs(body.decode()))
            self.answer({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})
            return
        asked = json.loads(body)
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        token = token or self.headers.get("x-goog-api-key") or ""
        play.seen.append(Seen(parts.path, parts.query, token, asked))
        status = next((code for part, code in play.fails.items() if part in parts.path), 401 if token != TOKEN else 0)
        if status:
            self.answer({"error": {"code": status, "message": "not like this", "status": "FAILED"}}, status)
        elif parts.path.endswith(":countTokens"):
            self.answer({"totalTokens": 7})
        elif ":streamGenerateContent" in parts.path:
            said = [gemini(asked, piece, last=piece is PIECES[-1]) for piece in PIECES]
            self.stream(play, said[-1:] if "functionCall" in json.dumps(said) else said)
        elif ":generateContent" in parts.path:
            self.answer(gemini(asked, "".join(PIECES), last=True))
        elif asked.get("stream"):
            self.stream(play, [partner(asked, piece, streamed=True) for piece in PIECES], end="data: [DONE]\n\n")
        else:
            self.answer(partner(asked, "".join(PIECES), streamed=False))

    def answer(self, body: object, status: int = 200) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def stream(self, play: Vertex, events: list[Any], end: str = "") -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for number, event in enumerate(events):
            if number:
                play.gate.wait(20)
            self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
            self.wfile.flush()
        self.wfile.write(end.encode())
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


def gemini(asked: dict[str, Any], text: str, *, last: bool) -> dict[str, Any]:
    """Gemini's answer: a call of the first tool when there is one and it was not called yet, else *text*."""
    parts = [part for content in asked.get("contents", []) for part in content["parts"]]
    results = [part for part in parts if "functionResponse" in part or "function_response" in part]
    said: dict[str, Any] = {"text": text}
    if asked.get("tools") and not results:
        tools = [tool for tools in asked["tools"] for tool in tools.get("function_declarations", [])]
        said = {"functionCall": {"name": tools[0]["name"], "args": {"city": "Paris"}}, "thoughtSignature": THOUGHT}
    candidate = {"content": {"role": "model", "parts": [said]}, "index": 0}
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 3, "totalTokenCount": 8}
    return {
        "candidates": [candidate | ({"finishReason": "STOP"} if last else {})],
        "usageMetadata": usage,
        "modelVersion": "1",
    }


def partner(asked: dict[str, Any], text: str, *, streamed: bool) -> dict[str, Any]:
    """The answer of a partner's model, as OpenAI's API has it."""
    last = not streamed or text == PIECES[-1]
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "delta" if streamed else "message": message, "finish_reason": "stop" if last else None}
    kind = "chat.completion.chunk" if streamed else "chat.completion"
    usage = {"usage": {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}} if last else {}
    return {"id": "1", "object": kind, "created": 1, "model": asked["model"], "choices": [choice], **usage}
