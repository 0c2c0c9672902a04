"""Where a transaction works: links followed to their end, and a sentence for each thing that is no place for a file."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.disk import store
from tasks.core.model import errors
from tasks.core.model.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.model.layout import Layout

RECORD = ".gw-txn.json"
"""The commit record, in the gateway's folder: while it is there, a transaction is under way or was interrupted."""

START_LOCK = ".start-lock"
"""The folder that a start makes so that no other one comes in between; its process is in it."""

TRIAL = ".trial-"
"""How the folder of a trial begins, in the gateway's own."""

FORMER = ".former"
"""How a file of the former gateway ends, while another one is proven."""

KEPT = frozenset({".lock", ".digest-key"})
"""Our bookkeeping in the gateway's folder; alone it is no reason for the folder to be."""

IDENTIFIER = re.compile(r"[0-9a-f]{16}")
OWN_FOLDERS = ("backups", "history", "profiles")
"""Folders of the gateway's in which nothing but a holder of the lock writes."""

_TREE = "-tree"


class Targets(NamedTuple):
    """The real folder of the gateway, the real settings.json, and the mark of this pair in names of staged files."""

    gateway: Path
    settings: Path
    tag: str

    @classmethod
    def of(cls, layout: Layout) -> Targets:
        """Follow the links of *layout*; Conflict when one leads nowhere or in a circle."""
        gateway, settings = follow(layout.gateway), follow(layout.settings)
        # Relative, so that a home that was moved or restored elsewhere still knows its own left-overs.
        relation = os.path.relpath(gateway, follow(layout.claude))
        return cls(gateway, settings, hashlib.sha256(os.fsencode(relation)).hexdigest()[:6])

    @property
    def record(self) -> Path:
        """The commit record."""
        return self.gateway / RECORD

    @property
    def settings_path(self) -> str:
        """The real settings.json as seen from the gateway's folder."""
        return os.path.relpath(self.settings, self.gateway)

    def identifier(self) -> str:
        """A new name for a transaction: 16 hexadecimal digits that begin with the tag."""
        return self.tag + os.urandom(5).hex()

    def tree_name(self) -> str:
        """A new name for a folder while it is made, and for its lock while it is removed."""
        return f".gw-{self.identifier()}{_TREE}"

    def is_tree(self, name: str) -> bool:
        """Whether tree_name() made this name, for this pair of targets."""
        match = store.DEBRIS.match(name)
        return match is not None and match[1].startswith(self.tag) and name.endswith(_TREE)

    def leftovers(self, *more: Path) -> Iterator[Path]:
        """Everything of ours that is not meant to stay: staged, displaced and half-written files, folders on their way.

        Beside the targets, in our own folders, and in the directories *more*.
        """
        own = [self.gateway / name for name in OWN_FOLDERS]
        shared = (self.settings.parent, _lowest(self.gateway.parent), *more)
        for directory in dict.fromkeys((self.gateway, *own, *shared)):
            for name in names_in(directory):
                if self._ours(directory, name):
                    yield directory / name

    def _ours(self, directory: Path, name: str) -> bool:
        match = store.DEBRIS.match(name)
        if match is None:
            return False
        # Under our lock nobody else stages in the gateway's folder, or below it.
        return self.gateway in (directory, directory.parent) or match[1].startswith(self.tag)


def follow(path: Path) -> Path:
    """Where *path* really is, or would be made; Conflict when a link on the way leads nowhere or in a circle."""
    try:
        return Path(os.path.realpath(path, strict=True))
    except FileNotFoundError:
        if path.is_symlink():
            problem = f"is a link to {path.readlink()}, which does not exist"
            raise Conflict(problem, "Mend or remove the link.", where=str(path)) from None
    except NotADirectoryError:
        raise Conflict("lies below something that is not a directory", "Move that away.", where=str(path)) from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Conflict("is a link that leads in a circle", "Mend or remove the link.", where=str(path)) from None
        raise errors.from_system(error) from None
    return follow(path.parent) / path.name


def refuse_odd(path: Path, info: os.stat_result) -> None:
    """Conflict unless *info* is that of a regular file."""
    kinds = (
        (stat.S_ISLNK, "is a link where a file is kept", "Replace the link by the file that it leads to."),
        (stat.S_ISDIR, "is a directory where a file belongs", "Move it away."),
        (stat.S_ISFIFO, "is a FIFO, not a file", "Move it away."),
        (stat.S_ISSOCK, "is a socket, not a file", "Move it away."),
    )
    for is_kind, problem, remedy in kinds:
        if is_kind(info.st_mode):
            raise Conflict(problem, remedy, where=str(path))
    if not stat.S_ISREG(info.st_mode):
        raise Conflict("is a device, not a file", "Move it away.", where=str(path))


def refuse_shared(path: Path, info: os.stat_result) -> None:
    """Conflict when replacing the file at *path* would cut it off from its other names, or take it from its owner."""
    if info.st_nlink > 1:
        raise Conflict(
            f"is hard-linked: {info.st_nlink - 1} other name(s) of the same file would not see the change",
            f"Make it a file of its own: cp -p FILE FILE.own && mv FILE.own FILE (all names: find -inum {info.st_ino})",
            where=str(path),
        )
    if os.geteuid() not in (0, info.st_uid):
        raise Conflict(f"belongs to another user (uid {info.st_uid})", "Run this as that user.", where=str(path))


def refuse_unwritable(directory: Path) -> None:
    """Conflict when nothing can be made in *directory*."""
    if not directory.is_dir():
        raise Conflict("is not a directory", "Move it away.", where=str(directory))
    if os.statvfs(directory).f_flag & os.ST_RDONLY:
        raise Conflict("is on a read-only file system", "Mount it writable.", where=str(directory))
    if not os.access(directory, os.W_OK | os.X_OK):
        raise Conflict("is a directory that this user cannot write to", "Fix its permissions.", where=str(directory))
    store.refuse_fixed(directory)


def is_gone(gateway: Path) -> bool:
    """Whether there is no folder of the gateway, or a command has only just made it again."""
    return names_in(gateway) <= KEPT


def _lowest(path: Path) -> Path:
    """*path*, or the nearest directory above it that exists."""
    return path if path.is_dir() or path == path.parent else _lowest(path.parent)


def names_in(directory: Path) -> set[str]:
    """The names in *directory*; none when it is missing or cannot be read."""
    try:
        return {path.name for path in directory.iterdir()}
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return set()
