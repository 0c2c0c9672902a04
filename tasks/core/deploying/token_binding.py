"""A token is for one address: what stands in .env for a gateway elsewhere goes to no other than that one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.core.history import history
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import settle
from tasks.core.model.errors import Conflict, GatewayError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.deployment import Deployment


def refuse(resolved: Resolved) -> None:
    """Conflict when this deployment would show a gateway the token that another one was given."""
    stored = f"/{resolved.layout.env_file.name}"
    names = [name for name in resolved.deployment.for_address if resolved.findings[name].source.endswith(stored)]
    for name, last in _foreign(resolved, resolved.deployment, names):
        raise Conflict(
            f"{name} in {resolved.layout.env_file} is for {last}, not for {resolved.deployment.address}",
            f"Give the right one: {_ways(resolved.deployment, name)}",
        )


def refuse_return(resolved: Resolved, choices: Mapping[str, Any]) -> None:
    """Conflict when going back to what *choices* deployed would do that; what cannot be told any more is no reason."""
    try:
        deployment = settle(Choices.from_json(choices), resolved.context.catalogue)
    except GatewayError:
        return
    for name, last in _foreign(resolved, deployment, deployment.for_address):
        token = name == deployment.credential
        first, option = ("", " --token-stdin") if token else (f"export {name}, then: ", "")
        raise Conflict(
            f"{name} in {resolved.layout.env_file} is for {last}, not for {deployment.address}",
            f"Deploy that anew with its own: {first}doit deploy --gateway-url {deployment.address}{option}",
        )


def _ways(deployment: Deployment, name: str) -> str:
    """How a variable for the address is given: the options are for the token alone."""
    if name == deployment.credential:
        return f"--token-stdin, --token-file FILE or --token REF, or export {name}."
    return f"export {name} in this shell, then deploy again."


def _foreign(resolved: Resolved, deployment: Deployment, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each of *names* that was last deployed for another address than that of *deployment*, and which that is."""
    for name in names:
        last = last_address(resolved, name)
        if last not in (None, deployment.address):
            yield name, str(last)


def last_address(resolved: Resolved, variable: str) -> str | None:
    """The address elsewhere for which *variable* was last deployed; None when it never was, as far as is known."""
    for number in reversed(history.numbers(resolved.layout)):
        before = _stood(resolved, number)
        if before and variable in before.for_address:
            return before.address
    return None


def _stood(resolved: Resolved, number: int) -> Deployment | None:
    """What revision *number* deployed; None when that cannot be told any more."""
    try:
        choices = Choices.from_json(history.revision(resolved.layout, number).manifest.choices)
        return settle(choices, resolved.context.catalogue)
    except GatewayError:
        return None
