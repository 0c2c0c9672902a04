"""From what a run was asked to do to what is deployed, with its values and where each comes from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tasks.core.deploying import sources
from tasks.core.model import deployment as rules
from tasks.core.model import network
from tasks.core.values import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.deploying.context import Context
    from tasks.core.deploying.request import Request
    from tasks.core.model.deployment import Deployment, Values
    from tasks.core.model.layout import Layout
    from tasks.core.values.environment import Finding


@dataclass(frozen=True)
class Resolved:
    """A request in its context; values are looked for when the first is needed, since that may run a program or ask."""

    request: Request
    context: Context

    @property
    def layout(self) -> Layout:
        """Where it goes."""
        return self.context.layout

    @cached_property
    def deployment(self) -> Deployment:
        """What is deployed; GatewayError when the choices or the catalogue do not allow it."""
        return rules.settle(self.request.choices, self.context.catalogue)

    @cached_property
    def findings(self) -> dict[str, Finding]:
        """Each variable of the deployment: its value, and where that comes from."""
        listed = sources.list_sources(self.request, self.context, self.deployment)
        found = sources.read_sources(listed)
        names = [*(variable.name for variable in sources.needed_variables(self.deployment)), *found]
        stored = {name: found[name] for name in dict.fromkeys(names) if name not in network.HINTS}
        return stored | dict(self._network_findings(found))

    def _network_findings(self, found: dict[str, Finding]) -> Iterator[tuple[str, Finding]]:
        """The variables of the way out of this network: they follow from the choices and from what was found."""
        known = {name: finding.plain for name, finding in found.items() if finding.plain is not None}
        derived = network.derived(self.deployment, known, str(self.layout.certificates))
        for name, made in derived.items():
            yield name, environment.Finding(name, made.value, made.source)

    @property
    def values(self) -> Values:
        """The variables that have a value."""
        return {name: found.value for name, found in self.findings.items() if found.value is not None}

    @cached_property
    def complete_values(self) -> Values:
        """The values to install: as found, and a key made for this gateway when there is none yet."""
        made = {name: environment.generate_key() for name, found in self.findings.items() if found.needs_key}
        return {**self.values, **made}


def resolve(request: Request, context: Context) -> Resolved:
    """What *request* leads to in *context*; nothing is read yet."""
    return Resolved(request, context)
