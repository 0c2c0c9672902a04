"""A profile as one terminal or one program uses it, without deploying it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.claude import token_binding
from tasks.core.deploying.request import Request
from tasks.core.deploying.resolve import Resolved, resolve
from tasks.core.disk import trust
from tasks.core.history import history
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import settle
from tasks.core.model.errors import GatewayError
from tasks.core.profiles import named, terminal

if TYPE_CHECKING:
    from tasks.core.deploying.context import Context


def resolve_profile(
    resolved: Resolved,
    name: str | None,
) -> Resolved:
    """What choosing the profile *name* leads to here; None: what is chosen."""
    choices = resolved.request.choices
    if name:
        choices = named.read(resolved.layout, name).at(choices)
    return resolve(Request(choices), resolved.context)


def reach_profile(
    resolved: Resolved,
    name: str | None,
) -> Resolved:
    """The profile with what is deployed here; Unhealthy when nothing would answer.

    Conflict when another user could change what is deployed, and so who is asked.
    """
    trust.require(resolved.layout.gateway)
    profile = resolve_profile(resolved, name)
    choices, context = profile.request.choices, profile.context
    if profile.deployment.auth == "apikeyhelper":
        # The helper is deployed, this is not; and no file keeps what is shown.
        choices = choices._replace(auth=None)
    is_local = bool(profile.deployment.gateway.process)
    if is_local:
        choices = choices._replace(port=_deployed_port(context))
    profile = resolve(Request(choices), context)
    if is_local:
        terminal.check_served(
            context.layout,
            profile.deployment,
            name,
        )
    else:
        _check_token(profile, name)
    return profile


def _deployed_port(context: Context) -> int:
    """Where the deployed gateway listens: there is one, whatever the profile would deploy."""
    manifest = history.current(context.layout)
    deployed = settle(Choices.from_json(manifest.choices), context.catalogue)
    if not deployed.gateway.process:
        problem = f"what is deployed is {deployed.url}, no gateway on this machine"
        raise GatewayError(problem, "Switch: doit use NAME")
    return deployed.port


def _check_token(
    profile: Resolved,
    name: str | None,
) -> None:
    """Whether there is a token, and the one in .env was deployed for this very address."""
    deployment = profile.deployment
    token = profile.findings[deployment.credential]
    if token.value is None:
        problem = f"there is no {token.name} for {deployment.url}"
        command = f"doit use {name or 'NAME'}"
        raise GatewayError(problem, f"Export it in this terminal, or deploy it once: {command}")
    token_binding.check(
        profile.layout,
        profile.context.catalogue,
        deployment,
        profile.findings,
    )
