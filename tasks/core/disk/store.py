"""The one module that opens a file for writing.

    temporary name -> content -> owner, mode -> fsync -> rename or exchange -> fsync of the folder

`files` and the transaction rename and exchange. The temporary names have one form, by which the
next command that holds the lock finds what a killed one left.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import struct
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tasks.core.model.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEBRIS = re.compile(r"\.gw-([0-9a-f]{16})-")
"""How every name begins that is not meant to stay."""

ABANDONED = 60.0
"""Seconds after which a temporary file is no longer being written: that takes milliseconds."""

ACCESS_LIST = "system.posix_acl_access"
UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}

_TEMPORARY = "-new"
_NEW = (
    os.O_RDWR  # it is read back
    | os.O_CREAT
    | os.O_EXCL
    | os.O_NOFOLLOW
)
_LONG = struct.calcsize("l")
_GET_FLAGS = 0x80006601 | _LONG << 16
"""Linux's FS_IOC_GETFLAGS, which is what lsattr asks."""

_FIXED = {
    0x10: ("immutable", "sudo chattr -i"),
    0x20: ("append-only", "sudo chattr -a"),
}
"""Flag of a file -> its name, and the command that removes it."""

if sys.platform == "darwin":
    _FIXED = {
        0x2: ("immutable", "chflags nouchg"),
        0x4: ("append-only", "chflags nouappnd"),
        0x20000: ("immutable", "sudo chflags noschg"),
        0x40000: ("append-only", "sudo chflags nosappnd"),
    }


def name_temporary(mark: str = "") -> str:
    """A new name for a file that is being written; *mark*: the digits that it begins with."""
    digits = os.urandom(8).hex()
    others = digits[len(mark) :]
    return f".gw-{mark}{others}{_TEMPORARY}"


def is_temporary(name: str) -> bool:
    """Whether name_temporary() made this name."""
    match = DEBRIS.match(name)
    if match is None:
        return False
    ending = name[match.end() - 1 :]
    return ending == _TEMPORARY


def create(
    path: Path,
    data: bytes,
    mode: int,
    *,
    owner: os.stat_result | None = None,
    like: Path | None = None,
    is_durable: bool = True,
) -> None:
    """Write a new file: private from its first moment, then with *mode*, and on the disk.

    FileExistsError when there is one. *owner*: who is to own it. *like*: the file whose
    attributes and access list it gets. OSError also when it reads back differently.
    """
    descriptor = os.open(path, _NEW, 0o600)
    try:
        _write_all(descriptor, data)
        if owner is not None:
            _take_owner(descriptor, owner)
        os.fchmod(descriptor, mode)
        if like is not None:
            _take_attributes(descriptor, path, like)
        if is_durable:
            sync(descriptor)
            _check_content(descriptor, data)
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
    finally:
        os.close(descriptor)


def sync(descriptor: int) -> None:
    """See a file or a directory on the disk; on macOS past the cache of the drive as well."""
    full = getattr(fcntl, "F_FULLFSYNC", None)
    try:
        if full is not None:
            fcntl.fcntl(descriptor, full)
            return
    except OSError as error:
        # A failed one is final: a second call would report success without having written.
        is_unknown = error.errno in UNSUPPORTED or error.errno == errno.ENOTTY
        if not is_unknown:
            raise
    os.fsync(descriptor)


def sync_directory(path: Path) -> None:
    """See the names in a directory on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync(descriptor)
    except OSError as error:
        # Some network file systems have no fsync of a directory.
        if error.errno not in UNSUPPORTED:
            raise
    finally:
        os.close(descriptor)


def sweep(folder: Path, age: float = ABANDONED) -> None:
    """Remove temporary files in *folder* that killed commands left.

    *age*: seconds after which none is still being written; 0 where a lock keeps others out.
    """
    deadline = time.time() - age
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):  # noqa: PTH208 - Path takes ten times as long
            path = folder / name
            if is_temporary(name) and path.lstat().st_mtime <= deadline:
                path.unlink()


@contextmanager
def blame(path: Path) -> Iterator[None]:
    """Have an error of the system name *path*, the user's file, in place of a temporary one.

    Conflict when an attribute of it, or of its folder, is the reason.
    """
    try:
        yield
    except OSError as error:
        if error.errno == errno.EPERM:
            refuse_fixed(path)
            refuse_fixed(path.parent)
        error.filename, error.filename2 = str(path), None
        raise


def refuse_fixed(path: Path) -> None:
    """Conflict when *path* is immutable or append-only: then not even root can replace it."""
    found = _find_attribute(path)
    if found is None:
        return
    import shlex

    where = str(path)
    name, fix = found
    problem = f"is {name}: this attribute keeps everybody, root as well, from changing it"
    remedy = "Remove the attribute, then run the command again"
    raise Conflict(
        problem,
        f"{remedy}: {fix} {shlex.quote(where)}",
        where=where,
    )


def _find_attribute(path: Path) -> tuple[str, str] | None:
    """The attribute that makes *path* immutable or append-only, and the command that removes it."""
    try:
        flags = _read_flags(path)
    except OSError:
        return None
    for flag, found in _FIXED.items():
        if flags & flag:
            return found
    return None


def _read_flags(path: Path) -> int:
    """What lsattr shows, as bits; OSError where the file system has no such thing."""
    if sys.platform == "darwin":
        return path.lstat().st_flags
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        answer = fcntl.ioctl(descriptor, _GET_FLAGS, bytes(_LONG))
    finally:
        os.close(descriptor)
    # The kernel fills in an int, whatever the size says.
    bits = answer[:4]
    return int.from_bytes(bits, sys.byteorder)


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        written = os.write(descriptor, left)
        left = left[written:]


def _check_content(descriptor: int, data: bytes) -> None:
    """OSError when what was written is not what is read back."""
    size = len(data)
    found = b""
    while part := os.pread(descriptor, size + 1, len(found)):
        found += part
    if found != data:
        problem = "what was written is not what is read back"
        raise OSError(errno.EIO, problem)


def _take_owner(descriptor: int, old: os.stat_result) -> None:
    new = os.fstat(descriptor)
    is_same = (
        new.st_uid == old.st_uid  # only root can give a file away
        and new.st_gid == old.st_gid
    )
    if not is_same:
        os.fchown(descriptor, old.st_uid, old.st_gid)


def _take_attributes(descriptor: int, path: Path, like: Path) -> None:
    """Extended attributes, the access list among them, after the mode that it refines."""
    if sys.platform == "darwin":
        import ctypes

        # The access list, and the attributes.
        library = ctypes.CDLL(None)
        source = os.fsencode(like)
        target = os.fsencode(path)
        library.copyfile(source, target, None, 0b101)
        return
    wanted = {}
    for name in _list_attributes(like):
        wanted[name] = os.getxattr(like, name)
    for name in _list_attributes(descriptor):
        # Inherited from the directory; the old file had none.
        if name == ACCESS_LIST and name not in wanted:
            os.removexattr(descriptor, name)
    for name, value in wanted.items():
        try:
            os.setxattr(descriptor, name, value)
        except OSError:
            # Labels are the system's to give.
            if not name.startswith("security."):
                raise


def _list_attributes(file: Path | int) -> list[str]:
    try:
        return os.listxattr(file)
    except OSError:
        return []
