"""From what a run was asked to do to what is deployed, its values, and where each comes from."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from tasks.core.catalogue import own
from tasks.core.deploying import render, value_sources
from tasks.core.model import deployment as rules
from tasks.core.model import network
from tasks.core.values import environment

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.claude.ledger import Ledger
    from tasks.core.claude.settings_edit import Outcome
    from tasks.core.deploying.context import Context
    from tasks.core.deploying.request import Request
    from tasks.core.deploying.value_sources import Findings
    from tasks.core.model.catalogue import Artifact
    from tasks.core.model.deployment import Deployment, Values
    from tasks.core.model.layout import Layout


class Resolved:
    """A request in its context, and what follows from both.

    Values are looked for when the first is needed, and once: that may run a program or ask.
    """

    def __init__(self, request: Request, context: Context) -> None:
        self.request: Final = request
        self.context: Final = context
        self._rendered: Final[dict[str, bytes]] = {}
        self.outcome: tuple[tuple[bytes | None, Ledger | None, bytes], Outcome] | None = None
        """What settings.json becomes, and of which bytes, ledger and key: several steps ask."""

    @property
    def layout(self) -> Layout:
        """Where it goes."""
        return self.context.layout

    @cached_property
    def deployment(self) -> Deployment:
        """What is deployed; GatewayError when the choices or the catalogue do not allow it."""
        return rules.settle(
            self.request.choices,
            self.context.catalogue,
        )

    @cached_property
    def recipe(self) -> str:
        """What decides about its files: see render.find_recipe()."""
        return render.find_recipe(self.deployment, self.makers)

    @cached_property
    def makers(self) -> dict[str, list[Path]]:
        """The code and the files that make each artifact of its inputs, by the name of the file."""
        makers = {}
        for artifact in self.deployment.artifacts:
            makers[artifact.file] = render.makers(
                artifact,
                self.deployment,
                self.layout,
            )
        return makers

    @cached_property
    def own_templates(self) -> dict[str, str]:
        """The own templates that it is made from: their names, and where they are."""
        if not own.list_folders(self.layout):
            return {}
        paths = [*render.described(self.deployment, self.layout)]
        paths += own.find_all(
            self.layout,
            own.VARIABLES,
        )
        for made_by in self.makers.values():
            paths += made_by
        return own.select(self.layout, paths)

    def render(self, artifact: Artifact) -> bytes:
        """The content of one artifact, rendered once; without secrets."""
        if artifact.file not in self._rendered:
            self._rendered[artifact.file] = render.content(
                artifact,
                self.deployment,
                self.values if artifact.secret else {},
                self.layout,
            )
        return self._rendered[artifact.file]

    def render_all(self) -> dict[str, bytes]:
        """The content of every artifact, by the name of its file."""
        contents = {}
        for artifact in self.deployment.artifacts:
            contents[artifact.file] = self.render(artifact)
        return contents

    @cached_property
    def findings(self) -> Findings:
        """Each variable of the deployment: its value, and where that comes from."""
        listed = value_sources.list_sources(
            self.request,
            self.context,
            self.deployment,
        )
        found = value_sources.read_sources(listed)
        network_findings = self._derive_network(found)
        # In the order in which the deployment names them: that is how preflight lists them.
        needed = value_sources.needed_variables(self.deployment)
        names = [variable.name for variable in needed]
        ordered = {name: found[name] for name in [*names, *found]}
        # User and password of the proxy are in its address now; they are stored nowhere.
        for name in network.HINTS:
            ordered.pop(name, None)
        return ordered | network_findings

    def _derive_network(self, found: Findings) -> Findings:
        """The variables of the way out, which follow from the choices and from what was found."""
        known = {}
        for name, finding in found.items():
            if finding.plain is not None:
                known[name] = finding.plain
        bundle = str(self.layout.certificates)
        derived = network.derived(
            self.deployment,
            known,
            bundle,
        )
        findings = {}
        for name, variable in derived.items():
            findings[name] = environment.Finding(
                name,
                variable.value,
                variable.source,
            )
        return findings

    @property
    def values(self) -> Values:
        """The variables that have a value."""
        values = {}
        for name, finding in self.findings.items():
            if finding.value is not None:
                values[name] = finding.value
        return values

    @cached_property
    def complete_values(self) -> Values:
        """The values to install: as found, with a key made for this gateway where it needs one."""
        complete = dict(self.values)
        for name, finding in self.findings.items():
            if finding.needs_key:
                complete[name] = environment.generate_key()
        return complete


def resolve(request: Request, context: Context) -> Resolved:
    """What *request* leads to in *context*; nothing is read yet."""
    return Resolved(request, context)
