"""connect: can the chosen providers, or the remote gateway, be reached from here? Costs nothing."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tasks.core.cli.steps import JSON, Task, action
from tasks.core.console import console
from tasks.core.history import history
from tasks.core.http import probe
from tasks.core.http.client import Route
from tasks.core.litellm import litellm
from tasks.core.model.errors import Unhealthy
from tasks.core.providers import routes
from tasks.core.service.state import NOT_RUNNING, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.http.probe import Reached
    from tasks.core.model.layout import Layout


def task(resolved: Resolved) -> Task:
    """`doit connect [--json]`. Only looks."""
    return {"actions": [(look, [resolved])], "params": [JSON], "meta": {"quiet": True}}


@action
def look(resolved: Resolved, *, as_json: bool) -> None:
    """Print how far a request to each host comes; Unhealthy when one cannot be reached."""
    found = reach_hosts(resolved)
    if as_json:
        console.document({"hosts": [host._asdict() for host in found]})
    else:
        console.tell("\n".join(lines(found)))
    if not found:
        warn_of_silence(resolved.layout)
    failed = [host.url for host in found if host.state != "ok"]
    if failed:
        error = Unhealthy(f"not reached: {', '.join(failed)}", "See above what helps.")
        error.told = as_json
        raise error


def reach_hosts(resolved: Resolved) -> list[Reached]:
    """Each host, asked as the gateway would: by the chosen proxy, trusting what is chosen."""
    deployment = resolved.deployment
    hosts = routes.find_hosts(deployment, resolved.layout, os.environ)
    choices = resolved.request.choices
    program = None
    if deployment.gateway.process and not choices.ca_bundle:
        program = litellm.find(resolved.layout, os.environ, choices.litellm)
    # Values only where they are needed: one may be what a program of the user's prints.
    context, trusted = routes.trust(deployment, lambda: resolved.values, program)
    route = Route(find_proxies(resolved), context, trusted)
    return [probe.probe(url, route) for url in hosts]


def find_proxies(resolved: Resolved) -> dict[str, str]:
    """The variables that name a proxy: those of the deployment, if it has one.

    A gateway of this machine sees nothing of the shell's then.
    """
    deployment = resolved.deployment
    if deployment.proxied:
        return routes.select_proxies(routes.plain_values(resolved.findings))
    return {} if deployment.gateway.process else dict(os.environ)


def warn_of_silence(layout: Layout) -> None:
    """Say that LiteLLM does not run, where it would answer by itself."""
    manifest = history.installed(layout)
    if manifest and State(layout, manifest).is_silent:
        console.warn(f"{NOT_RUNNING}; start it: doit start")


def lines(found: Sequence[Reached]) -> Iterator[str]:
    """The result for a person; a fix that helps several hosts is shown once."""
    if not found:
        yield "Nothing is asked: LiteLLM answers by itself."
    shown = ""
    for host in found:
        state = "ok" if host.state == "ok" else "fail"
        way = f" through {host.via}" if host.via else ""
        yield f"{console.mark(state, sys.stdout)} {host.url}{way}: {host.said}"
        if host.fix and host.fix != shown:
            yield f"  {host.fix}"
        shown = host.fix
