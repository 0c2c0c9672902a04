"""Can a host be reached, by the way out of this network? What stops a request is told apart, each with how to mend it.

No credential of a provider is shown, so nothing costs anything; a provider that refuses is one that was reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from tasks.core.http import client, errors
from tasks.core.model import network

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from http.client import HTTPConnection, HTTPResponse

PATIENCE = 15.0
"""Seconds for one step of the way."""
MOST = 2000
"""Bytes of a page that are looked at."""
BLOCKED = frozenset({403, 451, *errors.UNREACHED})
"""How the pages begin with which a proxy answers in the place of the host."""


class Reached(NamedTuple):
    """How far a request came: *state* is ok or where it ended, *via* the proxy without its credentials."""

    url: str
    via: str | None
    state: str
    said: str
    fix: str = ""


def probe(url: str, environ: Mapping[str, str], context: ssl.SSLContext, trusted: str) -> Reached:
    """Send one request to *url* as the gateway would; *trusted* names the certificates in *context*. Never raises."""
    import ssl
    from http.client import HTTPException

    proxy = next(iter(client.proxies(url, environ).values()), None)
    via = network.without_credentials(proxy) if proxy else None
    connection = None
    try:
        connection = _connection(url, proxy, context)
        connection.request("GET", *_request(url, proxy))
        state, said = _judged(connection.getresponse(), proxied=proxy is not None)
    except ssl.SSLCertVerificationError as error:
        state, said = "tls", f"shows a certificate that is not signed by one of {trusted} ({error.verify_message})"
    except (OSError, HTTPException, ValueError) as error:
        state, said = errors.told(error, via, PATIENCE)
    finally:
        if connection:
            connection.close()
    return Reached(url, via, state, said, errors.FIXES.get(state, ""))


def _connection(url: str, proxy: str | None, context: ssl.SSLContext) -> HTTPConnection:
    from http.client import HTTPConnection, HTTPSConnection

    there, first = urlsplit(url), urlsplit(proxy or url)
    host = first.hostname or ""
    if there.scheme != "https":
        return HTTPConnection(host, first.port or 80, timeout=PATIENCE)
    made = HTTPSConnection(host, first.port or (80 if proxy else 443), timeout=PATIENCE, context=context)
    if proxy:
        made.set_tunnel(there.hostname or "", there.port or 443, _credentials(proxy))
    return made


def _request(url: str, proxy: str | None) -> tuple[str, None, dict[str, str]]:
    """Path, body and headers; a proxy that makes no tunnel takes the whole address, and who asks."""
    parts = urlsplit(url)
    headers = {"Connection": "close", "Accept": "*/*"}
    if proxy and parts.scheme == "http":
        return parts._replace(path=parts.path or "/").geturl(), None, headers | _credentials(proxy)
    return parts.path or "/", None, headers


def _credentials(proxy: str) -> dict[str, str]:
    from base64 import b64encode

    parts = urlsplit(proxy)
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _judged(answer: HTTPResponse, *, proxied: bool) -> tuple[str, str]:
    """What an answer means: the host's own, or a page that a proxy shows in its place."""
    page = "<html" in answer.read(MOST).decode(errors="replace").lower()
    if answer.status == errors.NEEDS_CREDENTIALS:
        return errors.refused(answer.status)
    if page and answer.status in BLOCKED and (proxied or answer.status not in errors.UNREACHED):
        return "policy", f"a page stands in its place (HTTP {answer.status})"
    return "ok", f"answers (HTTP {answer.status})"
