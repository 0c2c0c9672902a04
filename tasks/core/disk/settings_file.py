"""settings.json is Claude Code's, and others write it too: what is edited is what is found in that moment."""

from __future__ import annotations

import contextlib
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from tasks.core.disk import atomic, store
from tasks.core.disk.fingerprints import keyed
from tasks.core.disk.moves import Move, digest_of
from tasks.core.disk.targets import follow, refuse_shared
from tasks.core.model.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")
Compute = Callable[[bytes | None], bytes | None]

TRIES = 50
PATIENCE = 1.0
"""Seconds that an empty or unparsable file is taken for somebody's half-done write."""

LOCK_WAIT, LOCK_STALE, OWN_STALE = 5.0, 10.0, 0.5
"""Seconds: how long we wait for Claude Code's lock; how old it is when its holder died; the same for one of ours."""

_OURS = stat.S_ISVTX


class Unsettled(Exception):
    """The file looks like somebody's half-done write."""


@contextmanager
def claude_lock(settings: Path) -> Iterator[None]:
    """Hold Claude Code's own lock of settings.json (it waits 2 s for it); Conflict when somebody keeps it for 5 s.

    It stands beside the name that Claude Code uses, *settings*, also where that is a link (seen of 2.1.332).
    """
    path = settings.with_name(settings.name + ".lock")
    _take(path)
    try:
        yield
    finally:
        _release(path)


def _take(path: Path) -> None:
    deadline = time.monotonic() + LOCK_WAIT
    while True:
        try:
            path.mkdir(mode=0o700 | _OURS)
        except FileExistsError:
            if _stale(path):
                with contextlib.suppress(OSError):
                    path.rmdir()
            elif time.monotonic() > deadline:
                raise Conflict(
                    "is held by another program",
                    "Close the Claude Code that is writing its settings; if none is running, remove this directory.",
                    where=str(path),
                ) from None
            time.sleep(0.01)
        else:
            if sys.platform == "darwin":  # mkdir ignores the mark there
                path.chmod(0o700 | _OURS)
            return


def _release(path: Path) -> None:
    """Remove the lock unless somebody took it for stale and has his own there now; a lock that stays grows stale."""
    for _ in range(2):
        with contextlib.suppress(OSError):
            if path.lstat().st_mode & _OURS:
                path.rmdir()
            return  # not reached when the system refused


def _stale(path: Path) -> bool:
    """Whether its holder is dead; one with our mark is held for milliseconds, so that half a second tells."""
    try:
        info = path.lstat()
    except FileNotFoundError:
        return False
    age = time.time() - info.st_mtime
    # Made in the future: the clock was set back since, and a living holder refreshes its lock.
    if age < -LOCK_STALE:
        return True
    limit = OWN_STALE if info.st_mode & _OURS else LOCK_STALE
    return age > limit


class SettingsEdit:
    """One edit, from decided to undone. Its functions make wished bytes of found ones; None stands for no file."""

    def __init__(self, link: Path, key: bytes, name: Callable[[], str], compute: Compute) -> None:
        self.link, self.real = link, follow(link)
        self.move: Move | None = None
        self._key, self._digest = key, digest_of(key, with_mode=False)
        self._name, self._compute = name, compute
        self._patient_until: float | None = None

    def prepare(self) -> None:
        """Read what is found and stage what is wished; Conflict or InvalidInput when that cannot be."""
        atomic.examine(self.real)
        self._settled(lambda: self._stage(self._compute))

    def apply(self, restaged: Callable[[], None]) -> None:
        """Put the edit in place; what others wrote is edited anew, and *restaged* called before that goes in."""
        for attempt in range(TRIES):
            try:
                with claude_lock(self.link):
                    if self._applied(restaged, anew=attempt > 0):
                        return
            except Unsettled:
                time.sleep(0.05)
        raise Conflict(
            "is written all the time by another program; nothing of it was lost, nothing was changed",
            "Close the programs that write it, then run the command again.",
            where=str(self.real),
        )

    def overwritten(self, holds: Callable[[bytes | None], bool] | None) -> bool:
        """Whether another program wrote in the old file after it was displaced, or took our edit away again."""
        if self.move is None or self.move.waits():
            return False
        if self.move.new is not None and self._digest(self.move.staged) != self.move.old:
            return True
        if holds is None or self.move.stands():
            return False
        return self._settled(lambda: not self._made(holds, self._found()))

    def revert(self, undo: Compute | None, announce: Callable[[Move], None]) -> bool:
        """Take the edit back; False when others changed the file since and *undo* does not tell how.

        Where bytes are computed, not just put back, *announce* is called before they go in.
        """
        if self.move is None or self.move.waits():
            return True
        for _ in range(TRIES):
            try:
                with claude_lock(self.link):
                    if self.move.backward() or self.move.rescue():
                        return True
                    if undo is None:
                        return False
                    if self._computed_back(undo, announce):
                        return True
            except Unsettled:
                time.sleep(0.05)
            except InvalidInput:
                return False
        return False

    def _applied(self, restaged: Callable[[], None], *, anew: bool) -> bool:
        if follow(self.link) != self.real:
            raise Conflict("was made to lead elsewhere in this moment", "Run the command again.", where=str(self.link))
        if anew:
            before = self.move
            self._stage(self._compute)
            restaged()
            if before is not None:
                atomic.discard(before.staged)
        return self.move is None or self.move.forward()

    def _computed_back(self, undo: Compute, announce: Callable[[Move], None]) -> bool:
        before = self.move
        self._stage(undo)
        inverse, self.move = self.move, before
        if inverse is None:
            return True
        announce(inverse)
        return inverse.forward()

    def _settled(self, action: Callable[[], T]) -> T:
        """*action*, done again while somebody seems to be writing."""
        while True:
            try:
                return action()
            except Unsettled:
                time.sleep(0.05)

    def _found(self) -> bytes | None:
        found = atomic.look(self.real)
        return found.data if found else None

    def _stage(self, compute: Compute) -> None:
        """Read, compute, and stage the result beside the real file; Unsettled while somebody seems to be writing."""
        found = atomic.look(self.real)
        data = found.data if found else None
        wished = self._made(compute, data)
        if wished == data:
            self.move = None
            return
        staged = self.real.with_name(self._name())
        if found is not None:
            refuse_shared(self.real, found.info)
        with store.blame(self.real):
            if wished is not None and found is not None:
                store.create(staged, wished, found.mode, owner=found.info, like=self.real)
            elif wished is not None:
                store.create(staged, wished, 0o600)
        self.move = Move(self.real, staged, self._keyed(data), self._keyed(wished), self._digest)

    def _made(self, function: Callable[[bytes | None], T], data: bytes | None) -> T:
        """What *function* makes of *data*; Unsettled while that looks like a half-done write."""
        try:
            if data is not None and not data.strip() and not self._impatient():
                raise Unsettled
            made = function(data)
        except InvalidInput:
            if self._impatient():
                raise
            raise Unsettled from None
        self._patient_until = None
        return made

    def _impatient(self) -> bool:
        """Whether the file has looked half-written for too long to be in the middle of a write."""
        if self._patient_until is None:
            self._patient_until = time.monotonic() + PATIENCE
        return time.monotonic() > self._patient_until

    def _keyed(self, data: bytes | None) -> str | None:
        return None if data is None else keyed(self._key, data)
