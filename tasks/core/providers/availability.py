"""Does a provider have a model, and may this account use it? Asked with the lists that cost nothing.

Where a list takes credentials that only a cloud's own library can find (AWS's chain, Google's), the Python of the
gateway's LiteLLM asks, which has those libraries; without it such models are skipped.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.console import console
from tasks.core.http import client, gateway
from tasks.core.model.catalogue import PLACEHOLDER
from tasks.core.model.errors import GatewayError, Unhealthy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasks.core.model.catalogue import Model, Provider
    from tasks.core.model.secret import Secret

PROBE = Path(__file__).with_name("cloud_lists.py")
PATIENCE = 120
"""Seconds for a cloud's library to find its credentials and ask."""
VARIABLE = "os.environ/"
LISTED = {"data": "id", "models": "name"}
"""Under what the answers have their lists, and what the name of a model is called there."""
PUBLISHERS = {"claude-": "anthropic", "gemini-": "google", "codestral": "mistralai", "mistral": "mistralai"}
"""Who publishes a model of Vertex AI whose route does not say so."""
EVERYWHERE = "global"
"""The location that stands in no name of a host."""
REFUSALS = {401: "the key is refused", 403: "this account may not do that", 429: "too many requests; try again later"}


class Checked(NamedTuple):
    """What is known of one model: ok, fail or skip, why, and the locations for which that was found out."""

    model: str
    provider: str
    state: str
    reason: str
    regions: tuple[str, ...] = ()


class Place(NamedTuple):
    """Where to ask from: the values of the providers' variables, the environment, the way out, LiteLLM's Python."""

    values: Mapping[str, str]
    way: client.Wire
    python: Path | None


def check(models: Iterable[Model], providers: Mapping[str, Provider], place: Place) -> list[Checked]:
    """Every model, in order; each provider is asked once. Never raises for what a provider does."""
    wanted = list(models)
    found: dict[str, Checked] = {}
    for name in dict.fromkeys(model.provider for model in wanted):
        of_it = [model for model in wanted if model.provider == name]
        found |= {each.model: each for each in _of_provider(of_it, providers[name], place)}
    return [found[model.id] for model in wanted]


def ping(models: Iterable[Model], url: str, key: Secret) -> list[Checked]:
    """One small request to each through the gateway at *url*; it costs what the models cost."""
    return [_pinged(model, url, key) for model in models]


def called(model: Model, values: Mapping[str, str]) -> str:
    """What its provider calls a model; empty when the variable that says so is not set."""
    if model.route.startswith(VARIABLE):
        return _value(model.route, values)
    return model.route.partition("/")[2]


def hosts(provider: Provider, values: Mapping[str, str], regions: Iterable[str]) -> list[str]:
    """Where *provider* is asked for models of *regions*; an empty one is that of the variable."""
    if not provider.hosts:
        return [base] if (base := _base(provider, values)) else []
    known = [_located(url, each, values) for each in regions for url in provider.hosts]
    return [url.replace(f"//{EVERYWHERE}-", "//") for url in dict.fromkeys(known)]


def _located(url: str, region: str, values: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda name: region or values.get(name[1], ""), url)


def _base(provider: Provider, values: Mapping[str, str]) -> str:
    """The address below which a provider has its list: as its parameters, its variable or its template say."""
    told = _value(str(provider.params.get("api_base", "")), values)
    return told or values.get(provider.listing.get("variable", ""), "") or provider.listing.get("base", "")


def _value(text: str, values: Mapping[str, str]) -> str:
    """*text*, or the value of the variable that it names as LiteLLM's configuration does."""
    return values.get(text.removeprefix(VARIABLE), "") if text.startswith(VARIABLE) else text


def _of_provider(models: list[Model], provider: Provider, place: Place) -> list[Checked]:
    if not provider.listing:
        return [Checked(m.id, provider.id, "ok", "answered by LiteLLM itself") for m in models]
    needed = dict.fromkeys([*provider.needs, *(name for model in models for name in model.needs)])
    if missing := [name for name in needed if not place.values.get(name)]:
        return [Checked(m.id, provider.id, "skip", f"{', '.join(missing)} is not set") for m in models]
    try:
        if "cloud" in provider.listing:
            return _in_cloud(models, provider, place)
        names = _names(provider, place)
    except GatewayError as error:
        return [Checked(m.id, provider.id, "fail", error.problem) for m in models]
    return [_judged(model, names, provider, place.values) for model in models]


def _judged(model: Model, names: set[str], provider: Provider, values: Mapping[str, str]) -> Checked:
    name = called(model, values)
    if {name, f"{name}:latest"} & names:
        return Checked(model.id, provider.id, "ok", f"{provider.name} lists {name}")
    return Checked(model.id, provider.id, "fail", f"{provider.name} does not list {name}")


def _names(provider: Provider, place: Place) -> set[str]:
    """The models that a provider lists; GatewayError when it does not answer, or refuses."""
    listing, values = provider.listing, place.values
    base = _base(provider, values)
    headers = dict(_header(line, values) for line in listing.get("headers", ()))
    headers = {name: text for name, text in headers.items() if text}
    answer = place.way._replace(url=base.rstrip("/")).ask(listing["path"], headers)
    if answer.status != 200:  # noqa: PLR2004
        raise Unhealthy(
            f"{provider.name}: {REFUSALS.get(answer.status, f'answers with HTTP {answer.status}')}", where=base
        )
    said = answer.error
    lists = [(said.get(key), name) for key, name in LISTED.items()] if isinstance(said, dict) else []
    return {
        str(each.get(name))
        for items, name in lists
        if isinstance(items, list)
        for each in items
        if isinstance(each, dict)
    }


def _header(line: str, values: Mapping[str, str]) -> tuple[str, str]:
    """A header with its variables filled in; empty when one of them is not set."""
    name, _, text = line.partition(":")
    if not all(values.get(each) for each in PLACEHOLDER.findall(text)):
        return name, ""
    return name, PLACEHOLDER.sub(lambda match: values[match[1]], text.strip())


def _in_cloud(models: list[Model], provider: Provider, place: Place) -> list[Checked]:
    if place.python is None:
        why = "LiteLLM, whose libraries find the credentials, is not installed: doit litellm"
        return [Checked(m.id, provider.id, "skip", why) for m in models]
    asks = {model.id: _question(model, place.values) for model in models}
    wanted = {*provider.needs, *provider.optional, *(name for model in models for name in model.needs)}
    own = {name: value for name, value in place.values.items() if name in wanted}  # no key of another provider
    answers = _probed({"cloud": provider.listing["cloud"], "asks": asks}, place._replace(values=own))
    return [Checked(m.id, provider.id, *answers[m.id], regions=(asks[m.id]["region"],)) for m in models]


def _question(model: Model, values: Mapping[str, str]) -> dict[str, str]:
    name = called(model, values)
    publisher, _, bare = name.rpartition("/")
    known = next((whose for start, whose in PUBLISHERS.items() if bare.startswith(start)), "google")
    region = model.region or values.get("VERTEX_LOCATION" if model.provider == "vertex_ai" else "AWS_REGION", "")
    return {"name": bare, "publisher": publisher or known, "region": region}


def _probed(question: Mapping[str, Any], place: Place) -> dict[str, tuple[str, str]]:
    """What the clouds' own libraries find out: per model its state and the reason."""
    command = [str(place.python), str(PROBE)]
    environ = {**place.way.environ, **place.values}
    try:
        done = subprocess.run(
            command,
            input=json.dumps(question),
            env=environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        answers = json.loads(done.stdout)
        return {name: (str(answers[name][0]), str(answers[name][1])) for name in question["asks"]}
    except subprocess.TimeoutExpired:
        raise Unhealthy(f"no answer within {PATIENCE} s") from None
    except (OSError, ValueError, LookupError, TypeError):
        raise Unhealthy(
            "the Python of LiteLLM cannot ask", "Install it again: doit litellm", where=command[0]
        ) from None


def _pinged(model: Model, url: str, key: Secret) -> Checked:
    try:
        said = gateway.ask(url, key, model.id)
    except GatewayError as error:
        return Checked(model.id, model.provider, "fail", error.problem)
    return Checked(model.id, model.provider, "ok", f"says: {console.printable(said)[:60]}")
