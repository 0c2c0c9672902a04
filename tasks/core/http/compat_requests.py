"""The requests of the compat check: to which gateway, with which credential, asking what.

Most are invalid on purpose, so that they cost nothing; compatibility.py judges the answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tasks.core.http import compatibility, doors
from tasks.core.model.catalogue import TIERS
from tasks.core.values import environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.http.client import Wire
    from tasks.core.http.compatibility import Answer, Seen
    from tasks.core.model.deployment import Deployment
    from tasks.core.model.secret import Secret

Headers = dict[str, str]
Request = tuple[Headers, dict[str, object]]
"""The headers and the body."""

MESSAGES = "/v1/messages?beta=true"
COUNT = "/v1/messages/count_tokens?beta=true"
MODELS = "/v1/models?limit=1000"
ANTHROPIC = {"anthropic-version": "2023-06-01"}
"""What every request of Claude Code has."""
MODEL = "claude-haiku-5-5"
"""What is asked for where no model was named: Claude Code's own name for its smallest."""
LONG = "Count from 1 to 60 in words, one number per line."
"""A question whose answer takes its time."""
QUESTION = {"role": "user", "content": LONG}
MARK = "[1m]"
"""How Claude Code writes behind a name that it wants a million tokens of context."""


class Target(NamedTuple):
    """What is asked, and how: the way there, the headers, those of a stranger, the models.

    *names* are the models that Claude Code will ask for, *model* the one that is asked for here;
    *free*: its answers cost nothing.
    """

    way: Wire
    headers: Mapping[str, str]
    strange: Mapping[str, str]
    names: tuple[str, ...]
    model: str
    free: bool = False


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
        way=doors.way(url, deployment.choices, values),
        headers=doors.headers(deployment, values),
        strange=doors.headers(deployment, stranger),
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


def make_target(way: Wire, auth: str, token: Secret, model: str) -> Target:
    """Any gateway, which takes *token* as *auth* says."""
    strange = environment.generate_key()
    return Target(
        way=way,
        headers=doors.credential(auth, token.reveal()),
        strange=doors.credential(auth, strange.reveal()),
        names=(),
        model=model or MODEL,
    )


def ask_all(target: Target, *, paid: bool) -> Seen:
    """The answers to everything; *paid*: also to what may cost.

    Where a request that cannot be valid is taken, nothing more is sent that could cost.
    """
    free = ask_free(target, paid=paid)
    known = {**ANTHROPIC, **target.headers}
    counted = {"model": target.model, "messages": [QUESTION]}
    found = compatibility.Seen(
        plain=free["plain"],
        version=free.get("version"),
        beta=free.get("beta"),
        field=free.get("field"),
        stranger=free.get("stranger"),
        counted=target.way.ask(COUNT, known, counted),
        models=target.way.ask(MODELS, known),
    )
    return ask_paid(target, found) if paid else found


def ask_free(target: Target, *, paid: bool) -> dict[str, Answer]:
    """The answers to what is refused, so that it costs nothing.

    One that is taken is the last, unless costs are agreed to.
    """
    invalid: dict[str, object] = {"model": target.model, "max_tokens": 1, "messages": []}
    known = {**ANTHROPIC, **target.headers}
    requests: dict[str, Request] = {
        "plain": (known, invalid),
        "version": ({**known, "anthropic-version": compatibility.VERSION}, invalid),
        "beta": ({**known, "anthropic-beta": compatibility.BETA}, invalid),
        "field": (known, {**invalid, compatibility.FIELD: True}),
        "stranger": ({**ANTHROPIC, **target.strange}, invalid),
    }
    found: dict[str, Answer] = {}
    for name, (headers, body) in requests.items():
        found[name] = target.way.ask(MESSAGES, headers, body)
        if compatibility.completed(found[name]) and not paid:
            break
    return found


def ask_paid(target: Target, found: Seen) -> Seen:
    """*found* with the answers to what may cost; what the others told already is not asked for."""
    once: dict[str, object] = {
        "model": target.model,
        "max_tokens": 1,
        "messages": [QUESTION],
    }
    known = {**ANTHROPIC, **target.headers}
    requests: dict[str, Request] = {"lost": (known, {**once, compatibility.FIELD: True})}
    if compatibility.arrived(compatibility.VERSION, found.version) is None:
        requests["dated"] = {**known, "anthropic-version": compatibility.VERSION}, once
    if compatibility.arrived(compatibility.BETA, found.beta) is None:
        requests["tried"] = {**known, "anthropic-beta": compatibility.BETA}, once
    if found.stranger and not compatibility.refuses(found.stranger, found.plain):
        requests["entered"] = {**ANTHROPIC, **target.strange}, once
    answers = {name: target.way.ask(MESSAGES, *request) for name, request in requests.items()}
    stream = target.way.stream(MESSAGES, known, {**once, "max_tokens": 400, "stream": True})
    return found._replace(stream=stream, **answers)
