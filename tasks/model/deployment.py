"""What the choices come to: models, who serves which tier, LiteLLM's configuration, Claude Code's settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from tasks.model.catalogue import TIERS, Catalogue, Gateway, Model, Preset, Provider, Setting, Variable
from tasks.model.choices import Choices, unknown
from tasks.model.errors import UsageError
from tasks.model.layout import DEFAULT_PORT
from tasks.model.secret import Secret

MOST_OUTPUT = 32000
"""Claude Code asks for this many output tokens of a model it does not know; more than a model has is an error there."""

MOCK = "mock_response"
"""The litellm_param with which LiteLLM answers itself."""

Thing = TypeVar("Thing", Model, Preset, Gateway)

Values = Mapping[str, str | Secret]
"""Variables of the gateway that have a value, by name."""


class Deployment(NamedTuple):
    """Choices and catalogue, settled: everything that rendering needs but the values of variables."""

    choices: Choices
    preset: Preset
    gateway: Gateway
    models: tuple[Model, ...]
    providers: Mapping[str, Provider]
    tiers: Mapping[str, Model]
    variables: Mapping[str, Variable]

    @property
    def port(self) -> int:
        """Where the local process listens."""
        return self.choices.port or self.gateway.port or DEFAULT_PORT

    @property
    def url(self) -> str:
        """Where Claude Code finds the gateway."""
        return self.choices.gateway_url or f"http://127.0.0.1:{self.port}"

    @property
    def needs(self) -> tuple[str, ...]:
        """The variables that must have a value before the gateway can serve."""
        wanted = [*self.gateway.needs]
        for model in self.models:
            wanted += [*self.providers[model.provider].needs, *model.needs]
        return tuple(dict.fromkeys(wanted))

    @property
    def modules(self) -> tuple[str, ...]:
        """The Python modules that LiteLLM needs for these models, beyond its own."""
        return tuple(dict.fromkeys(m for model in self.models for m in self.providers[model.provider].modules))

    @property
    def answered_here(self) -> str | None:
        """A model that costs nothing to ask, because LiteLLM answers it itself."""
        return next((model.id for model in self.models if model.provider == "mock"), None)


def settle(choices: Choices, catalogue: Catalogue) -> Deployment:
    """The deployment that *choices* name; UsageError for a name that is not in the catalogue, or not ready yet."""
    preset = _named("preset", choices.preset, catalogue.presets)
    kind = "custom" if choices.gateway_type == "enterprise" else choices.gateway_type or preset.gateway
    gateway = _named("gateway type", kind, catalogue.gateways)
    for chosen, word in ((preset, "preset"), (gateway, "gateway type")):
        if not chosen.ready:
            ready = ", ".join(p.id for p in catalogue.presets.values() if p.ready)
            raise UsageError(
                f"the {word} {chosen.id!r} is not there yet",
                f"Ready are the presets {ready}, each with a local gateway.",
            )
    models = tuple(_named("model", name, catalogue.models) for name in choices.models or preset.models)
    tiers = {tier: _serving(tier, choices, preset, models) for tier in TIERS}
    return Deployment(choices, preset, gateway, models, catalogue.providers, tiers, catalogue.variables)


def _named(kind: str, name: str, known: Mapping[str, Thing]) -> Thing:
    if name not in known:
        raise unknown(kind, name, {each.id: each.description for each in known.values()})
    return known[name]


def _serving(tier: str, choices: Choices, preset: Preset, models: tuple[Model, ...]) -> Model:
    """The deployed model for *tier*: as asked for, else as the preset has it, else the best of what is deployed."""
    deployed = {model.id: model for model in models}
    asked = getattr(choices, tier)
    if asked is not None and asked not in deployed:
        raise UsageError(
            f"--{tier} {asked!r} is not among the deployed models", f"Deployed are: {', '.join(deployed)}."
        )
    name = asked or preset.tiers.get(tier, "")
    return deployed.get(name) or min(models, key=lambda model: _unfitness(model, tier))


def _unfitness(model: Model, tier: str) -> tuple[bool, bool, int]:
    """Sorts the models for a tier, best first: not superseded, able to call tools, near the tier."""
    return model.replacement is not None, model.tools == "no", abs(TIERS.index(model.tier) - TIERS.index(tier))


def litellm_config(deployment: Deployment) -> dict[str, Any]:
    """LiteLLM's configuration: every model under its id, and Claude's own names led to the models of their tiers.

    Secrets are only ever named (os.environ/NAME). Claude Code asks for some of its built-in names whatever it is
    told, so each family has a pattern, and `claude-*` catches the rest.
    """
    entries = [_entry(model.id, model, deployment) for model in deployment.models]
    patterns = {f"claude-{tier}-*": deployment.tiers[tier] for tier in TIERS} | {"claude-*": deployment.tiers["sonnet"]}
    entries += [_entry(pattern, model, deployment) for pattern, model in patterns.items()]
    entries += [_mocked(model) for model in deployment.models if MOCK in model.params]
    return {"model_list": entries, **deployment.gateway.litellm}


def _entry(name: str, model: Model, deployment: Deployment) -> dict[str, Any]:
    limits = {"rpm": model.limits.get("requests_per_minute"), "tpm": model.limits.get("tokens_per_minute")}
    params = {"model": model.route, **deployment.providers[model.provider].params}
    if model.region and "vertex_location" in params:
        params["vertex_location"] = model.region
    params |= {key: value for key, value in limits.items() if value} | dict(model.params)
    if params.pop(MOCK, None) is not None:
        params |= _own_answer(model, deployment)
    size = {
        "max_input_tokens": model.limits["input_tokens"],
        "max_output_tokens": model.limits["output_tokens"],
    }
    return {"model_name": name, "litellm_params": params, "model_info": size}


def _own_answer(model: Model, deployment: Deployment) -> dict[str, str]:
    """A mocked model asks this gateway itself on /v1/chat/completions, the one place where LiteLLM streams a mock."""
    key = "os.environ/LITELLM_MASTER_KEY"
    return {"model": f"custom_openai/mock-{model.id}", "api_base": f"{deployment.url}/v1", "api_key": key}


def _mocked(model: Model) -> dict[str, Any]:
    """What answers there; a pattern, because patterns are not listed among the models."""
    return {"model_name": f"mock-{model.id}*", "litellm_params": {"model": model.route, **model.params}}


def facts(deployment: Deployment) -> dict[str, str]:
    """What Claude Code's settings are made from."""
    serving = list(deployment.tiers.values())
    return {
        "base_url": deployment.url,
        "main_model": deployment.tiers["sonnet"].id,
        **{f"{tier}_model": model.id for tier, model in deployment.tiers.items()},
        "max_context": str(min(model.limits["input_tokens"] for model in serving)),
        "max_output": str(min(MOST_OUTPUT, *(model.limits["output_tokens"] for model in serving))),
    }


def settings_of(deployment: Deployment) -> tuple[Setting, ...]:
    """The keys of settings.json that join Claude Code to the gateway, with their texts.

    What is secret stays the name of its variable, and what depends on the settings found (no_proxy) stays a fact.
    """
    known = facts(deployment)
    return tuple(
        setting._replace(fact=None, text=known[setting.fact]) if setting.fact in known else setting
        for setting in deployment.gateway.settings
    )
