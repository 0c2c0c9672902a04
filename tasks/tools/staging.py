"""Before anything is visible: what stands at a target, and the new file beside it, complete and on the disk."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from typing import TYPE_CHECKING, NamedTuple

from tasks.model.errors import Conflict
from tasks.tools import exchange, targets

if TYPE_CHECKING:
    from pathlib import Path

ACCESS_LIST = "system.posix_acl_access"


class Found(NamedTuple):
    """A regular file as it was found."""

    data: bytes
    info: os.stat_result

    @property
    def mode(self) -> int:
        """Its permission bits."""
        return stat.S_IMODE(self.info.st_mode)


def look(path: Path) -> Found | None:
    """The regular file at *path*; None when there is nothing, Conflict when there is something else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EMLINK):
            targets.refuse_odd(path, path.lstat())
        if error.errno == errno.EACCES:
            raise Conflict("cannot be read by this user", "Mend its permissions.", where=str(path)) from None
        raise
    try:
        info = os.fstat(descriptor)
        targets.refuse_odd(path, info)
        return Found(_read_all(descriptor), info)
    finally:
        os.close(descriptor)


def examine(path: Path) -> Found | None:
    """As look(), and Conflict when the file, or its directory, cannot or should not be replaced by us."""
    targets.refuse_unwritable(path.parent)
    found = look(path)
    if found is not None:
        targets.refuse_shared(path, found.info)
    return found


def create(
    path: Path, data: bytes, mode: int, *, owner: os.stat_result | None = None, like: Path | None = None
) -> None:
    """A new file, private from its first moment, then with *mode*, on the disk; FileExistsError when there is one.

    *owner*: whose it shall be; *like*: the file whose attributes and access list it gets.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        _write_all(descriptor, data)
        if owner is not None:
            _take_owner(descriptor, owner)
        os.fchmod(descriptor, mode)
        if like is not None:
            _take_attributes(descriptor, path, like)
        exchange.sync(descriptor)
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
    finally:
        os.close(descriptor)


def discard(path: Path) -> bool:
    """Remove a file of ours, or a folder with our bookkeeping in it and nothing else; whether that succeeded."""
    try:
        if path.is_dir() and not path.is_symlink():
            for child in path.iterdir():
                if child.is_dir() or child.name in targets.KEPT:
                    discard(child)
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
    except OSError:
        if path.is_file():
            with contextlib.suppress(OSError):
                path.chmod(0o600)  # what stays, a copy with a token perhaps, is private at least
        return False
    return True


def _read_all(descriptor: int) -> bytes:
    parts = []
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _take_owner(descriptor: int, old: os.stat_result) -> None:
    new = os.fstat(descriptor)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        os.fchown(descriptor, old.st_uid, old.st_gid)


def _take_attributes(descriptor: int, path: Path, like: Path) -> None:
    """Extended attributes, the access list among them, after the mode that it refines."""
    if sys.platform == "darwin":
        import ctypes

        ctypes.CDLL(None).copyfile(os.fsencode(like), os.fsencode(path), None, 0b101)  # access list, attributes
        return
    wanted = {name: os.getxattr(like, name) for name in _attributes(like)}
    for name in _attributes(descriptor):
        if name == ACCESS_LIST and name not in wanted:  # inherited from the directory, the old file had none
            os.removexattr(descriptor, name)
    for name, value in wanted.items():
        try:
            os.setxattr(descriptor, name, value)
        except OSError:
            if not name.startswith("security."):  # labels are the system's to give
                raise


def _attributes(file: Path | int) -> list[str]:
    try:
        return os.listxattr(file)
    except OSError:
        return []
