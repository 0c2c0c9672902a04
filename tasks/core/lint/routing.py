"""Rules about names and routing: strategies, fallbacks, aliases, tiers, loops, and what Claude Code's menu shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tasks.core.lint.findings import Mend, Place, Problem
from tasks.core.text.documents import said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.lint.config import Config

FALLBACKS = ("fallbacks", "context_window_fallbacks", "content_policy_fallbacks")
SECTIONS = ("litellm_settings", "router_settings")
HERE = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 - looked for, not bound


def problems(config: Config) -> Iterator[Problem]:
    """Everything about names."""
    yield from _strategy(config)
    for section in SECTIONS:
        yield from _aliases(config, section)
        for key in FALLBACKS:
            yield from _fallbacks(config, (section, key))
        yield from _default_fallbacks(config, (section, "default_fallbacks"))
    yield from _loops(config)
    if config.entries and config.closed():
        yield from _tiers(config)
        yield from _picker(config)


def _strategy(config: Config) -> Iterator[Problem]:
    found = config.section("router_settings").get("routing_strategy")
    place = ("router_settings", "routing_strategy")
    if found is None or (isinstance(found, str) and found.startswith("os.environ/")):
        return
    if found not in config.facts.strategies:
        text = f"there is no strategy {said(found)}; there are {', '.join(config.facts.strategies)}"
        yield Problem("unknown-strategy", place, text)
    elif found == "usage-based-routing":
        mend = Mend("set", place, value="usage-based-routing-v2")
        yield Problem("old-strategy", place, "usage-based-routing is the old one", mends=(mend,))


def _aliases(config: Config, section: str) -> Iterator[Problem]:
    found = config.section(section).get("model_group_alias")
    for name, target in found.items() if isinstance(found, dict) else ():
        place = (section, "model_group_alias", str(name))
        if isinstance(target, list):
            one = len(target) == 1 and isinstance(target[0], str)
            mends = (Mend("set", place, value=target[0]),) if one else ()
            yield Problem("alias-list", place, f"{name} stands for a list", mends=mends)
            continue
        model = target.get("model") if isinstance(target, dict) else target
        if not isinstance(model, str):
            yield Problem("shape", place, "must name a model, or be {model: name, hidden: true}")
        else:
            yield from _served(config, place, model)


def _served(config: Config, place: Place, name: object) -> Iterator[Problem]:
    if isinstance(name, dict):  # a fallback with parameters of its own
        name = name.get("model")
    if isinstance(name, str) and config.closed() and not config.serves(name):
        yield Problem("unserved-name", place, f"no model is called {said(name)}")


def _fallbacks(config: Config, place: Place) -> Iterator[Problem]:
    found = config.section(str(place[0])).get(str(place[1]))
    if found is None:
        return
    if not isinstance(found, list):
        yield Problem("fallback-shape", place, "must be a list")
        return
    for number, each in enumerate(found):
        if not isinstance(each, dict) or len(each) != 1 or not isinstance(next(iter(each.values())), list):
            yield Problem("fallback-shape", (*place, number), "must be one name with the list of its fallbacks")
            continue
        ((name, targets),) = each.items()
        if name != "*":
            yield from _served(config, (*place, number, str(name)), name)
        for index, target in enumerate(targets):
            yield from _served(config, (*place, number, str(name), index), target)


def _default_fallbacks(config: Config, place: Place) -> Iterator[Problem]:
    found = config.section(str(place[0])).get(str(place[1]))
    if found is None:
        return
    if not isinstance(found, list):
        yield Problem("fallback-shape", place, "must be a list of names", fix="Write a list of names: `[name, other]`.")
        return
    for number, name in enumerate(found):
        yield from _served(config, (*place, number), name)


def _tiers(config: Config) -> Iterator[Problem]:
    """The names that Claude Code asks for: as it is told, or its own."""
    for tier, name in config.around.tiers.items():
        if not config.serves(name):
            text = f"Claude Code asks for {said(name)} ({tier}), and no model is called so"
            yield Problem("unserved-tier", ("model_list",), text)
    own = ("claude-", "*anthropic.claude-")  # by itself, and in the form of Bedrock
    if not config.around.tiers and not any(name == "*" or name.startswith(own) for name in config.groups):
        yield Problem("claude-names", ("model_list",), "no model answers to Claude Code's own names")


def _picker(config: Config) -> Iterator[Problem]:
    if config.around.joined:
        return  # the names are in Claude Code's settings, so its menu needs no list of ours
    names = [name for name in [*config.groups, *config.aliases] if "*" not in name]
    if names and not any("claude" in name.lower() or "anthropic" in name.lower() for name in names):
        yield Problem("picker", ("model_list",), f"the /model menu shows none of these names, such as {said(names[0])}")


def _loops(config: Config) -> Iterator[Problem]:
    """Entries that lead back to themselves through this gateway's own address."""
    own = dict(_own_address(config))
    for number in own:
        if _comes_back(config, number, own):
            place = ("model_list", number, "litellm_params", "api_base")
            yield Problem("loop", place, "leads back to this entry")
    for name in ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE"):
        base = config.section("environment_variables").get(name)
        if isinstance(base, str) and _is_here(base, config.around.port):
            why = (
                "LiteLLM asks this address for every model of Anthropic's without an api_base, and it is LiteLLM's own."
            )
            yield Problem("loop", ("environment_variables", name), "leads back to this gateway", why=why)


def _own_address(config: Config) -> Iterator[tuple[int, str]]:
    """The entries that ask this gateway itself, with the name that they ask it for."""
    for place, params in config.params:
        base, model = params.get("api_base"), params.get("model")
        if isinstance(base, str) and isinstance(model, str) and _is_here(base, config.around.port):
            yield int(place[1]), model.partition("/")[2] or model


def _is_here(base: str, port: int) -> bool:
    try:
        parts = urlsplit(base)
        found = parts.hostname, parts.port or 80
    except ValueError:
        return False
    return found[0] in HERE and found[1] == port


def _comes_back(config: Config, start: int, own: dict[int, str]) -> bool:
    """Whether a request to the entry *start* can reach it again."""
    seen: set[int] = set()
    waiting: list[Any] = [start]
    while waiting:
        number = waiting.pop()
        if number not in own:
            continue
        for following in config.group_of(own[number]):
            if following == start:
                return True
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return False
