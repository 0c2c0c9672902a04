"""Why a request got no answer: one table of failures, for every command that reports one."""

from __future__ import annotations

import re
import socket
from http import HTTPStatus
from typing import NamedTuple

from tasks.core.console import console
from tasks.core.model.errors import Unhealthy

PROXY_STATUSES = frozenset({502, 503, 504})
"""What a proxy answers when it does not reach the host either."""

SET_PROXY = "doit deploy --proxy http://HOST:PORT"
FIND_NAME = f"Check the name. If only a proxy can look it up: {SET_PROXY}"
NO_PROXY_NAME = "host name of {proxy} not found (DNS lookup failed)"
NEEDS_PROXY = f"Check the address. If this network needs a proxy: {SET_PROXY}"
CHECK_PROXY = f"Check the proxy and your connection to its network (VPN), then: {SET_PROXY}"
LET_THROUGH = "Ask the administrators of your network to let this host through."
AUTHENTICATE = "Set PROXY_USERNAME and PROXY_PASSWORD, or: doit deploy --proxy-auth-file FILE"
TRUST = "Ask for your network's certificates, a PEM file: doit deploy --ca-bundle FILE"
WRONG_CREDENTIALS = "the proxy wants a user and a password, or other ones (HTTP {detail})"
WRONG_CHARACTERS = "the address or a header has characters that HTTP cannot send"


class Failure(NamedTuple):
    """A row of the table: *state* as `doit doctor --providers --json` has it, what failed, and what helps.

    The message has places for the address of the proxy and for a detail.
    """

    state: str
    message: str
    fix: str


FAILURES = {
    "address": Failure("broken", "is not an HTTP address", "Begin it with http:// or https://"),
    "characters": Failure("broken", WRONG_CHARACTERS, "Check the token and the headers."),
    "dns": Failure("dns", "host name not found (DNS lookup failed)", FIND_NAME),
    "timeout": Failure("tcp", "does not answer within {detail}", NEEDS_PROXY),
    "refused": Failure("tcp", "nothing answers", NEEDS_PROXY),
    "unreachable": Failure("tcp", "cannot be reached ({detail})", NEEDS_PROXY),
    "proxy-dns": Failure("proxy-dns", NO_PROXY_NAME, CHECK_PROXY),
    "proxy-timeout": Failure("proxy-tcp", "{proxy} does not answer within {detail}", CHECK_PROXY),
    "proxy-refused": Failure("proxy-tcp", "nothing answers at {proxy}", CHECK_PROXY),
    "proxy-unreachable": Failure("proxy-tcp", "{proxy} cannot be reached ({detail})", CHECK_PROXY),
    "407": Failure("407", WRONG_CREDENTIALS, AUTHENTICATE),
    "beyond": Failure("beyond", "the proxy does not reach it (HTTP {detail})", "Check the name."),
    "policy": Failure("policy", "the proxy does not let it through (HTTP {detail})", LET_THROUGH),
    "page": Failure("policy", "a page of the network answers instead (HTTP {detail})", LET_THROUGH),
    "certificate": Failure("tls", "its certificate is not signed by one of {detail}", TRUST),
    "broken": Failure("broken", "the connection failed ({detail})", "Check host, port and scheme."),
    "cut": Failure("broken", "broke off in the middle of an answer ({detail})", "Try again."),
}
LOCAL_FIXES = {
    "timeout": "Look in its log: litellm.log",
    "refused": "Start the gateway: doit start",
    "unreachable": "Does the gateway run? doit status",
    "broken": "Does the gateway run? doit status",
    "cut": "Look in its log: doit logs",
}
"""What helps instead where the server is the gateway of this machine."""


class ConnectionFailed(Unhealthy):
    """A request got no answer, or not all of it: *kind* is a row of FAILURES.

    *proxy* is its address without credentials.
    """

    def __init__(self, kind: str, url: str, proxy: str | None = None, detail: object = "") -> None:
        failure = FAILURES[kind]
        message = failure.message.format(proxy=f"the proxy {proxy}", detail=detail)
        super().__init__(message, failure.fix, where=console.printable(url))
        self.kind, self.proxy, self.state = kind, proxy, failure.state

    def suggest_local_fix(self) -> None:
        """Suggest what helps where the server is the gateway of this machine."""
        self.remedy = LOCAL_FIXES.get(self.kind, self.remedy)


def classify(error: Exception, timeout: float, trusted: str) -> tuple[str, str]:
    """The kind of failure that *error* is, and its detail, which is never what was sent.

    *timeout* is in seconds; *trusted* says in words which certificates were trusted.
    """
    import ssl
    from http.client import HTTPException, InvalidURL

    # http.client has no class of its own for a proxy that refuses a tunnel
    if tunnel := re.match(r"Tunnel connection failed: (\d+)", str(error)):
        return refusal(int(tunnel[1])), tunnel[1]
    detail = type(error).__name__
    match error:
        case ssl.SSLCertVerificationError():  # first, since it is a ValueError, too
            kind, detail = "certificate", f"{trusted} ({error.verify_message})"
        case ValueError() | InvalidURL():
            kind = "characters"
        case socket.gaierror():
            kind = "dns"
        case TimeoutError():
            kind, detail = "timeout", f"{timeout:g} s"
        case ConnectionRefusedError():
            kind = "refused"
        case ssl.SSLError() | ConnectionError() | HTTPException():
            kind = "broken"
        case _:
            kind = "unreachable"
    return kind, detail


def blame(kind: str, proxy: str | None) -> str:
    """*kind*, or its row for the proxy: with one on the way, that is what was not reached."""
    proxied = f"proxy-{kind}"
    return proxied if proxy and proxied in FAILURES else kind


def refusal(status: int) -> str:
    """The kind of failure when a proxy answers *status* in place of the host."""
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return "407"
    if status in PROXY_STATUSES:
        return "beyond"
    return "policy"
