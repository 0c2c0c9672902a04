"""Certificates: bundles of authorities, expired ones, and the certificate that a client shows."""

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

SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # macOS, Alpine
)
"""Where systems keep the certificates that they trust."""
FEW = 10
"""Certificates: a bundle with more is one of a system."""
HOW = "Give the PEM files that you were given: --client-cert FILE --client-key FILE."


class Expired(NamedTuple):
    """What has expired, in words, and whether it is the whole bundle."""

    says: str
    whole: bool


def trust(bundle: str | None) -> ssl.SSLContext:
    """TLS that trusts what this system trusts, and the certificates in *bundle*."""
    context = ssl.create_default_context()
    if bundle:
        context.load_verify_locations(bundle)
    return context


def trust_only(bundle: Path) -> ssl.SSLContext:
    """TLS that trusts the certificates in *bundle* and no others."""
    return ssl.create_default_context(cafile=str(bundle))


def combine(bundle: Path) -> bytes:
    """The certificates of *bundle* and those that this system trusts.

    A proxy that opens TLS may not open all of it, and LiteLLM trusts only the one file that it is
    given: the bundle alone would shut out every other host.
    """
    parts = [read_bundle(bundle)]
    system = find_system_bundle()
    if system and system != bundle:
        parts.append(read_bundle(system))
    return b"".join(part.rstrip(b"\n") + b"\n" for part in parts)


def find_system_bundle() -> Path | None:
    """The file with the certificates that this system trusts; None when it is not found."""
    for path in (ssl.get_default_verify_paths().cafile, *SYSTEM_BUNDLES):
        if path and Path(path).is_file():
            return Path(path)
    return None


def read_bundle(bundle: Path) -> bytes:
    """The bytes of a bundle; InvalidInput when the file is missing or not a bundle."""
    data = files.read(bundle)
    if data is None:
        fix = "Name the PEM file with your network's certificates."
        raise InvalidInput("is not there", fix, where=str(bundle))
    parse_bundle(data, str(bundle))
    return data


def parse_bundle(data: bytes, where: str) -> list[dict[str, Any]]:
    """The certificates in *data*, as ssl describes them; InvalidInput when there is none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=data.decode("ascii", "ignore"))
    except (ssl.SSLError, ValueError):
        # it may have kept the certificates before the one that it could not read
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    certificates = context.get_ca_certs()
    if not certificates:
        problem = "holds no certificate of an authority"
        raise InvalidInput(problem, "It must be a PEM file.", where=where)
    return certificates


def find_expired(data: bytes, where: str) -> Expired | None:
    """What has expired of a bundle, if worth a message: all of it, or some of a network's few.

    Some of the many roots of a system have always expired, and nothing needs them.
    """
    certificates = parse_bundle(data, where)
    expired = [certificate for certificate in certificates if _end(certificate) < time.time()]
    is_whole = len(expired) == len(certificates)
    if not expired or (len(certificates) > FEW and not is_whole):
        return None
    last = max(expired, key=_end)
    says = f"{_name(last)} ended on {last['notAfter']}"
    if len(expired) > 1:
        says += f", and {len(expired) - 1} more before it"
    return Expired(says, is_whole)


def _end(certificate: dict[str, Any]) -> int:
    return ssl.cert_time_to_seconds(str(certificate["notAfter"]))


def _name(certificate: dict[str, Any]) -> str:
    pairs = [pair for part in certificate["subject"] for pair in part]
    return ", ".join(value for kind, value in pairs if kind == "commonName") or "a certificate"


def check_client_certificate(choices: Choices, passphrase: str | Secret | None) -> None:
    """UsageError when one of the two files is missing; InvalidInput when they cannot be used."""
    file, key = choices.client_cert, choices.client_key
    if not file and not key:
        return
    if not file or not key:
        raise UsageError("a certificate and its key are chosen together, and one is missing", HOW)
    _check_readable(Path(file))
    _check_readable(Path(key))
    load_client_certificate(file, key, passphrase)


def load_client_certificate(
    file: str, key: str, passphrase: str | Secret | None, context: ssl.SSLContext | None = None
) -> None:
    """Put the two into *context*; InvalidInput when they do not match, or the key stays locked."""
    phrase = passphrase.reveal() if isinstance(passphrase, Secret) else passphrase or ""
    context = context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        # a function, because OpenSSL asks the terminal when there is no password at all
        context.load_cert_chain(file, key, password=lambda: phrase)
    except ssl.SSLError as error:
        problem, remedy = _explain(error, Path(key).read_bytes(), phrase)
        raise InvalidInput(problem, remedy, where=key) from None


def _explain(error: ssl.SSLError, key: bytes, phrase: str) -> tuple[str, str]:
    if error.reason == "KEY_VALUES_MISMATCH":
        return "is not the key of this certificate", HOW
    if b"ENCRYPTED" not in key:
        return "or its certificate is no PEM file", HOW
    fix = f"Set {PASSPHRASE} in the environment or in the gateway's .env."
    if phrase:
        return f"does not open with the value of {PASSPHRASE}", fix
    return "is locked with a pass phrase", fix


def _check_readable(path: Path) -> None:
    try:
        path.open("rb").close()
    except FileNotFoundError:
        raise InvalidInput("is not there", HOW, where=str(path)) from None
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise InvalidInput(problem, "Correct its owner or mode.", where=str(path)) from None
