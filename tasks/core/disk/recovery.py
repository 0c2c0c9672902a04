"""After a death: the next command finishes what was committed, or removes what was not, and never asks.

    record there    -> roll forward: what is still old becomes new; what the new state does not need
                       ends; then the record goes
                       (of a proof that did not end -> back to old, and its processes end)
                       (settings.json was changed by others before its turn came -> the other way, back to old)
    record absent   -> staged files are debris
A file that is neither old nor new is its user's: left as it is, and reported.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.core.disk import atomic, made_directories, records, recovery_copy, store
from tasks.core.disk.fingerprints import digest_key
from tasks.core.disk.lock import Lock
from tasks.core.disk.moves import Move, digest_of
from tasks.core.disk.settings_file import claude_lock
from tasks.core.disk.targets import KEPT, RECORD, Targets, names_in
from tasks.core.model.errors import Conflict, GatewayError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tasks.core.disk.records import Record, Step
    from tasks.core.model.layout import Layout


FINISHED = "finished"
UNPROVEN = "unproven"
"""It died before its gateway was known to serve: its files were taken back."""


class Undetermined(GatewayError):
    """Neither done nor undone: the system refused both; the next command finishes it."""

    exit_code = 75

    def __init__(self, cause: BaseException) -> None:
        super().__init__(
            f"could neither be finished nor undone: {' '.join(str(cause).split())}",
            "Mend that, then run any command again: it finishes what was interrupted.",
        )


@dataclass(frozen=True)
class Recovered:
    """What recover() did (see __str__; "": nothing), of which command; files that it left."""

    action: str = ""
    command: str = ""
    left: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.action)

    def __str__(self) -> str:
        said = {
            "": "nothing was interrupted",
            "cleaned": "an interrupted command had changed nothing; its left-overs were removed",
            FINISHED: f"an interrupted {self.command} was finished",
            UNPROVEN: f"an interrupted {self.command} was undone: its gateway had not answered yet",
            "undone": f"an interrupted {self.command} was undone, for settings.json was changed before it came to it",
        }[self.action]
        return said + (f"; left as they are, for they were changed since: {', '.join(self.left)}" if self.left else "")


def pending(layout: Layout) -> bool:
    """Whether a transaction is under way or was interrupted: is there a commit record."""
    return os.path.lexists(Targets.of(layout).record)


def recover(layout: Layout, then: Callable[[], bool] | None = None) -> Recovered:
    """Bring an interrupted transaction to its end; nothing, when there is none or its command is still running.

    *then*: what else to do under the lock; it says whether anything was left.
    Undetermined (75) when the system refuses, Conflict (5) when the record cannot be believed.
    """
    if then is None and not _anything(Targets.of(layout)):
        return Recovered()
    try:
        lock = Lock.acquire(layout, "recover", wait=0)
    except Conflict:
        return Recovered()
    try:
        done = recover_locked(layout, lock)
        if then is not None and then() and not done:
            return Recovered("cleaned")
        return done
    finally:
        lock.release()


def recover_locked(layout: Layout, lock: Lock) -> Recovered:
    """As recover(), for the holder of the lock."""
    targets = lock.targets
    try:
        record = records.read(targets)
        if record is None:
            return Recovered("cleaned") if clean(targets, lock.beside) else Recovered()
        done = _finish(layout, targets, record)
        if done.action == FINISHED:
            key = digest_key(layout)
            names = record.files
            recovery_copy.update(layout, key, names)
        targets.record.unlink(missing_ok=True)
    except OSError as error:
        raise Undetermined(error) from error
    ended(targets)
    return done


def ended(targets: Targets) -> None:
    """The record was unlinked: remove what it needed. Copies are kept while the disk does not confirm the unlinking."""
    try:
        store.sync_directory(targets.gateway)
    except OSError:
        return
    clean(targets)


def clean(targets: Targets, *more: Path) -> bool:
    """Remove everything staged or displaced, as far as possible; whether there was anything."""
    left = list(targets.leftovers(*more))
    for path in left:
        atomic.discard(path)
    return bool(left)


def _anything(targets: Targets) -> bool:
    names = names_in(targets.gateway)
    if names and (names <= KEPT or RECORD in names):
        return True
    return any(targets.leftovers()) or made_directories.count_unremoved(targets) > 0


def _finish(layout: Layout, targets: Targets, record: Record) -> Recovered:
    digest = digest_of(digest_key(layout), with_mode=True)
    files = {
        name: Move(targets.gateway / name, targets.gateway / step.staged, step.old, step.new, digest)
        for name, step in record.files.items()
    }
    left = []
    onward = True
    if record.settings is not None:
        outcome = _settings(layout, targets, record, record.settings)
        onward = outcome != "unapplied"
        left += ["settings.json"] if outcome == "left" else []
    left += [name for name, move in files.items() if not (move.forward() if onward else move.backward())]
    for directory in {targets.gateway, targets.settings.parent} if record.settings else {targets.gateway}:
        store.sync_directory(directory)
    if onward:
        for process in record.processes:
            process.notify()
    if record.is_unproven:
        return Recovered(UNPROVEN, record.command, tuple(left))
    return Recovered(FINISHED if onward else "undone", record.command, tuple(left))


def _settings(layout: Layout, targets: Targets, record: Record, step: Step) -> str:
    """Roll settings.json forward: done; left (ours went in, others changed it since); unapplied (changed before)."""
    if record.settings_path != targets.settings_path:
        raise Conflict(
            f"led to {record.settings_path} when a {record.command} was interrupted, and leads elsewhere now",
            f"Make it lead there again and run this again; else remove {targets.record}.",
            where=str(layout.settings),
        )
    digest = digest_of(digest_key(layout), with_mode=False)
    real = targets.settings
    move = Move(real, real.with_name(step.staged), step.old, step.new, digest)
    with claude_lock(layout.settings):
        if move.rescue():
            return "unapplied"
        if move.forward():
            return "done"
    return "unapplied" if move.waits() else "left"
