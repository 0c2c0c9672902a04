"""Whether a file still has the content that was once seen in it.

The signature (times, size, inode) answers at the price of one stat. Where it differs the digest
decides: a touched or copied file is the same file. A changed one never has the signature of before,
since no program can set its ctime back.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

Print: TypeAlias = list[Any]
"""Signature, digest and permissions of a file, as JSON values."""


def sign(status: os.stat_result) -> list[int]:
    """What changes whenever the content does."""
    return [
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_size,
        status.st_ino,
    ]


def digest(path: str | Path) -> str:
    """The digest of what is in a file; OSError when it cannot be read."""
    import hashlib

    with open(path, "rb") as file:  # noqa: PTH123 - an eighth of what Path takes
        data = file.read()
    return hashlib.sha256(data).hexdigest()


def take(path: str | Path) -> Print | None:
    """The print of a file; None when it cannot be read."""
    try:
        status = os.stat(path)  # noqa: PTH116 - likewise
        mode = stat.S_IMODE(status.st_mode)
        return [sign(status), digest(path), mode]
    except OSError:
        return None


def is_same(path: str | Path, seen: Print | None) -> bool:
    """Whether a file has the content and the permissions that were *seen*."""
    if not seen:
        return False
    try:
        signature, known, mode = seen
        status = os.stat(path)  # noqa: PTH116 - likewise
        if sign(status) == signature:
            return True
        if stat.S_IMODE(status.st_mode) != mode:
            return False
        return digest(path) == str(known)
    except (OSError, ValueError, TypeError):  # it cannot be read, or what was kept is damaged
        return False
