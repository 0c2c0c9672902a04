"""Where the values of a deployment come from, in order of precedence."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from tasks.core.model import network
from tasks.core.model.secret import Secret
from tasks.core.values import environment, references
from tasks.core.values.environment import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tasks.core.deploying.context import Context
    from tasks.core.deploying.request import Request
    from tasks.core.model.catalogue import Variable
    from tasks.core.model.deployment import Deployment

UNKNOWN = "told-when-it-is-deployed"
"""In a plan, the value of a token that only a program of the user's can print."""


class Source(Protocol):
    """Somewhere values come from."""

    def read(self) -> Mapping[str, Finding]:
        """What it has, by the name of the variable."""


class Answers(NamedTuple):
    """What was typed in answer to a question."""

    answers: Mapping[str, Finding]

    def read(self) -> Mapping[str, Finding]:
        """Every answer."""
        return self.answers


class GivenToken(NamedTuple):
    """The token of the gateway, from the *place* that an option names."""

    variable: str
    place: str
    context: Context
    read_secret: Callable[[], Secret]

    def read(self) -> Mapping[str, Finding]:
        """The token."""
        token = self.context.read_once(self.place, self.read_secret)
        return {self.variable: Finding(self.variable, token, self.place)}


class ProxyAuthFile(NamedTuple):
    """--proxy-auth-file: user:password."""

    path: str
    context: Context

    def read(self) -> Mapping[str, Finding]:
        """User and password."""
        text = self.context.read_once(self.path, lambda: references.from_file(self.path))
        halves = references.user_and_password(text, self.path)
        return {name: Finding(name, half, self.path) for name, half in zip(network.HINTS, halves, strict=True)}


class Machine(NamedTuple):
    """The environment, .env files, shell profiles, gcloud and defaults (see core.values.environment)."""

    context: Context
    needed: Iterable[Variable]

    def read(self) -> Mapping[str, Finding]:
        """A finding for each variable, also where there is no value."""
        return environment.find(self.needed, self.context.layout, self.context.environ)


class PendingToken(NamedTuple):
    """In a run that only looks: a token that a program prints once this is deployed."""

    variable: str
    reference: str

    def read(self) -> Mapping[str, Finding]:
        """A mark in place of the token."""
        return {self.variable: Finding(self.variable, Secret(UNKNOWN), f"{self.reference}, when it is deployed")}


def list_sources(request: Request, context: Context, deployment: Deployment) -> Iterator[Source]:
    """The sources of the values, the strongest first."""
    yield Answers(request.answers)
    yield from _given_sources(request, context, deployment.credential)
    yield Machine(context, needed_variables(deployment))
    if reference := pending_token(request):
        yield PendingToken(deployment.credential, reference)


def _given_sources(request: Request, context: Context, token: str) -> Iterator[Source]:
    """What the options name."""
    flags, reference = request.flags, request.choices.token
    if flags.token_stdin:
        ask = not flags.no_input
        yield GivenToken(token, "standard input", context, lambda: references.from_stdin(token, ask=ask))
    elif path := flags.token_file:
        yield GivenToken(token, path, context, lambda: references.from_file(path))
    elif reference and not pending_token(request):
        environ = context.environ
        yield GivenToken(token, reference, context, lambda: references.resolved(reference, environ))
    if flags.proxy_auth_file:
        yield ProxyAuthFile(flags.proxy_auth_file, context)


def needed_variables(deployment: Deployment) -> list[Variable]:
    """The variables to look for; user and password of the proxy only where there is one."""
    names = [*deployment.needs, *deployment.optional]
    if deployment.proxied:
        names += network.HINTS
    return [deployment.variable(name) for name in names]


def pending_token(request: Request) -> str | None:
    """The reference of a token that only a program can print, where this run only looks; else None."""
    flags, reference = request.flags, request.choices.token
    only_looks = request.is_read_only or flags.dry_run
    if reference is None or flags.token_stdin or flags.token_file or not only_looks:
        return None
    return reference if reference.startswith(references.RUNNING) else None


def read_sources(sources: Iterable[Source]) -> dict[str, Finding]:
    """For each variable the finding of the first source that has a value."""
    found: dict[str, Finding] = {}
    for source in sources:
        for name, finding in source.read().items():
            if name not in found or found[name].value is None:
                found[name] = finding
    return found
