"""Does a provider have a model, and may this account use it? Its lists cost nothing.

Where a list takes credentials that only a cloud's own library can find (AWS's chain, Google's), the
Python of the gateway's LiteLLM asks, which has those libraries; without it such models are skipped.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.console import console
from tasks.core.disk import programs
from tasks.core.http import client, gateway
from tasks.core.model.catalogue import PLACEHOLDER
from tasks.core.model.errors import GatewayError, Unhealthy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tasks.core.model.catalogue import Model, Provider
    from tasks.core.model.secret import Secret

PROBE = Path(__file__).with_name("cloud_lists.py")
PATIENCE = 120
"""Seconds for a cloud's library to find its credentials and ask."""
VARIABLE = "os.environ/"
LISTED = {"data": "id", "models": "name"}
"""Under what the answers have their lists, and what the name of a model is called there."""
PUBLISHERS = {
    "claude-": "anthropic",
    "gemini-": "google",
    "codestral": "mistralai",
    "mistral": "mistralai",
}
"""Who publishes a model of Vertex AI whose route does not say so."""
EVERYWHERE = "global"
"""The location that stands in no name of a host."""
REFUSALS = {
    401: "the key is refused",
    403: "this account may not do that",
    429: "too many requests; try again later",
}


class Checked(NamedTuple):
    """What is known of one model: ok, fail or skip, why, and for which locations."""

    model: str
    provider: str
    state: str
    reason: str
    regions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where to ask from: the values of the variables, the route, and LiteLLM's Python."""

    values: Mapping[str, str] = field(repr=False)
    route: client.Route
    python: Path | None


def check(
    models: Iterable[Model],
    providers: Mapping[str, Provider],
    place: Place,
) -> list[Checked]:
    """Every model, in order; each provider is asked once. Never raises for what a provider does."""
    wanted = list(models)
    by_provider: dict[str, list[Model]] = {}
    for model in wanted:
        by_provider.setdefault(model.provider, []).append(model)
    found: dict[str, Checked] = {}
    for name, its_models in by_provider.items():
        for checked in _check_provider(its_models, providers[name], place):
            found[checked.model] = checked
    return [found[model.id] for model in wanted]


def ping(models: Iterable[Model], url: str, key: Secret) -> list[Checked]:
    """One small request to each through the gateway at *url*; it costs what the models cost."""
    return [_ping(model, url, key) for model in models]


def lines(found: Iterable[Checked], width: int) -> Iterator[str]:
    """A table of what is known, for a person."""
    headings = ("model", "provider", "state", "why")
    rows = [(checked.model, checked.provider, checked.state, checked.reason) for checked in found]
    return console.lines([headings, *rows], width)


def find_variables(models: Sequence[Model], providers: Mapping[str, Provider]) -> list[str]:
    """The variables that say where *models* are, and let us in."""
    names: dict[str, None] = {}
    for model in models:
        provider = providers[model.provider]
        names |= dict.fromkeys([*provider.needs, *provider.optional])
        names[provider.listing.get("variable", "")] = None
    for model in models:
        names |= dict.fromkeys(model.needs)
    return [name for name in names if name]


def called(model: Model, values: Mapping[str, str]) -> str:
    """What its provider calls a model; empty when the variable that says so is not set."""
    if model.route.startswith(VARIABLE):
        return _value(model.route, values)
    return model.route.partition("/")[2]


def hosts(provider: Provider, values: Mapping[str, str], regions: Iterable[str]) -> list[str]:
    """Where *provider* is asked for models of *regions*; an empty one is that of the variable."""
    if not provider.hosts:
        return list(filter(None, [_find_base(provider, values)]))
    found = [_fill_in(url, region, values) for region in regions for url in provider.hosts]
    return [url.replace(f"//{EVERYWHERE}-", "//") for url in dict.fromkeys(found)]


def _fill_in(url: str, region: str, values: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda name: region or values.get(name[1], ""), url)


def _find_base(provider: Provider, values: Mapping[str, str]) -> str:
    """The address below which a provider has its list, by its parameters, variable or template."""
    if base := _value(str(provider.params.get("api_base", "")), values):
        return base
    return values.get(provider.listing.get("variable", "")) or provider.listing.get("base", "")


def _value(text: str, values: Mapping[str, str]) -> str:
    """*text*, or the value of the variable that it names as LiteLLM's configuration does."""
    if text.startswith(VARIABLE):
        return values.get(text.removeprefix(VARIABLE), "")
    return text


def _check_provider(models: list[Model], provider: Provider, place: Place) -> list[Checked]:
    if not provider.listing:
        return _say_of_all(models, "ok", "answered by LiteLLM itself")
    needed = dict.fromkeys([*provider.needs, *_needs(models)])
    if missing := [name for name in needed if not place.values.get(name)]:
        return _say_of_all(models, "skip", f"{', '.join(missing)} is not set")
    try:
        if "cloud" in provider.listing:
            return _check_cloud(models, provider, place)
        names = _list_names(provider, place)
    except GatewayError as error:
        return _say_of_all(models, "fail", error.problem)
    return [_look_up(model, names, provider, place.values) for model in models]


def _say_of_all(models: list[Model], state: str, reason: str) -> list[Checked]:
    return [Checked(model.id, model.provider, state, reason) for model in models]


def _needs(models: list[Model]) -> list[str]:
    return [name for model in models for name in model.needs]


def _look_up(
    model: Model,
    names: set[str],
    provider: Provider,
    values: Mapping[str, str],
) -> Checked:
    name = called(model, values)
    # Ollama adds the tag, Google the kind.
    if {name, f"{name}:latest", f"models/{name}"} & names:
        return Checked(model.id, provider.id, "ok", f"{provider.name} lists {name}")
    return Checked(model.id, provider.id, "fail", f"{provider.name} does not list {name}")


def _list_names(provider: Provider, place: Place) -> set[str]:
    """The models that a provider lists; GatewayError when it does not answer, or refuses."""
    base = _find_base(provider, place.values)
    headers = _fill_headers(provider.listing.get("headers", ()), place.values)
    request = client.Request(base, provider.listing["path"], headers, route=place.route)
    answer = client.send(request)
    if answer.status != HTTPStatus.OK:
        reason = REFUSALS.get(answer.status, f"answers with HTTP {answer.status}")
        raise Unhealthy(f"{provider.name}: {reason}", where=base)
    return set(_read_names(answer.json))


def _read_names(listing: object) -> Iterator[str]:
    """The names in a list of one of the known forms; what has another form is left out."""
    if not isinstance(listing, dict):
        return
    for key, name in LISTED.items():
        models = listing.get(key)
        if isinstance(models, list):
            yield from (str(model.get(name)) for model in models if isinstance(model, dict))


def _fill_headers(lines: Iterable[str], values: Mapping[str, str]) -> dict[str, str]:
    """The headers with their variables filled in, without those of which a variable is not set."""
    headers = {}
    for line in lines:
        name, _, text = line.partition(":")
        if all(values.get(variable) for variable in PLACEHOLDER.findall(text)):
            headers[name] = PLACEHOLDER.sub(lambda match: values[match[1]], text.strip())
    return headers


def _check_cloud(models: list[Model], provider: Provider, place: Place) -> list[Checked]:
    if place.python is None:
        why = "LiteLLM, whose libraries find the credentials, is not installed: doit litellm"
        return _say_of_all(models, "skip", why)
    asks = {model.id: _question(model, place.values) for model in models}
    # no key of another provider gets there
    wanted = {*provider.needs, *provider.optional, *_needs(models)}
    own = {name: value for name, value in place.values.items() if name in wanted}
    question = {"cloud": provider.listing["cloud"], "asks": asks}
    answers = _ask_cloud(question, replace(place, values=own))
    found = []
    for model in models:
        state, reason = answers[model.id]
        regions = (asks[model.id]["region"],)
        found.append(Checked(model.id, provider.id, state, reason, regions))
    return found


def _question(model: Model, values: Mapping[str, str]) -> dict[str, str]:
    """What the clouds' program wants to know of one model."""
    publisher, _, name = called(model, values).rpartition("/")
    variable = "AWS_REGION"
    if model.provider == "vertex_ai":
        variable = "VERTEX_LOCATION"
    region = model.region or values.get(variable, "")
    return {"name": name, "publisher": publisher or _find_publisher(name), "region": region}


def _find_publisher(name: str) -> str:
    for start, publisher in PUBLISHERS.items():
        if name.startswith(start):
            return publisher
    return "google"


def _ask_cloud(question: Mapping[str, Any], place: Place) -> dict[str, tuple[str, str]]:
    """What the clouds' own libraries find out: per model its state and the reason."""
    command = [str(place.python), str(PROBE)]
    try:
        done = programs.run(
            command,
            programs.sealed({**place.route.environ, **place.values}),
            data=json.dumps(question).encode(),
            patience=PATIENCE,
        )
        answers = json.loads(done.stdout)
        return {model: _read_answer(answers[model]) for model in question["asks"]}
    except TimeoutError:
        raise Unhealthy(f"no answer within {PATIENCE} s") from None
    except (OSError, ValueError, LookupError, TypeError):
        problem = "the Python of LiteLLM cannot ask"
        raise Unhealthy(problem, "Install it again: doit litellm", where=command[0]) from None


def _read_answer(answer: Sequence[object]) -> tuple[str, str]:
    return str(answer[0]), str(answer[1])


def _ping(model: Model, url: str, key: Secret) -> Checked:
    try:
        said = gateway.ask(url, key, model.id)
    except GatewayError as error:
        return Checked(model.id, model.provider, "fail", error.problem)
    return Checked(model.id, model.provider, "ok", f"says: {console.printable(said)[:60]}")
