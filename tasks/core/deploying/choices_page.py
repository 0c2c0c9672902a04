"""The choices in force, each with where it comes from; and those that are not deployed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tasks.core.catalogue import own
from tasks.core.console import console
from tasks.core.deploying import command
from tasks.core.model.catalogue import TIERS
from tasks.core.model.choices import Choices, option_of
from tasks.core.model.errors import GatewayError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.deploying.remembered import Remembered
    from tasks.core.deploying.request import Request
    from tasks.core.deploying.resolve import Resolved

OF_PRESET = ("gateway_type", "models", *TIERS, "topology", "auth")
"""The choices that a preset makes unless they are typed."""


def lines(resolved: Resolved, width: int) -> Iterator[str]:
    """A line for each choice: its option, where its value comes from, and the value."""
    yield f"Choices for the gateway in {resolved.layout.gateway}"
    rows = _find_rows(resolved)
    yield from console.lines(rows, width, 2)
    yield from _list_own(resolved)
    yield "To drop one: its option with the word none, as in doit deploy --proxy none"


def _list_own(resolved: Resolved) -> Iterator[str]:
    """The folders of own templates, and what of the deployment is from them."""
    for folder in own.list_folders(resolved.layout):
        yield f"Own templates in {console.printable(str(folder))}"
    try:
        used = resolved.own_templates
    except GatewayError:  # the step that needs it says why
        return
    if used:
        yield f"  chosen of them: {own.describe(used)}"


def _find_rows(resolved: Resolved) -> list[tuple[str, str, str]]:
    request = resolved.request
    given = _find_given(resolved)
    rows = []
    for name in Choices._fields:
        value = getattr(
            request.choices,
            name,
        )
        if value is None:
            value = given.get(name)
        row = (
            option_of(name),
            find_origin(request, name),
            _show(value),
        )
        rows.append(row)
    return rows


def describe_pending(
    known: Remembered | None,
    planned: Choices | None = None,
) -> str:
    """What was chosen and is not deployed, when, and how to deploy it.

    "" when that is nothing, or just what was *planned*.
    """
    if known is None or known.chosen is None:
        return ""
    if known.chosen.choices == planned and not known.chosen.is_kept:
        return ""
    before = Choices()
    if known.deployed:
        before = known.deployed.choices
    chosen = known.chosen
    words = command.spell_changes(
        before,
        chosen.choices,
    )
    since = f"{words} chosen at {chosen.time}, not deployed"
    if chosen.is_kept:
        return f"{since}; deploy it: doit deploy"
    return f"{since}; try again: doit deploy {words}"


def find_origin(request: Request, name: str) -> str:
    """Where the choice *name* comes from.

    In order of precedence.
    """
    if name in request.typed:
        return "this command line"
    if getattr(request.choices, name) is None:
        return "preset" if name in OF_PRESET else "default"
    memory = find_memory(request, name)
    if memory:
        return memory
    if request.profile:
        return f"profile {request.profile}"
    return "default"


def find_memory(request: Request, name: str) -> str:
    """Since when the choice *name* is remembered.

    "" when it is not.
    """
    known = request.remembered
    if known is None or name in request.typed:
        return ""
    value = getattr(
        request.choices,
        name,
    )
    deployed = known.deployed
    if deployed and value == getattr(deployed.choices, name):
        revision = f"revision {deployed.revision}"
        return f"deployed, {revision} of {deployed.time}"
    chosen = known.chosen
    if chosen and value == getattr(chosen.choices, name):
        return f"chosen at {chosen.time}, not deployed"
    return ""


@contextmanager
def explained(request: Request) -> Iterator[None]:
    """Around what may fail for a choice of *request* (see explain)."""
    try:
        yield
    except GatewayError as error:
        explain(request, error)
        raise


def explain(request: Request, error: GatewayError) -> None:
    """Say of each choice that *error* names that it is remembered, and how to drop it.

    A choice that was typed is not remembered.
    """
    said = str(error)
    chosen = request.choices.to_json()
    chosen.pop("preset")
    for name, value in chosen.items():
        memory = find_memory(request, name)
        if memory and _is_named(value, said):
            option = option_of(name)
            drop = f"doit deploy {option} none"
            error.remedy += f"\n  {option} is remembered ({memory})."
            if drop not in said:
                error.remedy += f" To drop it: {drop}"
    _explain_own(request, said, error)


def _explain_own(
    request: Request,
    said: str,
    error: GatewayError,
) -> None:
    """Say of each name in *error* that is not known where the own template was that it is from."""
    known = request.remembered
    deployed = known.deployed if known else None
    if deployed is None:
        return
    for name, path in deployed.own_templates.items():
        _, _, file = name.rpartition("/")
        stem = file.removesuffix(own.SUFFIX)
        if "there is no" in said and repr(stem) in said:
            advice = "restore that, or name another one"
            error.remedy += f"\n  {stem} was deployed from {path}, which is not used now: {advice}"


def _is_named(
    value: object,
    said: str,
) -> bool:
    """Whether a message names a choice."""
    values = [value]
    if isinstance(value, list):
        values = value
    return any(str(one) in said for one in values)


def _find_given(resolved: Resolved) -> dict[str, object]:
    """What the preset, the kind of gateway and this machine give; nothing when that is invalid."""
    try:
        deployment = resolved.deployment
    except GatewayError:
        return {}
    found: dict[str, object] = {
        "gateway_type": deployment.gateway.id,
        "gateway_url": deployment.url,
        "models": [
            model.id  # in order
            for model in deployment.models
        ],
        "auth": deployment.auth,
        "target": str(resolved.layout.gateway),
        "scope": "user",
    }
    found |= deployment.names
    if deployment.gateway.process:
        found["listen"] = deployment.listen
        found["port"] = deployment.port
    return found


def _show(value: object) -> str:
    if not value:
        return "none"
    if isinstance(
        value,
        (list, tuple),
    ):
        return ", ".join(value)
    return console.printable(str(value))
