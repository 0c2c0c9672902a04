"""Backups that hold secrets, encrypted with age under a pass phrase: any age program opens them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.model.errors import GatewayError, InvalidInput

if TYPE_CHECKING:
    from types import ModuleType

    from tasks.model.secret import Secret


def seal(data: bytes, passphrase: Secret) -> bytes:
    """*data* encrypted under *passphrase*; takes about a second, on purpose."""
    sealed: bytes = _age().passphrase.encrypt(data, passphrase.reveal())
    return sealed


def unseal(data: bytes, passphrase: Secret | None, where: str) -> bytes:
    """What was sealed; InvalidInput (naming *where*) when *passphrase* is not the one or a bit is wrong."""
    if not passphrase:
        raise InvalidInput("is encrypted", "Give the pass phrase that it was made with.", where=where)
    age = _age()
    try:
        opened: bytes = age.passphrase.decrypt(data, passphrase.reveal())
    except age.DecryptError:
        problem = "does not open: another pass phrase was used, or it is damaged"
        raise InvalidInput(problem, "Try the pass phrase again.", where=where) from None
    return opened


def _age() -> ModuleType:
    """The package pyrage; GatewayError when it is not there."""
    try:
        import pyrage
    except ImportError:
        raise GatewayError(
            "backups with secrets are encrypted with age, and the package pyrage is not installed",
            "Run `pip install pyrage` in the environment of this project, or leave the secrets out.",
        ) from None
    module: ModuleType = pyrage
    return module
