"""The one writer: a file stands whole, with its mode, or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from typing import TYPE_CHECKING

from tasks.core.model.errors import Conflict

if TYPE_CHECKING:
    from pathlib import Path

LEAST_SPACE = 50 * 1024 * 1024
"""Bytes that must be free where the gateway goes."""


def below(folder: Path) -> list[str]:
    """The path of every file below *folder*, in order.

    Neither a link to nothing nor Python's bytecode is one.
    """
    found: list[str] = []
    for place, _, names in os.walk(folder):
        if not place.endswith("__pycache__"):
            found += [f"{place}/{name}" for name in names]
    # os.path takes an eighth of what Path takes.
    return sorted(path for path in found if os.path.isfile(path))  # noqa: PTH113


def read(path: Path) -> bytes | None:
    """The bytes of *path*; None when it does not exist."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def read_line(path: Path) -> str:
    """The one line of a small file of ours; "" when there is none, or it cannot be read."""
    try:
        return (read(path) or b"").decode("utf-8", "surrogateescape").strip()
    except OSError:
        return ""


def digest(data: bytes) -> str:
    """A fingerprint of something that is no secret."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def mode_of(path: Path) -> int | None:
    """The permission bits of *path*, links followed; None when it does not exist."""
    try:
        return path.stat().st_mode & 0o7777
    except FileNotFoundError:
        return None


def open_to_others(path: Path) -> bool:
    """Whether another user of this machine can read *path*: by its mode, and that of every folder on the way.

    A group that is called like the owner is taken for the owner's own.
    """
    real = path.resolve()
    try:
        found, folders = real.stat(), [each.stat().st_mode for each in real.parents]
        shared = real.group() != real.owner()
    except (OSError, KeyError):  # no such file, or nobody of that number
        return False
    ways = [(stat.S_IROTH, stat.S_IXOTH), *([(stat.S_IRGRP, stat.S_IXGRP)] if shared else [])]
    return any(found.st_mode & read and all(mode & enter for mode in folders) for read, enter in ways)


def write(path: Path, data: bytes, mode: int) -> bool:
    """Make *path* hold *data* with *mode*; False when it already did. Links are followed, never replaced."""
    target = real_target(path)
    if read(target) == data and mode_of(target) == mode:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        _write_new(temporary, data, mode)
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        raise
    sync_directory(target.parent)
    return True


def keep_copy(path: Path, data: bytes, mode: int, suffix: str) -> Path:
    """Write *data* beside *path* under its name and *suffix*, numbered when that is taken; nothing is overwritten."""
    number = 1
    while True:
        copy = path.with_name(f"{path.name}{suffix}{'' if number == 1 else f'.{number}'}")
        try:
            _write_new(copy, data, mode)
        except FileExistsError:
            number += 1
            continue
        sync_directory(path.parent)
        return copy


def real_target(path: Path) -> Path:
    """Where *path* leads, all links followed; Conflict when that is no place for a file."""
    try:
        target = path.resolve()
    except (RuntimeError, OSError) as error:
        raise Conflict(f"links lead nowhere ({error.__class__.__name__})", "Mend the link.", where=str(path)) from None
    if target.exists() and not target.is_file():
        raise Conflict("is not a regular file", "Move it away, then run the command again.", where=str(target))
    return target


def _write_new(path: Path, data: bytes, mode: int) -> None:
    """Create *path*, private from its first moment, and see it on the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())


def sync_directory(path: Path) -> None:
    """See the entries of a directory on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_private_dir(path: Path) -> None:
    """Make *path* and what is missing above it, for the owner only; what exists keeps its mode."""
    if path.is_dir():
        return
    make_private_dir(path.parent)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
