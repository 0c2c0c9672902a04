"""Two names trade their files in one step, or as nearly as the file system can; and what was written stays written."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SWITCH = "GATEWAY_NO_EXCHANGE"
"""Set in the environment: do as on a file system that knows neither exchange nor rename without replacing."""

_HERE = -100  # AT_FDCWD
_TRADE, _NO_REPLACE = (2, 4) if sys.platform == "darwin" else (2, 1)
_UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}
_NO_LINKS = _UNSUPPORTED | {errno.EPERM, errno.EMLINK, errno.EXDEV}


def exchange(staged: Path, target: Path) -> None:
    """Trade the files of two names of one directory: afterwards *staged* holds what *target* held."""
    if not _rename(staged, target, _TRADE):
        _exchange_by_steps(staged, target)


def place(staged: Path, target: Path) -> None:
    """Give the file of *staged* the name *target*, which must be free: FileExistsError when it is not."""
    if not _rename(staged, target, _NO_REPLACE):
        _place_by_steps(staged, target)


def withdraw(target: Path, staged: Path) -> None:
    """Take the file of *target* out of sight, to *staged*, which must be free."""
    place(target, staged)


def settle(staged: Path, target: Path) -> None:
    """Put straight what a death in the middle of one of the three, done by steps, left behind."""
    aside = _aside(staged)
    if os.path.lexists(aside):
        if os.path.lexists(staged):  # the target was not replaced yet
            aside.unlink()
        else:
            aside.rename(staged)
    with contextlib.suppress(FileNotFoundError):
        if os.path.samestat(staged.lstat(), target.lstat()):  # placed, or not withdrawn yet
            staged.unlink()


def sync(descriptor: int) -> None:
    """See a file or a directory on the disk; on macOS past the cache of the drive as well."""
    full = getattr(fcntl, "F_FULLFSYNC", None)
    try:
        if full is not None:
            fcntl.fcntl(descriptor, full)
            return
    except OSError as error:
        if error.errno not in (*_UNSUPPORTED, errno.ENOTTY):  # a failed one is final: a second might not tell
            raise
    os.fsync(descriptor)


def sync_directory(path: Path) -> None:
    """See the names in a directory on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync(descriptor)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:  # some network file systems know no fsync of a directory
            raise
    finally:
        os.close(descriptor)


def _exchange_by_steps(staged: Path, target: Path) -> None:
    """Without the system call: the target is never absent; settle() mends each half-way state."""
    aside = _aside(staged)
    aside.unlink(missing_ok=True)
    try:
        os.link(target, aside, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        import shutil

        shutil.copy2(target, aside)
    staged.replace(target)
    aside.rename(staged)


def _place_by_steps(staged: Path, target: Path) -> None:
    try:
        os.link(staged, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        staged.rename(target)
    else:
        staged.unlink()


def _aside(staged: Path) -> Path:
    return staged.with_name(staged.name + ".old")


def _rename(source: Path, target: Path, flags: int) -> bool:
    """The system's rename with *flags*; False when system or file system do not know it."""
    if os.environ.get(SWITCH):
        return False
    code = _call(os.fsencode(source), os.fsencode(target), flags)
    if code in _UNSUPPORTED:
        return False
    if code:
        raise OSError(code, os.strerror(code), str(source), None, str(target))
    return True


def _call(source: bytes, target: bytes, flags: int) -> int:
    """One system call; its error number, 0 when it went well."""
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    if hasattr(library, "renameat2"):
        result = library.renameat2(_HERE, source, _HERE, target, flags)
    elif hasattr(library, "renamex_np"):
        result = library.renamex_np(source, target, flags)
    else:
        return errno.ENOSYS
    return ctypes.get_errno() if result else 0
