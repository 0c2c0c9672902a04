"""Why a request got no answer, in one wording for whoever asked, and what mends it."""

from __future__ import annotations

import re
import socket

NEEDS_CREDENTIALS = 407
UNREACHED = frozenset({502, 503, 504})
"""What a proxy says when it reaches the host as little as we do."""

FIXES = {
    "dns": "Is the name right? Where names are looked up by a proxy only: doit deploy --proxy http://HOST:PORT",
    "proxy-dns": "Is the proxy's name right? Ask whoever runs your network, then: doit deploy --proxy http://HOST:PORT",
    "tcp": "Is the way out a proxy? doit deploy --proxy http://HOST:PORT",
    "proxy-tcp": "Is its port right, and are you in its network (VPN)? Then: doit deploy --proxy http://HOST:PORT",
    "407": "Set PROXY_USERNAME and PROXY_PASSWORD, or write user:password into a file: "
    "doit deploy --proxy-auth-file FILE",
    "tls": "Ask for your network's certificates, a PEM file: doit deploy --ca-bundle FILE",
    "policy": "Ask whoever runs your network to let this host through.",
    "beyond": "The proxy cannot reach it. Is the name right? Ask whoever runs the proxy.",
    "broken": "Something between here and there is no HTTP proxy or no TLS server. Are host, port and scheme right?",
}


def told(error: object, via: str | None, patience: float) -> tuple[str, str]:
    """Where a request ended that got no answer within *patience* seconds; *via* is the proxy, without credentials."""
    if found := re.match(r"Tunnel connection failed: (\d+)", str(error)):
        return refused(int(found[1]))
    whose, kind = (f"the proxy {via}", "proxy-") if via else ("it", "")
    if isinstance(error, socket.gaierror):
        return f"{kind}dns", f"{whose} has a name that nobody knows"
    if isinstance(error, TimeoutError):
        return f"{kind}tcp", f"{whose} does not answer within {patience:g} s"
    if isinstance(error, ConnectionRefusedError):
        return f"{kind}tcp", f"nothing listens where {whose} should be"
    if isinstance(error, OSError) and error.errno and not isinstance(error, ConnectionError) and not _tls(error):
        return f"{kind}tcp", f"{whose} cannot be reached ({type(error).__name__})"
    return "broken", f"the connection was given up ({type(error).__name__})"


def refused(status: int) -> tuple[str, str]:
    """What it means that a proxy makes no tunnel."""
    if status == NEEDS_CREDENTIALS:
        return "407", "the proxy wants a user and a password, or other ones (HTTP 407)"
    if status in UNREACHED:
        return "beyond", f"the proxy does not reach it (HTTP {status})"
    return "policy", f"the proxy does not let it through (HTTP {status})"


def _tls(error: object) -> bool:
    import ssl

    return isinstance(error, ssl.SSLError)
