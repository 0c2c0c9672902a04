"""LiteLLM's configuration, as a deployment wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.core.model import upstream
from tasks.core.model.answering import find_patterns

if TYPE_CHECKING:
    from tasks.core.model.catalogue import Model
    from tasks.core.model.deployment import Deployment

MOCK = "mock_response"
"""The litellm_param with which LiteLLM answers itself."""


def litellm_config(deployment: Deployment) -> dict[str, Any]:
    """LiteLLM's configuration: every model under its id, and Claude's own names led to the models of their tiers.

    Secrets are only ever named (os.environ/NAME). Claude Code asks for some of its built-in names whatever it is
    told, so each family has a pattern, and `claude-*` catches the rest.
    """
    if deployment.upstream:
        return {"model_list": upstream.entries(deployment.names, deployment.upstream), **deployment.gateway.litellm}
    entries = [_limited(_entry(model.id, upstream.Turn(model), deployment), model) for model in deployment.models]
    shared = {**deployment.groups, **find_patterns(deployment)}
    entries += [_entry(name, turn, deployment) for name, turns in shared.items() for turn in turns]
    entries += [_mocked(model) for model in deployment.models if MOCK in model.params]
    return {"model_list": entries, **deployment.gateway.litellm, **_router(deployment)}


def _router(deployment: Deployment) -> dict[str, Any]:
    """The router's settings, with what the groups need, where they need something."""
    more = upstream.router_settings(deployment.preset, deployment.served, deployment.groups)
    return {"router_settings": {**deployment.gateway.litellm.get("router_settings", {}), **more}} if more else {}


def _entry(name: str, turn: upstream.Turn, deployment: Deployment) -> dict[str, Any]:
    model = turn.model
    params = {"model": model.route, **deployment.providers[model.provider].params}
    if model.region and "vertex_location" in params:
        params["vertex_location"] = model.region
    params |= {key: value for key, value in (("order", turn.order), ("weight", turn.weight)) if value}
    params |= {**deployment.gateway.params, **model.params}
    if params.pop(MOCK, None) is not None:
        params |= _own_answer(model, deployment)
    size = {
        "max_input_tokens": model.limits["input_tokens"],
        "max_output_tokens": model.limits["output_tokens"],
    }
    return {"model_name": name, "litellm_params": params, "model_info": size}


def _limited(entry: dict[str, Any], model: Model) -> dict[str, Any]:
    """*entry* with the limits of its provider; under further names they would be counted a second time."""
    limits = {"rpm": model.limits.get("requests_per_minute"), "tpm": model.limits.get("tokens_per_minute")}
    entry["litellm_params"] |= {key: value for key, value in limits.items() if value}
    return entry


def _own_answer(model: Model, deployment: Deployment) -> dict[str, str]:
    """A mocked model asks this gateway itself on /v1/chat/completions, the one place where LiteLLM streams a mock."""
    key = "os.environ/LITELLM_MASTER_KEY"
    return {"model": f"custom_openai/mock-{model.id}", "api_base": f"{deployment.url}/v1", "api_key": key}


def _mocked(model: Model) -> dict[str, Any]:
    """What answers there; a pattern, because patterns are not listed among the models."""
    return {"model_name": f"mock-{model.id}*", "litellm_params": {"model": model.route, **model.params}}
