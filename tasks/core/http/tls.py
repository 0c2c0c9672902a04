"""Bundles of certificates: is a file one, which of its certificates have ended, and whom this system trusts already."""

from __future__ import annotations

import ssl
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.disk import files
from tasks.core.model.deployment import PASSPHRASE
from tasks.core.model.errors import InvalidInput, UsageError
from tasks.core.model.secret import Secret

if TYPE_CHECKING:
    from tasks.core.model.choices import Choices


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


HOW = "Give the PEM files that you were given: --client-cert FILE --client-key FILE."


def check(choices: Choices, passphrase: str | Secret | None) -> None:
    """UsageError when one of the two is not chosen; InvalidInput when Claude Code could not use them."""
    chosen = [path for path in (choices.client_cert, choices.client_key) if path]
    if len(chosen) == 1:
        raise UsageError("a certificate and its key are chosen together, and one is missing", HOW)
    for path in map(Path, chosen):
        _readable(path)
    if chosen:
        loaded(chosen[0], chosen[1], passphrase)


def loaded(certificate: str, key: str, passphrase: str | Secret | None, context: ssl.SSLContext | None = None) -> None:
    """Put the two into *context*; InvalidInput when they do not belong together, or the key stays locked."""
    secret = passphrase.reveal() if isinstance(passphrase, Secret) else passphrase or ""
    try:
        # a function, since with nothing at all OpenSSL would ask the terminal
        (context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)).load_cert_chain(certificate, key, password=lambda: secret)
    except ssl.SSLError as error:
        problem, remedy = _meaning(error, Path(key).read_bytes(), secret)
        raise InvalidInput(problem, remedy, where=key) from None


def _meaning(error: ssl.SSLError, key: bytes, secret: str) -> tuple[str, str]:
    if error.reason == "KEY_VALUES_MISMATCH":
        return "is not the key of this certificate", HOW
    if b"ENCRYPTED" in key:
        tried = f"does not open with the value of {PASSPHRASE}" if secret else "is locked with a pass phrase"
        return tried, f"Set {PASSPHRASE} in the environment or in the gateway's .env."
    return "or its certificate is no PEM file", HOW


def _readable(path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise InvalidInput("is not there", HOW, where=str(path)) from None
    except OSError as error:
        raise InvalidInput(
            f"cannot be read ({error.strerror})", "Correct its owner or mode.", where=str(path)
        ) from None
