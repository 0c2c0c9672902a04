"""connect: can the providers that are chosen, or the gateway elsewhere, be reached from here? Costs nothing."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tasks.core.cli.steps import JSON, Task, action
from tasks.core.console import console
from tasks.core.history import history
from tasks.core.http import client, probe, tls
from tasks.core.litellm import litellm
from tasks.core.model import deployment as rules
from tasks.core.model.errors import Unhealthy
from tasks.core.providers import availability
from tasks.core.service.state import NOT_RUNNING, State
from tasks.core.values import environment

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tasks.core.deploying.context import Asked
    from tasks.core.http.probe import Reached


def task(asked: Asked) -> Task:
    """`doit connect [--json]`. Only looks."""
    return {"actions": [(look, [asked])], "params": [JSON], "meta": {"quiet": True}}


@action
def look(asked: Asked, *, as_json: bool) -> None:
    """Print how far a request to each host comes; Unhealthy when one cannot be reached."""
    found = reached(asked)
    if as_json:
        console.document({"hosts": [each._asdict() for each in found]})
    else:
        console.tell("\n".join(lines(found)))
    if not found:
        warn_of_silence(asked)
    if failed := [each.url for each in found if each.state != "ok"]:
        error = Unhealthy(f"not reached: {', '.join(failed)}", "See above what helps.")
        error.told = as_json
        raise error


def warn_of_silence(asked: Asked) -> None:
    """Who is told that LiteLLM answers by itself must hear that it does not run."""
    manifest = history.installed(asked.layout)
    if manifest and State(asked.layout, manifest).is_silent:
        console.warn(f"{NOT_RUNNING}; start it: doit start")


def reached(asked: Asked) -> list[Reached]:
    """Each host, asked as the gateway would: through the proxy that is chosen, trusting what is chosen."""
    environ, (context, trusted) = surroundings(asked), trust(asked)
    return [probe.probe(url, environ, context, trusted) for url in hosts(asked)]


def trust(asked: Asked) -> tuple[ssl.SSLContext, str]:
    """Whom the gateway trusts, and where that stands; Claude Code also shows its certificate, where it has one."""
    chosen, bundle = asked.choices, asked.choices.ca_bundle
    if asked.deployment.gateway.process and not bundle and (own := bundled(asked)):
        return client.trusting_only(own), f"{own}, which LiteLLM trusts"
    context = client.trusting(bundle)
    if chosen.client_cert and chosen.client_key and not asked.deployment.gateway.process:
        tls.loaded(chosen.client_cert, chosen.client_key, asked.values.get(rules.PASSPHRASE), context)
    return context, bundle or "this system's certificates"


def bundled(asked: Asked) -> Path | None:
    """The certificates that come with LiteLLM: all that it trusts, unless it is told of others."""
    program = litellm.find(asked.layout, os.environ, asked.choices.litellm)
    known = [folder / "certifi" / "cacert.pem" for folder in program.packages] if program else []
    return next((path for path in known if path.is_file()), None)


def surroundings(asked: Asked) -> dict[str, str]:
    """The variables that name a proxy: those of the deployment, where it has one; never those of the shell then."""
    if not asked.deployment.proxied:
        return dict(os.environ) if not asked.deployment.gateway.process else {}
    return {name: each.plain for name, each in asked.findings.items() if each.plain and name.endswith("_PROXY")}


def hosts(asked: Asked) -> list[str]:
    """Where the gateway sends requests: to the one elsewhere, or to the providers of its models."""
    deployment = asked.deployment
    if deployment.address:
        return [deployment.address]
    regions: dict[str, dict[str, None]] = {}
    for model in deployment.models:
        regions.setdefault(model.provider, {})[model.region or ""] = None
    found = environment.find([deployment.variable(name) for name in named(asked)], asked.layout, os.environ)
    values = {name: each.plain for name, each in found.items() if each.plain}
    urls = [
        url for name, there in regions.items() for url in availability.hosts(deployment.providers[name], values, there)
    ]
    return list(dict.fromkeys(urls))


def named(asked: Asked) -> list[str]:
    """The variables that say where the providers are."""
    providers = asked.deployment.providers
    used = dict.fromkeys(model.provider for model in asked.deployment.models)
    names = [name for each in used for name in (*providers[each].needs, providers[each].listing.get("variable"))]
    return [name for name in dict.fromkeys(names) if name]


def lines(found: Sequence[Reached]) -> Iterator[str]:
    """The result for a person."""
    if not found:
        yield "Nothing is asked: LiteLLM answers by itself."
    told = ""
    for each in found:
        way = f" through {each.via}" if each.via else ""
        yield f"{console.mark('ok' if each.state == 'ok' else 'fail', sys.stdout)} {each.url}{way}: {each.said}"
        if each.fix and each.fix != told:
            yield f"  {each.fix}"
        told = each.fix
