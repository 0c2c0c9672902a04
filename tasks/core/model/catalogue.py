"""What can be deployed: models, providers, presets, kinds of gateway, variables; fields as in the YAML files."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTHING: Mapping[Any, Any] = MappingProxyType({})
"""What a mapping holds that is left out."""

TIERS = ("opus", "sonnet", "haiku")
"""Claude Code's tiers, strongest first."""

PLACEHOLDER = re.compile(r"\{([A-Z][A-Z0-9_]*)\}")
"""A variable in a header."""


ENTRY_KEY = "model"
"""The member by which an entry of a list is known: only the list of models is edited."""


def name_entry(value: str) -> str:
    """The name, in a path, of the entry of a list that has *value* as its model."""
    return f"[{ENTRY_KEY}={value}]"


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
    tools: str
    verified_on: str
    verified_with: str
    prices: Mapping[str, Any] = NOTHING
    vision: bool = False
    reasoning: bool = False
    region: str | None = None
    regions: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    params: Mapping[str, Any] = NOTHING
    retires_on: str | None = None
    replacement: str | None = None
    notes: str = ""
    behaves_as: str | None = None

    def retired(self, today: str) -> bool:
        """Whether its announced end lies before *today* (both YYYY-MM-DD)."""
        return self.retires_on is not None and self.retires_on <= today

    @property
    def dollars(self) -> tuple[str, str]:
        """Dollars per million tokens, in and out; a question mark where nobody knows."""
        known = (self.prices.get(side) for side in ("input", "output"))
        told = ["?" if price is None else f"{price:g}" for price in known]
        return told[0], told[1]


class Provider(NamedTuple):
    """Whoever answers for a model: what LiteLLM must be told and given to reach it, and where it lists its models."""

    id: str
    name: str
    description: str
    needs: tuple[str, ...] = ()
    params: Mapping[str, Any] = NOTHING
    modules: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    listing: Mapping[str, Any] = NOTHING
    hosts: tuple[str, ...] = ()


class Member(NamedTuple):
    """A model of a group: who is asked first has the lowest order; those of one order share by weight."""

    model: str
    order: int | None = None
    weight: int | None = None


class Answer(NamedTuple):
    """An answer to "What do you have?" that leads to a preset, with *options* of deploy beside it.

    The other fields are clues.
    Any one of them that is found means that a person has this:

    - *variables* with a value
    - *settings* of Claude Code with a value
    - *programs* on PATH
    - *files* below the home directory
    - *addresses* of this machine where something listens
    """

    says: str
    order: int | None = None
    options: Mapping[str, str] = NOTHING
    variables: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


class Preset(NamedTuple):
    """A named starting point: a kind of gateway and the models that it serves.

    *groups* are further names, each for one or several of the models; *fallbacks* say for a name whom to ask when it
    fails, *context_window_fallbacks* when the request is too long for it.
    """

    id: str
    name: str
    description: str
    gateway: str
    ready: bool
    models: tuple[str, ...] = ()
    tiers: Mapping[str, str] = NOTHING
    proxy: bool = False
    groups: Mapping[str, tuple[Member, ...]] = NOTHING
    fallbacks: Mapping[str, tuple[str, ...]] = NOTHING
    context_window_fallbacks: Mapping[str, tuple[str, ...]] = NOTHING
    have: tuple[Answer, ...] = ()


class Artifact(NamedTuple):
    """One file to deploy: its name, its mode, whether it holds secrets, its template (none: made from data).

    With *auth*, only where Claude Code shows itself in that way. *content*: "certificates", only where some are chosen.
    """

    file: str
    mode: str
    secret: bool = False
    template: str | None = None
    auth: str | None = None
    content: str | None = None

    @property
    def permissions(self) -> int:
        """The mode as a number: "0644" is 0o644."""
        return int(self.mode, 8)


class Setting(NamedTuple):
    """One key of settings.json and where its value comes from: a fact, a variable, itself, or a template.

    A *template* is a text with {VARIABLE} in it, *json* a value that is no text.

    *since*, *until*: the first Claude Code that reads it, and the first that no longer needs it.
    *hidden*: names of Claude models that are not shown.
    """

    path: tuple[str, ...]
    fact: str | None = None
    variable: str | None = None
    text: str | None = None
    template: str | None = None
    unless_present: bool = False
    json: str | None = None
    since: str | None = None
    until: str | None = None
    hidden: tuple[str, ...] = ()


class Gateway(NamedTuple):
    """One kind of gateway: what is deployed for it, what it needs, and how Claude Code is joined to it.

    *extends* names the kind that it has the rest from; *model_names* says how it calls its models. Of a local one,
    *provider* is the only one whose models it can serve, *patterns* what Claude Code may ask it for by itself, and
    *params* are further litellm_params of every model.

    *login_header*: how it takes its token beside a Claude login.
    """

    id: str
    name: str
    description: str
    ready: bool
    process: bool
    token: str
    extends: str | None = None
    auth: str = "bearer"
    port: int | None = None
    url: str | None = None
    model_names: str = ""
    needs: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    tiers: Mapping[str, str] = NOTHING
    artifacts: tuple[Artifact, ...] = ()
    litellm: Mapping[str, Any] = NOTHING
    settings: tuple[Setting, ...] = ()
    provider: str | None = None
    patterns: str = "claude-{tier}-*"
    params: Mapping[str, Any] = NOTHING
    login_header: str | None = None


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
