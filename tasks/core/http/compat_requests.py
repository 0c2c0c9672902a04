"""The requests of the compat check: to which gateway, with which credential, asking what.

Most are invalid on purpose, so that they cost nothing; compatibility.py judges the answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tasks.core.http import client, compatibility, gateway
from tasks.core.model.catalogue import TIERS
from tasks.core.values import environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.http.answers import Response
    from tasks.core.http.client import Route
    from tasks.core.http.compatibility import Observations
    from tasks.core.model.deployment import Deployment
    from tasks.core.model.secret import Secret

    Headers = Mapping[str, str]
    Body = Mapping[str, object]

MESSAGES = "/v1/messages?beta=true"
COUNT = "/v1/messages/count_tokens?beta=true"
MODELS = "/v1/models?limit=1000"
MODEL = "claude-haiku-5-5"
"""What is asked for where no model was named: Claude Code's own name for its smallest."""
LONG = "Count from 1 to 60 in words, one number per line."
"""A question whose answer takes its time."""
QUESTION = {"role": "user", "content": LONG}
MARK = "[1m]"
"""How Claude Code writes behind a name that it wants a million tokens of context."""


class Target(NamedTuple):
    """What is asked, and how: the route, the headers, those of a stranger, the models.

    *names* are the models that Claude Code will ask for, *model* the one that is asked for here;
    *free*: its answers cost nothing.
    """

    url: str
    route: Route
    headers: Headers
    strange: Headers
    names: tuple[str, ...]
    model: str
    free: bool = False

    def ask(self, path: str, headers: Headers, body: Body | None = None) -> Response:
        """The answer to one request with these *headers*."""
        return client.send(self.build_request(path, headers, body))

    def build_request(self, path: str, headers: Headers, body: Body | None) -> client.Request:
        """A request with the version of the API, unless *headers* have another."""
        return client.Request(self.url, path, {**gateway.VERSION, **headers}, body, self.route)


def find_target(
    deployment: Deployment,
    url: str,
    values: Mapping[str, str],
    model: str,
) -> Target:
    """What is deployed at *url*, as Claude Code asks it with the *values* of its .env."""
    names = [name.removesuffix(MARK) for name in deployment.names.values()]
    wanted = model or find_smallest(deployment)
    stranger = dict(values)
    for name in values:
        if deployment.variable(name).secret:
            stranger[name] = environment.generate_key().reveal()
    return Target(
        url=url,
        route=client.choose_route(deployment.choices, values),
        headers=gateway.build_headers(deployment, values),
        strange=gateway.build_headers(deployment, stranger),
        names=tuple(dict.fromkeys(names)),
        model=wanted,
        free=wanted == deployment.answered_here,
    )


def find_smallest(deployment: Deployment) -> str:
    """The name that Claude Code asks for when it wants its smallest model."""
    for tier in reversed(TIERS):
        if tier in deployment.names:
            return deployment.names[tier].removesuffix(MARK)
    return MODEL


def make_target(url: str, route: Route, auth: str, token: Secret, model: str) -> Target:
    """Any gateway, which takes *token* as *auth* says."""
    strange = environment.generate_key()
    return Target(
        url=url,
        route=route,
        headers=gateway.build_credential(auth, token.reveal()),
        strange=gateway.build_credential(auth, strange.reveal()),
        names=(),
        model=model or MODEL,
    )


def ask_all(target: Target, *, paid: bool) -> Observations:
    """The answers to everything; *paid*: also to what may cost.

    Where a request that cannot be valid is taken, nothing more is sent that could cost.
    """
    free = ask_free(target, paid=paid)
    counted = {"model": target.model, "messages": [QUESTION]}
    found = compatibility.Observations(
        plain=free["plain"],
        version=free.get("version"),
        beta=free.get("beta"),
        field=free.get("field"),
        stranger=free.get("stranger"),
        counted=target.ask(COUNT, target.headers, counted),
        models=target.ask(MODELS, target.headers),
    )
    return ask_paid(target, found) if paid else found


def ask_free(target: Target, *, paid: bool) -> dict[str, Response]:
    """The answers to what is refused, so that it costs nothing.

    One that is taken is the last, unless costs are agreed to.
    """
    known, dated, tried = vary_headers(target)
    invalid: Body = {"model": target.model, "max_tokens": 1, "messages": []}
    requests: dict[str, tuple[Headers, Body]] = {
        "plain": (known, invalid),
        "version": (dated, invalid),
        "beta": (tried, invalid),
        "field": (known, {**invalid, compatibility.FIELD: True}),
        "stranger": (target.strange, invalid),
    }
    found: dict[str, Response] = {}
    for name, (headers, body) in requests.items():
        found[name] = target.ask(MESSAGES, headers, body)
        if found[name].is_completed and not paid:
            break
    return found


def ask_paid(target: Target, found: Observations) -> Observations:
    """*found* with the answers to what may cost; what the others told already is not asked for."""
    known, dated, tried = vary_headers(target)
    once: Body = {"model": target.model, "max_tokens": 1, "messages": [QUESTION]}
    requests: dict[str, tuple[Headers, Body]] = {
        "lost": (known, {**once, compatibility.FIELD: True}),
    }
    if compatibility.has_arrived(compatibility.VERSION, found.version) is None:
        requests["dated"] = dated, once
    if compatibility.has_arrived(compatibility.BETA, found.beta) is None:
        requests["tried"] = tried, once
    if found.stranger and not compatibility.refuses(found.stranger, found.plain):
        requests["entered"] = target.strange, once
    answers = {name: target.ask(MESSAGES, *request) for name, request in requests.items()}
    body = {**once, "max_tokens": 400, "stream": True}
    stream = client.stream(target.build_request(MESSAGES, known, body))
    return found._replace(stream=stream, **answers)


def vary_headers(target: Target) -> tuple[Headers, Headers, Headers]:
    """The headers of a request; with an unknown anthropic-version; with an unknown beta."""
    headers = target.headers
    dated = {**headers, "anthropic-version": compatibility.VERSION}
    tried = {**headers, "anthropic-beta": compatibility.BETA}
    return headers, dated, tried
