"""Rules about models: their providers and routes, their ends, what they can do, and equal ones."""

from __future__ import annotations

import difflib
import functools
import json
from typing import TYPE_CHECKING, Any

from tasks.core.lint.findings import Place, Problem
from tasks.core.model import secret_patterns
from tasks.core.text.documents import keyed_by_text, said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasks.core.lint.config import Config
    from tasks.core.model.catalogue import Model

COMPLETE = frozenset({"anthropic", "bedrock", "gemini", "openai", "vertex_ai", "mistral", "deepseek", "xai"})
"""Providers whose models LiteLLM lists well enough that one which is missing is worth a word."""

MAIN_TIERS = ("opus", "sonnet")
"""Tiers for work; haiku writes titles and summaries."""


def problems(config: Config) -> Iterator[Problem]:
    """Everything about models."""
    own = _own_providers(config)
    for place, params in config.params:
        model = params.get("model")
        if isinstance(model, str) and model and not secret_patterns.holds_secret(model):
            yield from _route(config, (*place, "model"), model, params, own)
            yield from _ended(config, (*place, "model"), model)
            yield from _region(config, (*place, "vertex_location"), model, params)
    yield from _without_tools(config)
    yield from _equal(config)
    yield from _credentials(config)


def _own_providers(config: Config) -> frozenset[str]:
    listed = config.section("litellm_settings").get("custom_provider_map")
    found = (each.get("provider") for each in (listed if isinstance(listed, list) else []) if isinstance(each, dict))
    return frozenset(str(each) for each in found if each)


def _route(
    config: Config, place: Place, model: str, params: Mapping[str, Any], own: frozenset[str]
) -> Iterator[Problem]:
    facts = config.facts
    provider, slash, name = model.partition("/")
    if params.get("custom_llm_provider") or provider in own or model.startswith("os.environ/"):
        return
    if not slash or provider not in facts.providers:
        if model not in facts.bare:
            yield _unknown_provider(config, place, provider, model)
        return
    known = facts.listed.get(provider, {})
    if provider in COMPLETE and not params.get("api_base") and not _open(params, name) and not _listed(known, name):
        near = _near(name, provider, tuple(known))
        hint = f"; did you mean {provider}/{near}?" if near else ""
        yield Problem("unknown-route", place, f"{provider} has no {said(name)} in LiteLLM's list{hint}")


def _unknown_provider(config: Config, place: Place, provider: str, model: str) -> Problem:
    if "/" not in model:
        return Problem(
            "unknown-provider", place, f"{said(model)} names no provider, and LiteLLM's list has no such model"
        )
    near = next(iter(difflib.get_close_matches(provider, sorted(config.facts.providers), n=1, cutoff=0.7)), None)
    hint = f"; did you mean {near}?" if near else ""
    return Problem("unknown-provider", place, f"LiteLLM has no provider {said(provider)}{hint}")


def _open(params: Mapping[str, Any], name: str) -> bool:
    """Whether anything may stand there: a pattern, a mock, an ARN, an endpoint or a deployment of one's own."""
    own = "*" in name or "/" in name or name.startswith(("arn:", "ft:")) or name.isdecimal()
    return own or "mock_response" in params or "base_model" in params


def _listed(known: Mapping[str, str], name: str) -> bool:
    """Whether LiteLLM's list has a model, with or without a region, a date or a version."""
    return name in known or name.partition("@")[0] in known or name.removesuffix("@latest") in known


def _ended(config: Config, place: Place, model: str) -> Iterator[Problem]:
    known = _known(config, model)
    if known:
        if known.retired(config.around.today):
            fix = f"Take {known.replacement}." if known.replacement else ""
            yield Problem("model-ended", place, f"{model} ended on {known.retires_on}", fix=fix)
        return
    provider, _, name = model.partition("/")
    listed = config.facts.listed.get(provider, {})
    end = listed.get(name) or listed.get(name.partition("@")[0]) or ""
    if end and end <= config.around.today:
        yield Problem("model-ended", place, f"{model} ended on {end}, by LiteLLM's list")


def _region(config: Config, place: Place, model: str, params: Mapping[str, Any]) -> Iterator[Problem]:
    known, region = _known(config, model), params.get("vertex_location")
    if known and known.regions and isinstance(region, str) and region not in known.regions and "/" not in region:
        regions = ", ".join(known.regions)
        yield Problem("other-region", place, f"{model} is served in {regions}, not in {said(region)}")


def _known(config: Config, model: str) -> Model | None:
    return config.facts.models.get(model)


def _without_tools(config: Config) -> Iterator[Problem]:
    """Main tiers that a model serves which is known to call no tools."""
    names = config.around.tiers or {tier: f"claude-{tier}-" for tier in MAIN_TIERS}
    told: set[int] = set()
    for tier in MAIN_TIERS:
        for number in config.group_of(names.get(tier, "")):
            params = config.data["model_list"][number].get("litellm_params")
            model = params.get("model") if isinstance(params, dict) else None
            known = _known(config, model) if isinstance(model, str) else None
            if known and known.tools == "no" and number not in told:
                told.add(number)
                place = ("model_list", number, "litellm_params", "model")
                yield Problem("no-tools", place, f"{model} cannot call tools, and serves the {tier} tier")


def _equal(config: Config) -> Iterator[Problem]:
    """Entries that are the same all through, and ids that two entries have."""
    seen: dict[str, int] = {}
    ids: dict[str, int] = {}
    for number, entry in config.entries:
        whole = json.dumps(keyed_by_text(entry), sort_keys=True, default=str)
        first = seen.setdefault(whole, number)
        if first != number and "model_name" in entry:
            yield Problem("duplicate-deployment", ("model_list", number), f"is equal to model_list[{first}]")
        info = entry.get("model_info")
        own = info.get("id") if isinstance(info, dict) else None
        if isinstance(own, str | int) and ids.setdefault(str(own), number) != number:
            place = ("model_list", number, "model_info", "id")
            yield Problem("duplicate-id", place, f"model_list[{ids[str(own)]}] has the same id")


def _credentials(config: Config) -> Iterator[Problem]:
    if config.data.get("include"):
        return
    listed = config.data.get("credential_list")
    found = (each for each in (listed if isinstance(listed, list) else []) if isinstance(each, dict))
    names = {str(each.get("credential_name")) for each in found}
    for place, params in config.params:
        name = params.get("litellm_credential_name")
        if isinstance(name, str) and name not in names:
            yield Problem("unknown-credential", (*place, "litellm_credential_name"), f"there is no {said(name)}")


@functools.cache
def _near(name: str, provider: str, known: tuple[str, ...]) -> str | None:  # noqa: ARG001 - part of the cache's key
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.7)), None)
