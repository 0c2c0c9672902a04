"""Fingerprints of things that may be secret: nobody can try values against them without this installation's key."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from tasks.core.disk import atomic, files, targets
from tasks.core.model.errors import FIX, Conflict, InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.model.layout import Layout

SIZE = 32
"""Bytes of a key."""

FEWEST_VALUES = 8
"""Of 32 random bytes so many differ; zeros, as a power cut leaves them, do not."""

_unstored: dict[Path, bytes] = {}


def digest_key(layout: Layout) -> bytes:
    """The random key of this installation; while none is stored, one that this process sticks to.

    Where it is lost, its copy counts. Writes nothing; InvalidInput when it is damaged and there is
    no copy.
    """
    folder = targets.follow(layout.gateway)
    path = folder / layout.digest_key.name
    found = atomic.look(path)
    if found is not None and is_key(found.data):
        if found.mode & 0o077:
            raise Conflict("can be read by others", FIX, where=str(path))
        return found.data
    copied = copied_key(layout)
    if copied:
        return copied
    if found is None:
        return _unstored.setdefault(folder, os.urandom(SIZE))
    raise InvalidInput("is damaged, and so is its copy", FIX, where=str(path))


def close_key(layout: Layout) -> bool:
    """Take the key from the eyes of others; whether they could read it."""
    path = targets.follow(layout.gateway) / layout.digest_key.name
    found = atomic.look(path)
    if found is None or not found.mode & 0o077:
        return False
    path.chmod(0o600)
    return True


def is_key(data: bytes) -> bool:
    """Whether *data* can be a key that was made here."""
    return len(data) == SIZE and len(set(data)) >= FEWEST_VALUES


def has_key(layout: Layout) -> bool:
    """Whether the key is known: the file, or its copy."""
    folder = targets.follow(layout.gateway)
    name = layout.digest_key.name
    found = atomic.look(folder / name)
    if found is not None and is_key(found.data):
        return True
    return bool(copied_key(layout))


def copied_key(layout: Layout) -> bytes:
    """The second copy of the key; b"" when there is none."""
    from tasks.core.disk import recovery_copy

    copy = recovery_copy.read(layout)
    if copy is None or not is_key(copy.key):
        return b""
    return copy.key


def store_key(layout: Layout) -> bytes:
    """As digest_key(), and from here on it is stored (0600), in the gateway's folder, which exists."""
    key, where = digest_key(layout), targets.Targets.of(layout)
    path = where.gateway / layout.digest_key.name
    found = atomic.look(path)
    if found is None:
        with contextlib.suppress(FileExistsError):
            files.keep([path], key, 0o600)
    elif found.data != key:
        files.put(path, key, 0o600)
    return digest_key(layout)


def renew_key(layout: Layout) -> bytes:
    """As store_key(), with a new key in the place of one that is damaged and has no copy."""
    try:
        digest_key(layout)
    except InvalidInput:
        path = layout.digest_key
        path.unlink()
    return store_key(layout)


def keyed(key: bytes, data: bytes, mode: int | None = None) -> str:
    """The fingerprint of *data*, and of *mode* when given."""
    import hmac

    text = b"%o\n" % mode if mode is not None else b"\n"
    return "hmac-sha256:" + hmac.new(key, text + data, "sha256").hexdigest()
