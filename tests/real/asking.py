"""What only tests ask a gateway for: streamed answers, and how many tokens a text has."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tasks.core.http import client, gateway

if TYPE_CHECKING:
    from tasks.core.http.client import Request
    from tasks.core.model.secret import Secret


def ask(url: str, key: Secret, model: str, *, stream: bool = False) -> str:
    """What *model* answers; Answered when that is an error, also in the middle of a stream."""
    if not stream:
        return gateway.ask(url, key, model)
    messages = [{"role": "user", "content": gateway.HELLO}]
    body = {"model": model, "max_tokens": 256, "stream": True, "messages": messages}
    answer = client.stream(request(url, "/v1/messages", key, body))
    text = "".join(line for _, line in answer.lines)
    if answer.status != HTTPStatus.OK:
        raise gateway.Answered(text, "", where=url, status=answer.status)
    assert answer.media_type == "text/event-stream", text
    events = [json.loads(line[5:]) for _, line in answer.lines if line.startswith("data: {")]
    kinds = [event["type"] for event in events]
    if "error" in kinds:
        raise gateway.Answered(text, "", where=url, status=answer.status)
    assert "message_stop" in kinds, text
    return "".join(event["delta"].get("text", "") for event in events if "delta" in event)


def count_tokens(url: str, key: Secret, model: str, text: str) -> int:
    """How many tokens *text* has; LiteLLM estimates where the provider cannot be asked."""
    body = {"model": model, "messages": [{"role": "user", "content": text}]}
    answer = client.send(request(url, "/v1/messages/count_tokens", key, body))
    if answer.status != HTTPStatus.OK:
        raise gateway.Answered(answer.text, "", where=url, status=answer.status)
    return int(answer.json["input_tokens"])


def request(url: str, path: str, key: Secret, body: dict[str, Any]) -> Request:
    """A request to a gateway of this machine."""
    headers = {**gateway.VERSION, "Authorization": f"Bearer {key.reveal()}"}
    return client.Request(url, path, headers, body)
