"""The way out of a network: the proxy with its credentials, what is reached without it, and whom to trust there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from tasks.core.model.deployment import PROXIES, TRUST, network_needs
from tasks.core.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasks.core.model.deployment import Deployment

LOOPBACK = ("localhost", "127.0.0.1", "::1")
HINTS = ("PROXY_USERNAME", "PROXY_PASSWORD")
"""Looked for, and put into the proxy's address; they themselves are stored nowhere."""
VARIABLES = (*PROXIES, "NO_PROXY", *TRUST, "AWS_CA_BUNDLE")
"""All that a way out can come to."""


class Derived(NamedTuple):
    """The value of a variable that follows from the choices, and where it comes from in words."""

    value: str | Secret
    source: str


def derived(deployment: Deployment, found: Mapping[str, str], bundle: str) -> dict[str, Derived]:
    """The values that follow from the choices and from what was *found*; *bundle* is the path of the certificates."""
    made: dict[str, Derived] = {}
    if deployment.proxied:
        made |= {name: _proxy(deployment.choices.proxy, name, found) for name in PROXIES if _known(deployment, found)}
        made["NO_PROXY"] = Derived(no_proxy(found.get("NO_PROXY", "")), "this machine and NO_PROXY")
    trusting = [name for name in network_needs(deployment) if name not in (*PROXIES, "NO_PROXY")]
    return made | {name: Derived(bundle, "--ca-bundle") for name in trusting}


def _known(deployment: Deployment, found: Mapping[str, str]) -> bool:
    return bool(deployment.choices.proxy or any(found.get(name) for name in PROXIES))


def _proxy(chosen: str | None, name: str, found: Mapping[str, str]) -> Derived:
    """The proxy's address with its credentials: as found for the proxy that was chosen, or put together."""
    standing = found.get(name) or next(found[each] for each in PROXIES if found.get(each)) if not chosen else ""
    known = [found.get(each, "") for each in (name, *PROXIES)]
    address = chosen or standing
    if user := found.get(HINTS[0]):
        return Derived(Secret(with_credentials(address, user, found.get(HINTS[1], ""))), "PROXY_USERNAME")
    before = next((each for each in known if each and same_place(each, address)), address)
    hidden = Secret(before) if "@" in before else before
    return Derived(hidden, "--proxy" if chosen else "the proxy that is set")


def with_credentials(url: str, user: str, password: str) -> str:
    """*url* with user and password in it, percent-encoded; those that it has are replaced."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{host}").geturl()


def same_place(one: str, other: str) -> bool:
    """Whether two addresses lead to the same proxy, whatever the credentials in them."""
    try:
        places = [(urlsplit(each).scheme, urlsplit(each).hostname, urlsplit(each).port) for each in (one, other)]
    except ValueError:
        return False
    return places[0] == places[1]


def no_proxy(*lists: str) -> str:
    """One list in the form that Claude Code and LiteLLM both understand, this machine always in it.

    Commas between, `.suffix` for what ends in it: LiteLLM knows neither blanks nor `*.suffix`.
    """
    hosts = [host.removeprefix("*") if host.startswith("*.") else host for host in entries(*lists)]
    return ",".join(dict.fromkeys([*hosts, *LOOPBACK]))


def entries(*lists: str) -> list[str]:
    """The hosts in lists with commas or blanks between."""
    return [host for text in lists for host in re.split(r"[,\s]+", text) if host]


def doubts(deployment: Deployment, found: Mapping[str, str], environ: Mapping[str, str]) -> Iterator[str]:
    """What may surprise of this network: a proxy of the shell that is not chosen, and what LiteLLM does not honour."""
    if not deployment.gateway.process:
        return
    asks = deployment.address or any(model.provider != "mock" for model in deployment.models)
    shell = next((environ[each] for name in PROXIES for each in (name, name.lower()) if environ.get(each)), "")
    if shell and asks and not deployment.proxied:
        address = without_credentials(shell)
        yield f"your shell uses the proxy {address}, the gateway does not; if it is the way out: --proxy {address}"
    if deployment.proxied and (odd := not_understood(entries(found.get("NO_PROXY", "")))):
        yield (
            f"LiteLLM does not understand {', '.join(odd)} in NO_PROXY and asks the proxy for such hosts; "
            "name each host, or write .suffix"
        )


def without_credentials(address: str) -> str:
    """An address without user and password."""
    head, slashes, rest = address.rpartition("://")
    return f"{head}{slashes}{rest.rpartition('@')[2]}"


def not_understood(hosts: Iterable[str]) -> list[str]:
    """The entries that Claude Code honours and LiteLLM does not: ranges of addresses, and `*` within a name."""
    return [host for host in hosts if "/" in host or ("*" in host and host != "*")]


def find_host(url: str) -> str:
    """The host of an address; "" where it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def is_local(url: str) -> bool:
    """Whether *url* is an address of this machine."""
    host = find_host(url)
    return host in ("localhost", "::1") or host.startswith("127.")


def is_spared(url: str, hosts: str) -> bool:
    """Whether a NO_PROXY of *hosts* lets *url* past the proxy."""
    host = find_host(url)
    for entry in hosts.lower().replace(",", " ").split():
        name = entry
        if entry.count(":") == 1:
            name, _, _ = entry.partition(":")
        is_end = name.startswith((".", "*.")) and host.endswith(name.lstrip("*"))
        if is_end or name in ("*", host):
            return True
    return False
