"""The certificate with which a client shows itself: are both files there, and do they belong together?"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.model.deployment import PASSPHRASE
from tasks.model.errors import InvalidInput, UsageError
from tasks.model.secret import Secret

if TYPE_CHECKING:
    from tasks.model.choices import Choices

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
