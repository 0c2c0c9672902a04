"""How backups come to the disk and back: whole and read back before they get a name, never more than they may be."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from tasks.core.console.console import printable
from tasks.core.disk import files
from tasks.core.history import tar_format
from tasks.core.model.errors import GatewayError, InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

FULL_DISK = (errno.ENOSPC, errno.EDQUOT)


def store(stem: Path, ending: str, data: bytes) -> Path:
    """Put *data*, 0600, at stem + ending (or stem-2, stem-3 … + ending) once it has been read back right."""
    names = files.number_names(stem, ending)
    try:
        files.make_private_dir(stem.parent)
        return files.keep(names, data, 0o600)
    except OSError as error:
        raise _unwritten(stem.parent, len(data), error) from None


def load(path: Path) -> bytes:
    """The bytes of a backup, no more than one can have; InvalidInput when there are none to be had."""
    limit = tar_format.TOTAL_LIMIT + 2**20
    try:
        found = _read(path, limit)
    except OSError as error:
        raise InvalidInput(f"cannot be read ({error.strerror})", where=printable(str(path))) from None
    if found is None or len(found.data) > limit:
        raise InvalidInput("refused: it is no backup", where=printable(str(path)))
    return found.data


def member(path: Path) -> tar_format.Member:
    """A file to be backed up; links are followed, what is no file is refused."""
    try:
        found = _read(path, tar_format.MEMBER_LIMIT)
    except OSError as error:
        raise GatewayError(f"cannot be backed up ({error.strerror})", "Make it readable.", where=str(path)) from None
    if found is None:
        raise GatewayError("is not a regular file and cannot be backed up", "Move it away.", where=str(path))
    return found


def _read(path: Path, limit: int) -> tar_format.Member | None:
    """At most *limit* + 1 bytes of a regular file, and its mode; None when it is something else (a FIFO would wait)."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return tar_format.Member(file.read(limit + 1), stat.S_IMODE(status.st_mode) & 0o777)
    finally:
        os.close(descriptor)


def _unwritten(directory: Path, size: int, error: OSError) -> GatewayError:
    where = str(directory)
    if error.errno in FULL_DISK:
        return GatewayError(
            "no space left for the backup; nothing was changed",
            f"Free at least {amount(size * 2)} there, then run the command again.",
            where=where,
        )
    return GatewayError(
        f"the backup could not be written ({error.strerror}); nothing was changed",
        "Make the directory writable, then run the command again.",
        where=where,
    )


def amount(size: int) -> str:
    """*size* in bytes, as a person reads it."""
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.0f} KiB"
