"""How backups come to the disk and back: whole and read back before they get a name, never more than they may be."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from typing import TYPE_CHECKING

from tasks.core.console.console import printable
from tasks.core.disk import files
from tasks.core.history import tar_format
from tasks.core.model.errors import GatewayError, InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

UNFINISHED = re.compile(
    r"\.gateway-backup-\d{8}-\d{6}\.\d+\.[0-9a-f]{8}\.partial|\.metadata\.json\.\d+\.[0-9a-f]{8}", re.ASCII
)
FULL_DISK = (errno.ENOSPC, errno.EDQUOT)
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)


def store(stem: Path, ending: str, data: bytes) -> Path:
    """Put *data*, 0600, at stem + ending (or stem-2, stem-3 … + ending) once it has been read back right."""
    temporary = stem.with_name(f".{stem.name}.{os.getpid()}.{os.urandom(4).hex()}.partial")
    try:
        files.make_private_dir(stem.parent)
        _write(temporary, data)
        path = _named(temporary, stem.name, ending)
        _sync(path)
    except OSError as error:
        raise _unwritten(stem.parent, len(data), error) from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    return path


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


def unfinished(directory: Path) -> list[Path]:
    """What killed runs have left; nobody else writes here while the caller holds the lock."""
    if not directory.is_dir():
        return []
    return [path for path in directory.iterdir() if UNFINISHED.fullmatch(path.name)]


def _write(path: Path, data: bytes) -> None:
    """Create *path*, see it on the disk, and compare what is read back."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w+b") as file:
        os.fchmod(descriptor, 0o600)
        file.write(data)
        file.flush()
        os.fsync(descriptor)
        file.seek(0)
        if file.read() != data:
            raise OSError(errno.EIO, "what was written is not what is read back")


def _named(temporary: Path, stem: str, ending: str) -> Path:
    """Give the finished file the first name that is free: stem, stem-2, stem-3 …; never replaces another."""
    number = 1
    while True:
        path = temporary.with_name(f"{stem}{f'-{number}' if number > 1 else ''}{ending}")
        number += 1
        try:
            os.link(temporary, path)
        except FileExistsError:
            continue
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            if os.path.lexists(path):
                continue
            temporary.rename(path)  # a file system without links; the caller's lock keeps others out
        return path


def _sync(path: Path) -> None:
    """See the name on the disk, and that of a directory that may be new; without it there is no backup."""
    try:
        files.sync_directory(path.parent)
        files.sync_directory(path.parent.parent)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _unwritten(directory: Path, size: int, error: OSError) -> GatewayError:
    if error.errno in FULL_DISK:
        remedy = f"Free at least {amount(size * 2)} there, then run the command again."
        return GatewayError("no space left for the backup; nothing was changed", remedy, where=str(directory))
    problem = f"the backup could not be written ({error.strerror}); nothing was changed"
    return GatewayError(problem, "Make the directory writable, then run the command again.", where=str(directory))


def amount(size: int) -> str:
    """*size* in bytes, as a person reads it."""
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.0f} KiB"
