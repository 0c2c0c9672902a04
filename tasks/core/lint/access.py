"""Rules about who gets in and where requests go: the master key, switches that open the gateway, addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tasks.core.lint.config import REFERENCE, variable_of
from tasks.core.lint.findings import Mend, Place, Problem
from tasks.core.values import environment, value_checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.lint.config import Config

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "host.docker.internal"})
_OFF = ("false", "0", "no", "off")
_PROXIES = frozenset({"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"})


def problems(config: Config) -> Iterator[Problem]:
    """Everything about access."""
    if config.data:
        yield from _master_key(config)
    yield from _switches(config)
    for place, params in config.params:
        yield from _address(config, place, params)


def _master_key(config: Config) -> Iterator[Problem]:
    general, values = config.section("general_settings"), config.around.values or {}
    place: Place = ("general_settings", "master_key")
    key = general.get("master_key")
    if key in (None, ""):
        elsewhere = config.data.get("include") or any(
            config.section(name).get("master_key") for name in ("litellm_settings", "router_settings")
        )
        if not elsewhere and not values.get("LITELLM_MASTER_KEY"):
            mend = Mend("set", place, value=f"{REFERENCE}LITELLM_MASTER_KEY")
            blocked = "general_settings" in config.data and not isinstance(config.data["general_settings"], dict | None)
            yield Problem(
                "master-key-missing", ("general_settings",), "has no master_key", mends=() if blocked else (mend,)
            )
        return
    name = variable_of(key) if isinstance(key, str) else None
    value = values.get(name, "") if name else key
    if isinstance(value, str) and value and not value.startswith("$") and not environment.is_placeholder(value):
        if value in value_checks.PUBLIC_KEYS or value.lower() in config.facts.no_secrets:
            yield Problem("master-key-weak", place, f"{name or 'the key'} is one that everybody knows")
        elif len(value) < value_checks.SHORTEST_KEY:
            yield Problem(
                "master-key-weak", place, f"{name or 'the key'} has fewer than {value_checks.SHORTEST_KEY} characters"
            )


def _switches(config: Config) -> Iterator[Problem]:
    """Settings that open the gateway, or that do not do what they seem to."""
    general, library = config.section("general_settings"), config.section("litellm_settings")
    if general.get("dangerously_permit_weak_or_unset_master_key"):
        spot = ("general_settings", "dangerously_permit_weak_or_unset_master_key")
        yield Problem("open-to-everybody", spot, "lets everybody in", mends=(Mend("remove", spot),))
    for name, value in config.section("environment_variables").items():
        yield from _variable(config, str(name), value)
    spots: list[tuple[Place, dict[str, Any]]] = [(("litellm_settings",), library), *config.params]
    for place, found in spots:
        if str(found.get("ssl_verify", "")).lower() in _OFF:
            yield Problem("tls-unchecked", (*place, "ssl_verify"), "certificates are not checked")
    if _on(library.get("disable_aiohttp_trust_env")):
        yield _proxy_ignored(("litellm_settings", "disable_aiohttp_trust_env"))
    yield from _forwarded(general)
    yield from _without_database(config, general)


def _variable(config: Config, name: str, value: Any) -> Iterator[Problem]:  # noqa: ANN401 - whatever the file holds
    place = ("environment_variables", name)
    if name == "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY":
        yield Problem("open-to-everybody", place, "lets everybody in", mends=(Mend("remove", place),))
    elif name in config.facts.blocked_variables or name.startswith("DYLD_"):
        yield Problem("blocked-variable", place, f"{name} is left out")
    elif name == "HOST" and str(value) in ("0.0.0.0", "::"):  # noqa: S104 - looked for, not bound
        yield Problem("listens-everywhere", place, "asks for all addresses")
    elif name == "SSL_VERIFY" and str(value).lower() in _OFF:
        yield Problem("tls-unchecked", place, "certificates are not checked")
    elif name == "DISABLE_AIOHTTP_TRUST_ENV" and _on(value):
        yield _proxy_ignored(place)
    elif name.upper() in _PROXIES and _unusable(value):
        yield Problem("proxy-scheme", place, "is not the address of an HTTP proxy")


def _on(value: Any) -> bool:  # noqa: ANN401 - whatever the file holds
    return str(value).strip().lower() == "true"  # LiteLLM takes nothing else for yes


def _proxy_ignored(place: Place) -> Problem:
    return Problem("proxy-ignored", place, "makes LiteLLM ignore the proxy", mends=(Mend("remove", place),))


def _unusable(value: Any) -> bool:  # noqa: ANN401 - whatever the file holds
    """Whether a value names a proxy of another kind than LiteLLM can use; a reference and nothing may be right."""
    scheme, slashes, _ = str(value).partition("://")
    return bool(slashes) and scheme.lower() not in ("http", "https")


def _forwarded(general: dict[str, Any]) -> Iterator[Problem]:
    listed = general.get("pass_through_endpoints")
    for number, endpoint in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(endpoint, dict) and endpoint.get("forward_headers") is True:
            place = ("general_settings", "pass_through_endpoints", number, "forward_headers")
            yield Problem("key-forwarded", place, "hands the gateway's key on")


def _without_database(config: Config, general: dict[str, Any]) -> Iterator[Problem]:
    if general.get("database_url") or (config.around.values or {}).get("DATABASE_URL"):
        return
    for name in config.facts.need_database:
        if name in general:
            yield Problem("needs-database", ("general_settings", name), f"{name} needs a database, and there is none")


def _address(config: Config, place: Place, params: dict[str, Any]) -> Iterator[Problem]:
    """Where a model is asked."""
    base, model = params.get("api_base"), str(params.get("model", ""))
    library = config.section("litellm_settings")
    if not isinstance(base, str) or not base:
        if model.startswith(("ollama/", "ollama_chat/")):
            yield Problem("starts-ollama", (*place, "model"), "an Ollama model without an api_base")
        return
    place = (*place, "api_base")
    host = _host(base)
    if base.startswith("http://") and host not in _LOOPBACK:
        yield Problem("plain-http", place, "goes over plain http")
    if model.startswith("anthropic/") and base.rstrip("/").endswith("/v1"):
        yield Problem("doubled-path", place, "ends with /v1")
    mended = library.get("use_chat_completions_url_for_anthropic_messages")
    if model.startswith("openai/") and host not in ("api.openai.com", "") and not mended:
        yield Problem("responses-endpoint", place, "an openai/ model at another server than OpenAI's")


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
