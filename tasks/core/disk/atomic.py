"""Two names trade their files in one step, or as nearly as the file system can."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.disk import store, targets
from tasks.core.model.errors import Conflict

if TYPE_CHECKING:
    from pathlib import Path


SWITCH = "GATEWAY_NO_EXCHANGE"
"""Set in the environment: do as on a file system that knows neither exchange nor rename without replacing."""

_HERE = -100  # AT_FDCWD
_TRADE, _NO_REPLACE = (2, 4) if sys.platform == "darwin" else (2, 1)
_NO_LINKS = {errno.EPERM, errno.EMLINK, errno.EXDEV}


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


def _exchange_by_steps(staged: Path, target: Path) -> None:
    """Without the system call: the target is never absent; settle() mends each half-way state."""
    aside = _aside(staged)
    aside.unlink(missing_ok=True)
    try:
        os.link(target, aside, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS | store.UNSUPPORTED:
            raise
        old = look(target)
        if old is not None:
            store.create(aside, old.data, old.mode, owner=old.info, like=target)
    staged.replace(target)
    aside.rename(staged)


def _place_by_steps(staged: Path, target: Path) -> None:
    try:
        os.link(staged, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS | store.UNSUPPORTED:
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
    if code in store.UNSUPPORTED:
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
        store.refuse_fixed(path)
    return found


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
