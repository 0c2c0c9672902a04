"""Ask a gateway with any headers and body, and take whatever comes back: for checks of how it behaves.

No redirect is followed: the token goes to nobody else. A proxy and certificates are used as Claude Code would.
"""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from tasks.core.console import console
from tasks.core.http import errors
from tasks.core.http.compatibility import Answer, Streamed
from tasks.core.model import network
from tasks.core.model.errors import Unhealthy

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from http.client import HTTPResponse
    from pathlib import Path
    from urllib.request import BaseHandler

PATIENCE = 60.0
"""Seconds to wait for the next piece of an answer."""
MOST = 4 * 1024 * 1024
"""Bytes of an answer that are read."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Wire(NamedTuple):
    """The way to a gateway: its address, the variables that name a proxy, whom TLS trusts and what it shows."""

    url: str
    environ: Mapping[str, str]
    context: ssl.SSLContext

    def ask(self, path: str, headers: Mapping[str, str], body: Mapping[str, Any] | None = None) -> Answer:
        """The answer, good or bad; Unhealthy when there is none."""
        with self._opened(path, headers, body) as answer:
            text = _read(answer, self.url)
            return Answer(answer.status, _kind(answer), text, _place(answer.headers.get("Location", "")))

    def stream(self, path: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> Streamed:
        """The answer line by line, with the seconds since it was asked for."""
        begun = time.monotonic()
        lines: list[tuple[float, str]] = []
        with self._opened(path, headers, body) as answer:
            with contextlib.suppress(OSError):  # what came before it broke off is what there is to judge
                lines.extend((time.monotonic() - begun, line.decode(errors="replace")) for line in answer)
            return Streamed(answer.status, _kind(answer), tuple(lines))

    def handlers(self) -> list[BaseHandler]:
        """What leads there, for urllib."""
        import urllib.request

        through = urllib.request.ProxyHandler(proxies(self.url, self.environ))
        return [through, urllib.request.HTTPSHandler(context=self.context)]

    def unreached(self, reason: object, patience: float = PATIENCE) -> Unhealthy:
        """The error for a request that got no answer within *patience* seconds, for this *reason*."""
        import ssl

        proxy = next(iter(proxies(self.url, self.environ).values()), None)
        via = network.without_credentials(proxy) if proxy else None
        if isinstance(reason, ssl.SSLCertVerificationError):
            problem = f"shows a certificate that is not trusted ({reason.verify_message})"
            return Unhealthy(problem, "Name your network's certificates: --ca-bundle FILE.", where=self.url)
        if via is None and isinstance(reason, ConnectionRefusedError):
            return Unhealthy("nothing answers", "Is the address right? Does it run?", where=self.url)
        state, said = errors.told(reason, via, patience)
        return Unhealthy(said.removeprefix("it "), errors.FIXES[state], where=self.url)

    def _opened(self, path: str, headers: Mapping[str, str], body: Mapping[str, Any] | None) -> HTTPResponse:
        import urllib.request
        from http.client import HTTPException
        from urllib.error import HTTPError, URLError

        data = None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", "Connection": "close", **headers}
        try:
            request = urllib.request.Request(self.url + path, data, sent)  # noqa: S310 - checked by choices.url
            opener = urllib.request.build_opener(*self.handlers(), unredirected())
            answer: HTTPResponse = opener.open(request, timeout=PATIENCE)
        except HTTPError as error:
            return error  # type: ignore[return-value]  # as good as a response, and it is one
        except URLError as error:
            raise self.unreached(error.reason) from None
        except (OSError, HTTPException) as error:
            raise self.unreached(error) from None
        except ValueError:  # says what it refused: a header with the token in it
            raise Unhealthy("the token or a header has characters that HTTP cannot send", where=self.url) from None
        return answer


def proxies(url: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The proxy for *url*, by its scheme; none for what is reached directly."""
    from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

    parts = urlsplit(url)
    direct = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    if parts.hostname in LOOPBACK or proxy_bypass_environment(parts.netloc, {"no": direct}):
        return {}
    name = f"{parts.scheme}_proxy"
    address = environ.get(name.upper()) or environ.get(name)
    return {parts.scheme: address} if address else {}


def trusting(bundle: str | None) -> ssl.SSLContext:
    """TLS that trusts what this system trusts, and the certificates in *bundle*."""
    import ssl

    context = ssl.create_default_context()
    if bundle:
        context.load_verify_locations(bundle)
    return context


def trusting_only(bundle: Path) -> ssl.SSLContext:
    """TLS that trusts the certificates in *bundle* and no others."""
    import ssl

    return ssl.create_default_context(cafile=str(bundle))


def _read(answer: HTTPResponse, url: str) -> str:
    from http.client import HTTPException

    try:
        return answer.read(MOST).decode(errors="replace")
    except (OSError, HTTPException) as error:
        raise Unhealthy(f"broke off in the middle of an answer ({type(error).__name__})", where=url) from None


def _kind(answer: HTTPResponse) -> str:
    return answer.headers.get_content_type() if "Content-Type" in answer.headers else ""


def _place(location: str) -> str:
    """Scheme, host and path of where we were sent; what else is in it may be a secret."""
    parts = urlsplit(location)
    return console.printable(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl())


def unredirected() -> Any:  # noqa: ANN401
    """Has urllib take a redirection for what it is: an answer."""
    import urllib.request

    class Unredirected(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    return Unredirected()
