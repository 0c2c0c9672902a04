"""Send one request over HTTP and take what comes back, good or bad: the one client of this project.

No redirect is followed, so credentials go only to the server that they are for. A proxy and
certificates are used as Claude Code would use them. What a request needs of the standard library is
loaded when one is sent.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit

from tasks.core.console import console
from tasks.core.http import errors, tls
from tasks.core.http.answers import Response
from tasks.core.http.errors import ConnectionFailed
from tasks.core.model import network
from tasks.core.model.deployment import PASSPHRASE

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping
    from http.client import HTTPConnection, HTTPResponse

    from tasks.core.model.choices import Choices

TIMEOUT = 60.0
"""Seconds for each step: to connect, and for the next piece of the answer."""
MAX_BYTES = 4 * 1024 * 1024
"""Bytes of an answer that are read."""
USER_AGENT = "gatehand"
SYSTEM = "this system's certificates"


@dataclass(frozen=True)
class Route:
    """How a server is reached: the variables that name a proxy, TLS, and whom that *trusted*."""

    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    context: ssl.SSLContext | None = None
    trusted: str = SYSTEM

    def find_proxy(self, url: str) -> str | None:
        """The proxy for *url*, with its credentials; None for what is reached directly."""
        parts = urlsplit(url)
        name = f"{parts.scheme}_proxy"
        proxy = self.environ.get(name.upper()) or self.environ.get(name)
        if not proxy or parts.hostname in network.LOOPBACK or self._bypasses_proxy(parts.netloc):
            return None
        return proxy

    def _bypasses_proxy(self, netloc: str) -> bool:
        from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

        direct = self.environ.get("NO_PROXY") or self.environ.get("no_proxy") or ""
        return bool(proxy_bypass_environment(netloc, {"no": direct}))


DIRECT = Route()
"""Without a proxy, trusting what this system trusts."""


@dataclass(frozen=True)
class Request:
    """A POST of *body* as JSON, or a GET. Messages name *url*, which *path* follows."""

    url: str
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, Any] | None = None
    route: Route = DIRECT
    timeout: float = TIMEOUT
    limit: int = MAX_BYTES


def send(request: Request) -> Response:
    """The answer, whatever its status; ConnectionFailed when there is none, or not all of it."""
    with _exchange(request) as answer:
        return _read_response(answer, answer.read(request.limit))


def stream(request: Request) -> Response:
    """The answer line by line; one that breaks off ends with the last line that arrived."""
    from http.client import HTTPException

    start = time.monotonic()
    remaining = request.limit
    lines: list[tuple[float, str]] = []
    with _exchange(request) as answer:
        # the lines that arrived before the connection broke are what there is to judge
        with contextlib.suppress(OSError, HTTPException):
            while line := answer.readline(remaining):
                lines.append((time.monotonic() - start, line.decode(errors="replace")))
                remaining -= len(line)
        return _read_response(answer, b"")._replace(lines=tuple(lines))


def choose_route(chosen: Choices, values: Mapping[str, str]) -> Route:
    """The route of a deployment: a proxy of its *values* or the shell, certificates as *chosen*."""
    proxies = {name: text for name, text in values.items() if name.lower().endswith("_proxy")}
    bundle = chosen.ca_bundle or os.environ.get("NODE_EXTRA_CA_CERTS")
    certificate = (chosen.client_cert, chosen.client_key, values.get(PASSPHRASE))
    return build_route({**os.environ, **proxies}, bundle, certificate)


def build_route(
    environ: Mapping[str, str],
    bundle: str | None,
    certificate: tuple[str | None, str | None, str | None] = (None, None, None),
) -> Route:
    """The route with the proxy of *environ*; *certificate*: a client's, its key, pass phrase."""
    context = tls.trust(bundle)
    file, key, phrase = certificate
    if file and key:
        tls.load_client_certificate(file, key, phrase, context)
    return Route(environ, context, bundle or SYSTEM)


@contextlib.contextmanager
def _exchange(request: Request) -> Iterator[HTTPResponse]:
    """Send *request* and hand over the answer, its body unread; failures are ConnectionFailed."""
    from http.client import HTTPException

    url = _split(request.url.rstrip("/") + request.path, request.url)
    proxy = request.route.find_proxy(url.geturl())
    shown = network.without_credentials(proxy) if proxy else None
    with contextlib.ExitStack() as stack:
        try:
            connection = _connect(url, proxy, request)
            stack.enter_context(contextlib.closing(connection))
            _send(connection, url, proxy, request)
            answer = connection.getresponse()
        except (OSError, HTTPException, ValueError) as error:
            kind, detail = errors.classify(error, request.timeout, request.route.trusted)
            raise ConnectionFailed(errors.blame(kind, shown), request.url, shown, detail) from None
        try:
            yield answer
        except (OSError, HTTPException) as error:
            raise ConnectionFailed("cut", request.url, shown, type(error).__name__) from None


def _split(url: str, where: str) -> SplitResult:
    """The parts of an address; ConnectionFailed when it is not one of HTTP."""
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_valid = False
    if not is_valid:
        raise ConnectionFailed("address", where)
    return parts


def _connect(url: SplitResult, proxy: str | None, request: Request) -> HTTPConnection:
    """A connection to the host or to the proxy; it is opened when the first byte is sent."""
    from http.client import HTTPConnection, HTTPSConnection

    first = _split_proxy(proxy) if proxy else url
    host = first.hostname or ""
    if url.scheme == "http":
        return HTTPConnection(host, first.port or 80, timeout=request.timeout)
    port = first.port or (80 if proxy else 443)
    context = request.route.context
    connection = HTTPSConnection(host, port, timeout=request.timeout, context=context)
    if proxy:
        connection.set_tunnel(url.hostname or "", url.port or 443, _authorize(proxy))
    return connection


def _send(
    connection: HTTPConnection,
    url: SplitResult,
    proxy: str | None,
    request: Request,
) -> None:
    """Write the request line, the headers and the body."""
    headers = {"Accept": "*/*", "Connection": "close", "User-Agent": USER_AGENT, **request.headers}
    target = url.path or "/"
    if url.query:
        target += f"?{url.query}"
    # without TLS there is no tunnel: the proxy wants the whole address, and credentials each time
    if proxy and url.scheme == "http":
        target = f"{url.scheme}://{url.netloc}{target}"
        headers |= _authorize(proxy)
    if request.body is None:
        connection.request("GET", target, headers=headers)
        return
    headers["Content-Type"] = "application/json"
    connection.request("POST", target, json.dumps(request.body).encode(), headers)


def _split_proxy(proxy: str) -> SplitResult:
    """The parts of a proxy's address, which may lack its http://"""
    if "://" in proxy:
        return urlsplit(proxy)
    return urlsplit(f"http://{proxy}")


def _authorize(proxy: str) -> dict[str, str]:
    """The header with the credentials in a proxy's address; empty when it has none."""
    from base64 import b64encode

    parts = _split_proxy(proxy)
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _read_response(answer: HTTPResponse, body: bytes) -> Response:
    media_type = answer.headers.get_content_type() if "Content-Type" in answer.headers else ""
    location = _strip_secrets(answer.headers.get("Location", ""))
    return Response(answer.status, media_type, body.decode(errors="replace"), location)


def _strip_secrets(location: str) -> str:
    """Scheme, host and path of an address; what else is in it may be a secret."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    return console.printable(parts._replace(netloc=host, query="", fragment="").geturl())
