"""Bundles of certificates: is a file one, which of its certificates have ended, and whom this system trusts already."""

from __future__ import annotations

import ssl
import time
from pathlib import Path
from typing import Any, NamedTuple

from tasks.model.errors import InvalidInput
from tasks.tools import files

ROOTS = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # macOS, Alpine
)
"""Where systems keep the certificates that they trust."""

FEW = 10
"""Certificates: a bundle with more is one of a system."""


class Ended(NamedTuple):
    """What has ended, in words, and whether it is the whole bundle."""

    says: str
    whole: bool


def combined(bundle: Path) -> bytes:
    """The certificates of *bundle* and those that this system trusts: a proxy that opens TLS may not open all of it.

    LiteLLM trusts what it is told to and nothing else, so the bundle alone would shut out every other host.
    """
    system = roots()
    parts = [read(bundle), *([read(system)] if system and system != bundle else [])]
    return b"".join(part.rstrip(b"\n") + b"\n" for part in parts)


def roots() -> Path | None:
    """The file with the certificates that this system trusts; None when there is none in the usual places."""
    known = [ssl.get_default_verify_paths().cafile, *ROOTS]
    return next((Path(path) for path in known if path and Path(path).is_file()), None)


def read(bundle: Path) -> bytes:
    """The bytes of a bundle; InvalidInput when it is none."""
    data = files.read(bundle)
    if data is None:
        raise InvalidInput("is not there", "Name the PEM file with your network's certificates.", where=str(bundle))
    inside(data, str(bundle))
    return data


def inside(data: bytes, where: str) -> list[dict[str, Any]]:
    """The certificates in *data*, as ssl tells of them; InvalidInput when there is none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=data.decode("ascii", "ignore"))
    except (ssl.SSLError, ValueError):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not (found := context.get_ca_certs()):
        raise InvalidInput("holds no certificate of an authority", "It must be a PEM file.", where=where)
    return found


def ended(data: bytes, where: str) -> Ended | None:
    """What has ended of a bundle, when somebody must be told: all of it, or a part of a network's own few.

    Among many are the roots of a system; some of those have always ended, and nobody needs them.
    """
    found = inside(data, where)
    over = sorted((each for each in found if _until(each) < time.time()), key=_until)
    if not over or len(over) < len(found) > FEW:
        return None
    more = f", and {len(over) - 1} more before it" if len(over) > 1 else ""
    return Ended(f"{_name(over[-1])} ended on {over[-1]['notAfter']}{more}", whole=len(over) == len(found))


def _until(certificate: dict[str, Any]) -> int:
    return ssl.cert_time_to_seconds(str(certificate["notAfter"]))


def _name(certificate: dict[str, Any]) -> str:
    names = [value for part in certificate["subject"] for kind, value in part if kind == "commonName"]
    return ", ".join(names) or "a certificate"
