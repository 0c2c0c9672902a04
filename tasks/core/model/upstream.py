"""What answers behind our gateway: another gateway that it asks, and groups of models that stand in for each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from tasks.core.model.catalogue import PLACEHOLDER, TIERS, Gateway
from tasks.core.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.core.model.catalogue import Model, Preset
    from tasks.core.model.choices import Choices


TOPOLOGY = "local-proxy"
SUBSCRIPTION = "subscription"
"""The --auth with which a login at Anthropic reaches the gateway."""
SUFFIX = "[1m]"
"""Claude Code's own mark for a large context; it takes it off before it asks."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_WHOLE = r"(Bearer )?\{([A-Z][A-Z0-9_]*)\}"


class Upstream(NamedTuple):
    """The gateway elsewhere, as LiteLLM reaches it; *auth* is bearer or x-api-key."""

    gateway: Gateway
    url: str
    auth: str
    headers: tuple[str, ...]

    @property
    def needs(self) -> tuple[str, ...]:
        """The variables without which it cannot be asked."""
        return (self.gateway.token, *self.gateway.needs, *PLACEHOLDER.findall("\n".join(self.headers)))


def behind(choices: Choices, gateway: Gateway, url: str, port: int) -> Upstream:
    """The upstream that *choices* mean; UsageError when LiteLLM could not reach it as they say."""
    parts = urlsplit(url)
    if parts.hostname in _LOOPBACK and parts.port == port:
        raise UsageError(
            f"--gateway-url {url} is where the LiteLLM of --topology {TOPOLOGY} itself will listen",
            "Choose another port for it, such as --port 4001.",
        )
    if choices.client_cert:
        raise UsageError(
            f"--client-cert is for --topology direct: LiteLLM, which --topology {TOPOLOGY} puts in between, shows none",
            "Leave out one of the two.",
        )
    wanted = choices.auth if choices.auth in ("bearer", "x-api-key") else gateway.auth
    headers = (*gateway.headers, *(choices.headers or ()))
    made = Upstream(gateway, url, "x-api-key" if wanted == "x-api-key" else "bearer", headers)
    _ = _params("any", made)  # whether every header can be sent
    return made


def refuse_login(choices: Choices, gateway: Gateway) -> None:
    """UsageError where a Claude login would be sent to a gateway that has no use for it."""
    if choices.auth == SUBSCRIPTION:
        says = f"{gateway.name} asks its providers with keys of its own"
        raise UsageError(
            f"--auth {SUBSCRIPTION} is for a remote gateway; {says}",
            "Leave out --auth.",
        )


def check_login(gateway: Gateway, url: str, headers: Iterable[str]) -> None:
    """UsageError where the gateway could not know who asks, or others could read the login."""
    token = f"{{{gateway.token}}}"
    if not any(token in line for line in headers):
        raise UsageError(
            f"--auth {SUBSCRIPTION} needs the header in which {gateway.name} takes its token",
            f"Ask its operators for the name: --header 'x-gateway-key: {token}'",
        )
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise UsageError(
            f"--auth {SUBSCRIPTION} would send your Claude login to {url} unencrypted",
            "Give an address that begins with https://.",
        )


def served(names: Mapping[str, str]) -> dict[str, str]:
    """The names that LiteLLM serves, and what each is called upstream.

    These are the tiers' own names, then all that Claude Code may ask for by itself: led to the model of its tier, and
    passed on as it is where the tier has none.
    """
    plain = {tier: name.removesuffix(SUFFIX) for tier, name in names.items()}
    patterns = {f"claude-{tier}-*": plain.get(tier, f"claude-{tier}-*") for tier in TIERS}
    own = {name: name for name in plain.values()}
    return own | patterns | {"claude-*": plain.get("sonnet", "claude-*")}


def entries(names: Mapping[str, str], upstream: Upstream) -> list[dict[str, Any]]:
    """LiteLLM's list of models for these names."""
    return [{"model_name": n, "litellm_params": _params(called, upstream)} for n, called in served(names).items()]


def _params(called: str, upstream: Upstream) -> dict[str, Any]:
    params: dict[str, Any] = {"model": f"anthropic/{called}", "api_base": upstream.url}
    headers = dict(_header(line) for line in upstream.headers)
    if upstream.auth == "x-api-key":
        params["api_key"] = f"os.environ/{upstream.gateway.token}"
    else:  # of a key LiteLLM makes x-api-key; with this header it adds none
        headers = {"Authorization": f"os.environ/BEARER_{upstream.gateway.token}", **headers}
    return params | ({"extra_headers": headers} if headers else {})


def _header(line: str) -> tuple[str, str]:
    """Name and value of a header, a variable in it as LiteLLM reads one."""
    name, _, value = line.partition(":")
    value = value.strip()
    if found := re.fullmatch(_WHOLE, value):
        return name, f"os.environ/{'BEARER_' if found[1] else ''}{found[2]}"
    if PLACEHOLDER.search(value):
        raise UsageError(
            f"--header {name} has more in it than one variable, which LiteLLM cannot fill in",
            "With --topology local-proxy write {NAME} or Bearer {NAME}, and put the whole value into that variable.",
        )
    return name, value


class Turn(NamedTuple):
    """A model that answers for a name: the lowest order first, those of one order in proportion to their weights."""

    model: Model
    order: int | None = None
    weight: int | None = None


Turns = tuple[Turn, ...]
Groups = Mapping[str, Turns]
"""The names that several models share, or that are not the model's own; each with those that answer, best first."""


def settled(preset: Preset, models: Iterable[Model]) -> Groups:
    """The preset's groups as far as their *models* are deployed; one of which none is deployed is left out."""
    deployed = {model.id: model for model in models}
    found = {
        name: sorted(
            (Turn(deployed[m.model], m.order, m.weight) for m in members if m.model in deployed),
            key=lambda turn: turn.order or 0,
        )
        for name, members in preset.groups.items()
    }
    return {name: tuple(turns) for name, turns in found.items() if turns}


def answering(name: str, models: Iterable[Model], groups: Groups) -> Turns:
    """Those that answer for a served *name*."""
    return groups.get(name) or tuple(Turn(model) for model in models if model.id == name)


def stand_ins(wanted: Mapping[str, tuple[str, ...]], served: Iterable[str]) -> dict[str, list[str]]:
    """Of fallbacks (a name, and whom to ask when it fails) those that are *served*."""
    known = set(served)
    found = {name: [each for each in others if each in known] for name, others in wanted.items() if name in known}
    return {name: others for name, others in found.items() if others}


def in_turn(first: Turns, *others: Turns) -> Turns:
    """*first*, then each of *others*, as one group.

    LiteLLM looks up fallbacks by the very name that was asked for, so a pattern has none; but it honours their order.
    """
    made = first
    for turns in others:
        made = tuple(turn._replace(order=turn.order or 1) for turn in made)
        last = max(turn.order or 1 for turn in made)
        made += tuple(turn._replace(order=last + (turn.order or 1)) for turn in turns)
    return made


def router_settings(preset: Preset, served: Iterable[str], groups: Groups) -> dict[str, Any]:
    """What LiteLLM's router has to be told of them; nothing when every name has one model and no stand-in."""
    known = tuple(served)
    made: dict[str, Any] = {}
    if any(len(turns) > 1 for turns in groups.values()):
        made["enable_weighted_failover"] = True  # else the one that failed may be asked again
    for key in ("fallbacks", "context_window_fallbacks"):
        if found := stand_ins(getattr(preset, key), known):
            made[key] = [{name: others} for name, others in found.items()]
    return made
