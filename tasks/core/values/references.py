"""Secrets that are given: on standard input, in a file, or as a reference to where they are; never as an argument."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.disk import programs
from tasks.core.model.errors import GatewayError, UsageError
from tasks.core.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST = 64 * 1024
"""Bytes; no token is longer."""
RUNNING = ("cmd:", "keyring:")
"""How references begin for which a program is run."""
PATIENCE = 120
"""Seconds that a command may take: it may ask its user."""


def resolved(reference: str, environ: Mapping[str, str]) -> Secret:
    """The secret that *reference* (env:, file:, cmd:, keyring:) leads to; GatewayError says what is wrong with it."""
    kind, _, rest = reference.partition(":")
    if kind == "env":
        return _clean(environ.get(rest, ""), reference)
    if kind == "file":
        return from_file(rest, reference)
    return _clean(_printed(command(reference), reference), reference)


def command(reference: str) -> list[str]:
    """What prints the secret of a reference of the kinds cmd and keyring."""
    kind, _, rest = reference.partition(":")
    if kind == "cmd":
        return ["sh", "-c", rest]
    service, _, name = rest.partition("/")
    if programs.find("secret-tool"):
        return ["secret-tool", "lookup", "service", service, "username", name]
    if programs.find("security"):
        return ["security", "find-generic-password", "-s", service, "-a", name, "-w"]
    raise GatewayError(
        "there is no keyring that can be asked", "Install secret-tool (libsecret-tools).", where=reference
    )


def from_stdin(what: str, *, ask: bool = True) -> Secret:
    """The secret on standard input; at a terminal it is asked for, where that is wanted, and not shown."""
    if sys.stdin.isatty():
        if not ask:
            raise UsageError(f"nobody is to be asked for {what}", "Pipe it in, or name its file: --token-file FILE")
        import getpass

        return _clean(getpass.getpass(f"{what}: "), "standard input")
    return _clean(sys.stdin.buffer.read(MOST + 1).decode("utf-8", "replace"), "standard input")


def from_file(name: str, where: str = "") -> Secret:
    """The secret that a file holds."""
    path = Path(name).expanduser()
    try:
        with path.open("rb") as file:
            data = file.read(MOST + 1)
    except OSError as error:
        raise GatewayError(f"cannot be read: {error.strerror}", "Name another file.", where=where or name) from None
    return _clean(data.decode("utf-8", "replace"), where or name)


def user_and_password(secret: Secret, where: str) -> tuple[Secret, Secret]:
    """The two halves of user:password."""
    user, colon, password = secret.reveal().partition(":")
    if not (user and colon and password):
        raise UsageError("does not hold user:password", "Write them into it on one line.", where=where)
    return Secret(user), Secret(password)


def _printed(argv: list[str], reference: str) -> str:
    """What a command prints; its complaints go to the terminal, as it wrote them."""
    try:
        done = programs.ask(argv, os.environ, PATIENCE)
    except OSError as error:
        problem = "took too long" if isinstance(error, TimeoutError) else "cannot be run"
        raise GatewayError(f"{problem}", "Try the command by hand.", where=reference) from None
    if done.returncode != 0:
        raise GatewayError(f"ended with exit code {done.returncode}", "Try the command by hand.", where=reference)
    return done.stdout[: MOST + 1].decode("utf-8", "replace")


def _clean(text: str, where: str) -> Secret:
    """One line without the end that editors and `echo` add; a secret is never part of what is said about it."""
    value = text.rstrip("\r\n")
    if not value.strip():
        raise GatewayError("gives nothing", "A token was expected there.", where=where)
    if len(text) > MOST or not value.isascii() or not value.isprintable():
        raise GatewayError(
            "gives something else than one line of plain text", "It must be the token alone.", where=where
        )
    return Secret(value.strip())
