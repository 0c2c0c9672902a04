"""What LiteLLM has loaded is served only when it is whole, and closed to strangers where they can connect."""

import asyncio
import sys
from types import ModuleType, SimpleNamespace

import pytest

from serve import application as applications


@pytest.fixture
def litellm(monkeypatch):
    """LiteLLM with the models a and b, of which it serves a."""
    proxy = ModuleType("litellm.proxy.proxy_server")
    listed = [{"model_name": "a"}, {"model_name": "b"}]
    proxy.proxy_config = SimpleNamespace(get_config_state=lambda: {"model_list": listed})
    proxy.llm_router = SimpleNamespace(get_model_names=lambda: ["a"])
    proxy.master_key = "sk-0123456789"
    package = ModuleType("litellm.proxy")
    package.proxy_server = proxy
    monkeypatch.setitem(sys.modules, "litellm", ModuleType("litellm"))
    monkeypatch.setitem(sys.modules, "litellm.proxy", package)
    return proxy


def test_a_model_that_it_left_out_is_a_fault_only_where_all_are_wanted(litellm):
    assert applications.find_fault(complete=False, guarded=True) == ""
    assert applications.find_fault(complete=True, guarded=True) == (
        "ModelError: LiteLLM cannot serve b; it says why above"
    )
    litellm.llm_router = None
    assert "cannot serve a, b;" in applications.find_fault(complete=True, guarded=False)


def test_a_configuration_without_models_is_complete(litellm):
    litellm.proxy_config = SimpleNamespace(get_config_state=lambda: {"model_list": None})
    assert applications.find_fault(complete=True, guarded=False) == ""


@pytest.mark.parametrize("key", [None, "", "sk-1234"])
def test_without_a_key_it_is_not_served_to_other_machines(litellm, key):
    litellm.master_key = key
    assert applications.find_fault(complete=False, guarded=False) == ""
    fault = applications.find_fault(complete=False, guarded=True)
    assert fault.startswith("KeyError: others than this machine could connect")


def start(litellm, *, complete):
    """The messages that the server gets from an application that starts, and from one request."""
    sent = []

    async def app(scope, receive, send):
        await send({"type": f"{scope['type']}.startup.complete"})

    async def send(message):
        sent.append(message["type"])

    litellm.app = app
    served = applications.application(complete, False)
    for kind in ("lifespan", "http"):
        asyncio.run(served({"type": kind}, None, send))
    return sent


def test_a_sound_one_starts(litellm):
    assert start(litellm, complete=False) == ["lifespan.startup.complete", "http.startup.complete"]


def test_a_faulty_one_ends_before_it_says_that_it_has_started(litellm, monkeypatch, capsys):
    def leave(code):
        raise SystemExit(code)

    monkeypatch.setattr(applications.os, "_exit", leave)
    with pytest.raises(SystemExit) as caught:
        start(litellm, complete=True)
    assert caught.value.code == 3
    assert capsys.readouterr().err == "ModelError: LiteLLM cannot serve b; it says why above\n"
