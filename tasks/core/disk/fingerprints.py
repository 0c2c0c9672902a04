"""Fingerprints of things that may be secret: nobody can try values against them without this installation's key."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from tasks.core.disk import atomic, files, targets
from tasks.core.model.errors import Conflict

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.model.layout import Layout

SIZE = 32
"""Bytes of a key."""

NAME = ".digest-key"

_unstored: dict[Path, bytes] = {}


def digest_key(layout: Layout) -> bytes:
    """The random key of this installation; while none is stored, one that this process sticks to. Writes nothing."""
    folder = targets.follow(layout.gateway)
    found = atomic.look(folder / NAME)
    if found is None:
        return _unstored.setdefault(folder, os.urandom(SIZE))
    if len(found.data) != SIZE or found.mode & 0o077:
        raise Conflict(
            "is not the private key that was made here",
            "Remove it: every key then counts as changed by you.",
            where=str(folder / NAME),
        )
    return found.data


def store_key(layout: Layout) -> bytes:
    """As digest_key(), and from here on it is stored (0600), in the gateway's folder, which exists."""
    key, where = digest_key(layout), targets.Targets.of(layout)
    if not (where.gateway / NAME).exists():
        with contextlib.suppress(FileExistsError):
            files.keep([where.gateway / NAME], key, 0o600)
    return digest_key(layout)


def keyed(key: bytes, data: bytes, mode: int | None = None) -> str:
    """The fingerprint of *data*, and of *mode* when given."""
    import hmac

    text = b"%o\n" % mode if mode is not None else b"\n"
    return "hmac-sha256:" + hmac.new(key, text + data, "sha256").hexdigest()
