"""A gateway elsewhere as Claude Code comes to it: on its way, through a proxy if there is one, and with its headers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.http import client, tls
from tasks.core.model.catalogue import PLACEHOLDER
from tasks.core.model.deployment import PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.model.choices import Choices
    from tasks.core.model.deployment import Deployment


class Door(NamedTuple):
    """The way to a gateway, and the headers that say who comes."""

    way: client.Wire
    headers: Mapping[str, str]


def deployed(made: Deployment, values: Mapping[str, str]) -> Door:
    """What is deployed, with the *values* of its .env."""
    return Door(way(made.url, made.choices, values), headers(made, values))


def way(url: str, chosen: Choices, values: Mapping[str, str]) -> client.Wire:
    """The way to *url*: a proxy from *values* or the environment, certificates as *chosen*."""
    environ = {**os.environ, **{name: text for name, text in values.items() if name.lower().endswith("_proxy")}}
    bundle = chosen.ca_bundle or os.environ.get("NODE_EXTRA_CA_CERTS")
    return through(url, environ, bundle, (chosen.client_cert, chosen.client_key, values.get(PASSPHRASE)))


def through(
    url: str, environ: Mapping[str, str], bundle: str | None, shown: tuple[str | None, str | None, str | None]
) -> client.Wire:
    """The way to *url* with the proxy that *environ* names; *shown*: a certificate, its key, and their pass phrase."""
    context = client.trusting(bundle)
    cert, key, phrase = shown
    if cert and key:
        tls.loaded(cert, key, phrase, context)
    return client.Wire(url, environ, context)


def headers(made: Deployment, values: Mapping[str, str]) -> dict[str, str]:
    """What Claude Code would send beside the body: the token in its slot, and the headers of this kind of gateway."""
    filled = [PLACEHOLDER.sub(lambda found: values.get(found[1], ""), each) for each in made.headers]
    own = {name.strip(): value.strip() for name, _, value in (each.partition(":") for each in filled)}
    return {**credential(made.auth, values.get(made.gateway.token, "")), **own}


def credential(auth: str, token: str) -> dict[str, str]:
    """The headers with the token; of what a helper prints Claude Code makes both."""
    slots = {"bearer": {"Authorization": f"Bearer {token}"}, "x-api-key": {"x-api-key": token}}
    return slots.get(auth) or {**slots["bearer"], **slots["x-api-key"]}
