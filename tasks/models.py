"""models: what can be deployed, as a table; one model in full; whether its provider has it."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

from tasks.core.catalogue import catalogue
from tasks.core.cli.steps import JSON, WORDS, Task, action
from tasks.core.console import console, prompts
from tasks.core.history import history
from tasks.core.http import client, gateway
from tasks.core.litellm import litellm
from tasks.core.model import choices
from tasks.core.model.errors import GatewayError, Unhealthy, UsageError
from tasks.core.providers import availability
from tasks.core.values import environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.catalogue import Catalogue, Model
    from tasks.core.providers.availability import Checked


def _flag(name: str, says: str) -> dict[str, Any]:
    return {"name": name, "long": name, "type": bool, "default": False, "help": says}


OPTIONS = [
    _flag("check", "ask the providers whether they have the chosen models; costs nothing"),
    _flag("paid", "with --check: also one small request to each, through the gateway; that costs"),
    _flag("yes", "with --paid: without asking first"),
]


def task(resolved: Resolved) -> Task:
    """`doit models [NAME…]`. Always shows; nothing is remembered."""
    params = [*OPTIONS, JSON, WORDS]
    return {"actions": [(show, [resolved])], "params": params, "pos_arg": "names", "meta": {"quiet": True}}


@action
def show(resolved: Resolved, names: Sequence[str], *, as_json: bool, check: bool, paid: bool, yes: bool) -> None:
    """Print the catalogue's models, or those that are named, in full; or what their providers say of them."""
    if check:
        report(checked(resolved, names, paid=paid, yes=yes), as_json=as_json)
        return
    if paid:
        raise UsageError("--paid goes with --check", "Say: doit models --check --paid")
    known, today = catalogue.load(resolved.layout), time.strftime("%Y-%m-%d")
    models = chosen(known, names)
    if as_json:
        console.document({"models": [facts(model, known, today) for model in models]})
    elif names:
        console.tell("\n\n".join("\n".join(card(model, known, today, console.width())) for model in models))
    else:
        console.tell("\n".join(table(models, today, console.width())))


def checked(resolved: Resolved, names: Sequence[str], *, paid: bool, yes: bool) -> list[Checked]:
    """What the providers say of the models that are named, else of those that are deployed."""
    models = chosen(resolved.context.catalogue, names) if names else list(resolved.deployment.models)
    if not models:
        raise UsageError("the gateway that is chosen has models of its own", "Ask it: doit health, doit compat")
    if not paid:
        return availability.check(models, resolved.context.catalogue.providers, place(resolved, models))
    manifest = history.current(resolved.layout)
    if missing := [model.id for model in models if model.id not in manifest.models]:
        raise UsageError(f"the gateway does not serve {', '.join(missing)}", "Deploy them first, or leave out --paid.")
    agree(models, yes=yes)
    key = gateway.own_key(resolved.layout, manifest.token_variable)
    return availability.ping(models, manifest.gateway_url, key)


def place(resolved: Resolved, models: Iterable[Model]) -> availability.Place:
    """From where to ask: with the values of the gateway, by its way out of this network."""
    known = resolved.context.catalogue
    providers = [known.providers[name] for name in dict.fromkeys(model.provider for model in models)]
    names = [name for each in providers for name in (*each.needs, *each.optional, each.listing.get("variable"))]
    names += [name for model in models for name in model.needs]
    wanted = [resolved.deployment.variable(name) for name in dict.fromkeys(names) if name]
    found = environment.find(wanted, resolved.layout, os.environ)
    known_here = resolved.findings if resolved.deployment.proxied else {}
    own = {name: each.plain for name, each in known_here.items() if each.plain and name.endswith("_PROXY")}
    route = client.build_route({**os.environ, **own}, resolved.request.choices.ca_bundle)
    program = litellm.find(resolved.layout, os.environ, resolved.request.choices.litellm)
    values = {name: each.plain for name, each in found.items() if each.plain}
    return availability.Place(values, route, program.python if program else None)


def agree(models: Iterable[Model], *, yes: bool) -> None:
    """Say what will be asked; go on only if that is wanted."""
    names = ", ".join(model.id for model in models)
    console.warn(f"One small request is sent to each of {names}; that costs what they cost.")
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("--paid asks first, and there is nobody to ask", "Agree with --yes.")
    if not prompts.wanted("Send them?"):
        raise GatewayError("nothing was sent")


def report(found: Sequence[Checked], *, as_json: bool) -> None:
    """Show it; Unhealthy when a model cannot be had."""
    if as_json:
        console.document({"checked": [each._asdict() for each in found]})
    else:
        rows = [(each.model, each.provider, each.state, each.reason) for each in found]
        console.tell("\n".join(console.lines([("model", "provider", "state", "why"), *rows], console.width())))
    if failed := [each.model for each in found if each.state == "fail"]:
        error = Unhealthy(f"not to be had: {', '.join(failed)}", "See above why.")
        error.told = as_json
        raise error


def chosen(known: Catalogue, names: Iterable[str]) -> list[Model]:
    """The models that are named, in the order of the names; without a name all of them."""
    for name in names:
        if name not in known.models:
            raise choices.unknown("model", name, {each.id: each.name for each in known.models.values()})
    return [known.models[name] for name in names] or list(known.models.values())


def table(models: Iterable[Model], today: str, width: int) -> Iterator[str]:
    """One line per model: id, tier, prices, context, end, what it is."""
    rows: list[tuple[str, ...]] = [("model", "tier", "$ in/out", "context", "ends", "what it is")]
    return console.lines([*rows, *(_row(model, today) for model in models)], width)


def facts(model: Model, known: Catalogue, today: str) -> dict[str, Any]:
    """One model as JSON values (templates/schemas/models.schema.json)."""
    return {
        "id": model.id,
        "name": model.name,
        "description": model.description,
        "publisher": model.publisher,
        "provider": model.provider,
        "regions": list(model.regions),
        "needs": needs(model, known),
        "presets": presets(model, known),
        "tier": model.tier,
        "tools": model.tools,
        "input_tokens": model.limits["input_tokens"],
        "output_tokens": model.limits["output_tokens"],
        "dollars_per_million_input": model.prices.get("input"),
        "dollars_per_million_output": model.prices.get("output"),
        "retires_on": model.retires_on,
        "retired": model.retired(today),
        "replacement": model.replacement,
        "notes": model.notes,
    }


def needs(model: Model, known: Catalogue) -> list[str]:
    """The variables without which it does not answer."""
    provider = known.providers.get(model.provider)
    return list(dict.fromkeys([*(provider.needs if provider else ()), *model.needs]))


def presets(model: Model, known: Catalogue) -> list[str]:
    """The presets that serve it."""
    return [each.id for each in known.presets.values() if model.id in each.models]


def card(model: Model, known: Catalogue, today: str, width: int) -> Iterator[str]:
    """One model in full."""
    end = f"{model.retires_on or 'not known'}{' (ended)' if model.retired(today) else ''}"
    rows = {
        "what it is": model.description,
        "publisher": model.publisher,
        "provider": _provider(model, known),
        "regions": ", ".join(model.regions),
        "tier": model.tier,
        "tools": model.tools,
        "tokens": f"{model.limits['input_tokens']:,} in, {model.limits['output_tokens']:,} out",
        "price": "$ {} in, {} out, per million tokens".format(*model.dollars),
        "ends": end + (f"; {model.replacement} takes its place" if model.replacement else ""),
        "notes": model.notes,
        "needs": ", ".join(needs(model, known)),
        "presets": ", ".join(presets(model, known)),
        "deploy": f"doit deploy --models {model.id}",
    }
    yield f"{model.id}  {model.name}"
    yield from console.lines([(name, text) for name, text in rows.items() if text], width, 2)


def _provider(model: Model, known: Catalogue) -> str:
    found = known.providers.get(model.provider)
    return f"{model.provider}, {found.name}" if found else model.provider


def _row(model: Model, today: str) -> tuple[str, ...]:
    ended = " (ended)" if model.retired(today) else ""
    instead = f" Use {model.replacement}." if model.replacement else ""
    prices = "/".join(model.dollars)
    context = f"{model.limits['input_tokens'] // 1000}k"
    return (model.id, model.tier, prices, context, f"{model.retires_on or '-'}{ended}", model.description + instead)
