"""The presets for people with one key: each answers through the real LiteLLM, calls tools, and streams.

Who asks is a client with Claude Code's requests, and Claude Code itself. The providers are servers on this machine.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from asking import request
from deployed import TIERS, Served, clear, led_to
from providers import CALLED, provider
from vertex import PIECES, TOKEN, vertex

from tasks.core.http import client, gateway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

pytestmark = [pytest.mark.real, pytest.mark.sample(1)]

KEYS = {
    "anthropic": ("ANTHROPIC_API_KEY", "sk-ant-a-key-of-the-tests"),
    "openai": ("OPENAI_API_KEY", "sk-a-key-of-the-tests"),
    "openrouter": ("OPENROUTER_API_KEY", "sk-or-a-key-of-the-tests"),
    "gemini": ("GEMINI_API_KEY", TOKEN),
    "deepseek": ("DEEPSEEK_API_KEY", "sk-another-key-of-the-tests"),
}
"""The one key that each preset needs."""
BASES = {
    "openai": ("OPENAI_API_BASE", "/v1"),
    "openrouter": ("OPENROUTER_API_BASE", "/v1"),
    "gemini": ("GEMINI_API_BASE", ""),
    "deepseek": ("DEEPSEEK_API_BASE", "/v1"),
}
"""The variable that leads LiteLLM to the server of the tests; Anthropic's is led there by its template."""
SAYS = {"gemini": "".join(PIECES)}
WEATHER = {
    "name": "weather",
    "description": "The weather in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture(scope="module", params=KEYS)
def served(request, tmp_path_factory, litellm_executable) -> Iterator[Served]:
    """A preset, deployed with nothing but its key, and the server that it asks."""
    preset = request.param
    with server(preset) as asked:
        made = Served(tmp_path_factory.mktemp(preset), litellm_executable, "--preset", preset)
        made.preset, made.server = preset, asked
        if preset == "anthropic":
            led_to(made.box.project / "templates" / "providers" / "anthropic.yaml", asked.url)
        name, key = KEYS[preset]
        made.box.extra |= {name: key}
        if preset == "openrouter":
            made.box.extra["OPENROUTER_MODEL"] = "maker/model"
        led = {}
        if preset in BASES:
            variable, path = BASES[preset]
            led[variable] = f"{asked.url}{path}"
        try:
            made.start(**led)
            yield made
        finally:
            clear(made.folder)


def server(preset: str) -> AbstractContextManager[Any]:
    """Who answers for *preset*, in the provider's own protocol."""
    if preset == "gemini":
        return vertex()
    return provider(preset)


def test_each_tier_answers_calls_a_tool_and_streams_and_so_it_does_for_claude_code(served, claude):
    said = SAYS.get(served.preset, f"This is {served.preset}.")
    for name in TIERS:
        assert served.ask(name) == said
        assert served.ask(name, stream=True) == said
    served.server.calls = True
    for stream in (False, True):
        call = called_tool(served, stream=stream)
        assert (call["name"], call["input"]) == ("weather", CALLED)
    served.server.calls = False
    assert served.claude(claude, "--tools", "") == said
    shown = {seen.token for seen in served.server.asked()} if served.preset == "gemini" else keys_shown(served)
    assert shown == {KEYS[served.preset][1]}


def called_tool(served: Served, *, stream: bool) -> dict[str, Any]:
    """The one tool that the sonnet tier calls, with its input."""
    question = [{"role": "user", "content": "How is the weather in Paris?"}]
    body = {"model": TIERS[1], "max_tokens": 256, "messages": question, "tools": [WEATHER], "stream": stream}
    asking = request(served.url, "/v1/messages", gateway.own_key(served.layout), body)
    if not stream:
        blocks = client.send(asking).json["content"]
        (call,) = [block for block in blocks if block["type"] == "tool_use"]
        return call
    lines = [line for _, line in client.stream(asking).lines]
    events = [json.loads(line[5:]) for line in lines if line.startswith("data: {")]
    (call,) = [each["content_block"] for each in events if each.get("content_block", {}).get("type") == "tool_use"]
    pieces = [each["delta"].get("partial_json", "") for each in events if each["type"] == "content_block_delta"]
    return call | {"input": json.loads("".join(pieces))}


def keys_shown(served: Served) -> set[str]:
    """The keys with which the provider was asked for answers."""
    headers = [seen.headers for seen in served.server.asked() if seen.method == "POST"]
    return {each.get("x-api-key") or each["authorization"].removeprefix("Bearer ") for each in headers}
