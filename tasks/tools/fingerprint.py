"""Fingerprints of things that may be secret: nobody can try values against them without this installation's key."""

from __future__ import annotations

import contextlib
import os

from tasks.model.errors import Conflict
from tasks.model.layout import Layout
from tasks.tools import exchange, staging, targets

SIZE = 32
"""Bytes of a key."""


def digest_key(layout: Layout) -> bytes:
    """The random key of this installation, made on first use in the gateway's folder (0600).

    Without that folder nothing can have been fingerprinted: a key that is not stored.
    """
    folder = targets.follow(layout.gateway)
    path = folder / ".digest-key"
    found = staging.look(path)
    if found is None and folder.is_dir():
        _make(targets.Targets.of(layout))
        found = staging.look(path)
    if found is None:
        return os.urandom(SIZE)
    if len(found.data) != SIZE or found.mode & 0o077:
        raise Conflict(
            "is not the private key that was made here",
            "Remove it: every key then counts as changed by you.",
            where=str(path),
        )
    return found.data


def keyed(key: bytes, data: bytes, mode: int | None = None) -> str:
    """The fingerprint of *data*, and of *mode* when given."""
    import hmac

    text = b"%o\n" % mode if mode is not None else b"\n"
    return "hmac-sha256:" + hmac.new(key, text + data, "sha256").hexdigest()


def _make(where: targets.Targets) -> None:
    staged = where.gateway / f".gw-{where.identifier()}-key"
    staging.create(staged, os.urandom(SIZE), 0o600)
    with contextlib.suppress(FileExistsError):
        exchange.place(staged, where.gateway / ".digest-key")
    staging.discard(staged)
    exchange.sync_directory(where.gateway)
