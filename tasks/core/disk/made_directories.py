"""The directories that we make: for the gateway together with its lock, for settings.json alone.

They are removed again when nothing else is in them, with rmdir from the bottom up: rmdir cannot
take a file of another program along, as renaming the folder away would. An empty directory does
not say who made it, so the lock file waits beside the highest of them until they are gone. There
the next command finds it after a death, and goes on.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

from tasks.core.disk import atomic, store
from tasks.core.disk.targets import KEPT, names_in, refuse_unwritable
from tasks.core.model.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tasks.core.disk.targets import Targets

IN_USE = {
    errno.ENOTEMPTY,
    errno.EEXIST,
    errno.ENOENT,
}
"""What rmdir reports of a directory that another program wrote into, or removed."""


def make_gateway(targets: Targets, note: Callable[[int], bytes]) -> None:
    """Make the gateway's folder beside its place, with its lock, and name it in one step.

    *note*: the text of the lock file, for the number of directories that are made.
    """
    missing = find_missing(targets.gateway)
    if missing:
        _make_and_place(targets, missing, note(len(missing)))
    elif not targets.gateway.is_dir():
        raise Conflict("is not a directory", "Move it away.", where=str(targets.gateway))


def remove_gateway(targets: Targets, levels: int) -> None:
    """Remove our bookkeeping, and the gateway's folder with those above it that we made.

    *levels*: how many we made; one that holds something else stays, and those above it.
    OSError when the system refuses: then the lock file is still in the folder, or beside it.
    """
    lock = targets.gateway / ".lock"
    (targets.gateway / ".digest-key").unlink(missing_ok=True)
    if levels == 0:
        lock.unlink(missing_ok=True)
        return
    bare = _find_bare(targets.gateway, levels)
    top = bare[-1]
    parked = top.parent / targets.tree_name()
    lock.rename(parked)
    _remove_unused(bare)
    parked.unlink()


def count_unremoved(targets: Targets) -> int:
    """How many directories a command was removing when it died; 0: none.

    They hold nothing but each other and, already, the lock of the next command:
    so one looks upwards for as long as there is nothing else.
    """
    below = targets.gateway
    others = names_in(below) - KEPT
    for levels, directory in enumerate(below.parents, 1):
        if others:
            break
        names = names_in(directory)
        trees = {name for name in names if targets.is_tree(name)}
        # A folder with such a name is one that the next command died over while it made it.
        if any((directory / name).is_file() for name in trees):
            return levels
        others = names - trees
        others.discard(below.name)
        below = directory
    return 0


def find_missing(path: Path) -> list[Path]:
    """The directories that are missing up to *path*, the highest first."""
    if os.path.lexists(path):
        return []
    return [*find_missing(path.parent), path]


def remove_empty(path: Path, levels: int) -> None:
    """Remove the *levels* lowest directories up to *path*, as far as they are empty.

    What the system refuses stays: an empty directory is not worth an error.
    """
    directories = [path, *path.parents]
    with contextlib.suppress(OSError):
        for directory in directories[:levels]:
            directory.rmdir()


def _make_and_place(targets: Targets, missing: list[Path], note: bytes) -> None:
    """Make the directories *missing* under another name, then give them theirs.

    So the folder is never seen without its lock, and a death leaves nothing but debris.
    """
    top = missing[0]
    refuse_unwritable(top.parent)
    unnamed = top.parent / targets.tree_name()
    below = [unnamed / path.relative_to(top) for path in missing]
    try:
        _make_tree(below, note)
        atomic.place(unnamed, top)
    except (FileExistsError, FileNotFoundError):
        # Another command was first, or took ours for debris.
        if not targets.gateway.exists():
            raise
    finally:
        if unnamed.exists():
            atomic.discard(unnamed)
    store.sync_directory(top.parent)


def _make_tree(directories: list[Path], note: bytes) -> None:
    """Each inside the one before; the last one gets the lock file."""
    for path in directories:
        path.mkdir(mode=0o700)
    gateway = directories[-1]
    store.create(gateway / ".lock", note, 0o600)
    for path in directories:
        store.sync_directory(path)


def _remove_unused(directories: list[Path]) -> None:
    """Remove *directories*, the lowest first, up to one that is in use."""
    for path in directories:
        try:
            path.rmdir()
        except OSError as error:
            if error.errno not in IN_USE:
                raise
            return


def _find_bare(path: Path, levels: int) -> list[Path]:
    """*path*, and of the *levels* lowest directories those that hold only the one below."""
    bare = [path]
    for directory in path.parents[: levels - 1]:
        if names_in(directory) != {bare[-1].name}:
            break
        bare.append(directory)
    return bare
