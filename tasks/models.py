"""models: what can be deployed, as a table; one model in full; whether its provider has it."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from tasks.core.catalogue import catalogue, models_page
from tasks.core.cli.steps import JSON, WORDS, Task, action, flag_option
from tasks.core.console import console, prompts
from tasks.core.history import history
from tasks.core.http import gateway
from tasks.core.model.errors import GatewayError, Unhealthy, UsageError
from tasks.core.providers import availability, routes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.providers.availability import Checked


OPTIONS = [
    flag_option("check", "ask the providers whether they have the chosen models; costs nothing"),
    flag_option("paid", "with --check: one small request to each, through the gateway; that costs"),
    flag_option("yes", "with --paid: without asking first", "y"),
    JSON,
    WORDS,
]


def task(resolved: Resolved) -> Task:
    """`doit models [NAME…]`. Always shows; nothing is remembered."""
    return {"actions": [(show, [resolved])], "params": OPTIONS, "pos_arg": "names", "meta": {"quiet": True}}


@action
def show(resolved: Resolved, names: Sequence[str], *, as_json: bool, check: bool, paid: bool, yes: bool) -> None:
    """Print the catalogue's models, or those that are named, in full; or what their providers say of them."""
    if check:
        report(check_models(resolved, names, paid=paid, yes=yes), as_json=as_json)
        return
    if paid:
        raise UsageError("--paid goes with --check", "Say: doit models --check --paid")
    known = catalogue.load(resolved.layout)
    today = time.strftime("%Y-%m-%d")
    models = models_page.find_models(known, names)
    width = console.width()
    owned = models_page.find_own(resolved.layout)
    if as_json:
        console.document(models_page.describe_models(models, known, today, owned))
    elif names and known.models.keys() >= set(names):
        cards = ["\n".join(models_page.card_lines(model, known, today, width, owned)) for model in models]
        console.tell("\n\n".join(cards))
    else:
        console.tell("\n".join(models_page.table_lines(models, today, width, owned)))


def check_models(resolved: Resolved, names: Sequence[str], *, paid: bool, yes: bool) -> list[Checked]:
    """What the providers say of the models that are named, else of those that are deployed."""
    models = models_page.find_models(resolved.context.catalogue, names) if names else list(resolved.deployment.models)
    if not models:
        raise UsageError("the gateway that is chosen has models of its own", "Ask it: doit check")
    if not paid:
        providers = resolved.context.catalogue.providers
        own = resolved.findings if resolved.deployment.proxied else {}
        place = routes.find_place(resolved.deployment, models, providers, resolved.layout, own)
        return availability.check(models, providers, place)
    manifest = history.current(resolved.layout)
    if missing := [model.id for model in models if model.id not in manifest.models]:
        raise UsageError(f"the gateway does not serve {', '.join(missing)}", "Deploy them first, or leave out --paid.")
    agree(", ".join(model.id for model in models), yes=yes)
    key = gateway.own_key(resolved.layout, manifest.token_variable)
    return availability.ping(models, manifest.gateway_url, key)


def agree(names: str, *, yes: bool) -> None:
    """Say what will be asked; go on only if that is wanted."""
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
        console.document({"checked": [checked._asdict() for checked in found]})
    else:
        console.tell("\n".join(availability.lines(found, console.width())))
    if failed := [checked.model for checked in found if checked.state == "fail"]:
        error = Unhealthy(f"not to be had: {', '.join(failed)}", "See above why.")
        error.told = as_json
        raise error
