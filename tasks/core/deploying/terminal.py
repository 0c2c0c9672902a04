"""What one terminal or one program needs to use a profile, whatever is deployed for all the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.core.claude import settings_edit
from tasks.core.deploying import token_binding
from tasks.core.deploying.request import Request
from tasks.core.deploying.resolve import Resolved, resolve
from tasks.core.disk import files
from tasks.core.history import history
from tasks.core.http import gateway
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import Deployment, settings_of, settle
from tasks.core.model.errors import GatewayError, Unhealthy
from tasks.core.profiles import named
from tasks.core.text import json_edit

if TYPE_CHECKING:
    from tasks.core.model.catalogue import Setting
    from tasks.core.model.layout import Layout
    from tasks.core.text.json_edit import Path


def reached(resolved: Resolved, name: str | None) -> Resolved:
    """What the profile *name* (None: what is chosen) comes to here and now; Unhealthy when nothing would answer."""
    profile = of_profile(resolved, name)
    changes: dict[str, Any] = {}
    if profile.deployment.auth == "apikeyhelper":
        changes["auth"] = None  # the helper is deployed, this is not; and no file keeps what is shown
    if profile.deployment.gateway.process:
        changes["port"] = _port(profile)
    profile = resolve(Request(profile.request.choices._replace(**changes)), profile.context)
    if profile.deployment.gateway.process:
        _served(profile, name)
    else:
        _own_token(profile, name)
    return profile


def of_profile(resolved: Resolved, name: str | None) -> Resolved:
    """What choosing the profile *name* leads to here; None: what is chosen."""
    choices = resolved.request.choices
    if name:
        choices = named.read(resolved.layout, name).at(choices)
    return resolve(Request(choices), resolved.context)


def settings(profile: Resolved) -> dict[str, Any]:
    """The settings of Claude Code that lead it to the profile's gateway, over those that it has."""
    made: dict[str, Any] = {}
    for path, text in {**_cancelled(profile.layout), **_texts(profile)}.items():
        inner = made
        for step in path[:-1]:
            inner = inner.setdefault(step, {})
        inner[path[-1]] = text
    return made


def variables(profile: Resolved) -> dict[str, str]:
    """The same for any program, as variables."""
    return {path[1]: text for path, text in _texts(profile).items() if path[0] == "env"}


def names(profile: Resolved) -> list[str]:
    """The variables that it takes, known or not."""
    return [each.path[1] for each in settings_of(profile.deployment) if each.path[0] == "env"]


def _texts(profile: Resolved) -> dict[Path, str]:
    """What each key holds."""
    layout = profile.layout
    chosen = [each for each in settings_of(profile.deployment) if not (each.unless_present and _set(layout, each))]
    return settings_edit.texts(layout, chosen, profile.values, None)


def _cancelled(layout: Layout) -> dict[Path, str]:
    """The variables that were deployed for something else, each with the empty text that cancels it."""
    ledger = settings_edit.ledger_of(layout)
    return {path: "" for path in (ledger.owned if ledger else ()) if path[0] == "env"}


def _set(layout: Layout, setting: Setting) -> bool:
    """Whether the user has a value for it."""
    found = files.read(files.real_target(layout.of_scope(None).settings))
    return found is not None and json_edit.parse(found, str(layout.settings)).raw(setting.path) is not None


def _port(profile: Resolved) -> int:
    """Where the deployed gateway listens: there is one, whatever the profile would deploy."""
    manifest = history.current(profile.layout)
    standing: Deployment = settle(Choices.from_json(manifest.choices), profile.context.catalogue)
    if not standing.gateway.process:
        raise GatewayError(f"what is deployed is {standing.url}, no gateway on this machine", "Switch: doit use NAME")
    return standing.port


def _served(profile: Resolved, name: str | None) -> None:
    """Whether the running gateway serves what the profile asks for."""
    deployment = profile.deployment
    served = gateway.served_models(deployment.url, gateway.own_key(profile.layout))
    if missing := sorted(set(deployment.names.values()) - set(served)):
        raise Unhealthy(
            f"the running gateway serves {', '.join(served) or 'nothing'}, and not {', '.join(missing)}",
            f"Switch to it: doit use {name} --start" if name else "Start it anew: doit deploy --start",
            where=deployment.url,
        )


def _own_token(profile: Resolved, name: str | None) -> None:
    """Whether there is a token, and the one in .env was deployed for this very address: it goes to no other."""
    deployment = profile.deployment
    found = profile.findings[deployment.credential]
    if found.value is None:
        how = f"Export it in this terminal, or deploy it once: doit use {name or 'NAME'}"
        raise GatewayError(f"there is no {found.name} for {deployment.url}", how)
    token_binding.refuse(profile)
