"""One transaction over two places: the files of the gateway's folder, and Claude Code's settings.json.

    begin     hold the lock; bring to an end what a dead command left
    put, remove, edit     say what shall be; nothing is written
    (place    stage and exchange the files, for a proof; settings.json waits)
    commit    stage every new file beside its target -> one commit record -> exchange -> look at what was displaced
    (verify   the caller looks at what stands now)
    finish    unlink the record; from here on nothing undoes
    close     without finish(): undo. Always: free the lock

A death before the commit record leaves the old state, after it the new one: the next command sees to that (recovery).
place() writes a record that leads back, so that what was not proven never becomes the new state.
An error, a failed check, Ctrl-C, TERM or HUP before finish() leave the old state before the command ends.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Self

from tasks.core.disk import moves, process_identity, records
from tasks.core.disk.changeset import ChangeSet, Content, Edit, Holds, Wish
from tasks.core.disk.lock import Holder, Lock, holder
from tasks.core.disk.recovery import Recovered, Undetermined, ended, pending, recover, recover_locked
from tasks.core.disk.signals import Interrupts
from tasks.core.disk.targets import KEPT
from tasks.core.model import errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import EllipsisType, TracebackType

    from tasks.core.disk.settings_file import Compute
    from tasks.core.model.layout import Layout

__all__ = ["Holder", "Recovered", "Transaction", "Undetermined", "holder", "pending", "recover"]

RUNTIME = KEPT | {
    "litellm.log",
    "litellm.log.1",
    "gateway.pid",
    "gateway.status.json",
    ".litellm_config.served.yaml",
    "deployment.log",
    "backups",
    "profiles",
    "venv",
}
"""Names of the gateway's folder that no transaction touches."""


_UNDOABLE = ("placed", "committed")


class Transaction:
    """See the module; begin() makes one. Also a context manager, which closes."""

    def __init__(self, layout: Layout, lock: Lock, interrupts: Interrupts, command: str) -> None:
        self.recovered = Recovered()
        """What begin() found interrupted, and did about it."""
        self.is_settled = True
        """After close(): whether no record is left for the next command to go by."""
        self._layout, self._lock, self._interrupts, self._command = layout, lock, interrupts, command
        self._open()

    @classmethod
    def begin(cls, layout: Layout, command: str) -> Self:
        """Hold the lock (Conflict: who has it), and end what a dead command left."""
        interrupts = Interrupts()
        interrupts.start()
        try:
            with interrupts.deferred():
                transaction = cls(layout, Lock.acquire(layout, command), interrupts, command)
                transaction._recover()
        except BaseException:
            interrupts.stop()
            raise
        if interrupts.pending:
            transaction.close()
        return transaction

    @property
    def changed(self) -> tuple[str, ...]:
        """After commit(): the files that were not yet as wished, by name; settings.json among them."""
        return self._set.changed

    def put(self, name: str, content: Content, mode: int, expected: bytes | EllipsisType | None = ...) -> None:
        """The gateway's file *name* shall hold *content* with *mode*.

        A function as content is called after the edit of settings.json was computed, again when that was computed anew.
        *expected*: what was found when this was decided (None: no file); commit() raises Conflict when it moved.
        """
        self._wish(name, Wish(content, mode, expected))

    def remove(self, name: str, expected: bytes | EllipsisType | None = ...) -> None:
        """The gateway's file *name* shall not be there."""
        self._wish(name, Wish(None, 0, expected))

    def edit(self, compute: Compute, undo: Compute | None = None, holds: Holds | None = None) -> None:
        """settings.json shall hold what *compute* makes of the bytes found; None stands for no file, both ways.

        compute: called again whenever another program wrote in between; InvalidInput counts after a second of patience.
        undo: takes the edit out of bytes that others changed since; without it such a file is left as it is.
        holds: whether the edit stands in these bytes; finish() undoes and raises Conflict when others removed it.
        """
        self._require("open")
        self._set.edit = Edit(compute, undo, holds)

    def place(self) -> None:
        """Put the files in place so that they can be proven; a death from here on undoes it.

        settings.json waits for commit().
        """
        self._require("open")
        self._do_or_undo(self._place)

    def note(self, pid: int, number: int) -> None:
        """After place(): when a death takes the files back, process *pid* gets signal *number*."""
        self._require("placed")
        with self._interrupts.deferred():
            self._set.note(process_identity.observe(pid, number))
        self._interrupts.raise_pending()

    def dismiss(self, pid: int) -> None:
        """Before commit(): once the new state holds, the process *pid* is asked to end.

        After a death between the two the next command does so.
        """
        if self._state != "placed":
            self._require("open")
        self._set.dismiss(process_identity.observe(pid, signal.SIGTERM))

    def commit(self) -> None:
        """Make it so, both places or none; a GatewayError when not, and then nothing is changed."""
        if self._state != "placed":
            self._require("open")
        self._do_or_undo(self._exchange)

    def uninterrupted(self) -> AbstractContextManager[None]:
        """A block that no signal cuts in two; one that arrives meanwhile counts in close()."""
        return self._interrupts.deferred()

    def undo(self) -> None:
        """Take back what was placed or committed; close() does so too, and frees the lock."""
        if self._state in _UNDOABLE:
            with self._interrupts.deferred():
                self._undo()

    def finish(self, *, last: bool = False) -> None:
        """Unlink the record: the new state holds. Conflict, and all undone, when others overwrote settings.json.

        Afterwards more can be put, for one more transaction under the same lock. *last*: only telling is left to do,
        so that a signal comes too late.
        """
        self._require("committed")
        with self._interrupts.deferred():
            if self._interrupts.pending:
                self._undo()
            else:
                self._end()
                if last:
                    self._interrupts.silence()
        self._interrupts.raise_pending()

    def close(self) -> None:
        """Undo unless finished, free the lock, give the signals back; a second time nothing."""
        if self._state == "closed":
            return
        finished = self._state == "finished"
        try:
            with self._interrupts.deferred():
                self._close()
        finally:
            self._interrupts.stop()
        if not finished:
            self._interrupts.raise_pending()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> None:
        self._set = ChangeSet(self._layout, self._lock.targets, self._command)
        self._state = "open"

    def _recover(self) -> None:
        try:
            self.recovered = recover_locked(self._layout, self._lock)
        except BaseException:
            self._lock.release()
            raise

    def _require(self, state: str) -> None:
        if self._state == "finished" and state == "open":
            self._open()
        if self._state != state:
            raise RuntimeError(f"a transaction that is {self._state} was taken for {state}")

    def _wish(self, name: str, wish: Wish) -> None:
        self._require("open")
        if name in RUNTIME or not records.NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a file that a transaction may touch")
        self._set.wishes[name] = wish

    def _do_or_undo(self, change: Callable[[], None]) -> None:
        """*change* whole or not at all; a signal that arrives meanwhile undoes it."""
        with self._interrupts.deferred():
            try:
                change()
            except BaseException as error:
                self._undo_after(error)
                raise
            if self._interrupts.pending:
                self._undo()
        self._interrupts.raise_pending()

    def _place(self) -> None:
        self._prepare()
        self._set.place()
        self._state = "placed"

    def _prepare(self) -> None:
        if self._set.edit is not None:
            self._lock.make_claude()
        self._set.prepare()

    def _exchange(self) -> None:
        if self._state == "open":
            self._prepare()
        if self._set.changed:
            self._set.exchange()
        self._state = "committed"

    def _end(self) -> None:
        try:
            self._set.end()
        except BaseException as error:
            self._undo_after(error)
            raise
        self._state = "finished"
        moves.between("unlinked")
        ended(self._lock.targets)
        self._interrupts.pending = None  # too late to stop: the new state holds

    def _close(self) -> None:
        try:
            if self._state in _UNDOABLE:
                self._undo()
        finally:
            self._state = "closed"
            # Before another command can begin, whose record it might be.
            self.is_settled = not os.path.lexists(self._lock.targets.record)
            self._lock.release()

    def _undo(self) -> None:
        self._state = "undone"
        self._set.undo()

    def _undo_after(self, cause: BaseException) -> None:
        self._undo()
        if isinstance(cause, OSError):
            raise errors.from_system(cause) from cause
