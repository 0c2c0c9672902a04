"""Files read and written: one is there whole, with its mode, or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.disk import atomic, store
from tasks.core.model.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
    real = Path(os.path.realpath(path))  # of links in a circle: one of them
    try:
        found, folders = real.stat(), [each.stat().st_mode for each in real.parents]
        shared = real.group() != real.owner()
    except (OSError, KeyError):  # no such file, or nobody of that number
        return False
    ways = [(stat.S_IROTH, stat.S_IXOTH), *([(stat.S_IRGRP, stat.S_IXGRP)] if shared else [])]
    return any(found.st_mode & read and all(mode & enter for mode in folders) for read, enter in ways)


def write(path: Path, data: bytes, mode: int, *, mark: str = "") -> bool:
    """Make *path* hold *data* with *mode*, on the disk; False when it already did.

    Links are followed, never replaced. *mark*: see store.name_temporary().
    """
    target = real_target(path)
    if read(target) == data and mode_of(target) == mode:
        return False
    put(target, data, mode, mark=mark)
    return True


def write_cache(path: Path, data: bytes, mode: int) -> bool:
    """As write(), without waiting for the disk.

    For what is checked when it is read, and can be made again.
    """
    target = real_target(path)
    if read(target) == data and mode_of(target) == mode:
        return False
    put(target, data, mode, is_durable=False)
    return True


def put(target: Path, data: bytes, mode: int, *, mark: str = "", is_durable: bool = True) -> None:
    """Have *target* be a file with *data* and *mode*.

    It takes the place of a file or a link that is there.
    """
    with store.blame(target):
        make_folders(target.parent)
        store.sweep(target.parent)
        temporary = target.with_name(store.name_temporary(mark))
        try:
            store.create(temporary, data, mode, is_durable=is_durable)
            temporary.replace(target)
        except BaseException:
            _remove(temporary)
            raise
        if is_durable:
            store.sync_directory(target.parent)


def keep(names: Iterable[Path], data: bytes, mode: int) -> Path:
    """Write *data* under the first of *names* that is free, on the disk; nothing is overwritten.

    *names*: paths in one folder. FileExistsError when none is free.
    """
    waiting = iter(names)
    first = next(waiting)
    with store.blame(first):
        store.sweep(first.parent)
        temporary = first.with_name(store.name_temporary())
        try:
            store.create(temporary, data, mode)
            kept = _name_first_free(temporary, itertools.chain([first], waiting))
        finally:
            _remove(temporary)
        try:
            store.sync_directory(first.parent)
        except OSError:
            _remove(kept)
            raise
    return kept


def keep_copy(path: Path, data: bytes, mode: int, suffix: str) -> Path:
    """Write *data* beside *path* under its name and *suffix*, numbered when that is taken."""
    names = number_names(path.with_name(path.name + suffix), "", ".")
    return keep(names, data, mode)


def number_names(stem: Path, ending: str, sign: str = "-") -> Iterator[Path]:
    """*stem* + *ending*, then with a number before the ending: copy.json, copy-2.json and so on."""
    yield stem.with_name(f"{stem.name}{ending}")
    for number in itertools.count(2):
        yield stem.with_name(f"{stem.name}{sign}{number}{ending}")


def real_target(path: Path) -> Path:
    """Where *path* leads, all links followed; Conflict when that is no place for a file."""
    try:
        target = path.resolve()
    except (RuntimeError, OSError) as error:
        raise Conflict(f"links lead nowhere ({error.__class__.__name__})", "Mend the link.", where=str(path)) from None
    if target.exists() and not target.is_file():
        raise Conflict("is not a regular file", "Move it away, then run the command again.", where=str(target))
    return target


def make_private_dir(path: Path) -> None:
    """Make *path* and what is missing above it, on the disk, for the owner only; what exists keeps its mode."""
    make_folders(path, 0o700)


def make_folders(path: Path, mode: int = 0o777) -> None:
    """Make *path* and what is missing above it, on the disk; Conflict when it is something else."""
    if path.is_dir():
        return
    make_folders(path.parent, mode)
    try:
        path.mkdir(mode=mode)
    except FileExistsError:
        if not path.is_dir():
            raise Conflict("is not a directory", "Move it away.", where=str(path)) from None
    store.sync_directory(path.parent)


def _name_first_free(temporary: Path, names: Iterable[Path]) -> Path:
    """Give the file *temporary* the first of *names* that is free; FileExistsError when none is."""
    for path in names:
        try:
            atomic.place(temporary, path)
        except FileExistsError:
            continue
        return path
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


def _remove(path: Path) -> None:
    """Remove *path*, if it is there and the system lets us."""
    with contextlib.suppress(OSError):
        path.unlink()
