"""One command at a time: a lock that the system frees when its holder dies, and that says who holds it.

The lock file lives in the gateway's folder. Where that folder is missing it is made together with its lock, in one
step; the lock file says how many directories were made, so that they are removed again when nothing else is in them.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.disk import files, made_directories, store, trust
from tasks.core.disk.targets import KEPT, Targets
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


def hold(path: Path, command: str) -> int:
    """Hold the lock file *path* until the descriptor that is returned is closed, or we end.

    Conflict with the holder's name after a moment.
    """
    deadline = time.monotonic() + WAIT
    while True:
        files.make_private_dir(path.parent)
        descriptor = _open(path)
        if descriptor is None:
            continue
        if not _hold(descriptor, path, deadline):
            continue
        note = _Note(
            pid=os.getpid(),
            since=_now(),
            command=command[:200],
        )
        text = _text(note)
        os.pwrite(descriptor, text, 0)
        return descriptor


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
        require_trust(layout)
        targets = Targets.of(layout)
        try:
            with store.blame(targets.gateway):
                return cls._acquire(targets, command, time.monotonic() + wait)
        except OSError as error:
            raise errors.from_system(error) from error

    @classmethod
    def _acquire(cls, targets: Targets, command: str, deadline: float) -> Lock:
        while True:
            made_directories.make_gateway(targets, lambda levels: _text(_Note(made_gateway=levels)))
            descriptor = _open(targets.gateway / ".lock")
            if descriptor is not None and _hold(descriptor, targets.gateway / ".lock", deadline):
                lock = cls(targets, descriptor, _read(descriptor))
                lock.sign(command)
                return lock

    def sign(self, command: str) -> None:
        """Say in the lock file who has it; release it when that cannot be written."""
        try:
            note = self._note._replace(pid=os.getpid(), since=_now(), command=command[:200])
            unremoved = made_directories.count_unremoved(self.targets)
            self._write(note._replace(made_gateway=max(note.made_gateway, unremoved)))
        except BaseException:
            self.release()
            raise

    @property
    def beside(self) -> Path:
        """The directory in which the highest of the directories that we made for the gateway stands."""
        return self.targets.gateway.parents[max(self._note.made_gateway - 1, 0)]

    def make_claude(self) -> None:
        """Make the directory of settings.json where it is missing, private, and note it before it is there."""
        missing = made_directories.find_missing(self.targets.settings.parent)
        if missing:
            self._write(self._note._replace(made_claude=max(self._note.made_claude, len(missing))))
        files.make_private_dir(self.targets.settings.parent)

    def release(self) -> None:
        """Let go; where only our bookkeeping is left, remove it, and the directories that we made."""
        try:
            with contextlib.suppress(OSError):
                self._tidy()
        finally:
            os.close(self._descriptor)

    def _tidy(self) -> None:
        settings, gateway = self.targets.settings.parent, self.targets.gateway
        made_directories.remove_empty(settings, self._note.made_claude)
        if not {path.name for path in gateway.iterdir()} <= KEPT or any(self.targets.leftovers()):
            return
        if _is_at(self._descriptor, gateway / ".lock"):
            made_directories.remove_gateway(self.targets, self._note.made_gateway)
            made_directories.remove_empty(settings, self._note.made_claude)

    def _write(self, note: _Note) -> None:
        os.pwrite(self._descriptor, _text(note), 0)
        self._note = note


def require_trust(layout: Layout) -> None:
    """Conflict when another user can change what a deployment writes to, or reads as ours."""
    trust.require(
        layout.gateway,
        layout.backups,
        layout.history,
        layout.settings.parent,
    )
    require_own_build(layout)


def require_own_build(layout: Layout) -> None:
    """Conflict when others can change what is remembered and rendered, but not our code."""
    folders = layout.build, layout.workshop, layout.notes, layout.choices.parent
    for folder in dict.fromkeys(folders):
        trust.require_beside(folder, layout.templates)


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
    if _is_at(descriptor, path):
        return True
    os.close(descriptor)
    return False


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether the open file is the one at *path*."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except OSError:
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
