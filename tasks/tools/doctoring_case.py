"""What the doctor looks at: read when it is first needed, and once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from tasks.model.choices import Choices
from tasks.model.deployment import Deployment, settings_of, settle
from tasks.model.errors import Unhealthy
from tasks.model.layering import Key
from tasks.tools import catalogue, doctoring_elsewhere, envfile, gateway, history, processes
from tasks.tools.doctoring_elsewhere import Remote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.model.catalogue import Catalogue
    from tasks.model.layout import Layout
    from tasks.model.release import Manifest
    from tasks.model.secret import Secret
    from tasks.tools.layers import Layers
    from tasks.tools.processes import Instance


@dataclass(frozen=True)
class Case:
    """What is looked at: read when it is first needed, and once; a case is for one walk."""

    layout: Layout
    layers: Layers
    environ: Mapping[str, str] = field(repr=False)

    @cached_property
    def manifest(self) -> Manifest | None:
        """What is deployed; None when nothing is."""
        return history.installed(self.layout)

    @cached_property
    def catalogue(self) -> Catalogue:
        """All that can be chosen."""
        return catalogue.load(self.layout)

    @cached_property
    def deployment(self) -> Deployment | None:
        """What the deployed choices come to; GatewayError when the catalogue does not know them any more."""
        return settle(Choices.from_json(self.manifest.choices), self.catalogue) if self.manifest else None

    @cached_property
    def wanted(self) -> dict[str, str]:
        """What a deployment writes into settings.json in plain text, by the name of the key."""
        chosen = settings_of(self.deployment) if self.deployment else ()
        return {Key(each.path).name: each.text for each in chosen if each.text is not None}

    @property
    def runs_here(self) -> bool:
        """Whether the deployed gateway is a process of this machine."""
        return self.deployment is not None and self.deployment.gateway.process

    @cached_property
    def instance(self) -> Instance | None:
        """The running gateway."""
        return processes.running(self.layout)

    @cached_property
    def env(self) -> dict[str, str]:
        """The gateway's .env."""
        return envfile.deployed(self.layout)

    @cached_property
    def served(self) -> list[str] | Unhealthy:
        """The names that the gateway lists, or why it lists none: asked once."""
        assert self.manifest is not None
        try:
            if self.runs_here:
                return gateway.served_models(self.manifest.gateway_url, self.token)
            return doctoring_elsewhere.listed(self.remote)
        except Unhealthy as error:
            return error

    @property
    def remote(self) -> Remote:
        """The deployed gateway as Claude Code reaches it, where another machine runs it."""
        assert self.manifest is not None
        return Remote(self.manifest.gateway_url, self.layers, self.token)

    @property
    def token(self) -> Secret:
        """What the gateway wants to be shown."""
        variable = self.manifest.token_variable if self.manifest else ""
        return gateway.own_key(self.layout, variable)
