"""What can be deployed: models, providers, presets, kinds of gateway, variables; fields as in the YAML files."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTHING: Mapping[str, Any] = MappingProxyType({})
"""What a mapping holds that is left out."""

TIERS = ("opus", "sonnet", "haiku")
"""Claude Code's tiers, strongest first."""


class Model(NamedTuple):
    """One model that a gateway can serve under its id."""

    id: str
    name: str
    publisher: str
    description: str
    provider: str
    route: str
    tier: str
    limits: Mapping[str, int]
    prices: Mapping[str, Any]
    tools: str
    verified_on: str
    verified_with: str
    vision: bool = False
    reasoning: bool = False
    region: str | None = None
    regions: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    params: Mapping[str, Any] = NOTHING
    retires_on: str | None = None
    replacement: str | None = None
    notes: str = ""

    def retired(self, today: str) -> bool:
        """Whether its announced end lies before *today* (both YYYY-MM-DD)."""
        return self.retires_on is not None and self.retires_on <= today


class Provider(NamedTuple):
    """Whoever answers for a model: what LiteLLM must be told and given to reach it."""

    id: str
    name: str
    description: str
    needs: tuple[str, ...] = ()
    params: Mapping[str, Any] = NOTHING
    modules: tuple[str, ...] = ()


class Preset(NamedTuple):
    """A named starting point: a kind of gateway and the models that it serves."""

    id: str
    name: str
    description: str
    gateway: str
    ready: bool
    models: tuple[str, ...] = ()
    tiers: Mapping[str, str] = NOTHING


class Artifact(NamedTuple):
    """One file to deploy: its name, its mode, whether it holds secrets, and its template (none: made from data)."""

    file: str
    mode: str
    secret: bool = False
    template: str | None = None

    @property
    def permissions(self) -> int:
        """The mode as a number: "0644" is 0o644."""
        return int(self.mode, 8)


class Setting(NamedTuple):
    """One key of settings.json and where its value comes from: a fact, a variable, or the text itself."""

    path: tuple[str, ...]
    fact: str | None = None
    variable: str | None = None
    text: str | None = None
    unless_present: bool = False


class Gateway(NamedTuple):
    """One kind of gateway: what is deployed for it, what it needs, and how Claude Code is joined to it."""

    id: str
    name: str
    description: str
    ready: bool
    process: bool
    port: int | None = None
    needs: tuple[str, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    litellm: Mapping[str, Any] = NOTHING
    settings: tuple[Setting, ...] = ()


class Variable(NamedTuple):
    """One environment variable of the gateway: what it is for, how to get it, and how it may be found."""

    name: str
    description: str
    how: str
    secret: bool = False
    kind: str = "text"
    default: str | None = None
    aliases: tuple[str, ...] = ()
    pattern: str | None = None
    example: str | None = None
    found_by: str | None = None


class Neighbour(NamedTuple):
    """Another tool with the same keys of settings.json; there when one of *files* is and all *settings* match."""

    id: str
    name: str
    undo: str
    files: tuple[str, ...] = ()
    settings: Mapping[str, str] = NOTHING


class Catalogue(NamedTuple):
    """Everything that can be chosen, by id."""

    models: Mapping[str, Model]
    providers: Mapping[str, Provider]
    presets: Mapping[str, Preset]
    gateways: Mapping[str, Gateway]
    neighbours: Mapping[str, Neighbour]
    variables: Mapping[str, Variable]
