"""One file takes the place of another, or gives it back; done twice it is done once, and a stranger's file is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tasks.core.disk import atomic, store
from tasks.core.disk.fingerprints import keyed
from tasks.core.model.errors import Conflict

Digest = Callable[[Path], str | None]


def between(stage: str) -> None:
    """Nothing: the moments between two steps, for tests that let something happen there.

    *stage*: staged, placed, committed, compared, exchanged, applied, unlinked.
    """


def digest_of(key: bytes, *, with_mode: bool) -> Digest:
    """A function: the fingerprint of what stands at a path, None when nothing, "odd" when it is no file."""

    def digest(path: Path) -> str | None:
        try:
            found = atomic.look(path)
        except Conflict:
            return "odd"
        return None if found is None else keyed(key, found.data, found.mode if with_mode else None)

    return digest


class Move(NamedTuple):
    """*target* goes from *old* to *new* (fingerprints, None: no file) by trading with *staged*."""

    target: Path
    staged: Path
    old: str | None
    new: str | None
    digest: Digest

    def forward(self) -> bool:
        """Whether the target is the new file now; False: it is somebody else's, and was left."""
        return self._go(self.old, self.new)

    def backward(self) -> bool:
        """Whether the target is the old file again; False: it is somebody else's, and was left."""
        return self._go(self.new, self.old)

    def stands(self) -> bool:
        """Whether the target is the new file."""
        return self.digest(self.target) == self.new

    def waits(self) -> bool:
        """Whether the new file is still the staged one, so that nothing was done yet."""
        atomic.settle(self.staged, self.target)
        return self.digest(self.staged) == self.new

    def rescue(self) -> bool:
        """Whether a stranger wrote into the file that we displaced; if so it is back in its place."""
        atomic.settle(self.staged, self.target)
        if self.new is None or not self.stands() or self.digest(self.staged) in (self.old, self.new, None):
            return False
        atomic.exchange(self.staged, self.target)
        return True

    def _go(self, before: str | None, after: str | None) -> bool:
        atomic.settle(self.staged, self.target)
        found = self.digest(self.target)
        if found == after:
            return True
        if found != before or self.digest(self.staged) != after:
            return False
        between("compared")
        with store.blame(self.target):
            return self._trade(before, after)

    def _trade(self, before: str | None, after: str | None) -> bool:
        try:
            self._swap(before, after)
            between("exchanged")
            if self.digest(self.staged) == before:
                return True
            self._swap(after, before)  # somebody wrote in that very moment: theirs goes back
        except (FileExistsError, FileNotFoundError):
            pass
        return False

    def _swap(self, before: str | None, after: str | None) -> None:
        if before is None:
            atomic.place(self.staged, self.target)
        elif after is None:
            atomic.withdraw(self.target, self.staged)
        else:
            atomic.exchange(self.staged, self.target)
