"""A token is for one address.

What is stored in .env for a remote gateway is shown to that one only: another one could keep it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.history import history
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import settle
from tasks.core.model.errors import Conflict, GatewayError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasks.core.model.catalogue import Catalogue
    from tasks.core.model.deployment import Deployment
    from tasks.core.model.layout import Layout
    from tasks.core.values.environment import Finding


class Binding(NamedTuple):
    """A variable that was last deployed for another address."""

    variable: str
    address: str


def check(
    layout: Layout,
    catalogue: Catalogue,
    deployment: Deployment,
    findings: Mapping[str, Finding],
) -> None:
    """Conflict when *deployment* would show a gateway the token that another one was given."""
    stored = f"/{layout.env_file.name}"
    names = deployment.for_address
    from_env = [name for name in names if findings[name].source.endswith(stored)]
    for binding in _find_foreign(layout, catalogue, deployment, from_env):
        raise Conflict(
            _describe(layout, deployment, binding),
            f"Give the right one: {_ways(deployment, binding.variable)}",
        )


def check_return(
    layout: Layout,
    catalogue: Catalogue,
    choices: Mapping[str, Any],
) -> None:
    """The same for going back to what *choices* deployed.

    Where that is not known any more, nothing is refused.
    """
    try:
        deployment = settle(Choices.from_json(choices), catalogue)
    except GatewayError:
        return
    names = deployment.for_address
    for binding in _find_foreign(layout, catalogue, deployment, names):
        first, option = f"export {binding.variable}, then: ", ""
        if binding.variable == deployment.credential:
            first, option = "", " --token-stdin"
        command = f"doit deploy --gateway-url {deployment.address}{option}"
        raise Conflict(
            _describe(layout, deployment, binding),
            f"Deploy that anew with its own: {first}{command}",
        )


def find_last_address(
    layout: Layout,
    catalogue: Catalogue,
    variable: str,
) -> str | None:
    """The remote address for which *variable* was last deployed; None when it is not known."""
    for number in reversed(history.numbers(layout)):
        deployment = _deployed_by(layout, catalogue, number)
        if deployment and variable in deployment.for_address:
            return deployment.address
    return None


def _describe(
    layout: Layout,
    deployment: Deployment,
    binding: Binding,
) -> str:
    stored = f"{binding.variable} in {layout.env_file}"
    return f"{stored} is for {binding.address}, not for {deployment.address}"


def _ways(deployment: Deployment, name: str) -> str:
    """How a variable for the address is given: the options are for the token alone."""
    if name == deployment.credential:
        return f"--token-stdin, --token-file FILE or --token REF, or export {name}."
    return f"export {name} in this shell, then deploy again."


def _find_foreign(
    layout: Layout,
    catalogue: Catalogue,
    deployment: Deployment,
    names: Iterable[str],
) -> Iterator[Binding]:
    """Those of *names* that were last deployed for another address than that of *deployment*."""
    for name in names:
        address = find_last_address(layout, catalogue, name)
        if address not in {None, deployment.address}:
            yield Binding(name, str(address))


def _deployed_by(
    layout: Layout,
    catalogue: Catalogue,
    number: int,
) -> Deployment | None:
    """What revision *number* deployed; None when it is not known any more."""
    try:
        revision = history.revision(layout, number)
        choices = Choices.from_json(revision.manifest.choices)
        return settle(choices, catalogue)
    except GatewayError:
        return None
