"""Where the gateway listens: its addresses, and the sockets on them."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
import time

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - only where the user asks for it
PORT_PATIENCE = 3
"""Seconds to wait for a port that is taken."""


def address(text: str) -> str:
    """An IPv4 or IPv6 address in its usual form; ValueError when *text* is not one.

    argparse puts the name of this function into its message about a wrong --host.
    """
    return str(ipaddress.ip_address(text))


def addresses(host: str) -> list[str]:
    """The addresses to listen on: *host*, and always the one that this machine itself asks."""
    if host == "127.0.0.1" or host in EVERYWHERE:
        return [host]
    return ["127.0.0.1", host]


def is_exposed(host: str) -> bool:
    """Whether other machines can connect to *host*."""
    return not ipaddress.ip_address(host).is_loopback


def listen(host: str, port: int) -> socket.socket:
    """The listening socket; exit 1 when the port stays taken."""
    # The workers of a supervisor that was killed hold its port until they notice.
    deadline = time.monotonic() + PORT_PATIENCE
    while True:
        try:
            return _bind(host, port)
        except OSError as error:
            if time.monotonic() > deadline:
                why = os.strerror(error.errno or 0)
                sys.exit(f"{host}:{port} cannot be listened on: {why}")
        time.sleep(0.1)


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server(
        (host, port),
        family=family,
        backlog=2048,
        dualstack_ipv6=host == "::",
    )
