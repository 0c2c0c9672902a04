"""Where the gateway sends requests, through which proxy, and which certificates it trusts there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tasks.core.http import client, tls
from tasks.core.http.client import SYSTEM
from tasks.core.litellm import litellm
from tasks.core.model.deployment import PASSPHRASE
from tasks.core.providers import availability
from tasks.core.values import environment

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tasks.core.litellm.litellm import Found
    from tasks.core.model.catalogue import Model, Provider
    from tasks.core.model.deployment import Deployment, Values
    from tasks.core.model.layout import Layout
    from tasks.core.providers.availability import Place
    from tasks.core.values.environment import Finding


def find_hosts(deployment: Deployment, layout: Layout, environ: Mapping[str, str]) -> list[str]:
    """The address of the remote gateway, or those of the providers of the models."""
    if deployment.address:
        return [deployment.address]
    variables = [deployment.variable(name) for name in find_variables(deployment)]
    values = plain_values(environment.find(variables, layout, environ))
    urls: dict[str, None] = {}
    for name, regions in group_regions(deployment).items():
        provider = deployment.providers[name]
        urls |= dict.fromkeys(availability.hosts(provider, values, regions))
    return list(urls)


def group_regions(deployment: Deployment) -> dict[str, list[str]]:
    """Per provider the regions of its models, each once; "" is the region of its variable."""
    regions: dict[str, list[str]] = {}
    for model in deployment.models:
        known = regions.setdefault(model.provider, [])
        region = model.region or ""
        if region not in known:
            known.append(region)
    return regions


def find_variables(deployment: Deployment) -> list[str]:
    """The variables that say where the providers are."""
    names: dict[str, None] = {}
    for name in group_regions(deployment):
        provider = deployment.providers[name]
        names |= dict.fromkeys(provider.needs)
        if variable := provider.listing.get("variable"):
            names[variable] = None
    return list(names)


def plain_values(findings: Mapping[str, Finding]) -> dict[str, str]:
    """The variables that have a value, with it."""
    return {name: found.plain for name, found in findings.items() if found.plain}


def select_proxies(values: Mapping[str, str]) -> dict[str, str]:
    """Those of *values* that name a proxy, or what is reached without one."""
    return {name: text for name, text in values.items() if name.endswith("_PROXY")}


def trust(
    deployment: Deployment,
    find_values: Callable[[], Values],
    program: Found | None,
) -> tuple[ssl.SSLContext, str]:
    """TLS with the certificates that are trusted on the way, and a word for them.

    LiteLLM trusts its own bundle unless it is told otherwise. To a remote gateway it is Claude
    Code that connects: it trusts the system, and shows the certificate that was chosen.
    """
    choices = deployment.choices
    is_local = deployment.gateway.process
    bundle = find_bundle(program)
    if is_local and bundle and not choices.ca_bundle:
        return tls.trust_only(bundle), f"{bundle}, which LiteLLM trusts"
    context = tls.trust(choices.ca_bundle)
    certificate, key = choices.client_cert, choices.client_key
    if not is_local and certificate and key:
        tls.load_client_certificate(certificate, key, find_values().get(PASSPHRASE), context)
    return context, choices.ca_bundle or SYSTEM


def find_bundle(program: Found | None) -> Path | None:
    """The certificates that come with LiteLLM."""
    if program is None:
        return None
    for folder in program.packages:
        path = folder / "certifi" / "cacert.pem"
        if path.is_file():
            return path
    return None


def find_place(
    deployment: Deployment,
    models: Sequence[Model],
    providers: Mapping[str, Provider],
    layout: Layout,
    findings: Mapping[str, Finding],
) -> Place:
    """From where to ask for *models*: with the values of the gateway, by its way out.

    *findings*: where the deployment has a proxy of its own, the variables that name it.
    """
    choices = deployment.choices
    names = availability.find_variables(models, providers)
    variables = [deployment.variable(name) for name in names]
    values = plain_values(environment.find(variables, layout, os.environ))
    environ = {**os.environ, **select_proxies(plain_values(findings))}
    route = client.build_route(environ, choices.ca_bundle)
    program = litellm.find(layout, os.environ, choices.litellm)
    python = program.python if program else None
    return availability.Place(values, route, python)
