"""Backups that hold secrets, encrypted with age under a pass phrase: any age program opens them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tasks.core.disk import files
from tasks.core.model.errors import GatewayError, InvalidInput, UsageError
from tasks.core.model.secret import Secret

if TYPE_CHECKING:
    from types import ModuleType


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


VARIABLE = "GATEWAY_PASSPHRASE_FILE"
"""Names the file, where nobody is there to type."""


def asked(*, twice: bool = True) -> Secret:
    """The pass phrase; UsageError when there is nobody to ask and no file."""
    if name := os.environ.get(VARIABLE):
        return _from_file(name)
    if not sys.stdin.isatty():
        raise UsageError(
            "there is nobody to ask for a pass phrase", f"Put it into a file and name that: {VARIABLE}=FILE"
        )
    import getpass

    first = getpass.getpass("Pass phrase for the archive: ")
    if not first or (twice and getpass.getpass("The same again: ") != first):
        raise UsageError("the pass phrases are not the same, or empty", "Run the command again.")
    return Secret(first)


def _from_file(name: str) -> Secret:
    from pathlib import Path

    try:
        text = (files.read(Path(name).expanduser()) or b"").decode().strip()
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text:
        raise UsageError("holds no pass phrase", f"Write one line into it, or unset {VARIABLE}.", where=name)
    return Secret(text)
