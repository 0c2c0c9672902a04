"""The links on the way: the address that Claude Code asks, and what stands between it and there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tasks.core.catalogue import client_facts
from tasks.core.claude.layers import LATER, OVERRIDING, Key
from tasks.core.doctor.case import FAIL, OK, SKIP, WARN, Check
from tasks.core.http import tls
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import PASSPHRASE
from tasks.core.model.errors import GatewayError
from tasks.core.model.network import LOOPBACK, find_host, is_local, is_spared
from tasks.core.service import processes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasks.core.claude.layers import Held
    from tasks.core.doctor.case import Case
    from tasks.core.model.deployment import Deployment

AGAIN = "Deploy again: doit deploy"
UNSET = "ANTHROPIC_BASE_URL is not set: Claude Code asks Anthropic itself"

PROXIES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY")
"""In the order in which Claude Code takes the first."""

AUTHORITIES = "NODE_EXTRA_CA_CERTS"
THEIR_AUTHORITIES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""PEM files with whom Claude Code trusts, and LiteLLM and the libraries of providers."""

CLIENT = ("CLAUDE_CODE_CLIENT_CERT", "CLAUDE_CODE_CLIENT_KEY", PASSPHRASE)
"""The certificate with which Claude Code shows itself, its key, and what opens that."""


def address(case: Case) -> Iterator[Check]:
    """Whether Claude Code asks the gateway; and who else would name another address."""
    held = case.layers.winner("ANTHROPIC_BASE_URL")
    url = held.plain.strip() if held else ""
    found = [*_of_url(case, held, url), *_of_provider(case)]
    if not case.modes.is_brief:
        found += [*_stale(case, url), *_invented(case)]
    yield from found
    if not url and not case.manifest:
        yield Check("address", SKIP, UNSET)
    elif held and not any(each.state == FAIL for each in found):
        yield Check("address", OK, f"requests go to {shown(url)}", held.where)


def shown(url: str) -> str:
    """An address without user and password."""
    head, at, host = url.rpartition("@")
    return f"{head.partition('://')[0]}://[hidden]@{host}" if at else url


def _of_url(case: Case, held: Held | None, url: str) -> Iterator[Check]:
    """What is wrong with the address that counts."""
    ours = case.manifest.gateway_url if case.manifest else ""
    says = _fault(url) if url else UNSET if ours else ""
    if says:
        where = held.where if held else case.layers.shown(case.layout.settings)
        fix, verb = (AGAIN, ("deploy",)) if ours else ("Mend it there, or remove it.", ())
        yield Check("address", FAIL, says, where, fix, verb)
    elif held and ours and url.rstrip("/") != ours:
        says = f"requests go to {shown(url)}, and the deployed gateway is at {ours}"
        yield Check("address", FAIL, says, held.where, "See who says so: doit explain ANTHROPIC_BASE_URL")
    elif held and not ours and dead(case, url):
        says = f"requests go to {shown(url)}, and nothing listens there"
        yield Check("address", FAIL, says, held.where, "Start what was there, or remove the line.")


def _fault(url: str) -> str:
    """What is wrong with the form of an address; "" when nothing is."""
    if not url.startswith(("http://", "https://")):
        return "ANTHROPIC_BASE_URL lacks http:// or https://: Claude Code says 'Invalid URL'"
    if urlsplit(url).path.rstrip("/").endswith("/v1"):
        return "ANTHROPIC_BASE_URL ends in /v1: requests go to /v1/v1/messages, which is not there"
    return ""


def _of_provider(case: Case) -> Iterator[Check]:
    """Addresses of a gateway that is asked as a provider is."""
    for name, text in case.wanted.items():
        if name.endswith("_BASE_URL") and name != "ANTHROPIC_BASE_URL" and case.layers.text(name) != text:
            held = case.layers.winner(name)
            yield Check("address", FAIL, f"{name} is not {text}", held.where if held else "", AGAIN, ("deploy",))


def dead(case: Case, url: str) -> bool:
    """Whether *url* is an address of this machine on which nothing listens."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return False
    return is_local(url) and processes.listener(port, case.layout).kind == "free"


def _stale(case: Case, url: str) -> Iterator[Check]:
    """Exports of other addresses: they come to life when the settings do not name one any more."""
    counting = case.layers.winner("ANTHROPIC_BASE_URL")
    for held in case.layers.of(Key.of("ANTHROPIC_BASE_URL")):
        other = held.plain.strip()
        if held.layer not in ("environment", *LATER) or held == counting or other in ("", url):
            continue
        state = "a dead address" if dead(case, other) else "another address"
        fix = "Take the line out." if held.layer in LATER else "unset ANTHROPIC_BASE_URL"
        yield Check(
            "address", WARN, f"exports {state}, {shown(other)}; programs without our settings use it", held.where, fix
        )
    if case.deployment:
        yield from _exported(case, case.deployment)


def _exported(case: Case, deployment: Deployment) -> Iterator[Check]:
    """Lines of shell profiles that lead claude elsewhere or change what it asks for, where no settings say otherwise.

    A key that the gateway itself needs for a provider is there for that.
    """
    for name in client_facts.leading(case.layout.templates):
        winner = case.layers.winner(name)
        told = winner.plain if winner and winner.layer in (*OVERRIDING, "user") else ""
        for held in case.layers.of(Key.of(name)):
            same = held.value is not None and held.plain in ("", told)
            off = name.startswith("CLAUDE_CODE_") and held.plain.lower() in client_facts.OFF
            if held.layer in LATER and not same and not (off and held.value) and name not in deployment.needs:
                says = f"exports {name}; where our settings do not count, claude takes it"
                yield Check("address", WARN, says, held.where, "Take the line out.")


def _invented(case: Case) -> Iterator[Check]:
    for name, instead in client_facts.invented(case.layout.templates).items():
        for held in case.layers.of(Key.of(name))[:1]:
            yield Check("address", WARN, f"{name} is set, which no program reads", held.where, f"{instead} was meant.")


def network(case: Case) -> Iterator[Check]:
    """Whether proxy and certificates let requests through, Claude Code's and the gateway's own."""
    found = [*_own_proxy(case), *_authorities(case), *_own_certificates(case), *_of_gateway(case)]
    yield from found
    if not any(each.state in (FAIL, WARN) for each in found):
        held = proxy(case)
        says = f"through the proxy {shown(held.plain)}, this machine past it" if held else "no proxy is set"
        yield Check("network", OK, says, held.where if held else "")


def proxy(case: Case) -> Held | None:
    """The proxy that Claude Code uses."""
    found = (case.layers.winner(name) for name in PROXIES)
    return next((held for held in found if held and held.plain), None)


def _own_proxy(case: Case) -> Iterator[Check]:
    held = proxy(case)
    if held is None:
        return
    if not held.plain.startswith(("http://", "https://")):
        says = "the proxy's address lacks http:// (Claude Code does not start) or is none of an HTTP proxy"
        yield Check("network", FAIL, says, held.where, "Write it as http://host:port.")
    url = case.layers.text("ANTHROPIC_BASE_URL")
    hosts = ",".join(case.layers.text(name) for name in ("no_proxy", "NO_PROXY"))
    if is_local(url) and not is_spared(url, hosts):
        says = f"a proxy is set, and NO_PROXY does not name {find_host(url)}: requests to the gateway go to the proxy"
        verb = ("deploy",) if case.manifest else ()
        yield Check("network", FAIL, says, held.where, f"Add {','.join(LOOPBACK)} to NO_PROXY: doit deploy", verb)


def _authorities(case: Case) -> Iterator[Check]:
    """Whom Claude Code trusts, and the gateway: each bundle is told of once, whoever reads it."""
    held = case.layers.winner(AUTHORITIES)
    named = [(AUTHORITIES, held.plain, held.where)] if held and held.plain else []
    if case.runs_here:
        where = case.layers.shown(case.layout.env_file)
        named += [(name, case.env[name], where) for name in THEIR_AUTHORITIES if case.env.get(name)]
    for path in dict.fromkeys(path for _, path, _ in named):
        those = [(name, where) for name, each, where in named if each == path]
        yield from _of_authorities(", ".join(name for name, _ in those), path, those[0][1])


def _own_certificates(case: Case) -> Iterator[Check]:
    """The certificate with which Claude Code shows itself, and whether it looks at those of others."""
    cert, key, phrase = (case.layers.text(name) for name in CLIENT)
    try:
        chosen = Choices(client_cert=cert or None, client_key=key or None)
        tls.check_client_certificate(chosen, phrase)
    except GatewayError as error:
        yield Check("network", FAIL, f"{CLIENT[0]}, {CLIENT[1]}: {error.problem}", error.where, error.remedy)
    held = case.layers.winner("NODE_TLS_REJECT_UNAUTHORIZED")
    if held and held.plain == "0":
        says = "NODE_TLS_REJECT_UNAUTHORIZED is 0: anybody on the way can read along"
        yield Check("network", WARN, says, held.where, f"Remove it; name the certificate in {AUTHORITIES}.")


def _of_authorities(name: str, path: str, where: str) -> Iterator[Check]:
    """Whether the PEM file *path*, which the variables *name* give, holds certificates that have not ended."""
    fix, data = f"Name the right PEM file in {name}.", b""
    if is_for_a_shell(path):
        says = f"{name} is {path}: only a shell expands that, and Claude Code does not"
        fix = f"Write the whole path: {Path(path).expanduser()}"
        yield Check("network", FAIL, says, where, fix)
        return
    try:
        data = Path(path).read_bytes()
        ended = tls.find_expired(data, path)
    except FileNotFoundError:
        yield Check("network", FAIL, f"{name}: there is no file {path}", where, fix)
    except OSError as error:
        yield Check("network", FAIL, f"{name}: {path} cannot be read ({error.strerror})", where, fix)
    except GatewayError as error:  # a server's own certificate is none of an authority, and may yet do
        state = WARN if b"BEGIN CERTIFICATE" in data else FAIL
        yield Check("network", state, f"{name}: {path} {error.problem}", where, fix)
    else:
        if ended:
            state = FAIL if ended.whole else WARN
            yield Check("network", state, f"{name}: {path}: {ended.says}", where, "Ask for the new one.")


def is_for_a_shell(path: str) -> bool:
    """Whether *path* has what only a shell expands."""
    return path.startswith("~") or "$" in path


def _of_gateway(case: Case) -> Iterator[Check]:
    """The same in the environment of a gateway of ours."""
    if not case.runs_here:
        return
    where, env = case.layers.shown(case.layout.env_file), case.env
    if env.get("SSL_VERIFY", "").lower() == "false":
        says = "SSL_VERIFY is false: anybody between the gateway and its providers can read along"
        yield Check("network", WARN, says, where, "Remove it; name the certificate in SSL_CERT_FILE.")
    yield from _their_proxy(env, where)


def _their_proxy(env: Mapping[str, str], where: str) -> Iterator[Check]:
    proxies = {name: env[name] for name in (*PROXIES, "ALL_PROXY", "all_proxy") if env.get(name)}
    for name, value in proxies.items():
        if not value.startswith(("http://", "https://")):
            says = f"{name} lacks http:// or is none of an HTTP proxy"
            yield Check("network", FAIL, says, where, "Write it as http://host:port, then deploy.")
    if proxies and env.get("DISABLE_AIOHTTP_TRUST_ENV", "").lower() == "true":
        yield Check("network", WARN, "DISABLE_AIOHTTP_TRUST_ENV makes LiteLLM ignore the proxy", where, "Remove it.")
    hosts = ",".join(env.get(name, "") for name in ("NO_PROXY", "no_proxy"))
    if proxies and not is_spared("http://127.0.0.1", hosts):
        yield Check("network", WARN, "NO_PROXY does not name 127.0.0.1", where, "Add it: doit deploy", ("deploy",))
