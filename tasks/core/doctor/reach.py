"""How far a request to each provider, or to the remote gateway, comes from here. Costs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.http import probe
from tasks.core.http.client import Route
from tasks.core.litellm import litellm
from tasks.core.providers import routes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.http.probe import Reached


def reach_hosts(resolved: Resolved, environ: Mapping[str, str]) -> list[Reached]:
    """Ask each host as the gateway would: through the chosen proxy, trusting what is chosen."""
    deployment = resolved.deployment
    choices = resolved.request.choices
    program = None
    if deployment.gateway.process and not choices.ca_bundle:
        program = litellm.find(resolved.layout, environ, choices.litellm)
    # Values only where they are needed: one may be what a program of the user's prints.
    context, trusted = routes.trust(deployment, lambda: resolved.values, program)
    route = Route(find_proxies(resolved, environ), context, trusted)
    urls = routes.find_hosts(deployment, resolved.layout, environ)
    return [probe.probe(url, route) for url in urls]


def find_proxies(resolved: Resolved, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that name a proxy: those of the deployment, if it has one.

    A gateway of this machine sees nothing of the shell's then.
    """
    deployment = resolved.deployment
    if deployment.proxied:
        return routes.select_proxies(routes.plain_values(resolved.findings))
    if deployment.gateway.process:
        return {}
    return dict(environ)
