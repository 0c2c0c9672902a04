"""What the choices come to: models, who serves which tier, LiteLLM's configuration, Claude Code's settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from tasks.core.model import picker, upstream
from tasks.core.model.catalogue import (
    NOTHING,
    PLACEHOLDER,
    TIERS,
    Artifact,
    Catalogue,
    Gateway,
    Model,
    Preset,
    Provider,
    Setting,
    Variable,
)
from tasks.core.model.choices import Choices, unknown
from tasks.core.model.errors import UsageError
from tasks.core.model.layout import DEFAULT_PORT
from tasks.core.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Collection

    from tasks.core.model.upstream import Groups, Turns, Upstream

PROXIES = ("HTTPS_PROXY", "HTTP_PROXY")
TRUST = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
"""Who reads which: LiteLLM's own clients the first, Google's libraries the second; AWS's have one more."""

SLOTS = {"bearer": "bearer", "api_key": "x-api-key"}
"""Per fact of a setting that holds the token: the way of showing it that this is for."""

KEY_HEADER = "x-api-key"

HELPER_TTL = "300000"
"""Milliseconds for which Claude Code keeps what the helper printed."""

LOCAL = "local"
"""The kind of gateway that stands in front of another one."""

PASSPHRASE = "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable
"""What opens the key of a client's certificate, where it is locked."""

Thing = TypeVar("Thing", Model, Preset, Gateway)

Values = Mapping[str, str | Secret]
"""Variables of the gateway that have a value, by name."""


class Deployment(NamedTuple):
    """Choices and catalogue, settled: everything that rendering needs but the values of variables.

    *names* is what Claude Code asks for per tier; *tiers* which of *models* answers that first, where they are ours to
    serve; *groups* the further names of ours; *upstream* the gateway elsewhere that a local one asks for them.
    """

    choices: Choices
    preset: Preset
    gateway: Gateway
    models: tuple[Model, ...]
    providers: Mapping[str, Provider]
    tiers: Mapping[str, Model]
    names: Mapping[str, str]
    variables: Mapping[str, Variable]
    groups: Groups = NOTHING
    upstream: Upstream | None = None

    @property
    def port(self) -> int:
        """Where the local process listens."""
        return self.choices.port or self.gateway.port or DEFAULT_PORT

    @property
    def url(self) -> str:
        """Where Claude Code finds the gateway."""
        if self.gateway.process:
            return f"http://127.0.0.1:{self.port}"
        return self.choices.gateway_url or self.gateway.url or ""

    @property
    def listen(self) -> str:
        """The address on which the local process takes connections."""
        return self.choices.listen or "127.0.0.1"

    @property
    def auth(self) -> str:
        """How Claude Code shows the gateway who it is: one of choices.AUTHS."""
        if self.upstream and self.choices.auth != "apikeyhelper":
            return self.gateway.auth  # what was chosen is for the one behind
        return self.choices.auth or self.gateway.auth

    @property
    def headers(self) -> tuple[str, ...]:
        """What Claude Code sends with every request, as `Name: value`; {VARIABLE} in it stands for a value."""
        if self.upstream:
            return ()
        login: tuple[str, ...] = ()
        if self.auth == upstream.SUBSCRIPTION and self.gateway.login_header:
            login = (self.gateway.login_header,)
        return (*self.gateway.headers, *login, *(self.choices.headers or ()))

    @property
    def credential(self) -> str:
        """The variable that holds what somebody was given for the gateway: with one in between, for the one behind."""
        return self.upstream.gateway.token if self.upstream else self.gateway.token

    @property
    def address(self) -> str | None:
        """Where the gateway elsewhere is, asked directly or through one in between; None when there is none."""
        if self.upstream:
            return self.upstream.url
        return None if self.gateway.process else self.url

    @property
    def for_address(self) -> tuple[str, ...]:
        """The variables that were given for that address, and are nobody else's business."""
        if self.upstream:
            return self.upstream.needs
        own = (self.gateway.token, *self.gateway.needs, *PLACEHOLDER.findall("\n".join(self.headers)))
        return () if self.gateway.process else own

    @property
    def served(self) -> tuple[str, ...]:
        """The models by the names that Claude Code can ask for."""
        return (*(model.id for model in self.models), *self.groups) or tuple(
            dict.fromkeys(name.removesuffix(upstream.SUFFIX) for name in self.names.values())
        )

    def answering(self, name: str) -> Turns:
        """Who is asked for one of our served names: its own models, then those that stand in for it."""
        others = upstream.stand_ins(self.preset.fallbacks, self.served).get(name, [])
        turns = [upstream.answering(each, self.models, self.groups) for each in (name, *others)]
        return upstream.in_turn(*turns)

    @property
    def proxied(self) -> bool:
        """Whether the way out is an HTTP proxy."""
        return self.preset.proxy or self.choices.proxy is not None

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """The files to deploy."""
        chosen = (None, "certificates") if self.choices.ca_bundle else (None,)
        return tuple(e for e in self.gateway.artifacts if e.auth in (None, self.auth) and e.content in chosen)

    @property
    def needs(self) -> tuple[str, ...]:
        """The variables that must have a value before the gateway can serve."""
        wanted = [self.gateway.token, *self.gateway.needs, *PLACEHOLDER.findall("\n".join(self.headers))]
        wanted += self.upstream.needs if self.upstream else ()
        for model in self.models:
            wanted += [*self.providers[model.provider].needs, *model.needs]
        return tuple(dict.fromkeys([*wanted, *network_needs(self)]))

    @property
    def optional(self) -> tuple[str, ...]:
        """The variables that go with them where they are found; none is missed."""
        found = [name for model in self.models for name in self.providers[model.provider].optional]
        found += [PASSPHRASE] if self.choices.client_key else []
        return tuple(dict.fromkeys(name for name in found if name not in self.needs))

    def variable(self, name: str) -> Variable:
        """What is known of a variable; one that only a header names is taken for a secret."""
        how = f"Set {name} in the environment or in the gateway's .env."
        return self.variables.get(name) or Variable(name, "For a header that the gateway wants.", how, secret=True)

    @property
    def modules(self) -> tuple[str, ...]:
        """The Python modules that LiteLLM needs for these models, beyond its own."""
        return tuple(dict.fromkeys(m for model in self.models for m in self.providers[model.provider].modules))

    @property
    def answered_here(self) -> str | None:
        """A model that costs nothing to ask, because LiteLLM answers it itself."""
        return next((model.id for model in self.models if model.provider == "mock"), None)


def settle(choices: Choices, catalogue: Catalogue) -> Deployment:
    """The deployment that *choices* name; UsageError for a name that is not in the catalogue, or not ready yet."""
    preset = _named("preset", choices.preset, catalogue.presets)
    kind = "custom" if choices.gateway_type == "enterprise" else choices.gateway_type or preset.gateway
    gateway = _named("gateway type", kind, catalogue.gateways)
    for chosen, word in ((preset, "preset"), (gateway, "gateway type")):
        if not chosen.ready:
            ready = ", ".join(p.id for p in catalogue.presets.values() if p.ready)
            raise UsageError(
                f"the {word} {chosen.id!r} is not there yet",
                f"Ready are the presets {ready}.",
            )
    if not gateway.process:
        return _elsewhere(choices, preset, gateway, catalogue)
    upstream.refuse_login(choices, gateway)
    if choices.gateway_url:
        raise UsageError(
            f"--gateway-url is for a gateway elsewhere, and {gateway.id!r} is on this machine",
            "Name its kind too, such as --gateway-type custom.",
        )
    if choices.topology == upstream.TOPOLOGY:
        raise UsageError(
            f"--topology {upstream.TOPOLOGY} puts {gateway.name} in front of a gateway elsewhere, and there is none",
            "Name it: --gateway-type custom --gateway-url https://gateway.example.com.",
        )
    models = tuple(_named("model", name, catalogue.models) for name in choices.models or preset.models)
    _check_provider(choices, gateway, models)
    shared = upstream.settled(preset, models)
    names = {tier: _serving(tier, choices, preset, models, shared) for tier in TIERS}
    tiers = {tier: upstream.answering(name, models, shared)[0].model for tier, name in names.items()}
    made = Deployment(choices, preset, gateway, models, catalogue.providers, tiers, names, catalogue.variables)
    return made._replace(groups=shared)


def _elsewhere(choices: Choices, preset: Preset, gateway: Gateway, catalogue: Catalogue) -> Deployment:
    """A gateway that somebody else runs: it has its own names for its models."""
    if not (choices.gateway_url or gateway.url):
        raise UsageError(f"{gateway.name} needs --gateway-url", "Such as --gateway-url https://gateway.example.com.")
    if choices.models:
        raise UsageError(
            f"--models is for a gateway on this machine; {gateway.id!r} has its own",
            "Name the model of each tier, as that gateway calls it: --opus, --sonnet, --haiku.",
        )
    asked = {tier: getattr(choices, tier) or gateway.tiers.get(tier) for tier in TIERS}
    names = {tier: name for tier, name in asked.items() if name}
    there = Deployment(choices, preset, gateway, (), catalogue.providers, {}, names, catalogue.variables)
    if choices.topology != upstream.TOPOLOGY:
        if there.auth == upstream.SUBSCRIPTION:
            upstream.check_login(gateway, there.url, there.headers)
        return there
    upstream.refuse_login(choices, _named("gateway type", LOCAL, catalogue.gateways))
    here = there._replace(gateway=_named("gateway type", LOCAL, catalogue.gateways))
    return here._replace(upstream=upstream.behind(choices, gateway, there.url, here.port))


def _check_provider(choices: Choices, gateway: Gateway, models: tuple[Model, ...]) -> None:
    """What a gateway that is asked in its provider's own form cannot do is a UsageError."""
    if gateway.provider is None:
        return
    if others := [model.id for model in models if model.provider != gateway.provider]:
        raise UsageError(
            f"the gateway type {gateway.id!r} serves models of {gateway.provider} only, not {', '.join(others)}",
            "Name such models with --models, or take --gateway-type local.",
        )
    if choices.auth not in (None, gateway.auth):
        raise UsageError(
            f"--auth {choices.auth} is not for the gateway type {gateway.id!r}",
            f"In this form Claude Code shows its token as {gateway.auth}; leave out --auth.",
        )


def _named(kind: str, name: str, known: Mapping[str, Thing]) -> Thing:
    if name not in known:
        raise unknown(kind, name, {each.id: each.description for each in known.values()})
    return known[name]


def _serving(tier: str, choices: Choices, preset: Preset, models: tuple[Model, ...], shared: Groups) -> str:
    """The served name for *tier*: as asked for, else as the preset has it, else the best of what is deployed."""
    deployed = (*(model.id for model in models), *shared)
    asked = getattr(choices, tier)
    if asked is not None and asked not in deployed:
        raise UsageError(
            f"--{tier} {asked!r} is not among the deployed models", f"Deployed are: {', '.join(deployed)}."
        )
    name = asked or preset.tiers.get(tier, "")
    return name if name in deployed else min(models, key=lambda model: _unfitness(model, tier)).id


def _unfitness(model: Model, tier: str) -> tuple[bool, bool, int]:
    """Sorts the models for a tier, best first: not superseded, able to call tools, near the tier."""
    return model.replacement is not None, model.tools == "no", abs(TIERS.index(model.tier) - TIERS.index(tier))


def facts(deployment: Deployment) -> dict[str, str]:
    """What Claude Code's settings are made from; what is not known has no entry."""
    names = deployment.names
    forms = {"bedrock_url": f"{deployment.url}/bedrock", "vertex_url": f"{deployment.url}/vertex_ai/v1"}
    made = {"base_url": deployment.url, **forms, **{f"{tier}_model": name for tier, name in names.items()}}
    if "sonnet" in names:
        made["main_model"] = names["sonnet"]
    if deployment.auth == "apikeyhelper":
        made["helper_ttl"] = HELPER_TTL
    chosen = deployment.choices
    return made | {name: path for name in ("client_cert", "client_key") if (path := getattr(chosen, name))}


def settings_of(deployment: Deployment) -> tuple[Setting, ...]:
    """The keys of settings.json that join Claude Code to the gateway, with their texts.

    What is secret stays the name of its variable, and what depends on this machine and on the settings found (helper,
    no_helper, no_proxy) stays a fact.
    """
    known = facts(deployment)
    wanted = {setting.path: setting for setting in deployment.gateway.settings}  # of two for one key the later counts
    own: list[Setting] = []
    for setting in wanted.values():
        if setting.fact in picker.FACTS:
            own += picker.expand(setting, deployment)
        else:
            own += _settled(setting, deployment, known)
    return (*own, *_network_settings(deployment))


def discloses(deployment: Deployment, known: Collection[str]) -> bool:
    """Whether one of the variables *known* is a secret that is written into settings.json."""
    texts = [
        each.template or f"{{{each.variable}}}" for each in settings_of(deployment) if picker.read_value(each) is None
    ]
    names = {name for text in texts for name in PLACEHOLDER.findall(text)}
    return any(deployment.variable(name).secret for name in names.intersection(known))


def _settled(setting: Setting, deployment: Deployment, known: Mapping[str, str]) -> tuple[Setting, ...]:
    """*setting* with its value, or what it takes to find that; nothing when there is none."""
    if setting.fact is None or setting.fact == "no_proxy":
        return (setting,)
    plain = setting._replace(fact=None)
    if setting.fact in SLOTS:
        if deployment.auth == SLOTS[setting.fact]:
            return (plain._replace(variable=deployment.gateway.token),)
        return (plain._replace(text=""),)  # cancels what a shell may still export
    if setting.fact == "helper":
        return (setting if deployment.auth == "apikeyhelper" else setting._replace(fact="no_helper"),)
    if setting.fact == "headers":
        lines = "\n".join([*deployment.headers, *_key_header(deployment)])
        return (plain._replace(template=lines),) if lines else ()
    return (plain._replace(text=known[setting.fact]),) if setting.fact in known else ()


def _key_header(deployment: Deployment) -> list[str]:
    """The header that keeps another key away from the gateway.

    Claude Code sends the key of a Console login as x-api-key, beside a token and whatever else is
    set; a header of that name takes its place, and an empty one counts as none where it arrives. With
    the token in it, a key that was declined in a terminal is sent all the same. A helper's output
    takes that place itself, and in a provider's own form there is no such key.
    """
    names = [line.partition(":")[0].strip().lower() for line in deployment.headers]
    if deployment.auth == "apikeyhelper" or deployment.gateway.provider or KEY_HEADER in names:
        return []
    if deployment.auth == KEY_HEADER:
        return [f"{KEY_HEADER}: {{{deployment.gateway.token}}}"]
    return [f"{KEY_HEADER}:"]


def network_needs(deployment: Deployment) -> list[str]:
    """The variables that the gateway needs for this network."""
    wanted = [*PROXIES, "NO_PROXY"] if deployment.proxied else []
    if deployment.choices.ca_bundle and deployment.gateway.process:
        wanted += [*TRUST, *(["AWS_CA_BUNDLE"] if "boto3" in deployment.modules else [])]
    return wanted


def _network_settings(deployment: Deployment) -> tuple[Setting, ...]:
    """What Claude Code is told of this network; NO_PROXY is each kind's own, it is needed without a proxy too."""
    made = [Setting(("env", name), variable=name) for name in PROXIES] if deployment.proxied else []
    if bundle := deployment.choices.ca_bundle:
        made.append(Setting(("env", "NODE_EXTRA_CA_CERTS"), text=bundle))
    return tuple(made)
