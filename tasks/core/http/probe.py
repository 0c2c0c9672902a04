"""How far does a request to a host get, on the way out of this network?

No credentials of a provider are shown, so it costs nothing; a provider that refuses was reached.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.http import client, errors
from tasks.core.http.errors import ConnectionFailed
from tasks.core.model import network
from tasks.core.model.errors import Unhealthy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.http.answers import Response
    from tasks.core.http.client import Route
    from tasks.core.model.deployment import Deployment

TIMEOUT = 15.0
"""Seconds for one step of the way."""
GATEWAY_TIMEOUT = 5.0
"""The same for a gateway that a company runs: a deployment waits for it."""
MAX_BYTES = 2000
"""Bytes of a page that are looked at."""
BLOCKED = frozenset({403, 451, *errors.PROXY_STATUSES})
"""The statuses of the pages that a proxy shows in place of the host."""


class Reached(NamedTuple):
    """How far a request came: *state* is ok or where it ended, *via* the proxy it went through."""

    url: str
    via: str | None
    state: str
    said: str
    fix: str = ""


def probe(url: str, route: Route, timeout: float = TIMEOUT) -> Reached:
    """Send one request to *url* as the gateway would. Never raises."""
    try:
        answer = client.send(client.Request(url, route=route, timeout=timeout, limit=MAX_BYTES))
        proxy = route.find_proxy(url)
        via = network.without_credentials(proxy) if proxy else None
        check_origin(answer, url, via)
    except ConnectionFailed as failure:
        return Reached(url, failure.proxy, failure.state, failure.problem, failure.remedy)
    return Reached(url, via, "ok", f"answers (HTTP {answer.status})")


def require_gateway(deployment: Deployment, values: Mapping[str, str]) -> None:
    """Unhealthy when the deployed remote gateway cannot be reached; *values*: those of its .env.

    Any answer will do: the request shows no token, so it costs nothing.
    """
    route = client.choose_route(deployment.choices, values)
    reached = probe(deployment.url, route, GATEWAY_TIMEOUT)
    if reached.state != "ok":
        raise Unhealthy(f"not reachable: {reached.said}", reached.fix, where=deployment.url)


def check_origin(answer: Response, url: str, proxy: str | None) -> None:
    """ConnectionFailed when the network answers in place of the host: its proxy, or a page."""
    if answer.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        raise ConnectionFailed(errors.refusal(answer.status), url, proxy, answer.status)
    # without a proxy, a gateway of the host itself answers 502 to 504 with a page
    is_blocked = answer.status in BLOCKED and (proxy or answer.status not in errors.PROXY_STATUSES)
    if is_blocked and "<html" in answer.text.lower():
        raise ConnectionFailed("page", url, proxy, answer.status)
