"""One command at a time: a lock that the system frees when its holder dies, and that says who holds it.

The lock file lives in the gateway's folder. Where that folder is missing it is made together with its lock, in one
step; the lock file remembers which directories were made, so that they go again when nothing else is left in them.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.disk import atomic
from tasks.core.disk.targets import KEPT, Targets, refuse_unwritable
from tasks.core.model import errors
from tasks.core.model.errors import Conflict

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.model.layout import Layout

WAIT = 0.5
"""Seconds; somebody who only asks who holds the lock has it for a moment."""


class Holder(NamedTuple):
    """Who holds the lock: process, since when (UTC, ISO 8601), with which command."""

    pid: int
    since: str
    command: str

    def __str__(self) -> str:
        return f"pid {self.pid}, since {self.since}, {self.command}"


class _Note(NamedTuple):
    """What the lock file says; *made_gateway* and *made_claude* count the directories that we made for each."""

    pid: int = 0
    since: str = ""
    command: str = ""
    made_gateway: int = 0
    made_claude: int = 0


def holder(layout: Layout) -> Holder | None:
    """Who holds the lock at this moment; None when nobody does."""
    path = Targets.of(layout).gateway / ".lock"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        if _take(descriptor, fcntl.LOCK_SH):
            return None
        note = _read(descriptor)
        return Holder(note.pid, note.since, note.command)
    finally:
        os.close(descriptor)


class Lock:
    """The lock, held from acquire() to release()."""

    def __init__(self, targets: Targets, descriptor: int, note: _Note) -> None:
        self.targets, self._descriptor, self._note = targets, descriptor, note

    @classmethod
    def acquire(cls, layout: Layout, command: str, wait: float = WAIT) -> Lock:
        """Hold the lock; Conflict with the holder's name after *wait* seconds."""
        try:
            return cls._acquire(Targets.of(layout), command, time.monotonic() + wait)
        except OSError as error:
            raise errors.from_system(error) from error

    @classmethod
    def _acquire(cls, targets: Targets, command: str, deadline: float) -> Lock:
        while True:
            _ensure_folder(targets)
            descriptor = _open(targets.gateway / ".lock")
            if descriptor is not None and _hold(descriptor, targets.gateway / ".lock", deadline):
                lock = cls(targets, descriptor, _read(descriptor))
                lock.sign(command)
                return lock

    def sign(self, command: str) -> None:
        """Say in the lock file who has it; release it when that cannot be written."""
        try:
            self._write(self._note._replace(pid=os.getpid(), since=_now(), command=command[:200]))
        except BaseException:
            self.release()
            raise

    @property
    def beside(self) -> Path:
        """The directory in which the highest of the directories that we made for the gateway stands."""
        return self.targets.gateway.parents[max(self._note.made_gateway - 1, 0)]

    def make_claude(self) -> None:
        """Make the directory of settings.json where it is missing, private, and note it before it is there."""
        directory = self.targets.settings.parent
        missing = _missing(directory)
        if missing:
            self._write(self._note._replace(made_claude=max(self._note.made_claude, len(missing))))
        for path in missing:
            with contextlib.suppress(FileExistsError):
                path.mkdir(mode=0o700)
                atomic.sync_directory(path.parent)

    def release(self) -> None:
        """Let go; where only our bookkeeping is left, it goes too, and so do the directories that we made."""
        try:
            with contextlib.suppress(OSError):
                self._tidy()
        finally:
            os.close(self._descriptor)

    def _tidy(self) -> None:
        _remove_empty(self.targets.settings.parent, self._note.made_claude)
        gateway = self.targets.gateway
        if not {path.name for path in gateway.iterdir()} <= KEPT or any(True for _ in self.targets.leftovers()):
            return
        if self._note.made_gateway:
            top = _highest(gateway, self._note.made_gateway)
            unborn = top.with_name(f".gw-{self.targets.identifier()}-tree")
            top.rename(unborn)  # in one step, as it came
            if all(path.name in KEPT or path.is_dir() for path in unborn.rglob("*")):
                atomic.discard(unborn)
            else:  # somebody put a file there in that very moment
                unborn.rename(top)
        else:
            for name in (".digest-key", ".lock"):
                (gateway / name).unlink(missing_ok=True)
        _remove_empty(self.targets.settings.parent, self._note.made_claude)

    def _write(self, note: _Note) -> None:
        os.pwrite(self._descriptor, _text(note), 0)
        self._note = note


def _hold(descriptor: int, path: Path, deadline: float) -> bool:
    """Whether the lock is ours; False: the file went away meanwhile, look again. Conflict when somebody keeps it."""
    while not _take(descriptor, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            note = _read(descriptor)
            os.close(descriptor)
            raise Conflict(
                f"another deployment is running: {Holder(note.pid, note.since, note.command)}",
                "Wait until it has ended, then run the command again.",
            )
        time.sleep(0.02)
    with contextlib.suppress(OSError):
        if os.path.samestat(os.fstat(descriptor), path.lstat()):
            return True
    os.close(descriptor)
    return False


def _take(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(path: Path) -> int | None:
    """The lock file, not passed on to programs that we start; None when its folder has just gone."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
            raise Conflict("is not the lock file that was made here", "Remove it.", where=str(path)) from None
        raise


def _ensure_folder(targets: Targets) -> None:
    """Make the gateway's folder with its lock beside its place and give it its name, in one step."""
    missing = _missing(targets.gateway)
    if not missing:
        if not targets.gateway.is_dir():
            raise Conflict("is not a directory", "Move it away.", where=str(targets.gateway))
        return
    top = missing[0]
    refuse_unwritable(top.parent)
    unborn = top.parent / f".gw-{targets.identifier()}-tree"
    try:
        _make_tree([unborn / path.relative_to(top) for path in missing])
        atomic.place(unborn, top)
    except (FileExistsError, FileNotFoundError):  # somebody else was first, and may have taken ours for debris
        if not targets.gateway.exists():
            raise
    finally:
        if unborn.exists():
            atomic.discard(unborn)
    atomic.sync_directory(top.parent)


def _make_tree(directories: list[Path]) -> None:
    """Each inside the one before; the last one gets the lock file, which says how many they are."""
    for path in directories:
        path.mkdir(mode=0o700)
    atomic.create(directories[-1] / ".lock", _text(_Note(made_gateway=len(directories))), 0o600)
    for path in directories:
        atomic.sync_directory(path)


def _missing(path: Path) -> list[Path]:
    """The directories that are missing up to *path*, the highest first."""
    return [] if os.path.lexists(path) else [*_missing(path.parent), path]


def _highest(path: Path, levels: int) -> Path:
    """The highest of the *levels* lowest directories of *path* that holds nothing but the one below it."""
    above = path.parent
    if levels > 1 and [*above.iterdir()] == [path]:
        return _highest(above, levels - 1)
    return path


def _remove_empty(path: Path, levels: int) -> None:
    with contextlib.suppress(OSError):
        for directory in [path, *path.parents][: max(levels, 0)]:
            directory.rmdir()


def _read(descriptor: int) -> _Note:
    """What the lock file says; nothing, when it says it in another way than ours."""
    try:
        return _checked(json.loads(os.pread(descriptor, 10_000, 0)))
    except (ValueError, TypeError, RecursionError):
        return _Note()


def _checked(plain: dict[str, Any]) -> _Note:
    note = _Note(**plain)
    if any(type(value) is not type(_Note._field_defaults[name]) for name, value in note._asdict().items()):
        raise TypeError
    return note


def _text(note: _Note) -> bytes:
    """Always as long, so that one write replaces it whole, without a moment when it is empty."""
    return json.dumps(note._asdict()).encode().ljust(2000)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
