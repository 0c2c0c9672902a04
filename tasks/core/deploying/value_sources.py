"""Where the values of a deployment come from, in order of precedence.

answers to questions
--token-stdin, --token-file or --token
--proxy-auth-file
the machine: environment, .env files, shell profiles, gcloud, defaults
in a run that only looks: a mark for a token that would have to be fetched
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.model import network
from tasks.core.model.secret import Secret
from tasks.core.values import environment, references
from tasks.core.values.environment import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Protocol

    from tasks.core.deploying.context import Context
    from tasks.core.deploying.request import Request
    from tasks.core.model.catalogue import Variable
    from tasks.core.model.deployment import Deployment

    class Source(Protocol):
        """Somewhere values come from."""

        def read(self) -> Findings:
            """What this source has."""


Findings = dict[str, Finding]
"""By the name of the variable."""

UNKNOWN = "told-when-it-is-deployed"
"""In a plan, the value of a token that only a program of the user's can print."""


class Answers(NamedTuple):
    """What was typed in answer to a question."""

    answers: Mapping[str, Finding]

    def read(self) -> Findings:
        """Every answer."""
        return dict(self.answers)


class GivenToken(NamedTuple):
    """The token of the gateway, from the place that an option names."""

    variable: str
    place: str
    context: Context
    read_secret: Callable[[], Secret]

    def read(self) -> Findings:
        """The token."""
        token = self.context.read_once(self.place, self.read_secret)
        return {self.variable: Finding(self.variable, token, self.place)}


class ProxyAuthFile(NamedTuple):
    """The file that --proxy-auth-file names: user:password."""

    path: str
    context: Context

    def read(self) -> Findings:
        """User and password."""
        read = partial(references.from_file, self.path)
        text = self.context.read_once(self.path, read)
        user, password = references.user_and_password(text, self.path)
        name, other = network.HINTS
        return {
            name: Finding(name, user, self.path),
            other: Finding(other, password, self.path),
        }


class Machine(NamedTuple):
    """Everything that is set on this machine (see core.values.environment)."""

    context: Context
    needed: Iterable[Variable]

    def read(self) -> Findings:
        """A finding for each variable, also where there is no value."""
        context = self.context
        return environment.find(
            self.needed,
            context.layout,
            context.environ,
        )


class PendingToken(NamedTuple):
    """In a run that only looks: a token that a program prints once this is deployed."""

    variable: str
    reference: str

    def read(self) -> Findings:
        """A mark in place of the token."""
        source = f"{self.reference}, when it is deployed"
        return {
            self.variable: Finding(
                self.variable,
                Secret(UNKNOWN),
                source,
            )
        }


def list_sources(request: Request, context: Context, deployment: Deployment) -> Iterator[Source]:
    """The sources of the values, the strongest first."""
    token = deployment.credential
    yield Answers(request.answers)
    yield from _list_given(request, context, token)
    yield Machine(context, needed_variables(deployment))
    if reference := pending_token(request):
        yield PendingToken(token, reference)


def _list_given(request: Request, context: Context, token: str) -> Iterator[Source]:
    """The sources that options name."""
    flags = request.flags
    reference = request.choices.token
    if flags.token_stdin:
        read = partial(
            references.from_stdin,
            token,
            ask=not flags.no_input,
        )
        yield GivenToken(
            token,
            "standard input",
            context,
            read,
        )
    elif flags.token_file:
        read = partial(references.from_file, flags.token_file)
        yield GivenToken(
            token,
            flags.token_file,
            context,
            read,
        )
    elif reference and not pending_token(request):
        read = partial(
            references.resolved,
            reference,
            context.environ,
        )
        yield GivenToken(
            token,
            reference,
            context,
            read,
        )
    if flags.proxy_auth_file:
        yield ProxyAuthFile(flags.proxy_auth_file, context)


def needed_variables(deployment: Deployment) -> list[Variable]:
    """The variables to look for; user and password of a proxy only where there is one."""
    names = [*deployment.needs, *deployment.optional]
    if deployment.proxied:
        names += network.HINTS
    return [deployment.variable(name) for name in names]


def pending_token(request: Request) -> str | None:
    """The reference of a token that a program prints, where this run only looks; else None."""
    flags = request.flags
    if not (request.is_read_only or flags.dry_run):
        return None
    if flags.token_stdin or flags.token_file:
        return None
    reference = request.choices.token
    if reference and reference.startswith(references.RUNNING):
        return reference
    return None


def read_sources(sources: Iterable[Source]) -> Findings:
    """For each variable what the first source says that has a value for it."""
    found: Findings = {}
    for source in sources:
        for name, finding in source.read().items():
            before = found.get(name)
            if before is None or before.value is None:
                found[name] = finding
    return found
