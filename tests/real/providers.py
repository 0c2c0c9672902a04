"""Providers on loopback, each of which says its name: Anthropic's Messages API, alone and as Bedrock and Vertex AI
have it, OpenAI's chat, Ollama's, and the lists of models of them all.
"""

from __future__ import annotations

import json
import re
import struct
import threading
import zlib
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOKEN = "ya29.a-token-of-the-tests"
TOO_LONG = "prompt is too long: 1200000 tokens > 1000000 maximum"
"""What Anthropic says of a request that does not fit; LiteLLM knows it by these words."""


@dataclass(frozen=True)
class Seen:
    """One request that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Provider:
    """One server: what it says, what it was asked, and how it fails."""

    name: str
    url: str
    seen: list[Seen] = field(default_factory=list)
    status: int = 0
    """An HTTP status to refuse every question with; 0: it answers."""
    error: str = "not like this"
    breaks: bool = False
    """Whether it hangs up after the first words of a stream."""
    gate: threading.Event = field(default_factory=threading.Event)
    """While it is closed, nothing is answered."""
    models: tuple[str, ...] = ("served-model",)
    calls: bool = False
    """Whether it calls the first tool that it is offered, before it says anything."""

    @property
    def says(self) -> list[str]:
        """Its answer; streamed, one piece at a time."""
        return ["This ", "is ", f"{self.name}."]

    def asked(self) -> list[Seen]:
        """What was asked since the last time."""
        came, self.seen[:] = list(self.seen), []
        return came

    def well(self) -> None:
        """Answer again, and forget what was asked."""
        self.status, self.breaks, self.error = 0, False, "not like this"
        self.gate.set()
        self.seen.clear()


@contextmanager
def provider(name: str) -> Iterator[Provider]:
    """A server on a free port of loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    play = Provider(name, f"http://127.0.0.1:{server.server_address[1]}")
    play.gate.set()
    server.play = play  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield play
    finally:
        play.gate.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def play(self) -> Provider:
        return self.server.play  # type: ignore[attr-defined, no-any-return]

    def do_GET(self) -> None:
        path = self.noted(None)
        lists = {"/v1/models": openai_list, "/models": openai_list, "/api/v1/models": openai_list}
        lists |= {"/api/tags": ollama_list, "/foundation-models": bedrock_list, "/inference-profiles": profile_list}
        if self.play.status:
            self.refuse()
        elif path in lists:
            self.answer(lists[path](self.play))
        elif "/publishers/" in path and path.rpartition("/")[2] in self.play.models:
            self.answer({"name": path})
        else:
            self.answer({"error": {"message": f"no such thing: {path}"}}, 404)

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if urlsplit(self.path).path == "/token":
            self.answer({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})
            return
        body = json.loads(raw or b"{}")
        path = self.noted(body)
        self.play.gate.wait(30)
        speaker = next((speak for pattern, speak in SPEAKERS.items() if re.search(pattern, path)), None)
        if self.play.status:
            self.refuse()
        elif speaker:
            speaker(self, body)
        else:
            self.answer({"error": {"message": f"no such thing: {path}"}}, 404)

    def noted(self, body: object) -> str:
        path = unquote(urlsplit(self.path).path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.play.seen.append(Seen(self.command, path, headers, body))
        return path

    def refuse(self) -> None:
        kind = {400: "invalid_request_error", 401: "authentication_error", 429: "rate_limit_error"}
        error = {"type": kind.get(self.play.status, "api_error"), "message": self.play.error, "code": None}
        self.answer({"type": "error", "error": error, "message": self.play.error}, self.play.status)

    def answer(self, body: object, status: int = 200) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def stream(self, pieces: list[bytes], kind: str = "text/event-stream") -> None:
        """Send *pieces*; without their end when this provider breaks."""
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces[: len(pieces) // 2] if self.play.breaks else pieces:
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            self.wfile.flush()
        self.close_connection = True
        if not self.play.breaks:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


def tool_to_call(play: Provider, body: dict[str, Any]) -> str:
    """The first tool that is offered; none after its result came, or where this provider calls none."""
    if not play.calls or not body.get("tools"):
        return ""
    if "tool_result" in json.dumps(body["messages"]) or any(each["role"] == "tool" for each in body["messages"]):
        return ""
    first = body["tools"][0]
    return str(first.get("function", first)["name"])


def messages(handler: _Handler, body: dict[str, Any]) -> None:
    """Anthropic's own API; on Vertex AI it differs in its path only."""
    if tool := tool_to_call(handler.play, body):
        called = tool_use(handler.play, tool)
        if body.get("stream"):
            handler.stream([event(each) for each in tool_events(called)])
        else:
            handler.answer(called)
        return
    if body.get("stream"):
        handler.stream([event(each) for each in message_events(handler.play)])
    else:
        handler.answer(message(handler.play))


def chat(handler: _Handler, body: dict[str, Any]) -> None:
    """OpenAI's chat."""
    if tool := tool_to_call(handler.play, body):
        called = chat_call(body, tool)
        if body.get("stream"):
            handler.stream([f"data: {json.dumps(called)}\n\n".encode(), b"data: [DONE]\n\n"])
        else:
            handler.answer(called)
        return
    said = handler.play.says if body.get("stream") else ["".join(handler.play.says)]
    made = [chat_answer(body, text, last=text is said[-1]) for text in said]
    if body.get("stream"):
        handler.stream([*(f"data: {json.dumps(each)}\n\n".encode() for each in made), b"data: [DONE]\n\n"])
    else:
        handler.answer(made[0])


def ollama(handler: _Handler, body: dict[str, Any]) -> None:
    """Ollama's own chat: lines of JSON."""
    said = handler.play.says if body.get("stream") else ["".join(handler.play.says)]
    lines: list[dict[str, Any]] = [
        {"model": body["model"], "message": {"role": "assistant", "content": text}, "done": False} for text in said
    ]
    lines[-1] |= {"done": True, "done_reason": "stop", "prompt_eval_count": 5, "eval_count": 3}
    if body.get("stream"):
        handler.stream([json.dumps(line).encode() + b"\n" for line in lines], "application/x-ndjson")
    else:
        handler.answer(lines[-1])


def converse(handler: _Handler, _: dict[str, Any]) -> None:
    """Bedrock's own Converse."""
    content = [{"text": "".join(handler.play.says)}]
    usage = {"inputTokens": 5, "outputTokens": 3, "totalTokens": 8}
    said = {"output": {"message": {"role": "assistant", "content": content}}, "stopReason": "end_turn"}
    handler.answer({**said, "usage": usage, "metrics": {"latencyMs": 1}})


def converse_stream(handler: _Handler, _: dict[str, Any]) -> None:
    """The same in pieces."""
    usage = {"inputTokens": 5, "outputTokens": 3, "totalTokens": 8}
    pieces = [frame("messageStart", {"role": "assistant"})]
    pieces += [frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": t}}) for t in handler.play.says]
    pieces += [frame("contentBlockStop", {"contentBlockIndex": 0}), frame("messageStop", {"stopReason": "end_turn"})]
    pieces += [frame("metadata", {"usage": usage, "metrics": {"latencyMs": 1}})]
    handler.stream(pieces, "application/vnd.amazon.eventstream")


def invoke(handler: _Handler, _: dict[str, Any]) -> None:
    """Bedrock as Claude Code uses it: Anthropic's answer as it is."""
    handler.answer(message(handler.play))


def invoke_stream(handler: _Handler, _: dict[str, Any]) -> None:
    """Anthropic's events, each wrapped up in one of AWS's."""
    wrapped = [{"bytes": b64encode(json.dumps(each).encode()).decode()} for each in message_events(handler.play)]
    handler.stream([frame("chunk", each) for each in wrapped], "application/vnd.amazon.eventstream")


def counted(handler: _Handler, _: dict[str, Any]) -> None:
    """A number of tokens."""
    handler.answer({"input_tokens": 7})


SPEAKERS: dict[str, Callable[[_Handler, dict[str, Any]], None]] = {
    "count_tokens|count-tokens": counted,
    "/v1/messages$|:(stream)?[rR]awPredict$": messages,
    "/chat/completions$": chat,
    "/api/chat$": ollama,
    "/converse$": converse,
    "/converse-stream$": converse_stream,
    "/invoke$": invoke,
    "/invoke-with-response-stream$": invoke_stream,
}
"""Who answers, by the path; everything else, /v1/responses among it, is not there."""


def message(play: Provider) -> dict[str, Any]:
    """Anthropic's whole answer."""
    usage = {"input_tokens": 5, "output_tokens": 3}
    said = {"content": [{"type": "text", "text": "".join(play.says)}], "stop_reason": "end_turn", "stop_sequence": None}
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": play.models[0], "usage": usage, **said}


def message_events(play: Provider) -> list[dict[str, Any]]:
    """The same as a stream."""
    start = message(play) | {"content": [], "stop_reason": None, "usage": {"input_tokens": 5, "output_tokens": 1}}
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    told = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}} for text in play.says
    ]
    end = {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}}
    closed = [{"type": "content_block_stop", "index": 0}, end | {"usage": {"output_tokens": 3}}]
    return [{"type": "message_start", "message": start}, block, *told, *closed, {"type": "message_stop"}]


CALLED = {"city": "Paris"}
"""What every tool is called with."""


def tool_use(play: Provider, tool: str) -> dict[str, Any]:
    """Anthropic's answer that calls *tool*."""
    block = {"type": "tool_use", "id": "toolu_1", "name": tool, "input": CALLED}
    return message(play) | {"content": [block], "stop_reason": "tool_use"}


def tool_events(called: dict[str, Any]) -> list[dict[str, Any]]:
    """The same as a stream: the input comes as text, in two pieces."""
    (block,) = called["content"]
    text = json.dumps(block["input"])
    pieces = [{"type": "input_json_delta", "partial_json": each} for each in (text[:5], text[5:])]
    return [
        {"type": "message_start", "message": called | {"content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": block | {"input": {}}},
        *({"type": "content_block_delta", "index": 0, "delta": piece} for piece in pieces),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "tool_use", "stop_sequence": None},
            "usage": called["usage"],
        },
        {"type": "message_stop"},
    ]


def chat_call(asked: dict[str, Any], tool: str) -> dict[str, Any]:
    """OpenAI's answer that calls *tool*, whole or as the one piece of a stream."""
    answer = chat_answer(asked, "", last=True)
    (choice,) = answer["choices"]
    function = {"name": tool, "arguments": json.dumps(CALLED)}
    told = choice.get("delta") or choice["message"]
    told |= {"content": None, "tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": function}]}
    choice["finish_reason"] = "tool_calls"
    return answer


def event(data: dict[str, Any]) -> bytes:
    """One event of a stream, as browsers know it."""
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()


def frame(kind: str, payload: dict[str, Any]) -> bytes:
    """One event of a stream, as AWS has it: lengths, headers, payload and two checksums."""
    named = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
        for name, value in named.items()
    )
    body = json.dumps(payload).encode()
    prelude = struct.pack("!II", 12 + len(headers) + len(body) + 4, len(headers))
    told = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + body
    return told + struct.pack("!I", zlib.crc32(told))


def chat_answer(asked: dict[str, Any], text: str, *, last: bool) -> dict[str, Any]:
    """OpenAI's answer, whole or a piece of it."""
    streamed = bool(asked.get("stream"))
    told = {"role": "assistant", "content": text}
    choice = {"index": 0, "delta" if streamed else "message": told, "finish_reason": "stop" if last else None}
    kind = "chat.completion.chunk" if streamed else "chat.completion"
    usage = {"usage": {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}} if last else {}
    return {"id": "1", "object": kind, "created": 1, "model": asked["model"], "choices": [choice], **usage}


def openai_list(play: Provider) -> dict[str, Any]:
    """The models as Anthropic, OpenAI and OpenRouter list them."""
    return {"object": "list", "data": [{"id": name, "object": "model"} for name in play.models], "has_more": False}


def ollama_list(play: Provider) -> dict[str, Any]:
    """The models as Ollama lists them."""
    return {"models": [{"name": name, "model": name} for name in play.models]}


def bedrock_list(play: Provider) -> dict[str, Any]:
    """The models that a region has."""
    return {"modelSummaries": [{"modelId": name} for name in play.models]}


def profile_list(play: Provider) -> dict[str, Any]:
    """The inference profiles that a region has."""
    return {"inferenceProfileSummaries": [{"inferenceProfileId": name} for name in play.models]}
